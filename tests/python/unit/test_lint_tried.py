"""What the first records of files show against the configs: `ready lint --data`, without a database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PROJECT

from loader.head import Head
from ready.lint.document import read_document
from ready.lint.files import FilesLinter
from ready.lint.finding import Finding
from ready.lint.trial import Tried, TriedRow

COLUMNS = ("order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel")
HEAD = Head("a.csv", "a.csv", COLUMNS, (), "utf-8", ",", (), (), is_all=True)
NOT_NULL = "dbt_expectations.expect_column_values_to_not_be_null"
TIMES = ["13.01.2024 10:30", "14.01.2024 11:30"] * 15
Check = Callable[..., list[Finding]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """The findings of 30 records, right but for what is given: column -> texts, values.

    orders, gate: a replacement in the file.
    """
    configs = Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))

    def find(
        changed: dict[str, tuple[list[str | None], list[str | None]]],
        orders: tuple[str, str] = ("", ""),
        gate: tuple[str, str] = ("", ""),
    ) -> list[Finding]:
        for name, (old, new) in {"orders.yaml": orders, "expectations.yaml": gate}.items():
            text = (configs / name).read_text()
            assert old in text
            (configs / name).write_text(text.replace(old, new, 1) if old else text)
        right: dict[str, str | None] = {"currency": "EUR", "status": "completed"}
        rows = []
        for number in range(30):
            values = {name: right.get(name, "1") for name in COLUMNS}
            values |= {f"{name}_raw": value for name, value in values.items()}
            for name, (texts, read) in changed.items():
                values |= {name: read[number], f"{name}_raw": texts[number]}
            rows.append(TriedRow(HEAD, number + 2, values))
        documents = (read_document(configs / name) for name in ("orders.yaml", "expectations.yaml"))
        return list(FilesLinter(*documents, PROJECT).check_tried(Tried(tuple(rows)), [HEAD]))

    return find


def missing(count: int, without: str | None = None) -> tuple[list[str | None], list[str | None]]:
    """So many values are missing. without: the value of a record that has no text."""
    return [None] * count + ["1"] * (30 - count), [without] * count + ["1"] * (30 - count)


@pytest.mark.parametrize(
    ("column", "rule"), [("customer_id", "not_null"), ("amount", NOT_NULL), ("order_ts", NOT_NULL)]
)
def test_a_value_that_a_rule_asks_for_is_missed(check: Check, column: str, rule: str) -> None:
    (found,) = check({column: missing(3)})
    assert found.message == f"{rule} on {column} does not hold for 3 of 30 records, first a.csv:2"
    assert found.file.name == "expectations.yaml"
    assert (found.severity, found.stops_build) == ("error", False)
    assert f"- {rule}" in found.file.read_text().splitlines()[found.line - 1]


@pytest.mark.parametrize(
    ("column", "config", "severity"),
    [
        ("customer_id", "{config: {severity: warn}}", "warning"),
        ("customer_id", "{config: {meta: {ready_on_fail: quarantine}}}", "warning"),
        ("customer_id", "{config: {meta: {ready_max_failures: 3}}}", "warning"),
        ("customer_id", "{config: {meta: {ready_max_failures: 2}}}", "error"),
        ("customer_id", "{config: {meta: {ready_max_share: 0.1}}}", "warning"),
        ("customer_id", "{config: {meta: {ready_max_share: 0.09}}}", "error"),
        ("customer_id", "{config: {enabled: false}}", None),
        ("customer_id", "{config: {where: amount > 5}}", None),
    ],
)
def test_how_grave_a_missing_value_is_the_rule_says(
    check: Check, column: str, config: str, severity: str | None
) -> None:
    rule = "customer's id, trimmed.\n        data_tests:\n          - column_in_file\n          - not_null"
    found = check({column: missing(3)}, gate=(rule, f"{rule}: {config}"))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_what_an_order_has_on_its_first_line_alone_is_not_missed(check: Check) -> None:
    assert check({"amount": missing(20, without="0")}) == []


def test_a_column_without_any_value_is_told_once(check: Check) -> None:
    (found,) = check({"customer_id": missing(30)})
    assert found.message == "customer_id: it is empty in all of 30 records"


SAY = "say how times are written: {column: ..., format: ...}"


@pytest.mark.parametrize(
    ("entry", "texts", "hint"),
    [
        ("{column: order_ts, format: MM/DD/YYYY}", TIMES,
         "; format: MM/DD/YYYY is set, and format: DD.MM.YYYY HH24:MI reads all of them"),
        ("order_ts", TIMES, "; format: DD.MM.YYYY HH24:MI reads all of them"),
        ("{column: order_ts, format: MM/DD/YYYY}", ["2024-01-13 10:30"] * 30,
         "; format: MM/DD/YYYY is set, and without it all of them read"),
        ("{column: order_ts, format: MM/DD/YYYY}", ["03.04.2024"] * 30,
         "; format: MM/DD/YYYY is set, and format: DD.MM.YYYY reads all of them, and so does MM.DD.YYYY"),
        ("{column: order_ts, format: MM/DD/YYYY}", ["13.01.2024", "soon"] * 15,
         "; format: MM/DD/YYYY is set"),
        ("{column: order_ts, format: DD-Mon-YYYY}", ["15-Dez-2024"] * 30,
         "; format: DD-Mon-YYYY is set, and format: DD-Mon-YYYY, language: de reads all of them"),
    ],
)  # fmt: skip
def test_the_format_that_is_set_and_the_one_that_fits(
    check: Check, entry: str, texts: list[str | None], hint: str
) -> None:
    mapped = "          order_ts: order_ts\n"
    found = check({"order_ts": (texts, [None] * 30)}, orders=(mapped, f"          order_ts: {entry}\n"))
    assert found[0].hint == SAY + hint


def test_the_marks_of_numbers_that_fit(check: Check) -> None:
    found = check({"amount": (["1.234,50"] * 30, [None] * 30)})
    assert str(found[0].hint).endswith("; decimal: ',', thousands: . reads all of them")
    found = check({"amount": (["two"] * 30, [None] * 30)})
    assert str(found[0].hint).endswith("currency: ...}")
