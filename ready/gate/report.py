"""The gate's report: dbt's artifacts and the database joined into one model, written in every form."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from ready.dbt.messages import brief_message
from ready.errors import MachineError
from ready.gate.checks import CheckBuilder, missing_columns
from ready.gate.expectations import (
    find_model,
    further_sources,
    gate_tests,
    is_sensitive,
    switched_off,
)
from ready.gate.history import read_history
from ready.gate.html import render_html
from ready.gate.inspector import Connect, Inspector, inspecting
from ready.gate.junit import render_junit
from ready.gate.left_out import count_left_out
from ready.gate.model import Check, PastRun, Report, RunInfo
from ready.gate.samples import SampleReader
from ready.rendering.files import write_atomically

REPORT_NAME = "validation_report"


def build_report(
    *,
    manifest: Mapping[str, Any],
    run_results: Mapping[str, Any] | None,
    expectations_file: Path,
    connect: Connect | None,
    run: RunInfo,
) -> Report:
    """The result of the tests attached to orders_parsed, in the order of the expectations file; and of those
    of the sources beside the orders.

    manifest, run_results: dbt's artifacts (v12, v6). run_results is None when dbt wrote none; then
    no check ran and the report does not pass. connect gives samples, row counts and history; without
    it, or when it fails, these are missing and the verdict is the same.
    """
    results = {result["unique_id"]: result for result in (run_results or {}).get("results", [])}
    tests = [
        (call, node, results.get(node["unique_id"])) for call, node in gate_tests(manifest, expectations_file)
    ]
    model = find_model(manifest)
    with inspecting(connect) as inspector:
        builder = _builder(model, inspector, missing_columns(tests))
        history = read_history(model, inspector)
        checks = [replace(check, history=history.get(check.name, ())) for check in builder.build_all(tests)]
        failure = _model_failure(model, results) if run_results else "the gate did not run"
        if not failure:
            left_out = count_left_out(manifest, inspector, builder.relation, run.load_ids)
            run = replace(run, left_out=left_out)
        for source in further_sources(manifest):
            checks += _checks_of_source(manifest, source, results, inspector, expectations_file, history)
            model = find_model(manifest, f"{source}_parsed")
            failure = failure or (_model_failure(model, results) if run_results else None)
    return _assemble(checks, failure, run, _switched_off(manifest))


def _checks_of_source(
    manifest: Mapping[str, Any],
    source: str,
    results: Mapping[str, Mapping[str, Any]],
    inspector: Inspector,
    expectations_file: Path,
    history: Mapping[str, tuple[PastRun, ...]],
) -> list[Check]:
    """Each names its source first."""
    name, file = f"{source}_parsed", expectations_file.with_name(f"{source}.yaml")
    tests = [(call, node, results.get(node["unique_id"])) for call, node in gate_tests(manifest, file, name)]
    builder = _builder(find_model(manifest, name), inspector, missing_columns(tests))
    return [
        replace(
            check,
            texts=tuple(f"{source}: {text}" for text in check.texts),
            notes=tuple(f"{source}: {text}".replace("orders.yaml", file.name) for text in check.notes),
            words=f"{source}: {check.words}",
            source=source,
            history=history.get(check.name, ()),
        )
        for check in builder.build_all(tests)
    ]


def _switched_off(manifest: Mapping[str, Any]) -> list[str]:
    """Warnings of the default rules that do not run."""
    told = [f"the rule {name} is switched off in expectations.yaml" for name in switched_off(manifest)]
    for source in further_sources(manifest):
        off = switched_off(manifest, f"{source}_parsed")
        told += [f"{source}: the rule {name} is switched off in {source}.yaml" for name in off]
    return told


def failed_before_gate(message: str, run: RunInfo) -> Report:
    """The report of a run that never came to the gate: it did not pass, and says why."""
    return Report(errors=(utf8(message),), warnings=_warned_before(run), checks=(), run=run)


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write validation_report.json, .html, .xml and <invocation_id>.json; returns their paths.

    Each file is replaced as a whole. Raises OSError when the folder cannot be written.
    """
    json_bytes = orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    copy = re.sub(r"[^A-Za-z0-9._-]", "_", report.run.invocation_id) or "unnamed"
    contents = {
        f"{REPORT_NAME}.html": render_html(report).encode(),
        f"{REPORT_NAME}.xml": render_junit(report),
        f"{copy}.json": json_bytes,
        f"{REPORT_NAME}.json": json_bytes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    return [write_atomically(folder / name, content) for name, content in contents.items()]


def require_writable(folder: Path) -> None:
    """Raises MachineError when no report could be written: better now than after the build."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MachineError(
            f"cannot write to {folder}: {error.strerror}",
            hint="name another folder with --artifacts or READY_ARTIFACTS",
        ) from None


def utf8(text: str) -> str:
    """A path in a message may hold bytes that are no UTF-8; the report is written all the same."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _builder(model: Mapping[str, Any], inspector: Inspector, missing: frozenset[str]) -> CheckBuilder:
    columns = model.get("columns") or {}
    sensitive = frozenset(name.lower() for name, column in columns.items() if is_sensitive(column))
    relation = str(model.get("relation_name") or "stg.orders_parsed")
    samples = SampleReader(inspector, tuple(columns), sensitive)
    return CheckBuilder(relation, inspector, samples, sensitive, missing)


def _model_failure(model: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> str | None:
    result = results.get(model.get("unique_id", ""))
    if not result or result["status"] == "success":
        return None
    if result["status"] == "error":
        return f"{model['name']} could not be built: {brief_message(result.get('message'))}"
    return f"{model['name']} was not built, because something before it failed"


def _assemble(checks: list[Check], failure: str | None, run: RunInfo, off: list[str]) -> Report:
    """A gate that could not start is reported once, not once a check; a gate without checks is no gate."""
    blocking = [check for check in checks if check.blocks and not (failure and check.status == "skipped")]
    errors = [*([failure] if failure else []), *(text for check in blocking for text in check.texts)]
    warned = [check for check in checks if check.status == "warn"]
    warnings = [*_warned_before(run), *(text for check in warned for text in check.texts)]
    warnings += dict.fromkeys(note for check in checks for note in check.notes)
    warnings += off
    if not checks and not failure:
        warnings.append("no expectation is attached to orders_parsed: nothing was checked")
    return Report(tuple(errors), tuple(warnings), tuple(checks), run)


def _warned_before(run: RunInfo) -> tuple[str, ...]:
    """Warnings that are no check's."""
    return tuple(map(utf8, (*run.config_warnings, *run.load_warnings)))
