"""What `ready run --json` and `ready validate --json` print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ready.cli.output import Output
from ready.errors import CheckFailed
from ready.gate.report import REPORT_NAME
from ready.run.stages import PipelineResult
from ready.settings import Settings


@contextmanager
def verdict_shown(output: Output, settings: Settings) -> Iterator[dict[str, Any]]:
    """Shows in the end what was put in, and as `validation` the report, also of a gate that stopped."""
    result: dict[str, Any] = {}
    try:
        yield result
    except CheckFailed:
        output.show(result | _validation(settings))
        raise
    output.show(result | _validation(settings))


def result_object(result: PipelineResult) -> dict[str, Any]:
    """changed is false when the tables already were what the files and configs say.

    leakage: the verdicts of PipelineResult, by model.
    """
    record = result.record
    return {
        "changed": result.changed,
        "seconds": round(result.seconds, 2),
        "feature_set": record.feature_set,
        "feature_version": record.feature_version,
        "data_hash": record.data_hash,
        "row_count": record.row_count,
        "splits": record.splits,
        "datasets": str(result.export.folder),
        "own_datasets": {own.manifest["feature_set"]: str(own.folder) for own in result.own},
        "leakage": None if result.verdicts is None else {v.model: v.verdict for v in result.verdicts},
    }


def _validation(settings: Settings) -> dict[str, Any]:
    return {"validation": json.loads((settings.reports / f"{REPORT_NAME}.json").read_text(encoding="utf-8"))}
