"""What each test of the gate means: in words, as SQL over a row, and as texts of the report.

The texts are a contract (design.md, "Expectations"): one vocabulary for dbt's tests, the
package's and our own.
"""

from __future__ import annotations

from ready.gate.faults import RowFault
from ready.gate.rules import defaults, published, rows, tables
from ready.gate.rules.base import EXISTENCE_TESTS, NULL_TESTS, RULES, Rule, TestCall, columns_of
from ready.gate.rules.defaults import WAYS_OUT_OF_SOURCES, way_out_of_source

__all__ = [
    "EXISTENCE_TESTS",
    "NULL_TESTS",
    "WAYS_OUT_OF_SOURCES",
    "Rule",
    "TestCall",
    "defaults",
    "published",
    "rows",
    "rule_of",
    "tables",
    "way_out_of_source",
]


def rule_of(call: TestCall) -> Rule:
    """The rule behind a test; one that is not known here is reported by its name and arguments."""
    builder = RULES.get(call.test)
    if builder:
        return builder(call)
    name = call.written.removesuffix("()")
    fault = RowFault(f"{call.subject} has {{n}} failure(s) of {name}")
    return Rule(f"{call.subject} passes {name}", (fault,), columns_of(call))
