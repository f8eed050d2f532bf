"""The whole way in one call: load, gate, build, record, export. One dbt build does the middle."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Protocol

from loader import LoadOptions, LoadSummary, ensure_raw_schema, load_files
from loader.errors import LoaderError
from loader.results import Progress as LoadProgress
from ready import __version__
from ready.build_state import Connection, build_key, built_by, mark_built
from ready.dbt import DbtRun, NodeResult, require_success, run_dbt
from ready.errors import CheckFailed, ReadyError, from_loader
from ready.export import ExportResult, export_dataset
from ready.gate.model import Report, RunInfo
from ready.gate.report import REPORT_NAME, build_report, failed_before_gate, write_report
from ready.locks import only_one_run
from ready.mapping import check_mapping, orders_meta
from ready.postgres.connection import ConnectionParams
from ready.postgres.server import ensure_server
from ready.settings import Settings

# Unit tests prove the project's SQL, not a user's data: they belong to `make test`.
BUILD = ("build", "--exclude-resource-type", "unit_test")
GATE = (*BUILD, "--select", "+orders_parsed")


class Narrator(Protocol):
    """Told what happens, as it happens. The command line prints it."""

    load_progress: LoadProgress

    def stage(self, title: str, detail: str = "") -> None: ...
    def loaded(self, summary: LoadSummary) -> None: ...
    def node(self, node: NodeResult) -> None: ...
    def gate(self, report: Report, file: Path) -> None: ...
    def recorded(self, record: FeatureRecord) -> None: ...
    def exporting(self, done: int, total: int) -> None: ...
    def exported(self, result: ExportResult) -> None: ...
    def unchanged(self) -> None: ...


@dataclass(frozen=True)
class FeatureRecord:
    """What the registry now says of the feature set. splits: rows of train, val and test."""

    feature_set: str
    feature_version: int
    data_hash: str
    row_count: int
    is_new: bool
    splits: dict[str, int]


@dataclass(frozen=True)
class PipelineResult:
    """changed is false when the tables already were what the files and configs say."""

    changed: bool
    record: FeatureRecord
    export: ExportResult
    seconds: float


def run_pipeline(
    *, settings: Settings, paths: Sequence[str], options: LoadOptions, narrator: Narrator
) -> PipelineResult:
    """Take CSV files to recorded, exported splits; a second call with nothing new does nothing.

    Raises CheckFailed when a file or the gate stops it, UsageError for a wrong call or config,
    MachineError for the database; the gate's report is written in every case.
    """
    run = _Run(settings, narrator)
    try:
        return run.whole_way(paths, options)
    except ReadyError as error:
        run.report_failure(error)
        raise


def validate(*, settings: Settings, narrator: Narrator) -> Report:
    """Run the gate alone on what is loaded. Raises CheckFailed when it does not pass."""
    run = _Run(settings, narrator)
    try:
        return run.gate_only()
    except ReadyError as error:
        run.report_failure(error)
        raise


class _Run:
    """One run's state between its stages."""

    def __init__(self, settings: Settings, narrator: Narrator) -> None:
        self.settings = settings
        self.narrator = narrator
        self.clock = time.monotonic()
        self.meta = orders_meta(settings.configs)
        self.info = RunInfo(
            invocation_id="",
            started_at=_now(),
            finished_at=_now(),
            versions={"ready": __version__, "dbt": package_version("dbt-core")},
        )
        self.reported = False

    def whole_way(self, paths: Sequence[str], options: LoadOptions) -> PipelineResult:
        params = self._connect()
        with closing(params.connect()) as connection, only_one_run(connection, self.narrator.stage):
            self._load(params, paths, options)
            load_ids = self._active_loads(connection)
            key = build_key(self.settings, load_ids)
            changed = not self._is_current(connection, key)
            if changed:
                self._build(params, connection, key)
            else:
                self.narrator.unchanged()
            record = self._record(connection, changed=changed)
            export = self._export(connection)
        return PipelineResult(changed, record, export, time.monotonic() - self.clock)

    def gate_only(self) -> Report:
        params = self._connect()
        with closing(params.connect()) as connection, only_one_run(connection, self.narrator.stage):
            self._active_loads(connection)
            self.narrator.stage("Validate", "stg.orders_parsed")
            return self._gate(params, self._dbt(params, GATE))

    def _connect(self) -> ConnectionParams:
        params = ensure_server(self.settings)
        with closing(params.connect()) as connection:
            server = connection.info.parameter_status("server_version") or ""
            ensure_raw_schema(connection)
        self.info = replace(self.info, versions={**self.info.versions, "postgres": server.split()[0]})
        self.narrator.stage("Database", str(params))
        return params

    def _load(self, params: ConnectionParams, paths: Sequence[str], options: LoadOptions) -> None:
        self.narrator.stage("Load", ", ".join(paths))
        try:
            summary = load_files(params.connect, paths, options, progress=self.narrator.load_progress)
        except LoaderError as error:
            raise from_loader(error) from None
        self.info = replace(self.info, load_warnings=_reject_warnings(summary), data_folder=paths[0])
        self.narrator.loaded(summary)
        if summary.refused:
            first, *others = summary.refused
            raise CheckFailed(
                f"{first.message}{f' (and {len(others)} more file(s))' if others else ''}",
                hint="mend the file and run again; files that could be read are loaded",
            )

    def _active_loads(self, connection: Connection) -> list[int]:
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select load_id, columns from raw.loads where status = 'loaded' and source = %s order by load_id",
                [(self.meta.get("file") or {}).get("source", "orders")],
            )
            loads = cursor.fetchall()
        self.info = replace(self.info, load_ids=tuple(load_id for load_id, _ in loads))
        check_mapping(self.meta, [header or [] for _, header in loads], configs=self.settings.configs)
        return [load_id for load_id, _ in loads]

    def _is_current(self, connection: Connection, key: str) -> bool:
        invocation_id = built_by(connection, self.settings, key)
        return bool(invocation_id) and (self.settings.reports / f"{invocation_id}.json").exists()

    def _build(self, params: ConnectionParams, connection: Connection, key: str) -> None:
        self.narrator.stage("Build", "the gate first, then the tables behind it")
        run = self._dbt(params, BUILD)
        self._gate(params, run)
        require_success(run, settings=self.settings)
        failed = [entry for entry in run.results("test") if entry["status"] in ("fail", "error")]
        if failed:
            names = ", ".join(entry["unique_id"].split(".")[2] for entry in failed[:5])
            raise CheckFailed(
                f"{len(failed)} test(s) failed behind the gate: {names}",
                hint=f"see {self.settings.home}/dbt/logs/dbt.log, or: ready dbt test --select {names.split(',')[0]}",
            )
        mark_built(connection, self.settings, key, run.invocation_id)

    def _dbt(self, params: ConnectionParams, arguments: Sequence[str]) -> DbtRun:
        run = run_dbt(arguments, settings=self.settings, params=params, on_node=self.narrator.node)
        self.info = replace(self.info, invocation_id=run.invocation_id, finished_at=_now())
        return run

    def _gate(self, params: ConnectionParams, run: DbtRun) -> Report:
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
        self.narrator.gate(report, file)
        if not report.validation_passed:
            require_success(run, settings=self.settings)
            raise CheckFailed(
                f"the gate stopped the run: {len(report.errors)} error(s); tables behind it are as they were",
                hint="mend the CSV file and run again: a file of the same name takes the old one's place",
            )
        return report

    def _write(self, report: Report) -> Path:
        write_report(report, self.settings.reports)
        self.reported = True
        return self.settings.reports / f"{REPORT_NAME}.html"

    def report_failure(self, error: ReadyError) -> None:
        """Never leave an older report looking like today's."""
        if not self.reported:
            run_id = self.info.invocation_id or f"failed-{self.info.started_at:%Y%m%dT%H%M%S%f}"
            info = replace(self.info, invocation_id=run_id, finished_at=_now())
            self._write(failed_before_gate(f"the run failed before the gate: {error.message}", info))

    def _record(self, connection: Connection, *, changed: bool) -> FeatureRecord:
        record = read_record(connection, self.settings, self.info.invocation_id if changed else "")
        self.narrator.recorded(record)
        return record

    def _export(self, connection: Connection) -> ExportResult:
        self.narrator.stage("Export", str(self.settings.datasets))
        result = export_dataset(connection, settings=self.settings, progress=self.narrator.exporting)
        self.narrator.exported(result)
        return result


def read_record(connection: Connection, settings: Settings, invocation_id: str) -> FeatureRecord:
    """The registry's word on what the tables hold; is_new when this dbt run was the first to build it."""
    meta = settings.schema("meta")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f'select feature_set, feature_version, data_hash, row_count, registry.invocation_id '
            f'from "{meta}".current_versions join "{meta}".feature_registry as registry '
            f"using (feature_set, feature_version, data_hash)"
        )
        feature_set, feature_version, data_hash, row_count, first_built_by = cursor.fetchone()  # type: ignore[misc]
        cursor.execute(
            f'select split, count(*) from "{meta}".dataset_splits '
            f"where feature_set = %s and feature_version = %s group by split",
            [feature_set, feature_version],
        )
        splits = dict.fromkeys(("train", "val", "test"), 0) | dict(cursor.fetchall())
    return FeatureRecord(
        feature_set, feature_version, data_hash, row_count, first_built_by == invocation_id, splits
    )


def _reject_warnings(summary: LoadSummary) -> tuple[str, ...]:
    return tuple(
        f"{file.file_name} has {file.rows_rejected} record(s) that could not be read"
        + (f", first at line {file.first_rejects[0].line_number}: {file.first_rejects[0].reason}" if file.first_rejects else "")
        for file in summary.files
        if file.rows_rejected
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
