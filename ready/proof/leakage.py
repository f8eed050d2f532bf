"""No row knows its future: change everything at or after a cutoff, and no feature row up to it moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import psycopg2.errors
from psycopg2 import sql

from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.proof.compare import Comparison, Difference, compare_tables, table_columns
from ready.proof.feature_models import Plan, plan_check
from ready.proof.futures import FUTURES, future_orders
from ready.proof.scratch import Scratch, scratch
from ready.settings import Settings

Say = Callable[[str], None]

BEFORE = "before"
# As macros/publish/candidates.sql names them.
CANDIDATE = "__candidate"


@dataclass(frozen=True)
class Leak:
    """A feature that moved: in `model`, when everything from `cutoff` on was `change`."""

    model: str
    cutoff: datetime
    change: str
    difference: Difference


@dataclass(frozen=True)
class LeakageReport:
    """rows: of each feature model, how many rows were compared over all cutoffs and changes.

    unproven: of each model that gets orders past stg.orders, the tables by which it does; the check says
    nothing of it.
    """

    cutoffs: tuple[datetime, ...]
    rows: dict[str, int]
    leaks: tuple[Leak, ...]
    unproven: dict[str, tuple[str, ...]]

    @property
    def passed(self) -> bool:
        return not self.leaks and not self.unproven and all(self.rows.values())


def check_leakage(
    settings: Settings, params: ConnectionParams, *, cutoffs: int = 3, say: Say
) -> LeakageReport:
    """Build every feature model from stg.orders as it is, and again under each change at each cutoff.

    cutoffs: how many, spread evenly over the feature times. All of it happens in scratch schemas; `say` is
    told each step. Raises UsageError when nothing is built yet or a model cannot be built.
    """
    with scratch(settings, params, "leak") as place:
        return _Check(settings, place, say).run(cutoffs)


class _Check:
    """One check's state."""

    def __init__(self, settings: Settings, place: Scratch, say: Say) -> None:
        self.settings = settings
        self.place = place
        self.say = say
        self.original = place.table("stg", "original_orders")

    def run(self, number: int) -> LeakageReport:
        manifest = self.place.dbt("parse").manifest or {}
        plan = plan_check(manifest, prefix=self.place.settings.schema_prefix)
        self.plan, self.orders = plan, self.place.table("stg", plan.root)
        self._copy_inputs(manifest, plan)
        self.say("building the features from the orders as they are")
        self._replace_orders(sql.SQL("select * from {}").format(self.original), {})
        self._build(plan)
        models = self._feature_tables(manifest, plan)
        cutoffs = self._cutoffs(models["customer_features"], number)
        self._keep(models, max(cutoffs))
        rows = dict.fromkeys(models, 0)
        leaks: list[Leak] = []
        for cutoff in cutoffs:
            for change in FUTURES:
                self.say(f"{cutoff:%Y-%m-%d %H:%M:%S}: orders from then on {change}")
                self._replace_orders(
                    future_orders(change, self.original, self.columns, plan.time), {"cutoff": cutoff}
                )
                self._build(plan)
                for model, comparison in self._compare(models, cutoff).items():
                    rows[model] += comparison.rows
                    leaks += [Leak(model, cutoff, change, found) for found in comparison.differences]
        unproven = {
            manifest["nodes"][id]["name"]: names
            for id, names in plan.bypasses.items()
            if names and manifest["nodes"][id]["name"] in models
        }
        return LeakageReport(cutoffs, rows, tuple(leaks), unproven)

    def _build(self, plan: Plan) -> None:
        self.place.dbt("run", "--full-refresh", "--select", *plan.build)

    def _copy_inputs(self, manifest: Mapping[str, Any], plan: Plan) -> None:
        """One copy of orders; and what the models read beside them: views under the scratch names."""
        self._create_schema(self.place.settings.schema("stg"))
        source = sql.Identifier(self.settings.schema("stg"), plan.root)
        try:
            self.place.execute(sql.SQL("create table {} as table {}").format(self.original, source))
            for id in plan.inputs:
                if id in manifest["nodes"]:
                    self._mirror(manifest["nodes"][id])
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName) as error:
            raise UsageError(
                f"not everything is built yet: {str(error).splitlines()[0]}", hint="build it with: ready run"
            ) from None
        self.columns = table_columns(self.place.connection, self.original)

    def _mirror(self, node: Mapping[str, Any]) -> None:
        schema = node["schema"].removeprefix(self.place.settings.schema_prefix)
        self._create_schema(node["schema"])
        self.place.execute(
            sql.SQL("create view {} as select * from {}").format(
                sql.Identifier(node["schema"], node["alias"]),
                sql.Identifier(self.settings.schema(schema), node["alias"]),
            )
        )

    def _create_schema(self, name: str) -> None:
        self.place.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))

    def _replace_orders(self, query: sql.Composable, arguments: Mapping[str, Any]) -> None:
        self.place.execute(sql.SQL("drop table if exists {} cascade").format(self.orders))
        create = sql.SQL("create table {} as {}").format(self.orders, query)
        self.place.execute(create, arguments)
        self.place.execute(sql.SQL("analyze {}").format(self.orders))

    def _feature_tables(self, manifest: Mapping[str, Any], plan: Plan) -> dict[str, sql.Identifier]:
        """By model name, the tables just built that have a feature_time."""
        nodes = [manifest["nodes"][id] for id in plan.models]
        return {
            node["name"]: table
            for node in nodes
            # Not all is built here that reads a published model: it stays a candidate.
            for table in (sql.Identifier(node["schema"], node["alias"] + end) for end in ("", CANDIDATE))
            if "feature_time" in table_columns(self.place.connection, table)
        }

    def _cutoffs(self, features: sql.Identifier, number: int) -> tuple[datetime, ...]:
        """Feature times, as far apart from each other and from both ends as there are rows."""
        shares = [(n + 1) / (number + 1) for n in range(number)]
        with self.place.connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "select percentile_disc(%s::float8[]) within group (order by feature_time) "
                    "from (select distinct feature_time from {}) as times"
                ).format(features),
                [shares],
            )
            (times,) = cursor.fetchone() or (None,)
        if not times:
            raise UsageError("there are no feature rows to check", hint="load orders first: ready run")
        return tuple(sorted(set(times)))

    def _keep(self, models: Mapping[str, sql.Identifier], until: datetime) -> None:
        self._create_schema(self.place.settings.schema(BEFORE))
        for name, table in models.items():
            self.place.execute(
                sql.SQL("create table {} as select * from {} where feature_time <= %s").format(
                    self.place.table(BEFORE, name), table
                ),
                [until],
            )

    def _compare(self, models: Mapping[str, sql.Identifier], cutoff: datetime) -> dict[str, Comparison]:
        until = self._calendar_end(models, cutoff)
        # Where feature times are orders' own, the orders at the cutoff decide which rows there are at it.
        presence_until = cutoff if self._has_order_at(cutoff) else None
        if self.plan.times_of_orders:
            presence_until = datetime.min.replace(tzinfo=timezone.utc)
        return {
            name: compare_tables(
                self.place.connection,
                self.place.table(BEFORE, name),
                table,
                columns=table_columns(self.place.connection, table),
                until=until,
                presence_until=presence_until,
            )
            for name, table in models.items()
        }

    def _calendar_end(self, models: Mapping[str, sql.Identifier], cutoff: datetime) -> datetime:
        """The calendar ends after the last order: without the future it may end before the cutoff."""
        with self.place.connection.cursor() as cursor:
            cursor.execute(sql.SQL("select max(feature_time) from {}").format(models["feature_times"]))
            (end,) = cursor.fetchone() or (None,)
        return min(cutoff, end) if end else cutoff

    def _has_order_at(self, cutoff: datetime) -> bool:
        with self.place.connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "select exists (select from {} where order_ts = %(cutoff)s) "
                    "or exists (select from {} where order_ts = %(cutoff)s)"
                ).format(self.original, self.orders),
                {"cutoff": cutoff},
            )
            (found,) = cursor.fetchone() or (False,)
        return bool(found)
