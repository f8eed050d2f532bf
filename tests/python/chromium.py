"""A headless Chromium, and pages in it that must stay without errors and keep to themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 300_000  # ms; only against waiting for ever, however busy the machine
NO_BROWSER = (
    "no Chromium on this machine: install it (Debian: apt-get install chromium), then make test; "
    ".ci/run does both"
)


class OpenPage(Protocol):
    """Open a file. `context`: what Playwright's Browser.new_context takes, such as color_scheme."""

    def __call__(self, file: Path, **context: Any) -> Page: ...


def program() -> str | None:
    """The machine's Chromium, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """While it is open, an event loop runs in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program()) as browser:
        yield browser


@contextmanager
def pages(browser: Browser) -> Iterator[OpenPage]:
    """Opens files; in the end, the console has nothing to report and nothing but the files was requested."""
    files: set[str] = set()
    requests: list[str] = []
    reported: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            reported.append(message.text)

    def open_file(file: Path, **context: Any) -> Page:
        page = browser.new_context(**context).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", note)
        page.on("pageerror", lambda error: reported.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        files.add(file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in browser.contexts:
        context.close()
    asked = {url.partition("#")[0] for url in requests if not url.startswith(("data:", "blob:"))}
    assert reported == [], reported
    assert asked == files, asked - files
