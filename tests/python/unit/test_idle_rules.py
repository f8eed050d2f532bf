"""Default rules that ask for what a mapping does not have."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from rendered_macros import MACROS, macros

from ready.gate.idle_rules import ON_LINES, ON_STATES_OF_ORDERS, idle_rules

ON_ORDERS = {
    *ON_LINES, "typed_values", "expressions_give_values", "local_times_are_certain", "records_come_once",
    "rows_are_judged",
    "blank_currency",
}  # fmt: skip
ALL = ON_ORDERS | set(ON_STATES_OF_ORDERS)


def test_a_plain_mapping_has_no_use_for_any_of_them() -> None:
    assert set(idle_rules({"columns": {"order_id": "Order", "channel": {"column": "Channel"}}})) == ON_ORDERS


CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set(ON_STATES_OF_ORDERS)),
    ({"columns": {"currency": "Currency"}}, {"blank_currency", *ON_STATES_OF_ORDERS}),
    ({"grain": "order_line"}, set(ON_LINES)),
    ({"grain": "{{ var('grain') }}"}, {*ON_LINES, *ON_STATES_OF_ORDERS}),
    ({"columns": {"tax": {"column": "Tax", "type": "number"}}}, {"typed_values", *ON_STATES_OF_ORDERS}),
    ({"columns": {"available_at": "changed"}}, {"typed_values"}),
    (
        {"columns": {"amount": {"expression": 'number("a")'}}},
        {"expressions_give_values", *ON_STATES_OF_ORDERS},
    ),
    (
        {"columns": {"order_id": {"expression": "file_name || '-' || \"a\""}}},
        {"expressions_give_values", "records_come_once", *ON_STATES_OF_ORDERS},
    ),
    (
        {"columns": {"order_id": {"expression": "{{ var('id') }}"}}},
        {"expressions_give_values", "records_come_once", *ON_STATES_OF_ORDERS},
    ),
    (
        {"columns": {"order_id": {"expression": '"shop" || "a"'}}},
        {"expressions_give_values", *ON_STATES_OF_ORDERS},
    ),
    (
        {"rows": "\"Type\" <> 'Refund'"},
        {"expressions_give_values", "rows_are_judged", *ON_STATES_OF_ORDERS},
    ),
    ({"rows": "\"Type\" = 'Order'"}, {"expressions_give_values", *ON_STATES_OF_ORDERS}),
    ({"timezone": "Europe/Berlin"}, {"local_times_are_certain", *ON_STATES_OF_ORDERS}),
    (
        {"columns": {"order_ts": {"column": "t", "timezone": "America/Lima"}}},
        {"local_times_are_certain", *ON_STATES_OF_ORDERS},
    ),
    ({"timezone": "Etc/GMT+3"}, {"local_times_are_certain", *ON_STATES_OF_ORDERS}),
]


@pytest.mark.parametrize(("mapping", "asked"), CASES)
def test_a_rule_is_carried_out_where_the_mapping_has_what_it_asks_for(
    mapping: dict[str, Any], asked: set[str]
) -> None:
    assert ALL - set(idle_rules(mapping)) == asked


# What a template becomes only dbt knows, and the project's default rules are asked of it then.
WITHOUT_TEMPLATES = [
    *(mapping for mapping, _ in CASES if "{{" not in str(mapping)),
    {"rows": '"Type" is not null and "Note" = \'not paid\''},
    {"columns": {"order_id": {"expression": "'line_number ' || \"a\""}}},
    {"columns": {"order_ts": {"expression": "time(\"a\" || 'x', 'YYYY')", "timezone": "Europe/Rome"}}},
    {"grain": "order_line", "timezone": "Etc/UCT", "columns": {"sku": "s", "currency": {"column": "c"}}},
]


@pytest.mark.parametrize("mapping", WITHOUT_TEMPLATES)
def test_what_is_left_out_is_idle_to_the_macro(mapping: dict[str, Any]) -> None:
    is_idle = macros({"orders_mapped": mapping})["is_idle"]
    idle = {name for name in ALL if is_idle(SimpleNamespace(name=name))}
    assert set(idle_rules(mapping)) <= idle


def test_every_rule_that_the_macro_knows_may_be_left_out() -> None:
    named = (MACROS / "gate" / "is_idle.sql").read_text()
    asked = re.findall(r"node\.name (?:==|in) (.+?) %}", named)
    assert {name for condition in asked for name in re.findall(r"'(\w+)'", condition)} == ALL
