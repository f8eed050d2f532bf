"""The tests of packages/dbt_expectations and tests/dbt/generic, run by dbt on a real server."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.artifacts.schemas.run import RunResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg
from expectation_cases import (
    BAD_ARGUMENTS,
    DUPLICATES,
    GENERIC_CASES,
    ROW_CASES,
    SETUP,
    TABLE_CASES,
    TABLES,
    TIME_ZONE,
    Case,
)

from ready.postgres.connection import ConnectionParams

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "packages" / "dbt_expectations"
CASES = {
    f"case_{number:03}_{case.test}": case
    for number, case in enumerate([*ROW_CASES, *TABLE_CASES, *GENERIC_CASES])
}
ROW_LEVEL = {name: case for name, case in CASES.items() if case.ids is not None}

# Renders one test without the properties file, so that each bad argument costs no parse.
RENDER_MACRO = """
{% macro render_test(test, args) %}
    {% set given = {"model": api.Relation.create(schema="data", identifier="orders")} %}
    {% do given.update(args) %}
    {% do dbt_expectations["test_" ~ test](**given) %}
{% endmacro %}
"""


@dataclass(frozen=True)
class Project:
    """A dbt project whose sources carry the cases, after one `dbt test`."""

    folder: Path
    database: ConnectionParams
    manifest: Manifest
    results: dict[str, RunResult]
    warnings: list[str]

    def failing_rows(self, name: str) -> list[dict[str, Any]]:
        """What the query of a test returns."""
        with contextlib.closing(self.database.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(self.results[name].node.compiled_code)
            columns = [column.name for column in cursor.description]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def operation(self, macro: str, args: dict[str, Any]) -> str:
        """What `dbt run-operation` complains of; empty when it passes."""
        call = ["run-operation", macro, "--args", json.dumps(args), *flags(self.folder)]
        return "\n".join(invoke(call, "error", self.manifest)[1])


def flags(folder: Path) -> list[str]:
    return ["--project-dir", str(folder), "--profiles-dir", str(folder)]


def invoke(
    call: list[str], level: str = "error", manifest: Manifest | None = None
) -> tuple[dbtRunnerResult, list[str]]:
    """Run dbt in this process: its result, and the messages of one level."""
    messages: list[str] = []

    def listen(event: EventMsg) -> None:
        if event.info.level == level:
            messages.append(event.info.msg)

    return dbtRunner(manifest=manifest, callbacks=[listen]).invoke(call), messages


def data_test(name: str, case: Case) -> dict[str, Any]:
    package = "" if case in GENERIC_CASES else "dbt_expectations."
    entry = {"name": name, "test_name": package + case.test, "config": case.config}
    return {**entry, "arguments": case.args}


def sources(cases: dict[str, Case]) -> dict[str, Any]:
    """The properties file: each case under its table, or under its column there."""
    tables: dict[str, dict[str, Any]] = {name: {"name": name, "data_tests": []} for name in TABLES}
    columns: dict[tuple[str, str], list[Any]] = {}
    for name, case in cases.items():
        tests = tables[case.table]["data_tests"]
        if case.column is not None:
            tests = columns.setdefault((case.table, case.column), [])
        tests.append(data_test(name, case))
    for (table, column), tests in columns.items():
        tables[table].setdefault("columns", []).append({"name": column, "data_tests": tests})
    return {"sources": [{"name": "data", "tables": list(tables.values())}]}


def write_project(folder: Path, database: ConnectionParams, cases: dict[str, Case]) -> None:
    output = {
        "type": "postgres",
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password or "",
        "dbname": database.dbname,
        "schema": "public",
        "threads": 2,
    }
    files = {
        "dbt_project.yml": {
            "name": "cases",
            "profile": "cases",
            "flags": {"validate_macro_args": True, "send_anonymous_usage_stats": False},
        },
        "packages.yml": {"packages": [{"local": str(PACKAGE)}]},
        "profiles.yml": {"cases": {"target": "dev", "outputs": {"dev": output}}},
        "models/sources.yml": sources(cases),
    }
    shutil.copytree(ROOT / "tests" / "dbt" / "generic", folder / "tests" / "generic")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
    (folder / "macros").mkdir()
    (folder / "macros" / "render_test.sql").write_text(RENDER_MACRO)


@pytest.fixture(scope="module")
def database(server: ConnectionParams) -> Iterator[ConnectionParams]:
    """One database for the module, in another time zone than UTC."""
    name = "dbt_expectations"
    with contextlib.closing(server.connect()) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"create database {name}")
        cursor.execute(f"alter database {name} set timezone = '{TIME_ZONE}'")
        yield replace(server, dbname=name)
        cursor.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def project(database: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Project:
    with contextlib.closing(database.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(SETUP)
    folder = tmp_path_factory.mktemp("expectations")
    write_project(folder, database, CASES)
    assert invoke(["deps", *flags(folder)])[0].success
    parsed, warnings = invoke(["parse", *flags(folder)], "warn")
    assert parsed.success, parsed.exception
    tested, _ = invoke(["test", *flags(folder)], manifest=parsed.result)
    results = {result.node.name: result for result in tested.result.results}
    return Project(folder, database, parsed.result, results, warnings)


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_number_of_failures(project: Project, name: str) -> None:
    result = project.results[name]
    failures = CASES[name].failures
    assert result.failures == failures, result.message
    threshold = CASES[name].config.get("error_if")
    assert result.status == ("fail" if failures and not threshold else "pass")


@pytest.mark.parametrize("name", ROW_LEVEL)
def test_the_query_lists_the_failing_rows_with_all_their_columns(project: Project, name: str) -> None:
    failing = project.failing_rows(name)
    assert sorted(row["id"] for row in failing) == ROW_LEVEL[name].ids
    assert all({"load_id", "line_number", "Mixed Case"} <= row.keys() for row in failing)


def test_uniqueness_lists_every_surplus_row(project: Project) -> None:
    """Three times 'A2' and twice 'A1' are two failures and three surplus rows."""
    name = next(name for name, case in CASES.items() if case is DUPLICATES)
    assert sorted(row["code"] for row in project.failing_rows(name)) == ["A1", "A2", "A2"]


@pytest.mark.parametrize(("test", "args", "message"), BAD_ARGUMENTS)
def test_arguments_without_sense_name_test_and_argument(
    project: Project, test: str, args: dict[str, Any], message: str
) -> None:
    tableless = test.startswith(("expect_table", "expect_compound", "expect_column_pair"))
    given = args if tableless else {"column_name": "status", **args}
    error = project.operation("render_test", {"test": test, "args": given})
    assert f"dbt_expectations.{test}: " in error
    assert message in error


def test_bad_arguments_stop_the_parse(database: ConnectionParams, tmp_path: Path) -> None:
    write_project(tmp_path, database, {"bad": Case("expect_column_min_to_be_between", {}, column="amount")})
    assert invoke(["deps", *flags(tmp_path)])[0].success
    outcome, errors = invoke(["parse", *flags(tmp_path)])
    assert not outcome.success
    assert "min_value or max_value (or both) must be given" in "\n".join(errors)


def test_documentation_agrees_with_the_arguments(project: Project) -> None:
    """dbt warns of argument names and types in the properties file that the macro does not have."""
    assert [text for text in project.warnings if "for macro test_expect" in text] == []
    documented = [m for m in project.manifest.macros.values() if m.name.startswith("test_expect_")]
    assert all(macro.description and macro.arguments for macro in documented)
    assert {macro.name for macro in documented} == {f"test_{p.stem}" for p in PACKAGE.rglob("expect_*.sql")}
