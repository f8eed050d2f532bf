"""A spine: the caller's table of customers and instants, with whatever it has beside them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from ready.dataset.model_types import INSTANT
from ready.definition.column_roles import KEY
from ready.errors import UnknownCustomers, UsageError
from ready.label_sets.iso_times import instants_of

CUSTOMER, TIME = KEY


class ArrowStream(Protocol):
    """A table of Arrow, pandas (2.2 or newer), Polars, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


@dataclass(frozen=True)
class Spine:
    """table: as given, with the metadata by which pandas finds its index again. time: the column of instants.

    ids: text. instants: us, UTC. Both are complete, one for each row.
    """

    table: pa.Table
    time: str
    ids: pa.ChunkedArray
    instants: pa.ChunkedArray

    @property
    def others(self) -> list[str]:
        """The columns beside customer and time; a pandas index without a name is none."""
        return [
            name
            for name in self.table.column_names
            if name not in (CUSTOMER, self.time) and not name.startswith("__index_level_")
        ]

    def require_free(self, names: Iterable[str]) -> None:
        """Raise UsageError where the spine has columns of these names: they come with the features."""
        taken = [name for name in names if name in self.table.column_names]
        if taken:
            raise UsageError(
                f"the spine has column(s) that the features bring: {', '.join(taken)}",
                hint="leave them out, or give them other names",
            )

    def warn_of_unknown(
        self, unknown: int, example: str, known: str | None, *, without: str, stacklevel: int
    ) -> None:
        """Report ids that match nobody. known: an id that does. stacklevel: of the caller of `ready`."""
        ids = pc.count_distinct(self.ids).as_py()
        kind = _value_type(self.table[CUSTOMER])
        text = f"{unknown:,} of {ids:,} customer ids of the spine have no {without}, such as {example!r}"
        text += f"; those that have one are such as {known!r}" if known is not None else ""
        text += f"; the spine has {kind}, and ids are text" if pa.types.is_integer(kind) else ""
        warnings.warn(text, UnknownCustomers, stacklevel=stacklevel)


def read_spine(spine: ArrowStream | Mapping[str, Any], *, time: str = TIME, floor: bool = False) -> Spine:
    """A table that anybody gives as a spine. floor: instants between microseconds are cut off, not refused.

    Raises UsageError for what is no table or has no complete customers and times.
    """
    try:
        table = spine if isinstance(spine, pa.Table) else pa.table(spine)
    except (TypeError, ValueError, OverflowError, pa.ArrowException) as error:
        raise UsageError(
            f"the spine cannot be read as a table: {error}",
            hint="give a pandas or Polars DataFrame, a pyarrow Table or a dict of lists",
        ) from None
    _check_columns(table.column_names, (CUSTOMER, time))
    if spine is not table:
        _check_uncut(time, table[time].type, spine)
    found = Spine(table, time, _text(table[CUSTOMER]), _instants(time, table[time], floor))
    for name, column in ((CUSTOMER, found.ids), (time, found.instants)):
        _check_complete(name, column)
    return found


def _check_columns(names: list[str], needed: tuple[str, str]) -> None:
    missing = [name for name in needed if name not in names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    problems = [f"has no column {', '.join(missing)}, but {', '.join(names) or 'none'}"] * bool(missing)
    problems += [f"has more than one column {', '.join(repeated)}"] * bool(repeated)
    if problems:
        raise UsageError(
            f"the spine {' and '.join(problems)}", hint=f"name its columns {' and '.join(needed)}"
        )


def _check_uncut(time: str, kind: pa.DataType, spine: Any) -> None:
    """Arrow goes by the first of Python's values, and cuts the others to its kind in silence."""
    if pa.types.is_date(kind) and any(isinstance(value, datetime) for value in spine[time]):
        raise UsageError(
            f"{time} of the spine has dates and times among each other", hint="give all of them as times"
        )
    values = spine[time] if isinstance(spine, Mapping) else ()
    if isinstance(values, list | tuple) and any(getattr(value, "nanosecond", 0) for value in values):
        raise UsageError(
            f"{time} of the spine cannot be held in microseconds", hint="round it to microseconds"
        )


def _value_type(column: pa.ChunkedArray) -> pa.DataType:
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def _is_text(kind: pa.DataType) -> bool:
    return str(kind) in ("string", "large_string", "string_view")


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = _value_type(column)
    if len(column) and not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise UsageError(
            f"{CUSTOMER} of the spine is {kind}", hint="give it as text, as the CSV files have it"
        )
    return column.cast(pa.string())


def _instants(name: str, column: pa.ChunkedArray, floor: bool) -> pa.ChunkedArray:
    if _is_text(_value_type(column)):
        return _parsed(name, column.cast(pa.string()))
    kind = column.type
    if not len(column):  # whose kind says nothing
        return pa.chunked_array([], INSTANT)
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_null(kind)):
        raise UsageError(
            f"{name} of the spine is {kind}",
            hint="give timestamps, such as pandas.to_datetime makes, or ISO text",
        )
    if floor and pa.types.is_timestamp(kind):
        column = pc.floor_temporal(column.cast(pa.timestamp(kind.unit, tz="UTC")), unit="microsecond")
    try:
        return column.cast(pa.timestamp("us", tz=getattr(column.type, "tz", None))).cast(INSTANT)
    except pa.ArrowInvalid as error:
        raise UsageError(
            f"{name} of the spine cannot be held in microseconds: {error}", hint="round it to microseconds"
        ) from None


def _parsed(name: str, texts: pa.ChunkedArray) -> pa.ChunkedArray:
    instants = instants_of(texts)
    is_lost = pc.and_(texts.is_valid(), instants.is_null())
    if pc.any(is_lost).as_py():
        position = pc.index(is_lost, True).as_py()
        raise UsageError(
            f"{name} of the spine has text that is no ISO time: {texts[position].as_py()!r} "
            f"at position {position} (from 0)",
            hint="write 2024-03-01, 2024-03-01T12:30:00 (UTC) or 2024-03-01T12:30:00+01:00",
        )
    return instants


def _check_complete(name: str, column: pa.ChunkedArray) -> None:
    if column.null_count:
        first = pc.index(column.is_null(), True).as_py()
        raise UsageError(
            f"the spine has {column.null_count} row(s) without {name}, first at position {first} (from 0)"
        )
