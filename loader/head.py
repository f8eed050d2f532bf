"""The first records of a file, as the loader reads them; nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from loader.clean import Batch
from loader.files import InputFile
from loader.options import LoadOptions
from loader.results import Reject
from loader.source import CsvSource
from loader.spool import RejectSpool

RECORDS = 1000


class HeadRecord(NamedTuple):
    """One record: the physical line where it starts, and the text of each column."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True)
class Head:
    """How a file begins.

    label: what a person calls the file. columns: in the file's order. notes: what the reader was not
    certain of. rejects: the first records among these that a load could not store. is_all: the file has
    no further records.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    records: tuple[HeadRecord, ...]
    encoding: str
    delimiter: str
    notes: tuple[str, ...]
    rejects: tuple[Reject, ...]
    is_all: bool


def read_head(path: InputFile | str | os.PathLike[str], options: LoadOptions, records: int = RECORDS) -> Head:
    """The header and at most so many records of a file. Raises FileRefused as a load would."""
    file = path if isinstance(path, InputFile) else InputFile(os.path.basename(path), os.fspath(path))
    with closing(file.open()) as stream, closing(RejectSpool(0)) as rejects:
        source = CsvSource(stream, options)
        read: list[HeadRecord] = []
        batches = source.encoder(0, rejects).batches()
        while len(read) <= records and (batch := next(batches, None)) is not None:
            read += _records(batch)
        return Head(
            name=file.name,
            label=file.label,
            columns=source.header.columns,
            records=tuple(read[:records]),
            encoding=source.format.encoding,
            delimiter=source.format.delimiter,
            notes=tuple(source.notes()),
            rejects=tuple(rejects.first),
            is_all=len(read) <= records,
        )


def _records(batch: Batch) -> Iterator[HeadRecord]:
    """The lines for COPY, read back."""
    for line in batch.data.splitlines():
        _, number, payload = line.split(b"\t", 2)
        yield HeadRecord(int(number), orjson.loads(payload.replace(b"\\\\", b"\\")))
