"""The aggregations of features.yaml: the columns that they make, and faults that no schema can say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ready.lint.arguments import texts_only
from ready.lint.document import Document, KeyPath, list_of, mapping_of
from ready.lint.finding import Finding, nearest_or_all
from ready.lint.mapped import Mapped
from ready.lint.mapping import ORDERS_COLUMNS
from ready.proof.definition import OF_TEXTS, nth_last_orders

# As the model has it where features.yaml is silent (macros/features/feature_definition.sql).
DEFAULT_WINDOWS = [30]
DAYS_SINCE = frozenset({"days_since_last_order", "days_since_first_order"})
RULE = re.compile(r"\s*(\w+)(?:\s+[0-9.]+)?\s+of\s+(\w+)\s*")
OF_NUMBERS = ("sum", "avg", "min", "max", "median", "quantile", "stddev")
NTH_LAST = "days_since_nth_last_order"
# Without what else makes columns.
ALONE: dict[str, Any] = {"totals": [], "ratios": {}, NTH_LAST: []}
IDS = ("order_id", "customer_id")
WITHOUT_TOTAL = ("stddev", "count_distinct")
JINJA = re.compile(r"\{[{%#]")
# The database cuts longer names, in silence.
MAX_NAME = 63


def feature_columns(meta: Mapping[str, Any]) -> list[str]:
    """What a definition makes but DAYS_SINCE, in order; a name that comes twice is there twice."""
    windows = list_of(meta.get("windows", DEFAULT_WINDOWS))
    names = [column for name, rule in _aggregations(meta).items() for column in _names(name, rule)]
    totals = [f"{name}_total" for name in list_of(meta.get("totals"))]
    ratios = [f"{name}_ratio" for name in mapping_of(meta.get("ratios"))]
    places = [place for place in list_of(meta.get(NTH_LAST)) if isinstance(place, int)]
    nth_last = nth_last_orders({NTH_LAST: places})
    return [f"{name}_{days}d" for days in windows for name in names] + [*totals, *nth_last, *ratios]


def _aggregations(meta: Mapping[str, Any]) -> dict[str, Any]:
    return mapping_of(meta.get("aggregations"))


def _names(name: str, rule: Any) -> list[str]:
    """One, or one for each value of the category: NAME_VALUE."""
    if not isinstance(rule, dict):
        return [name]
    return [
        f"{name}_{re.sub('[^a-z0-9]+', '_', str(value).lower())}" for value in list_of(rule.get("values"))
    ]


def check_aggregations(
    document: Document, path: KeyPath, meta: Mapping[str, Any], extras: Mapping[str, str] | None
) -> Iterator[Finding]:
    """Columns that are not there or no numbers, names twice or too long, totals that cannot be."""
    for name, rule in _aggregations(meta).items():
        at = (*path, "aggregations", name)
        whole = mapping_of(rule)
        yield from check_rule(document, at, name, whole.get("rule") if whole else rule, extras)
        if isinstance(whole.get("by"), str):
            yield from _known(document, (*at, "by"), f"{name}: by", whole["by"], extras)
        yield from _values(document, (*at, "values"), whole)
    yield from _made_names(document, path, meta)
    yield from _totals(document, path, meta)
    yield from _ratios(document, path, meta)


def _values(document: Document, at: KeyPath, rule: Mapping[str, Any]) -> Iterator[Finding]:
    """Each names a column, so it must be known here."""
    values = list_of(rule.get("values"))
    if ORDERS_COLUMNS.get(str(rule.get("by"))) != "boolean":
        yield from texts_only(document, at, values)
    for index, value in enumerate(values):
        if isinstance(value, str) and JINJA.search(value):
            message = f"values[{index + 1}]: {value} is Jinja, so its column is not known"
            yield document.finding((*at, index), message, "write the value itself")


def _made_names(document: Document, path: KeyPath, meta: Mapping[str, Any]) -> Iterator[Finding]:
    counts = Counter(feature_columns(meta))
    for name, rule in _aggregations(meta).items():
        at = (*path, "aggregations", name)
        for column in sorted(set(feature_columns({**meta, **ALONE, "aggregations": {name: rule}}))):
            if counts[column] > 1:
                yield document.finding(at, f"aggregations: the column {column} comes twice")
            if len(column) > MAX_NAME:
                hint = f"at most {MAX_NAME} letters"
                yield document.finding(at, f"aggregations: the name {column} is too long", hint)


def check_rule(
    document: Document, at: KeyPath, name: str, rule: Any, extras: Mapping[str, str] | None
) -> Iterator[Finding]:
    """A rule `FUNCTION of COLUMN`: whether stg.orders has the column, as a number where need be."""
    match = RULE.fullmatch(rule) if isinstance(rule, str) else None
    if match is None:
        return
    function, column = match.groups()
    types = {**ORDERS_COLUMNS, **(extras or {})}
    yield from _known(document, at, name, column, extras)
    if function in OF_NUMBERS and types.get(column, "number") != "number":
        hint = "give it type: number in orders.yaml" if column in (extras or {}) else None
        yield document.finding(at, f"{name}: {column} is no number, so it has no {function}", hint)
    if function in OF_TEXTS and (column in IDS or types.get(column, "text") != "text"):
        message = f"{name}: {column} is no text that several orders share, so it has no {function}"
        yield document.finding(at, message, "name a column of categories, such as channel")


def check_mapped(
    document: Document, path: KeyPath, rules: Mapping[str, Any], mapped: Mapped
) -> Iterator[Finding]:
    """Of columns that are null throughout, or by values that cannot be; no build stops at them."""
    for name, rule in rules.items():
        whole = mapping_of(rule)
        match = RULE.fullmatch(str(whole.get("rule") if whole else rule))
        for column in [*(match.groups()[1:] if match else ()), whole.get("by")]:
            if isinstance(column, str) and mapped.is_unmapped(column):
                message = f"{name}: orders.yaml maps no {column}, so the column is null in every row"
                hint = "take the aggregation out, or map the column"
                yield document.finding((*path, name), message, hint).told_only()
        for index, value in enumerate(list_of(whole.get("values"))):
            why = mapped.why_never(str(whole.get("by")), value) if isinstance(value, str) else None
            if why:
                message = f"{name}: values[{index + 1}]: {why[0]}"
                yield document.finding((*path, name, "values", index), message, why[1]).told_only()


def _known(
    document: Document, at: KeyPath, subject: str, column: str, extras: Mapping[str, str] | None
) -> Iterator[Finding]:
    columns = {*ORDERS_COLUMNS, *(extras or ())}
    if extras is not None and column not in columns:
        yield document.finding(
            at, f"{subject}: stg.orders has no column {column}", nearest_or_all(column, columns)
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
    aggregated = {**meta, "ratios": {}, NTH_LAST: []}
    numbers = set(feature_columns({**aggregated, "aggregations": _of_numbers(meta)}))
    known = feature_columns(aggregated)
    for name, rule in mapping_of(meta.get("ratios")).items():
        at = (*path, "ratios", name)
        if len(f"{name}_ratio") > MAX_NAME:
            yield document.finding(
                at, f"ratios: the name {name}_ratio is too long", f"at most {MAX_NAME} letters"
            )
        for side in str(rule).split("/") if isinstance(rule, str) else ():
            column = side.strip()
            if column not in known:
                message = f"{name}: no window or total gives a column {column}"
                yield document.finding(at, message, nearest_or_all(column, numbers))
            elif column not in numbers:
                yield document.finding(at, f"{name}: {column} is no number, so it has no ratio")


def _of_numbers(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The aggregations that give no text."""
    return {
        name: rule
        for name, rule in _aggregations(meta).items()
        if not str(mapping_of(rule).get("rule", rule)).strip().startswith(OF_TEXTS)
    }
