"""Rows of a data set beside a spine: of each customer the newest at or before an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ready.api.spine import TIME, ArrowStream, Spine, read_spine
from ready.dataset.model_types import INSTANT

if TYPE_CHECKING:
    import numpy

AS_OF = "as_of_time"


def joined(
    rows: pa.Table,
    spine: ArrowStream | Mapping[str, Any],
    *,
    time: str,
    customer: str,
    features: Sequence[str],
) -> pa.Table:
    """See ready.Dataset.join_onto. rows: unique by customer and feature_time, in any order."""
    given = read_spine(spine, time=time, floor=True)
    given.require_free([AS_OF, *features])
    customers = rows[customer].unique()
    codes = pc.index_in(given.ids, value_set=customers)
    if codes.null_count:
        unknown = given.ids.filter(codes.is_null())
        given.warn_of_unknown(
            pc.count_distinct(unknown).as_py(),
            pc.min(unknown).as_py(),
            pc.min(customers).as_py(),
            without="row in this data set",
            stacklevel=4,
        )
    places = _newest(pc.index_in(rows[customer], value_set=customers), rows[TIME], codes, given)
    table = given.table.append_column(AS_OF, rows[TIME].take(places))
    for name in features:
        table = table.append_column(name, rows[name].take(places))
    return table


def _newest(
    row_codes: pa.ChunkedArray, row_times: pa.ChunkedArray, codes: pa.ChunkedArray, spine: Spine
) -> pa.Array:
    """Of each row of the spine the place of the row to join, null where there is none.

    Customer and time become one number, which is looked up among the sorted numbers of the rows: the instants
    are numbered from 1, and a number that lies between two is the earlier one's.
    """
    import numpy as np

    if not len(row_codes):
        return pa.nulls(len(codes), pa.int64())
    instants = np.unique(_ticks(row_times))
    width = len(instants) + 1

    def number(codes: pa.ChunkedArray, times: pa.ChunkedArray) -> numpy.ndarray[Any, Any]:
        numbered: numpy.ndarray[Any, Any] = codes.cast(pa.int64()).to_numpy() * width + np.searchsorted(
            instants, _ticks(times), side="right"
        )
        return numbered

    numbers = number(row_codes, row_times)
    order = np.argsort(numbers)
    wanted = number(codes.fill_null(-1), spine.instants)
    places = np.searchsorted(numbers, wanted, side="right", sorter=order) - 1
    # Before a customer's first row lies another customer's last one; -1, before all, is the last row.
    candidates = order[places]
    is_found = (places >= 0) & (numbers[candidates] // width == wanted // width)
    return pa.array(candidates, mask=~is_found)


def _ticks(times: pa.ChunkedArray) -> numpy.ndarray[Any, Any]:
    ticks: numpy.ndarray[Any, Any] = times.cast(INSTANT).cast(pa.int64()).to_numpy()
    return ticks
