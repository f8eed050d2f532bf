"""The head of a file is what a load would store of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from loader import FileRefused, LoadOptions
from loader.files import find_files
from loader.head import read_head


def test_the_head_has_columns_records_with_lines_and_what_was_detected(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_bytes('id;name\n\n1;"a\\b\n""c"""\n2;Köln\tx\nragged\n'.encode("cp1252"))
    head = read_head(file, LoadOptions(encoding="cp1252"))
    assert (head.name, head.label, head.columns) == ("o.csv", str(file), ("id", "name"))
    assert head.records == ((3, {"id": "1", "name": 'a\\b\n"c"'}), (5, {"id": "2", "name": "Köln\tx"}))
    assert (head.encoding, head.delimiter, head.is_all) == ("cp1252", ";", True)
    assert [reject.line_number for reject in head.rejects] == [6]


@pytest.mark.parametrize(("rows", "is_all"), [(999, True), (1000, True), (1001, False), (50_000, False)])
def test_no_more_than_a_thousand_records_are_given(tmp_path: Path, rows: int, is_all: bool) -> None:
    file = tmp_path / "o.csv.gz"
    file.write_bytes(gzip.compress(b"id,x\n" + b"".join(b"%d,y\n" % i for i in range(rows))))
    head = read_head(find_files([tmp_path], "*.csv")[0], LoadOptions())
    assert [record.line for record in head.records] == list(range(2, min(rows, 1000) + 2))
    assert head.is_all == is_all


def test_a_file_that_cannot_be_read_is_refused_as_a_load_would(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_bytes(b"")
    with pytest.raises(FileRefused, match="is empty"):
        read_head(file, LoadOptions())
