"""The default rules that ask for what a mapping does not have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ready.definition.mapping import orders_meta

ON_LINES = (
    "amounts_are_of_lines",
    "lines_agree",
    "lines_are_decided",
    "one_value_per_order",
    "orders_are_whole",
)
ON_STATES_OF_ORDERS = ("files_agree", "files_in_order", "one_time_per_order", "rows_agree")
# Or of a template that may become one of these.
OF_A_PLACE = re.compile(r"\b(file_name|line_number|load_id)\b|\{[{%]", re.IGNORECASE)
NEGATES = re.compile(r"<>|!=|\bnot\b|\{[{%]", re.IGNORECASE)
WITHOUT_CLOCK_CHANGES = re.compile("(Etc/)?(UTC|GMT)")


def without_idle_rules(configs: Path) -> tuple[str, ...]:
    """Arguments of dbt that leave out the rules that are idle by the mapping in these configs."""
    idle = idle_rules(orders_meta(configs))
    return ("--exclude", *idle) if idle else ()


def idle_rules(mapping: Mapping[str, Any]) -> list[str]:
    """Names of default rules that can find nothing, and so need not be carried out.

    mapping: the meta of orders_mapped. All of them are idle in macros/gate/is_idle.sql too: one that was not
    would have no passed verdict, and nothing would be published.
    """
    columns = mapping.get("columns") or {}
    entries: list[Any] = [entry if isinstance(entry, Mapping) else {} for entry in columns.values()]
    names: list[str] = []
    if mapping.get("grain", "order") == "order":
        names += ON_LINES
    if mapping.get("grain") == "order_line" or "available_at" in columns:
        names += ON_STATES_OF_ORDERS
    if "available_at" not in columns and not any("type" in entry for entry in entries):
        names.append("typed_values")
    if not columns.get("currency"):
        names.append("blank_currency")
    if "rows" not in mapping and not any("expression" in entry for entry in entries):
        names.append("expressions_give_values")
    order_id = columns.get("order_id")
    expression = order_id.get("expression", "") if isinstance(order_id, Mapping) else ""
    if not OF_A_PLACE.search(str(expression)):
        names.append("records_come_once")
    if not NEGATES.search(str(mapping.get("rows", ""))):
        names.append("rows_are_judged")
    zones = [mapping.get("timezone", "UTC"), *(entry["timezone"] for entry in entries if "timezone" in entry)]
    if all(WITHOUT_CLOCK_CHANGES.fullmatch(str(zone)) for zone in zones):
        names.append("local_times_are_certain")
    return names
