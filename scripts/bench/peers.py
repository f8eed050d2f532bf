"""The tools that ours is compared with, each in a virtual environment of its own: never a dependency."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from scratch import PROJECT

OUT = PROJECT / "artifacts" / "bench"


def peer_python(name: str, *packages: str) -> str:
    """The Python that has the packages; they are installed on first use."""
    venv = OUT / ".venvs" / name
    if not (venv / "complete").exists():
        print(f"installing {packages[0]} for the comparison", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", *packages], check=True)
        (venv / "complete").touch()
    return str(venv / "bin" / "python")


def answer_of(python: str, script: str, *arguments: str) -> Any:
    """The JSON that a script of this folder prints, run by that Python with the checkout's `ready`."""
    done = subprocess.run(
        [python, str(Path(__file__).with_name(script)), *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{script} {' '.join(arguments)} failed with {python}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
