"""The summary of a pull request names what changed in the data, and only that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import PROJECT

ORDERS = {"rows": 5000, "fingerprint": "0fae72504a1"}
GATE = {"checks": 18, "validation_passed": True, "errors": [], "warnings": ["channel has 1 null(s)"]}
MAIN = {
    "gate": GATE,
    "fingerprints": {"customer_features": "0fae"},
    "tables": {"stg.orders": ORDERS, "feats.old": ORDERS, "feats.customer_features": ORDERS},
}


def summary(folder: Path, **changes: Any) -> str:
    files = [folder / "main.json", folder / "pull_request.json"]
    for file, content in zip(files, (MAIN, MAIN | changes), strict=True):
        file.write_text(json.dumps(content))
    command = [sys.executable, str(PROJECT / "scripts/ci/summary.py"), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_no_change_is_one_line(tmp_path: Path) -> None:
    told = summary(tmp_path)
    assert "- Gate: passed, 18 checks\n" in told
    assert "fingerprint `0fae`, as on main" in told
    assert "3 of 3 tables are the same, row for row." in told
    assert "|" not in told


def test_changed_new_and_gone_tables_are_listed(tmp_path: Path) -> None:
    less = {"rows": 4999, "fingerprint": "ffffffffffff"}
    told = summary(
        tmp_path,
        fingerprints={"customer_features": "beef"},
        tables={"stg.orders": ORDERS, "feats.new": ORDERS, "feats.customer_features": less},
    )
    assert "| `feats.customer_features` | 4,999 (-1) | `0fae7250` → `ffffffff` |" in told
    assert "| `feats.new` | new: 5,000 | `none` → `0fae7250` |" in told
    assert "| `feats.old` | gone | `0fae7250` → `none` |" in told
    assert "`stg.orders`" not in told
    assert "1 of 4 tables are the same" in told
    assert "fingerprint `beef`, **not** `0fae` as on main" in told


def test_a_gate_that_stops_says_what_is_new(tmp_path: Path) -> None:
    warnings = [*GATE["warnings"], "amount has 2 null(s)"]
    told = summary(
        tmp_path, gate={"checks": 19, "validation_passed": False, "errors": ["bad"], "warnings": warnings}
    )
    assert "- Gate: **FAILED**, 19 checks (main: 18)" in told
    assert "  - error, new: bad" in told
    assert "  - warning: channel has 1 null(s)" in told
    assert "  - warning, new: amount has 2 null(s)" in told
