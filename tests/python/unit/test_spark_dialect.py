"""The SQL of the gate's rules, as Spark reads it."""

from __future__ import annotations

import pytest

from ready.gate.faults import RowFault, identifier, literal
from ready.spark.dialect import as_spark


@pytest.mark.parametrize(
    ("postgres", "spark"),
    [
        ('select "order_id" from stg.t', "select `order_id` from stg.t"),
        ("""select "a""b" from t""", """select `a"b` from t"""),
        ("""x = 'it''s "so"'""", r"""x = 'it\u0027s "so"'"""),
        (r"regexp_like(x, '^\d+$')", r"regexp_like(x, '^\\d+$')"),
        ("length(x::text) > 3", "length(x::string) > 3"),
        ("t < timestamptz '2025-01-01'", "t < timestamp '2025-01-01'"),
        ("x = '::text timestamptz'", "x = '::text timestamptz'"),
    ],
    ids=["name", "quote in a name", "quotes in a text", "backslash", "cast", "instant", "words in a text"],
)
def test_names_texts_and_types_are_spark_s(postgres: str, spark: str) -> None:
    assert as_spark(postgres) == spark


def test_a_fault_lists_its_rows_on_spark() -> None:
    fault = RowFault("", f"{identifier('Status')} <> {literal('lost')}")
    assert as_spark(fault.rows_sql("stg.orders_parsed") or "") == (
        "select * from stg.orders_parsed where `status` <> 'lost' order by load_id, line_number"
    )
