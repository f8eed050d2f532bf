"""What a server, a database or a role has set otherwise changes no hash and no result."""

from __future__ import annotations

import contextlib

import pytest
from conftest import PROJECT
from proof_case import Shop
from warehouse import USER_TABLES

from ready.postgres.connection import NO_LIMITS, RESULT_SETTINGS

OTHERWISE = {
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "timezone": "Asia/Kolkata",
    "datestyle": "SQL, DMY",
    "intervalstyle": "iso_8601",
    "bytea_output": "escape",
    "extra_float_digits": "0",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "default_transaction_isolation": "serializable",
    "client_encoding": "LATIN1",
    "search_path": "",
    "row_security": "off",
    # The file of the training set takes longer to write.
    "idle_in_transaction_session_timeout": "100ms",
    "transaction_timeout": "300ms",
}
LIMITS = ("idle_in_transaction_session_timeout", "statement_timeout", "transaction_timeout")
ROLL_BACK = """
{% macro roll_back() %}
    {% if execute %}
        {% do adapter.execute('rollback') %}
        {% do log('identifiers are quoted: ' ~ run_query('show quote_all_identifiers').rows[0][0]) %}
        {% set limits = "select string_agg(name || ' ' || setting, ', ' order by name) from pg_settings "
            ~ "where name ~ '^(statement|transaction|idle_in_transaction_session)_timeout'" %}
        {% do log('limits: ' ~ run_query(limits).rows[0][0]) %}
    {% endif %}
{% endmacro %}
"""


def test_a_build_is_the_same_whatever_is_set(built_shop: Shop, shop: Shop) -> None:
    with contextlib.closing(shop.database.connect()) as connection, connection, connection.cursor() as cursor:
        for name, value in OTHERWISE.items():
            cursor.execute(f"alter database {shop.database.dbname} set {name} to %s", [value])
    late = shop.data / "late\nfile.csv"
    late.write_bytes((shop.data / "orders_2025_h1.csv").read_bytes().splitlines(keepends=True)[0])

    shop.run("--data", shop.data, "--full-refresh")

    of_time = ("meta.feature_registry", "meta.current_versions", "stg.orders_history")
    for table in USER_TABLES:
        if table not in of_time:
            assert shop.content_of(table) == built_shop.content_of(table), table
    hashes = "select config_hash, sql_hash, data_hash, columns::text from meta.feature_registry"
    assert shop.rows(hashes) == built_shop.rows(hashes)
    listed = shop.ready("load", "--list").stdout
    assert "  late\\nfile.csv  " in listed
    assert len(listed.splitlines()) == 4


@pytest.mark.thorough  # the one before sets the same settings
def test_neither_a_rollback_brings_them_back_nor_does_a_failing_hook_hide_why(shop: Shop) -> None:
    """dbt rolls back after a failed statement, and goes on with the connection."""
    for setting in ("quote_all_identifiers to on", *(f"{limit} to '1h'" for limit in LIMITS)):
        shop.execute(f"alter database {shop.database.dbname} set {setting}")
    shop.edit("dbt_project.yml", "on-run-start:\n", 'on-run-start:\n  - "{{ roll_back() }}"\n')
    (shop.project / "macros" / "roll_back.sql").write_text(ROLL_BACK)
    shop.execute("""
        create function public.refuse() returns trigger language plpgsql
            as 'begin raise exception ''the history is full''; end';
        create trigger refuse before insert on meta.validation_results execute function public.refuse();
        delete from meta.build_state
    """)

    refused = shop.ready("run", "--data", shop.data)

    log = (shop.folder / "home/dbt/logs/dbt.log").read_text()
    assert "identifiers are quoted: off" in log
    assert f"limits: {', '.join(f'{limit} 0' for limit in LIMITS)}" in log
    assert refused.returncode == 3
    assert "hook 2 of on-run-end in dbt_project.yml failed: the history is full" in refused.stderr


def test_every_setting_is_the_same_for_dbt() -> None:
    """profiles.yml and ready/postgres/connection.py."""
    profile = (PROJECT / "profiles" / "profiles.yml").read_text()
    for name, value in {**RESULT_SETTINGS, **NO_LIMITS}.items():
        plain = value.replace("\\", "").replace(",", ", ")
        assert f"set {name} = {plain};" in profile.replace('"', ""), name
