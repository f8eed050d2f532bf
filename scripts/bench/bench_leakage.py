"""Which leaks are caught: `ready check-leakage` beside leakprobe and honestclock, on the same shapes.

These two work on pandas functions, ours on models: each shape is written in both. They are installed into a
virtual environment of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from peers import OUT, peer_python
from scratch import HERE, PROJECT, Scratch, scratch

sys.path.append(str(PROJECT / "tests" / "python"))
from leak_zoo import CORRECT, EVASIVE, HELPERS, LEAKING, SOURCES, TABLES

from ready.database.opening import grant_database
from ready.proof.recorded_project import Code
from ready.settings import Settings

PEERS = ("leakprobe==0.2.2", "honestclock==0.1.0")
QUERIES = {
    "orders": "select customer_id, order_id, order_ts, amount from stg.orders",
    **{name: f"select * from crm.{name}" for name in ("decisions", "states", "plans")},
}


def main() -> None:
    python = peer_python("leakage", *PEERS)  # what fails for want of a network should fail at once
    with scratch() as place:
        project = place.folder / "project"
        lay_out(project)
        environ = {**place.environ(), "READY_PROJECT_DIR": str(project)}
        ready(environ, "run", "--quiet", "--data", str(PROJECT / "data" / "raw"))
        grant_database(Settings.resolve(environ=environ))
        place.execute(TABLES)
        others = peers(place, python)
        add_models(project, others["shapes"])
        answer = json.loads(ready(environ, "check-leakage", "--json"))
    ours = {model["name"]: model["verdict"] for model in answer["models"]}
    rows = [
        {
            "shape": name,
            "right": name in CORRECT,
            "ready": ours[name],
            **{peer: "leak" if name in others[peer] else "same" for peer in ("leakprobe", "honestclock")},
        }
        for name in others["shapes"]
    ]
    publish(rows)
    if wrong := [row["shape"] for row in rows if (row["ready"] == "same") != row["right"]]:
        sys.exit(f"check-leakage is wrong on {', '.join(wrong)}")


def lay_out(project: Path) -> None:
    Code(PROJECT, None).lay_out(project)
    shutil.copytree(PROJECT / "configs", project / "configs")


def add_models(project: Path, names: list[str]) -> None:
    features = project / "models" / "features"
    animals = {**LEAKING, **{name: sql for name, (sql, _) in EVASIVE.items()}, **CORRECT, **HELPERS}
    for name in names:
        (features / f"{name}.sql").write_text(animals[name])
    (features / "zoo.yml").write_text(SOURCES)


def ready(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "ready", *arguments]
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **environ}, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def peers(place: Scratch, python: str) -> dict[str, Any]:
    for name, query in QUERIES.items():
        place.copy_out(query, place.folder / f"{name}.csv")
    command = [python, str(HERE / "leaks_with_peers.py"), str(place.folder)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def publish(rows: list[dict[str, Any]]) -> None:
    print(f"{'shape':<18} {'is a leak':<10} {'ready':<12} {'leakprobe':<10} honestclock")
    for row in rows:
        is_leak = "no" if row["right"] else "yes"
        print(
            f"{row['shape']:<18} {is_leak:<10} {row['ready']:<12} {row['leakprobe']:<10} {row['honestclock']}"
        )
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / "leakage.json"
    file.write_text(json.dumps({"bench": "leakage", "shapes": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
