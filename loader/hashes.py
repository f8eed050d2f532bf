"""SHA-256 of files before they are loaded, each computed at most once a call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from loader.errors import FileRefused
from loader.files import InputFile


class Hashes:
    """The files of one call by their content. Used in turn, so it needs no lock."""

    def __init__(self, files: Sequence[InputFile]) -> None:
        self.names = frozenset(file.name for file in files)
        self._files = [file for file in files if file.rereadable]
        self._known: dict[InputFile, str] = {}
        # What the call itself has loaded.
        self.loads: set[int] = set()

    def of(self, file: InputFile, sizes: frozenset[int]) -> str | None:
        """None for a plain file of another size than `sizes`: it needs no reading to differ.

        Raises FileRefused when the file cannot be read.
        """
        if file in self._known:
            return self._known[file]
        with closing(file.open()) as stream:
            if stream.is_plain and stream.total not in sizes:
                return None
            stream.drain()
            self._known[file] = stream.sha256()
        return self._known[file]

    def other_with(self, sha256: str, size: int, than: InputFile) -> InputFile | None:
        """Another file of the call that now has this content: it was copied or moved there."""
        for file in self._files:
            try:
                if file != than and self.of(file, frozenset({size})) == sha256:
                    return file
            except FileRefused:  # it will say so in its own turn
                continue
        return None
