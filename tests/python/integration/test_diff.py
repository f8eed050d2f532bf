"""`ready diff` counts what a build changed in the tables, whichever database the base is in."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warehouse import Warehouse, new_database

from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.table_diff.as_markdown import as_markdown
from ready.table_diff.compare import diff_builds
from ready.table_diff.model import BuildDiff, TableDiff

FEBRUARY = "2025-02-01 00:00:00+00"
MARCH = "2025-03-01 00:00:00+00"
SCHEMAS = "create schema {0}meta; create schema {0}feats;"
FEATURES = """
create table {}feats.customer_features (
    customer_id text, feature_time timestamptz, orders_7d {}, revenue_7d numeric, {} text, split text
);
"""
BASE = [
    ("C1", FEBRUARY, 1, "10.0", "web", "train"),
    ("C2", FEBRUARY, 2, "20.0", None, "train"),
    ("C3", FEBRUARY, 3, None, "shop", "val"),
    ("C1", MARCH, 4, "40.0", "web", "test"),
    ("C9", MARCH, 5, "50.0", "web", None),
]
BUILD = [
    ("C1", FEBRUARY, 1, "10.00", "web", "train"),
    ("C2", FEBRUARY, 7, "20.0", "app", "val"),
    ("C3", FEBRUARY, 3, "0", "shop", "val"),
    ("C1", MARCH, 8, "40.0", "web", "test"),
    ("C4", MARCH, 5, "50.0", "web", None),
]
VERSIONS = """
create table {0}meta.current_versions (feature_set text, feature_version int, data_hash text);
insert into {0}meta.current_versions values ('customer_features', {1}, '{2}');
"""


def rows_of(rows: list[tuple[Any, ...]]) -> str:
    """As SQL after `values`."""
    told = [["null" if value is None else f"'{value}'" for value in row] for row in rows]
    return ", ".join(f"({', '.join(row)})" for row in told)


def tables_of_both(prefix: str, rows: list[tuple[Any, ...]]) -> str:
    return (
        SCHEMAS.format(prefix)
        + FEATURES.format(prefix, "bigint", "channel")
        + f"insert into {prefix}feats.customer_features values {rows_of(rows)};"
        + f"create table {prefix}feats.feature_times as select timestamptz '{MARCH}' as feature_time;"
    )


def base_tables(prefix: str) -> str:
    return (
        tables_of_both(prefix, BASE)
        + f"create table {prefix}feats.old as select 1 as one;"
        + f"create table {prefix}feats.marts as select unnest(array['x', 'x', 'y', null]) as name;"
        + VERSIONS.format(prefix, 3, "98573617")
    )


def build_tables(prefix: str) -> str:
    return (
        tables_of_both(prefix, BUILD)
        + f"create table {prefix}feats.own as select 1 as one from generate_series(1, 3);"
        + f"create table {prefix}feats.marts as select unnest(array['x', 'y', 'z', null]) as name;"
        + f"create table {prefix}feats.customer_features__candidate as select 1 as one;"
        + VERSIONS.format(prefix, 1, "abcdef01")
    )


@pytest.fixture
def warehouse(database: ConnectionParams, tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path, database)


@pytest.fixture
def two_builds(warehouse: Warehouse) -> Warehouse:
    warehouse.execute(base_tables("") + build_tables("pr_"))
    return warehouse


def found_in(warehouse: Warehouse, **options: Any) -> BuildDiff:
    from ready.settings import Settings

    return diff_builds(Settings.resolve(environ=warehouse.environ), **{"prefix": "pr_", **options})


def table_in(found: BuildDiff, name: str) -> TableDiff:
    (table,) = [table for table in found.tables if table.table == name]
    return table


def diff(
    warehouse: Warehouse, *arguments: str, code: int = 0, **env: str
) -> subprocess.CompletedProcess[str]:
    done = warehouse.ready("diff", *arguments, cwd=PROJECT, **env)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_rows_values_splits_and_versions(two_builds: Warehouse) -> None:
    found = found_in(two_builds)
    features = table_in(found, "feats.customer_features")
    assert (features.rows_before, features.rows_after) == (5, 5)
    assert (features.came, features.went, features.changed) == (1, 1, 4)
    assert features.key == ["customer_id", "feature_time"]
    assert features.first_came == {"customer_id": "C4", "feature_time": MARCH}
    assert features.first_went == {"customer_id": "C9", "feature_time": MARCH}
    firsts = {
        c.column: (c.rows, c.first.key["customer_id"], c.first.before, c.first.after)
        for c in features.columns
        if c.first
    }
    assert firsts == {
        "orders_7d": (2, "C2", "2", "7"),
        "revenue_7d": (2, "C1", "10.0", "10.00"),
        "channel": (1, "C2", None, "app"),
        "split": (1, "C2", "train", "val"),
    }
    assert features.splits is not None
    assert features.splits.before == {"train": 2, "val": 1, "test": 1}
    assert features.splits.after == {"train": 1, "val": 2, "test": 1}
    assert [(m.before, m.after, m.rows) for m in features.splits.moved] == [("train", "val", 1)]
    (version,) = found.versions
    assert version.before is not None
    assert version.after is not None
    assert (version.before.feature_version, version.before.data_hash) == (3, "98573617")
    assert (version.after.feature_version, version.after.data_hash) == (1, "abcdef01")


def test_tables_of_one_side_equal_ones_and_such_without_a_key(two_builds: Warehouse) -> None:
    found = found_in(two_builds)
    assert [table.table for table in found.tables] == [
        f"feats.{name}" for name in ("customer_features", "feature_times", "marts", "old", "own")
    ]
    assert table_in(found, "feats.feature_times").same
    old, own = table_in(found, "feats.old"), table_in(found, "feats.own")
    assert (old.is_missing, old.rows_before, own.is_new, own.rows_after) == (True, 1, True, 3)
    marts = table_in(found, "feats.marts")
    assert (marts.key, marts.came, marts.went, marts.changed) == ([], 1, 1, 0)
    assert (marts.first_came, marts.first_went) == ({"name": "z"}, {"name": "x"})


def test_a_base_in_another_database_is_compared_all_the_same(
    two_builds: Warehouse, server: ConnectionParams
) -> None:
    expected = found_in(two_builds)
    with new_database(server) as other:
        Warehouse(two_builds.folder, other).execute(base_tables(""))
        two_builds.execute("drop schema feats cascade; drop schema meta cascade")
        assert found_in(two_builds, base_url=other.url()) == expected
        shown = diff(two_builds, "--prefix", "pr_", "--json", READY_BASE_URL=other.url())
        assert json.loads(shown.stdout)["tables"][0]["changed"] == 4
        refused = diff(
            two_builds, "--prefix", "pr_", "--base-prefix", "x_", "--base-url", other.url(), code=2
        )
        assert "the build with prefix x_ is not in" in refused.stderr


def test_columns_that_came_went_and_changed_their_type(warehouse: Warehouse) -> None:
    warehouse.execute(base_tables("") + SCHEMAS.format("pr_") + FEATURES.format("pr_", "text", "country"))
    warehouse.execute(f"insert into pr_feats.customer_features values {rows_of(BASE)}")
    features = table_in(found_in(warehouse), "feats.customer_features")
    assert (features.added, features.removed) == ({"country": "text"}, {"channel": "text"})
    assert features.retyped == {"orders_7d": ["bigint", "text"]}
    assert (features.changed, features.columns, features.same) == (0, [], False)


def test_a_unique_index_identifies_rows_too(warehouse: Warehouse) -> None:
    warehouse.execute(base_tables("") + SCHEMAS.format("pr_"))
    for prefix, amount in (("", 1), ("pr_", 2)):
        warehouse.execute(
            f"create table {prefix}feats.lines as select 'C1' as customer_id, n as line, n * {amount} as n "
            f"from generate_series(0, 3) as n; create unique index on {prefix}feats.lines (line)"
        )
    lines = table_in(found_in(warehouse), "feats.lines")
    assert (lines.key, lines.came, lines.went, lines.changed) == (["line"], 0, 0, 3)


def test_what_the_command_prints_and_its_exit_codes(two_builds: Warehouse) -> None:
    text = diff(two_builds, READY_SCHEMA_PREFIX="pr_").stdout
    key = f"customer_id=C2, feature_time={FEBRUARY}"
    assert "feats.customer_features: 5 rows, 1 came, 1 went, 4 changed\n" in text
    assert f"  channel: 1 value(s) differ; first, {key}: null → app\n" in text
    assert "Of 5 table(s) 3 differ, 1 are the same, 1 are not in this build.\n" in text
    assert diff(two_builds, "--prefix", "pr_", "--exit-code", "-q", code=1).stdout == ""
    kept = diff(two_builds, "--prefix", "pr_", "--markdown", "--no-examples").stdout
    assert "- `channel`: 1 value(s) differ\n" in kept
    assert "C2" not in kept
    assert "both sides are the same tables" in diff(two_builds, code=2).stderr
    unknown = diff(two_builds, "--prefix", "pr_1_", code=2).stderr
    assert "the build with prefix pr_1_ is not in" in unknown
    assert "prefixes of builds there: pr_\n" in unknown
    assert "builds are compared on PostgreSQL only" in diff(two_builds, "--target", "spark", code=2).stderr


def test_only_what_the_base_alone_has_is_no_difference(warehouse: Warehouse) -> None:
    warehouse.execute(base_tables("") + "create schema pr_meta;")
    shown = diff(warehouse, "--prefix", "pr_", "--exit-code", "--markdown").stdout
    assert "| `feats.old` | 1 | not in this build |  |  |" in shown
    assert "- `customer_features`: not in this build" in shown


HOSTILE = "`|@team](x)<b>\n## no"


def test_values_from_data_mean_nothing_in_markdown(two_builds: Warehouse) -> None:
    two_builds.execute(
        f"update pr_feats.customer_features set channel = '{HOSTILE}' where channel = 'app'; "
        'create table pr_feats."a|b" as select 1 as one'
    )
    lines = list(as_markdown(found_in(two_builds)))
    assert any(line.endswith(r": null → `` `|@team](x)<b>\n## no ``") for line in lines)
    assert r"| `feats.a\|b` | 1 | new |  |  |" in lines
    assert not any(line.startswith("## no") for line in lines)


ROWS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(1, 3)),
    st.tuples(st.sampled_from([None, "", "x", "y"]), st.sampled_from([None, "train", "val"])),
)


def fill(warehouse: Warehouse, prefix: str, rows: dict[Any, Any]) -> None:
    table = f"{prefix}feats.customer_features"
    listed = [(id, f"2025-0{month}-01", *values) for (id, month), values in rows.items()]
    warehouse.execute(f"truncate {table}")
    if listed:
        columns = "customer_id, feature_time, channel, split"
        warehouse.execute(f"insert into {table} ({columns}) values {rows_of(listed)}")


@given(before=ROWS, after=ROWS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_are_those_of_plain_python(
    two_builds: Warehouse, before: dict[Any, Any], after: dict[Any, Any]
) -> None:
    fill(two_builds, "", before)
    fill(two_builds, "pr_", after)
    features = table_in(found_in(two_builds), "feats.customer_features")
    both = before.keys() & after.keys()
    assert features.came == len(after.keys() - both)
    assert features.went == len(before.keys() - both)
    assert features.changed == sum(before[key] != after[key] for key in both)
    differ = {
        name: sum(before[key][place] != after[key][place] for key in both)
        for place, name in enumerate(("channel", "split"))
    }
    assert {c.column: c.rows for c in features.columns} == {name: n for name, n in differ.items() if n}
    assert features.splits is not None
    assert sum(moved.rows for moved in features.splits.moved) == differ["split"]
    assert features.splits.after == {
        name: n for name in ("train", "val") if (n := sum(split == name for _, split in after.values()))
    }


def test_a_build_on_spark_is_not_compared(two_builds: Warehouse) -> None:
    from ready.settings import Settings

    with pytest.raises(UsageError, match="on PostgreSQL only"):
        diff_builds(Settings.resolve(environ=two_builds.environ, target="spark"), prefix="pr_")
