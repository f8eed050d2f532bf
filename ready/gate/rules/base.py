"""What a rule is, and how one is registered for a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ready.gate.faults import Fault, RowFault, TableFault, identifier, plain


@dataclass(frozen=True)
class Rule:
    """A test with its arguments.

    columns: those whose values a sample shows. otherwise: the text when the shares of several
    faults are not known. counts_rows: dbt's number of failures is the number of rows at fault.
    way_out: what to do, of a rule that its user has not written; then the text also has an example.
    worded_by_rows: each row at fault has the text in `says` and the column it is about in `column_at_fault`.
    alone: a row is at fault if the test's own SQL says so of that row alone. among_others: a row is at fault
    only beside others, so that none can be set aside.
    """

    words: str
    faults: tuple[Fault, ...]
    columns: tuple[str, ...] = ()
    otherwise: str = ""
    counts_rows: bool = True
    way_out: str = ""
    worded_by_rows: bool = False
    alone: bool = False
    among_others: bool = False

    @property
    def of_table(self) -> bool:
        """Whether it judges the table: there is no row to let pass or to set aside."""
        return any(isinstance(fault, TableFault) for fault in self.faults)

    def by_own_sql(self, compiled: str | None, relation: str) -> Rule:
        """The same with a predicate made of the test's own SQL, where that judges each row alone.

        The predicate reads the row as `checked`.
        """
        if not self.alone or not compiled or relation not in compiled:
            return self
        sql = compiled.replace(relation, "one_row")
        predicate = f"exists (with one_row as (select checked.*) select 1 from (\n{sql}\n) as failing)"
        return replace(self, faults=(RowFault(self.faults[0].text("{n}"), predicate),))

    def rows_sql(self, relation: str) -> str | None:
        """A query with every row at fault, whatever the fault."""
        if len(self.faults) == 1:
            return self.faults[0].rows_sql(relation)
        predicates = [fault.predicate for fault in self.faults if isinstance(fault, RowFault)]
        return RowFault("", " or ".join(filter(None, predicates)) or None).rows_sql(relation)


@dataclass(frozen=True)
class TestCall:
    """A test as written: its qualified name, the column or None, its arguments; model: what it is on."""

    __test__ = False  # not one of pytest's

    test: str
    column: str | None
    arguments: Mapping[str, Any]
    model: str = "orders_parsed"

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)

    @property
    def source(self) -> str:
        """The source whose rows it is on."""
        return self.model.removesuffix("_parsed")

    @property
    def is_of_source(self) -> bool:
        """Whether it has all rules that are on by default of a source beside the orders."""
        return self.test in ("usable_rows", "plausible_rows")

    @property
    def written(self) -> str:
        """The test as its author wrote it, as meta.validation_results has it."""
        arguments = (f"{name}={json.dumps(value)}" for name, value in self.arguments.items())
        return f"{self.test}({', '.join(arguments)})"

    @property
    def subject(self) -> str:
        return self.column or self.model


NULL_TESTS = ("not_null", "dbt_expectations.expect_column_values_to_not_be_null")
EXISTENCE_TESTS = ("column_in_file", "dbt_expectations.expect_column_to_exist")

Builder = Callable[[TestCall], Rule]
RULES: dict[str, Builder] = {}


def rule(*tests: str) -> Callable[[Builder], Builder]:
    def register(builder: Builder) -> Builder:
        RULES.update(dict.fromkeys(tests, builder))
        return builder

    return register


def package(name: str) -> str:
    return f"dbt_expectations.expect_{name}"


def columns_of(call: TestCall) -> tuple[str, ...]:
    return (call.column,) if call.column else ()


def sql_of(call: TestCall) -> str:
    return identifier(call.column or "")


def range_of(call: TestCall) -> str:
    return " and ".join(f"{sign} {plain(bound)}" for sign, bound in bounds_of(call))


def bounds_of(call: TestCall) -> list[tuple[str, Any]]:
    """The bounds that are given, the lower one first, with the sign that holds."""
    exclusive = call.get("strictly") or call.get("inclusive") is False
    signs = (">", "<") if exclusive else (">=", "<=")
    bounds = (call.get("min_value", call.get("at_least")), call.get("max_value", call.get("at_most")))
    return [(sign, bound) for sign, bound in zip(signs, bounds, strict=True) if bound is not None]
