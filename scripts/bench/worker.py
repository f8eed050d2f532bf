"""One way to do a thing, in a process of its own that stays ready: no start is timed, its memory is told.

The worker runs once for each line it reads and answers with one line of JSON. Only the standard
library, so that a virtual environment of another tool can run it.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def serve(run: Callable[[], Any]) -> None:
    """Until the end of input. Whatever else `run` prints goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for _ in sys.stdin:
        started = time.perf_counter()
        result = run()
        seconds = time.perf_counter() - started
        print(
            json.dumps({"seconds": seconds, "peak_mb": _peak_mb(), "result": result}),
            file=answers,
            flush=True,
        )


def _peak_mb() -> float:
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class Worker:
    """The other end: starts the script and asks it."""

    def __init__(self, command: Sequence[str], environ: dict[str, str], log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
        )

    def run(self) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # its log says why
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"a worker failed:\n{self._log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
