"""`python -m ready` in a process of its own, forked from one that has imported dbt: that takes seconds.

Only libraries are imported beforehand. The package `ready` is not: what it imports, and when, stays tested.
A home begins with what dbt has parsed for the same configs and database in another; dbt itself
decides whether that still holds.
"""

from __future__ import annotations

import atexit
import hashlib
import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(
    ["dbt.cli.main", "dbt.adapters.postgres", "dbt.adapters.spark", "jsonschema", "pyarrow.parquet"]
)

# What decides whether dbt can use what it has parsed before, but for the files themselves, which it compares.
PARSED_FOR = ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "READY_SPARK_PORT", "READY_CONFIGS")
_parsed = tempfile.TemporaryDirectory()
_parsed_as: dict[Path, Path] = {}


def ready(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str], input: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Like subprocess.run with captured output; env: the whole environment."""
    command = ["ready", *map(str, arguments)]
    parsed, known = _parsed_states(command, cwd, env)
    if known.exists() and ("PGHOST" in env or "READY_SPARK_PORT" in env) and _parsed_as.get(parsed) != known:
        parsed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, parsed)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("input", "output", "errors")]
        for file, text in zip(files, (input or "", "", ""), strict=True):
            file.write_text(text)
        process = _server.Process(target=_become, args=(command, cwd, dict(env), files))
        process.start()
        process.join()
        assert process.exitcode is not None
        if process.exitcode == 0 and parsed.exists():
            _parsed_as[parsed] = known
            if not known.exists():
                shutil.copy(parsed, known)
        return subprocess.CompletedProcess(
            command, process.exitcode, files[1].read_text(), files[2].read_text()
        )


def _parsed_states(command: list[str], cwd: Path, env: Mapping[str, str]) -> tuple[Path, Path]:
    """Where dbt keeps what it has parsed, and where an earlier test's stands that may serve as well."""
    configs = command[command.index("--configs") + 1] if "--configs" in command else None
    serves = repr((configs, *(env.get(name) for name in PARSED_FOR)))
    home = Path(env.get("READY_HOME") or cwd / ".ready")
    known = Path(_parsed.name, hashlib.sha256(serves.encode()).hexdigest())
    return home / "dbt" / "target" / "partial_parse.msgpack", known


def _become(command: list[str], cwd: Path, env: dict[str, str], files: list[Path]) -> None:
    for number, file in enumerate(files):
        descriptor = os.open(file, os.O_RDWR)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing has put another in its place
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = command
    try:
        runpy.run_module("ready", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # multiprocessing ends its processes without
