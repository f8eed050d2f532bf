"""Charts as inline SVG, drawn by pygal; colours and fonts come from the page's own style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from ready.recorded.profiles import ColumnProfile
from ready.run_page.model import NodeTiming, SplitSpan

NAME_LENGTH = 40
BINS = 20
WIDE_BINS = 30  # as many whole numbers still get a bar each
# What a histogram shows; the ends of the tails are counted in its outer bars.
SHOWN_FROM, SHOWN_TO = 0.005, 0.995


def histogram(after: ColumnProfile, before: ColumnProfile | None = None) -> Markup:
    """Shares of the values, those of the build before as outlines over them. Empty without any value."""
    drawn = [profile for profile in (after, before) if profile and profile.distribution]
    bins = histogram_bins(drawn)
    if not bins.edges:
        return Markup("")
    import pygal

    chart = pygal.Histogram(width=320, height=160, margin=8, margin_right=24, show_legend=False)
    chart.x_labels = bins.ticks
    chart.y_labels = [0, max(max(bins.shares(profile)) for profile in drawn)]
    chart.value_formatter = _percent
    for profile in drawn:
        chart.add(profile.name, _bars(profile, bins))
    return inline_svg(chart, f"Distribution of {after.name}")


@dataclass(frozen=True)
class Bins:
    """Of bars (low, high], as wide as each other; single: each is of the one value in its middle."""

    edges: tuple[Decimal, ...] = ()
    single: bool = False

    def shares(self, profile: ColumnProfile) -> list[float]:
        """Of the values, 0 to 1; what lies outside counts in the outer bars."""
        up_to = [0.0, *(profile.share_up_to(edge) for edge in self.edges[1:-1]), 1.0]
        return [high - low for low, high in pairwise(up_to)]

    @property
    def names(self) -> list[str]:
        """Of each bar, its value or from where to where it goes."""
        if self.single:
            return [plain_number(middle) for middle in self._middles]
        return [f"{plain_number(low)} to {plain_number(high)}" for low, high in pairwise(self.edges)]

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """The ends and the middle of the axis, which counts bars: {value: place, label}.

        Not the values themselves: pygal goes round for ever between large ones that are close together.
        """
        marks = self._middles if self.single else self.edges
        offset = 0.5 if self.single else 0.0
        places = sorted({0, len(marks) // 2, len(marks) - 1})
        return [{"value": place + offset, "label": plain_number(marks[place])} for place in places]

    @property
    def _middles(self) -> list[Decimal]:
        return [(low + high) / 2 for low, high in pairwise(self.edges)]


def histogram_bins(profiles: Sequence[ColumnProfile]) -> Bins:
    """The bars for all of these profiles; whole numbers that are few have one each."""
    lows = [low for profile in profiles if (low := profile.quantile(SHOWN_FROM)) is not None]
    highs = [high for profile in profiles if (high := profile.quantile(SHOWN_TO)) is not None]
    if not lows:
        return Bins()
    low, high = min(lows), max(highs)
    whole = all(value == int(value) for profile in profiles for value, _, _ in profile.distribution)
    if low == high or (whole and high - low <= WIDE_BINS):
        half = Decimal("0.5")
        return Bins(tuple(low - half + step for step in range(int(high - low) + 2)), single=True)
    width = (high - low) / BINS
    return Bins(tuple(low + width * step for step in range(BINS + 1)))


def splits_over_time(spans: Sequence[SplitSpan]) -> Markup:
    """A bar in time for each split, and a grey one for its embargo. Empty without any split."""
    if not spans:
        return Markup("")
    import pygal

    lanes = list(range(len(spans), 0, -1))
    # In days from the first; seconds of the epoch that are close together pygal does not get over.
    origin = min(span.time_from for span in spans)

    def days(start: datetime, end: datetime | None = None) -> float:
        """Of a bar's end at least one after its start: a split may have a single feature time."""
        from_start = (start - origin) / timedelta(days=1)
        return from_start if end is None else max((end - origin) / timedelta(days=1), from_start + 1)

    chart = pygal.XY(width=720, height=80 + 40 * len(spans), margin=8, margin_right=56)
    chart.config(show_legend=False, show_dots=False, range=(0.5, len(spans) + 0.5), x_label_rotation=20)
    chart.y_labels = [
        {"label": _lane_label(span), "value": lane} for span, lane in zip(spans, lanes, strict=True)
    ]
    marks = sorted({t for span in spans for t in (span.time_from, span.time_to)})
    chart.x_labels = [{"value": days(mark), "label": f"{mark:%Y-%m-%d}"} for mark in marks]
    for span, lane in zip(spans, lanes, strict=True):
        bar = (days(span.time_from), days(span.time_from, span.members_to))
        chart.add(span.split, [(place, lane) for place in bar])
    for span, lane in zip(spans, lanes, strict=True):
        if span.embargo_days:
            bar = (days(span.members_to), days(span.members_to, span.time_to))
            chart.add("embargo", [(place, lane) for place in bar])
    return inline_svg(chart, "Splits over time")


def node_times(timings: Sequence[NodeTiming]) -> Markup:
    """A horizontal bar a node, in seconds, the first on top. Empty without any."""
    if not timings:
        return Markup("")
    import pygal

    chart = pygal.HorizontalBar(width=720, height=40 + 20 * len(timings), margin=8, margin_right=56)
    chart.config(show_legend=False, show_x_labels=False, print_values=True, print_values_position="top")
    # Drawn from the bottom.
    chart.x_labels = [_shortened(timing.name) for timing in timings[::-1]]
    chart.value_formatter = _seconds
    chart.add("seconds", [timing.seconds for timing in timings[::-1]])
    return inline_svg(chart, "Seconds of each node")


def inline_svg(chart: Any, label: str) -> Markup:
    """The chart without pygal's own style, scripts and comments, so that the same data give the same text."""
    from pygal.etree import etree

    # Neither its style nor its scripts are kept: with both off, pygal need not put them together.
    chart.css, chart.js, chart.no_prefix, chart.disable_xml_declaration = (), (), True, True
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            if not isinstance(child.tag, str) or _is_dropped(child):
                parent.remove(child)
            elif child.tag == "desc":
                child.tag = "title"  # what a browser shows as a tooltip without a script
    root.attrib.pop("id", None)
    root.attrib.update({"role": "img", "aria-label": label})
    return Markup(etree.tostring(root, encoding="unicode"))


def _is_dropped(node: Any) -> bool:
    names = node.get("class") or ""
    overlay = "tooltip-overlay" in names or node.tag in ("defs", "title")
    return overlay or (node.tag == "desc" and not names.startswith("value"))


def _bars(profile: ColumnProfile, bins: Bins) -> list[Any]:
    return [
        {"value": (share, place, place + 1), "formatter": _bar_text(name)}
        for place, (share, name) in enumerate(zip(bins.shares(profile), bins.names, strict=True))
    ]


def _bar_text(name: str) -> Callable[[Sequence[float]], str]:
    return lambda bar: f"{name}: {_percent(bar[0])}"


def _lane_label(span: SplitSpan) -> str:
    mean = "" if span.label_mean is None else f", label mean {plain_number(span.label_mean)}"
    return f"{span.split}: {span.rows:,} rows{mean}"


def _shortened(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"


def plain_number(value: Any) -> str:
    """Three significant digits, or the whole number."""
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"
