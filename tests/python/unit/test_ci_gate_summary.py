"""The gate's part of a pull request's summary says what is new."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import PROJECT

MAIN = {"checks": [{}] * 18, "validation_passed": True, "errors": [], "warnings": ["channel has 1 null(s)"]}


def summary(folder: Path, **changes: Any) -> list[str]:
    files = [folder / "main.json", folder / "pull_request.json"]
    for file, content in zip(files, (MAIN, MAIN | changes), strict=True):
        file.write_text(json.dumps(content))
    command = [sys.executable, str(PROJECT / "scripts/ci/gate_summary.py"), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_gate_that_passes_as_on_main(tmp_path: Path) -> None:
    assert summary(tmp_path) == ["Gate: passed, 18 checks", "", "- warning: channel has 1 null(s)"]


def test_a_gate_that_stops_says_what_is_new(tmp_path: Path) -> None:
    warnings = [*MAIN["warnings"], "amount has 2 null(s)"]
    told = summary(tmp_path, checks=[{}] * 19, validation_passed=False, errors=["bad"], warnings=warnings)
    assert told == [
        "Gate: **FAILED**, 19 checks (main: 18)",
        "",
        "- error, new: bad",
        "- warning: channel has 1 null(s)",
        "- warning, new: amount has 2 null(s)",
    ]
