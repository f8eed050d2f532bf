"""Rules of expectations.yaml that cannot find anything: columns that are null, values that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ready.definition.values import list_of, mapping_of
from ready.lint.arguments import SETS
from ready.lint.document import Document, KeyPath, is_jinja
from ready.lint.finding import Finding, nearest_or_all
from ready.lint.mapped import Mapped, names_in

PARSED = "orders_parsed"
# Arguments that name columns of the table, one or several, and those that are conditions on its rows.
COLUMNS = ("column_name", "raw_column", "column_A", "column_B", "column_list", "group_by")
# Of what columns there are, not of their values.
OF_SHAPE = (
    "dbt_expectations.expect_column_to_exist",
    "dbt_expectations.expect_table_columns_to_contain_set",
    "dbt_expectations.expect_table_columns_to_match_ordered_list",
    "dbt_expectations.expect_table_columns_to_match_set",
    "dbt_expectations.expect_table_columns_to_not_contain_set",
)
CONDITIONS = ("row_condition", "ignore_row_if", "where")
TEXT = r"'((?:[^']|'')*)'"
COMPARED = re.compile(rf"(\w+)\s*(?:=|<>|!=|<=|>=|<|>)\s*{TEXT}")
COMPARED_FIRST = re.compile(rf"{TEXT}\s*(?:=|<>|!=|<=|>=|<|>)\s*(\w+)(?!\s*\()")
AMONG = re.compile(r"(\w+)\s+(?:not\s+)?in\s*\(([^()]*)\)", re.IGNORECASE)


@dataclass(frozen=True)
class AttachedTest:
    """A test of the model, or of one of its columns. given: argument or config -> its place and its value."""

    name: str
    path: KeyPath
    column: str | None
    given: Mapping[str, tuple[KeyPath, Any]]

    def setting(self, name: str) -> Any:
        return self.given.get(name, ((), None))[1]


def check_rules(document: Document, mapped: Mapped, known: frozenset[str]) -> Iterator[Finding]:
    """Rules that find nothing, or everything, which does the tables no harm. known: the model's columns."""
    for test in attached_tests(document, PARSED):
        if test.name in OF_SHAPE or test.setting("enabled") is False:
            continue
        yield from _unknown(document, test, known)
        only_warns = str(test.setting("severity")).lower() == "warn"
        for finding in (*_unmapped(document, test, mapped), *_values(document, test, mapped)):
            yield finding.as_warning() if only_warns else finding.reported_only()


def attached_tests(document: Document, model_name: str) -> Iterator[AttachedTest]:
    models = list_of(document.value.get("models")) if isinstance(document.value, dict) else []
    for index, model in enumerate(models):
        if mapping_of(model).get("name") != model_name:
            continue
        path: KeyPath = ("models", index)
        yield from _tests_of(model, path, None)
        for number, column in enumerate(list_of(model.get("columns"))):
            if isinstance(mapping_of(column).get("name"), str):
                yield from _tests_of(column, (*path, "columns", number), column["name"])


def _tests_of(owner: Mapping[str, Any], path: KeyPath, column: str | None) -> Iterator[AttachedTest]:
    for key in ("data_tests", "tests"):
        for index, entry in enumerate(list_of(owner.get(key))):
            at: KeyPath = (*path, key, index)
            if isinstance(entry, str):
                yield AttachedTest(entry, at, column, {})
            elif isinstance(entry, dict) and "test_name" in entry:
                yield AttachedTest(str(entry["test_name"]), at, column, _given(entry, at))
            elif isinstance(entry, dict) and len(entry) == 1:
                name, body = next(iter(entry.items()))
                yield AttachedTest(str(name), (*at, name), column, _given(mapping_of(body), (*at, name)))


def _given(body: Mapping[str, Any], path: KeyPath) -> dict[str, tuple[KeyPath, Any]]:
    given: dict[str, tuple[KeyPath, Any]] = {}
    for at, holder in (
        (path, body),
        ((*path, "config"), mapping_of(body.get("config"))),
        ((*path, "arguments"), mapping_of(body.get("arguments"))),
    ):
        given.update({name: ((*at, name), value) for name, value in holder.items()})
    return given


def _named(test: AttachedTest) -> Iterator[tuple[KeyPath, str, str]]:
    """The columns that a test names: their place, the argument and the name."""
    for argument in COLUMNS:
        path, value = test.given.get(argument, ((), None))
        names = enumerate(value) if isinstance(value, list) else [(None, value)]
        for place, name in names:
            if isinstance(name, str) and re.fullmatch(r"\w+", name):
                yield (path if place is None else (*path, place)), argument, name


def _unknown(document: Document, test: AttachedTest, known: frozenset[str]) -> Iterator[Finding]:
    for path, argument, name in _named(test):
        if name.lower() not in known | {"mapping_errors"}:
            message = f"{test.name}: {argument}: {PARSED} has no column {name}"
            yield document.finding(path, message, nearest_or_all(name, known))


def _unmapped(document: Document, test: AttachedTest, mapped: Mapped) -> Iterator[Finding]:
    """Columns that orders.yaml does not map."""
    named = [(path, f"{test.name}: {argument}", name) for path, argument, name in _named(test)]
    if test.column is not None:
        named.append((test.path, test.name, test.column))
    for argument, path, condition in _conditions(test):
        words = dict.fromkeys(names_in(condition))
        named += [(path, f"{test.name}: {argument}", word) for word in words]
    for path, subject, name in named:
        if mapped.is_unmapped(name):
            base = name.lower().removesuffix("_raw")
            message = f"{subject}: orders.yaml maps no {base}, so {name} is null in every row"
            yield document.finding(path, message, "take the rule out, or map the column")


def _conditions(test: AttachedTest) -> Iterator[tuple[str, KeyPath, str]]:
    for argument in CONDITIONS:
        path, condition = test.given.get(argument, ((), None))
        if isinstance(condition, str) and not is_jinja(condition):
            yield argument, path, condition


def _values(document: Document, test: AttachedTest, mapped: Mapped) -> Iterator[Finding]:
    """Spellings that the typed column cannot have: rules on them pass or fail whatever the files hold."""
    column = test.column or test.setting("column_name")
    for argument, quoted in SETS.items():
        path, values = test.given.get(argument, ((), None))
        if isinstance(column, str) and test.setting(quoted) is not False:
            for index, value in enumerate(list_of(values)):
                if isinstance(value, str) and not is_jinja(value):
                    subject = f"{test.name}: {argument}[{index + 1}]"
                    yield from never(document, (*path, index), subject, mapped, column, value)
    for argument, path, condition in _conditions(test):
        for column, value in dict.fromkeys(compared(condition)):
            yield from never(document, path, f"{test.name}: {argument}", mapped, column, value)


def never(
    document: Document, path: KeyPath, subject: str, mapped: Mapped, column: str, value: str
) -> Iterator[Finding]:
    """A finding where the column can never have the value."""
    why = mapped.why_never(column, value)
    if why:
        yield document.finding(path, f"{subject}: {why[0]}", why[1])


def compared(condition: str) -> Iterator[tuple[str, str]]:
    """Columns and the texts that an SQL condition compares them with: a = 'x', 'x' <> a, a in ('x', 'y')."""
    pairs = [
        *COMPARED.findall(condition),
        *((column, text) for text, column in COMPARED_FIRST.findall(condition)),
        *((column, text) for column, texts in AMONG.findall(condition) for text in re.findall(TEXT, texts)),
    ]
    yield from ((column, text.replace("''", "'")) for column, text in pairs)
