"""What contradicts the grain of the files: an order a row, or several lines of an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ready.definition.features import RULE, describes_order
from ready.definition.values import list_of, mapping_of
from ready.lint.document import Document, KeyPath, model_meta
from ready.lint.finding import Finding
from ready.lint.mapping import AVAILABLE_AT

UNIQUE = ("unique", "unique_within_load", "dbt_expectations.expect_column_values_to_be_unique")
COMPOUND_UNIQUE = "dbt_expectations.expect_compound_columns_to_be_unique"
PLACE = ("load_id", "line_number")
# Its columns are known by their names alone.
KEYS = ("order_id", "line_id")


def check_grain(documents: Mapping[str, Document]) -> Iterator[Finding]:
    """Settings, rules and features that the grain in orders.yaml does not allow, by file and line."""
    orders = documents.get("orders.yaml")
    if orders is None or not isinstance(orders.value, dict):
        return
    path, meta = model_meta(orders, "orders_mapped")
    columns = mapping_of(meta.get("columns"))
    yield from _of_keys(orders, path, columns)
    if meta.get("grain", "order") != "order_line":
        yield from _of_lines_only(orders, path, meta)
        return
    yield from _ambiguous(orders, path, meta)
    if expectations := documents.get("expectations.yaml"):
        yield from _unique_orders(expectations)
    if features := documents.get("features.yaml"):
        yield from _features(features, columns)


def _of_keys(document: Document, path: KeyPath, columns: Mapping[str, Any]) -> Iterator[Finding]:
    for name in KEYS:
        if "of" in mapping_of(columns.get(name)):
            message = f"{name}: every line has its own, so it is of neither"
            yield document.finding((*path, "columns", name, "of"), message, "take `of` out")


def _of_lines_only(document: Document, path: KeyPath, meta: Mapping[str, Any]) -> Iterator[Finding]:
    hint = "say grain: order_line, if several rows make an order"
    for name, entry in mapping_of(meta.get("columns")).items():
        if "of" in mapping_of(entry) and name not in KEYS:
            message = f"{name}: of: {entry['of']} has no meaning where a row is an order"
            yield document.finding((*path, "columns", name, "of"), message, hint)
    if "line_id" in mapping_of(meta.get("columns")):
        message = "line_id has no meaning where a row is an order"
        yield document.finding((*path, "columns", "line_id"), message, hint)
    if "lines_over_files" in meta:
        message = "lines_over_files has no meaning where a row is an order"
        yield document.finding((*path, "lines_over_files"), message, hint)


def _ambiguous(document: Document, path: KeyPath, meta: Mapping[str, Any]) -> Iterator[Finding]:
    columns = mapping_of(meta.get("columns"))
    if AVAILABLE_AT in columns:
        message = (
            "available_at cannot be mapped at grain: order_line: a line's states and the lines of an order "
            "cannot be told apart"
        )
        hint = "map it at grain: order, or leave it out: each line counts from its own order_ts on"
        yield document.finding((*path, "columns", AVAILABLE_AT), message, hint)
    if "line_id" in columns and "lines_over_files" in meta:
        message = "lines_over_files does nothing beside line_id, which distinguishes lines in whatever file"
        yield document.finding((*path, "lines_over_files"), message, "leave one of them out")


def _unique_orders(document: Document) -> Iterator[Finding]:
    """The lines of an order share its id."""
    models = document.value.get("models") if isinstance(document.value, dict) else None
    for index, model in enumerate(list_of(models)):
        if mapping_of(model).get("name") != "orders_parsed":
            continue
        at: KeyPath = ("models", index)
        yield from _unique_tests(document, at, model, None)
        for number, column in enumerate(list_of(model.get("columns"))):
            name = mapping_of(column).get("name")
            yield from _unique_tests(document, (*at, "columns", number), mapping_of(column), name)


def _unique_tests(
    document: Document, path: KeyPath, owner: Mapping[str, Any], column: str | None
) -> Iterator[Finding]:
    for key in ("data_tests", "tests"):
        for index, entry in enumerate(list_of(owner.get(key))):
            name, body = _test_of(entry)
            arguments = {**body, **mapping_of(body.get("arguments"))}
            alone = name in UNIQUE and (column or arguments.get("column_name")) == "order_id"
            together = name == COMPOUND_UNIQUE and list_of(arguments.get("column_list")) == ["order_id"]
            if alone or together:
                message = f"{name} on order_id contradicts grain: order_line, where an order has several rows"
                hint = "take it out; which lines an order has is checked by lines_are_decided"
                yield document.finding((*path, key, index), message, hint)


def _test_of(entry: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    given = mapping_of(entry)
    name = given.get("test_name") or next(iter(given), "")
    return str(name), given if "test_name" in given else mapping_of(given.get(name))


def _features(document: Document, columns: Mapping[str, Any]) -> Iterator[Finding]:
    path, meta = model_meta(document, "customer_features")
    for name, rule in mapping_of(meta.get("aggregations")).items():
        whole = mapping_of(rule)
        yield from _feature(
            document, (*path, "aggregations", name), name, whole.get("rule", rule), whole.get("by"), columns
        )
    path, meta = model_meta(document, "customer_labels")
    for name, rule in mapping_of(meta.get("label")).items():
        whole = mapping_of(rule)
        yield from _feature(document, (*path, "label", name), name, whole.get("rule", rule), None, columns)


def _feature(
    document: Document, at: KeyPath, name: str, rule: Any, by: Any, columns: Mapping[str, Any]
) -> Iterator[Finding]:
    match = RULE.fullmatch(rule) if isinstance(rule, str) else None
    column = match["column"] if match else None
    if column in PLACE:
        yield document.finding(at, f"{name}: {column} is a line's place in a file, no value of an order")
    entry = mapping_of(columns.get(str(column)))
    of = entry.get("of")
    if (
        of == "order"
        and match
        and match["function"] == "count_distinct"
        and (column == "amount" or entry.get("type") == "number")
    ):
        yield document.finding(
            at, f"{name}: {column} is the order's number, which its other lines do not have"
        )
    if by is not None and of == "order" and not describes_order(str(by), columns):
        message = f"{name}: {column} is the order's and {by} a line's, so no part of it belongs to a line"
        yield document.finding(at, message, f"map {column} of each line, or {by} with of: order")
