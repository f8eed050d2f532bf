"""Schemas and a folder for one check, gone when it ends: nothing that users read is touched.

What differs between engines is in ready/postgres/scratch.py and ready/spark/scratch.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from ready.database.engine import EngineParams
from ready.dbt.runner import DbtRun, require_success, run_dbt
from ready.settings import Settings

Result = TypeVar("Result")
NAME = "^(?:leak|repro)_[0-9a-f]{8}_"


@dataclass(frozen=True)
class Scratch(ABC):
    """settings: the caller's, with a schema prefix, a home and artifacts of its own.

    caller: the settings of who asked for the check. connection: for the check's own statements, each of
    which takes effect at once. Tables are given as SQL.
    """

    settings: Settings
    caller: Settings
    params: EngineParams
    connection: Any

    text_type = "text"
    instant_type = "timestamptz"
    dbt_target: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    @contextmanager
    def connected(params: EngineParams) -> Iterator[Any]:
        """A connection; the engine's failures meanwhile are raised as the commands report them."""
        with closing(params.connect()) as connection:
            yield connection

    @abstractmethod
    def claimed(self) -> AbstractContextManager[None]:
        """While this lasts nobody else sweeps the place; at its end the place is gone.

        Also removes what checks that were killed have left.
        """

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """What a function of (connection, ...) gives that sends statements of its own."""
        return function(self.connection, *arguments)

    @abstractmethod
    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query; its times are in UTC."""

    @abstractmethod
    def execute(self, statement: str) -> None: ...

    @abstractmethod
    def types(self, table: str) -> dict[str, str]:
        """The table's columns in their order, with their types; empty when there is no such table."""

    def are_instants(self, table: str, column: str) -> bool:
        """Whether every value of a column is a time, a date, or the text of one."""
        type = self.types(table)[column]
        if type.startswith(("timestamp", "date")):
            return True
        values = self.as_text(self.quote(column))
        is_text = type.startswith(("text", "character", "string", "varchar"))
        faulty = f"select count(*) from {table} where {self.no_instant(values)}"
        return is_text and self.rows(faulty) == [(0,)]

    @abstractmethod
    def no_instant(self, text: str) -> str:
        """The condition that a text is there and cannot be read as an instant."""

    def columns(self, table: str) -> list[str]:
        return list(self.types(table))

    @abstractmethod
    def quote(self, name: str) -> str:
        """A name as SQL writes it."""

    @abstractmethod
    def replace_table(self, table: str, query: str) -> None:
        """Let a table hold what the query gives. Whoever may use its schema may read it."""

    @abstractmethod
    def create_view(self, view: str, query: str) -> None:
        """As replace_table, for a view that is not there yet."""

    def drop_own_tables(self, kept: Sequence[str]) -> None:  # noqa: B027
        """Every table and view of a confined role's own in the place, but in these schemas."""

    @abstractmethod
    def confined(self) -> AbstractContextManager[Scratch | None]:
        """The same place for a role that can read nothing else; None where there is no such role."""

    @abstractmethod
    def with_names_of_here(self, text: str) -> str:
        """SQL that dbt has compiled for the caller, as it compiles it here."""

    def table(self, schema: str, name: str) -> str:
        """A table of this place."""
        return self.named(self.settings.schema(schema), name)

    def table_in_use(self, schema: str, name: str) -> str:
        """The caller's table."""
        return self.named(self.caller.schema(schema), name)

    def named(self, schema: str, name: str) -> str:
        return f"{self.quote(schema)}.{self.quote(name)}"

    def names(self, columns: Sequence[str]) -> str:
        return ", ".join(map(self.quote, columns))

    def as_text(self, expression: str) -> str:
        return f"cast({expression} as {self.text_type})"

    def as_instant(self, expression: str) -> str:
        return f"cast({expression} as {self.instant_type})"

    def instant(self, time: datetime) -> str:
        return self.as_instant(f"'{time.isoformat()}'")

    def dbt(self, *arguments: str) -> DbtRun:
        """Run dbt here. Raises as ready.dbt.runner.require_success does."""
        run = self.try_dbt(*arguments)
        require_success(run, settings=self.settings)
        return run

    def try_dbt(self, *arguments: str, parsed: Any = None) -> DbtRun:
        """The same, and what failed is left to the caller. parsed: as run_dbt has it."""
        return run_dbt(
            [*arguments, *self.dbt_target],
            settings=self.settings,
            params=self.params,
            on_node=lambda node: None,
            on_warning=lambda text: None,
            parsed=parsed,
        )
