"""Two Parquet files: the same bytes, the same rows by another writer, other rows, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from ready.proof import parquet
from ready.proof.parquet import compare_parquet


def write(path: Path, values: list[int], **options: str) -> Path:
    ids = [f"c{n}" for n in range(len(values))]
    pa.parquet.write_table(pa.table({"customer_id": ids, "orders_7d": values}), path, **options)
    return path


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    return write(tmp_path / "a.parquet", [1, 2, 3])


def test_the_same_bytes_are_the_same(exported: Path, tmp_path: Path) -> None:
    assert compare_parquet(exported, write(tmp_path / "b.parquet", [1, 2, 3])) == (True, "")


@pytest.mark.parametrize(
    ("values", "difference"),
    [
        ([1, 5, 3], "row 2 was (customer_id c1, orders_7d 2), became (customer_id c1, orders_7d 5)"),
        ([1, 2], "row 3 was (customer_id c2, orders_7d 3), became absent"),
        ([1, 2, 3, 4], "row 4 was absent, became (customer_id c3, orders_7d 4)"),
    ],
)
def test_the_first_row_that_differs_is_shown(
    exported: Path, tmp_path: Path, values: list[int], difference: str
) -> None:
    assert compare_parquet(exported, write(tmp_path / "b.parquet", values)) == (False, difference)


def test_other_bytes_by_the_same_writer_are_different(exported: Path, tmp_path: Path) -> None:
    same, detail = compare_parquet(exported, write(tmp_path / "b.parquet", [1, 2, 3], compression="zstd"))
    assert not same
    assert detail == "columns, metadata and rows are the same, its compression or layout is not"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda t: t.cast(t.schema.set(1, pa.field("orders_7d", pa.float64()))),
         "column 2 was orders_7d double, became orders_7d int64"),
        (lambda t: t.select(["orders_7d", "customer_id"]),
         "column 1 was orders_7d int64, became customer_id string"),
        (lambda t: t.append_column("more", pa.array([1, 2, 3])), "column 3 was more int64, became absent"),
        (lambda t: t.replace_schema_metadata({"data_hash": "of another build"}),
         "the metadata were {'data_hash': 'of another build'}, became {}"),
    ],
)  # fmt: skip
def test_another_writer_excuses_no_other_columns_types_or_metadata(
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pa.Table], pa.Table],
    difference: str,
) -> None:
    rebuilt = write(tmp_path / "b.parquet", [1, 2, 3])
    pa.parquet.write_table(change(pa.parquet.read_table(rebuilt)), exported)
    monkeypatch.setattr(parquet, "_writer", lambda path: path.name)
    assert compare_parquet(exported, rebuilt) == (False, difference)


def test_the_same_rows_by_another_writer_are_the_same(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt = write(tmp_path / "b.parquet", [1, 2, 3], compression="zstd")
    monkeypatch.setattr(parquet, "_writer", lambda path: path.name)
    same, detail = compare_parquet(exported, rebuilt)
    assert same
    assert detail == "the same rows; the bytes are those of another writer (a.parquet, now b.parquet)"


def test_damage_and_absence_are_told(exported: Path, tmp_path: Path) -> None:
    rebuilt = write(tmp_path / "b.parquet", [1, 2, 3])
    exported.write_bytes(exported.read_bytes()[:-9])
    assert compare_parquet(exported, rebuilt)[1].endswith("a.parquet is damaged: it is no Parquet file")
    assert compare_parquet(tmp_path / "c.parquet", rebuilt)[1].endswith("c.parquet is missing")
