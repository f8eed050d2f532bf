"""`make soak` on few files: the loads go through and leave nothing open; the times it judges are its own."""

from __future__ import annotations

import subprocess
import sys

from conftest import PROJECT


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "scripts" / "soak.py"), "--files", "12", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_loads_in_a_row_leave_nothing_open() -> None:
    done = soak("--tolerance", "1000")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 loads" in done.stdout


def test_growth_is_told() -> None:
    done = soak("--tolerance", "0.1")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "something grows")
