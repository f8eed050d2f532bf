"""The gate as it is delivered: the tests of expectations.yaml and the default rules. For bench_previous.py.

Answers with the tests that found something: on clean orders none, on either side. What a commit's `ready`
does for every dbt in its process, and leaves out for the mapping, is done and left out here.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from worker import serve

from ready.dbt.runner import QUIET

# Of a commit without default rules the second part selects nothing.
GATE = (
    "--select", "orders_parsed,test_type:generic", "path:tests/dbt/gate", "--indirect-selection", "cautious",
)  # fmt: skip


def left_out() -> tuple[str, ...]:
    """Arguments for dbt. A commit without such rules carries all out."""
    if not find_spec("ready.gate.idle_rules"):
        return ()
    from ready.gate.idle_rules import without_idle_rules

    return without_idle_rules(Path(os.environ["READY_PROJECT_DIR"], os.environ["READY_CONFIGS"]))


def main() -> None:
    if find_spec("ready.cli.collector"):
        from ready.cli.collector import look_for_cycles_seldom

        look_for_cycles_seldom()
    more = left_out()
    manifest: Any = dbtRunner().invoke([*QUIET, "parse"]).result
    manifest.disabled.clear()  # deepcopy() fails on them

    def check() -> dict[str, int | None]:
        outcome = dbtRunner(manifest=manifest.deepcopy()).invoke([*QUIET, "test", *GATE, *more])
        if outcome.exception:
            raise outcome.exception
        results: Any = outcome.result
        return {entry.node.name: entry.failures for entry in results if entry.failures}

    serve(check)


if __name__ == "__main__":
    main()
