"""Fixtures on a real embedded PostgreSQL server.

server      one server for the session (ConnectionParams of its database `ready`)
database    a fresh, empty database on it for each test (ConnectionParams)
run_ready   runs the `ready` command in a process of its own
built_shop  the sample, run once for the session from a project of its own; not to be changed
shop        a copy of it for a test to change
docs_site   what `ready docs` makes of built_shop
chromium    a headless browser for one file of tests, which are skipped where there is none
open_page   opens a file in it, which must cause no error and request nothing else
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import forked
import pytest
from hypothesis import settings
from psycopg2 import sql

from ready.postgres import embedded
from ready.postgres.connection import ConnectionParams

if TYPE_CHECKING:
    from chromium import OpenPage
    from docs_site import DocsSite
    from playwright.sync_api import Browser
    from proof_case import Shop

PROJECT = Path(__file__).parents[2]

# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


class RunReady(Protocol):
    """Run `ready ARGUMENTS`. `database` names the server to use; else it is an embedded one in `home`.

    env: further variables; home: READY_HOME (default: a folder of this test); cwd: default the project.
    """

    def __call__(
        self,
        *arguments: str | Path,
        database: ConnectionParams | None = None,
        home: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        input: str | None = None,
    ) -> subprocess.CompletedProcess[str]: ...


def pytest_configure() -> None:
    """Let Ctrl-C reach what is started here, also where a shell started this in its background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-moments", type=int, default=6, help="how many moments test_faults goes through")
    parser.addoption("--thorough", action="store_true", help="also what is marked so")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays with one worker, and all files of Spark, which share one cluster, with one."""
    from xdist.scheduler import LoadFileScheduling

    class OneWorkerForSpark(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "spark" if "/spark/" in file else file

    return OneWorkerForSpark(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those of Spark first, then the longest files, so that no worker ends long after the others. Without a
    browser nothing is built for its tests."""
    from chromium import NO_BROWSER, program

    if not config.getoption("--thorough"):
        left = [item for item in items if item.get_closest_marker("thorough")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    items.sort(key=_turn)
    for item in items if program() is None else ():
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(NO_BROWSER))


# Those that take half a minute or more, the longest first.
LONGEST = (
    *("what_is_recorded", "pipeline", "leak_zoo", "readme", "own_feature_set", "default_rules", "quarantine"),
    *("incremental", "bad_input", "check_leakage", "wheel", "order_lines_disagree", "incremental_scope"),
    *("reproduce", "published_changes", "gate_values", "embedded_server", "order_lines", "vendor_examples"),
    *("silent_numbers", "run_page_content", "order_lines_property", "dbt_commands", "outer_project"),
)


def _turn(item: pytest.Item) -> tuple[bool, bool, int, int, Path]:
    """How long another file takes goes roughly by its length; unit tests take next to nothing."""
    name = item.path.stem.removeprefix("test_")
    place = LONGEST.index(name) if name in LONGEST else len(LONGEST)
    size = item.path.stat().st_size
    return ("/spark/" not in item.nodeid, "/unit/" in item.nodeid, place, -size, item.path)


def _ours(name: str) -> bool:
    return name == "DATABASE_URL" or name.startswith(("READY_", "PG", "DBT_"))


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The developer's own database must not be what the tests run on, nor what lies in this checkout."""
    for name in [name for name in os.environ if _ours(name)]:
        del os.environ[name]
    os.environ["READY_HOME"] = str(tmp_path_factory.mktemp("nobody") / "home")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectionParams]:
    from warehouse import administer

    home = tmp_path_factory.mktemp("server")
    params = embedded.start(home)
    # Nothing here outlives a crash of the machine. Tests that kill a server have one of their own.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        administer(params, sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
    administer(params, sql.SQL("select pg_reload_conf()"))
    yield params
    embedded.reset(home)


@pytest.fixture
def database(server: ConnectionParams) -> Iterator[ConnectionParams]:
    from warehouse import new_database

    with new_database(server) as params:
        yield params


@pytest.fixture
def run_ready(tmp_path: Path) -> Iterator[RunReady]:
    homes = {tmp_path / "home"}

    def run(
        *arguments: str | Path,
        database: ConnectionParams | None = None,
        home: Path | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        input: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        used = home or tmp_path / "home"
        homes.add(used)
        named = database.env() if database else {}
        environ = {**os.environ, "READY_HOME": str(used), **named, **(env or {})}
        return forked.ready(*arguments, cwd=cwd or PROJECT, env=environ, input=input)

    yield run
    for home in homes:
        embedded.reset(home)


@pytest.fixture(scope="session")
def built_shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    from proof_case import open_shop
    from warehouse import new_database

    with new_database(server) as database:
        yield open_shop(tmp_path_factory.mktemp("shop"), database)


@pytest.fixture
def shop(built_shop: Shop, server: ConnectionParams, tmp_path: Path) -> Iterator[Shop]:
    from proof_case import copy_of

    with copy_of(built_shop, server, tmp_path / "shop") as shop:
        yield shop


@pytest.fixture(scope="session")
def docs_site(built_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> DocsSite:
    from docs_site import write_docs_site

    return write_docs_site(built_shop, tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    from chromium import pages

    with pages(chromium) as open_file:
        yield open_file
