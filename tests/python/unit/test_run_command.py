"""`ready run --check-leakage`: the check comes after the build, and its verdict is the command's."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ready.cli.main import cli
from ready.dataset.export import ExportResult
from ready.proof.compare import Difference
from ready.proof.leakage import Leak, LeakageReport
from ready.recorded.registry import FeatureRecord
from ready.run.stages import PipelineResult

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LEAK = Leak("my_features", NOON, "deleted", Difference("orders_7d", 1, ("C1", NOON), "1", "0"))


@pytest.mark.parametrize("leaks", [(), (LEAK,)])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_leak_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leaks: tuple[Leak, ...], as_json: bool
) -> None:
    record = FeatureRecord("customer_features", 1, "f" * 32, 10, True, {"train": 10})
    export = ExportResult(tmp_path, {"files": []}, written=True)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/validation_report.json").write_text("{}")
    done = []

    def run_pipeline(**_: Any) -> PipelineResult:
        done.append("run")
        return PipelineResult(True, record, export, (), 1.0)

    def check(*_: Any, **__: Any) -> LeakageReport:
        done.append("check")
        return LeakageReport((NOON,), {"my_features": 5}, leaks, {}, recorded={})

    monkeypatch.setattr("ready.run.pipeline.run_pipeline", run_pipeline)
    monkeypatch.setattr("ready.proof.leakage.check_leakage", check)
    monkeypatch.setattr("ready.database.engine.open_engine", lambda settings: None)
    monkeypatch.setattr("ready.run.renew.renew_proofs", lambda settings: done.append("renew"))
    arguments = ["run", "--check-leakage", "--artifacts", str(tmp_path), *(["--json"] if as_json else [])]
    result = CliRunner().invoke(cli, arguments)
    assert done == ["run", "check", "renew"]
    assert (result.exit_code != 0) == bool(leaks), result.output
    if as_json:
        told = json.loads(result.stdout)
        assert told["leakage"] == {"my_features": "leaking" if leaks else "same"}
    else:
        assert ("orders_7d" in result.stdout) == bool(leaks)
        assert ("No row up to its cutoff moved" in result.stdout) == (not leaks)
