"""How the values of a column are distributed, as macros/meta/feature_profiles.sql has it of a small table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pyarrow as pa

from ready.label_sets.exact_mean import exact_mean


def profile_text(values: pa.ChunkedArray) -> str:
    """The JSON that parse_profile reads, of all values; texts and flags are only counted."""
    told = {"rows": str(len(values)), "missing": str(values.null_count)}
    if pa.types.is_integer(values.type) or pa.types.is_decimal(values.type):
        told |= _numbers(_counts(values))
    return "{" + ", ".join(f'"{name}": {text}' for name, text in told.items()) + "}"


def _counts(values: pa.ChunkedArray) -> dict[Decimal, int]:
    """How often there is each value, in order."""
    pairs = values.drop_null().value_counts().to_pylist()
    return dict(sorted((Decimal(pair["values"]), pair["counts"]) for pair in pairs))


def _numbers(counts: Mapping[Decimal, int]) -> dict[str, str]:
    return {
        "zero": str(counts.get(Decimal(0), 0)),
        "minimum": _plain(min(counts, default=None)),
        "maximum": _plain(max(counts, default=None)),
        "mean": _plain(exact_mean(counts)),
        "sampled_every": "1",
        "distinct": str(len(counts)),
        "distribution": f"[{', '.join(_steps(counts))}]",
    }


def _steps(counts: Mapping[Decimal, int]) -> Iterator[str]:
    """The first value, and those at which the share of rows passes a half percent."""
    total, before = sum(counts.values()), 0
    for value, times in counts.items():
        up_to = before + times
        if not before or up_to * 200 // total > before * 200 // total:
            yield f"[{_plain(value)}, {times}, {up_to}]"
        before = up_to


def _plain(number: Decimal | None) -> str:
    """Without the zeros at its end."""
    if number is None:
        return "null"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
