"""Asking Spark, for tests."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from ready.spark.connection import SparkParams, fetch


def query(params: SparkParams, statement: str) -> list[tuple[Any, ...]]:
    with closing(params.connect()) as connection:
        return fetch(connection, statement)
