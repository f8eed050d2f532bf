"""The run page and the validation report in use: by mouse, by keyboard, on a phone, in dark and light."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import OpenPage
from conftest import PROJECT
from proof_case import Shop
from warehouse import new_database

from ready.postgres.connection import ConnectionParams

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PHONE = {"width": 320, "height": 640}
BRIGHTNESS = """() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
    return (Number(red) + Number(green) + Number(blue)) / 3 / 255
}"""


@pytest.fixture(scope="module")
def reports(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """The page of a run that came to its end, of one with own labels, of one the gate stopped; its report."""
    with new_database(server, template=built_shop.database) as database:
        shop = built_shop.copy(tmp_path_factory.mktemp("stopped") / "shop", database)
        labelled = shutil.copy(with_own_labels(shop), shop.folder / "labelled.html")
        done = shop.ready("run", "--data", PROJECT / "data/dirty")
        assert done.returncode == 1, done.stdout + done.stderr
        stopped = shop.artifacts / "reports"
        yield {
            "finished": built_shop.artifacts / "reports/index.html",
            "labelled": labelled,
            "stopped": stopped / "index.html",
            "report": stopped / "validation_report.html",
        }


def with_own_labels(shop: Shop) -> Path:
    """The run page with two sets of `ready train-set`: of classes with long names, and of numbers."""
    keys = shop.rows("select customer_id, feature_time from feats.customer_features order by 2, 1 limit 300")
    for name, labels in {"plans": ["a plan of a long name", "free"], "spent": range(120)}.items():
        lines = [f"{who},{at.isoformat()},{labels[n % len(labels)]}" for n, (who, at) in enumerate(keys)]
        file = shop.folder / f"{name}.csv"
        file.write_text("\n".join(["customer_id,label_time,label", *lines]))
        kind = "text" if name == "plans" else "integer"
        done = shop.ready("train-set", "--labels", file, "--horizon", "1", "--label-type", kind)
        assert done.returncode == 0, done.stderr
    return shop.artifacts / "reports/index.html"


def test_own_labels_are_shown_by_split(open_page: OpenPage, reports: dict[str, Path]) -> None:
    page = open_page(reports["labelled"])
    plans = page.get_by_role("region", name="Label of plans by split")
    assert plans.locator("tbody tr").first.inner_text().split("\t")[-1].endswith("%")
    heads = page.get_by_role("region", name="Label of spent by split").locator("th").all_inner_texts()
    assert [head.strip() for head in heads][-3:] == ["75 %", "95 %", "Max"]


def test_a_failing_check_opens_its_samples(open_page: OpenPage, reports: dict[str, Path]) -> None:
    page = open_page(reports["stopped"])
    page.get_by_role("heading", name="Run stopped").wait_for()
    sample = page.get_by_text("orders_2025_h1.csv:290")
    assert not sample.is_visible()
    page.locator("summary", has_text="amount has 2 non-numeric value(s)").click()
    sample.wait_for()
    page.get_by_text("14.53 EUR").first.wait_for()


def test_the_table_of_checks_leads_to_the_samples(open_page: OpenPage, reports: dict[str, Path]) -> None:
    page = open_page(reports["stopped"])
    row = page.get_by_role("row", name="accepted_values").filter(has_text="status")
    row.get_by_role("link").click()
    page.get_by_text("orders_2025_h1.csv:674").wait_for()


def test_everything_is_reached_by_the_keyboard(open_page: OpenPage, reports: dict[str, Path]) -> None:
    page = open_page(reports["stopped"])
    tab_to(page, page.locator("summary", has_text="amount has 2 non-numeric value(s)"))
    page.keyboard.press("Enter")
    page.get_by_text("orders_2025_h1.csv:290").wait_for()
    tab_to(page, page.get_by_role("button", name="Failures"))
    page.keyboard.press("Enter")
    page.get_by_role("columnheader", name="Failures").and_(page.locator("[aria-sort=ascending]")).wait_for()


def test_tables_sort_by_number_and_by_text(open_page: OpenPage, reports: dict[str, Path]) -> None:
    page = open_page(reports["finished"])
    features = page.get_by_role("region", name="Features of customer_features").get_by_role("table")
    columns = [text.strip() for text in features.locator("th").all_inner_texts()]
    cells = features.locator(f"tbody td:nth-child({columns.index('Mean') + 1})")
    features.get_by_role("button", name="Mean").click()
    means = [float(cell.get_attribute("data-value") or "-inf") for cell in cells.all()]
    assert means == sorted(means)
    features.get_by_role("button", name="Mean").click()
    assert [float(cell.get_attribute("data-value") or "-inf") for cell in cells.all()] == means[::-1]
    assert len(set(means)) > 5

    features.get_by_role("button", name="Feature").click()
    names = features.locator("tbody td:first-child").all_inner_texts()
    assert names == sorted(names)
    assert len(names) > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["finished", "labelled", "stopped", "report"])
def test_readable_on_a_phone_in_dark_and_light(
    open_page: OpenPage, reports: dict[str, Path], name: str, scheme: str
) -> None:
    page = open_page(reports[name], color_scheme=scheme, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert (page.evaluate(BRIGHTNESS) < 0.3) == (scheme == "dark")
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the Tab key never comes to {target}")
