"""A recorded version comes out again: rebuilt from its loads with its definition, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ready.database.engine import EngineParams
from ready.database.query import connected
from ready.dataset.training_set import training_set_table
from ready.dbt.runner import of_machine
from ready.definition.column_roles import FEATURE_SET, SPLITS, labelled_features
from ready.errors import CheckFailed, ReadyError, UsageError
from ready.proof.compare import compare_tables
from ready.proof.exports import Finding, compare_exports
from ready.proof.open_scratch import scratch
from ready.proof.recorded_project import Code, write_recorded_configs
from ready.proof.scratch import Scratch
from ready.recorded.proofs import record_reproduction
from ready.recorded.registry import find_build, select_meta
from ready.run.build_state import Connection
from ready.settings import Settings

Say = Callable[[str], None]
Row = dict[str, Any]

NOT_BUILT = ("test", "unit_test", "snapshot")
LEFT_OUT = tuple(argument for kind in NOT_BUILT for argument in ("--exclude-resource-type", kind))


@dataclass(frozen=True)
class Reproduction:
    """What came out. record: the registry's row. code: what it was rebuilt with."""

    record: Row
    code: str
    findings: tuple[Finding, ...]

    @property
    def equal(self) -> bool:
        return all(finding.same is not False for finding in self.findings)


def reproduce(settings: Settings, params: EngineParams, *, name: str, say: Say) -> Reproduction:
    """Rebuild a recorded build in scratch schemas and compare it.

    params: of the settings' engine. name: VERSION or VERSION@DATA_HASH (a prefix will do); of several builds
    the current, else the latest. The current code is used where it gives the recorded hashes, else the
    recorded commit. Raises UsageError for a version that is not recorded, CheckFailed when its loads or its
    definition cannot be had any more.
    """
    with connected(settings) as connection:
        record = find_build(connection, settings, name)
        base = _base(connection, settings, record)
        _check_loads(connection, settings, record)
    # No tests run: READY_SCRATCH lets the tables be published all the same.
    environ = {"READY_LOAD_IDS": ",".join(map(str, record["load_ids"])), "READY_SCRATCH": "true"}
    reasons = []
    for code in _codes(settings, record):
        say(f"building version {record['feature_version']} with {code}")
        with scratch(settings, params, "repro", environ=environ) as place:
            reason = _rebuild(settings, place, base, code)
            if reason is None:
                if base is not record:
                    say("computing the features of the labels")
                    _label_again(place, record, base)
                say("comparing")
                result = Reproduction(record, str(code), tuple(_compare(settings, place, record)))
                _put_on_record(settings, result)
                return result
        reasons.append(f"{code}: {reason}")
    raise _definition_lost(record, reasons)


def _base(connection: Connection, settings: Settings, record: Row) -> Row:
    """The build of features to rebuild: the record's own; or what own labels were joined to."""
    if record["feature_set"] == FEATURE_SET or _is_of_sources(record):
        return record
    if "labels" not in record["config"]:
        raise UsageError(
            f"{record['feature_set']} is not reproduced on its own, only {FEATURE_SET}, own labels and sets "
            "with features of further sources",
            hint="ready registry show has its SQL, its loads and its fingerprint on record",
        )
    labels = record["config"]["labels"]
    base = find_build(connection, settings, f"{labelled_features(labels)}:{labels['features_version']}")
    return {
        **base,
        "load_ids": record["load_ids"],
        "lineage": {**base["lineage"], "loads": record["lineage"]["loads"]},
    }


def _is_of_sources(record: Row) -> bool:
    return "sources" in record["config"] and "labels" not in record["config"]


def _label_again(place: Scratch, record: Row, base: Row) -> None:
    """Build the set of own labels in the scratch place, from the load of its file."""
    from ready.label_sets.label_set import LabelDefinition, record_label_set

    def build(connection: Connection) -> None:
        record_label_set(
            connection,
            place.settings,
            name=record["feature_set"],
            base=base,
            load=record["lineage"]["labels"],
            definition=LabelDefinition.recorded(record["config"]["labels"]),
        )

    place.call(build)


def _put_on_record(settings: Settings, result: Reproduction) -> None:
    differs = [finding.what for finding in result.findings if finding.same is False]
    with connected(settings) as connection:
        record_reproduction(connection, settings, result.record, differs=differs, code=result.code)


def _check_loads(connection: Connection, settings: Settings, record: Row) -> None:
    """The loads on record must be in raw, with the same files."""
    if not record["load_ids"]:
        raise UsageError("that version was built from no loads: there is nothing to rebuild it from")
    rows = select_meta(connection, settings, "select load_id, file_sha256 from raw.loads")
    recorded = {row["load_id"]: row["file_sha256"] for row in rows}
    labels = record["lineage"].get("labels")
    for load in [*record["lineage"]["loads"], *([labels] if labels else [])]:
        if recorded.get(load["load_id"]) != load["file_sha256"]:
            named = f"load {load['load_id']} ({load['file_name']})"
            raise CheckFailed(
                f"{named} is not in this database's raw.loads as recorded",
                hint="reproduce the version in the database that it was built in",
            )


def _codes(settings: Settings, record: Row) -> Iterator[Code]:
    product = settings.product_dir if settings.is_users else None
    yield Code(settings.project_dir, None, product)
    if record["git_commit"]:
        yield Code(settings.project_dir, record["git_commit"], product)


def _rebuild(settings: Settings, place: Scratch, record: Row, code: Code) -> str | None:
    """Build with this code; None when it is the recorded definition, else why it is not."""
    project = place.settings.home / "project"
    try:
        code.lay_out(project)
        configs = write_recorded_configs(project, record["config"], fallback=settings.configs)
        own = replace(place.settings, project_dir=project, configs=configs)
        sets = dict.fromkeys(("customer_training_set", record["feature_set"]))
        selected = [f"+{name}" for name in sets if name != FEATURE_SET]
        replace(place, settings=own).dbt("build", "--select", *selected, *LEFT_OUT)
    except ReadyError as error:
        if of_machine(error.message):  # that says nothing about the definition
            raise
        return f"{error.message}{f' ({error.hint})' if error.hint else ''}"
    if not _all(place, "feature_registry", record["feature_set"]):
        return "what it builds is not published"
    built = _built(place, record["feature_set"])
    if (built["config_hash"], built["sql_hash"]) == (record["config_hash"], record["sql_hash"]):
        return None
    before, after = _sql_hashes(record), _sql_hashes(built)
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return f"it has another definition of {', '.join(names) or 'the configs'}"


def _built(place: Scratch, feature_set: str) -> Row:
    return _all(place, "feature_registry", feature_set)[0]


def _all(place: Scratch, table: str, feature_set: str) -> list[Row]:
    """The rows of a meta table of the scratch build."""
    query = "select * from {meta}.{table} where feature_set = %(feature_set)s"
    return select_meta(place.connection, place.settings, query, {"feature_set": feature_set}, table=table)


def _sql_hashes(record: Row) -> dict[str, str | None]:
    lineage = record["lineage"]
    nodes = [*lineage["models"], *lineage["nodes"]]
    return {node["node"].split(".")[2]: node["sql_hash"] for node in nodes}


def _definition_lost(record: Row, reasons: list[str]) -> CheckFailed:
    if not record["git_commit"]:
        reasons.append("the record names no commit: it was built outside a git checkout")
    elif record["git_dirty"]:
        reasons.append("it was built with uncommitted changes, which are not kept")
    return CheckFailed(
        f"the definition of version {record['feature_version']} cannot be had: {'; '.join(reasons)}",
        hint="features.yaml and orders.yaml are on record; for other expectations.yaml with quarantine rules "
        "name their folder with --configs",
    )


def _compare(settings: Settings, place: Scratch, record: Row) -> Iterator[Finding]:
    built = _built(place, record["feature_set"])
    same = built["data_hash"] == record["data_hash"]
    table = record["feature_set"] if _is_of_sources(record) else FEATURE_SET
    detail = "" if same else _first_difference(settings, place, record, table)
    yield Finding(f"features, {built['row_count']:,} rows", same, detail)
    yield _compare_labels(settings, place, record)
    yield from _compare_splits(settings, place, record)
    yield from compare_exports(settings, place, record)


def _recorded(settings: Settings, place: Scratch, record: Row, table: str) -> list[Row]:
    """The rows of a meta table that describe this build."""
    return select_meta(
        place.connection,
        settings,
        "select * from {meta}.{table} where feature_set = %(feature_set)s "
        "and feature_version = %(feature_version)s and data_hash = %(data_hash)s",
        record,
        table=table,
    )


def _compare_labels(settings: Settings, place: Scratch, record: Row) -> Finding:
    recorded = (
        {record["dataset"]["labels_hash"]}
        if record["dataset"]
        else {row["labels_hash"] for row in _recorded(settings, place, record, "dataset_label_summary")}
    )
    of_set = FEATURE_SET if _is_of_sources(record) else record["feature_set"]
    (built,) = _all(place, "dataset_label_summary", of_set)
    what = f"labels, {built['row_count']:,} rows"
    if not recorded:
        return Finding(what, None, "no fingerprint was recorded")
    same = built["labels_hash"] in recorded
    return Finding(what, same, "" if same else _first_difference(settings, place, record, "customer_labels"))


def _compare_splits(settings: Settings, place: Scratch, record: Row) -> Iterator[Finding]:
    """An earlier release has several memberships of a build on record, and does not say with which loads."""
    recorded = (
        record["dataset"]["splits"]
        if record["dataset"]
        else _recorded(settings, place, record, "dataset_split_summary")
    )
    built = {row["split"]: row for row in _all(place, "dataset_split_summary", record["feature_set"])}
    for split in SPLITS:
        known = [row for row in recorded if row["split"] == split]
        new = built.get(split)
        same = new is not None and new["membership_hash"] in [row["membership_hash"] for row in known]
        detail = "" if same else f"recorded {_rows(known[-1] if known else None)}, now {_rows(new)}"
        if known or new:
            yield Finding(f"split {split}, {_rows(new)}", same, detail)


def _rows(split: Row | None) -> str:
    return f"{split['row_count']:,} rows" if split else "no rows"


def _first_difference(settings: Settings, place: Scratch, record: Row, table: str) -> str:
    """Where the tables still hold the recorded build, the first rows that differ."""
    if not _recorded(settings, place, record, "current_versions"):
        return "only the fingerprint of the recorded rows is kept: the tables hold another build"
    if "labels" in record["config"]:
        table = training_set_table(record["feature_set"])
    before, after = place.table_in_use("feats", table), place.table("feats", table)
    columns = place.columns(before)
    if columns != place.columns(after):
        return "the columns differ"
    found = compare_tables(place, before, after, columns=columns).differences
    return "; ".join(map(str, found)) or "the table in use was changed since: it equals the rebuilt one"
