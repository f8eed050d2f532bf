"""Asking Spark, and emptying it, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ready.spark import local
from ready.spark.connection import SparkParams, fetch

SCHEMAS = ("raw", "stg", "feats", "meta")


def query(params: SparkParams, statement: str) -> list[tuple[Any, ...]]:
    with closing(params.connect()) as connection:
        return fetch(connection, statement)


@contextmanager
def emptied(spark: SparkParams, home: Path) -> Iterator[None]:
    """The cluster is up, with no schema in it; afterwards too."""
    local.start(home, spark)  # a test may have killed a part of it
    _drop(spark)
    yield
    local.start(home, spark)
    _drop(spark)


def _drop(params: SparkParams) -> None:
    with closing(params.connect()) as connection:
        for (schema,) in fetch(connection, "show databases"):
            if schema in SCHEMAS:
                fetch(connection, f"drop database {schema} cascade")
