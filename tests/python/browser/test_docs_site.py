"""The docs site as people use it: opened as a file, without a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import OpenPage
from docs_site import DocsSite

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MODEL = "model.raw_to_ready.customer_features"
# The graph is a canvas; cytoscape keeps itself on the element it draws in.
NODES_ON_GRAPH = """() => {
    const drawn = [...document.querySelectorAll("*")].find(element => element._cyreg)
    return drawn ? drawn._cyreg.cy.nodes(":visible").map(node => node.id()) : []
}"""


@pytest.fixture
def site(open_page: OpenPage, docs_site: DocsSite, tmp_path: Path) -> Page:
    """The page alone, in a folder with nothing else, on its overview."""
    return open_page(shutil.copy(docs_site.page, tmp_path / "index.html"))


def test_opens_on_the_projects_overview(site: Page) -> None:
    site.get_by_role("heading", name="From Raw to Ready").wait_for()
    picture = site.get_by_role("img", name="The way of the data")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    targets = [link.get_attribute("href") for link in site.locator("table a").all()]
    for target in targets:
        site.goto(f"{site.url.partition('#')[0]}{target}")
        site.get_by_role("link", name="Description").first.wait_for()
    assert len(set(targets)) > 10


def test_a_model_is_found_with_its_columns(site: Page, docs_site: DocsSite) -> None:
    site.get_by_placeholder("Search for models...").fill("customer_features")
    site.locator(".search-result", has_text="customer_features model").click()
    site.get_by_role("heading", name="customer_features").wait_for()
    for column in docs_site.columns(MODEL):
        site.get_by_role("cell", name=column, exact=True).wait_for()
    site.get_by_role("cell", name="revenue_30d", exact=True).click()
    described = "Sum of purchase amounts in the 30 days before feature_time"
    site.get_by_text(described).locator("visible=true").first.wait_for()


def test_lineage_leads_from_the_files_to_the_datasets(site: Page) -> None:
    site.goto(f"{site.url.partition('#')[0]}#!/model/{MODEL}")
    site.get_by_title("View Lineage Graph").click()
    site.get_by_title("View Fullscreen").first.click()
    site.wait_for_function(f"({NODES_ON_GRAPH})().length > 10")
    assert {
        "source.raw_to_ready.raw.raw_events",
        "model.raw_to_ready.orders",
        MODEL,
        "exposure.raw_to_ready.customer_features_datasets",
    } <= set(site.evaluate(NODES_ON_GRAPH))


def test_whatever_asks_the_network_is_refused(chromium: Browser, docs_site: DocsSite) -> None:
    page = chromium.new_page()
    page.route("https://example.org/", lambda route: route.fulfill(body="an answer"))
    ask = "fetch('https://example.org/', {mode: 'no-cors'}).then(() => 'answered', () => 'refused')"
    assert page.evaluate(ask) == "answered"
    page.goto(docs_site.page.as_uri())
    assert page.evaluate(ask) == "refused"
