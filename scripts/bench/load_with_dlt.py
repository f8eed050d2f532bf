"""Loads a CSV with dlt and its Arrow reader into PostgreSQL. For bench_load.py, in dlt's own environment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import dlt
import pyarrow as pa
from pyarrow import csv
from worker import serve


def load(host: str, port: int, user: str, dbname: str, path: str) -> int:
    rows = 0

    @dlt.resource(name="orders")
    def orders() -> Iterator[Any]:
        nonlocal rows
        for batch in csv.open_csv(path):
            rows += batch.num_rows
            yield pa.Table.from_batches([batch])

    with tempfile.TemporaryDirectory() as folder:
        server = {"drivername": "postgresql", "port": port, "username": user, "password": "none"}
        # dlt makes a URL of it, in which a socket folder needs escapes.
        credentials = {**server, "database": dbname, "host": quote(host, safe="")}
        destination = dlt.destinations.postgres(credentials=credentials)
        pipeline = dlt.pipeline("bench", destination=destination, dataset_name="raw", pipelines_dir=folder)
        pipeline.run(orders(), loader_file_format="csv").raise_on_failed_jobs()
    return rows


if __name__ == "__main__":
    serve(load)
