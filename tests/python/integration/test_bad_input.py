"""Whatever is wrong: one message, what to do next, and nothing half-written."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel\n"
ORDERS = "".join(
    f"A{n},C{n % 5},2025-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z,{n}.50,EUR,completed,web\n"
    for n in range(60)
)


@pytest.fixture(scope="module")
def good(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Built from one good file; its tables must outlive every fault."""
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path_factory.mktemp("good"), database)
        warehouse.run("--data", folder_of(warehouse.folder / "data", {"orders.csv": HEADER + ORDERS}))
        yield warehouse


@pytest.fixture
def warehouse(good: Warehouse, server: ConnectionParams) -> Iterator[Warehouse]:
    """A copy of the good one, that a test may spoil."""
    with new_database(server, template=good.database) as database:
        (good.artifacts / "reports/validation_report.json").unlink(missing_ok=True)
        yield replace(good, database=database)


def folder_of(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def edited(configs: Path, name: str, old: str, new: str) -> None:
    file = configs / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def assert_one_message(done: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    """The message has all the words, comes once, and says what to do next."""
    said = done.stdout + done.stderr
    assert done.returncode == exit_code, said
    assert all(word in done.stderr for word in words), said
    assert done.stderr.count("Error: ") == 1, said
    assert done.stderr.count("  Next: ") == 1, said
    assert "Traceback" not in said


def assert_report(warehouse: Warehouse, *errors: str) -> None:
    report = warehouse.report
    assert report["validation_passed"] is False
    assert len(report["errors"]) == len(errors)
    assert all(error in told for error, told in zip(errors, report["errors"], strict=True)), report["errors"]


REFUSED = {
    "no folder": (None, 2, "no such file or folder"),
    "an empty folder": ({}, 2, "no file matches *.csv"),
    "a folder with other files": ({"orders.txt": HEADER + ORDERS}, 2, "no file matches *.csv"),
    "an empty file": ({"orders.csv": ""}, 1, "orders.csv is empty"),
    "a doubled column": ({"orders.csv": HEADER.replace("status", "amount")}, 1, "orders.csv, line 1: "),
}  # fmt: skip


@pytest.mark.parametrize(("files", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_cannot_be_loaded(
    warehouse: Warehouse, tmp_path: Path, files: dict[str, str] | None, code: int, message: str
) -> None:
    before = warehouse.bytes_of(), warehouse.counts("raw")
    data = tmp_path / "data" if files is None else folder_of(tmp_path / "data", files)
    assert_one_message(warehouse.ready("run", "--data", data), code, message)
    assert_report(warehouse, message)
    assert (warehouse.bytes_of(), warehouse.counts("raw")) == before


def test_a_file_that_is_only_a_header_stops_at_the_gate(warehouse: Warehouse, tmp_path: Path) -> None:
    before = warehouse.bytes_of()
    data = folder_of(tmp_path / "data", {"orders.csv": HEADER})
    assert_one_message(warehouse.ready("run", "--data", data), 1, "the gate stopped the run")
    assert_report(warehouse, "orders_parsed has row count 0 not >= 1")
    assert warehouse.bytes_of() == before


def test_what_a_delivery_takes_away_is_in_the_report(warehouse: Warehouse, tmp_path: Path) -> None:
    """20 of 60 orders are let go and told; an error page, and a flag that asks for no loss, stop the run.

    A file that is only a header does no harm among others.
    """
    kept = "".join(ORDERS.splitlines(keepends=True)[20:])
    data = folder_of(
        tmp_path / "data", {"orders.csv": HEADER + kept, "sunday.csv": "", "january.csv": HEADER}
    )
    refused = warehouse.ready("run", "--data", data, "--max-shrink", "10%")
    assert_one_message(refused, 1, "60 row(s) then, 40 now; 20 of its 60 order(s)", "max_shrink 10%")
    assert_report(warehouse, "60 row(s) then, 40 now; 20 of its 60 order(s)")

    done = warehouse.run("--data", data)
    assert warehouse.report["validation_passed"] is True, "the good run has the last word"
    assert warehouse.value("select count(*) from stg.orders") == 40
    assert "20 of its 60 order(s) are in no file any more" in done.stdout
    assert "only a header, no rows" in refused.stdout
    assert "empty (0 bytes), no rows" in refused.stdout
    assert any("20 order(s) are gone that no other file had" in text for text in warehouse.report["warnings"])
    (replacement,) = warehouse.report["run"]["replacements"]
    load_id = replacement.pop("load_id")
    assert replacement == {"file": "orders.csv", "rows_loaded": 40, "rows_replaced": 60, "orders_gone": 20}
    assert warehouse.rows("select file_name from raw.loads where status = 'loaded' order by file_name") == [
        ("january.csv",),
        ("orders.csv",),
        ("sunday.csv",),
    ]

    before = warehouse.bytes_of(), warehouse.counts("raw")
    (data / "orders.csv").write_text("Service Unavailable\n")
    message = f"none of the columns of load {load_id}, which it would replace"
    assert_one_message(warehouse.ready("run", "--data", data, "-q"), 1, message)
    assert_report(warehouse, message)
    assert (warehouse.bytes_of(), warehouse.counts("raw")) == before


Edit = Callable[[Path], object]
CONFIGS: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "a column no file has": (
        lambda c: edited(c, "orders.yaml", "amount: amount", "amount: amuont"),
        ('maps amount to the CSV column "amuont"', 'did you mean "amount"?'),
    ),
    "broken yaml": (
        lambda c: edited(c, "expectations.yaml", "models:\n", "models:\n  - [\n"),
        ("expectations.yaml:", "no valid yaml"),
    ),
    "no yaml at all": (lambda c: (c / "orders.yaml").write_bytes(b"\xff\xfe"), ("orders.yaml:1: ",)),
    "an empty file": (lambda c: (c / "orders.yaml").write_text(""), ("orders.yaml:1: ",)),
    "a missing file": (lambda c: (c / "features.yaml").unlink(), ("features.yaml", "missing")),
    "a misspelt test": (
        lambda c: edited(c, "expectations.yaml", "unique_within_load", "unique_within_laod"),
        ("expectations.yaml:", "there is no test unique_within_laod; did you mean unique_within_load?"),
    ),
    "a window that is no number": (
        lambda c: edited(c, "features.yaml", "windows: [7,", "windows: [seven,"),
        ("features.yaml:", "seven"),
    ),
    "a misspelt key": (
        lambda c: edited(c, "features.yaml", "windows:", "window:"),
        ("features.yaml:", "did you mean windows?"),
    ),
    "SQL that is none": (
        lambda c: edited(c, "orders.yaml", "amount: amount", "amount: {expression: 'number(\"amount\") *'}"),
        ("orders_parsed cannot be built: syntax error", "in the expression of amount", "orders.yaml"),
    ),
    "a function that there is not": (
        lambda c: edited(c, "orders.yaml", "status: status", "status: {expression: 'nosuch(\"status\")'}"),
        ("cannot be built: function nosuch(text) does not exist", "expression of status", "orders.yaml"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), CONFIGS.values(), ids=CONFIGS)
def test_configs_that_cannot_be_meant(
    warehouse: Warehouse, tmp_path: Path, edit: Edit, words: tuple[str, ...]
) -> None:
    before = warehouse.bytes_of()
    configs = shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    edit(configs)
    done = warehouse.ready("run", "--data", warehouse.folder / "data", "--configs", configs)
    assert_one_message(done, 2, *words)
    assert len(warehouse.report["errors"]) == 1
    assert warehouse.report["validation_passed"] is False
    assert warehouse.bytes_of() == before


@pytest.mark.parametrize(
    "command", [("validate",), ("dbt", "build"), ("dbt", "--quiet", "test")], ids=" ".join
)
def test_other_commands_that_build_read_the_configs_as_strictly(
    warehouse: Warehouse, tmp_path: Path, command: tuple[str, ...]
) -> None:
    before = warehouse.bytes_of()
    configs = shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    edited(configs, "expectations.yaml", "{severity: warn}", "{severty: warn}")
    done = warehouse.ready(*command, READY_CONFIGS=configs)
    assert_one_message(done, 2, "expectations.yaml:", "severty", "did you mean severity?")
    assert warehouse.bytes_of() == before


WRONG_CALLS = {
    "a wrong flag": ["run", "--cofigs", "configs"],
    "a wrong command": ["rum"],
    "a folder without its flag": ["run", "data/raw"],
}


@pytest.mark.parametrize("arguments", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_wrong_calls_begin_nothing(warehouse: Warehouse, arguments: list[str]) -> None:
    done = warehouse.ready(*arguments)
    assert done.returncode == 2
    assert "--help' for help" in done.stderr
    assert not (warehouse.artifacts / "reports/validation_report.json").exists()


MISUSE = {
    "no such configs folder": (["run", "--configs", "nowhere"], {}, 2, "configs folder not found: nowhere"),
    "no such project": (["run"], {"READY_PROJECT_DIR": "/nowhere"}, 2, "no From Raw to Ready project found"),
    "a dbt command that is none": (["dbt", "bulid"], {}, 2, "No such command 'bulid'"),
    "a version that is not recorded": (["registry", "show", "9"], {}, 2, "version 9 is not recorded"),
    "a version the tables do not hold": (["export", "--version", "9"], {}, 2, "version 9"),
    "a server that is down": (["run"], {"PGHOST": "/nowhere"}, 3, "cannot connect to PostgreSQL"),
    "a database that is not there": (["run"], {"PGDATABASE": "nowhere"}, 3, '"nowhere" does not exist'),
    "a port that is none": (["run"], {"PGPORT": "eighty"}, 2, "eighty"),
    "a URL that is none": (["run"], {"DATABASE_URL": "nonsense"}, 2, "DATABASE_URL cannot be read"),
    "artifacts in no folder": (["run"], {"READY_ARTIFACTS": "/dev/null"}, 3, "cannot write to /dev/null"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "env", "code", "message"), MISUSE.values(), ids=MISUSE)
def test_calls_that_cannot_succeed(
    warehouse: Warehouse, arguments: list[str], env: dict[str, str], code: int, message: str
) -> None:
    before = warehouse.bytes_of(), warehouse.counts("raw")
    assert_one_message(warehouse.ready(*arguments, **env), code, message)
    assert (warehouse.bytes_of(), warehouse.counts("raw")) == before


@pytest.mark.parametrize(
    "command", [("export",), ("registry", "list"), ("registry", "show", "1"), ("validate",)]
)
def test_asking_before_anything_is_built(
    database: ConnectionParams, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = Warehouse(tmp_path, database).ready(*command)
    assert_one_message(done, 2, "yet", "ready run")
    assert not (tmp_path / "artifacts/datasets").exists()


def test_dbt_on_an_empty_database_finds_no_rows_rather_than_no_tables(
    database: ConnectionParams, tmp_path: Path
) -> None:
    done = Warehouse(tmp_path, database).ready("dbt", "build", "--exclude-resource-type", "unit_test")
    assert done.returncode == 1
    assert "does not exist" not in done.stdout
    assert "expect_table_row_count_to_be_between" in done.stdout


@pytest.fixture
def guest(warehouse: Warehouse) -> Iterator[ConnectionParams]:
    """A user with no right on anything that is there."""
    name = f"guest_{warehouse.database.dbname}"
    administer(warehouse, f"create role {name} login")
    yield replace(warehouse.database, user=name)
    administer(warehouse, f"drop owned by {name}; drop role {name}")


def administer(warehouse: Warehouse, statement: str) -> None:
    with contextlib.closing(warehouse.database.connect()) as connection, connection, connection.cursor() as c:
        c.execute(statement)


RIGHTS = {
    "none": ([], "may not create schemas"),
    "only to create schemas": (["create on database {database}"], "permission denied for schema raw"),
    "also to write to raw": (
        [
            "create on database {database}",
            "usage on schema raw",
            "select, insert, update on all tables in schema raw",
        ],
        "permission denied for schema meta",
    ),
}


@pytest.mark.parametrize(("rights", "message"), RIGHTS.values(), ids=RIGHTS)
def test_a_user_who_may_not_write(
    warehouse: Warehouse, guest: ConnectionParams, rights: list[str], message: str
) -> None:
    for right in rights:
        administer(warehouse, f"grant {right.format(database=guest.dbname)} to {guest.user}")
    before = warehouse.bytes_of(), warehouse.counts("raw")
    done = replace(warehouse, database=guest).ready("run", "--data", warehouse.folder / "data")
    assert_one_message(done, 3, message)
    assert_report(warehouse, message)
    assert (warehouse.bytes_of(), warehouse.counts("raw")) == before
