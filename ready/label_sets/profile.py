"""How the values of a column are distributed, as macros/meta/feature_profiles.sql has it of a small table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ready.label_sets.exact_mean import rounded_mean
from ready.recorded.distribution import distribution

# Whole and decimal numbers of any table, and exact sums of them.
EXACT = pa.decimal256(76, 6)


def profile_text(values: pa.ChunkedArray) -> str:
    """The JSON that parse_profile reads, of all values; texts and flags are only counted."""
    counts = {"rows": str(len(values)), "missing": str(values.null_count)}
    if pa.types.is_integer(values.type) or pa.types.is_decimal(values.type):
        counts |= _numbers(values.drop_null().cast(EXACT))
    return "{" + ", ".join(f'"{name}": {text}' for name, text in counts.items()) + "}"


def _numbers(filled: pa.ChunkedArray) -> dict[str, str]:
    ends: dict[str, Any] = pc.min_max(filled).as_py()
    steps = [f"[{_plain(value)}, {times}, {up_to}]" for value, times, up_to in distribution(filled)]
    return {
        "zero": str(pc.sum(pc.equal(filled, pa.scalar(Decimal(0), EXACT))).as_py() or 0),
        "minimum": _plain(ends["min"]),
        "maximum": _plain(ends["max"]),
        "mean": _plain(rounded_mean(pc.sum(filled).as_py(), len(filled))),
        "sampled_every": "1",
        "distinct": str(pc.count_distinct(filled).as_py()),
        "distribution": f"[{', '.join(steps)}]",
    }


def _plain(number: Decimal | None) -> str:
    """Without the zeros at its end."""
    if number is None:
        return "null"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
