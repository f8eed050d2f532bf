"""No row knows its future: change everything at or after a cutoff, and no feature row up to it moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ready.database.engine import EngineParams
from ready.dbt.messages import brief_message
from ready.dbt.runner import DbtRun, of_machine, require_success
from ready.definition.column_roles import FEATURE_SET
from ready.errors import NothingThere, UsageError
from ready.proof.compare import Comparison, Difference, compare_tables
from ready.proof.feature_models import plan_check
from ready.proof.futures import FUTURES, Future, future_orders, future_rows
from ready.proof.open_scratch import scratch
from ready.proof.scratch import Scratch
from ready.proof.watch import (
    OUTSIDE,
    compiled_by_caller,
    hashes_in_use,
    hashes_of,
    jinja_clocks,
    keep_reads,
    reads_kept,
    reads_of_view,
    reads_parsed,
    refusals,
)
from ready.recorded.verdicts import LEAKING, NOT_PROVEN, SAME, Finding, record_verdicts
from ready.settings import Settings

Say = Callable[[str], None]

# What a build gave before its future was changed; and one that incremental models were added to.
BEFORE, BEFORE_ADDED, STARTED = "before", "before_added", "started"
# As macros/project/candidates.sql names them.
CANDIDATE = "__candidate"
SEED = "leakage"


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

    customers: how many had a build with a cutoff of their own. own_instant: of the rows of customer_features
    how many were at a cutoff that was theirs, and how many there are. changed: the tables whose future was
    changed; unchanged: those that models read and that stayed as they are. confined: models could read
    nothing else. unproven: of each model what it reads that the check does not change; the check says nothing
    of it. doubts: of each model, in words, why else it says nothing. outdated: models whose tables in use
    were built by another definition than was checked.
    looks_ahead: of each feature_set that is built from labels, which ones; it is not compared.
    unstable: of each model that two builds of the same orders tell apart, the columns that differ (None: the
    rows); what moved in them is no leak. left_out: the models that look ahead by purpose. not_compared: those
    that were built and have no feature_time. recorded: by model, the verdict on record; None
    where an earlier release has built last.
    """

    cutoffs: tuple[datetime, ...]
    rows: dict[str, int]
    leaks: tuple[Leak, ...]
    unproven: dict[str, tuple[str, ...]]
    doubts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()
    looks_ahead: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unstable: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    customers: int = 0
    own_instant: tuple[int, int] = (0, 0)
    confined: bool = True
    recorded: dict[str, str] | None = None

    @property
    def passed(self) -> bool:
        return not any(self.is_open(model) for model in self.rows) and not self.leaks

    def verdict_on(self, model: str) -> str:
        """As ready.recorded.verdicts has it."""
        if any(leak.model == model for leak in self.leaks):
            return LEAKING
        return NOT_PROVEN if self.is_open(model) else SAME

    def reason(self, model: str) -> str:
        """Why the verdict on a model is no better, in a line."""
        moved = [leak.difference.column or "(rows)" for leak in self.leaks if leak.model == model]
        if moved:
            return ", ".join(dict.fromkeys(moved))
        reads = (*self.unproven.get(model, ()), *self.looks_ahead.get(model, ()))
        differs = [column or "(rows)" for column in self.unstable.get(model, ())]
        reasons = [
            f"reads {', '.join(reads)}" if reads else "",
            *self.doubts.get(model, ()),
            f"two builds differ in {', '.join(differs)}" if differs else "",
            "" if self.confined else "no role kept it from reading other tables",
            "" if self.rows[model] or reads or model in self.doubts else "no row up to a cutoff",
        ]
        return "; ".join(filter(None, reasons)) if self.is_open(model) else ""

    def is_open(self, model: str) -> bool:
        """Whether the check cannot say that the model does not know its future."""
        doubts = (self.unproven, self.doubts, self.looks_ahead, self.unstable)
        return not self.confined or not self.rows[model] or any(model in doubt for doubt in doubts)


def check_leakage(
    settings: Settings, params: EngineParams, *, cutoffs: int | None = 3, say: Say
) -> LeakageReport:
    """Build every feature model from its inputs as they are, and again under each change at each cutoff.

    params: of the settings' engine. cutoffs: how many, spread evenly over the feature times; None: all of
    these. Besides, each customer has a cutoff and a change of its own in one build more. All of it happens in
    scratch schemas; the verdicts are put on record. `say` is called with each step. Raises UsageError when
    nothing is built yet or what all features are made of cannot be built.
    """
    with scratch(settings, params, "leak") as place, place.confined() as confined:
        return _Check(place, confined, say).run(cutoffs)


class _Check:
    """One check's state. place: prepares what is read; inside: builds and compares."""

    def __init__(self, place: Scratch, confined: Scratch | None, say: Say) -> None:
        self.place = place
        self.confined = confined
        self.inside = confined or place
        self.say = say
        self.cutoffs = place.table(BEFORE, "cutoffs_of_customers")
        self.doubts: dict[str, set[str]] = {}
        self.reasons: dict[str, set[str]] = {}
        self.lost: set[str] = set()
        self.compiled: dict[str, set[str]] = {}

    def run(self, number: int | None) -> LeakageReport:
        self._parse()
        self._copy_inputs()
        self.say("building the features from the orders as they are")
        self._fill(None)
        compiled = self._run_dbt(self.plan.build, "--full-refresh")
        self._look_at(compiled)
        models = self.models = self._feature_tables()
        times = self._times(models["customer_features"])
        cutoffs = self._spread(times, number)
        self._keep(models, BEFORE)
        self._start_incremental(models, times)
        customers = self._cutoffs_of_customers()
        rows, moved = dict.fromkeys(models, 0), []
        for future in (Future(change, cutoff) for cutoff in cutoffs for change in FUTURES):
            moved += self._change(future, models, rows)
        own = self._change(Future(cutoffs=self.cutoffs), models, rows)
        # Each source alone too: what two changes do together may hide what one does.
        for table in self.original if self._has_sources() else ():
            if self._is_by_customer(table):
                own += self._change(Future(cutoffs=self.cutoffs, only=table), models, rows)
            else:
                future = Future("changed", cutoffs[len(cutoffs) // 2], only=table)
                moved += self._change(future, models, rows)
        further = self._to_confirm(own, moved, cutoffs)
        for cutoff, names in further.items():
            for change in FUTURES:
                moved += self._change(Future(change, cutoff), {name: models[name] for name in names}, rows)
        unstable = self._unstable({leak.model: models[leak.model] for leak in moved})
        self._look_at_reads()
        self._look_at_definitions()
        return self._recorded(self._report(models, (*cutoffs, *further), rows, moved, unstable, customers))

    def _report(
        self,
        models: Mapping[str, str],
        cutoffs: Sequence[datetime],
        rows: dict[str, int],
        moved: Iterable[Leak],
        unstable: dict[str, tuple[str | None, ...]],
        customers: int,
    ) -> LeakageReport:
        plan = self.plan
        unproven = {
            self.names[id]: tuple(sorted({*plan.bypasses.get(id, ()), *self.doubts.get(id, ())}))
            for id in plan.models
        }
        lost = {self.names[id] for id in self.lost if id in plan.models}
        shown = {*models, *plan.looks_ahead, *lost, *self.untimed}
        doubts = {self.names[id]: tuple(sorted(self.reasons.get(id, ()))) for id in plan.models}
        return LeakageReport(
            tuple(sorted(cutoffs)),
            rows={name: rows.get(name, 0) for name in sorted(shown)},
            leaks=tuple(leak for leak in moved if leak.difference.column not in unstable.get(leak.model, ())),
            unproven={name: tables for name, tables in unproven.items() if tables and name in shown},
            doubts={name: reasons for name, reasons in doubts.items() if reasons and name in shown},
            outdated=tuple(sorted(shown & self.outdated)),
            looks_ahead=plan.looks_ahead,
            unstable=unstable,
            left_out=plan.left_out,
            not_compared=tuple(sorted({self.names[id] for id in plan.models} - shown)),
            changed=(plan.root, *sorted(self.names[id] for id in plan.dated)),
            unchanged=tuple(sorted({self.names[id] for id in plan.inputs if id not in plan.dated})),
            customers=customers,
            own_instant=self._own_instant(cutoffs),
            confined=self.confined is not None,
        )

    def _recorded(self, report: LeakageReport) -> LeakageReport:
        """The report, once it is on record."""
        hashes = self.hashes
        ids = {self.names[id]: id for id in self.nodes if id.startswith("model.")}
        findings = [
            Finding(
                node_id=ids[model],
                definition={
                    id: hashes[id]
                    for id, below in self.plan.below.items()
                    if ids[model] in below and id in hashes
                },
                clocks=self.plan.dated,
                verdict=report.verdict_on(model),
                reason=report.reason(model),
                rows_compared=rows,
            )
            for model, rows in report.rows.items()
        ]
        try:
            verdicts = self.place.call(record_verdicts, self.place.caller, findings)
        except NothingThere:  # an earlier release has built last
            return report
        return replace(report, recorded={self.names[id]: verdict for id, verdict in verdicts.items()})

    # -- what is built, and from what

    def _parse(self) -> None:
        """Read the project; let its sources be read in the scratch place, too."""
        place = self.inside
        run = place.dbt("parse")
        self.manifest, self.parsed = run.manifest or {}, run.parsed
        self.plan = plan_check(self.manifest)
        self.nodes = {**self.manifest["nodes"], **self.manifest["sources"]}
        self.names = {id: node["name"] for id, node in self.nodes.items()}
        self.schemas = {id: node["schema"] for id, node in self.nodes.items()}
        prefix = place.settings.schema_prefix
        ours = {(node["schema"], node["alias"]) for node in self.manifest["nodes"].values()}
        self.own_sources = {
            id: source
            for id, source in self.parsed.sources.items()
            # One that is a table of the project stays what it is: the real one, which may not be read.
            if not source.schema.startswith(prefix)
            and (prefix + source.schema, source.identifier) not in ours
        }
        for source in self.own_sources.values():
            source.schema = prefix + source.schema

    def _copy_inputs(self) -> None:
        """Copies of what is changed; and what else is read: views under the scratch names."""
        plan, prefix = self.plan, self.place.settings.schema_prefix
        loads = next(id for id, name in self.names.items() if id.startswith("source.") and name == "loads")
        for schema in ("stg", "meta", BEFORE, BEFORE_ADDED, STARTED):
            self._create_schema(self.place.settings.schema(schema))
        self.orders = self.place.table("stg", plan.root)
        self.original = {self.orders: self._copy(self._in_use("stg", plan.root))}
        self.clocks = {self.orders: plan.time}
        self.given: set[str] = set()
        for id in {*plan.inputs, loads}:
            if id.startswith("source.") and id not in self.own_sources:
                continue
            node = self.nodes[id]
            schema, name = node["schema"].removeprefix(prefix), node.get("alias") or node["identifier"]
            is_source = id.startswith("source.")
            in_use = self.place.named(schema, name) if is_source else self._in_use(schema, name)
            table = self.place.named(prefix + schema, name)
            self._create_schema(prefix + schema)
            if id in plan.dated:
                self.original[table] = self._copy(in_use)
                self.clocks[table] = self._clock(id, in_use)
            else:
                self.place.create_view(table, f"select * from {in_use}")
                self.given.add(f"{schema}.{name}")
        self.types = {table: self.place.types(table) for table in self.original.values()}
        if self.confined:
            keep_reads(self.inside, self.parsed)

    def _copy(self, table: str) -> str:
        copied = self.place.table("stg", f"original_{len(getattr(self, 'original', ()))}")
        self.place.replace_table(copied, f"select * from {table}")
        return copied

    def _clock(self, id: str, table: str) -> str:
        column = self.plan.dated[id]
        if column not in self.place.columns(table):
            raise UsageError(
                f"{self.names[id]} says available_at: {column}, and has no such column",
                hint="meta: {ready_available_at: COLUMN} names the column since when a row is known",
            )
        if not self.place.are_instants(table, column):
            raise UsageError(
                f"{self.names[id]} says available_at: {column}, and not every value there is a time",
                hint="let it be null where none is known",
            )
        return column

    def _in_use(self, schema: str, name: str) -> str:
        table = self.place.table_in_use(schema, name)
        if not self.place.columns(table):
            raise UsageError(
                f"not everything is built yet: there is no {table}", hint="build it with: ready run"
            )
        return table

    def _create_schema(self, name: str) -> None:
        self.inside.execute(f"create schema if not exists {self.place.quote(name)}")

    def _fill(self, future: Future | None) -> None:
        """Give every table that is changed this future, or let it be as it is."""
        for table, original in self.original.items():
            query = f"select * from {original}"
            types = self.types[original]
            # A table that is not by customer has no customer's own cutoff.
            is_meant = future and future.only in ("", table)
            if future and is_meant and (future.cutoff or self._is_by_customer(table)):
                make = future_orders if table == self.orders else future_rows
                query = make(self.place, original, types, self.clocks[table], future)
            self.place.replace_table(table, query)

    def _is_by_customer(self, table: str) -> bool:
        return "customer_id" in self.types[self.original[table]]

    def _has_sources(self) -> bool:
        """Whether features are made of other files than those of the orders."""
        return any(id.startswith("model.") for id in self.plan.dated)

    def _build(self, models: Iterable[str], *flags: str) -> None:
        """Build these models, and what they need, from what the tables hold now."""
        needed = {name for model in ("customer_features", *models) for name in self.plan.above[model]}
        if "--full-refresh" in flags:
            self._forget_builds()
        self._run_dbt(sorted(needed), *flags)

    def _forget_builds(self) -> None:
        """What a model or its hook has kept of an earlier build would show it another future."""
        kept = [self.place.settings.schema(name) for name in ("meta", BEFORE, BEFORE_ADDED, STARTED)]
        if self.confined:
            self.confined.drop_own_tables(kept)

    def _run_dbt(self, names: Sequence[str], *flags: str) -> dict[str, str]:
        """Gives the compiled SQL of each model."""
        lost = {self.names[id] for id in self.lost}
        selected = [name for name in names if name not in lost]
        run = self.inside.try_dbt("run", *flags, "--select", *selected, parsed=self.parsed)
        refused = refusals(self.place, run) if self.confined else {}
        for id, name in refused.items():
            self._doubt(id, name)
            self.lost.update(self.plan.below[id])
        broken = self._broken(run, refused)
        for id, reason in broken.items():
            self._not_proven_since(id, f"{self.names[id]} cannot be built: {reason}")
            self.lost.update(self.plan.below[id])
        self._require_success(run, {*refused, *broken})
        compiled = {entry["unique_id"]: entry.get("compiled_code") or "" for entry in run.results("model")}
        for id, text in compiled.items():
            if text:
                self.compiled.setdefault(id, set()).add(text)
        return compiled

    def _broken(self, run: DbtRun, refused: Iterable[str]) -> dict[str, str]:
        """dbt's reason for each model that fails by its own SQL; customer_features must not."""
        return {
            id: brief_message(entry["message"])
            for entry in run.results("model")
            if (id := entry["unique_id"]) not in refused
            and entry["status"] == "error"
            and not of_machine(str(entry["message"]))
            and FEATURE_SET not in map(self.names.get, self.plan.below[id])
        }

    def _require_success(self, run: DbtRun, lost: Iterable[str]) -> None:
        results = [entry for entry in run.results() if entry["unique_id"] not in lost]
        require_success(replace(run, run_results={"results": results}), settings=self.place.settings)

    def _and_below(self, id: str) -> Iterable[str]:
        """A model and those that are made of it."""
        return self.plan.below.get(id, (id,))

    def _doubt(self, id: str, name: str) -> None:
        """A model reads what the check does not change."""
        for one in self._and_below(id):
            self.doubts.setdefault(one, set()).add(name)

    def _not_proven_since(self, id: str, reason: str) -> None:
        for one in self._and_below(id):
            self.reasons.setdefault(one, set()).add(reason)

    def _look_at(self, compiled: Mapping[str, str]) -> None:
        """What the models read of the clock, of the server itself, and views when they are read."""
        for id in jinja_clocks(self.manifest, self.plan.below):
            self._doubt(id, "the clock")
        if not self.confined:
            return
        for id, query in compiled.items():
            if id not in self.lost and query:
                for name in reads_parsed(self.inside, query):
                    self._doubt(id, name)
        for id in compiled:
            node = self.nodes[id]
            if id not in self.lost and node["config"]["materialized"] == "view":
                for name in reads_of_view(self.inside, self.place.named(node["schema"], node["alias"])):
                    self._doubt_if_not_given(id, name)

    def _look_at_reads(self) -> None:
        if self.confined:
            seen = set()
            for id, name in reads_kept(self.inside):
                seen.add(id)
                if name:
                    self._doubt_if_not_given(id, name)
            for id in self.compiled.keys() - seen - self.lost:
                self._not_proven_since(id, f"{self.names[id]} has a materialization that runs no hooks")

    def _look_at_definitions(self) -> None:
        """Whether the check has built what the caller builds: SQL may go by where it is built."""
        self.outdated: set[str] = set()
        self.hashes = hashes_of(self.inside, self.compiled, self.parsed)
        in_use = hashes_in_use(self.place)
        others = {id for id, found in self.hashes.items() if in_use.get(id) not in found}
        outside = self._hashes_outside(others) if others else {}
        for id in others:
            if id not in outside:
                self._not_proven_since(id, f"{self.names[id]} cannot be compiled outside the check")
            elif not self.hashes[id] & outside[id]:
                self._not_proven_since(id, f"{self.names[id]} has other SQL outside the check")
            elif id in in_use:
                self.outdated.update(self.names[one] for one in self._and_below(id))

    def _hashes_outside(self, ids: Iterable[str]) -> dict[str, set[str]]:
        """Of models as the caller would build them."""
        run = compiled_by_caller(self.place, [self.names[id] for id in ids])
        texts = {entry["unique_id"]: entry.get("compiled_code") or "" for entry in run.results("model")}
        compiled = {id: {self.place.with_names_of_here(text)} for id, text in texts.items() if text}
        return hashes_of(self.inside, compiled, self.parsed, OUTSIDE)

    def _doubt_if_not_given(self, id: str, name: str) -> None:
        if name not in self.given:
            self._doubt(id, name)

    def _feature_tables(self) -> dict[str, str]:
        """By model name, the tables just built that have a feature_time."""
        nodes = {id: self.nodes[id] for id in self.plan.models if id not in self.lost}
        found = {
            id: table
            for id, node in nodes.items()
            # Not all is built here that reads a published model: it stays a candidate.
            for table in (self.place.named(node["schema"], node["alias"] + end) for end in ("", CANDIDATE))
            if "feature_time" in self.inside.columns(table)
        }
        untimed = {id for id, table in found.items() if not self.inside.are_instants(table, "feature_time")}
        for id in untimed:
            self.reasons.setdefault(id, set()).add("its feature_time is no time")
        self.untimed = {self.names[id] for id in untimed}
        return {self.names[id]: table for id, table in found.items() if id not in untimed}

    # -- the cutoffs

    def _times(self, features: str) -> list[datetime]:
        found = self.inside.rows(f"select distinct feature_time from {features} order by feature_time")
        if not found:
            raise UsageError("there are no feature rows to check", hint="load orders first: ready run")
        return [time for (time,) in found]

    def _spread(self, times: Sequence[datetime], number: int | None) -> tuple[datetime, ...]:
        """Feature times, as far apart from each other and from both ends as there are rows."""
        if number is None:
            return tuple(times)
        places = {-(-len(times) * (n + 1) // (number + 1)) for n in range(number)}
        return tuple(times[place - 1] for place in sorted(places))

    def _cutoffs_of_customers(self) -> int:
        """Of each customer one of its feature times, and a change, by a hash; how many there are."""
        digit = f"substr(md5('{SEED} ' || customer_id), 1, 1)"
        order = f"md5('{SEED} ' || customer_id || {self.inside.as_text('feature_time')})"
        self.inside.replace_table(
            self.cutoffs,
            f"select customer_id, feature_time as cutoff, case when {digit} < '5' then 'deleted' "
            f"when {digit} < 'a' then 'changed' else 'multiplied' end as change "
            "from (select customer_id, feature_time, "
            f"row_number() over (partition by customer_id order by {order}) as place "
            f"from {self.place.table(BEFORE, 'customer_features')}) as numbered where place = 1",
        )
        ((customers,),) = self.inside.rows(f"select count(*) from {self.cutoffs}")
        return int(customers)

    def _own_instant(self, cutoffs: Sequence[datetime]) -> tuple[int, int]:
        instants = ", ".join(map(self.place.instant, cutoffs))
        ((tested, rows),) = self.inside.rows(
            f"select count(case when feature_time in ({instants}) or feature_time = cutoff then 1 end), "
            f"count(*) from {self.place.table(BEFORE, 'customer_features')} "
            f"left join {self.cutoffs} using (customer_id)"
        )
        return int(tested), int(rows)

    def _to_confirm(
        self, own: Iterable[Leak], moved: Iterable[Leak], cutoffs: Sequence[datetime]
    ) -> dict[datetime, set[str]]:
        """Instants at which only customers' own cutoffs have moved a column, with the models.

        That is a leak, or it is pooled over customers, some of whom have an earlier cutoff: a cutoff for all
        of them says.
        """
        known = {(leak.model, leak.difference.column) for leak in moved}
        found: dict[datetime, set[str]] = {}
        for leak in own:
            if (leak.model, leak.difference.column) not in known and leak.cutoff not in cutoffs:
                found.setdefault(leak.cutoff, set()).add(leak.model)
        return found

    # -- comparing

    def _keep(self, models: Mapping[str, str], schema: str) -> None:
        for name, table in models.items():
            self.inside.replace_table(self.place.table(schema, name), f"select * from {table}")

    def _change(self, future: Future, models: Mapping[str, str], rows: dict[str, int]) -> list[Leak]:
        """What moves with this future. Counts in `rows` what was compared."""
        self.say(str(future))
        self._fill(future)
        self._build(models, "--full-refresh")
        found = self._compare(models, future, BEFORE)
        added = {name: table for name, table in models.items() if name in self.plan.incremental}
        if self.growing and added:
            self._add_to_started(added)
            found += self._compare(added, future, BEFORE_ADDED)
        leaks = []
        for model, comparison in found:
            rows[model] += comparison.rows
            for one in comparison.differences:
                cutoff = future.cutoff or self._instant(one)
                leaks.append(Leak(model, cutoff, future.change, one))
        return leaks

    def _instant(self, difference: Difference) -> datetime:
        text = f"'{difference.key[-1]}'"
        ((time,),) = self.inside.rows(f"select {self.place.as_instant(text)}")
        instant: datetime = time
        return instant

    def _compare(self, models: Mapping[str, str], future: Future, kept: str) -> list[tuple[str, Comparison]]:
        built = {name: table for name, table in models.items() if name not in self._lost_names()}
        end = self._calendar_end()
        until = min(filter(None, (future.cutoff, end)), default=None)
        # Where feature times are orders' own, the orders at the cutoff decide which rows there are at it.
        presence_until = future.cutoff if future.cutoff and self._has_order_at(future.cutoff) else None
        spines = None
        if self.plan.times_of_rows:
            spines = (self.place.table(BEFORE, "customer_features"), self.models["customer_features"])
        found = []
        for name, table in built.items():
            columns = self._common_columns(name, self.place.table(kept, name), table)
            by_customer = "customer_id" in columns
            if future.cutoffs and not by_customer:
                continue
            alone = presence_until
            if self.plan.times_of_rows and not by_customer:
                alone = datetime.min.replace(tzinfo=timezone.utc)
            comparison = compare_tables(
                self.inside,
                self.place.table(kept, name),
                table,
                columns=columns,
                until=until,
                presence_until=alone,
                cutoffs=future.cutoffs,
                spines=spines if by_customer else None,
            )
            found.append((name, comparison))
        return found

    def _common_columns(self, name: str, before: str, after: str) -> list[str]:
        """A model may make its columns of the values that it finds."""
        columns, others = self.inside.columns(before), self.inside.columns(after)
        if others and sorted(columns) != sorted(others):
            id = next(id for id in self.plan.models if self.names[id] == name)
            odd = ", ".join(sorted({*columns} ^ {*others}))
            self.reasons.setdefault(id, set()).add(f"which columns it has goes by the data: {odd}")
        return [column for column in columns if column in others]

    def _lost_names(self) -> set[str]:
        return {self.names[id] for id in self.lost}

    def _unstable(self, models: Mapping[str, str]) -> dict[str, tuple[str | None, ...]]:
        """What differs, too, when the orders as they are give the features once more: now(), random()."""
        if not models:
            return {}
        self.say("building the features once more from the orders as they are")
        self._fill(None)
        self._build(models, "--full-refresh")
        found = {}
        for name, table in models.items():
            if name not in self._lost_names():
                before = self.place.table(BEFORE, name)
                columns = self._common_columns(name, before, table)
                comparison = compare_tables(self.inside, before, table, columns=columns)
                if comparison.differences:
                    found[name] = tuple(one.column for one in comparison.differences)
        return found

    def _calendar_end(self) -> datetime | None:
        """The calendar ends after the last order: without the future it may end before the cutoff."""
        if "feature_times" not in self.models:  # each customer has its own
            return None
        found = self.inside.rows(f"select max(feature_time) from {self.models['feature_times']}")
        end: datetime | None = found[0][0]
        return end

    def _has_order_at(self, cutoff: datetime) -> bool:
        at_cutoff = f"where order_ts = {self.place.instant(cutoff)}"
        counted = [
            self.inside.rows(f"select count(*) from {table} {at_cutoff}")
            for table in (self.original[self.orders], self.orders)
        ]
        return counted != [[(0,)], [(0,)]]

    # -- incremental models: what a later build adds

    def _start_incremental(self, models: Mapping[str, str], times: Sequence[datetime]) -> None:
        """Build them from an early past, to which each further build adds: so their own branch is at work."""
        self.growing = {
            self.place.named(node["schema"], node["alias"]): self.place.table(STARTED, node["name"])
            for node in (self.nodes[id] for id in self.plan.models if id not in self.lost)
            if node["config"]["materialized"] == "incremental"
        }
        added = {name: table for name, table in models.items() if name in self.plan.incremental}
        if self.growing:
            self._fill(Future("deleted", times[len(times) // 4]))
            self._build(added, "--full-refresh")
            for table, started in self.growing.items():
                self.inside.replace_table(started, f"select * from {table}")
            self._fill(None)
            self._add_to_started(added)
            self._keep(added, BEFORE_ADDED)

    def _add_to_started(self, models: Iterable[str]) -> None:
        for table, started in self.growing.items():
            self.inside.replace_table(table, f"select * from {started}")
        # The project's own tables know nothing of the orders that have changed: they are built in full.
        states = self.place.table("meta", "table_states")
        if self.inside.columns(states):
            self.inside.execute(f"delete from {states}")
        self._build(models)
