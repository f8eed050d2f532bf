"""What each test of the gate means: in words, as SQL over a row, and as texts of the report.

The texts are a contract (design.md, "Expectations"): one vocabulary for dbt's tests, the
package's and our own.
"""

from __future__ import annotations

from ready.gate.faults import RowFault
from ready.gate.rules import defaults, rows, tables
from ready.gate.rules.base import EXISTENCE_TESTS, NULL_TESTS, RULES, Rule, TestCall, columns_of

__all__ = ["EXISTENCE_TESTS", "NULL_TESTS", "Rule", "TestCall", "defaults", "rows", "rule_of", "tables"]


def rule_of(call: TestCall) -> Rule:
    """The rule behind a test; a test that is not known here is told by its name."""
    builder = RULES.get(call.test)
    if builder:
        return builder(call)
    fault = RowFault(f"{call.subject} has {{n}} failure(s) of {call.test}")
    return Rule(f"{call.subject} passes {call.test}", (fault,), columns_of(call))
