"""The run page and its charts: what they show, and that nothing in the data can change what they are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from gate_artifacts import run_info
from profile_oracle import profile_of

from ready.figures.columns import figures_of
from ready.figures.measure import Figures
from ready.figures.over_time import read_periods
from ready.figures.overlap import Overlap
from ready.gate.model import Check, Report, Sample
from ready.recorded.profiles import ColumnProfile
from ready.recorded.proofs import DIFFERENT, EQUAL, Reproduced
from ready.recorded.verdicts import LEAKING, NOT_PROVEN, SAME, UNCHECKED, Verdict
from ready.run_page.charts import histogram, histogram_bins, node_times, splits_over_time
from ready.run_page.model import (
    Built,
    Feature,
    LabelSet,
    Load,
    Lost,
    NodeTiming,
    Reject,
    RunPage,
    SplitSpan,
    Step,
    Volume,
    WeekOfOrders,
)
from ready.run_page.render import render_run_page, renew_label_sets, renew_verdicts
from ready.settings import Settings

HOSTILE = "</td></script><script>alert(1)</script><img src=//example.org/x> \"'& `${x}`"
SVG = "{http://www.w3.org/2000/svg}"
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
BUILD = {
    "feature_set": "customer_features",
    "feature_version": 2,
    "data_hash": "98573617c36dfd86ca39d9aef3966115",
    "row_count": 1000,
    "created_at": NOON,
    "git_commit": "1234567890abcdef",
    "git_dirty": True,
    "is_current": True,
}


class Page(HTMLParser):
    """The tags, ids, links and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(text: str = "orders") -> RunPage:
    """A whole page, with a text in each place that data or configuration reach."""
    sample = Sample(text, 7, text, {text: text})
    check = Check(text, text, text, "error", "fail", 2, 1000, text, texts=(text,), sample=(sample,))
    before = {**BUILD, "feature_version": 1, "is_current": False, "git_commit": text}
    profile = profile_of(text, [1, 2, 2, None])
    return RunPage(
        report=Report((text, "another"), (text,), (check,), run_info()),
        failure=text,
        loads=(
            Load(2, text, 10, 1, NOON, None, True, (Reject(f"{text}:3", text, text),)),
            Load(1, text, 10, 0, NOON, 2, False),
        ),
        built=(
            Built(
                current={**BUILD, "feature_set": text},
                before=before,
                # One without a histogram before the one with it: links must not slip.
                features=(
                    Feature(ColumnProfile(text, 4, 1), None),
                    Feature(profile, profile_of(text, [1, 1, 1])),
                ),
                splits=(_span("train", 1, 10, 13), _span(text, 13, 20, 20)),
            ),
            Built({**BUILD, "feature_set": "of_my_own"}, None, (Feature(profile, None),), ()),
        ),
        versions=(BUILD, before),
        timings=(NodeTiming(text, text, text, 1.5),),
        verdicts=(
            *(Verdict(text, found, text, NOON) for found in (LEAKING, NOT_PROVEN, SAME)),
            Verdict(text, UNCHECKED),
        ),
        reproduction=Reproduced(EQUAL, "", text, NOON),
        figures=_figures(text),
        folder=Path("/data") / text.replace("/", "|"),
        way=(Step(text, 10), Step(text, 7, (Lost(text, 3),))),
        weeks=tuple(
            WeekOfOrders(date(2026, 1, 5) + timedelta(days=7 * n), 7, ((text, n), ("other", 1)))
            for n in range(3)
        ),
        volumes=(Volume(text, 8, 10), Volume("new", 0, 5)),
        label_sets=(
            _label_set(text, {"train": CLASSES}),
            _label_set("amounts", {"train": PERCENTILES}, None),
        ),
    )


CLASSES = {"rows": 940, "classes": {HOSTILE: 0.25, "true": 0.75}}
PERCENTILES = {"rows": 940, "zero_share": 0.4, "percentiles": {"0.5": 3.25}, "maximum": 711.5}


def _label_set(text: str, distribution: dict[str, Any], folder: Path | None = Path("/data/v1")) -> LabelSet:
    build = {**BUILD, "feature_set": text}
    splits = (_span("train", 1, 10, 13), _span("test", 13, 20, 20))
    return LabelSet(build, text, text, 60, "customer_features", 1, splits, distribution, folder)


def _figures(text: str) -> Figures:
    """With a column that is as good as the label, and copies of train."""
    rows = {"train": 80, "val": 20, "test": 20}
    values = [float(n % 9) for n in range(120)]
    sample = pa.table(
        {
            text: [None, *values[1:]],
            "words": [text] * 120,
            "label": values,
            "split": [split for split, count in rows.items() for _ in range(count)],
            "feature_time": [NOON + timedelta(days=n) for n in range(120)],
        }
    )
    split, labels = sample["split"].combine_chunks(), {"label": sample["label"].combine_chunks()}
    return Figures(
        sampled_every=2,
        overlaps=(Overlap("val", 20, 5, 4, 3, 0, 0.0), Overlap("test", 20, 9, 8, 7, 6, 0.0)),
        labels=(figures_of("label", sample, split, None),),
        features=tuple(figures_of(name, sample, split, labels) for name in (text, "words")),
        periods=read_periods(sample, labels, [text, "words"]),
    )


def _span(split: str, time_from: int, members_to: int, time_to: int) -> SplitSpan:
    days = [datetime(2026, 1, day, tzinfo=timezone.utc) for day in (time_from, members_to, time_to)]
    return SplitSpan(split, *days, 940, 138, Decimal("12.5"), time_to - members_to)


def test_every_section_has_its_stable_id() -> None:
    ids = Page(render_run_page(_page())).ids
    sections = [name for name in ids if not re.search(r"-\d+$", name)]
    assert sections == [
        "alerts", "proven", "way", "loads", "gate", "label", "columns",
        "features", "splits", "labelsets", "leakage", "use", "versions", "timings",
    ]  # fmt: skip
    assert len(set(ids)) == len(ids)


def test_every_link_on_the_page_leads_somewhere() -> None:
    page = Page(render_run_page(_page()))
    inside = [link[1:] for link in page.links if link.startswith("#")]
    assert {"rejects-2", "check-1", "feature-1-2", "feature-2-1"} <= set(inside)
    assert [name for name in inside if name not in page.ids] == []
    assert [link for link in page.links if not link.startswith("#")] == ["data:,", "validation_report.html"]


def test_nothing_in_the_data_becomes_a_tag_or_a_link() -> None:
    plain, hostile = Page(render_run_page(_page())), Page(render_run_page(_page(HOSTILE)))
    assert hostile.tags == plain.tags
    assert hostile.links == plain.links
    assert HOSTILE in hostile.text


def test_the_page_of_a_stopped_run_has_files_and_gate_but_no_features() -> None:
    whole = _page()
    stopped = RunPage(whole.report, "the gate stopped it", whole.loads, (), whole.versions)
    page = Page(render_run_page(stopped))
    assert "features" not in page.ids
    assert "splits" not in page.ids
    shown = ["✗ Run stopped", "the gate stopped it", "1 record(s) rejected", "orders:3", "not come to dbt"]
    assert [text for text in shown if text not in page.text] == []


def test_a_page_without_a_database_says_what_stopped_the_run() -> None:
    page = Page(render_run_page(RunPage(Report(("no server",), (), (), run_info()), failure="no server")))
    shown = ["no server", "Nothing is loaded.", "No version is recorded yet."]
    assert [text for text in shown if text not in page.text] == []


def test_later_verdicts_take_the_place_of_those_on_the_page(tmp_path: Path) -> None:
    settings = Settings.resolve(environ={"READY_ARTIFACTS": str(tmp_path)})
    settings.reports.mkdir()
    file = settings.reports / "index.html"
    for verdicts in ((Verdict(HOSTILE, LEAKING, HOSTILE, NOON),), (Verdict("other", UNCHECKED),), None):
        file.write_text(render_run_page(_page(HOSTILE)))
        for reproduction in (Reproduced(), Reproduced(DIFFERENT, HOSTILE, HOSTILE, NOON), None):
            renew_verdicts(settings, verdicts, reproduction)
            renewed = replace(_page(HOSTILE), verdicts=verdicts, reproduction=reproduction)
            assert file.read_text() == render_run_page(renewed)


def test_sets_of_own_labels_are_shown_and_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    settings = Settings.resolve(environ={"READY_ARTIFACTS": str(tmp_path)})
    renew_label_sets(settings, ())  # without a page
    settings.reports.mkdir()
    file = settings.reports / "index.html"
    file.write_text(render_run_page(replace(_page(HOSTILE), label_sets=())))
    assert "ready train-set makes one" in Page(file.read_text()).text
    renew_label_sets(settings, _page(HOSTILE).label_sets)
    assert file.read_text() == render_run_page(_page(HOSTILE))
    told = Page(file.read_text()).text.partition("Training sets of own labels")[2]
    shown = ["25.00%", "40.00%", "712", "60 day(s) ahead", "Exported to /data/v1", "--feature-set amounts"]
    assert [text for text in shown if text not in told] == []


def test_the_same_data_give_the_same_text() -> None:
    assert render_run_page(_page()) == render_run_page(_page())


def test_a_histogram_has_a_bar_for_each_of_few_whole_numbers() -> None:
    profile = profile_of("orders", [0] * 60 + [1] * 30 + [3] * 10)
    assert histogram_bins([profile]).shares(profile) == pytest.approx([0.6, 0.3, 0, 0.1])
    assert _tooltips(histogram(profile)) == ["0: 60.0%", "1: 30.0%", "2: 0.0%", "3: 10.0%"]


def test_a_histogram_counts_the_tails_in_its_outer_bars() -> None:
    profile = profile_of("revenue", [*range(1000), 10_000_000])
    bins = histogram_bins([profile])
    shares = bins.shares(profile)
    assert bins.edges[-1] < 1000
    assert bins.names[0] == "5 to 54.5"
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([0.05] * 20, abs=0.006)


def test_a_histogram_draws_the_build_before_on_the_same_edges() -> None:
    after, before = profile_of("f", [Decimal("1.5"), 2, 3]), profile_of("f", [5, 6, 70])
    groups = _svg(histogram(after, before)).iter(f"{SVG}g")
    series = [group for group in groups if group.get("class") == "histbars"]
    assert [len(group.findall(f"{SVG}g")) for group in series] == [20, 20]


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_feature_without_any_value_has_no_histogram(values: list[None]) -> None:
    assert histogram(profile_of("f", values)) == ""


def test_a_constant_feature_has_a_histogram() -> None:
    assert _tooltips(histogram(profile_of("f", [Decimal("2.25")] * 9))) == ["2.25: 100.0%"]


@pytest.mark.parametrize("offset", [0, 10**18, -(10**20)])
@pytest.mark.parametrize("step", ["1", "0.000001", "128"])
def test_large_values_close_together_have_a_histogram(offset: int, step: str) -> None:
    values = [offset + number * Decimal(step) for number in range(50)]
    shares = [float(text.split(": ")[1][:-1]) for text in _tooltips(histogram(profile_of("f", values)))]
    assert sum(shares) == pytest.approx(100, abs=1)


def test_a_split_of_one_feature_time_is_drawn() -> None:
    instant = NOON + timedelta(microseconds=1)
    span = replace(_span("train", 1, 1, 1), time_from=NOON, members_to=instant, time_to=instant)
    assert "2026-03-01" in splits_over_time([span])


def test_splits_are_drawn_to_scale_with_their_embargo() -> None:
    svg = _svg(splits_over_time([_span("train", 1, 10, 13), _span("test", 13, 19, 19)]))
    ends = [
        [float(x) for x in re.findall(r"[ML ]?([\d.]+) [\d.]+", path.get("d") or "")]
        for path in svg.iter(f"{SVG}path")
        if "line" in (path.get("class") or "") and "reactive" in (path.get("class") or "")
    ]
    train, test, embargo = ends
    a_day = (train[1] - train[0]) / 9
    assert test == pytest.approx([train[0] + 12 * a_day, train[0] + 18 * a_day], abs=0.01)
    assert embargo == pytest.approx([train[1], train[0] + 12 * a_day], abs=0.01)
    assert "train: 940 rows, label mean 12.5" in "".join(svg.itertext())


def test_nodes_are_drawn_first_on_top_as_long_as_they_took() -> None:
    timings = [NodeTiming("slow", "model", "success", 3.0), NodeTiming("quick", "test", "pass", 1.0)]
    svg = _svg(node_times(timings))
    bars = sorted(
        (float(bar.get("y") or 0), float(bar.get("width") or 0))
        for bar in svg.iter(f"{SVG}rect")
        if "reactive" in (bar.get("class") or "")
    )
    assert bars[0][1] == pytest.approx(3 * bars[1][1])


@pytest.mark.parametrize("chart", [splits_over_time, node_times])
def test_a_chart_of_nothing_is_nothing(chart: object) -> None:
    assert chart([]) == ""  # type: ignore[operator]


def test_charts_carry_no_style_script_or_address_of_their_own() -> None:
    text = histogram(profile_of("f", [1, 2, 3]))
    assert not re.search(r"<style|<script|href|style=|<!--", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def _svg(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def _tooltips(text: str) -> list[str]:
    return [bar.findtext(f"{SVG}title") or "" for bar in _svg(text).iter() if bar.get("class") == "histbar"]


def test_alerts_are_on_top_and_an_unproven_version_is_said_to_be_unproven() -> None:
    page = Page(render_run_page(_page()))
    top = page.text[: page.text.index("The way of the rows")]
    told = [
        "orders is as good as the label by itself",
        "6 of 20 rows of test equal a row of train",
        "The gate has 2 error(s)",
        "orders knows its future",
        "Unproven: not checked for leakage as it is now (ready check-leakage).",
    ]
    assert [text for text in told if text not in " ".join(top.split())] == []
    for verdicts, reproduction, state in [
        ((Verdict("f", SAME, "", NOON),), Reproduced(EQUAL, "", "code", NOON), "Proven: "),
        ((Verdict("f", SAME, "", NOON),), Reproduced(), "Unproven: not built again and compared"),
        ((Verdict("f", SAME, "", NOON),), Reproduced(DIFFERENT, "labels", "c", NOON), "otherwise: labels"),
        (None, None, "Unproven: no verdicts"),
        ((), Reproduced(EQUAL, "", "code", NOON), "Unproven: not checked for leakage"),
    ]:
        quiet = replace(_page(), verdicts=verdicts, reproduction=reproduction)
        assert state in " ".join(Page(render_run_page(quiet)).text.split())


def test_many_files_are_folded() -> None:
    few, many = (
        replace(_page(), loads=tuple(Load(n, f"{n}.csv", 1, 0, NOON, None, False) for n in range(count)))
        for count in (20, 21)
    )
    assert "All 20 files" not in render_run_page(few)
    assert "All 21 files" in render_run_page(many)
