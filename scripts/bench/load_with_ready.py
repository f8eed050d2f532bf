"""Loads CSV files with this project's loader. For bench_load.py, in a process of its own."""

from __future__ import annotations

from worker import serve

from loader import load_files
from ready.postgres.connection import ConnectionParams


def load(host: str, port: int, user: str, dbname: str, path: str) -> int:
    return load_files(ConnectionParams(host, port, user, dbname).connect, [path]).rows_loaded


if __name__ == "__main__":
    serve(load)
