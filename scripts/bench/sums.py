"""What two tools that give a column in other types must agree on."""

from __future__ import annotations

from typing import Any


def sum_of(column: Any) -> str:
    """The sum of an Arrow column of any type of number, in cents."""
    return f"{column.to_pandas().astype(float).sum():.2f}"
