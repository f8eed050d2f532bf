"""Rules that look at nothing: which condition says which rows are meant."""

from __future__ import annotations

import pytest

from ready.gate.unseen import rows_meant

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
