"""Bytes of a file as they were delivered: decompressed, counted and hashed while they are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, cast

from loader.errors import FileRefused, LoaderError
from loader.kinds import document_in_zip, not_csv

# A CSV file packs to a tenth or a fiftieth; what would fill the disk out of a few bytes is no delivery.
MAX_EXPANSION = 250
EXPANDS_FREELY = 64 << 20
GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"


class ByteStream:
    """The uncompressed bytes of one file, read once from start to end.

    Knows how far it is (`position`, in bytes on disk), how much it gave (`size`) and its SHA-256.
    """

    def __init__(self, raw: BinaryIO, *, label: str, total: int | None) -> None:
        self.label = label
        self.total = total
        self.size = 0
        self._raw = raw
        self._hash = hashlib.sha256()
        self._source: IO[bytes] = _decompressed(raw, label)
        self._identity = _identity(raw)
        self._prefix_size = 0
        self._prefix: str | None = None

    @property
    def is_plain(self) -> bool:
        return self._source is self._raw

    def read(self, size: int) -> bytes:
        """About `size` bytes, empty at the end. Raises FileRefused when the file is damaged."""
        with damage_refused(self.label):
            data = self._source.read(size)
        self._note_prefix(data)
        self._hash.update(data)
        self.size += len(data)
        if not self.is_plain:
            check_expansion(self.label, self.size, self.position())
        return data

    def expect_prefix(self, size: int) -> None:
        """Before the first read: have `begins_with` tell what the first `size` bytes are."""
        self._prefix_size = size

    def begins_with(self, sha256: str) -> bool:
        """Whether the bytes read begin with those of this hash, up to the end of a line."""
        return self._prefix == sha256

    def _note_prefix(self, data: bytes) -> None:
        rest = self._prefix_size - self.size
        if 0 < rest <= len(data) and data[rest - 1] in b"\r\n":
            prefix = self._hash.copy()
            prefix.update(memoryview(data)[:rest])
            self._prefix = prefix.hexdigest()

    def position(self) -> int:
        return self._raw.tell() if self._raw.seekable() else self.size

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def drain(self) -> None:
        """Read on to the end."""
        while self.read(1 << 20):
            pass

    def check_unchanged(self) -> None:
        """Raises FileRefused when the file was written to since it was opened."""
        size_differs = self.is_plain and self.total is not None and self.size != self.total
        if size_differs or _identity(self._raw) != self._identity:
            raise FileRefused(
                f"{self.label} changed while it was read; nothing of it was loaded",
                hint="run the command again when nothing writes to the file",
            )

    def close(self) -> None:
        self._source.close()
        self._raw.close()


def check_expansion(label: str, size: int, packed: int) -> None:
    """Raises FileRefused for `packed` bytes that become far too many."""
    if size > max(EXPANDS_FREELY, MAX_EXPANSION * packed):
        raise FileRefused(
            f"{label} expands to more than {MAX_EXPANSION} times its size, as no real export does",
            hint="unpack it where there is room, look at it, and load the plain file",
        )


@contextmanager
def damage_refused(label: str) -> Iterator[None]:
    """Turns what the decompressors and the disk raise into one refusal."""
    try:
        yield
    except LoaderError:
        raise
    except (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise FileRefused(
            f"{label} is damaged or cut off: {error}", hint="copy or export the file again"
        ) from None
    except RuntimeError as error:  # zipfile: the member is encrypted
        raise FileRefused(f"{label}: {error}", hint="unpack the archive and load its files") from None
    except OSError as error:
        raise FileRefused(
            f"{label} cannot be read: {error.strerror or error}",
            hint="check the file and its permissions, then run the command again",
        ) from None


def _decompressed(raw: BinaryIO, label: str) -> IO[bytes]:
    head = cast(io.BufferedReader, raw).peek(4)[:4] if hasattr(raw, "peek") else b""
    if head.startswith(GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    if head == ZSTD:
        return cast("IO[bytes]", _Zstandard(raw))
    if head == ZIP:
        if document := document_in_zip(raw) if raw.seekable() else None:
            raise not_csv(label, *document)
        raise FileRefused(
            f"{label} is a damaged zip archive, or one within another archive or on standard input",
            hint="unpack it and load its files",
        )
    return raw


class _Zstandard(io.RawIOBase):
    """Zstandard by way of pyarrow, which is there for the export anyway; imported only when needed."""

    def __init__(self, raw: BinaryIO) -> None:
        import pyarrow as pa

        self._stream: Any = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        return data


def _identity(raw: BinaryIO) -> tuple[int, int] | None:
    """Size and time of the last change of a file on disk; None for what has none, such as a pipe."""
    try:
        status = os.fstat(raw.fileno())
    except (OSError, AttributeError):
        return None
    return (status.st_size, status.st_mtime_ns) if raw.seekable() else None
