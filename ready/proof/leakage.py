"""No row knows its future: change everything at or after a cutoff, and no feature row up to it moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ready.engine import EngineParams
from ready.errors import UsageError
from ready.proof.compare import Comparison, Difference, compare_tables
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
    nothing of it. looks_ahead: of each feature_set that is built from labels, which ones; it is not
    compared. unstable: of each model that two builds of the same orders tell apart, the columns that differ
    (None: the rows); what moved in them is no leak. left_out: the models that look ahead by purpose.
    """

    cutoffs: tuple[datetime, ...]
    rows: dict[str, int]
    leaks: tuple[Leak, ...]
    unproven: dict[str, tuple[str, ...]]
    looks_ahead: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unstable: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not any(self.is_open(model) for model in self.rows) and not self.leaks

    def is_open(self, model: str) -> bool:
        """Whether the check cannot say that the model does not know its future."""
        doubts = (self.unproven, self.looks_ahead, self.unstable)
        return not self.rows[model] or any(model in doubt for doubt in doubts)


def check_leakage(settings: Settings, params: EngineParams, *, cutoffs: int = 3, say: Say) -> LeakageReport:
    """Build every feature model from stg.orders as it is, and again under each change at each cutoff.

    params: of the settings' engine. cutoffs: how many, spread evenly over the feature times. All of it
    happens in scratch schemas; `say` is told each step. Raises UsageError when nothing is built yet or a
    model cannot be built.
    """
    with scratch(settings, params, "leak") as place:
        return _Check(place, say).run(cutoffs)


class _Check:
    """One check's state."""

    def __init__(self, place: Scratch, say: Say) -> None:
        self.place = place
        self.say = say
        self.original = place.table("stg", "original_orders")

    def run(self, number: int) -> LeakageReport:
        manifest = self.place.dbt("parse").manifest or {}
        plan = plan_check(manifest, prefix=self.place.settings.schema_prefix)
        self.plan, self.orders = plan, self.place.table("stg", plan.root)
        self._copy_inputs(manifest, plan)
        self.say("building the features from the orders as they are")
        self._build_from(f"select * from {self.original}")
        models = self._feature_tables(manifest, plan)
        cutoffs = self._cutoffs(models["customer_features"], number)
        self._keep(models, max(cutoffs))
        rows, leaks = self._change_futures(models, cutoffs)
        unstable = self._unstable(models, max(cutoffs)) if leaks else {}
        names = {id: manifest["nodes"][id]["name"] for id in plan.bypasses}
        return LeakageReport(
            cutoffs,
            rows=dict(sorted({**rows, **dict.fromkeys(plan.looks_ahead, 0)}.items())),
            leaks=tuple(leak for leak in leaks if leak.difference.column not in unstable.get(leak.model, ())),
            unproven={
                names[id]: tables for id, tables in plan.bypasses.items() if tables and names[id] in models
            },
            looks_ahead=plan.looks_ahead,
            unstable=unstable,
            left_out=plan.left_out,
        )

    def _change_futures(
        self, models: Mapping[str, str], cutoffs: Sequence[datetime]
    ) -> tuple[dict[str, int], list[Leak]]:
        """Of each model how many rows were compared, and what moved."""
        rows = dict.fromkeys(models, 0)
        leaks: list[Leak] = []
        for cutoff in cutoffs:
            for change in FUTURES:
                self.say(f"{cutoff:%Y-%m-%d %H:%M:%S}: orders from then on {change}")
                changed = future_orders(
                    self.place,
                    change,
                    self.original,
                    columns=self.columns,
                    time=self.plan.time,
                    cutoff=cutoff,
                )
                self._build_from(changed)
                for model, comparison in self._compare(models, cutoff).items():
                    rows[model] += comparison.rows
                    leaks += [Leak(model, cutoff, change, found) for found in comparison.differences]
        return rows, leaks

    def _unstable(self, models: Mapping[str, str], until: datetime) -> dict[str, tuple[str | None, ...]]:
        """What differs, too, when the orders as they are give the features once more: now(), random()."""
        self.say("building the features once more from the orders as they are")
        self._build_from(f"select * from {self.original}")
        found = self._with_before(models, until)
        return {
            name: tuple(one.column for one in comparison.differences)
            for name, comparison in found.items()
            if comparison.differences
        }

    def _build_from(self, orders: str) -> None:
        """Build every feature model; `orders` is the query for the orders."""
        self.place.replace_table(self.orders, orders)
        self.place.dbt("run", "--full-refresh", "--select", *self.plan.build)

    def _copy_inputs(self, manifest: Mapping[str, Any], plan: Plan) -> None:
        """One copy of orders; and what the models read beside them: views under the scratch names."""
        self._create_schema(self.place.settings.schema("stg"))
        self.place.execute(f"create table {self.original} as select * from {self._in_use('stg', plan.root)}")
        for id in plan.inputs:
            if id in manifest["nodes"]:
                self._mirror(manifest["nodes"][id])
        self.columns = self.place.columns(self.original)

    def _mirror(self, node: Mapping[str, Any]) -> None:
        schema = node["schema"].removeprefix(self.place.settings.schema_prefix)
        table = self._in_use(schema, node["alias"])
        self._create_schema(node["schema"])
        self.place.execute(
            f"create view {self.place.named(node['schema'], node['alias'])} as select * from {table}"
        )

    def _in_use(self, schema: str, name: str) -> str:
        table = self.place.table_in_use(schema, name)
        if not self.place.columns(table):
            raise UsageError(
                f"not everything is built yet: there is no {table}", hint="build it with: ready run"
            )
        return table

    def _create_schema(self, name: str) -> None:
        self.place.execute(f"create schema if not exists {self.place.quote(name)}")

    def _feature_tables(self, manifest: Mapping[str, Any], plan: Plan) -> dict[str, str]:
        """By model name, the tables just built that have a feature_time."""
        nodes = [manifest["nodes"][id] for id in plan.models]
        return {
            node["name"]: table
            for node in nodes
            # Not all is built here that reads a published model: it stays a candidate.
            for table in (self.place.named(node["schema"], node["alias"] + end) for end in ("", CANDIDATE))
            if "feature_time" in self.place.columns(table)
        }

    def _cutoffs(self, features: str, number: int) -> tuple[datetime, ...]:
        """Feature times, as far apart from each other and from both ends as there are rows."""
        shares = ", ".join(f"ceil(times * {n + 1} / {number + 1}.0)" for n in range(number))
        found = self.place.rows(
            "select feature_time from (select feature_time, "
            "row_number() over (order by feature_time) as place, count(*) over () as times "
            f"from (select distinct feature_time from {features}) as times) as numbered "
            f"where place in ({shares}) order by feature_time"
        )
        if not found:
            raise UsageError("there are no feature rows to check", hint="load orders first: ready run")
        return tuple(time for (time,) in found)

    def _keep(self, models: Mapping[str, str], until: datetime) -> None:
        self._create_schema(self.place.settings.schema(BEFORE))
        for name, table in models.items():
            self.place.execute(
                f"create table {self.place.table(BEFORE, name)} as select * from {table} "
                f"where {self.place.as_instant('feature_time')} <= {self.place.instant(until)}"
            )

    def _compare(self, models: Mapping[str, str], cutoff: datetime) -> dict[str, Comparison]:
        until = self._calendar_end(models, cutoff)
        # Where feature times are orders' own, the orders at the cutoff decide which rows there are at it.
        presence_until = cutoff if self._has_order_at(cutoff) else None
        if self.plan.times_of_orders:
            presence_until = datetime.min.replace(tzinfo=timezone.utc)
        return self._with_before(models, until, presence_until)

    def _with_before(
        self, models: Mapping[str, str], until: datetime, presence_until: datetime | None = None
    ) -> dict[str, Comparison]:
        """Each model as it is now with what `_keep` has kept of it."""
        return {
            name: compare_tables(
                self.place,
                self.place.table(BEFORE, name),
                table,
                columns=self.place.columns(table),
                until=until,
                presence_until=presence_until,
            )
            for name, table in models.items()
        }

    def _calendar_end(self, models: Mapping[str, str], cutoff: datetime) -> datetime:
        """The calendar ends after the last order: without the future it may end before the cutoff."""
        ((end,),) = self.place.rows(f"select max(feature_time) from {models['feature_times']}")
        return min(cutoff, end) if end else cutoff

    def _has_order_at(self, cutoff: datetime) -> bool:
        at_cutoff = f"where order_ts = {self.place.instant(cutoff)}"
        counted = [
            self.place.rows(f"select count(*) from {table} {at_cutoff}")
            for table in (self.original, self.orders)
        ]
        return counted != [[(0,)], [(0,)]]
