"""Rules that look at nothing: which condition says which rows are meant, and which spelling cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from gate_artifacts import Gate

from ready.gate.rules import TestCall
from ready.gate.unseen import impossible_spellings, rows_meant

MEANT = {
    "amount_raw is null": "true",
    '  "amount_raw"  IS NULL ': "  true ",
    "amount is null": "true",
    "(amount_raw is null)": "(true)",
    "currency = 'EUR' and amount_raw is null": "currency = 'EUR' and true",
    "amount_raw is null and (status = 'new')": "true and (status = 'new')",
    # These say which rows are meant.
    "amount_raw is not null": "amount_raw is not null",
    "amount_raw is null or status = 'new'": "amount_raw is null or status = 'new'",
    "not (amount_raw is null)": "not (amount_raw is null)",
    "total_amount_raw is null": "total_amount_raw is null",
    "status_raw is null": "status_raw is null",
}


@pytest.mark.parametrize(("condition", "meant"), MEANT.items())
def test_that_the_column_s_text_is_null_says_which_fault(condition: str, meant: str) -> None:
    assert rows_meant(condition, "amount") == meant


SPELLINGS = [
    (TestCall("accepted_values", "status", {"values": ["lost", "Lost", "a-b"]}), (), ["Lost", "a-b"]),
    (TestCall("x.in_set", "currency", {"value_set": ["EUR", "usd", "NA", " X"]}), (), ["usd", "NA", " X"]),
    (TestCall("x.in_set", "status_raw", {"value_set": ["Lost"]}), (), []),
    (TestCall("not_null", "amount", {}), ["currency = 'eur' and status <> 'New'"], ["eur", "New"]),
    (TestCall("not_null", "amount", {}), ["status not in ('new', 'O''Old') -- status = 'lost'"], ["O'Old"]),
    (TestCall("not_null", "amount", {}), ["currency_raw = 'eur'", "channel = 'Web'"], []),
]  # fmt: skip


@pytest.mark.parametrize(("call", "conditions", "told"), SPELLINGS)
def test_a_spelling_that_the_column_cannot_have_is_told(
    call: TestCall, conditions: list[str], told: list[str]
) -> None:
    found = list(impossible_spellings(call, conditions, frozenset({"", "NA"})))
    assert [text.split(", which ")[0] for text in found] == [f"names {value!r}" for value in told]


def test_the_report_warns_of_a_rule_for_what_cannot_be_and_passes(tmp_path: Path) -> None:
    gate = Gate()
    name = gate.add(
        "dbt_expectations.expect_column_values_to_not_be_in_set",
        "status",
        status="pass",
        failures=0,
        value_set=["Lost"],
    )
    report = gate.report(tmp_path)
    told = "names 'Lost', which status never is: it is in lower case without hyphens, 'lost'"
    assert (report.errors, report.warnings) == ((), (f"check {name} {told}",))
