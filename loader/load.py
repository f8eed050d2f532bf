"""Loads files: several at a time, each in one transaction, committed in the order of delivery."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

import psycopg2
import psycopg2.errors

from loader.dry_run import DryRun
from loader.errors import FileRefused, FilesRefused, ServerError
from loader.file_load import FileLoad
from loader.files import InputFile, find_files
from loader.hashes import Hashes
from loader.options import LoadOptions
from loader.results import FileResult, LoadSummary, Progress, Silent
from loader.schema import ensure_raw_schema
from loader.turns import Aborted, Turns

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

Connect = Callable[[], "Connection"]


def load_files(
    connect: Connect,
    paths: Iterable[str | os.PathLike[str]],
    options: LoadOptions | None = None,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
) -> LoadSummary:
    """Load what `paths` mean (files, folders, globs, archives, `-`) into schema raw, each once.

    `connect` opens a psycopg2 connection; it is called once per worker. A dry run reads and
    reports, and writes nothing.
    Raises InputError (no such file), FilesRefused at the end when some files could not be loaded
    (the others are), ServerError when the server fails.
    """
    options = options or LoadOptions()
    files = find_files(paths, options.pattern, options.name)
    started = time.monotonic()
    call = _Call(connect, files, options, progress or Silent(), dry_run)
    results = call.run()
    summary = LoadSummary(options.source, tuple(results), time.monotonic() - started, dry_run)
    if summary.refused:
        raise _refusal(summary)
    return summary


class _Call:
    """One call of load_files: its workers share the queue of files and the turns."""

    def __init__(
        self,
        connect: Connect,
        files: list[InputFile],
        options: LoadOptions,
        progress: Progress,
        dry_run: bool,
    ) -> None:
        self._connect = connect
        self._files = files
        self._options = options
        self._progress = progress
        self._dry_run = dry_run
        self._numbers = iter(range(len(files)))
        self._taking = threading.Lock()
        self._hashes = Hashes(files)
        self._begin, self._commit = Turns(), Turns()
        self._aborted = threading.Event()
        self._connections: list[Connection] = []
        self._results: dict[int, FileResult] = {}

    def run(self) -> list[FileResult]:
        if not self._dry_run:
            with closing(self._connect()) as connection:
                ensure_raw_schema(connection)
        workers = max(1, min(self._options.workers, len(self._files)))
        with _without_psycopg2_noise(), ThreadPoolExecutor(workers, thread_name_prefix="loader") as pool:
            futures = [pool.submit(self._work) for _ in range(workers)]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self._abort()
                raise
        return [self._results[number] for number in range(len(self._files))]

    def _abort(self) -> None:
        """Stop the other workers as well: on Ctrl-C, and when the server fails."""
        self._aborted.set()
        self._begin.abort()
        self._commit.abort()
        for connection in list(self._connections):
            with suppress(psycopg2.Error):
                connection.cancel()

    def _work(self) -> None:
        with closing(self._connect()) as connection:
            self._connections.append(connection)
            try:
                while (number := self._take()) is not None:
                    self._results[number] = self._result(connection, number)
                    self._progress.finished(self._results[number])
            except Aborted:
                return

    def _take(self) -> int | None:
        with self._taking:
            return None if self._aborted.is_set() else next(self._numbers, None)

    def _result(self, connection: Connection, number: int) -> FileResult:
        file, started = self._files[number], time.monotonic()
        try:
            result = self._run_one(connection, number)
        except FileRefused as refusal:
            result = _refused(file, refusal)
        except psycopg2.DataError as error:
            result = _refused(file, FileRefused(f"{file.label}: {str(error).strip()}"))
        except psycopg2.Error as error:
            raise _server_error(file, error) from None
        finally:
            self._begin.done(number)
            self._commit.done(number)
        return replace(result, seconds=time.monotonic() - started)

    def _run_one(self, connection: Connection, number: int) -> FileResult:
        file = self._files[number]
        if self._dry_run:
            return DryRun(file, self._options, self._progress).run(connection)
        load = FileLoad(file, self._options, self._progress, self._hashes, number, self._begin, self._commit)
        return load.run(connection)


def _refused(file: InputFile, refusal: FileRefused) -> FileResult:
    return FileResult(
        file.name,
        "refused",
        rows_rejected=refusal.rejected,
        first_rejects=refusal.first_rejects,
        message=refusal.message,
        hint=refusal.hint,
    )


def _refusal(summary: LoadSummary) -> FilesRefused:
    refused = summary.refused
    others = len(summary.files) - len(refused)
    head = f"{len(refused)} file(s) refused, {others} other(s) fine:\n" if len(summary.files) > 1 else ""
    hints = list(dict.fromkeys(file.hint for file in refused if file.hint))
    return FilesRefused(
        head + "\n".join(file.message or file.file_name for file in refused),
        summary,
        hint="; ".join(hints) or None,
    )


@contextmanager
def _without_psycopg2_noise() -> Iterator[None]:
    """When the server dies within a COPY, psycopg2 prints a SystemError of its own besides raising."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if kind is not SystemError:
            before(kind, error, trace)

    sys.excepthook = hook
    try:
        yield
    finally:
        sys.excepthook = before


def _server_error(file: InputFile, error: psycopg2.Error) -> ServerError:
    # The rollback on a lost connection fails as well, and hides why it was lost.
    if isinstance(error, psycopg2.InterfaceError) and isinstance(error.__context__, psycopg2.Error):
        error = error.__context__
    text = str(error).strip() or "the connection was lost"
    if isinstance(error, psycopg2.errors.InsufficientPrivilege):
        hint = "grant the database user insert on the tables of schema raw, or name another user"
    else:
        hint = "nothing of this file is in the database; run the command again when the server is well"
    return ServerError(f"the database failed while {file.label} was loaded: {text}", hint=hint)
