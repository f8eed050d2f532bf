"""One way to do a thing, in a process of its own that stays ready, so that no start is timed.

The worker runs once for each line it reads, with the JSON of that line as its arguments, and answers with
one line of JSON. Only the standard library, so that a virtual environment of another tool can run it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def serve(run: Callable[..., Any]) -> None:
    """Until the end of input. Whatever else `run` prints goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        arguments = json.loads(line)
        started = time.perf_counter()
        result = run(*arguments)
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "result": result}), file=answers, flush=True)


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

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, *arguments: Any) -> Any:
        """What the script's function gives; exits with the end of its log when it fails."""
        return self.answer(*arguments)["result"]

    def answer(self, *arguments: Any) -> dict[str, Any]:
        """The seconds it took, and its result."""
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # its log says why
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"a worker failed:\n{self._log.read_text()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
