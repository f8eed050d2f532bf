"""The whole way in one call: load, gate, build, record, export. One dbt build does the middle."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any, Protocol

import orjson

from loader import FilesRefused, LoadSummary, load_into
from loader.errors import LoaderError
from loader.results import Progress as LoadProgress
from loader.sink import Sink
from ready import __version__
from ready.database.engine import EngineParams
from ready.database.query import select_rows
from ready.dataset.export import ExportResult, export_dataset
from ready.dataset.training_set import published_sets
from ready.dbt.parsed_files import unread
from ready.dbt.runner import DbtRun, NodeResult, require_success, run_dbt, target_folder
from ready.definition.load_options import load_options
from ready.definition.mapping import (
    CUSTOMER,
    ORDERS,
    check_mapping,
    key_of,
    orders_meta,
    source_folder,
    source_names,
)
from ready.errors import CheckFailed, MachineError, UsageError, from_loader
from ready.gate.after_build import after_build_texts
from ready.gate.idle_rules import without_idle_rules
from ready.gate.model import Report, RunInfo
from ready.gate.report import REPORT_NAME, build_report, failed_before_gate, write_report
from ready.lint import require_clean_configs
from ready.lint.incoming import check_incoming
from ready.proof.feature_models import feature_candidates, own_feature_sets, reach
from ready.recorded.proofs import DIFFERENT, Reproduced, reproduction_of
from ready.recorded.registry import FeatureRecord, find_current, read_record
from ready.recorded.source_sets import SourceSet, read_source_sets
from ready.recorded.verdicts import Verdict, standing_verdicts
from ready.run.build_state import build_key
from ready.run.loads import ActiveLoad
from ready.run.renew import latest_manifest
from ready.run.source_files import folders_of
from ready.run_page.render import PAGE_NAME, publish_run_page, renew_verdicts
from ready.settings import Settings

# Unit tests prove the project's SQL, not a user's data: they belong to `make test`.
BUILD = ("build", "--exclude-resource-type", "unit_test")
MATCHED = """
select count(*) as customers, count(orders.customer_id) as known
from (select distinct customer_id from {{stg}}.{source}) as rows_of_source
left join (select distinct customer_id from {{stg}}.orders) as orders
    on orders.customer_id = rows_of_source.customer_id
"""
LOOKED_UP = """
select count(*) as rows_with_key, count(known.known_since) as found
from {{stg}}.{source} as events
left join (
    select {key_of_states} as looked_up_key, min(available_at) as known_since
    from {{stg}}.{states} group by {key_of_states}
) as known on known.looked_up_key = events.{key} and known.known_since <= events.event_ts
where events.{key} is not null
"""
# As macros/publish/publish_accepted.sql says it.
NOT_PUBLISHED = "feats: not published"


class Narrator(Protocol):
    """Called as things happen. The command line prints them."""

    load_progress: LoadProgress

    def stage(self, title: str, detail: str = "") -> None: ...
    def loaded(self, summary: LoadSummary) -> None: ...
    def node(self, node: NodeResult) -> None: ...
    def working(self, text: str | None) -> None: ...
    def warning(self, text: str) -> None: ...
    def gate(self, report: Report, file: Path) -> None: ...
    def page(self, file: Path) -> None: ...
    def recorded(self, record: FeatureRecord, sources: Sequence[SourceSet]) -> None: ...
    def exporting(self, done: int, total: int) -> None: ...
    def exported(self, result: ExportResult) -> None: ...
    def unchanged(self) -> None: ...


@dataclass(frozen=True)
class PipelineResult:
    """changed is false when the tables already were what the files and configs say.

    own: the exports of feature sets of one's own. verdicts: of ready check-leakage on what is published now;
    None where none are kept.
    """

    changed: bool
    record: FeatureRecord
    export: ExportResult
    verdicts: tuple[Verdict, ...] | None
    seconds: float
    own: tuple[ExportResult, ...] = ()


class Run(ABC):
    """One run's state between its stages. What it asks of an engine is in a class for each."""

    def __init__(self, settings: Settings, narrator: Narrator, lock_timeout: float | None) -> None:
        self.settings = settings
        self.narrator = narrator
        self.lock_timeout = lock_timeout
        self.clock = time.monotonic()
        self.info = RunInfo(
            invocation_id="",
            started_at=_now(),
            finished_at=_now(),
            versions={"ready": __version__, "dbt": package_version("dbt-core")},
        )
        self.report: Report | None = None
        self.params: EngineParams | None = None
        self.dbt_run: DbtRun | None = None
        self.published = False
        self.not_published = ""
        self.loads: list[tuple[int, str]] = []
        self.verdicts: tuple[Verdict, ...] | None = None
        self.reproduction: Reproduced | None = None
        self.export: ExportResult | None = None
        self.own_exports: tuple[ExportResult, ...] = ()

    def whole_way(
        self, paths: Sequence[str], *, full_refresh: bool, max_shrink: str | None
    ) -> PipelineResult:
        with self._database() as (params, connection):
            self._check_files(paths, params, connection)
            self._load(paths, max_shrink)
            loads = self._active_loads(connection)
            key = build_key(self.settings, loads)
            changed = full_refresh or not self._is_current(connection, key)
            if changed:
                refresh = ("--full-refresh",) if full_refresh else ()
                self._build(
                    params, connection, key, (*BUILD, *refresh, *without_idle_rules(self.settings.configs))
                )
            else:
                self.narrator.unchanged()
            record = self._record(connection, changed=changed)
            export = self._export(connection, measured=changed)
            self.own_exports = tuple(self._export_own(connection))
            self._tell_verdicts(connection)
        seconds = time.monotonic() - self.clock
        return PipelineResult(changed, record, export, self.verdicts, seconds, self.own_exports)

    def gate_only(self) -> Report:
        with self._database() as (params, connection):
            if not self._active_loads(connection):
                raise UsageError("nothing is loaded yet", hint="load files: ready load, or ready run")
            self.narrator.stage("Validate", "stg.orders_parsed")
            return self._gate(
                params, self._dbt(params, (*self._gate_alone, *without_idle_rules(self.settings.configs)))
            )

    @abstractmethod
    def _database(self) -> AbstractContextManager[tuple[EngineParams, Any]]:
        """The engine and a connection, for this run alone, once the configs are known to be in order."""

    @abstractmethod
    def _sink(self) -> Sink:
        """Where files are loaded into."""

    @abstractmethod
    def _loads_of(self, connection: Any, source: str) -> list[ActiveLoad]:
        """Those of a source, as raw.loads names it, that staging reads now."""

    def _loads(self, connection: Any, source: str = ORDERS) -> list[ActiveLoad]:
        return self._loads_of(connection, load_options(self.settings.configs, source=source).source)

    @property
    def _sources(self) -> tuple[str, ...]:
        return (ORDERS, *source_names(self.settings.configs))

    @property
    def _gate_alone(self) -> tuple[str, ...]:
        return (*BUILD, "--select", *(f"+{source}_parsed" for source in self._sources))

    @abstractmethod
    def _built_by(self, connection: Any, key: str) -> str | None:
        """The run that built exactly this, if its tables still stand."""

    @abstractmethod
    def _mark_built(self, connection: Any, key: str, invocation_id: str) -> None:
        """Remember it."""

    def _check_configs(self) -> None:
        """What the lint only reports is a warning of the report, and so of the page."""
        warned = tuple(finding.as_reported for finding in require_clean_configs(self.settings))
        self.info = replace(self.info, config_warnings=warned)

    def _check_files(self, paths: Sequence[str], params: EngineParams, connection: Any) -> None:
        """The mapping against the first records of new files, before they are loaded."""
        say = self.narrator.working
        for source in self._sources:
            chosen = self._paths_of(source, paths)
            if not chosen:
                continue
            active = self._loads(connection, source)
            try:
                findings = check_incoming(
                    self.settings, chosen, params=params, active=active, say=say, source=source
                )
            finally:
                say(None)
            for finding in findings:
                self.narrator.warning(str(finding))

    def _paths_of(self, source: str, paths: Sequence[str]) -> Sequence[str]:
        return paths if source == ORDERS else folders_of(self.settings.configs, source, paths)

    def _load(self, paths: Sequence[str], max_shrink: str | None) -> None:
        self.info = replace(self.info, data_folder=paths[0])
        for source in self._sources:
            chosen = self._paths_of(source, paths)
            if chosen:
                self._load_source(source, chosen, max_shrink)
            elif Path(paths[0]).is_dir():
                folder = source_folder(self.settings.configs, source)
                text = f"{source}: there is no folder {folder} in {paths[0]}, so no new file of it"
                self.narrator.warning(text)

    def _load_source(self, source: str, paths: Sequence[str], max_shrink: str | None) -> None:
        self.narrator.stage("Load", ", ".join(paths))
        options = load_options(self.settings.configs, {"max_shrink": max_shrink}, source)
        try:
            self.narrator.loaded(load_into(self._sink(), paths, options, self.narrator.load_progress))
        except FilesRefused as error:
            self.narrator.loaded(error.summary)
            waits = "\nNothing was built; what was loaded waits for the next run"
            raise CheckFailed(
                f"{error.message}{waits if error.summary.loaded else ''}", hint=error.hint
            ) from None
        except LoaderError as error:
            raise from_loader(error) from None

    def _active_loads(self, connection: Any) -> list[tuple[int, str]]:
        """Their ids and file names."""
        loads = self._mapped_loads(connection, ORDERS)
        further = [load for name in self._sources[1:] for load in self._mapped_loads(connection, name)]
        load_ids = [load.load_id for load in loads]
        warnings = tuple(text for load in (*loads, *further) for text in load.warnings)
        replacements = tuple(load.replacement for load in loads if load.replacement)
        self.info = replace(
            self.info, load_ids=tuple(load_ids), load_warnings=warnings, replacements=replacements
        )
        self.loads = [(load.load_id, load.file_name) for load in (*loads, *further)]
        return self.loads

    def _mapped_loads(self, connection: Any, source: str) -> list[ActiveLoad]:
        """Those of a source; that its mapping is of their columns is certain then."""
        configs, loads = self.settings.configs, self._loads(connection, source)
        headers = [load.columns for load in loads]
        check_mapping(orders_meta(configs, source), headers, configs=configs, source=source)
        if not loads and source != ORDERS:
            raise UsageError(
                f"nothing is loaded of {source}, which {configs / f'{source}.yaml'} maps",
                hint=f"put its files into the folder {source_folder(configs, source)} of the data folder, "
                f"or load them: ready load --source {source} FILE",
            )
        return loads

    def _is_current(self, connection: Any, key: str) -> bool:
        """Built from the very same, and the latest report and page are that build's."""
        invocation_id = self._built_by(connection, key)
        return (
            invocation_id is not None
            and invocation_id == self._latest_report_of()
            and (self.settings.reports / PAGE_NAME).is_file()
        )

    def _latest_report_of(self) -> str | None:
        try:
            report = orjson.loads((self.settings.reports / f"{REPORT_NAME}.json").read_bytes())
            return str(report["run"]["invocation_id"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _build(self, params: EngineParams, connection: Any, key: str, command: Sequence[str]) -> None:
        self.narrator.stage("Validate", "all checks run before a table behind the gate is touched")
        run = self._dbt(params, command)
        self._gate(params, run)
        require_success(run, settings=self.settings)
        warned = (*self._after_build(params, run), *self._unmatched(connection))
        failed = [entry for entry in run.results("test") if entry["status"] in ("fail", "error")]
        if failed:
            names = [entry["unique_id"].split(".")[2] for entry in failed[:5]]
            raise CheckFailed(
                " ".join([f"{len(failed)} test(s) failed behind the gate: {', '.join(names)}.", *warned]),
                hint=f"see {self.settings.home}/dbt/logs/dbt.log, or: ready dbt test --select {names[0]}",
            )
        if self.not_published:
            raise CheckFailed(self.not_published, hint="build all of it: ready run --full-refresh")
        if unread(target_folder(self.settings)) or key != build_key(self.settings, self.loads):
            self.narrator.warning(
                "The project's files or configs were changed while this run was at work: run it again."
            )
            return
        self._mark_built(connection, key, run.invocation_id)

    def _after_build(self, params: EngineParams, run: DbtRun) -> tuple[str, ...]:
        """Report what the tests of the built training set say, and add it to the report of the gate."""
        warned = after_build_texts(run.manifest or {}, run.results("test"), params.connect)
        self._add_warnings(warned)
        return warned

    def _unmatched(self, connection: Any) -> tuple[str, ...]:
        """Sources with hardly a customer who has an order: their features would be empty without a word."""
        warned = []
        for source in self._sources[1:]:
            if key_of(self.settings.configs, source) != CUSTOMER:
                continue
            (row,) = select_rows(connection, self.settings, MATCHED.format(source=source))
            if row["customers"] > 100 * row["known"]:
                warned.append(
                    f"{source}: of its {row['customers']:,} customer(s) {row['known']:,} have an order, so "
                    "its features are all but empty: are the ids written otherwise, in another case or "
                    "without zeros in front?"
                )
        warned += [text for source in self._sources[1:] for text in self._not_found(connection, source)]
        self._add_warnings(tuple(warned))
        return tuple(warned)

    def _not_found(self, connection: Any, source: str) -> Iterator[str]:
        """Look-ups that hardly find a state: their columns would be empty without a word."""
        lookups = (orders_meta(self.settings.configs, source).get("lookup") or {}).values()
        for states, key in dict.fromkeys((entry["from"], entry["key"]) for entry in lookups):
            key_of_states = key_of(self.settings.configs, states)
            query = LOOKED_UP.format(source=source, states=states, key=key, key_of_states=key_of_states)
            (row,) = select_rows(connection, self.settings, query)
            if row["rows_with_key"] > 100 * row["found"]:
                yield (
                    f"{source}: of {row['rows_with_key']:,} with a {key} {row['found']:,} find a state of "
                    f"{states} that was known by then: are the ids written otherwise, or the states known "
                    f"only since their load ({states}.yaml: map available_at)?"
                )

    def _add_warnings(self, texts: tuple[str, ...]) -> None:
        """To the report of the gate, and on the console."""
        if texts and self.report:
            self._write(replace(self.report, warnings=(*self.report.warnings, *texts)))
            for text in texts:
                self.narrator.warning(text)

    def _dbt(self, params: EngineParams, arguments: Sequence[str]) -> DbtRun:
        run = run_dbt(
            arguments,
            settings=self.settings,
            params=params,
            on_node=self.narrator.node,
            on_warning=self._warned,
        )
        self.info = replace(self.info, invocation_id=run.invocation_id, finished_at=_now())
        self.dbt_run = run
        return run

    def _warned(self, text: str) -> None:
        if text.startswith(NOT_PUBLISHED):
            self.not_published = text
        self.narrator.warning(text)

    def _gate(self, params: EngineParams, run: DbtRun) -> Report:
        """Write the report; raise what stopped the run before the gate, or the gate's verdict."""
        if run.run_results is None or run.manifest is None:
            require_success(run, settings=self.settings)
        report = build_report(
            manifest=run.manifest or {},
            run_results=run.run_results,
            expectations_file=self.settings.configs / "expectations.yaml",
            connect=params.connect,
            run=self.info,
        )
        file = self._write(report)
        if not report.validation_passed:
            require_success(run, settings=self.settings)
        self.narrator.gate(report, file)
        if not report.validation_passed:
            raise CheckFailed(
                f"the gate stopped the run: {len(report.errors)} error(s); {self._left_by(run)}",
                hint="mend the CSV file and run again: a file of the same name takes the old one's place. "
                f"If the file is right, {report.files_at_fault} is not",
            )
        return report

    def _left_by(self, run: DbtRun) -> str:
        """What the tables behind the gate are now: of a source that has passed it some are new."""
        nodes, parents = (run.manifest or {})["nodes"], (run.manifest or {})["parent_map"]
        gates = {
            id for id, node in nodes.items() if node["name"] in {f"{name}_parsed" for name in self._sources}
        }
        built = [entry["unique_id"] for entry in run.results("model") if entry["status"] == "success"]
        behind = [id for id in built if id not in gates and reach([id], parents) & gates]
        if not behind:
            return "tables behind it are as they were"
        names = [f"{nodes[id]['schema']}.{nodes[id]['alias']}" for id in behind]
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        return f"nothing was published; new, since the gate of their own source has passed: {shown}"

    def _write(self, report: Report) -> Path:
        write_report(report, self.settings.reports)
        self.report = report
        return self.settings.reports / f"{REPORT_NAME}.html"

    def report_failure(self, reason: str) -> None:
        was_reported = self.report is not None
        run_id = self.info.invocation_id or f"failed-{self.info.started_at:%Y%m%dT%H%M%S%f}"
        info = replace(self.info, invocation_id=run_id, finished_at=_now())
        with suppress(OSError, MachineError):  # the disk may be what failed
            if not was_reported:
                self._write(failed_before_gate(f"the run failed before the gate: {reason}", info))
            self.write_page(reason)
            if was_reported:
                self.narrator.page(self.settings.reports / PAGE_NAME)

    def write_page(self, failure: str = "") -> None:
        """Where nothing has changed, the page of the run that built it stays, but for the verdicts."""
        if self.report:
            publish_run_page(
                self.settings,
                self.params,
                report=self.report,
                run_results=self.dbt_run.run_results if self.dbt_run else None,
                published=self.published,
                export=self.export,
                verdicts=self.verdicts,
                reproduction=self.reproduction,
                failure=failure,
            )
        elif self.published:
            renew_verdicts(self.settings, self.verdicts, self.reproduction)

    def _record(self, connection: Any, *, changed: bool) -> FeatureRecord:
        record = read_record(connection, self.settings, self.info.invocation_id if changed else "")
        sources = read_source_sets(connection, self.settings) if self._sources[1:] else ()
        self.narrator.recorded(record, sources)
        self.published = True
        return record

    def _export(self, connection: Any, *, measured: bool) -> ExportResult:
        self.narrator.stage("Export", str(self.settings.datasets))
        result = export_dataset(
            connection, settings=self.settings, progress=self.narrator.exporting, measured=measured
        )
        self.export = result
        self.narrator.exported(result)
        return result

    def _export_own(self, connection: Any) -> Iterator[ExportResult]:
        """The feature sets of one's own that are published; one that Parquet has no types for is reported."""
        published = published_sets(connection, self.settings)
        for name in own_feature_sets(self._manifest):
            if name not in published:
                continue
            self.narrator.stage("Export", str(self.settings.datasets / name))
            try:
                result = export_dataset(
                    connection,
                    settings=self.settings,
                    feature_set=name,
                    progress=self.narrator.exporting,
                )
            except (UsageError, CheckFailed) as error:
                self.narrator.warning(f"{name} is not exported: {error.message}; {error.hint}")
                continue
            self.narrator.exported(result)
            yield result

    @property
    def _manifest(self) -> dict[str, Any] | None:
        """dbt's, of this run or of the latest."""
        return self.dbt_run.manifest if self.dbt_run else latest_manifest(self.settings)

    def _tell_verdicts(self, connection: Any) -> None:
        """What is published and leaks, or is not proven, is named each time."""
        candidates = feature_candidates(self._manifest)
        self.verdicts = standing_verdicts(connection, self.settings, candidates)
        current = find_current(connection, self.settings)
        if current:
            self.reproduction = reproduction_of(connection, self.settings, current)
        for verdict in self.verdicts or ():
            if verdict.is_open:
                self.narrator.warning(str(verdict))
        for export in [*([self.export] if self.export else []), *self.own_exports]:
            name = "" if export is self.export else f"{export.manifest['feature_set']}: "
            for alert in export.manifest.get("figures", {}).get("alerts", ()):
                self.narrator.warning(f"{name}{alert}")
        if self.reproduction and self.reproduction.verdict == DIFFERENT:
            self.narrator.warning(f"the published version {self.reproduction}")


def _now() -> datetime:
    return datetime.now(timezone.utc)
