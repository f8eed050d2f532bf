"""The distribution of a column's values, as meta.feature_profiles has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def distribution(filled: pa.Array | pa.ChunkedArray) -> Iterator[tuple[Any, int, int]]:
    """Where the share of rows passes a half percent, in order: (value, rows with it, rows up to it).

    filled: has no nulls. See macros/meta/feature_profiles.sql.
    """
    if not len(filled):
        return
    counted = pc.value_counts(filled)
    order = pc.sort_indices(counted.field("values"))
    values, times = (counted.field(name).take(order) for name in ("values", "counts"))
    up_to = pc.cumulative_sum(times)
    before = pc.subtract(up_to, times)
    steps, steps_before = (pc.divide(pc.multiply(rows, 200), len(filled)) for rows in (up_to, before))
    shown = pc.or_(pc.equal(before, 0), pc.greater(steps, steps_before))
    yield from zip(*(part.filter(shown).to_pylist() for part in (values, times, up_to)), strict=True)
