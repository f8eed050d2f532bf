"""dbt in one process with the manifest kept, so that neither Python nor parsing is timed."""

from __future__ import annotations

import sys
from typing import Any

from dbt.cli.main import dbtRunner
from worker import serve

from ready.dbt.runner import QUIET


def main() -> None:
    # A manifest that was run knows its ephemeral models as compiled, and cannot be run again.
    manifest: Any = dbtRunner().invoke([*QUIET, "parse"]).result
    manifest.disabled.clear()  # deepcopy() fails on them

    def run(*arguments: str) -> dict[str, float]:
        """Seconds by node. A failed node ends the benchmark."""
        outcome: Any = dbtRunner(manifest=manifest.deepcopy()).invoke([*QUIET, *arguments])
        if outcome.exception or not outcome.success:
            sys.exit(f"dbt {arguments}: {outcome.exception or [r.message for r in outcome.result]}")
        return {entry.node.name: entry.execution_time for entry in outcome.result}

    serve(run)


if __name__ == "__main__":
    main()
