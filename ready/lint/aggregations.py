"""The aggregations of features.yaml: the columns that they make, and faults that no schema can say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ready.definition.features import OF_TEXTS, RULE, aggregated_features, features_of, ratio_sides
from ready.definition.values import list_of, mapping_of
from ready.lint.arguments import texts_only
from ready.lint.document import Document, KeyPath
from ready.lint.finding import Finding, nearest_or_all
from ready.lint.mapped import Mapped
from ready.lint.mapping import ORDERS_COLUMNS

OF_NUMBERS = ("sum", "avg", "min", "max", "median", "quantile", "stddev")
IDS = ("order_id", "event_id", "customer_id")
WITHOUT_TOTAL = ("stddev", "count_distinct")


@dataclass(frozen=True)
class Rows:
    """What features are made of: a table of stg, its columns' types. noun: as features_of has it."""

    table: str
    types: Mapping[str, str]
    noun: str
    mapping: str


OF_ORDERS = Rows("orders", ORDERS_COLUMNS, "order", "orders.yaml")
JINJA = re.compile(r"\{[{%#]")
# The database cuts longer names, in silence.
MAX_NAME = 63


def _aggregations(meta: Mapping[str, Any]) -> dict[str, Any]:
    return mapping_of(meta.get("aggregations"))


def check_aggregations(
    document: Document,
    path: KeyPath,
    meta: Mapping[str, Any],
    extras: Mapping[str, str] | None,
    rows: Rows = OF_ORDERS,
) -> Iterator[Finding]:
    """Columns that are not there or no numbers, names twice or too long, totals that cannot be."""
    for name, rule in _aggregations(meta).items():
        at = (*path, "aggregations", name)
        whole = mapping_of(rule)
        yield from check_rule(document, at, name, whole.get("rule") if whole else rule, extras, rows)
        if isinstance(whole.get("by"), str):
            yield from _known(document, (*at, "by"), f"{name}: by", whole["by"], extras, rows)
        yield from _values(document, (*at, "values"), whole, rows)
    yield from _made_names(document, path, meta, rows.noun)
    yield from _totals(document, path, meta)
    yield from _ratios(document, path, meta)


def _values(document: Document, at: KeyPath, rule: Mapping[str, Any], rows: Rows) -> Iterator[Finding]:
    """Each names a column, so it must be known here."""
    values = list_of(rule.get("values"))
    if rows.types.get(str(rule.get("by"))) != "boolean":
        yield from texts_only(document, at, values)
    for index, value in enumerate(values):
        if isinstance(value, str) and JINJA.search(value):
            message = f"values[{index + 1}]: {value} is Jinja, so its column is not known"
            yield document.finding((*at, index), message, "write the value itself")


def _made_names(document: Document, path: KeyPath, meta: Mapping[str, Any], noun: str) -> Iterator[Finding]:
    counts = Counter(feature.name for feature in features_of(meta, noun))
    for name, rule in _aggregations(meta).items():
        at = (*path, "aggregations", name)
        alone = aggregated_features({**meta, "totals": [], "aggregations": {name: rule}})
        for column in sorted({feature.name for feature in alone}):
            if counts[column] > 1:
                yield document.finding(at, f"aggregations: the column {column} comes twice")
            if len(column) > MAX_NAME:
                hint = f"at most {MAX_NAME} letters"
                yield document.finding(at, f"aggregations: the name {column} is too long", hint)


def check_rule(
    document: Document,
    at: KeyPath,
    name: str,
    rule: Any,
    extras: Mapping[str, str] | None,
    rows: Rows = OF_ORDERS,
) -> Iterator[Finding]:
    """A rule `FUNCTION of COLUMN`: whether the table has the column, as a number where need be."""
    match = RULE.fullmatch(rule) if isinstance(rule, str) else None
    if match is None:
        return
    function, column = match["function"], match["column"]
    types = {**rows.types, **(extras or {})}
    yield from _known(document, at, name, column, extras, rows)
    if function in OF_NUMBERS and types.get(column, "number") != "number":
        hint = f"give it type: number in {rows.mapping}" if column in (extras or {}) else None
        yield document.finding(at, f"{name}: {column} is no number, so it has no {function}", hint)
    if function in OF_TEXTS and (column in IDS or types.get(column, "text") != "text"):
        message = f"{name}: {column} is no text that several {rows.table} share, so it has no {function}"
        yield document.finding(at, message, "name a column of categories, such as channel")


def check_mapped(
    document: Document, path: KeyPath, rules: Mapping[str, Any], mapped: Mapped
) -> Iterator[Finding]:
    """Of columns that are null throughout, or by values that cannot be; no build stops at them."""
    for name, rule in rules.items():
        whole = mapping_of(rule)
        match = RULE.fullmatch(str(whole.get("rule") if whole else rule))
        for column in [*([match["column"]] if match else ()), whole.get("by")]:
            if isinstance(column, str) and mapped.is_unmapped(column):
                message = f"{name}: orders.yaml maps no {column}, so the column is null in every row"
                hint = "take the aggregation out, or map the column"
                yield document.finding((*path, name), message, hint).reported_only()
        for index, value in enumerate(list_of(whole.get("values"))):
            why = mapped.why_never(str(whole.get("by")), value) if isinstance(value, str) else None
            if why:
                message = f"{name}: values[{index + 1}]: {why[0]}"
                yield document.finding((*path, name, "values", index), message, why[1]).reported_only()


def _known(
    document: Document,
    at: KeyPath,
    subject: str,
    column: str,
    extras: Mapping[str, str] | None,
    rows: Rows,
) -> Iterator[Finding]:
    columns = {*rows.types, *(extras or ())}
    if extras is not None and column not in columns:
        yield document.finding(
            at, f"{subject}: stg.{rows.table} has no column {column}", nearest_or_all(column, columns)
        )


def _totals(document: Document, path: KeyPath, meta: Mapping[str, Any]) -> Iterator[Finding]:
    aggregations = _aggregations(meta)
    for index, name in enumerate(list_of(meta.get("totals"))):
        at = (*path, "totals", index)
        if name not in aggregations:
            hint = nearest_or_all(str(name), aggregations)
            yield document.finding(at, f"totals: there is no aggregation {name}", hint)
        elif isinstance(aggregations[name], dict):
            yield document.finding(at, f"totals: {name} is by category, so it has no total")
        elif str(aggregations[name]).strip().startswith(WITHOUT_TOTAL):
            hint = f"{' and '.join(WITHOUT_TOTAL)} have none"
            yield document.finding(at, f"totals: {name} has no total", hint)


def _ratios(document: Document, path: KeyPath, meta: Mapping[str, Any]) -> Iterator[Finding]:
    """Of columns that are there, and numbers."""
    known = {feature.name: feature for feature in aggregated_features(meta)}
    numbers = {name for name, feature in known.items() if not feature.picks_text}
    for name, rule in mapping_of(meta.get("ratios")).items():
        at = (*path, "ratios", name)
        if len(f"{name}_ratio") > MAX_NAME:
            yield document.finding(
                at, f"ratios: the name {name}_ratio is too long", f"at most {MAX_NAME} letters"
            )
        for column in ratio_sides(rule):
            if column not in known:
                message = f"{name}: no window or total gives a column {column}"
                yield document.finding(at, message, nearest_or_all(column, numbers))
            elif column not in numbers:
                yield document.finding(at, f"{name}: {column} is no number, so it has no ratio")
