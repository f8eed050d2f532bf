"""Features of one customer after the other, by a statement that the database has prepared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import psycopg2.errors
import psycopg2.extras
from psycopg2 import sql

from ready.database.query import connected
from ready.definition.column_roles import FEATURE_SET
from ready.errors import UsageError, from_database
from ready.settings import Settings

PREPARE = "prepare features_of (text, timestamptz) as select * from {}($1, coalesce($2, now()))"
NO_FUNCTION = (
    psycopg2.errors.UndefinedFunction,
    psycopg2.errors.UndefinedTable,
    psycopg2.errors.InvalidSchemaName,
)


class FeatureReader:
    """What was known of a customer: `reader("C000015")`. See ready.feature_reader, which makes one.

    It has a connection of its own until it is closed, at the end of a `with` too; one thread at a time.
    """

    def __init__(self, settings: Settings, *, exact: bool = False, feature_set: str = FEATURE_SET) -> None:
        if settings.target != "postgres":
            raise UsageError(
                "features of single customers are served by PostgreSQL only",
                hint="leave READY_TARGET out, or take ready.features_at",
            )
        self._exact = exact
        self._function = sql.Identifier(settings.schema("feats"), f"{feature_set}_at")
        with ExitStack() as stack:
            connection = stack.enter_context(connected(settings))
            connection.autocommit = True
            self._cursor = connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
            self._prepare()
            self._open = stack.pop_all()

    def __call__(self, customer_id: str | int, feature_time: datetime | None = None) -> dict[str, Any]:
        """customer_id, feature_time and the features, as of feature_time: UTC without a zone, None for now.

        Raises MachineError when the database fails, UsageError for what is no id or time, and once closed.
        """
        if self._cursor.closed:
            raise UsageError(
                "this reader is closed, or has lost its connection",
                hint="make another: ready.feature_reader()",
            )
        with _reported():
            row = self._row(_id(customer_id), _instant(feature_time))
        return row if self._exact else {name: _for_models(value) for name, value in row.items()}

    def close(self) -> None:
        """Give the connection back. Nothing can be asked afterwards."""
        self._open.close()

    def __enter__(self) -> FeatureReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        with _reported():
            self._cursor.execute("deallocate all")
            self._cursor.execute(sql.SQL(PREPARE).format(self._function))

    def _row(self, *values: Any) -> dict[str, Any]:
        try:
            self._cursor.execute("execute features_of (%s, %s)", values)
        except psycopg2.errors.FeatureNotSupported:  # a build with other columns was published meanwhile
            self._prepare()
            self._cursor.execute("execute features_of (%s, %s)", values)
        return dict(self._cursor.fetchone())


@contextmanager
def _reported() -> Iterator[None]:
    """The database's errors as ours."""
    try:
        yield
    except NO_FUNCTION as error:
        raise UsageError(
            f"the database does not serve features: {error.diag.message_primary}",
            hint="build them with: ready run; a table with columns of its own is served by ready.features_at",
        ) from None
    except psycopg2.Error as error:
        raise from_database(error) from None
    except (ValueError, OverflowError) as error:  # of the driver: no text or time of PostgreSQL's
        raise UsageError(f"the database cannot be asked for this: {error}") from None


def _id(customer_id: object) -> str:
    if isinstance(customer_id, bool) or not isinstance(customer_id, str | int):
        raise UsageError(f"a customer id is text or an int, not {customer_id!r}")
    return str(customer_id)


def _instant(time: object) -> datetime | None:
    if time is None:
        return None
    if not isinstance(time, datetime) or time != time:  # pandas has one that is no time
        raise UsageError(f"a feature time is a datetime or None, not {time!r}")
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _for_models(value: Any) -> Any:
    """An exact decimal as its nearest double."""
    return float(value) if isinstance(value, Decimal) else value
