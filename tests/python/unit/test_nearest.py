"""How messages write times, and what they suggest for names that do not exist."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from ready.proof.nearest import as_text, unknown


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (datetime(2024, 3, 1, tzinfo=timezone.utc), "2024-03-01"),
        (datetime(2024, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2024-02-29 23:00:00"),
        (datetime(2024, 3, 1, 12), "2024-03-01 12:00:00"),
        (date(2024, 3, 1), "2024-03-01"),
        ("2024-03-01", "2024-03-01"),
    ],
)
def test_a_time_of_any_type_is_written_in_utc(given: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        assert as_text(given) == text
    time.tzset()


def test_only_what_is_similar_is_suggested() -> None:
    known = ["orders_7d", "revenue_30d"]
    assert unknown("feature", "revenue30d", known).hint == "did you mean revenue_30d?"
    assert unknown("feature", "customer_id", known).hint == "known: orders_7d, revenue_30d"
