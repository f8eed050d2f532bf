"""`ready` and `dbt` in a process of its own, forked from one that has imported dbt: that takes seconds.

Only libraries are imported beforehand. The package `ready` is not: what it imports, and when, stays tested.
A home begins with what dbt has parsed in another, written anew for its folder and database; dbt itself
decides what of it still holds. Configs of a test stand, while the command runs, where those of other tests
stood: dbt parses everything anew for another folder, which takes it longer than most runs.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest import mock

import msgpack

from ready.dbt.compiled_templates import keep_compiled_templates

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(
    [
        *(f"dbt.{module}" for module in ("cli.main", "task.build", "adapters.postgres", "adapters.spark")),
        *("dbt_common.clients.agate_helper", "babel.dates", "jsonschema", "psycopg2.extras", "pyarrow.csv"),
        *("pandas", "pyarrow.parquet", "pygal", "rich.live", "rich.progress", "rich.table", "sqlparse"),
        "warmed_dbt",
    ]
)

_one_at_a_time = threading.Lock()
_parsed = tempfile.TemporaryDirectory()
# Of a file that dbt has parsed into: what for.
_parsed_for: dict[Path, Parsed] = {}
_configs = Path(_parsed.name, "configs")
_templates = Path(_parsed.name, "templates")
BUILDING = (["run"], ["validate"], ["dbt"], ["docs"])
# In place of the hash of a profile: that of the database which dbt is about to connect to.
OF_THIS_DATABASE = "of this database"


@dataclass(frozen=True)
class Parsed:
    """What dbt parses for. known: what an earlier test has parsed, for any project folder and database."""

    known: Path
    project: str
    database: str


def ready(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str], input: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Like subprocess.run with captured output; env: the whole environment."""
    return _captured(["ready", *map(str, arguments)], cwd, env, input)


def dbt(*arguments: str | Path, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`dbt ARGUMENTS`, as `ready` is run."""
    return _captured(["dbt", *map(str, arguments)], cwd, env)


def script(
    file: Path, *arguments: str | Path, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """`python FILE ARGUMENTS`, as `ready` is run."""
    return _captured([str(file), *map(str, arguments)], cwd, env)


def _captured(
    command: list[str], cwd: Path, env: Mapping[str, str], input: str | None = None
) -> subprocess.CompletedProcess[str]:
    given = None
    if command[0] == "ready" and command[1:2] in BUILDING:
        command, env, given = _with_configs_in_one_place(command, cwd, env)
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("input", "output", "errors")]
        for file, text in zip(files, (input or "", "", ""), strict=True):
            file.write_text(text)
        code = run(command, cwd, env, files)
        output, errors = (file.read_text() for file in files[1:])
    if given:
        output, errors = (text.replace(str(_configs), given) for text in (output, errors))
    return subprocess.CompletedProcess(command, code, output, errors)


def run(command: list[str], cwd: Path, env: Mapping[str, str], streams: Sequence[Path]) -> int:
    """Its exit code. command: of `ready`, `dbt` or a script; streams: its input, output and errors."""
    home = Path(env.get("READY_HOME") or cwd / ".ready")
    target = cwd / env.get("DBT_TARGET_PATH", "target") if command[0] == "dbt" else home / "dbt/target"
    parsed, wanted = target / "partial_parse.msgpack", _parsing(command, cwd, env)
    # A home that is not there yet is the command's to make.
    there = "PGHOST" in env or "READY_SPARK_PORT" in env or (home.is_dir() and command[1:2] in BUILDING)
    keeps = command[0] != "dbt" or env.get("DBT_PARTIAL_PARSE") == "true"
    if keeps and there and wanted.known in _parsed_for and _parsed_for.get(parsed) != wanted:
        parsed.parent.mkdir(parents=True, exist_ok=True)
        parsed.write_bytes(_written_anew(wanted))
    process = _server.Process(target=_become, args=(command, cwd, dict(env), streams, _templates))
    # Python gives the server no path of ours to import from.
    with _one_at_a_time, mock.patch.dict(os.environ, PYTHONPATH=str(Path(__file__).parent)):
        forkserver.ensure_running()
    process.start()
    process.join()
    assert process.exitcode is not None
    if parsed.exists() and keeps:
        _parsed_for[parsed] = wanted
        if wanted.known not in _parsed_for:
            shutil.copy(parsed, wanted.known)
            _parsed_for[wanted.known] = wanted
    return process.exitcode


def _with_configs_in_one_place(
    command: list[str], cwd: Path, env: Mapping[str, str]
) -> tuple[list[str], Mapping[str, str], str | None]:
    """The command and environment with a copy of the configs, and where they are; None where they stay."""
    place = command.index("--configs") + 1 if "--configs" in command else None
    given = command[place] if place else env.get("READY_CONFIGS")
    if not given or (cwd / given).is_relative_to(cwd) or not (cwd / given).is_dir():
        return command, env, None
    shutil.rmtree(_configs, ignore_errors=True)
    # New files: dbt takes one with the time it knows for the file it knows.
    shutil.copytree(cwd / given, _configs, symlinks=True, copy_function=shutil.copyfile)
    if place:
        return [*command[:place], str(_configs), *command[place + 1 :]], env, given
    return command, {**env, "READY_CONFIGS": str(_configs)}, given


def _parsing(command: list[str], cwd: Path, env: Mapping[str, str]) -> Parsed:
    """By all that makes dbt parse everything anew, but for the database."""
    configs = command[command.index("--configs") + 1] if "--configs" in command else env.get("READY_CONFIGS")
    project = Path(env.get("READY_PROJECT_DIR") or cwd)
    definition = project / "dbt_project.yml"
    defined = definition.read_text() if definition.is_file() else None
    serves = repr((command[0] == "dbt", str(cwd), configs, defined, env.get("READY_SPARK_PORT")))
    known = Path(_parsed.name, hashlib.sha256(serves.encode()).hexdigest())
    return Parsed(known, str(project), env.get("PGDATABASE", "ready"))


def _written_anew(wanted: Parsed) -> bytes:
    """What is known, with the folder and the database that are wanted."""
    held = _parsed_for[wanted.known]
    state = msgpack.unpackb(wanted.known.read_bytes())
    for file in state["files"].values():
        root = file["path"]["project_root"] + "/"
        moved = root.replace(held.project, wanted.project, 1).rstrip("/")
        # Also that of a package; but dbt's own macros stay in the environment, which may lie in a checkout.
        if root.startswith(f"{held.project}/") and Path(moved).is_dir():
            file["path"]["project_root"] = moved
    disabled = itertools.chain.from_iterable(state["disabled"].values())
    for node in (*state["nodes"].values(), *state["sources"].values(), *disabled):
        if node.get("database") == held.database:
            node["database"] = wanted.database
        if node.get("relation_name"):
            of_it = f'"{wanted.database}".'
            node["relation_name"] = node["relation_name"].replace(f'"{held.database}".', of_it)
    state["state_check"]["profile_hash"]["checksum"] = OF_THIS_DATABASE
    written: bytes = msgpack.packb(state)
    return written


def _become(
    command: list[str], cwd: Path, env: dict[str, str], streams: Sequence[Path], templates: Path
) -> None:
    for number, stream in enumerate(streams):
        descriptor = os.open(stream, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - multiprocessing has put another in its place
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.argv = command
    # dbt writes its manifest twice a run: the same text, by json's encoder in C.
    json.dump = lambda content, file, **options: file.write(json.dumps(content, **options))
    if sys.dont_write_bytecode:  # as in many containers, where each command would compile `ready` again
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(templates.with_name("bytecode"))
    keep_compiled_templates(templates)  # before the command would keep its own: all tests share these
    _accept_written_anew()
    from dbt.cli.main import cli

    try:
        if command[0] == "ready":
            runpy.run_module("ready", run_name="__main__", alter_sys=True)
        elif command[0] == "dbt":
            cli()
        else:
            runpy.run_path(command[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing ends its processes without


def _accept_written_anew() -> None:
    """Let dbt take what was written for the database that it is about to connect to."""
    from dbt.parser.manifest import ManifestLoader

    is_parsable = ManifestLoader.is_partial_parsable

    def accept(self: ManifestLoader, saved: Any) -> Any:
        if saved.state_check.profile_hash.checksum == OF_THIS_DATABASE:
            saved.state_check.profile_hash = self.manifest.state_check.profile_hash
        return is_parsable(self, saved)

    ManifestLoader.is_partial_parsable = accept  # type: ignore[method-assign]
