"""What Spark's own event log says a build's models took: CPU, shuffle and spilled bytes, by dbt node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The JVM reads them as Spark settings, whatever spark-defaults.conf says.
LOGGED = (
    "-Dspark.eventLog.enabled=true -Dspark.eventLog.compress=false -Dspark.eventLog.rolling.enabled=false"
)
NODE = re.compile(r'"node_id": "model\.\w+\.(\w+)"')
# Models whose tables grow with the orders, and their schemas.
BUILT = {
    "orders_parsed": "stg",
    "orders": "stg",
    "customer_purchases": "stg",
    "customer_features": "feats",
    "customer_labels": "feats",
    "customer_training_set": "feats",
}
OTHERS = "tests, hashes and the rest"


@dataclass
class Work:
    """cpu: seconds of all tasks. shuffled, spilled, read: bytes."""

    cpu: float = 0
    shuffled: int = 0
    spilled: int = 0
    read: int = 0


def java_options(folder: Path) -> dict[str, str]:
    """Environment of a cluster that logs its events in `folder`."""
    folder.mkdir(exist_ok=True)
    return {"JAVA_TOOL_OPTIONS": f"{LOGGED} -Dspark.eventLog.dir={folder.as_uri()}"}


def work_by_model(folder: Path) -> dict[str, Work]:
    """All that the log in `folder` has; OTHERS is what no model of BUILT did."""
    work = {name: Work() for name in (*BUILT, OTHERS)}
    names: dict[int, str] = {}
    for event in _events(folder):
        kind = event["Event"]
        if kind == "SparkListenerJobStart":
            name = _node(event.get("Properties", {}))
            names.update(dict.fromkeys(event["Stage IDs"], name))
        elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            _add(work[names.get(event["Stage ID"], OTHERS)], event["Task Metrics"])
    return work


def _node(properties: dict[str, str]) -> str:
    found = NODE.search(properties.get("spark.job.description", ""))
    return found[1] if found and found[1] in BUILT else OTHERS


def _add(work: Work, metrics: dict[str, Any]) -> None:
    work.cpu += metrics["Executor CPU Time"] / 1e9
    work.shuffled += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    work.spilled += metrics["Disk Bytes Spilled"]
    work.read += metrics["Input Metrics"]["Bytes Read"]


def _events(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.iterdir()):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(('{"Event":"SparkListenerJobStart"', '{"Event":"SparkListenerTaskEnd"')):
                    yield json.loads(line)
