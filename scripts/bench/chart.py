"""Draws artifacts/bench/NAME.json as NAME.svg, a panel a comparison. In matplotlib's own environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {"svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif", "font.size": 9}
)

from matplotlib import pyplot  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

OURS, OTHERS = "#2b6cb0", "#a0aec0"


def main() -> None:
    file = Path(sys.argv[1])
    comparisons = json.loads(file.read_text(encoding="utf-8"))["comparisons"]
    heights = [1.2 + 0.35 * len(comparison["seconds"]) for comparison in comparisons]
    figure, panels = pyplot.subplots(
        len(comparisons),
        1,
        figsize=(8, sum(heights)),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for panel, comparison in zip(panels[:, 0], comparisons, strict=True):
        curve(panel, comparison) if "exponent" in comparison else bars(panel, comparison)
    figure.savefig(file.with_suffix(".svg"), metadata={"Date": None})


def bars(panel: Axes, comparison: dict[str, Any]) -> None:
    """Median seconds by way; the whiskers run from the least to the most."""
    ways = list(comparison["seconds"])
    spreads = list(comparison["seconds"].values())
    middles = [spread["median"] for spread in spreads]
    whiskers = [
        [spread["median"] - spread["min"] for spread in spreads],
        [spread["max"] - spread["median"] for spread in spreads],
    ]
    colours = [OURS if way.startswith("ours") else OTHERS for way in ways]
    drawn = panel.barh(ways, middles, xerr=whiskers, color=colours, ecolor="#4a5568", capsize=2)
    panel.bar_label(drawn, [f" {middle:.2f} s" for middle in middles], padding=4)
    panel.invert_yaxis()
    panel.margins(x=0.15)
    _frame(panel, comparison, "seconds")


def curve(panel: Axes, comparison: dict[str, Any]) -> None:
    """Seconds over the size, both logarithmic, with the fitted exponent."""
    sizes = comparison["sizes"]
    middles = [spread["median"] for spread in comparison["seconds"].values()]
    panel.loglog(sizes, middles, "o-", color=OURS)
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes])
    panel.minorticks_off()
    for size, middle in zip(sizes, middles, strict=True):
        panel.annotate(
            f"{middle:.1f} s", (size, middle), xytext=(0, 6), textcoords="offset points", ha="center"
        )
    panel.margins(y=0.25)
    _frame(panel, comparison, f"{comparison['unit']}; time grows with size^{comparison['exponent']:.2f}")


def _frame(panel: Axes, comparison: dict[str, Any], label: str) -> None:
    panel.set_title(f"{comparison['name']}, {comparison['rows']:,} rows", loc="left", fontsize=10)
    panel.set_xlabel(label)
    panel.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
