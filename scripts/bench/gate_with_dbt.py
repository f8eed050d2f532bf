"""The gate of a configs folder by dbt as `ready` runs it, with the manifest kept. For bench_gate.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from worker import serve

from ready.cli.collector import look_for_cycles_seldom
from ready.dbt.runner import QUIET
from ready.gate.idle_rules import without_idle_rules

GATE = ("--select", "orders_parsed", "--resource-type", "test", "--indirect-selection", "cautious")


def main() -> None:
    look_for_cycles_seldom()
    left_out = without_idle_rules(Path(os.environ["READY_CONFIGS"]))
    manifest: Any = dbtRunner().invoke([*QUIET, "parse"]).result

    def check(*instead: str) -> dict[str, int | None]:
        """instead: of what leaves idle rules out."""
        outcome: Any = dbtRunner(manifest=manifest).invoke([*QUIET, "test", *GATE, *(instead or left_out)])
        if outcome.exception:
            raise outcome.exception
        tests: Any = [entry for entry in outcome.result if entry.node.resource_type == "test"]
        return {entry.node.description: entry.failures for entry in tests}

    serve(check)


if __name__ == "__main__":
    main()
