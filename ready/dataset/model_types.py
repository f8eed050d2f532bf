"""Exact tables as models take them: doubles, int64, booleans, categories and instants with a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

INSTANT = pa.timestamp("us", tz="UTC")
CATEGORY = pa.dictionary(pa.int32(), pa.string())
LARGEST_EXACT_POWER = 22
"""10 to the power of it, and of no greater number, is a double without rounding."""


def model_schema(exact: pa.Schema, texts: Sequence[str] = ()) -> pa.Schema:
    """The same columns: decimals as float64, integers as int64, dates and times as instants (us, UTC).

    texts: the columns that are categories where they are text; other text stays text.
    """
    return pa.schema([(field.name, _model_type(field, field.name in texts)) for field in exact])


def _model_type(field: pa.Field, may_be_category: bool) -> pa.DataType:
    if pa.types.is_decimal(field.type):
        return pa.float64()
    if pa.types.is_integer(field.type):
        return pa.int64()
    if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type):
        return INSTANT
    return CATEGORY if may_be_category and pa.types.is_string(field.type) else field.type


def as_model(
    table: pa.Table, schema: pa.Schema, categories: Mapping[str, pa.Array] | None = None
) -> pa.Table:
    """The rows of an exact table with the types of `schema`, which model_schema gives.

    categories: for each column of categories all its values in their order, so that parts of one data set
    get the same codes; default those of the table, sorted.
    """
    columns = []
    for field, column in zip(schema, table.columns, strict=True):
        if pa.types.is_decimal(column.type) and pa.types.is_float64(field.type):
            chunks = [nearest_doubles(chunk) for chunk in column.chunks]
            columns.append(pa.chunked_array(chunks, pa.float64()))
        elif pa.types.is_dictionary(field.type):
            columns.append(_coded(column, (categories or {}).get(field.name)))
        else:
            columns.append(column.cast(field.type))
    return pa.table(columns, schema=schema)


def nearest_doubles(decimals: pa.Array) -> pa.Array:
    """Of each decimal the double next to it, ties to even: what Python's float(Decimal) gives.

    Arrow's own cast multiplies by a rounded power of ten, and is off by a unit in about a third of cases.
    Where the digits are exact as a double, and the power of ten too, one division rounds once.
    """
    scale = decimals.type.scale
    if scale <= LARGEST_EXACT_POWER:
        digits = pa.Array.from_buffers(
            pa.decimal128(38, 0), len(decimals), decimals.buffers(), offset=decimals.offset
        )
        try:
            return pc.divide(digits.cast(pa.int64()).cast(pa.float64()), float(10**scale))
        except pa.ArrowInvalid:  # more digits than a double has
            pass
    return decimals.cast(pa.string()).cast(pa.float64())


def _coded(column: pa.ChunkedArray, categories: pa.Array | None) -> pa.ChunkedArray:
    if categories is None:
        categories = sorted_values(column)
    codes = pc.index_in(column, value_set=categories)
    chunks = [pa.DictionaryArray.from_arrays(chunk, categories) for chunk in codes.chunks]
    return pa.chunked_array(chunks, CATEGORY)


def sorted_values(column: pa.ChunkedArray) -> pa.Array:
    """The distinct values of a column of text, by their bytes, without null."""
    values = column.unique().drop_null()
    return values.take(pc.sort_indices(values))
