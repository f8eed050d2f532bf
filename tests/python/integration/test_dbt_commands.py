"""dbt's own commands and settings do here what they do in any dbt project, or are refused (docs/dbt.md)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import forked
from proof_case import Shop

BUILD = ("build", "--exclude-resource-type", "unit_test")
UNCOMMENTED = """
select relname, attname from pg_class join pg_attribute on attrelid = pg_class.oid
where relnamespace in ('stg'::regnamespace, 'feats'::regnamespace) and relkind in ('r', 'v') and attnum > 0
    and (obj_description(attrelid, 'pg_class') is null or col_description(attrelid, attnum) is null)
"""


def dbt(shop: Shop, *arguments: str | Path, code: int = 0) -> str:
    """What `ready dbt` prints, on one line without colours."""
    done = shop.ready("dbt", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return plain(done.stdout)


def plain_dbt(shop: Shop, *arguments: str | Path, code: int = 0, **env: str) -> str:
    """The same of dbt without the wrapper, where it is run in the project."""
    done = forked.dbt(*arguments, cwd=shop.project, env={**shop.environ, **env})
    assert done.returncode == code, done.stdout + done.stderr
    return plain(done.stdout)


def plain(output: str) -> str:
    return " ".join(re.sub("\x1b\\[[0-9;]*m", "", output).split())


def test_another_encoding_than_utf_8_is_refused_in_a_sentence(shop: Shop) -> None:
    told = plain_dbt(shop, "run", "--profiles-dir", "profiles", code=2, PGCLIENTENCODING="LATIN1")
    assert "dbt would speak LATIN1 with the database, by its client_encoding" in told
    assert "set PGCLIENTENCODING=UTF8, as ready dbt and" in told


def test_not_published_is_a_warning_with_its_first_reason(shop: Shop) -> None:
    before = shop.bytes_of()
    told = "not published, because customer_training_set reads it and was not built with it"
    events = shop.ready("dbt", "--log-format", "json", *BUILD, "-s", "customer_labels").stdout
    (warning,) = [json.loads(line) for line in events.splitlines() if told in line]
    # The event to wait for, as examples/orchestration says: then it is known what was published.
    assert events.rindex('"FinishedRunningStats"') > events.rindex(told)
    assert (warning["info"]["name"], warning["info"]["level"]) == ("JinjaLogWarning", "warn")
    assert told in dbt(shop, "--warn-error", *BUILD, "-s", "customer_labels", code=2)
    assert shop.value("select count(*) from meta.build_at_work") == 0

    failing = shop.project / "tests" / "dbt" / "singular" / "no_feature_times.sql"
    failing.write_text("select * from {{ ref('feature_times') }}")
    failed = dbt(shop, *BUILD, "-s", "feature_times+", code=1)
    assert "not published, because test no_feature_times ended in fail" in failed
    failing.write_text("select * from {{ ref('feature_times') }} where false")
    assert "not published, because feature_times was not built by its definition" in dbt(shop, "retry")
    assert shop.bytes_of() == before


def test_a_target_with_a_schema_of_its_own_has_tables_of_its_own(shop: Shop) -> None:
    before = shop.bytes_of()
    shop.edit("profiles/profiles.yml", "schema: stg  #", "schema: pr12  #")
    plain_dbt(shop, "seed", "--profiles-dir", "profiles", "--target", "postgres")
    assert shop.value("select count(*) from pr12_stg.order_statuses") > 0
    assert shop.value("select relation from pr12_meta.model_definitions") == '"pr12_stg"."order_statuses"'
    assert "READY_SCHEMA_PREFIX=pr12_" in dbt(shop, "seed", code=2)
    assert shop.bytes_of() == before


def test_descriptions_are_comments_on_tables_and_columns(built_shop: Shop) -> None:
    assert built_shop.rows(UNCOMMENTED) == []


OWN_MODEL = """{{ config(contract={'enforced': true}, unlogged=true, indexes=[{'columns': ['orders_7d']}]) }}
select customer_id, feature_time, orders_7d from {{ ref('customer_features') }}
"""
OWN_CONTRACT = """
models:
  - name: own
    description: One row per customer and feature_time.
    constraints: [{type: primary_key, columns: [customer_id, feature_time], warn_unsupported: false}]
    columns:
      - {name: customer_id, data_type: text}
      - {name: feature_time, data_type: timestamptz}
      - {name: orders_7d, data_type: bigint, description: Orders of the last week.}
unit_tests:
  - name: rows_as_yaml
    model: over
    given: [{input: ref('own'), rows: [{customer_id: "it's", orders_7d: 2}, {customer_id: b}]}]
    expect: {rows: [{customer_id: "it's", orders_7d: 2}]}
"""
SETTINGS = """
      +materialized: published
      +grants: {select: [ready_loader]}
      +full_refresh: false
      +on_schema_change: fail"""


def test_settings_of_a_published_model(shop: Shop) -> None:
    models = shop.project / "models" / "features"
    (models / "own.sql").write_text(OWN_MODEL)
    (models / "own.yml").write_text(OWN_CONTRACT)
    (models / "off.sql").write_text("{{ config(enabled=false) }} select * from {{ ref('own') }}")
    over = "select customer_id, orders_7d from {{ ref('own') }} where orders_7d > 1"
    (models / "over.sql").write_text("{{ config(materialized='view') }} " + over)
    (models / "_unit_tests.yml").unlink()
    shop.edit("dbt_project.yml", "\n      +materialized: published", SETTINGS)
    file = shop.project / "dbt_project.yml"
    file.write_text(file.read_text() + "\nquery-comment: {comment: of a test, append: true}\n")
    stored = "select pg_relation_filenode('feats.customer_labels')"
    before = shop.value(stored)
    told = dbt(shop, "build", "--full-refresh", "-s", "customer_features+")
    assert "PASS over::rows_as_yaml" in told
    log = next((shop.folder / "home").rglob("dbt.log")).read_text()
    assert "/* of a test */" in log

    (own,) = shop.rows(
        "select relpersistence, obj_description(own.oid, 'pg_class'), col_description(own.oid, 3), "
        "(select count(*) from pg_index where indrelid = own.oid), "
        "(select count(*) from pg_constraint where conrelid = own.oid and contype = 'p') "
        "from pg_class as own where own.oid = 'feats.own'::regclass"
    )
    assert own == ("u", "One row per customer and feature_time.", "Orders of the last week.", 2, 1)
    grantees = "has_table_privilege('ready_loader', oid, 'select')"
    tables = shop.rows(
        f"select relname, {grantees} from pg_class where relname in ('own', 'customer_labels')"
    )
    assert sorted(tables) == [("customer_labels", True), ("own", True)]
    assert shop.value(stored) == before
    assert shop.content_of("(select customer_id, feature_time, orders_7d from feats.own)") == shop.content_of(
        "(select customer_id, feature_time, orders_7d from feats.customer_features)"
    )
    assert shop.value("select to_regclass('feats.off')") is None

    shop.edit("dbt_project.yml", SETTINGS, f"{SETTINGS}\n      customer_labels: {{+enabled: false}}")
    assert "'customer_labels' which is disabled" in dbt(shop, "parse", code=2)


def test_what_only_looks_is_as_ever(built_shop: Shop) -> None:
    shown = json.loads(
        built_shop.ready("dbt", "--quiet", "show", "-s", "data_span", "--output", "json").stdout
    )
    (row,) = shown["show"]
    latest = built_shop.value("select last_order_ts from stg.data_span")
    assert datetime.fromisoformat(row["last_order_ts"]) == latest
    dbt(built_shop, "parse")
    assert "All checks passed!" in dbt(built_shop, "debug")


def test_clone_is_refused_in_a_sentence(shop: Shop, tmp_path: Path) -> None:
    listed = shop.ready("dbt", "--quiet", "list", "--output", "json", "--target-path", tmp_path).stdout
    assert "orders" in {json.loads(line)["name"] for line in listed.splitlines()}
    done = shop.ready("dbt", "clone", "--state", tmp_path, READY_SCHEMA_PREFIX="pr13_")
    assert done.returncode == 2
    assert plain(done.stdout).count("dbt clone makes views on PostgreSQL") == 1
    assert "pr13_stg" not in shop.schemas()
