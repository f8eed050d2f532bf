"""What each engine has in its own way gives the same, value by value, but for what is documented."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from engine_case import inline, queries, run
from engine_cases import cases, one_sided

from ready.postgres.connection import ConnectionParams
from ready.spark.connection import SparkParams, fetch

OnEngine = Callable[..., "subprocess.CompletedProcess[str]"]
MACROS = Path(__file__).parents[3] / "macros" / "engine"
CASES, ONE_SIDED = cases(), one_sided()
# No expressions, but PostgreSQL's storage, of which Spark has none.
STORAGE = {"analyze", "index_covering", "parallel_scan_settings", "vacuum_analyze"}
# Within others that have cases: aggregate and hashed_rows.
WITHIN = {"exact_quantile", "exact_stddev", "squarable", "squared", "computed_once"}


@pytest.fixture
def asked(
    database: ConnectionParams, warehouse: SparkParams
) -> Iterator[Mapping[str, Callable[[str], list[Any]]]]:
    """For each engine what runs a query there."""
    with closing(database.connect()) as postgres, closing(warehouse.connect()) as spark:
        postgres.autocommit = True
        yield {"postgres": lambda query: fetch(postgres, query), "spark": lambda query: fetch(spark, query)}


def test_both_engines_give_the_same_but_for_what_is_documented(
    asked: Mapping[str, Callable[[str], list[Any]]],
    database: ConnectionParams,
    run_ready: OnEngine,
    on_spark: OnEngine,
) -> None:
    all_cases = [*CASES, *(case for _, case in ONE_SIDED)]
    command = ("dbt", "compile", "--quiet", "--inline", inline(all_cases))
    compiled = {
        "postgres": run_ready(*command, database=database),
        "spark": on_spark(*command, "--target", "spark"),
    }
    found, statements = {}, {}
    for engine, done in compiled.items():
        assert done.returncode == 0, done.stdout + done.stderr
        statements[engine] = queries(all_cases, engine, done.stdout)
        found[engine] = run(CASES, statements[engine][: len(CASES)], asked[engine])
    assert faults(found["postgres"], found["spark"]) == []
    for number, (stops, case) in enumerate(ONE_SIDED, len(CASES)):
        for engine, ask in asked.items():
            if engine == stops:
                with pytest.raises(Exception, match=r"more digits than the 38|division by zero"):
                    ask(statements[engine][number])
            else:
                assert ask(statements[engine][number]), case.name


def faults(on_postgres: Sequence[dict[Any, Any]], on_spark: Sequence[dict[Any, Any]]) -> list[str]:
    """What differs and should not, or does not and should, in a line each."""
    told = []
    for case, theirs, ours in zip(CASES, on_postgres, on_spark, strict=True):
        assert theirs, f"{case.name}: no rows"
        for row in dict.fromkeys([*theirs, *ours, *case.differs]):
            values = theirs.get(row), ours.get(row)
            if values != case.differs.get(row, (values[0], values[0])):
                told.append(f"{case.name}: {row!r} is {values[0]!r} on PostgreSQL and {values[1]!r} on Spark")
    return told


def test_a_zone_that_spark_reads_otherwise_is_told(on_spark: OnEngine) -> None:
    text = "{{ zoned_iso_timestamp('a', 'CET') }}"
    done = on_spark("dbt", "compile", "--quiet", "--inline", text, "--target", "spark")
    assert "timezone: 'CET' (only UTC, GMT and names such as Europe/Berlin) is not available" in done.stdout


def test_each_dispatched_macro_of_the_engine_has_a_case() -> None:
    dispatched = {
        name
        for file in MACROS.glob("*.sql")
        for name in re.findall(r"adapter\.dispatch\('(\w+)'", file.read_text(encoding="utf-8"))
    }
    called = {name for case in CASES for name in re.findall(r"\b\w+(?=\()", case.template)}
    assert dispatched == (called & dispatched) | STORAGE | WITHIN


def test_a_difference_is_noticed() -> None:
    """The comparison itself: a value that differs, and one that should and does not."""
    same: list[dict[Any, Any]] = [dict.fromkeys([*case.differs, "x"], 1) for case in CASES]
    other = [dict(results) for results in same]
    other[0]["x"] = 2
    told = faults(same, other)
    assert f"{CASES[0].name}: 'x' is 1 on PostgreSQL and 2 on Spark" in told
    assert len(told) == 1 + sum(len(case.differs) for case in CASES)
