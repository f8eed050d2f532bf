"""Expected failures of the loader: one message, a hint on what to do next, and an exit code.

The same shape as `ready.errors`, which this package does not import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loader.results import LoadSummary, Reject


class LoaderError(Exception):
    """An expected failure. `message` says what is wrong and where; `hint` what to do next."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(LoaderError):
    """The call is wrong: no such file, no file that matches, an unknown encoding."""

    exit_code = 2


class FileRefused(LoaderError):
    """One file cannot be loaded as it is; nothing of it is in the database.

    `rejected` and `first_rejects` are set when it has too many records that cannot be stored.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        rejected: int = 0,
        first_rejects: tuple[Reject, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.rejected = rejected
        self.first_rejects = first_rejects


class EmptyFile(FileRefused):
    """A file of 0 bytes, or of blank lines: it has no header, and there is nothing more to read of it."""


class FilesRefused(LoaderError):
    """At the end of a call: some files were refused, all others are loaded (`summary`)."""

    exit_code = 1

    def __init__(self, message: str, summary: LoadSummary, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.summary = summary


class ServerError(LoaderError):
    """The server went away, or the user may not write."""

    exit_code = 3
