"""The generator is deterministic, the committed sample is its output, and --dirty adds what it documents."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "generate_orders.py"
HEADER = ["order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel"]
STATUSES = {"completed", "shipped", "pending", "cancelled", "returned"}


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, check=False)


def generate(*arguments: str) -> bytes:
    result = run(*arguments)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def sample_commands() -> list[tuple[str, list[str]]]:
    """Each command of `make sample`: the file it writes and its arguments."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^\t@?\$\(GENERATE\) (.*) --out (data/\S+)$", makefile, flags=re.MULTILINE)
    common = re.search(r"^GENERATE = .*generate_orders\.py (.*)$", makefile, flags=re.MULTILINE)
    assert common is not None
    return [(out, [*common[1].split(), *arguments.split()]) for arguments, out in found]


@pytest.mark.parametrize(
    ("arguments", "sha256"),
    [
        ([], "f0afa449a5f56bdd1481b196f346700b13dbd54f849bd768d3a94c0fb0d3e52a"),
        (["--dirty"], "9b88724fdc75754fb9cec1faf4c2d4a890ab5f3679b155440c980951a4701820"),
    ],
)
def test_same_arguments_give_the_same_bytes_on_every_python(arguments: list[str], sha256: str) -> None:
    content = generate("--rows", "1000", "--seed", "1", *arguments)
    assert hashlib.sha256(content).hexdigest() == sha256


def test_another_seed_gives_another_shop() -> None:
    assert generate("--rows", "50", "--seed", "1") != generate("--rows", "50", "--seed", "2")


def test_orders_are_unique_ordered_in_time_and_within_the_period() -> None:
    rows = records(generate("--rows", "5000", "--seed", "3", "--start", "2023-02-01", "--months", "4"))
    times = [datetime.fromisoformat(row["order_ts"].replace("Z", "+00:00")) for row in rows]
    assert list(rows[0]) == HEADER
    assert [row["order_id"] for row in rows] == [f"O{number:08d}" for number in range(1, 5001)]
    assert times == sorted(times)
    assert times[0] >= datetime.fromisoformat("2023-02-01T00:00:00+00:00")
    assert times[-1] < datetime.fromisoformat("2023-06-01T00:00:00+00:00")


def test_values_are_lifelike() -> None:
    rows = records(generate("--rows", "20000", "--seed", "4"))
    statuses = Counter(row["status"].strip().lower() for row in rows)
    orders_of = sorted(Counter(row["customer_id"] for row in rows).values(), reverse=True)
    assert set(statuses) == STATUSES
    assert statuses["completed"] / len(rows) == pytest.approx(0.70, abs=0.02)
    assert len(rows) / len(orders_of) == pytest.approx(21, abs=4)
    assert sum(orders_of[: len(orders_of) // 10]) > len(rows) / 3, "a tenth of the customers buy over a third"
    assert all(re.fullmatch(r"\d+\.\d\d", row["amount"]) for row in rows)


def test_committed_sample_is_what_make_sample_gives() -> None:
    commands = sample_commands()
    committed = {path.relative_to(ROOT).as_posix() for path in (ROOT / "data").glob("*/*.csv")}
    assert {out for out, _ in commands} == committed
    for out, arguments in commands:
        assert generate(*arguments) == (ROOT / out).read_bytes(), out


def test_the_sample_has_orders_at_every_border() -> None:
    """At feature times, where each window begins, and two of one customer at one instant."""
    rows = [row for path in (ROOT / "data" / "raw").glob("*.csv") for row in records(path.read_bytes())]
    at = Counter(row["order_ts"] for row in rows)
    firsts = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(1, 18)]
    for days in (0, 7, 30, 90):
        assert sum(at[f"{first - timedelta(days=days)}T00:00:00Z"] for first in firsts) >= 8, days
    again = {row["order_id"]: row for row in rows}.values()
    ties = Counter((row["customer_id"], row["order_ts"]) for row in again)
    assert sum(number > 1 for number in ties.values()) >= 8


def test_borders_move_orders_and_change_nothing_else() -> None:
    plain, moved = (records(generate("--rows", "5000", *extra)) for extra in ([], ["--borders"]))
    assert len(plain) == len(moved)
    free = {"order_ts", "customer_id"}
    assert [{k: row[k] for k in row if k not in free} for row in moved] == [
        {k: row[k] for k in row if k not in free} for row in plain
    ]
    times = [datetime.fromisoformat(row["order_ts"].replace("Z", "+00:00")) for row in moved]
    assert times == sorted(times)
    assert 30 < sum(a != b for a, b in zip(plain, moved, strict=True)) < 150


def test_clean_sample_has_no_fault_within_a_file() -> None:
    for path in (ROOT / "data" / "raw").glob("*.csv"):
        rows = records(path.read_bytes())
        ids = [row["order_id"] for row in rows]
        assert len(ids) == len(set(ids))
        assert {row["status"].strip().lower() for row in rows} == STATUSES
        assert {row["currency"] for row in rows} == {"EUR"}


def test_pending_orders_come_again_with_a_later_status() -> None:
    first, second, third = (
        records(path.read_bytes()) for path in sorted((ROOT / "data" / "raw").glob("*.csv"))
    )
    for earlier, later in ((first, second), (second, third)):
        before = {row["order_id"]: row for row in earlier}
        again = [row for row in later if row["order_id"] in before]
        assert again
        for row in again:
            assert before[row["order_id"]]["status"].strip() == "pending"
            assert row["status"] in {"completed", "cancelled"}
            assert row["amount"] == before[row["order_id"]]["amount"]


def test_dirty_adds_the_documented_faults() -> None:
    clean, dirty = (records(generate("--rows", "1000", *extra)) for extra in ([], ["--dirty"]))
    faults = Counter(
        fault
        for row in dirty
        for fault, present in {
            "negative_amount": row["amount"].startswith("-"),
            "non_numeric_amount": row["amount"].endswith("EUR"),
            "missing_amount": row["amount"] == "",
            "invalid_timestamp": "-02-30T" in row["order_ts"],
            "unknown_status": row["status"] == "lost",
            "other_currency": row["currency"] == "USD",
            "missing_customer": row["customer_id"] == "",
            "ragged_line": row["channel"] is None,
        }.items()
        if present
    )
    faults["duplicate_order_id"] = len(dirty) - len({row["order_id"] for row in dirty})
    documented = re.findall(r"^  (\d) x (.+)$", generate("--help").decode(), flags=re.MULTILINE)
    assert {kind.replace(" ", "_"): int(count) for count, kind in documented} == faults
    assert sum(row not in clean for row in dirty) == sum(faults.values()) - faults["duplicate_order_id"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: --rows"),
        (["--rows", "many"], "'many' is no whole number"),
        (["--rows", "0"], "0 is not between 1 and"),
        (["--rows", "9", "--start", "2024-02-30"], "'2024-02-30' is no date like 2024-01-31"),
        (["--rows", "9", "--since", "2030-01-01"], "--since 2030-01-01 is outside the period"),
        (["--rows", "9", "--since", "2024-03-01", "--until", "2024-02-01"], "is not before --until"),
        (["--rows", "9", "--dirty"], "--dirty needs 13 rows in the delivery, here are 9"),
    ],
)
def test_bad_arguments_are_named(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr.decode()
    assert b"Traceback" not in result.stderr


def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    refused = run("--rows", "9", "--dirty", "--out", str(tmp_path / "orders.csv"))
    nowhere = run("--rows", "9", "--out", str(tmp_path / "missing" / "orders.csv"))
    assert refused.returncode == 2
    assert nowhere.returncode == 3
    assert "cannot write" in nowhere.stderr.decode()
    assert list(tmp_path.iterdir()) == []
