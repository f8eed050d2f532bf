"""The gate of a configs folder by dbt, in one process with the manifest kept. For bench_gate.py."""

from __future__ import annotations

from typing import Any

from dbt.cli.main import dbtRunner
from worker import serve

from ready.dbt import QUIET

GATE = ("--select", "orders_parsed", "--resource-type", "test", "--indirect-selection", "cautious")


def main() -> None:
    manifest: Any = dbtRunner().invoke([*QUIET, "parse"]).result

    def check() -> dict[str, int | None]:
        outcome = dbtRunner(manifest=manifest).invoke([*QUIET, "test", *GATE])
        if outcome.exception:
            raise outcome.exception
        tests: Any = [entry for entry in outcome.result if entry.node.resource_type == "test"]
        return {entry.node.description: entry.failures for entry in tests}

    serve(check)


if __name__ == "__main__":
    main()
