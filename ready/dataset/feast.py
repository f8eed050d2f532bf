"""A Feast repository of a published feature set: its entity, feature view and feature rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from loader.durable import flush
from ready.dataset.arrow import BATCH_ROWS
from ready.dataset.training_set import TrainingSet, open_training_set
from ready.definition.column_roles import KEY
from ready.rendering.files import replacing_file, write_atomically
from ready.settings import Settings

TAGS = ("feature_version", "data_hash", "config_hash", "sql_hash")
STORE = """\
project: from_raw_to_ready
provider: local
registry: data/registry.db
offline_store: {type: file}
online_store: {type: sqlite, path: data/online_store.db}
entity_key_serialization_version: 3
"""

DEFINITIONS = """\
# Written by `ready export --feast`, each time again: put further views into files of their own.
from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource
from feast.types import Bool, Float64, Int64, String, UnixTimestamp
from feast.value_type import ValueType

customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)

{name} = FeatureView(
    name="{name}",
    entities=[customer],
    ttl=timedelta(0),  # a row is good until the next one
    schema=[
{fields}
    ],
    source=FileSource(name="{name}", path="data/{name}.parquet", timestamp_field="feature_time"),
    tags={tags},
)
"""


def export_repository(connection: Any, settings: Settings, feature_set: str, folder: Path) -> int:
    """Write a repository of what is published; return the number of feature rows.

    connection: as ready.database.query.connected gives it. Raises as open_training_set does.
    """
    with open_training_set(connection, settings, feature_set=feature_set) as source:
        return write_repository(source, folder)


def write_repository(source: TrainingSet, folder: Path) -> int:
    """Write all feature rows, also those in no split, and what `feast apply` reads; return how many rows.

    What others wrote there stays, a feature_store.yaml too. Raises OSError when the disk fails.
    """
    name = str(source.identity["feature_set"])
    (folder / "data").mkdir(parents=True, exist_ok=True)
    with replacing_file(folder / "data" / f"{name}.parquet") as file:
        rows = _write_rows(source, file)
    write_atomically(folder / f"{name}.py", definitions(source).encode())
    if not (folder / "feature_store.yaml").exists():
        (folder / "feature_store.yaml").write_text(STORE, encoding="utf-8")
    return rows


def definitions(source: TrainingSet) -> str:
    """The Python file with the entity and the feature view."""
    fields = [
        f'        Field(name="{field.name}", dtype={_feast_type(field.type)}),'
        for field in source.feature_schema
        if field.name not in KEY
    ]
    return DEFINITIONS.format(
        name=source.identity["feature_set"],
        fields="\n".join(fields),
        tags=json.dumps({key: str(source.identity[key]) for key in TAGS}),
    )


def _feast_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "Bool"
    if pa.types.is_integer(kind):
        return "Int64"
    if pa.types.is_floating(kind):
        return "Float64"
    return "UnixTimestamp" if pa.types.is_timestamp(kind) else "String"


def _write_rows(source: TrainingSet, file: Path) -> int:
    with pa.parquet.ParquetWriter(file, source.feature_schema, compression="zstd") as writer:

        def write(batch: pa.Table) -> None:
            writer.write_table(batch, row_group_size=BATCH_ROWS)

        rows = source.read_features(write)
    flush(file)
    return rows
