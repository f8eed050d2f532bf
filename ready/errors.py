"""Expected failures: each has one message, a hint on what to do next, and an exit code.

Exit codes are part of the contract: 1 the gate or a check failed, 2 wrong usage or
configuration, 3 the database or the machine failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg2

    from loader.errors import LoaderError


class ReadyError(Exception):
    """An expected failure; the command line prints it without a traceback.

    `message` says what is wrong and where; `hint` says what to do next.
    """

    exit_code = 3

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailed(ReadyError):
    """The data did not pass: the gate, a test, a leakage check, an unreadable file."""

    exit_code = 1


class UsageError(ReadyError):
    """The call or the configuration is wrong."""

    exit_code = 2


class MachineError(ReadyError):
    """The database, the disk or the machine failed."""

    exit_code = 3


class NothingThere(UsageError):
    """A table that a query names is not there."""

    def __init__(self, missing: str | None) -> None:
        super().__init__(f"nothing has been built yet: {missing}", hint="build it with: ready run")


class NoSuchColumn(NothingThere):
    """Its table is there."""


class UnknownCustomers(UserWarning):
    """Ids that a caller's table has and the data do not: often another type or notation of the same ids."""


def nothing_built(feature_set: str) -> UsageError:
    """Of a feature set without a version."""
    return UsageError(f"no version of {feature_set} has been built yet", hint="build it with: ready run")


def from_loader(error: LoaderError) -> ReadyError:
    """The loader's expected failure as ours: same message, hint and exit code."""
    kinds = {kind.exit_code: kind for kind in (CheckFailed, UsageError, MachineError)}
    return kinds[error.exit_code](error.message, hint=error.hint)


def from_database(error: psycopg2.Error) -> MachineError:
    """A statement that the server refused, or did not live to answer."""
    import psycopg2.errors  # reading an export does without

    message = error.diag.message_primary or str(error).strip() or "the connection was lost"
    if isinstance(error, psycopg2.errors.InsufficientPrivilege):
        hint = "let its owner grant the right, or name another user (PGUSER or DATABASE_URL)"
    else:
        hint = "see whether the server is well with ready db status, and run the command again"
    return MachineError(f"the database failed: {message}", hint=hint)
