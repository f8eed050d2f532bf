"""Ways from a CSV file to lines for COPY, for comparison. Each yields pieces of `id\\tline\\tjson\\n`.

Only `loader` satisfies the loader's fixtures; the others read clean files here. DuckDB, Polars,
PyArrow and dlt are wanted for the benchmark alone, and left out where they are not installed.
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

Reader = Callable[[Path], Iterator[bytes]]
PIECE = 2_000


def loader(path: Path) -> Iterator[bytes]:
    yield from _loader(path)


def loader_careful(path: Path) -> Iterator[bytes]:
    """With the fast path switched off."""
    yield from _loader(path, fast=False)


def _loader(path: Path, *, fast: bool = True) -> Iterator[bytes]:
    from loader import LoadOptions
    from loader.files import InputFile
    from loader.source import CsvSource
    from loader.spool import RejectSpool

    with closing(InputFile(path.name, str(path)).open()) as stream, closing(RejectSpool(1)) as rejects:
        encoder = CsvSource(stream, LoadOptions()).encoder(1, rejects)
        if not fast:
            encoder._clean.encode = lambda block, line: None  # type: ignore[method-assign]
        for batch in encoder.batches():
            yield batch.data


def csv_orjson(path: Path) -> Iterator[bytes]:
    import orjson

    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        names = next(rows)
        lines: list[bytes] = []
        for row in rows:
            lines.append(b"1\t%d\t%b\n" % (rows.line_num, orjson.dumps(dict(zip(names, row, strict=True)))))
            if len(lines) == PIECE:
                yield b"".join(lines)
                lines.clear()
        yield b"".join(lines)


def pyarrow_orjson(path: Path) -> Iterator[bytes]:
    import orjson
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    with path.open(encoding="utf-8") as file:
        names = file.readline().rstrip("\n").split(",")
    convert = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    parse = arrow_csv.ParseOptions(invalid_row_handler=lambda row: "skip")
    line = 2
    for batch in arrow_csv.open_csv(path, parse_options=parse, convert_options=convert):
        out = []
        for row in batch.to_pylist():
            out.append(b"1\t%d\t%b\n" % (line, orjson.dumps(row)))
            line += 1
        yield b"".join(out)


def polars_json(path: Path) -> Iterator[bytes]:
    import polars as pl

    frame = pl.scan_csv(path, infer_schema=False)
    for part in frame.collect_batches(chunk_size=50_000):
        encoded = part.select(pl.struct(pl.all()).struct.json_encode()).to_series()
        yield ("\n".join("1\t2\t" + text for text in encoded) + "\n").encode()


def duckdb_json(path: Path) -> Iterator[bytes]:
    import duckdb

    connection = duckdb.connect()
    source = "read_csv(?, all_varchar = true, store_rejects = true)"
    connection.execute(f"select to_json(t)::varchar from {source} t", [str(path)])
    while rows := connection.fetchmany(PIECE):
        yield ("\n".join("1\t2\t" + text for (text,) in rows) + "\n").encode()


NEEDS = {pyarrow_orjson: "pyarrow", polars_json: "polars", duckdb_json: "duckdb"}


def readers() -> dict[str, Reader]:
    """Those whose library is installed."""
    found = [loader, loader_careful, csv_orjson, pyarrow_orjson, polars_json, duckdb_json]
    return {
        reader.__name__: reader
        for reader in found
        if reader not in NEEDS or importlib.util.find_spec(NEEDS[reader])
    }
