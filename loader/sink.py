"""Where loads go: the reader, and the rules of loading, are the same for every engine behind these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from typing import Protocol

from loader.copy import Ahead
from loader.ledger import Load, NewLoad
from loader.spool import RejectSpool


class BytesKnown(Exception):
    """Raised for what is there already, which could not be known before it was written."""


class Ledger(Protocol):
    """The ledger of one source as one transaction sees it."""

    def lock_file(self, file_name: str, *, wait: bool) -> bool:
        """Keep other loaders off this file until the transaction ends; False when one has it."""

    def active(self) -> list[Load]:
        """One load a file name, and one a content."""

    def by_bytes(self, sha256: str, file_name: str) -> Load | None:
        """Of loads without a record only the file's own: empty files of several days are not one."""

    def by_name(self, file_name: str) -> Load | None: ...

    def latest(self) -> Load | None:
        """The latest active load of the source with a header: what a new file's columns are compared with."""

    def orders_gone(
        self, earlier: int, now: int | Set[str], key_columns: Sequence[str], *, only_in_file: bool
    ) -> tuple[int, int]:
        """The orders of the load `earlier`, and how many of them neither `now` nor another active load has.

        now: a load, or the orders' keys. only_in_file: no other file can have an order of this one.
        """

    def sizes(self) -> frozenset[int]: ...
    def next_id(self) -> int: ...

    def supersede(self, load_id: int, by: int) -> None:
        """Must come before `record`: a file has one active load."""

    def rename(self, names: Mapping[int, str]) -> None:
        """Active loads by their ids; they may take over each other's names."""

    def record(self, load: NewLoad) -> None:
        """May raise one of the transaction's `conflicts` when the same bytes are in already."""


class Transaction(Protocol):
    """One file's events, rejects and ledger row: all of them become visible, or none."""

    @property
    def ledger(self) -> Ledger: ...

    @property
    def conflicts(self) -> tuple[type[Exception], ...]:
        """What says that another loader has put the same bytes in meanwhile."""

    def write_events(self, load_id: int, ahead: Ahead) -> None: ...
    def write_rejects(self, rejects: RejectSpool) -> None: ...

    def undo(self) -> None:
        """Forget the events and rejects written, and go on."""


class Session(Protocol):
    """What one worker writes through, file by file."""

    def transaction(self, label: str, source: str) -> AbstractContextManager[Transaction]:
        """Commits at its end; errors name `label`.

        Raises FileRefused for what cannot be stored, else ServerError.
        """

    def reading(self, label: str, source: str) -> AbstractContextManager[Ledger | None]:
        """The ledger for a look into it; None where nothing has ever been loaded."""

    def cancel(self) -> None:
        """End what another thread does in this session."""

    def close(self) -> None: ...


class Sink(Protocol):
    """An engine to load into. max_workers: how many files it takes side by side."""

    @property
    def max_workers(self) -> int: ...

    def prepare(self) -> None:
        """Create the raw tables where they are missing."""

    def connect(self) -> Session: ...

    def running(self) -> AbstractContextManager[None]:
        """Entered once, around the workers of a call."""
