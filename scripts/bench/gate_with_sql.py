"""The eight rules by hand. For bench_gate.py."""

from __future__ import annotations

import contextlib
import os

import psycopg2
from gate_rules import ROWS_BY_HAND, TABLE, UNIQUE_BY_HAND
from worker import serve


def check() -> dict[str, int]:
    counted = ", ".join(f"count(*) filter (where {condition})" for condition in ROWS_BY_HAND.values())
    with contextlib.closing(psycopg2.connect("")) as connection, connection.cursor() as cursor:
        cursor.execute(f"select {counted} from {TABLE}")
        counts = dict(zip(ROWS_BY_HAND, cursor.fetchone() or (), strict=True))
        cursor.execute(UNIQUE_BY_HAND)
        return {**counts, "order unique": (cursor.fetchone() or (0,))[0]}


if __name__ == "__main__":
    os.environ.setdefault("PGAPPNAME", "bench")
    serve(check)
