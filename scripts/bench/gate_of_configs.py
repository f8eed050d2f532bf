"""The gate as it is delivered: the tests of expectations.yaml and the default rules. For bench_previous.py.

Answers with the tests that found something: on clean orders none, on either side.
"""

from __future__ import annotations

from typing import Any

from dbt.cli.main import dbtRunner
from worker import serve

from ready.dbt import QUIET

# Of a commit without default rules the second part selects nothing.
GATE = (
    "--select", "orders_parsed,test_type:generic", "path:tests/dbt/gate", "--indirect-selection", "cautious",
)  # fmt: skip


def main() -> None:
    manifest: Any = dbtRunner().invoke([*QUIET, "parse"]).result

    def check() -> dict[str, int | None]:
        outcome = dbtRunner(manifest=manifest.deepcopy()).invoke([*QUIET, "test", *GATE])
        if outcome.exception:
            raise outcome.exception
        results: Any = outcome.result
        return {entry.node.name: entry.failures for entry in results if entry.failures}

    serve(check)


if __name__ == "__main__":
    main()
