"""Small pictures of a training set's figures, as SVG that takes its colours from the page's style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from markupsafe import Markup

from ready.definition.column_roles import SPLITS
from ready.figures.over_time import Period
from ready.recorded.profiles import ColumnProfile
from ready.run_page.charts import histogram_bins, plain_number
from ready.run_page.model import OTHER_FILES, WeekOfOrders

WIDTH, HEIGHT = 160.0, 40.0
BAR_CHART_WIDTH, BAR_CHART_HEIGHT = 640.0, 96.0
GAP = 0.15  # of a bar's place


@dataclass(frozen=True)
class Bar:
    """From one value to another at a place of the axis; kind is its class in the style."""

    place: float
    width: float
    low: float
    high: float
    kind: str
    title: str


def shares_of_splits(profiles: Mapping[str, ColumnProfile]) -> Markup:
    """A line for each split: how its values are distributed, on common bars. Empty without any number."""
    drawn = {split: profiles[split] for split in SPLITS if split in profiles and profiles[split].distribution}
    bins = histogram_bins(list(drawn.values()))
    if not bins.edges:
        return Markup("")
    shares = {split: bins.shares(profile) for split, profile in drawn.items()}
    most = max(max(values) for values in shares.values())
    lines = Markup("").join(
        Markup('<path class="split-{}" d="{}"/>').format(split, _steps(values, most))
        for split, values in shares.items()
    )
    label = f"Shares of values from {bins.names[0]} to {bins.names[-1]}: {', '.join(drawn)}"
    return _svg("shares", WIDTH, HEIGHT, label, lines)


def label_over_time(periods: Sequence[Period], label: str, figure: str) -> Markup:
    """figure: mean or share of zeros. A bar for each period and split. Empty without a value."""
    is_share = figure != "mean"
    found = [
        (period, (period.zero_shares if is_share else period.label_means).get(label)) for period in periods
    ]
    known = [(period, float(value)) for period, value in found if value is not None]
    as_text = _percent if is_share else plain_number
    places = _places(period.start for period, _ in known)
    beside = len({period.start for period, _ in known}) < len(known)
    width = 1 / len(SPLITS) if beside else 1.0
    bars = [
        Bar(
            place=places[period.start] + (SPLITS.index(period.split) * width if beside else 0),
            width=width,
            low=min(0.0, value),
            high=max(0.0, value),
            kind=f"split-{period.split}",
            title=f"{period.start}, {period.split}: {as_text(value)} of {period.rows:,} rows",
        )
        for period, value in known
    ]
    return _bar_chart(bars, len(places), f"{figure} of {label} over time", as_text)


def missing_over_time(periods: Sequence[Period], name: str) -> Markup:
    """The share of rows without a value in each period, whatever their split."""
    rows: dict[date, int] = {}
    missing: dict[date, float] = {}
    for period in periods:
        rows[period.start] = rows.get(period.start, 0) + period.rows
        missing[period.start] = missing.get(period.start, 0.0) + period.rows * period.missing[name]
    bars = [
        Bar(
            place,
            1,
            0,
            missing[start] / rows[start],
            "missing",
            f"{start}: {_percent(missing[start] / rows[start])}",
        )
        for start, place in _places(rows).items()
    ]
    return _bar_chart(bars, len(rows), f"Share of {name} that is missing over time", _percent)


def file_names(weeks: Sequence[WeekOfOrders]) -> list[str]:
    """In the order of their colours: the other files, which stand for many, come last."""
    return sorted({name for week in weeks for name, _ in week.files}, key=_is_rest)


def _is_rest(name: str) -> tuple[bool, str]:
    return name == OTHER_FILES, name


def orders_by_week(weeks: Sequence[WeekOfOrders], files: Sequence[str]) -> Markup:
    """A bar for each week, of one part a file. files: in the order of their colours."""
    bars = []
    for place, week in enumerate(weeks):
        tops = [0, *accumulate(count for _, count in week.files)]
        for (name, count), low in zip(week.files, tops, strict=False):
            title = f"{week.start}: {count:,} from {name}"
            bars.append(Bar(place, 1, low, low + count, f"file-{files.index(name)}", title))
    return _bar_chart(bars, len(weeks), "Orders over time by file", plain_number)


def _places(starts: Iterable[date]) -> dict[date, int]:
    return {start: place for place, start in enumerate(sorted(set(starts)))}


def _bar_chart(bars: Sequence[Bar], places: int, label: str, as_text: Callable[[float], str]) -> Markup:
    if not bars:
        return Markup("")
    low, high = min(0.0, *(bar.low for bar in bars)), max(0.0, *(bar.high for bar in bars))
    scale = BAR_CHART_HEIGHT / ((high - low) or 1.0)
    step = BAR_CHART_WIDTH / places
    drawn = Markup("").join(
        Markup(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        ).format(
            bar.kind,
            (bar.place + GAP / 2) * step,
            (high - bar.high) * scale,
            max(bar.width - GAP, bar.width / 2) * step,
            (bar.high - bar.low) * scale,
            bar.title,
        )
        for bar in bars
    )
    picture = _svg("bars", BAR_CHART_WIDTH, BAR_CHART_HEIGHT, label, drawn)
    return Markup('<div class="soft">up to {}</div>{}').format(as_text(high), picture)


def _steps(values: Sequence[float], most: float) -> str:
    """A line along the tops of the bars."""
    step = WIDTH / len(values)
    heights = [HEIGHT - 1 - (HEIGHT - 2) * value / most for value in values]
    points = [f"{'H' if place else 'M0 '}{height:.1f}" for place, height in enumerate(heights[:1])]
    points += [f"V{height:.1f}H{(place + 1) * step:.1f}" for place, height in enumerate(heights)]
    return "".join(points)


def _svg(kind: str, width: float, height: float, label: str, content: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {:.0f} {:.0f}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(kind, width, height, label, content)


def _percent(share: float) -> str:
    return f"{share:.1%}"
