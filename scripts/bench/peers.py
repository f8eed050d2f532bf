"""The tools that ours is compared with, each in a virtual environment of its own: never a dependency."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).parents[2] / "artifacts" / "bench"


def peer_python(name: str, *packages: str) -> str:
    """The Python that has the packages; they are installed on first use."""
    venv = OUT / ".venvs" / name
    if not (venv / "complete").exists():
        print(f"installing {packages[0]} for the comparison", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", *packages], check=True)
        (venv / "complete").touch()
    return str(venv / "bin" / "python")
