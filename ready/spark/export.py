"""The training set as Parquet, from Spark's own files: the same rows in the same order as from PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet
from psycopg2 import sql

from loader.durable import flush
from ready.arrow import BATCH_ROWS
from ready.dataset_folder import (
    describe_file,
    exclusive,
    is_intact,
    read_manifest,
    replacing,
    write_manifest,
)
from ready.errors import UsageError
from ready.export import ExportResult, covers, dataset_folder, manifest_header
from ready.registry import FEATURE_SET
from ready.settings import Settings
from ready.spark.connection import fetch
from ready.training_set import KEY, SPLITS, TrainingSet, check_row_count

IDENTITY = ("feature_set", "feature_version", "data_hash", "config_hash", "sql_hash")
NEEDS_QUOTES = re.compile(r'[\s,()"\\]|^$')


def export_dataset(connection: Any, *, settings: Settings, out: Path | None = None) -> ExportResult:
    """Write train, val and test of the version that the tables hold now, one Parquet file each.

    A split has to fit into memory. Raises UsageError where nothing is recorded or the warehouse is not on
    this machine, CheckFailed when the rows are not those on record.
    """
    source, rows = find_training_set(connection, settings)
    folder = (out or dataset_folder(settings, source)).resolve()
    with exclusive(folder):
        there = read_manifest(folder)
        if there and covers(there, source, SPLITS) and is_intact(folder, there):
            return ExportResult(folder, there, written=False)
        with replacing(folder) as partial:
            files = [_write_split(source, rows, split, partial / f"{split}.parquet") for split in SPLITS]
            manifest = {**manifest_header(source), "files": files}
            write_manifest(partial, manifest)
    return ExportResult(folder, manifest, written=True)


def _write_split(source: TrainingSet, rows: pa.Table, split: str, path: Path) -> dict[str, Any]:
    chosen = rows.filter(pc.equal(rows["split"], split))
    chosen = chosen.sort_by([(name, "ascending") for name in KEY])
    check_row_count(source, split, chosen.num_rows)
    identity = {key: str(value) for key, value in {**source.identity, "split": split}.items()}
    with pa.parquet.ParquetWriter(path, chosen.schema.with_metadata(identity), compression="zstd") as writer:
        writer.write_table(chosen.replace_schema_metadata(identity), row_group_size=BATCH_ROWS)
    flush(path)
    return describe_file(path, split=split, row_count=chosen.num_rows)


def find_training_set(connection: Any, settings: Settings) -> tuple[TrainingSet, pa.Table]:
    """What is current, and its rows that belong to a split."""
    feats, meta = settings.schema("feats"), settings.schema("meta")
    found = fetch(
        connection,
        f"select {', '.join(IDENTITY)}, columns from {meta}.current_versions "
        f"join {meta}.feature_registry using (feature_set, feature_version, data_hash) "
        f"where feature_set = '{FEATURE_SET}'",
    )
    if not found:
        raise UsageError(f"no version of {FEATURE_SET} is recorded", hint="ready run --target spark")
    *values, columns = found[0]
    identity = dict(zip(IDENTITY, values, strict=True))
    rows = _read(connection, feats)
    features = [column["name"] for column in json.loads(columns)]
    others = [*KEY, *(name for name in rows.schema.names if name not in features)]
    identity["label_split_hash"] = content_hash(rows.select(others))
    counts = fetch(
        connection,
        f"select split, count(*) from {meta}.dataset_splits where feature_set = '{FEATURE_SET}' "
        f"and feature_version = {identity['feature_version']} group by split",
    )
    table = sql.Identifier(feats, "customer_training_set")
    return TrainingSet(table, rows.schema, identity, dict.fromkeys(SPLITS, 0) | dict(counts)), rows


def _read(connection: Any, feats: str) -> pa.Table:
    """The published view shows one build's table, whose files are read."""
    (statement,) = fetch(connection, f"show create table {feats}.customer_training_set")[0]
    build = re.search(r"customer_training_set__build_\w+", statement)
    if build is None:
        raise UsageError("the training set is not published", hint="build it: ready run --target spark")
    described = {row[0]: row[1] for row in fetch(connection, f"describe extended {feats}.{build[0]}")}
    place = urlsplit(described["Location"])
    if place.scheme != "file":
        raise UsageError(f"export from {described['Location']} is not available on Spark yet")
    data = pyarrow.dataset.dataset(unquote(place.path), format="parquet")
    rows = data.to_table(filter=pc.field("split").is_valid())
    return rows.cast(pa.schema([(field.name, _exact(field.type)) for field in rows.schema]))


def _exact(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", tz="UTC") if pa.types.is_timestamp(kind) else kind


def content_hash(rows: pa.Table) -> str:
    """128 bits over the rows, whatever their order: as ready/training_set.py has PostgreSQL compute it."""
    halves = [0, 0]
    for row in zip(*(_texts(column) for column in rows.columns), strict=True):
        digest = hashlib.md5(f"({','.join(row)})".encode(), usedforsecurity=False).digest()
        for half in (0, 1):
            halves[half] += int.from_bytes(digest[8 * half : 8 * half + 8], "big", signed=True)
    text = "|".join(map(str, (rows.num_rows, *halves)))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _texts(column: pa.ChunkedArray) -> Sequence[str]:
    """Values as in PostgreSQL's text of a row."""
    return ["" if value is None else _quoted(_text(value)) for value in column.to_pylist()]


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        plain = value.isoformat(sep=" ").removesuffix("+00:00")
        return (plain.rstrip("0") if "." in plain else plain) + "+00"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _quoted(text: str) -> str:
    if not NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '""') + '"'
