"""Ways of doing the same thing, timed in turn: A B A B. Each ratio is taken within a round, so that a busy
machine slows both sides of it; seconds of different machines do not compare, the ratios do."""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from memory import PeakMemory, descendants


@dataclass(frozen=True)
class Timed:
    """A result whose way has taken the time itself: without what it had to prepare."""

    seconds: float
    result: Any


@dataclass(frozen=True)
class Way:
    """run gives what all ways must agree on, maybe as Timed. processes are those that do the work."""

    run: Callable[[], Any]
    processes: Callable[[], Iterable[int]] = descendants


@dataclass(frozen=True)
class Sample:
    seconds: float
    peak_mb: dict[str, float]


@dataclass(frozen=True)
class Ratio:
    """The seconds of `upper` by those of `lower`, and what they should be at most."""

    upper: str
    lower: str
    at_most: float | None = None


Rounds = list[dict[str, Sample]]


def measure(
    ways: Mapping[str, Way],
    rounds: int,
    *,
    server: Callable[[], Iterable[int]] | None = None,
    warm_up: bool = True,
) -> Rounds:
    """Run every way once a round; exits where the results do not agree. A first round only warms up.

    server: the processes of a database server, whose memory is counted apart.
    """
    measured = []
    for _ in range(rounds + warm_up):
        outcomes = {name: _run(way, server) for name, way in ways.items()}
        _agree({name: result for name, (_, result) in outcomes.items()})
        measured.append({name: sample for name, (sample, _) in outcomes.items()})
    return measured[warm_up:]


def _run(way: Way, server: Callable[[], Iterable[int]] | None) -> tuple[Sample, Any]:
    with ExitStack() as stack:
        watched = {"processes": stack.enter_context(PeakMemory(way.processes))}
        if server:
            watched["server"] = stack.enter_context(PeakMemory(server))
        started = time.perf_counter()
        result = way.run()
        seconds = time.perf_counter() - started
    if isinstance(result, Timed):
        seconds, result = result.seconds, result.result
    return Sample(seconds, {name: peak.mb for name, peak in watched.items()}), result


def _agree(results: Mapping[str, Any]) -> None:
    first, expected = next(iter(results.items()))
    for name, result in results.items():
        if result != expected:
            sys.exit(f"no agreement, so nothing is timed: {first} gives {expected}, {name} gives {result}")


def summary(name: str, rows: int, rounds: Rounds, ratios: Mapping[str, Ratio]) -> dict[str, Any]:
    """One comparison as it is printed and kept."""
    ways = list(rounds[0])
    return {
        "name": name,
        "rows": rows,
        "rounds": len(rounds),
        "seconds": {way: spread([samples[way].seconds for samples in rounds]) for way in ways},
        "peak_mb": {way: _peak([samples[way].peak_mb for samples in rounds]) for way in ways},
        "ratios": {
            title: {
                **spread([s[ratio.upper].seconds / s[ratio.lower].seconds for s in rounds]),
                "at_most": ratio.at_most,
            }
            for title, ratio in ratios.items()
        },
    }


def growth(sizes: list[int], summed: dict[str, Any], unit: str) -> dict[str, Any]:
    """A summary whose ways are sizes, with the exponent of the time: the slope of its fit on log-log axes."""
    middles = [seconds["median"] for seconds in summed["seconds"].values()]
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(s) for s in middles]
    )
    notes = {"exponent of the time": round(slope, 2), **summed.get("notes", {})}
    return {**summed, "sizes": sizes, "unit": unit, "exponent": slope, "notes": notes}


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _peak(samples: list[dict[str, float]]) -> dict[str, int]:
    return {part: round(max(sample[part] for sample in samples)) for part in samples[0]}
