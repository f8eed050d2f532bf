"""What the commands answer on Spark is what they answer on PostgreSQL."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from profile_oracle import is_sampled, profile_of
from spark_case import query

import ready
from ready.database.query import select_rows
from ready.definition.features import recorded_features
from ready.gate.history import read_history
from ready.gate.inspector import Inspector
from ready.gate.model import Report, RunInfo
from ready.proof.explain import Explanation, explain
from ready.recorded.profiles import parse_profile, read_profiles
from ready.recorded.proofs import proofs_of, record_reproduction
from ready.recorded.registry import find_build, list_builds, show_version
from ready.recorded.registry_diff import diff_builds
from ready.recorded.verdicts import (
    LEAKING,
    NOT_PROVEN,
    SAME,
    Finding,
    record_verdicts,
    standing_verdicts,
)
from ready.run.renew import renew_proofs
from ready.run_page.gather import gather
from ready.run_page.model import RunPage
from ready.settings import Settings
from ready.spark.stored_table import SparkTable

if TYPE_CHECKING:
    from conftest import Both

UTC = timezone.utc
NOW = datetime.now(UTC)
# Of this build on this machine; and the compiled SQL, which differs by engine.
OWN = {"sql_hash", "created_at", "invocation_id", "git_commit", "git_dirty"}


def test_values_are_explained_alike(both: Both) -> None:
    """Each feature, and the label, at a key of its own."""
    keys = both.postgres.rows(
        "select customer_id, feature_time from feats.customer_features "
        "order by md5(customer_id || feature_time) limit 30"
    )
    ((config,),) = both.postgres.rows("select config from meta.feature_registry limit 1")
    asked = list(zip(keys, recorded_features(config), strict=False))

    def explained(connection: Any, settings: Settings) -> list[Explanation]:
        return [
            explain(connection, settings, customer_id=customer, feature_time=time, feature=feature)
            for (customer, time), feature in asked
        ]

    postgres, spark = both.ask(explained)
    assert list(map(_but_for_places, spark)) == list(map(_but_for_places, postgres))
    assert len(spark) > 15
    assert all(found.agrees for found in spark)
    assert sum(len(found.orders) for found in spark) > 20


def _but_for_places(found: Explanation) -> Explanation:
    """Numbers of equal value are written with other decimals."""
    return replace(found, arithmetic="")


def _same_output(both: Both, *arguments: str) -> tuple[int, str, str]:
    """What the command prints on both engines."""
    postgres, spark = both.postgres.ready(*arguments), both.on_spark(*arguments, "--target", "spark")
    assert (spark.returncode, spark.stdout, spark.stderr) == (
        postgres.returncode,
        postgres.stdout,
        postgres.stderr,
    )
    return spark.returncode, spark.stdout, spark.stderr


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("explain", "C000015", "2025-02-01", "revenue_30d"), 0),
        (("explain", "C000015", "2025-02-01", "revenue_30d", "--json"), 0),
        (("explain", "C000015", "2025-02-01", "revenue30d"), 2),
        (("explain", "C00015x", "2025-02-01", "revenue_30d"), 2),
        (("explain", "C000015", "2025-02-03", "revenue_30d"), 2),
        (("registry", "diff", "1@FIRST", "1"), 0),
        (("registry", "diff", "1@FIRST", "1", "--json"), 0),
        (("registry", "show", "7"), 2),
        (("export", "--version", "7"), 2),
        (("suggest",), 0),
        (("lineage", "revenue_30d", "orders_total"), 0),
        (("audit", "EXPORTED/test.parquet"), 0),
        (("audit", "EXPORTED/test.parquet", "--column", "revenue_30d=revenue_7d"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_commands_print_the_same(both: Both, arguments: tuple[str, ...], exit_code: int) -> None:
    first = both.postgres.value("select data_hash from meta.feature_registry order by created_at limit 1")
    named = {"FIRST": first[:8], "EXPORTED": str(both.artifacts / "datasets" / "customer_features" / "v1")}
    for name, value in named.items():
        arguments = tuple(argument.replace(name, value) for argument in arguments)
    told = _same_output(both, *arguments)
    assert told[0] == exit_code
    assert told[1] or exit_code


def _without_own(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_own(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_own(item) for key, item in value.items() if key not in OWN}
    return value


def test_the_registry_holds_the_same(both: Both) -> None:
    postgres, spark = both.ask(list_builds)
    assert [build["is_current"] for build in spark] == [False, True]
    assert _without_own(spark) == _without_own(postgres)


def test_a_version_is_shown_alike(both: Both) -> None:
    postgres, spark = map(_without_own, both.ask(show_version, "1"))
    for build in (*postgres["builds"], *spark["builds"]):
        for column in build["columns"]:
            column.pop("type")
    assert spark == postgres
    assert [len(build["splits"]) for build in spark["builds"]] == [3, 3]
    made_of = [dataset["load_ids"] for build in spark["builds"] for dataset in build["datasets"]]
    assert made_of == [[1, 2], [1, 2, 3]]


def test_the_registry_names_the_data_set_that_the_tables_hold(both: Both) -> None:
    """Its hash is the same on both engines."""
    hashes = [find["dataset"]["dataset_hash"] for find in both.ask(find_build, "1")]
    current = "select dataset_hash from meta.current_versions where feature_set = 'customer_features'"
    assert [(found,) for found in hashes] == [*query(both.spark, current), *both.postgres.rows(current)]
    assert len(set(hashes)) == 1


def test_builds_differ_alike(both: Both) -> None:
    hashes = [build["data_hash"] for build in both.ask(list_builds)[0]]
    postgres, spark = both.ask(diff_builds, *(f"1@{data_hash}" for data_hash in hashes))
    assert spark == postgres
    assert len(spark["loads"]) == 1
    assert len(spark["distribution"]) > 20


def _profiles(connection: Any, settings: Settings) -> Any:
    return read_profiles(connection, settings, find_build(connection, settings, "1"))


def test_features_are_profiled_alike(both: Both) -> None:
    postgres, spark = both.ask(_profiles)
    assert list(spark) == list(postgres)
    assert spark == postgres
    assert len(spark) > 15


# Numbers with nulls, of any sign, without a value, constant; and no number.
ODD = """
create table stg.odd using parquet as
select
    concat('C', n % 97) as customer_id,
    timestamp '1999-12-30 12:00:00' + make_dt_interval(0, n * 7) as feature_time,
    cast(n % 7 - 3 as int) as small,
    cast(case when n % 3 > 0 then n * 7919 % 10007 / 8 end as decimal(38, 6)) as `Mixed Case`,
    cast(null as bigint) as empty,
    cast(2.50 as decimal(38, 6)) as constant,
    case when n % 5 > 0 then 'text' end as words,
    n % 2 = 0 as flag
from (select explode(sequence(1, 1500)) as n)
"""
PROFILES = """
{%- set table = api.Relation.create(schema='stg', identifier='odd') -%}
{%- set columns = adapter.get_columns_in_relation(table) -%}
{{ feature_profiles({'features': table, 'columns': columns, 'row_count': ROWS}) }}
"""


@pytest.mark.parametrize(("row_count", "step"), [(1_500, 1), (400_000, 4)])
def test_odd_columns_and_samples_are_profiled_as_in_plain_python(
    both: Both, row_count: int, step: int
) -> None:
    query(both.spark, "drop table if exists stg.odd")
    query(both.spark, ODD)
    inline = PROFILES.replace("ROWS", str(row_count))
    compiled = both.on_spark("dbt", "compile", "--target", "spark", "--quiet", "--inline", inline)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    found = {name: parse_profile(name, text) for name, text in query(both.spark, compiled.stdout)}
    customers, times, *columns = zip(*query(both.spark, "select * from stg.odd"), strict=True)
    drawn = [
        is_sampled(customer, time.replace(tzinfo=UTC), step)
        for customer, time in zip(customers, times, strict=True)
    ]
    names = ("small", "Mixed Case", "empty", "constant")
    for name, values in zip(names, columns, strict=False):
        assert found[name] == profile_of(name, values, sampled=drawn, step=step)
    assert (found["words"].missing, found["flag"].missing) == (300, 0)
    assert found["words"].zero is None
    assert 0 < sum(drawn) < 1_500 or step == 1
    assert found["constant"].minimum == Decimal("2.5")


STATES = """
select
    order_id, customer_id, cast(amount as numeric(38, 6)) as amount, status, load_id, line_number,
    dense_rank() over (order by dbt_valid_from) as since, dbt_valid_to is null as holds
from {stg}.orders_history
order by 1, since
"""


def test_states_of_orders_are_kept_alike(both: Both) -> None:
    """Run by run."""
    postgres, spark = both.ask(select_rows, STATES)
    assert spark == postgres
    assert {row["since"] for row in spark} == {1, 2}
    ((closed, ids),) = query(
        both.spark, "select count(dbt_valid_to), count(distinct dbt_scd_id) from stg.orders_history"
    )
    assert closed == sum(not row["holds"] for row in spark)
    assert ids == len(spark)


# A state that holds, is another now, is gone, has come again, is new; and a column has come, another went.
BEFORE = """
create table stg.states as
select id, status, 'was' as went, md5(id) as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at,
    timestamp '2024-01-01' as dbt_valid_from, valid_to as dbt_valid_to
from values
    ('a', 'x', null), ('b', null, null), ('c', 'x', null), ('d', 'x', timestamp '2024-02-01')
    as t (id, status, valid_to)
"""
NOW_IS = "select *, 7 as came from values ('a', 'x'), ('b', 'y'), ('d', 'x'), ('e', null) as t (id, status)"
QUERY = """
{%- set held = api.Relation.create(schema='stg', identifier='states') -%}
{{ history_query("NOW", held, 'id', ['status']) }}
"""


def test_a_state_holds_until_it_is_another_or_gone(both: Both) -> None:
    query(both.spark, BEFORE)
    inline = QUERY.replace("NOW", NOW_IS)
    compiled = both.on_spark("dbt", "compile", "--target", "spark", "--quiet", "--inline", inline)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    states = "select id, status, went, came, dbt_valid_from = dbt_updated_at, year(dbt_valid_from) = 2024, "
    states += f"dbt_valid_to is null from ({compiled.stdout}) as states order by id, dbt_valid_from"
    assert query(both.spark, states) == [
        ("a", "x", "was", None, True, True, True),
        ("b", None, "was", None, True, True, False),
        ("b", "y", None, 7, True, False, True),
        ("c", "x", "was", None, True, True, False),
        ("d", "x", "was", None, True, True, False),
        ("d", "x", None, 7, True, False, True),
        ("e", None, None, 7, True, False, True),
    ]


def _history(connection: Any, settings: Settings) -> dict[str, list[tuple[str, int]]]:
    history = read_history({"schema": settings.schema("stg")}, Inspector(connection))
    return {name: [(run.status, run.failures) for run in runs] for name, runs in history.items()}


def test_checks_have_the_same_history(both: Both) -> None:
    postgres, spark = both.ask(_history)
    assert spark == postgres
    assert {len(runs) for runs in spark.values()} == {2}


def _page(connection: Any, settings: Settings) -> RunPage:
    now = datetime.now(UTC)
    run = RunInfo(invocation_id="", started_at=now, finished_at=now, versions={})
    return gather(connection, settings, RunPage(Report((), (), (), run), "", timings=()), published=True)


def test_the_run_page_has_the_same_files_features_and_splits(both: Both) -> None:
    postgres, spark = both.ask(_page)
    assert [replace(load, loaded_at=NOW) for load in spark.loads] == [
        replace(load, loaded_at=NOW) for load in postgres.loads
    ]
    (built,), (expected,) = spark.built, postgres.built
    assert (built.features, built.splits) == (expected.features, expected.splits)
    assert "orders_2025_h1.csv" in (both.artifacts / "reports" / "index.html").read_text(encoding="utf-8")


def test_a_training_set_is_exported_alike(both: Both, tmp_path: Path) -> None:
    manifests = []
    for run, target in ((both.postgres.ready, "postgres"), (both.on_spark, "spark")):
        to = ("--out", tmp_path / target, "--split", "val", "--feast", tmp_path / f"{target}_feast")
        done = run("export", "--json", "--target", target, *to)
        assert done.returncode == 0, done.stderr
        manifests.append(json.loads(done.stdout))
    postgres, spark = manifests
    shared = postgres.keys() - {"folder", "files", "sql_hash"}
    assert {key: spark[key] for key in shared} == {key: postgres[key] for key in shared}
    assert [entry["name"] for entry in spark["files"]] == ["val.parquet"]
    file = Path("data", "customer_features.parquet")
    feast = [pq.read_table(tmp_path / f"{target}_feast" / file) for target in ("postgres", "spark")]
    assert feast[1].equals(feast[0])
    assert len(feast[0]) == 2_211
    again = both.on_spark(
        "export", "--json", "--target", "spark", "--out", tmp_path / "spark", "--split", "val"
    )
    assert json.loads(again.stdout)["written"] is False


def test_a_training_set_is_loaded_from_its_files_and_from_the_warehouse(
    both: Both, spark_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in both.postgres.environ.items():
        monkeypatch.setenv(name, value)
    expected = ready.load_dataset()
    for name, value in {"READY_TARGET": "spark", "READY_HOME": str(spark_home), **both.spark.env()}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))  # nothing is exported there
    assert _same_rows(ready.load_dataset(), expected)
    assert _same_rows(ready.load_dataset(split="val"), ready.load_dataset(split="val"))
    monkeypatch.setenv("READY_ARTIFACTS", str(both.artifacts))
    monkeypatch.setattr(SparkTable, "read", None)
    assert _same_rows(ready.load_dataset(), expected)


def _same_rows(one: ready.Table, other: ready.Table) -> bool:
    return (
        bool(one.table.replace_schema_metadata(None).equals(other.table.replace_schema_metadata(None)))
        and len(one) > 0
    )


# At each order, a moment after it and where a window's edge meets it; a stranger; rows twice; not in order.
SPINE = """
select * from (
    select customer_id, order_ts + shift as feature_time
    from stg.orders, unnest(array['0', '1 microsecond', '30 days', '-1 year']::interval[]) as shift
    union all
    values ('nobody', now()), ('nobody', now()), ('', now())
) as spine
order by md5(customer_id || feature_time)
"""


def test_features_at_instants_are_the_same(
    both: Both, spark_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers, times = zip(*both.postgres.rows(SPINE), strict=True)
    spines = [{"customer_id": customers[:n], "feature_time": times[:n]} for n in (len(times), 1, 0)]
    for name, value in both.postgres.environ.items():
        monkeypatch.setenv(name, value)
    expected = [ready.features_at(spine) for spine in spines]
    for name, value in {"READY_TARGET": "spark", "READY_HOME": str(spark_home), **both.spark.env()}.items():
        monkeypatch.setenv(name, value)
    computed = [ready.features_at(spine) for spine in spines]
    assert computed == expected
    assert [table.schema.metadata for table in computed] == [table.schema.metadata for table in expected]
    assert len(computed[0]) > 5000
    assert not list((spark_home / "spark" / "warehouse").glob("features_at_*"))


def test_the_docs_site_shows_the_tables_of_the_warehouse(both: Both) -> None:
    done = both.on_spark("docs", "--no-serve", "--target", "spark")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (both.artifacts / "docs" / "index.html").read_text(encoding="utf-8")
    assert "decimal(38,6)" in page
    assert '"generated_at"' in page


LABELS = """
select concat_ws(',', customer_id, to_json(feature_time) #>> '{}', label_revenue_next_30d)
from feats.customer_training_set
where label_revenue_next_30d is not null
order by md5(customer_id || feature_time)
"""
ROWS = "select * from feats.{}_training_set where label_revenue_next_30d is not null order by 1, 2"
OF_ENGINE = {"sql_hash", "files"}


def _train_sets(both: Both, file: Path) -> list[dict[str, Any]]:
    """What `ready train-set --json` prints on PostgreSQL and on Spark."""
    told = []
    label = ("--label", "label_revenue_next_30d", "--label-type", "number")
    for run, target in ((both.postgres.ready, "postgres"), (both.on_spark, "spark")):
        done = run("train-set", "--labels", file, "--horizon", "30", *label, "--json", "--target", target)
        assert done.returncode == 0, done.stdout + done.stderr
        told.append(json.loads(done.stdout))
    return told


def test_labels_of_ones_own_become_the_same_training_set(both: Both, tmp_path: Path) -> None:
    """Last, for it records a set; the labels are the delivered ones, in another order."""
    file = tmp_path / "delivered.csv"
    lines = [line for (line,) in both.postgres.rows(LABELS)]
    file.write_text("\n".join(["customer_id,label_time,label_revenue_next_30d", *lines, ""]))
    first = _train_sets(both, file)
    manifests = [json.loads((Path(told.pop("folder")) / "manifest.json").read_text()) for told in first]
    postgres, spark = ({key: told[key] for key in told.keys() - OF_ENGINE} for told in manifests)
    assert (first[1], spark) == (first[0], postgres)
    assert first[1]["row_count"] == len(lines) > 1_500

    rows = query(both.spark, ROWS.format("delivered"))
    assert rows == query(both.spark, ROWS.format("customer"))
    assert len(rows) == len(lines)
    profiles = both.ask(lambda *engine: read_profiles(*engine, find_build(*engine, "delivered:1")))
    assert profiles[1] == profiles[0]
    assert len(profiles[1]) > 15
    builds = [_without_own(version["builds"][0]) for version in both.ask(show_version, "delivered:1")]
    for build in builds:
        build["columns"] = [column["name"] for column in build["columns"]]
    assert builds[1] == builds[0]

    again = _train_sets(both, file)[1]
    assert {**first[1], "folder": again["folder"]} == again
    assert len(query(both.spark, "select * from meta.feature_registry where feature_set = 'delivered'")) == 1
    page = (both.artifacts / "reports" / "index.html").read_text(encoding="utf-8")
    assert f"Exported to <code>{again['folder']}</code>" in page


def _proven(connection: Any, settings: Settings, *verdicts: str) -> list[Any]:
    """What is said of the build and its models as each of these verdicts on its definition is recorded."""
    build = find_build(connection, settings, "1")
    nodes = [*build["lineage"]["models"], *build["lineage"]["nodes"]]
    definition = {node["node"]: [node["sql_hash"]] for node in nodes if node["sql_hash"]}
    told: list[Any] = []
    for verdict in verdicts:
        finding = Finding(NODE, definition, {"it's": "a \\ quote"}, verdict, f"{verdict}, it's", 7)
        differs = ["features", "labels"] if verdict == LEAKING else []
        standing = record_verdicts(connection, settings, [finding])
        record_reproduction(connection, settings, build, differs=differs, code="the current code")
        of_models = standing_verdicts(connection, settings, [NODE, "model.raw_to_ready.feature_times"]) or ()
        proofs = proofs_of(connection, settings, build)
        told += [standing, [replace(one, checked_at=None) for one in of_models], _but_for_time(proofs)]
    record_verdicts(connection, settings, [replace(finding, definition={**definition, NODE: ["other"]})])
    return [*told, _but_for_time(proofs_of(connection, settings, build))]


NODE = "model.raw_to_ready.customer_features"


def _but_for_time(proofs: dict[str, Any]) -> dict[str, Any]:
    times = [proofs["leakage"].pop("checked_at"), proofs["reproduction"].pop("reproduced_at")]
    assert all(
        abs(datetime.fromisoformat(time.replace("Z", "+00:00")) - NOW) < timedelta(hours=3) for time in times
    )
    return proofs


def test_verdicts_are_on_record_alike(both: Both, spark_home: Path) -> None:
    """Last of those that look at them; a leak that was found is not made good by a later check."""
    verdicts = (NOT_PROVEN, LEAKING, SAME)
    postgres, spark = both.ask(_proven, *verdicts)
    assert spark == postgres
    assert [told[NODE] for told in spark[0:9:3]] == [NOT_PROVEN, LEAKING, LEAKING]
    assert [told["reproduction"]["verdict"] for told in spark[2:9:3]] == ["equal", "different", "equal"]
    assert [str(one) for one in spark[7]] == [
        "customer_features knows its future: leaking, it's",
        "feature_times: unchecked",
    ]
    (_, build) = both.ask(show_version, "1")[1]["builds"]
    assert (build["leakage"]["verdict"], build["reproduction"]["verdict"]) == (LEAKING, "equal")
    environ = {"READY_HOME": str(spark_home), "READY_ARTIFACTS": str(both.artifacts), "READY_TARGET": "spark"}
    renew_proofs(Settings.resolve(environ={**environ, **both.spark.env()}))
    manifest = both.artifacts / "datasets" / "customer_features" / "v1" / "manifest.json"
    assert json.loads(manifest.read_bytes())["verdicts"]["leakage"]["reason"] == "leaking, it's"
    page = (both.artifacts / "reports" / "index.html").read_text(encoding="utf-8")
    assert "customer_features knows its future: leaking, it&#39;s" in page


def test_labels_that_cannot_be_used_are_refused_alike(both: Both, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("customer_id,label_time,label\nC000004,2024-06-01,1\nnobody,2024-06-01,0\n")
    for options, code, text in (
        ([], 1, "bad.csv:3: customer_id 'nobody' has no purchase in the data"),
        (["--name", "customer"], 2, "another feature set customer"),
    ):
        told = _same_output(both, "train-set", "--labels", str(file), "--horizon", "30", *options)
        assert (told[0], told[1]) == (code, "")
        assert text in told[2]
