"""One test of dbt, made into one check of the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ready.dbt.messages import brief_message
from ready.definition.meta import node_meta
from ready.gate.faults import Fault, RowFault, TableFault, identifier
from ready.gate.inspector import Inspector
from ready.gate.model import MASK, Check, Sample
from ready.gate.places import worded_by_place
from ready.gate.rules import EXISTENCE_TESTS, NULL_TESTS, Rule, TestCall, rule_of, way_out_of_source
from ready.gate.samples import MAX_SAMPLES, SampleReader
from ready.gate.unseen import NULL_PASSES, rows_meant, value_exists_sql

NO_THRESHOLD = "!=0"
OF_ROWS = " of the rows"
# What a mean has behind its digits: 25.5000000000000000.
NEEDLESS_ZEROS = re.compile(r"(\.\d{2,}?)0{6,}\b")
Measured = tuple[Fault, str | None]
# The test as written, the manifest's node, the result in run_results.json or None when there is none.
GateTest = tuple[TestCall, Mapping[str, Any], Mapping[str, Any] | None]


@dataclass
class CheckBuilder:
    """Builds checks on one relation.

    sensitive: the columns whose values no report shows. missing: the columns that a file lacks.
    """

    relation: str
    inspector: Inspector
    samples: SampleReader
    sensitive: frozenset[str]
    missing: frozenset[str]
    _rows: dict[str, int | None] = field(default_factory=dict)

    def build_all(self, tests: Iterable[GateTest]) -> list[Check]:
        """One check a test, in the order given."""
        tests = list(tests)
        self._rows = self.inspector.counts(
            self.relation, ["", *(_meant(call, node) for call, node, _ in tests)]
        )
        return [self._build(call, node, result) for call, node, result in tests]

    def _build(self, call: TestCall, node: Mapping[str, Any], result: Mapping[str, Any] | None) -> Check:
        status = str(result["status"]) if result else "skipped"
        outcome = result or {}
        rule = rule_of(call).by_own_sql(outcome.get("compiled_code"), self.relation)
        relation = self._filtered(call, node)
        measured, failures = self._measure(rule, call, node, outcome)
        failing = status in ("fail", "warn")
        found = self.samples.read(rule, call, relation, outcome.get("compiled_code")) if failing else None
        samples = found.samples if found else ()
        values, distinct = self.samples.values(rule, call, relation) if failing else ((), 0)
        return Check(
            name=str(node["name"]),
            column=call.column,
            rule=call.written,
            severity=_severity(node),
            status=status,
            failures=failures,
            rows_checked=self._rows[_meant(call, node)] if status in ("pass", "fail", "warn") else None,
            words=rule.words,
            texts=self._texts(rule, call, node, outcome, measured, samples) if status != "pass" else (),
            sample=samples,
            query=found.query if found else "",
            ceiling=_ceiling(node),
            notes=tuple(self._notes(rule, call, node, failing)) if status in ("pass", "fail", "warn") else (),
            values=values,
            distinct=distinct,
        )

    def _filtered(self, call: TestCall, node: Mapping[str, Any], more: str = "") -> str:
        """What follows FROM: only the rows that the test looks at."""
        condition = _condition(call, node, more)
        rows = f"(select * from {self.relation} where {condition})" if condition else self.relation
        return f"{rows} as checked"

    def _measure(
        self, rule: Rule, call: TestCall, node: Mapping[str, Any], outcome: Mapping[str, Any]
    ) -> tuple[list[Measured], int | None]:
        """Each fault that occurs with its measure, and the number of failures in all."""
        failures, status = outcome.get("failures"), outcome.get("status")
        relation = self._filtered(call, node)
        if status == "pass" and _has_threshold(node, call):
            return [], self._failures_below(rule, relation, outcome)
        if status not in ("fail", "warn"):
            return [], failures
        if rule.worded_by_rows:
            return self._by_wording(str(outcome.get("compiled_code") or ""), call), failures
        if isinstance(rule.faults[0], TableFault):
            return [self._of_table(rule.faults[0], rule, relation, outcome)], failures
        if call.column in self.missing:
            return self._beside_missing(rule, call, node), failures
        if rule.counts_rows and len(rule.faults) == 1:
            return [(rule.faults[0], str(failures))], failures
        counts = self._counts(rule, relation)
        if counts:
            return [(fault, str(count)) for fault, count in counts], sum(count for _, count in counts)
        return [(_undivided(rule), str(failures))], failures

    def _of_table(self, fault: TableFault, rule: Rule, relation: str, outcome: Mapping[str, Any]) -> Measured:
        """The fault with what was measured, or what its test returned."""
        value = self.inspector.value(fault.measure_sql(relation))
        returned = "{returned}" in fault.says and self._returned(
            rule, str(outcome.get("compiled_code") or "")
        )
        says = fault.says.replace("{n}", str(outcome.get("failures"))).replace("{returned}", returned or "")
        return replace(fault, says=says), self._shown(value, rule)

    def _returned(self, rule: Rule, compiled: str) -> str:
        """The first rows that a test returned: (expected_rows=5, rows=3)."""
        rows = self.inspector.rows_of_compiled(compiled, limit=MAX_SAMPLES) or []
        shown = "; ".join(", ".join(f"{k}={v}" for k, v in row.items() if v is not None) for row in rows)
        hidden = self.sensitive and (not rule.columns or self._hides(rule))
        return f"({MASK if hidden else shown})" if shown else ""

    def _counts(self, rule: Rule, relation: str) -> list[tuple[Fault, int]]:
        """The faults of rows that occur with their rows."""
        faults = [fault for fault in rule.faults if not isinstance(fault, TableFault)]
        counts = [(fault, self.inspector.value(fault.measure_sql(relation))) for fault in faults]
        return [(fault, int(count)) for fault, count in counts if count]

    def _by_wording(self, compiled: str, call: TestCall) -> list[Measured]:
        """What the rows of a test say themselves, but nothing of a column that a file lacks.

        Of a source one test has all rules that are on by default: each with an example and its own way out.
        """
        shown = "says, column_at_fault" + (", rule" if call.is_of_source else "")
        sql = f"select {shown}, count(*) as n from (\n{compiled}\n) as failing group by {shown} order by says"
        rows = self.inspector.rows_of_compiled(sql) or []
        return [
            (RowFault(row["says"] + self._example(row, compiled, call)), str(row["n"]))
            for row in rows
            if row["column_at_fault"] not in self.missing
        ]

    def _example(self, row: Mapping[str, Any], compiled: str, call: TestCall) -> str:
        """The first row of a rule of a source, and what to do; empty where the words say it all."""
        way_out = way_out_of_source(str(row.get("rule")), call.source) if call.is_of_source else ""
        if not way_out:
            return ""
        sample = self.samples.first_that_says(row["says"], compiled)
        return f", such as {sample.text}. {way_out}" if sample else f". {way_out}"

    def _beside_missing(self, rule: Rule, call: TestCall, node: Mapping[str, Any]) -> list[Measured]:
        """Where a file lacks the column, its nulls follow from that: only given values are at fault."""
        if call.test in NULL_TESTS:
            return []
        given = self._filtered(call, node, f"{identifier(f'{call.column}_raw')} is not null")
        return [(fault, str(count)) for fault, count in self._counts(rule, given)]

    def _failures_below(self, rule: Rule, relation: str, outcome: Mapping[str, Any]) -> int | None:
        """dbt says 0 for a test within its threshold; the report counts all the same."""
        sums = [count for _, count in self._counts(rule, relation)]
        compiled = outcome.get("compiled_code")
        if not sums and compiled and (rule.of_table or not any(f.measure_sql(relation) for f in rule.faults)):
            sums = [self.inspector.count_of_compiled(compiled) or 0]
        return sum(sums) or outcome.get("failures")

    def _shown(self, value: Any, rule: Rule) -> str | None:
        if value is None:
            return None
        return MASK if self._hides(rule) else NEEDLESS_ZEROS.sub(r"\1", str(value))

    def _hides(self, rule: Rule) -> bool:
        return bool(self.sensitive.intersection(map(str.lower, rule.columns)))

    def _share(self, rule: Rule, call: TestCall, node: Mapping[str, Any], measured: list[Measured]) -> str:
        """What a rule with `max_share` is measured by: its failures and the rows that it is meant for."""
        rows, counts = self._rows[_meant(call, node)], [value or "" for _, value in measured]
        of_rows = not rule.way_out and all(map(str.isdigit, counts))
        if _meta(node).get("max_share") is None or not rows or not of_rows:
            return ""
        return f": {sum(map(int, counts)):,} of {rows:,} rows, allowed {_ceiling(node).removesuffix(OF_ROWS)}"

    def _notes(self, rule: Rule, call: TestCall, node: Mapping[str, Any], failing: bool) -> Iterator[str]:
        """That a rule looks at nothing, or what its nulls are likely to be."""
        if failing and call.column and call.test in NULL_TESTS and call.column not in self.missing:
            sql = rule.rows_sql(self._filtered(call, node))
            yield from worded_by_place(self.inspector, self.relation, sql, call.column)
        conditions, meant = _conditions(call, node), _meant(call, node)
        hidden = self.sensitive and (call.column is None or call.column.lower() in self.sensitive)
        rows = self._rows[meant]
        if meant and rows == 0 and self._rows[""]:
            where = MASK if hidden else " and ".join(conditions)
            yield f"check {node['name']} looked at no row (where {where})"
        elif rows and call.column and call.test in NULL_PASSES and call.column not in self.missing:
            found = self.inspector.value(value_exists_sql(self._filtered(call, node), call.column))
            if found is False:
                yield f"check {node['name']} looked at no value ({call.column} is null in all {rows:,} rows)"

    def _texts(
        self,
        rule: Rule,
        call: TestCall,
        node: Mapping[str, Any],
        outcome: Mapping[str, Any],
        measured: list[Measured],
        samples: tuple[Sample, ...],
    ) -> tuple[str, ...]:
        if outcome.get("status") in ("fail", "warn"):
            share, advice = (
                self._share(rule, call, node, measured),
                _advice(rule, samples if len(measured) == 1 else ()),
            )
            return tuple(f"{fault.text(value)}{share}{advice}" for fault, value in measured)
        if not outcome or outcome.get("status") == "skipped":
            return (f"check {node['name']} did not run",)
        hidden = self.sensitive and (call.column is None or call.column.lower() in self.sensitive)
        message = MASK if hidden else brief_message(outcome.get("message"))
        return (f"check {node['name']} could not run: {message}",)


def _conditions(call: TestCall, node: Mapping[str, Any]) -> list[str]:
    """What the test's author says of the rows to look at."""
    config = node.get("config") or {}
    given = (config.get("where"), call.get("row_condition"), call.get("from_condition"))
    return [str(condition) for condition in given if condition]


def _condition(call: TestCall, node: Mapping[str, Any], more: str = "") -> str:
    """Which rows the test looks at, as SQL; empty for all."""
    return _all_of([*_conditions(call, node), *([more] if more else [])])


def _meant(call: TestCall, node: Mapping[str, Any]) -> str:
    """Which rows the test is meant for, as SQL; empty for all."""
    meant = [rows_meant(condition, call.column) for condition in _conditions(call, node)]
    return _all_of([condition for condition in meant if condition.strip().lower() != "true"])


def _all_of(conditions: list[str]) -> str:
    """A line break ends what may be a comment."""
    return " and ".join(f"({condition}\n)" for condition in conditions)


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return node_meta(node, "test")


def missing_columns(tests: Iterable[GateTest]) -> frozenset[str]:
    """The columns whose test stops the run because a file lacks them."""
    return frozenset(
        call.column
        for call, _, result in tests
        if call.column and call.test in EXISTENCE_TESTS and result and result["status"] == "fail"
    )


def _advice(rule: Rule, samples: tuple[Sample, ...]) -> str:
    """An example and what to do, for a rule whose name says nothing to its user."""
    if not rule.way_out:
        return ""
    example = f", such as {samples[0].text}" if samples else ""
    return f"{example}. {rule.way_out}"


def _undivided(rule: Rule) -> Fault:
    return RowFault(rule.otherwise) if rule.otherwise else rule.faults[0]


def _severity(node: Mapping[str, Any]) -> str:
    config = node.get("config") or {}
    if _meta(node).get("on_fail") == "quarantine":
        return "quarantine"
    return str(config.get("severity") or "error").lower()


def _ceiling(node: Mapping[str, Any]) -> str:
    """The thresholds of `meta` in words, as macros/gate/get_test_sql.sql applies them: both hold."""
    meta = _meta(node)
    words = []
    if meta.get("max_failures") is not None:
        words.append(f"{meta['max_failures']} row(s)")
    if meta.get("max_share") is not None:
        percent = f"{float(meta['max_share']):.4%}".replace("%", "").rstrip("0").rstrip(".")
        words.append(f"{percent}%{OF_ROWS}")
    return " and ".join(words)


def _has_threshold(node: Mapping[str, Any], call: TestCall) -> bool:
    if call.get("max_share"):
        return True
    config = node.get("config") or {}
    limits = (str(config.get(key) or NO_THRESHOLD) for key in ("warn_if", "error_if"))
    return any("".join(limit.split()) != NO_THRESHOLD for limit in limits)
