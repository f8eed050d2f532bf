"""dbt in this process: one call, its artifacts, and its nodes as they finish."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ready.dbt.compiled_templates import keep_compiled_templates
from ready.dbt.messages import brief_message
from ready.dbt.parsed_files import forget_stale
from ready.errors import MachineError, UsageError
from ready.settings import Settings
from ready.spark.connection import CONNECTION_LOST, spark_failed
from ready.workspace.environment import Server, environment
from ready.workspace.package_link import has_packages

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

# Nothing on the terminal, everything in the log file.
QUIET = ("--quiet", "--log-level", "none", "--log-level-file", "debug", "--no-use-colors")

# Called with each of dbt's events, from several threads.
Listener = Callable[[Any], None]


@dataclass(frozen=True)
class NodeResult:
    """One finished node of a dbt run. rows: rows the statement wrote, None where dbt knows none."""

    unique_id: str
    resource_type: str
    relation: str
    status: str
    message: str
    seconds: float
    rows: int | None


@dataclass(frozen=True)
class DbtRun:
    """What one dbt call left behind.

    manifest and run_results are dbt's artifacts, None where it wrote none. parsed: of `parse`, what further
    calls in this process can take instead of parsing again.
    """

    success: bool
    invocation_id: str
    manifest: dict[str, Any] | None
    run_results: dict[str, Any] | None
    exception: BaseException | None
    parsed: Any = None

    def results(self, *resource_types: str) -> list[dict[str, Any]]:
        """The entries of run_results for nodes of these types, or of all."""
        entries = (self.run_results or {}).get("results", [])
        return [e for e in entries if not resource_types or e["unique_id"].split(".")[0] in resource_types]


def run_dbt(
    arguments: Sequence[str],
    *,
    settings: Settings,
    params: Server,
    on_node: Callable[[NodeResult], None],
    on_warning: Callable[[str], None],
    parsed: Any = None,
) -> DbtRun:
    """Run a dbt command that gives results of nodes. Never raises for a failed run: see DbtRun.

    on_warning is called with what the project's own macros warn of. parsed: an earlier call's, to go by that;
    then no artifacts are written, and `manifest` is None.
    """
    prepare(settings, params)
    target = target_folder(settings)
    listeners = [_on_node(on_node), _on_warning(on_warning)]
    if parsed:
        _forget_compiled(parsed)
        outcome = invoke([*QUIET, "--no-write-json", *arguments], listeners=listeners, parsed=parsed)
        return _without_artifacts(outcome)
    # A run that dies before its end writes none, and an old one must not stand in for it.
    (target / "run_results.json").unlink(missing_ok=True)
    outcome = invoke([*QUIET, *arguments], listeners=listeners)
    run_results = read_artifact(target / "run_results.json")
    return DbtRun(
        success=outcome.success,
        invocation_id=_invocation_id(run_results),
        manifest=read_artifact(target / "manifest.json"),
        run_results=run_results,
        exception=outcome.exception,
        parsed=outcome.result if arguments[0] == "parse" else None,
    )


def _without_artifacts(outcome: dbtRunnerResult) -> DbtRun:
    """What run_results.json would say, as far as it is read."""
    results = [
        {
            "unique_id": node.unique_id,
            "status": str(result.status),
            "message": result.message,
            "compiled_code": getattr(node, "compiled_code", None),
        }
        for result in getattr(outcome.result, "results", None) or ()
        for node in [getattr(result, "node", result)]  # an operation's result is its own node
    ]
    return DbtRun(
        success=outcome.success,
        invocation_id=_invocation_id(None),
        manifest=None,
        run_results={"results": results} if outcome.result else None,
        exception=outcome.exception,
    )


def target_folder(settings: Settings) -> Path:
    return settings.home / "dbt" / "target"


def prepare(settings: Settings, params: Server) -> None:
    """Set the environment that dbt reads, install its packages, and let it read the files as they are."""
    os.environ.update(environment(settings, params))
    os.environ["DBT_PARTIAL_PARSE"] = "true"  # dbt_project.yml turns it off, for want of what comes now
    forget_stale(target_folder(settings))
    os.environ.update(git_state(settings.project_dir))
    keep_compiled_templates(settings.home / "dbt" / "templates")
    if not has_packages(settings):
        outcome = invoke([*QUIET, "deps"])
        if not outcome.success:
            raise UsageError(f"dbt deps failed: {outcome.exception}", hint="look at packages.yml")


def invoke(
    arguments: Sequence[str], *, listeners: Sequence[Listener] = (), parsed: Any = None
) -> dbtRunnerResult:
    """dbt's programmatic call. Ctrl-C stays Ctrl-C."""
    from dbt.cli.main import dbtRunner  # takes a second to import

    outcome = dbtRunner(manifest=parsed, callbacks=list(listeners)).invoke(list(arguments))
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    return outcome


def _forget_compiled(parsed: Any) -> None:
    """Ephemeral models are put into those that read them once, also where these are compiled again."""
    for node in parsed.nodes.values():
        if node.resource_type == "model":
            node.compiled, node.extra_ctes_injected, node.extra_ctes = False, False, []


def _on_warning(on_warning: Callable[[str], None]) -> Listener:
    def listen(event: Any) -> None:
        if event.info.name == "JinjaLogWarning":
            on_warning(str(event.data.msg))

    return listen


def _on_node(on_node: Callable[[NodeResult], None]) -> Listener:
    def listen(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node, result = event.data.node_info, event.data.run_result
        rows = dict(result.adapter_response.items()).get("rows_affected")
        on_node(
            NodeResult(
                unique_id=node.unique_id,
                resource_type=node.resource_type,
                relation=f"{node.node_relation.schema}.{node.node_relation.alias}",
                status=node.node_status,
                message=result.message,
                seconds=result.execution_time,
                rows=int(rows) if rows is not None and rows >= 0 else None,
            )
        )

    return listen


def read_artifact(path: Path) -> dict[str, Any] | None:
    """One of dbt's JSON files; None where there is none."""
    try:
        artifact: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return artifact


def _invocation_id(run_results: dict[str, Any] | None) -> str:
    if run_results:
        return str(run_results["metadata"]["invocation_id"])
    from dbt_common.invocation import get_invocation_id

    return str(get_invocation_id())


def git_state(folder: Path) -> dict[str, str]:
    """READY_GIT_COMMIT and READY_GIT_DIRTY for the registry; empty outside a git checkout."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"READY_GIT_COMMIT": "", "READY_GIT_DIRTY": ""}
    dirty = bool(_git(folder, "status", "--porcelain"))
    return {"READY_GIT_COMMIT": commit, "READY_GIT_DIRTY": str(dirty).lower()}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def require_success(run: DbtRun, *, settings: Settings) -> None:
    """Turn whatever made dbt fail, other than failed tests, into one expected error.

    Raises UsageError for a project or config that dbt refuses, MachineError for the database.
    """
    if run.exception is not None:
        raise _refused(str(run.exception), settings)
    for entry in run.results("model", "seed", "snapshot", "operation"):
        if entry["status"] == "error":
            raise _failed_node(entry, settings)


def _refused(message: str, settings: Settings) -> UsageError | MachineError:
    if of_database(message):
        if settings.target == "spark":
            return spark_failed(
                CONNECTION_LOST if "TTransportException" in message else brief_message(message)
            )
        return MachineError(f"the database failed: {_brief(message)}", hint="ready db status shows its state")
    return UsageError(
        f"dbt refuses the project: {_brief(message)}", hint=f"look at {settings.configs}, then: ready lint"
    )


def of_database(message: str) -> bool:
    """Whether dbt's exception says that the database failed, and not that the project is wrong."""
    return "could not connect" in message.lower() or "Database Error" in message


MACHINE_FAULTS = (
    "connection",
    "terminating",
    "permission denied",
    "must be owner",
    "could not extend",
    "No space",
    "out of memory",
)


def of_machine(message: str) -> bool:
    """Whether a failed statement was the machine's or the rights' fault, and not the SQL's."""
    return any(fault in message for fault in MACHINE_FAULTS)


HOOK = re.compile(r"(on-run-(?:start|end))-(\d+)$")
# The expressions of orders.yaml are compiled into these.
FROM_MAPPING = ("_parsed", "_mapped")


def _failed_node(entry: dict[str, Any], settings: Settings) -> UsageError | MachineError:
    name = entry["unique_id"].split(".")[2]
    if hook := HOOK.search(name):  # dbt numbers them from 0
        name = f"hook {int(hook[2]) + 1} of {hook[1]} in dbt_project.yml"
    message = brief_message(entry.get("message"))
    if not of_machine(message) and (
        "Compilation Error" in str(entry.get("message")) or name.endswith(FROM_MAPPING)
    ):
        return UsageError(f"{name} cannot be built: {message}", hint=_where(name, message, settings))
    return MachineError(f"{name} failed: {message}", hint=f"the log is {settings.home}/dbt/logs/dbt.log")


def _where(name: str, message: str, settings: Settings) -> str:
    """What to do about a node that dbt cannot compile."""
    if "unable to infer all dependencies" in message:
        return f"name what {name} reads in a comment of its SQL: -- depends_on: {{{{ ref('...') }}}}"
    if name.endswith(FROM_MAPPING):
        return f"look at {settings.configs}/{name.rpartition('_')[0]}.yaml"
    if " of on-run-" in name:
        return f"look at {settings.configs}/orders.yaml"
    return f"look at the SQL of {name}, and at {settings.configs}"


def _brief(message: str) -> str:
    """dbt's message without its indentation and its pointers to compiled code."""
    lines = [line.strip() for line in message.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("compiled code at", "> ")))
