"""Loads files: several at a time, each in one transaction, committed in the order of delivery."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import replace

from loader.dry_run import DryRun
from loader.errors import FileRefused, FilesRefused
from loader.file_load import FileLoad, weigh_known
from loader.files import InputFile, find_files
from loader.hashes import Hashes
from loader.moves import displaced, find_moves, follow_moves
from loader.options import LoadOptions
from loader.postgres import Connect, PostgresSink
from loader.results import FileResult, LoadSummary, Progress, Silent
from loader.sink import Session, Sink
from loader.turns import Aborted, Turns


def load_files(
    connect: Connect,
    paths: Iterable[str | os.PathLike[str]],
    options: LoadOptions | None = None,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
) -> LoadSummary:
    """`load_into` a PostgreSQL. `connect` opens a psycopg2 connection; it is called once per worker."""
    return load_into(PostgresSink(connect), paths, options, progress, dry_run=dry_run)


def load_into(
    sink: Sink,
    paths: Iterable[str | os.PathLike[str]],
    options: LoadOptions | None = None,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
) -> LoadSummary:
    """Load what `paths` mean (files, folders, globs, archives, `-`) into schema raw, each once.

    A dry run reads and reports, and writes nothing.
    Raises InputError (no such file), FilesRefused at the end when some files could not be loaded
    (the others are), ServerError when the server fails.
    """
    options = options or LoadOptions()
    files = find_files(
        paths,
        options.pattern,
        options.name,
        follow_links=options.links == "follow",
        leave_out=options.leave_out,
    )
    started = time.monotonic()
    call = _Call(sink, files, options, progress or Silent(), dry_run)
    results = call.run()
    summary = LoadSummary(options.source, tuple(results), time.monotonic() - started, dry_run)
    if summary.refused:
        raise _refusal(summary)
    return summary


class _Call:
    """One call of load_files: its workers share the queue of files and the turns."""

    def __init__(
        self,
        sink: Sink,
        files: list[InputFile],
        options: LoadOptions,
        progress: Progress,
        dry_run: bool,
    ) -> None:
        self._sink = sink
        self._files = files
        self._options = options
        self._progress = progress
        self._dry_run = dry_run
        self._numbers = iter(range(len(files)))
        self._taking = threading.Lock()
        self._hashes = Hashes(files)
        self._begin, self._commit = Turns(), Turns()
        self._aborted = threading.Event()
        self._sessions: list[Session] = []
        self._results: dict[int, FileResult] = {}
        self._moving: frozenset[int] = frozenset()
        self._notes: dict[str, tuple[str, ...]] = {}

    def run(self) -> list[FileResult]:
        if self._dry_run:
            self._foresee_moves()
        else:
            self._sink.prepare()
            self._follow_moves()
        workers = max(1, min(self._options.workers, self._sink.max_workers, len(self._files)))
        with self._sink.running(), ThreadPoolExecutor(workers, thread_name_prefix="loader") as pool:
            futures = [pool.submit(self._work) for _ in range(workers)]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self._abort()
                raise
        return [self._results[number] for number in range(len(self._files))]

    def _follow_moves(self) -> None:
        with (
            closing(self._sink.connect()) as session,
            session.transaction(self._files[0].label, self._options.source) as transaction,
        ):
            self._notes = follow_moves(
                transaction.ledger, self._files, self._hashes, self._progress, self._options
            )

    def _foresee_moves(self) -> None:
        with (
            closing(self._sink.connect()) as session,
            session.reading(self._files[0].label, self._options.source) as ledger,
        ):
            if not ledger:
                return
            moves = find_moves(ledger, self._files, self._hashes)
            self._moving = frozenset(load.load_id for load, _ in moves)
            for load, earlier in displaced(ledger, moves):
                weigh_known(ledger, earlier.file_name, earlier, load, self._options)

    def _abort(self) -> None:
        """Stop the other workers as well: on Ctrl-C, and when the server fails."""
        self._aborted.set()
        self._begin.abort()
        self._commit.abort()
        for session in list(self._sessions):
            session.cancel()

    def _work(self) -> None:
        with closing(self._sink.connect()) as session:
            self._sessions.append(session)
            try:
                while (number := self._take()) is not None:
                    self._results[number] = self._result(session, number)
                    self._progress.finished(self._results[number])
            except Aborted:
                return

    def _take(self) -> int | None:
        with self._taking:
            return None if self._aborted.is_set() else next(self._numbers, None)

    def _result(self, session: Session, number: int) -> FileResult:
        file, started = self._files[number], time.monotonic()
        try:
            result = self._run_one(session, number)
        except FileRefused as refusal:
            result = _refused(file, refusal)
        finally:
            self._begin.done(number)
            self._commit.done(number)
        warnings = (*self._notes.get(file.name, ()), *result.warnings)
        return replace(result, warnings=warnings, seconds=time.monotonic() - started)

    def _run_one(self, session: Session, number: int) -> FileResult:
        file = self._files[number]
        if file.special:
            return FileResult(file.name, "passed over", warnings=(f"{file.special}, and no file",))
        if self._dry_run:
            return DryRun(file, self._options, self._progress, self._moving).run(session)
        load = FileLoad(file, self._options, self._progress, self._hashes, number, self._begin, self._commit)
        return load.run(session)


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
