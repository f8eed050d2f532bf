"""Whatever befalls a command, at any moment: the next run ends as if nothing had happened.

`make test` goes through a few moments, `make test-faults` through 60; the seed is the moment's number.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT
from fault_case import (
    AT_WORK,
    FAULTS,
    Command,
    FaultyShop,
    Moment,
    commands,
    half_written,
    held_locks,
    left_processes,
    outcome,
    sessions_of,
    wait_for,
    wait_until_idle,
)
from reader import Reader

from ready.postgres import embedded

# Killed, or told that the database or the machine failed; 0 when it was done before.
EXIT_CODES = {0, 3, -9}
DBT_FAILED = 1
pytestmark = pytest.mark.thorough  # and make test-faults, with more moments


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The second has a new file, and a correction of the first."""
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    _generate(first / "orders_1.csv", "--until", "2024-08-01")
    lines = (first / "orders_1.csv").read_text().splitlines(keepends=True)
    (second / "orders_1.csv").write_text("".join(lines[:-5]))
    _generate(second / "orders_2.csv", "--since", "2024-08-01")
    return first, second


def _generate(file: Path, *arguments: str) -> None:
    script = str(PROJECT / "scripts" / "generate_orders.py")
    command = [sys.executable, script, "--rows", "800", "--months", "14", "--out", str(file), *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, deliveries: tuple[Path, Path]) -> Iterator[FaultyShop]:
    """Taken through both deliveries undisturbed, with a state kept before each command."""
    shop = FaultyShop(tmp_path_factory.mktemp("faults"))
    folder = shop.folder / "undisturbed"
    first, second = deliveries
    known = {command.name: command for command in commands(second)}
    try:
        _undisturbed(shop, folder, "run", "--data", str(first))
        shop.keep("first", folder)
        shop.seconds["load"] = _undisturbed(shop, folder, *known["load"].arguments)
        shop.keep("loaded", folder)
        shop.seconds["publish"] = _timed(shop, folder, known["publish"])
        shop.keep("second", folder)
        shutil.rmtree(folder / "artifacts" / "datasets")
        shop.keep("unexported", folder)
        shop.seconds["export"] = _undisturbed(shop, folder, "export")
        shop.seconds["build"] = shop.seconds["reproduce"] = 3 * shop.seconds["publish"]
        yield shop
    finally:
        embedded.reset(shop.home)


def _undisturbed(shop: FaultyShop, folder: Path, *arguments: str) -> float:
    return _timed(shop, folder, Command("", arguments, "", AT_WORK, ()))


def _timed(shop: FaultyShop, folder: Path, command: Command) -> float:
    """Seconds from the landmark on, until it has no session left in the database."""
    folder.mkdir(exist_ok=True)
    embedded.start(shop.home)
    process = shop.start(folder, *command.arguments)
    wait_for(shop, process, command.landmark)
    started = last = time.monotonic()
    while process.poll() is None:
        if sessions_of(shop):
            last = time.monotonic()
    assert process.returncode == 0, (folder / "output.txt").read_text()
    return last - started


@pytest.fixture(scope="module")
def undisturbed(shop: FaultyShop) -> dict[str, Any]:
    """What the second run ends with."""
    return outcome(shop.warehouse(shop.folder / "undisturbed"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("fault_moments")))


def test_a_moment(
    number: int,
    shop: FaultyShop,
    undisturbed: dict[str, Any],
    deliveries: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    rng = random.Random(number)
    known = commands(deliveries[1])
    # In 30 moments every command meets every fault.
    command, fault = known[number % len(known)], FAULTS[number % len(FAULTS)]
    shop.put_back(command.state, tmp_path)

    with Reader(shop.database) as reader:
        _hit(shop, tmp_path, command, fault, rng)
        assert half_written(tmp_path / "artifacts") == []
        again = shop.start(tmp_path, "run", "--data", str(deliveries[1]))
        assert again.wait() == 0, (tmp_path / "output.txt").read_text()

    assert outcome(shop.warehouse(tmp_path)) == undisturbed
    assert reader.polled <= {shop.seen[command.state], shop.seen["second"]}
    assert reader.missing == []
    assert left_processes(tmp_path) == []
    wait_until_idle(shop)
    assert held_locks(shop) == []


def _hit(
    shop: FaultyShop, folder: Path, command: Command, fault: Callable[[Moment], None], rng: random.Random
) -> None:
    """Run the command, and let the fault befall it somewhere between its landmark and its end."""
    process = shop.start(folder, *command.arguments)
    moment = Moment(shop, command, process, rng)
    with process:
        if wait_for(shop, process, command.landmark):
            time.sleep(rng.uniform(0, 0.8 * shop.seconds[command.name]))
        hit = process.poll() is None
        fault(moment)
        process.wait()
    moment.mend()
    output = (folder / "output.txt").read_text()
    print(f"{command.name} {fault.__name__}: {'hit' if hit else 'done before'}, exit {process.returncode}")
    print("\n".join(output.splitlines()[-12:]))
    assert process.returncode in EXIT_CODES | ({DBT_FAILED} if command.name == "build" else set())
    assert "Traceback" not in output
