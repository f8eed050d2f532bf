"""Files that were renamed, rotated or swapped keep their loads, and no row is lost or doubled by it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_tables import ledger, load, values, write

from ready.postgres.connection import ConnectionParams


@pytest.mark.parametrize("archive", ["orders_1.csv", "a_orders.csv", "orders_1.csv.gz"])
def test_rotated_files_keep_their_loads(database: ConnectionParams, tmp_path: Path, archive: str) -> None:
    load(database, write(tmp_path, {"orders.csv": "id\n1\n"}))
    old = gzip.compress(b"id\n1\n") if archive.endswith("gz") else b"id\n1\n"
    load(database, write(tmp_path, {"orders.csv": "id\n2\n", archive: old}))
    assert ledger(database) == [(1, archive, "loaded", None), (2, "orders.csv", "loaded", None)]
    assert not load(database, tmp_path).loaded_anything


# Contents by file name, delivery by delivery; and the ledger after the last: id, name, status, superseded by.
MOVES = {
    "two swap": (
        [{"a.csv": "x", "b.csv": "y"}, {"a.csv": "y", "b.csv": "x"}],
        [(1, "b.csv", "loaded", None), (2, "a.csv", "loaded", None)],
    ),
    "rotated over three": (
        [
            {"orders.csv": "x"},
            {"orders.csv": "y", "orders_1.csv": "x"},
            {"orders.csv": "z", "orders_1.csv": "y", "orders_2.csv": "x"},
        ],
        [
            (1, "orders_2.csv", "loaded", None),
            (2, "orders_1.csv", "loaded", None),
            (3, "orders.csv", "loaded", None),
        ],
    ),
    "rotated, and the oldest gone": (
        [{"orders.csv": "y", "orders_1.csv": "x"}, {"orders.csv": "z", "orders_1.csv": "y"}],
        [
            (1, "orders_1.csv", "loaded", None),
            (2, "orders_1.csv", "superseded", 1),
            (3, "orders.csv", "loaded", None),
        ],
    ),
    "three in a circle, and a new one": (
        [
            {"a.csv": "x", "b.csv": "y", "c.csv": "z"},
            {"a.csv": "z", "b.csv": "x", "c.csv": "y", "d.csv": "new"},
        ],
        [
            (1, "b.csv", "loaded", None),
            (2, "c.csv", "loaded", None),
            (3, "a.csv", "loaded", None),
            (4, "d.csv", "loaded", None),
        ],
    ),
}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("deliveries", "expected"), MOVES.values(), ids=MOVES)
def test_moved_files_keep_their_loads(
    database: ConnectionParams,
    tmp_path: Path,
    deliveries: list[dict[str, str]],
    expected: list[tuple[int, str, str, int | None]],
    workers: int,
) -> None:
    for delivery in deliveries:
        files = {name: f"id\n{text}\n" for name, text in delivery.items()}
        load(database, write(tmp_path, files), workers=workers)
        assert sorted(values(database, "id")) == sorted(delivery.values())
    assert ledger(database) == expected
    assert not load(database, tmp_path).loaded_anything


@given(
    st.lists(st.permutations(range(4)), min_size=2, max_size=4),
    st.lists(st.booleans(), min_size=16, max_size=16),
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_active_is_what_was_delivered_last(
    database: ConnectionParams, tmp_path: Path, orders: list[list[int]], changed: list[bool]
) -> None:
    """Four files whose contents are shuffled among them, some new each time."""
    contents = [f"first {number}" for number in range(4)]
    for delivery, order in enumerate(orders):
        contents = [
            f"new {delivery} {number}" if changed[delivery * 4 + number] else contents[place]
            for number, place in enumerate(order)
        ]
        files = {f"{number}.csv": f"id\n{text}\n" for number, text in enumerate(contents)}
        load(database, write(tmp_path, files))
        assert sorted(values(database, "id")) == sorted(contents)


def test_a_renamed_file_has_its_new_name(database: ConnectionParams, tmp_path: Path) -> None:
    load(database, write(tmp_path, {"jan.csv": "id\n1\nbad\n", "feb.csv": "id\n3\n"}))
    (tmp_path / "jan.csv").rename(tmp_path / "january.csv")
    summary = load(database, tmp_path)
    assert summary.files[1].warnings == ("the same content as jan.csv",)
    write(tmp_path, {"january.csv": "id\n1\n2\n"})
    load(database, tmp_path)
    assert values(database, "id") == ["3", "1", "2"]
    assert ledger(database)[1] == (2, "january.csv", "superseded", 3)
