"""ISO 8601 texts as instants: with their zone, and UTC where they name none."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ready.dataset.model_types import INSTANT

ZONED = r"^.{10}[T ].*(Z|[+-]\d\d(:?\d\d)?)$"
"""A text that names its zone: a date alone ends in the same characters as an offset."""


def instants_of(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Of each text its instant (us, UTC), null where it is no ISO time or there is none."""
    zoned = pc.match_substring_regex(texts, ZONED)
    return pc.coalesce(
        _cast(pc.if_else(zoned, texts, None), INSTANT),
        _cast(pc.if_else(zoned, None, texts), pa.timestamp("us")).cast(INSTANT),
    )


def _cast(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Arrow casts all or nothing: where one fails, the good ones are cast one by one."""
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        return pa.chunked_array([pa.array([_cast_one(text, kind) for text in texts], kind)])


def _cast_one(text: pa.Scalar, kind: pa.DataType) -> pa.Scalar:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid:
        return pa.scalar(None, kind)
