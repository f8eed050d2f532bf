"""What every benchmark prints and keeps: artifacts/bench/NAME.json and NAME.svg."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from peers import OUT, peer_python

from ready.postgres.tuning import machine_memory

CHARTS = ("matplotlib>=3.8,<4",)


def publish(bench: str, comparisons: list[dict[str, Any]], *, chart: bool = True) -> None:
    """Print the comparisons, and write them with the machine they were made on, and their chart."""
    figures = {"bench": bench, "machine": machine(), "comparisons": comparisons}
    print(_line_of(figures["machine"]))
    for comparison in comparisons:
        print("\n" + "\n".join(lines_of(comparison)))
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"{bench}.json"
    file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if chart:
        script = Path(__file__).with_name("chart.py")
        subprocess.run([peer_python("charts", *CHARTS), str(script), str(file)], check=True)


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(machine_memory() / 1e9),
        "load_average": round(os.getloadavg()[0], 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _line_of(described: dict[str, Any]) -> str:
    return "{cores} cores ({processor}), {memory_gb} GB, load {load_average}, Python {python}".format(
        **described
    )


def lines_of(comparison: dict[str, Any]) -> list[str]:
    """The table of one comparison: seconds, rows a second and memory by way, then the ratios."""
    lines = [f"{comparison['name']}: {comparison['rows']:,} rows, {comparison['rounds']} rounds"]
    memory = list(next(iter(comparison["peak_mb"].values())))
    heads = "".join(f"{head:>15}" for head in (f"{part} MB" for part in memory))
    lines.append(f"{'seconds':<34}{'median':>9}{'min':>9}{'max':>9}{'rows/s':>12}{heads}")
    for way, seconds in comparison["seconds"].items():
        peaks = "".join(f"{comparison['peak_mb'][way][part]:>15,}" for part in memory)
        rate = rows_of(comparison, way) / seconds["median"]
        lines.append(f"{way:<34}{_cells(seconds)}{rate:>12,.0f}{peaks}")
    if comparison["ratios"]:
        lines += ["", f"{'ratio':<34}{'median':>9}{'min':>9}{'max':>9}{'at most':>12}"]
    for title, ratio in comparison["ratios"].items():
        lines.append(f"{title:<34}{_cells(ratio)}{ratio['at_most'] or '':>12}")
    return lines + [f"{name}: {value}" for name, value in comparison.get("notes", {}).items()]


def rows_of(comparison: dict[str, Any], way: str) -> int:
    """The rows of one way: where they grow, each has its own number."""
    if comparison.get("unit") != "orders":
        return int(comparison["rows"])
    return int(dict(zip(comparison["seconds"], comparison["sizes"], strict=True))[way])


def _cells(spread: dict[str, float]) -> str:
    return "".join(f"{spread[key]:>9.2f}" for key in ("median", "min", "max"))
