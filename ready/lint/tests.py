"""Checks the tests that a config file attaches: their names, arguments, config and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ready.definition.meta import OF_TESTS, PREFIX
from ready.definition.values import mapping_of
from ready.gate.rules import Rule, TestCall, rule_of
from ready.lint.arguments import BOUNDS, check_arguments
from ready.lint.document import Document, KeyPath
from ready.lint.finding import Finding, nearest, nearest_or_all
from ready.lint.schema import check_schema, schema
from ready.lint.signatures import Signature

BODY = {"$ref": "dbt_properties.schema.json#/$defs/test_body"}
TEST_META = {"$ref": "dbt_properties.schema.json#/$defs/test_config/properties/meta"}
# Free-form for dbt, so only what looks like one of ours but is not can be a fault.
THRESHOLDS = ("max_share", "max_failures")
OUR_TEST_META = (PREFIX, *OF_TESTS)
OUR_COLUMN_META = (PREFIX, "sensitive")
OF_WINDOW = re.compile(r"\w+_(\d+d|total)")


@dataclass(frozen=True)
class TestLinter:
    """columns: model -> its columns. tests: all that there are, by qualified name.

    booleans: the columns that are true or false.
    """

    __test__ = False  # not one of pytest's

    document: Document
    tests: Mapping[str, Signature]
    columns: Mapping[str, frozenset[str]]
    booleans: frozenset[str] = frozenset()

    def check(self) -> Iterator[Finding]:
        models = self.document.value.get("models") if isinstance(self.document.value, dict) else None
        for index, model in enumerate(models if isinstance(models, list) else []):
            if isinstance(model, dict):
                yield from self._model(model, ("models", index))

    def _model(self, model: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
        known = self.columns.get(str(model.get("name")), frozenset())
        yield from self._entries(model, path, None)
        seen: set[str] = set()
        columns = model.get("columns")
        for index, column in enumerate(columns if isinstance(columns, list) else []):
            if not isinstance(column, dict) or not isinstance(column.get("name"), str):
                continue
            at, name = (*path, "columns", index), column["name"]
            if known and name not in known and not _described_only(column):
                hint = nearest_or_all(name, known)
                yield self.document.finding((*at, "name"), f"{model['name']} has no column {name}", hint)
            if name in seen:
                yield self.document.finding((*at, "name"), f"the column {name} is there twice")
            seen.add(name)
            yield from self._near_misses(column, at, OUR_COLUMN_META)
            yield from self._entries(column, at, name)

    def _entries(self, owner: Mapping[str, Any], path: KeyPath, column: str | None) -> Iterator[Finding]:
        for key in ("data_tests", "tests"):
            entries = owner.get(key)
            for index, entry in enumerate(entries if isinstance(entries, list) else []):
                yield from self._entry(entry, (*path, key, index), column)

    def _entry(self, entry: Any, path: KeyPath, column: str | None) -> Iterator[Finding]:
        if isinstance(entry, str):
            yield from self._call(entry, {}, path, column)
        elif isinstance(entry, dict) and "test_name" in entry:
            yield from self._call(str(entry["test_name"]), entry, path, column)
        elif isinstance(entry, dict) and len(entry) == 1:
            name, body = next(iter(entry.items()))
            yield from self._call(name, body, (*path, name), column)
        elif isinstance(entry, dict):
            keys = ", ".join(entry)
            yield self.document.finding(path, f"a test has one name, not {keys}", "indent what belongs to it")

    def _call(self, name: str, body: Any, path: KeyPath, column: str | None) -> Iterator[Finding]:
        signature = self.tests.get(name)
        if signature is None:
            hint = (
                nearest(name, self.tests)
                or "ready lint knows dbt's tests, dbt_expectations.* and tests/dbt/generic/"
            )
            yield self.document.finding(path, f"there is no test {name}", hint)
        yield from check_schema(self.document, body, path, BODY)
        if isinstance(body, dict):
            yield from self._near_misses(body, path, OUR_TEST_META)
            rule = rule_of(TestCall(name, column, _of_expression(body)))
            yield from self._let_pass(rule, name, body, path)
            yield from self._quarantine(rule, name, body, path)
            yield from self._beside_config(body, path)
            if signature:
                yield from self._arguments(signature, body, path, column)

    def _let_pass(self, rule: Rule, name: str, body: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
        """A rule on the table as a whole has no rows of which some could pass."""
        for at, meta in _settings(body, path):
            for key in THRESHOLDS if rule.of_table else ():
                if key in meta:
                    message = (
                        f"{name} judges the table as a whole: there are no rows of which some could pass"
                    )
                    yield self.document.finding(
                        (*at, key), message, f"leave {key} out, or use severity: warn"
                    )

    def _quarantine(self, rule: Rule, name: str, body: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
        """Only rows can be set aside, and only those of the files."""
        fault = (
            f"{name} finds no rows that could be set aside"
            if rule.of_table
            else f"{name} judges each row by others, so that none can be set aside"
            if rule.among_others
            else "only rows of the files can be set aside, by a rule in expectations.yaml"
            if self.document.file.name in ("orders.yaml", "features.yaml")
            else None
        )
        for at, meta in _settings(body, path):
            if fault and meta.get("on_fail") == "quarantine":
                yield self.document.finding((*at, "on_fail"), fault, "use severity: error or warn")

    def _beside_config(self, body: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
        """What dbt also takes beside the arguments is checked by the schema of `config`."""
        if isinstance(body.get("meta"), dict):
            yield from check_schema(self.document, body["meta"], (*path, "meta"), TEST_META)

    def _arguments(
        self, signature: Signature, body: Mapping[str, Any], path: KeyPath, column: str | None
    ) -> Iterator[Finding]:
        given: dict[str, tuple[KeyPath, Any]] = {
            name: ((*path, "arguments", name), value)
            for name, value in mapping_of(body.get("arguments")).items()
        }
        beside = [key for key in body if key not in _body_keys()]
        given.update({key: ((*path, key), body[key]) for key in beside})
        for name, (at, _) in given.items():
            if name not in signature.arguments:
                known = [*signature.arguments, *(_body_keys() if name in beside else ())]
                hint = nearest_or_all(name, known)
                yield self.document.finding(at, f"{signature.name} takes no argument {name}", hint)
        yield from self._missing(signature, set(given), path, column)
        yield from check_arguments(self.document, signature.name, given, of_boolean=column in self.booleans)

    def _missing(
        self, signature: Signature, given: set[str], path: KeyPath, column: str | None
    ) -> Iterator[Finding]:
        if column is not None and not signature.on_column:
            hint = "move it to the data_tests of the model"
            yield self.document.finding(path, f"{signature.name} is a test of a table, not of a column", hint)
        present = given | ({"column_name"} if column is not None else set())
        for name in signature.required:
            if name not in present:
                below = "move it below a column" if name == "column_name" else None
                yield self.document.finding(path, f"{signature.name} needs the argument {name}", below)
        bounded = signature.name.startswith("dbt_expectations.") and set(BOUNDS) <= set(signature.arguments)
        if bounded and not present.intersection(BOUNDS):
            yield self.document.finding(path, f"{signature.name} needs {' or '.join(BOUNDS)}")

    def _near_misses(
        self, owner: Mapping[str, Any], path: KeyPath, ours: tuple[str, ...]
    ) -> Iterator[Finding]:
        for at, meta in _metas(owner, path):
            for key in meta:
                near = None if key in ours else nearest(str(key).lower(), ours)
                if near:
                    yield self.document.finding((*at, key), f"unknown key {key}", near)


def _described_only(column: Mapping[str, Any]) -> bool:
    """The description of a window that is no longer made does no harm; a test on it does."""
    return bool(OF_WINDOW.fullmatch(column["name"])) and not (column.get("data_tests") or column.get("tests"))


def _metas(owner: Mapping[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    config = owner.get("config")
    for at, holder in ((path, owner), ((*path, "config"), config)):
        if isinstance(holder, dict) and isinstance(holder.get("meta"), dict):
            yield (*at, "meta"), holder["meta"]


def _settings(owner: Mapping[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    for at, meta in _metas(owner, path):
        yield (*at, PREFIX), mapping_of(meta.get(PREFIX))


def _of_expression(body: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that tell whether an expression is one of many rows."""
    given = {**body, **mapping_of(body.get("arguments"))}
    return {name: given[name] for name in ("expression", "group_by_columns") if name in given}


def _body_keys() -> set[str]:
    """What may stand beside a test's arguments; dbt also takes the config's keys there."""
    definitions = schema("dbt_properties")["$defs"]
    return {*definitions["test_body"]["properties"], *definitions["test_config"]["properties"]}
