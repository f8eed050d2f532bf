"""What stands in a file is data: it is never run, and gets into no SQL, page, terminal or folder."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import PROJECT
from raw_tables import rows, write
from warehouse import Warehouse, new_database

from loader import FilesRefused, load_files
from ready.cli.output import Output
from ready.postgres.connection import ConnectionParams
from ready.rendering.terminal import printable
from ready.suggest.merge import render
from ready.suggest.profile import ColumnProfile
from ready.suggest.proposals import propose

OWNED = "/tmp/ready-owned-by-a-csv"
HOSTILE = {
    "sql": "x'; drop table raw.loads; --",
    "sql in a name": 'x"; drop table raw.loads; --',
    "dollar quotes": "$protect$; drop table raw.loads; $protect$ %s %(x)s",
    "backslashes": "\\'; drop table raw.loads; --\\",
    "jinja": "{{ run_query('drop table raw.loads') }}{{ 7 * 191 }}",
    "jinja block": "{% endraw %}{% do run_query('drop table raw.loads') %}{#",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)',
    "terminal": "\x1b[2J\x1b]0;owned\x07\x9b31m\x08",
    "right to left": "\u202egnp.exe",
    "formula": "=HYPERLINK(\"http://x\"&A1)|cmd|' /C calc'!A0",
    "path": "../../../../../../etc/passwd",
    "shell": f"$(touch {OWNED}); `touch {OWNED}`",
    "workflow": "x\n::error::owned\u2028::add-mask::x",
}
MARKUP = ("<script>alert", "<img src=x", '" onmouseover')


def csv_line(*fields: str) -> str:
    quoted = (field.replace('"', '""') for field in fields)
    return ",".join(f'"{field}"' for field in quoted) + "\n"


# A delivery whose names and values all are hostile --------------------------------------------------


def hostile_orders(status: str = "completed") -> str:
    """Each hostile text is a customer with three orders, an order id, a channel, and a column of its own."""
    fixed = ("order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel")
    lines = [csv_line(*fixed, *HOSTILE.values())]
    for month in range(1, 10):
        for index, text in enumerate(HOSTILE.values()):
            order = (f"{text}{month}", text, f"2024-{month:02}-10T00:00:{index:02}Z", "10.00", "EUR")
            lines.append(
                csv_line(*order, f"{status}{text}" if status == "bad" else status, text, *HOSTILE.values())
            )
    return "".join(lines)


@pytest.fixture(scope="module")
def run(
    server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Warehouse, subprocess.CompletedProcess[str]]]:
    folder = tmp_path_factory.mktemp("hostile")
    with new_database(server) as database:
        warehouse = Warehouse(folder, database)
        write(folder / "data", {"a\x1b[2J.csv": hostile_orders()})
        assert warehouse.ready("db", "grant").returncode == 0
        yield warehouse, warehouse.ready("run", "--data", folder / "data")


Run = tuple[Warehouse, subprocess.CompletedProcess[str]]


def test_it_comes_through_as_it_is(run: Run) -> None:
    warehouse, done = run
    assert done.returncode == 0, done.stdout + done.stderr
    columns = warehouse.value("select columns from raw.loads")
    assert columns[-len(HOSTILE) :] == list(HOSTILE.values())
    ((payload,),) = warehouse.rows("select payload from raw.raw_events order by line_number limit 1")
    assert [payload[text] for text in HOSTILE.values()] == list(HOSTILE.values())
    customers = {
        name for (name,) in warehouse.rows("select distinct customer_id from feats.customer_features")
    }
    assert customers == set(HOSTILE.values())
    exported = pq.read_table(next(warehouse.artifacts.rglob("train.parquet")))
    assert set(exported["customer_id"].to_pylist()) == set(HOSTILE.values())


def test_it_reaches_no_terminal(run: Run) -> None:
    warehouse, done = run
    told = warehouse.ready("explain", HOSTILE["terminal"], "2024-06-01", "orders_90d")
    assert (told.returncode, "owned" in told.stdout) == (0, True), told.stderr
    listed = warehouse.ready("load", "--list", "--json")
    assert "a\\u001b[2J.csv" in listed.stdout
    for text in (done.stdout, done.stderr, told.stdout, told.stderr, listed.stdout):
        assert [c for c in text if not c.isprintable() and c != "\n"] == []


def test_it_writes_nowhere_else(run: Run) -> None:
    warehouse, _ = run
    assert not Path(OWNED).exists()
    assert {path.name for path in warehouse.folder.iterdir()} == {"data", "home", "artifacts"}


@pytest.fixture(scope="module")
def stopped(run: Run) -> Run:
    """The gate finds each hostile status."""
    warehouse, _ = run
    write(warehouse.folder / "bad", {"<b>b</b>.csv": hostile_orders("bad")})
    summary = warehouse.folder / "artifacts" / "summary.md"
    done = warehouse.ready(
        "run",
        "--data",
        warehouse.folder / "bad",
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=summary,
    )
    return warehouse, done


def test_it_gets_into_no_report(stopped: Run) -> None:
    warehouse, done = stopped
    assert done.returncode == 1, done.stdout + done.stderr
    samples = [sample["value"] for check in warehouse.report["checks"] for sample in check["sample"]]
    assert any(HOSTILE["sql"] in str(value) for value in samples)
    reports = warehouse.artifacts / "reports"
    for page in [*reports.glob("*.html"), warehouse.artifacts / "summary.md"]:
        text = page.read_text(encoding="utf-8")
        assert "drop table" in text, f"{page} quotes values"
        assert [piece for piece in MARKUP if piece in text] == [], page
    for file in reports.glob("*.xml"):
        ElementTree.parse(file)
    assert "\n::error" in done.stdout, "our own annotations are there"
    assert "\n::error::owned" not in done.stdout + done.stderr
    assert [c for c in done.stdout + done.stderr if not c.isprintable() and c != "\n"] == []


# Suggestions, which dbt will read as templates ------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_suggestion_holds_it_as_plain_text_or_not_at_all(text: str) -> None:
    told = {"values": ((text, 400),), "minimum": text, "maximum": text, "shortest": 1, "longest": 99}
    profile = ColumnProfile(
        "channel", "text", rows=400, filled=400, valid=400, distinct=1, repeated=399, **told
    )
    written = render(propose([profile], []))
    (column,) = yaml.safe_load(written)["models"][0]["columns"]
    tests = {next(iter(test)): test for test in column["data_tests"] if isinstance(test, dict)}
    if "{{" in text or "{%" in text:
        assert tests == {}
    else:
        assert tests["accepted_values"]["accepted_values"]["arguments"] == {"values": [text]}
    comments = [line for line in written.splitlines() if "#" in line.split('"')[0]]
    assert [c for line in comments for c in line if not c.isprintable()] == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_line_for_people_is_printable(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Output().say(text)
    said = capsys.readouterr().out
    Output(as_json=True).show({text: text})
    shown = capsys.readouterr().out
    assert said == printable(text) + "\n"
    assert json.loads(shown) == {text: text}
    assert [c for c in said + shown if not c.isprintable() and c != "\n"] == []


# Archives -------------------------------------------------------------------------------------------

BOMB = b"id,note\n" + b"0" * (80 << 20)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def link() -> bytes:
    packed = io.BytesIO()
    entry = zipfile.ZipInfo("link.csv")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return packed.getvalue()


ARCHIVES = {
    "gzip": ("a.csv.gz", lambda: gzip.compress(BOMB), "expands to more than 250 times its size"),
    "zip": ("a.zip", lambda: zipped(**{"a.csv": BOMB}), "expands to more than 250 times its size"),
    "gzip in zip": ("a.zip", lambda: zipped(**{"a.csv.gz": gzip.compress(BOMB)}), "expands to more than"),
    "many in zip": (
        "a.zip",
        lambda: zipped(**{f"{n}.csv": BOMB[: 10 << 20] for n in range(8)}),
        "expands to",
    ),
    "link": ("a.zip", link, "is a link, and no file"),
}


@pytest.mark.parametrize(("name", "content", "words"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_is_no_delivery(
    name: str, content: object, words: str, database: ConnectionParams, tmp_path: Path
) -> None:
    assert callable(content)
    folder = write(tmp_path, {name: content()})
    with pytest.raises(FilesRefused, match=words):
        load_files(database.connect, [folder])
    assert rows(database, "select count(*) from raw.raw_events") == [(0,)]


def test_paths_in_an_archive_are_names(database: ConnectionParams, tmp_path: Path) -> None:
    """One that climbs is refused; nothing is ever unpacked to a path."""
    members = dict.fromkeys(("../../up.csv", "/abs.csv"), b"id\n1\n")
    folder = write(tmp_path / "in", {"a.zip": zipped(**members)})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FilesRefused, match=r"a\.zip/\.\./\.\./up\.csv lies outside of its archive") as caught:
        load_files(database.connect, [folder])
    outcomes = {file.file_name: file.outcome for file in caught.value.summary.files}
    assert outcomes == {"a.zip//abs.csv": "loaded", "a.zip/../../up.csv": "refused"}
    assert sorted(tmp_path.rglob("*")) == before


# Configurations -------------------------------------------------------------------------------------

EXPLODING = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
YAML = {
    "anchors": (f"version: 2\n{EXPLODING}", "aliases expand"),
    "a tag that runs code": (
        f"version: 2\nx: !!python/object/apply:os.system ['touch {OWNED}']\n",
        "python/object",
    ),
}


@pytest.mark.parametrize("command", ["lint", "run", "suggest", "dbt build"])
@pytest.mark.parametrize(("text", "words"), YAML.values(), ids=YAML)
def test_a_yaml_file_that_explodes_or_runs(
    text: str, words: str, command: str, server: ConnectionParams, tmp_path: Path
) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    for file in (PROJECT / "configs").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "expectations.yaml").write_text(text, encoding="utf-8")
    done = Warehouse(tmp_path, server).ready(*command.split(), READY_CONFIGS=folder)
    assert done.returncode == 2, done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(OWNED).exists()


# Output ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", ["a file", "a file beside", "a link beside", "a manifest that names more"])
def test_an_export_over_what_is_not_ours(found: str, run: Run, tmp_path: Path) -> None:
    warehouse, _ = run
    precious = tmp_path / "precious.txt"
    precious.write_text("mine", encoding="utf-8")
    out = tmp_path / "out"
    if found == "a file":
        out.write_text("mine", encoding="utf-8")
    else:
        out.mkdir()
        if found == "a file beside":
            (out / "notes.txt").write_text("mine", encoding="utf-8")
        elif found == "a link beside":
            (out / "train.parquet").symlink_to(precious)
        else:
            entry = {"name": "../precious.txt", "split": "train", "bytes": 4, "sha256": "0"}
            manifest = {"feature_set": "f", "feature_version": 1, "data_hash": "x", "files": [entry]}
            (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = warehouse.ready("export", "--out", out)
    assert precious.read_text(encoding="utf-8") == "mine"
    if found != "a manifest that names more":
        assert done.returncode == 2, done.stdout
        assert "not from an earlier export" in done.stderr
        assert out.is_file() or os.listdir(out) != []
