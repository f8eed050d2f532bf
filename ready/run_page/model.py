"""What the run page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ready.database.query import Row
from ready.figures.measure import Figures
from ready.gate.model import Report
from ready.recorded.profiles import ColumnProfile, population_stability_index
from ready.recorded.proofs import Reproduced
from ready.recorded.source_sets import SourceSet
from ready.recorded.verdicts import Verdict

OTHER_FILES = "other files"


@dataclass(frozen=True)
class Reject:
    """A record that could not be read, and its place."""

    place: str
    reason: str
    raw_line: str


@dataclass(frozen=True)
class Load:
    """One file's load. superseded_by: the load that took its place. rejects: the first ones, by line."""

    load_id: int
    file_name: str
    rows: int
    rejected: int
    loaded_at: datetime
    superseded_by: int | None
    is_new: bool
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True)
class Feature:
    """A feature column's profile, and the one of the build before."""

    profile: ColumnProfile
    before: ColumnProfile | None

    @property
    def psi(self) -> float | None:
        """The population stability index; None without a build before."""
        return population_stability_index(self.before, self.profile) if self.before else None


@dataclass(frozen=True)
class SplitSpan:
    """A split in time: its rows lie in [time_from, members_to), the embargo in [members_to, time_to)."""

    split: str
    time_from: datetime
    members_to: datetime
    time_to: datetime
    rows: int
    customers: int
    label_mean: Decimal | None
    embargo_days: int


@dataclass(frozen=True)
class NodeTiming:
    """A node of the dbt run, with the seconds it took."""

    name: str
    kind: str
    status: str
    seconds: float


@dataclass(frozen=True)
class Lost:
    """Rows that did not come to a step, and why."""

    why: str
    rows: int


@dataclass(frozen=True)
class Step:
    """A step on the way of the rows: how many there are, and which came no further than the one before."""

    name: str
    rows: int
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True)
class WeekOfOrders:
    """The orders of so many days from `start` on, by file."""

    start: date
    days: int
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Volume:
    """A count of this build and of the one before."""

    name: str
    before: int
    now: int

    @property
    def change(self) -> float | None:
        """As a share of the one before; None where that had none."""
        return (self.now - self.before) / self.before if self.before else None


@dataclass(frozen=True)
class Built:
    """What the tables hold of a feature set: a recorded build, and the one before it."""

    current: Row
    before: Row | None
    features: tuple[Feature, ...]
    splits: tuple[SplitSpan, ...]


@dataclass(frozen=True)
class LabelSet:
    """A training set of own labels: its recorded build, and what it was made of.

    distribution: of the label by split, as ColumnFigures.by_split gives it; empty where it is not known.
    folder: of its export, None where that is not there.
    """

    build: Row
    label: str
    file_name: str
    horizon_days: int
    features: str
    features_version: int
    splits: tuple[SplitSpan, ...]
    distribution: Mapping[str, Mapping[str, Any]]
    folder: Path | None

    @property
    def classes(self) -> list[str]:
        """The label's values where they are few."""
        return self._names("classes")

    @property
    def levels(self) -> list[str]:
        """The percentiles that are known, 0 to 1."""
        return self._names("percentiles")

    def _names(self, kind: str) -> list[str]:
        return next((list(summary[kind]) for summary in self.distribution.values() if kind in summary), [])


@dataclass(frozen=True)
class RunPage:
    """A whole run.

    failure: what stopped it, empty when it came to its end. built: one for each feature set, none when
    nothing was published. versions are the registry's builds, latest first. verdicts: of ready check-leakage
    on what is published; None where none are kept. reproduction: the same of ready reproduce. figures and
    folder: of the training set and its export, None where it was not exported. label_sets: of own labels.
    source_sets: the features of sources beside the orders.
    """

    report: Report
    failure: str = ""
    loads: tuple[Load, ...] = ()
    built: tuple[Built, ...] = ()
    versions: tuple[Row, ...] = ()
    timings: tuple[NodeTiming, ...] = ()
    verdicts: tuple[Verdict, ...] | None = None
    reproduction: Reproduced | None = None
    figures: Figures | None = None
    folder: Path | None = None
    way: tuple[Step, ...] = ()
    weeks: tuple[WeekOfOrders, ...] = ()
    volumes: tuple[Volume, ...] = ()
    label_sets: tuple[LabelSet, ...] = ()
    source_sets: tuple[SourceSet, ...] = ()
