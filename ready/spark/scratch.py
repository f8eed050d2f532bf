"""A scratch place on Spark: see ready/proof/scratch.py."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any, ClassVar

from loader.spark.tables import ensure_raw_tables
from ready.database.engine import EngineParams
from ready.errors import NothingThere
from ready.proof.scratch import NAME, Result, Scratch
from ready.spark.connection import fetch, spark_errors
from ready.spark.dialect import identifier
from ready.spark.loading import warehouse_errors
from ready.spark.query import in_utc, missing_told


@dataclass(frozen=True)
class SparkScratch(Scratch):
    """worker: sends the check's own statements; Ctrl-C does not reach it, so it reads each answer whole."""

    worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    text_type = "string"
    instant_type = "timestamp"
    dbt_target: ClassVar[tuple[str, ...]] = ("--target", "spark")

    @staticmethod
    @contextmanager
    def connected(params: EngineParams) -> Iterator[Any]:
        with spark_errors(), closing(params.connect()) as connection:
            yield connection

    @contextmanager
    def claimed(self) -> Iterator[None]:
        with warehouse_errors():
            folder = self.worker.submit(ensure_raw_tables, self.connection).result()
        with ExitStack() as stack:
            lock = stack.enter_context(open(folder / ".scratch.lock", "a", encoding="ascii"))
            with suppress(BlockingIOError):  # another check is at work: the next one will sweep
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._drop(folder.parent, NAME)
            fcntl.flock(lock, fcntl.LOCK_SH)
            stack.callback(self._drop, folder.parent, f"^{self.settings.schema_prefix}")
            # Waits for a statement at work, which would write on where nothing is left.
            stack.callback(self.worker.shutdown)
            yield

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return self.worker.submit(function, self.connection, *arguments).result()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(map(in_utc, row)) for row in self._fetch(query)]

    def execute(self, statement: str) -> None:
        self._fetch(statement)

    def types(self, table: str) -> dict[str, str]:
        with suppress(NothingThere), missing_told():
            # After an empty name comes what is said of partitions.
            described = self._fetch(f"describe table {table}")
            return dict(takewhile(itemgetter(0), ((name, type) for name, type, *_ in described)))
        return {}

    def no_instant(self, text: str) -> str:
        return f"{text} is not null and try_cast({text} as timestamp) is null"

    def quote(self, name: str) -> str:
        return identifier(name)

    def with_names_of_here(self, text: str) -> str:
        caller = self.caller.schema_prefix
        named = rf"\b{re.escape(caller)}(?=(?:stg|feats|meta)[.])"
        return re.sub(named, self.settings.schema_prefix, text) if caller else text

    def replace_table(self, table: str, query: str) -> None:
        self.execute(f"drop table if exists {table}")
        self.execute(f"create table {table} using parquet as {query}")

    def create_view(self, view: str, query: str) -> None:
        self.execute(f"create view {view} as {query}")

    @contextmanager
    def confined(self) -> Iterator[Scratch | None]:
        yield None

    def _fetch(self, statement: str) -> list[tuple[Any, ...]]:
        return self.worker.submit(fetch, self.connection, statement).result()

    def _drop(self, warehouse: Path, pattern: str) -> None:
        with closing(self.params.connect()) as connection:
            for (schema,) in fetch(connection, "show databases"):
                if re.match(pattern, schema):
                    fetch(connection, f"drop database if exists {self.quote(schema)} cascade")
        for left in warehouse.iterdir():  # by executors that were killed
            if re.match(pattern, left.name):
                shutil.rmtree(left, ignore_errors=True)
