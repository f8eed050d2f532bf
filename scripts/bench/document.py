"""Puts the figures of artifacts/bench into docs/performance.md, and the charts beside it.

A table goes between `<!-- figures NAME -->` and `<!-- end -->`; what has not been measured stays as it is.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

from peers import OUT
from report import rows_of
from scratch import PROJECT

DOCS = PROJECT / "docs"
BLOCK = re.compile(r"(<!-- figures (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    page = DOCS / "performance.md"
    page.write_text(BLOCK.sub(_filled, page.read_text(encoding="utf-8")), encoding="utf-8")


def _filled(block: re.Match[str]) -> str:
    name = block[2]
    file = OUT / f"{name}.json"
    if not file.exists():
        return block[0]
    (DOCS / "performance").mkdir(exist_ok=True)
    shutil.copy(file.with_suffix(".svg"), DOCS / "performance")
    figures = json.loads(file.read_text(encoding="utf-8"))
    tables = "\n".join(_table(comparison) for comparison in figures["comparisons"])
    chart = f"![Seconds of each way](performance/{name}.svg)\n"
    return f"{block[1]}{_machine(figures['machine'])}\n{tables}\n{chart}{block[3]}"


def _machine(machine: dict[str, Any]) -> str:
    text = "{cores} cores ({processor}), {memory_gb} GB, load {load_average} at the end, Python {python}.\n"
    return text.format(**machine)


def _table(comparison: dict[str, Any]) -> str:
    """One comparison in Markdown: a row a way, then a row a ratio."""
    parts = list(next(iter(comparison["peak_mb"].values())))
    heads = " | ".join(
        [comparison["name"], "median s", "min", "max", "rows/s", *(f"{part} MB" for part in parts)]
    )
    lines = [f"{comparison['rows']:,} rows, {comparison['rounds']} round(s):\n", f"| {heads} |"]
    lines.append("|---|" + "--:|" * (4 + len(parts)))
    for way, seconds in comparison["seconds"].items():
        peaks = [f"{comparison['peak_mb'][way][part]:,}" for part in parts]
        cells = [way, *_cells(seconds), f"{rows_of(comparison, way) / seconds['median']:,.0f}", *peaks]
        lines.append(f"| {' | '.join(cells)} |")
    for title, ratio in comparison["ratios"].items():
        target = f"target {ratio['at_most']}" if ratio["at_most"] else ""
        lines.append(f"| **{title}** | {' | '.join(_cells(ratio))} | {target} |" + " |" * len(parts))
    lines += [f"\n{name}: {value}" for name, value in comparison.get("notes", {}).items()]
    return "\n".join(lines) + "\n"


def _cells(spread: dict[str, float]) -> list[str]:
    return [f"{spread[key]:.2f}" for key in ("median", "min", "max")]


if __name__ == "__main__":
    main()
