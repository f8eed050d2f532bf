"""Loads a CSV with dlt and its Arrow reader into PostgreSQL; prints seconds and MB. For bench_load.py."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import dlt
import pyarrow as pa
from pyarrow import csv


def main() -> None:
    host, port, user, dbname, path = sys.argv[1:]

    @dlt.resource(name="orders")
    def orders() -> Iterator[Any]:
        for batch in csv.open_csv(path):
            yield pa.Table.from_batches([batch])

    with tempfile.TemporaryDirectory() as folder:
        server = {"drivername": "postgresql", "port": int(port), "username": user, "password": "none"}
        # dlt makes a URL of it, in which a socket folder needs escapes.
        credentials = {**server, "database": dbname, "host": quote(host, safe="")}
        destination = dlt.destinations.postgres(credentials=credentials)
        pipeline = dlt.pipeline("bench", destination=destination, dataset_name="raw", pipelines_dir=folder)
        started = time.perf_counter()
        pipeline.run(orders(), loader_file_format="csv").raise_on_failed_jobs()
        took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([took, peak]))


if __name__ == "__main__":
    main()
