"""From PostgreSQL to Arrow without loss: the exact type of each column, and COPY output as batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa
import pyarrow.csv

from ready.errors import CheckFailed, UsageError

BATCH_ROWS = 50_000

EXACT_TEXT = "set local timezone = 'UTC'; set local datestyle = 'ISO'; set local extra_float_digits = 1"
"""Before a COPY: values as text that reads back exactly."""

_TYPES = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "character varying": pa.string(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}


def arrow_schema(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    """The Arrow schema of (name, type as format_type() writes it) pairs.

    Raises UsageError, naming the column, for a type that Parquet could not hold exactly.
    """
    return pa.schema([(name, _arrow_type(name, sql_type)) for name, sql_type in columns])


def _arrow_type(column: str, sql_type: str) -> pa.DataType:
    numeric = re.fullmatch(r"numeric\((\d+),(\d+)\)", sql_type)
    if numeric:
        precision, scale = int(numeric[1]), int(numeric[2])
        if scale <= precision <= 38:
            return pa.decimal128(precision, scale)
    known = _TYPES.get(re.sub(r"\(\d+\)", "", sql_type))
    if known is not None:
        return known
    hint = "cast it in the model, such as ::numeric(38,6)" if sql_type.startswith("numeric") else None
    raise UsageError(
        f"column {column} is {sql_type}, which has no exact Parquet type",
        hint=hint or "cast it in the model to text, a number, a date or a timestamp",
    )


class BatchSink:
    """A file for `COPY ... TO STDOUT (format csv)` that hands on every BATCH_ROWS rows as a table.

    The protocol sends one message a row, and psycopg2 makes one `write` of it, so rows are
    counted without parsing. `consume` runs in a thread of its own, one batch behind, while
    the server prepares the next: memory holds two batches.
    """

    def __init__(self, schema: pa.Schema, consume: Callable[[pa.Table], None]) -> None:
        self.rows = 0
        self._schema = schema
        self._consume = consume
        self._lines: list[bytes] = []
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None

    def write(self, line: bytes) -> int:
        self._lines.append(line)
        if len(self._lines) == BATCH_ROWS:
            self._hand_over()
        return len(line)

    def __enter__(self) -> BatchSink:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if failed is None:
                if self._lines:
                    self._hand_over()
                self._await()
        finally:
            self._worker.shutdown()

    def _hand_over(self) -> None:
        self._await()
        self.rows += len(self._lines)
        self._pending = self._worker.submit(self._parse_and_consume, self._lines)
        self._lines = []

    def _await(self) -> None:
        if self._pending:
            self._pending.result()

    def _parse_and_consume(self, lines: list[bytes]) -> None:
        self._consume(_parse(b"".join(lines), self._schema))


def _parse(text: bytes, schema: pa.Schema) -> pa.Table:
    """PostgreSQL's CSV: null is nothing, the empty string is quoted, booleans are t and f."""
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(text),
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, column_names=schema.names, block_size=len(text)
            ),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
    except pa.ArrowInvalid as error:
        raise CheckFailed(
            f"a value has no place in Parquet: {error}",
            hint="NaN in a numeric column and infinite times cannot be exported; cast them away in the model",
        ) from None
