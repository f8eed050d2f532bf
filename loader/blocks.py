"""Blocks of whole lines, small enough to stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Callable

from loader.errors import FileRefused
from loader.format import Format

BLOCK = 1 << 16
# The longest record: jsonb holds strings up to 256 MiB, and the message to the server, with every
# character escaped, up to 1 GiB.
MAX_RECORD = 1 << 26


class BlockReader:
    """Cuts what `read(size)` gives (empty at the end) into blocks that end with a line end.

    Only the last block of the file may lack it.
    """

    def __init__(self, read: Callable[[int], bytes], form: Format, *, label: str) -> None:
        self._read = read
        self._format = form
        self._label = label
        self._newline = form.newline.encode()
        self._escaped_newline = form.escape.encode() + self._newline if form.escape else None
        self._data = b""
        self._at = 0
        self._ended = False

    @property
    def is_at_end(self) -> bool:
        return self._ended and self._at == len(self._data)

    def block(self) -> bytes:
        """The next lines, about BLOCK bytes or one longer line; empty at the end.

        Raises FileRefused for a line longer than MAX_RECORD.
        """
        while True:
            available = len(self._data) - self._at
            if available >= BLOCK or self._ended:
                stop = self._cut()
                if stop or self._ended:
                    return self._take(stop or len(self._data))
                if available > MAX_RECORD:
                    raise FileRefused(
                        f"{self._label}: a line is longer than {MAX_RECORD >> 20} MiB",
                        hint="is this a CSV file?",
                    )
            more = self._read(max(BLOCK, available))
            self._ended = not more
            self._data = self._data[self._at :] + more
            self._at = 0

    def extend(self, begun: bytes) -> bytes:
        """`begun`, which ends within quotes, and the blocks up to the one that closes them.

        Empty, and nothing taken, when they are not closed within MAX_RECORD or the file.
        """
        pieces, size = [begun], len(begun)
        while size < MAX_RECORD and not self.is_at_end:
            pieces.append(self.block())
            size += len(pieces[-1])
            if self._format.has_closing_quote(pieces[-1]):
                return b"".join(pieces)
        self.put_back(b"".join(pieces[1:]))
        return b""

    def put_back(self, data: bytes) -> None:
        self._data = data + self._data[self._at :]
        self._at = 0

    def _cut(self) -> int:
        """Behind the last line end within BLOCK bytes, else behind the first one after; 0 if none."""
        stop = self._data.rfind(self._newline, self._at, self._at + BLOCK) + 1
        if not stop:
            stop = self._data.find(self._newline, self._at + BLOCK) + 1
        # An escaped line end does not end a record, and a block must end between lines.
        while self._escaped_newline and stop and self._data.endswith(self._escaped_newline, self._at, stop):
            stop = self._data.find(self._newline, stop) + 1
        return stop

    def _take(self, stop: int) -> bytes:
        block = self._data[self._at : stop]
        self._at = stop
        return block
