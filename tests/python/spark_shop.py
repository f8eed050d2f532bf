"""A shop on Spark to prove things on."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from proof_case import Shop
from spark_case import query

from loader.spark.tables import ensure_raw_tables
from ready.proof.reproduce import NOT_BUILT
from ready.proof.scratch import NAME
from ready.spark.connection import SparkParams, fetch


@dataclass(frozen=True)
class SparkShop(Shop):
    """database: of a Spark cluster that is up. Settings and commands are on Spark."""

    database: SparkParams

    @property
    def environ(self) -> dict[str, str]:
        return {**super().environ, "READY_TARGET": "spark"}

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return query(self.database, statement)

    def build(self, *selected: str) -> None:
        """Load, and build all tables or those selected; the tests of dbt, which take longest, do not run."""
        build = ("build", *(argument for kind in NOT_BUILT for argument in ("--exclude-resource-type", kind)))
        for arguments in (("load", self.data), ("dbt", *build, *selected, "--target", "spark")):
            done = self.ready(*arguments, READY_SCRATCH="true")
            assert done.returncode == 0, done.stdout + done.stderr

    def scratch(self) -> list[str]:
        """What checks have in the warehouse: schemas, and folders."""
        with closing(self.database.connect()) as connection:
            schemas = [name for (name,) in fetch(connection, "show databases")]
            folders = [path.name for path in ensure_raw_tables(connection).parent.iterdir()]
        return [name for name in (*schemas, *folders) if re.match(NAME, name)]
