"""The rules that the gate's benchmark checks: for dbt as yaml, and by hand as SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PACKAGE = "dbt_expectations.expect_column_"
STATUSES = ["completed", "shipped", "pending", "cancelled", "returned"]
TABLE = "stg.orders_parsed"

# Name -> column, test, arguments: two not-null, one unique, one timestamp, one range, two sets, one pattern.
EIGHT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "order not null": ("order_id", "not_null", {}),
    "customer not null": ("customer_id", "not_null", {}),
    "order unique": ("order_id", "unique", {}),
    "timestamp": ("order_ts", "valid_timestamp", {}),
    "range": ("amount", f"{PACKAGE}values_to_be_between", {"min_value": 0, "max_value": 100000}),
    "currency": ("currency", f"{PACKAGE}values_to_be_in_set", {"value_set": ["EUR"]}),
    "status": ("status", "accepted_values", {"values": STATUSES}),
    "pattern": ("order_id", f"{PACKAGE}values_to_match_regex", {"regex": "^O[0-9]{8}$"}),
}

# The same by hand: one aggregate for the rules of rows, and one for the key in its quickest form.
ROWS_BY_HAND = {
    "order not null": "order_id is null",
    "customer not null": "customer_id is null",
    "timestamp": "order_ts is null and order_ts_raw is not null",
    "range": "amount < 0 or amount > 100000",
    "currency": "currency is distinct from 'EUR'",
    "status": "status not in ('completed', 'shipped', 'pending', 'cancelled', 'returned')",
    "pattern": "(order_id ~ '^O[0-9]{8}$') is not true",
}
UNIQUE_BY_HAND = f"select count(order_id) - count(distinct order_id) from {TABLE}"


def forty() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The eight and 32 more rules of rows, of the same kinds, over all columns."""
    raw = [
        f"{name}_raw"
        for name in ("order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel")
    ]
    plain = ["load_id", "line_number", "file_name", "currency", "status", "channel"]
    more = [(column, "not_null", {}) for column in (*plain, *raw)]
    more += [
        (column, f"{PACKAGE}value_lengths_to_be_between", {"min_value": 1, "max_value": 40}) for column in raw
    ]
    more += [(column, f"{PACKAGE}values_to_not_be_in_set", {"value_set": ["?", "-"]}) for column in raw]
    more += [
        ("customer_id", f"{PACKAGE}values_to_match_regex", {"regex": "^C[0-9]{6}$"}),
        ("currency_raw", f"{PACKAGE}values_to_match_regex", {"regex": "^[A-Z]{3}$"}),
        ("line_number", f"{PACKAGE}values_to_be_between", {"min_value": 2}),
        ("load_id", f"{PACKAGE}values_to_be_between", {"min_value": 1}),
        ("channel", "accepted_values", {"values": ["web", "app", "store"]}),
    ]
    return {**EIGHT, **{f"rule {number}": rule for number, rule in enumerate(more, start=9)}}


def write_expectations(rules: dict[str, tuple[str, str, dict[str, Any]]], folder: Path) -> None:
    """expectations.yaml with these rules; JSON is YAML. A rule's name stands in its description."""
    columns: dict[str, list[Any]] = {}
    for name, (column, test, arguments) in rules.items():
        body = {"arguments": arguments, "description": name}
        columns.setdefault(column, []).append({test: body})
    listed = [{"name": name, "data_tests": tests} for name, tests in columns.items()]
    content = {"version": 2, "models": [{"name": "orders_parsed", "columns": listed}]}
    (folder / "expectations.yaml").write_text(json.dumps(content, indent=2))
