"""Rejected records, kept on disk until the events of their file are in."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import IO

from loader.results import Reject

IN_MEMORY = 1 << 20
KEEP = 5
SHOWN = 500


class RejectSpool:
    """Counts rejects, keeps the first few, and holds all as lines for COPY."""

    def __init__(self, load_id: int) -> None:
        self.total = 0
        self.first: list[Reject] = []
        self._load_id = load_id
        self._lines: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - see close

    def add(self, reject: Reject) -> None:
        self.total += 1
        if len(self.first) < KEEP:
            self.first.append(replace(reject, raw_line=reject.raw_line[:SHOWN]))
        values = (str(self._load_id), str(reject.line_number), reject.reason, reject.raw_line)
        self._lines.write("\t".join(map(_copy_text, values)).encode() + b"\n")

    def rewound(self) -> IO[bytes]:
        self._lines.seek(0)
        return self._lines

    def close(self) -> None:
        self._lines.close()


def _copy_text(value: str) -> str:
    value = value.replace("\\", "\\\\").replace("\t", "\\t")
    return value.replace("\n", "\\n").replace("\r", "\\r")
