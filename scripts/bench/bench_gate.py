"""How fast the gate is: against SQL by hand, against Great Expectations, and with five times the rules.

Great Expectations is installed into a virtual environment of its own. What starts Python or dbt is not timed.
With READY_TARGET=spark: 8 and 40 rules on Spark, without those that are on by default.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from shutil import copy

from bench_spark import cluster
from compare import Ratio, Way, measure, summary
from gate_rules import EIGHT, forty, write_expectations
from memory import tree
from peers import peer_python
from report import publish
from scratch import HERE, PROJECT, Scratch, arguments, scratch
from worker import Worker

GX = ("great-expectations>=1.4,<2", "sqlalchemy", "psycopg2-binary")
HAND, OURS, OTHER, FORTY = (
    "SQL by hand, 8 rules",
    "ours, 8 rules",
    "Great Expectations, 8 rules",
    "ours, 40 rules",
)
MORE_RULES = "40 rules / 8 rules"
RATIOS = {
    "ours / by hand": Ratio(OURS, HAND, 1.5),
    "ours / Great Expectations": Ratio(OURS, OTHER, 0.4),
    MORE_RULES: Ratio(FORTY, OURS, 2.5),
}


def main() -> None:
    options = arguments(__doc__, rows=300_000)
    (on_spark if os.environ.get("READY_TARGET") == "spark" else on_postgres)(options.rows, options.rounds)


def on_postgres(rows: int, number: int) -> None:
    peer_python("gx", *GX)  # what fails for want of a network should fail at once
    with scratch() as place:
        eight, more = prepare(place, rows)
        with ExitStack() as stack:
            rounds = measure(ways(stack, eight, more), number, server=place.server)
    publish("gate", [summary("the gate", rows, rounds, RATIOS)])


def on_spark(rows: int, number: int) -> None:
    with scratch() as place, cluster(place) as spark:
        variables = {"READY_TARGET": "spark", "DBT_TARGET": "spark", **spark.params.env()}
        eight, more = prepare(replace(place, variables=variables), rows)
        dbt = sys.executable, "gate_with_dbt.py"
        with ExitStack() as stack:
            alone = ("--exclude", "path:tests/dbt/gate")
            each = {name: _way(stack, *dbt, at, *alone) for name, at in ((OURS, eight), (FORTY, more))}
            rounds = measure(each, number, server=spark.server)
    publish("gate_spark", [summary("rules on Spark", rows, rounds, {MORE_RULES: RATIOS[MORE_RULES]})])


def prepare(place: Scratch, rows: int) -> tuple[Scratch, Scratch]:
    """The typed rows, with the faults of --dirty, and the place with the configs of 8 and of 40 rules."""
    eight, more = (replace(place, configs=place.folder / name) for name in ("eight", "forty"))
    for each, rules in ((eight, EIGHT), (more, forty())):
        each.configs.mkdir()
        for file in ("orders.yaml", "features.yaml"):
            copy(PROJECT / "configs" / file, each.configs)
        write_expectations(rules, each.configs)
    data = eight.orders("data", rows, "--dirty")
    eight.python("-m", "ready", "load", "--quiet", str(data))
    eight.python("-m", "ready", "dbt", "--quiet", "run", "--select", "orders_parsed")
    return eight, more


def ways(stack: ExitStack, eight: Scratch, more: Scratch) -> dict[str, Way]:
    """All must count the same failures for the eight rules."""
    scripts: dict[str, tuple[str, str, Scratch]] = {
        HAND: (sys.executable, "gate_with_sql.py", eight),
        OURS: (sys.executable, "gate_with_dbt.py", eight),
        OTHER: (peer_python("gx", *GX), "gate_with_gx.py", eight),
        FORTY: (sys.executable, "gate_with_dbt.py", more),
    }
    return {name: _way(stack, *script) for name, script in scripts.items()}


def _way(stack: ExitStack, python: str, script: str, place: Scratch, *told: str) -> Way:
    own = f"{place.configs.name} {script}"
    worker = Worker([python, str(HERE / script)], place.environ(f"target {own}"), place.folder / f"{own}.log")
    stack.callback(worker.close)

    def run() -> dict[str, int]:
        counts = worker.run(*told)
        return {rule: counts[rule] for rule in EIGHT}

    return Way(run, lambda: tree(worker.pid))


if __name__ == "__main__":
    main()
