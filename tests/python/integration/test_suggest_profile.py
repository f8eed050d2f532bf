"""`ready suggest` on a real table: what it proposes and what it writes."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from ready.errors import UsageError
from ready.lint import lint_configs
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings
from ready.suggest.suggest import suggest, write_suggestions

PROJECT = Path(__file__).parents[3]
TABLE = """
create schema stg;
create table stg.orders_parsed as
select
    1::bigint as load_id, n + 1 as line_number, 'a.csv' as file_name,
    'A' || lpad(n::text, 4, '0') as order_id, 'A' || lpad(n::text, 4, '0') as order_id_raw,
    'C' || n % 7 as customer_id, 'C' || n % 7 as customer_id_raw,
    timestamptz '2025-01-01' + n * interval '1 day' as order_ts, 'x' as order_ts_raw,
    n * 1.5 as amount, 'x' as amount_raw, 'EUR' as currency, 'EUR' as currency_raw,
    case when n > 5 then 'new' end as status, case when n > 5 then 'new' end as status_raw,
    null::text as channel, null::text as channel_raw
from generate_series(1, 100) as n
"""


@pytest.fixture
def settings(database: ConnectionParams, tmp_path: Path) -> Settings:
    configs = tmp_path / "configs"
    shutil.copytree(PROJECT / "configs", configs)
    (configs / "expectations.yaml").write_text("version: 2\nmodels:\n  - name: orders_parsed\n    columns:\n"
                                               "      - name: order_id  # the key\n")  # fmt: skip
    return Settings.resolve(
        configs=configs, home=tmp_path / "home", environ={"READY_PROJECT_DIR": str(PROJECT), **database.env()}
    )


def execute(database: ConnectionParams, statement: str) -> None:
    with contextlib.closing(database.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_proposals_come_from_the_data_and_are_written_once(
    settings: Settings, database: ConnectionParams
) -> None:
    execute(database, TABLE)
    proposals = suggest(settings)
    told = {(p.column, p.test.removeprefix("dbt_expectations.expect_")): dict(p.arguments) for p in proposals}
    assert told == {
        ("order_id", "not_null"): {},
        ("order_id", "unique_within_load"): {},
        ("order_id", "column_values_to_match_regex"): {"regex": "^A[0-9]{4}$"},
        ("customer_id", "not_null"): {},
        ("customer_id", "accepted_values"): {"values": ["C1", "C2", "C0", "C3", "C4", "C5", "C6"]},
        ("order_ts", "not_null"): {},
        ("order_ts", "valid_timestamp"): {},
        ("order_ts", "column_values_to_be_between"): {"min_value": "timestamp '2025-01-02'"},
        ("amount", "not_null"): {},
        ("amount", "valid_number"): {},
        ("amount", "column_values_to_be_between"): {"min_value": 0, "max_value": 500},
        ("currency", "not_null"): {},
        ("currency", "accepted_values"): {"values": ["EUR"]},
        ("status", "accepted_values"): {"values": ["new"]},
    }
    file = write_suggestions(settings, proposals)
    assert "- name: order_id  # the key" in file.read_text()
    assert lint_configs(settings) == []
    assert suggest(settings) == []


@pytest.mark.parametrize("statement", ["create schema stg", f"{TABLE} where false"])
def test_nothing_to_look_at_is_a_message(
    settings: Settings, database: ConnectionParams, statement: str
) -> None:
    execute(database, statement)
    with pytest.raises(UsageError, match=r"stg\.orders_parsed has no rows to look at"):
        suggest(settings)
