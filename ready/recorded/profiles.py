"""How the values of each feature are distributed in a recorded build, and how far two builds lie apart."""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from ready.database.query import Row
from ready.recorded.registry import Connection, select_meta
from ready.settings import Settings

# By custom an index below the first is stable, and from the second on it is another population.
MODERATE_SHIFT, MAJOR_SHIFT = 0.1, 0.25
# Taken as the share of an empty bin, whose logarithm there is not.
LEAST_SHARE = 0.0001
PSI_BINS = 10


@dataclass(frozen=True)
class ColumnProfile:
    """One feature column of one build, from meta.feature_profiles.

    rows, missing, zero, minimum, maximum and mean are of all rows. distinct and distribution are of one row
    in sampled_every. distribution: (value, rows with it, rows up to it) in order, at least where the share of
    rows passes a half percent. A column that is no number has rows and missing only. minimum, maximum and
    mean are None without any value.
    """

    name: str
    rows: int
    missing: int
    zero: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    mean: Decimal | None = None
    sampled_every: int = 1
    distinct: int | None = None
    distribution: tuple[tuple[Decimal, int, int], ...] = ()

    @property
    def missing_share(self) -> float:
        """Of all rows, 0 to 1."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def zero_share(self) -> float | None:
        """Of all rows, 0 to 1."""
        return None if self.zero is None else self.zero / self.rows if self.rows else 0.0

    def quantile(self, share: float) -> Decimal | None:
        """The least value that at least this share of the values does not exceed, as SQL's percentile_disc.

        Exact for multiples of a half percent, up to the sample. None without any value.
        """
        if not self.distribution:
            return None
        wanted = math.ceil(round(share * self._total, 6))
        return next(value for value, _, up_to in self.distribution if up_to >= wanted)

    def share_up_to(self, value: Decimal) -> float:
        """The share of the values that do not exceed this one, 0 to 1.

        Exact at the values of the distribution; between two in proportion, at most a half percent off.
        """
        index = bisect.bisect_right(self._values, value)
        if not index or not self.distribution:
            return 0.0
        low, _, below = self.distribution[index - 1]
        if low == value or index == len(self.distribution):
            return below / self._total
        high, times, up_to = self.distribution[index]
        between = (up_to - times - below) * float((value - low) / (high - low))
        return (below + between) / self._total

    @cached_property
    def _values(self) -> list[Decimal]:
        return [value for value, _, _ in self.distribution]

    @property
    def _total(self) -> int:
        return self.distribution[-1][2]


def read_profiles(connection: Connection, settings: Settings, build: Row) -> dict[str, ColumnProfile]:
    """By column, in the table's order; empty for a build recorded before there were profiles.

    build: a row of the registry, with feature_set, feature_version and data_hash.
    """
    rows = select_meta(
        connection,
        settings,
        # concat makes a text of jsonb, whose decimals psycopg2 would read as floats.
        "select column_name, concat('', profile) as profile, registry.columns "
        "from {meta}.feature_profiles "
        "join {meta}.feature_registry as registry using (feature_set, feature_version, data_hash) "
        "where feature_set = %(feature_set)s and feature_version = %(feature_version)s "
        "and data_hash = %(data_hash)s",
        build,
    )
    profiles = {row["column_name"]: row["profile"] for row in rows}
    names = [column["name"] for column in rows[0]["columns"]] if rows else []
    return {name: parse_profile(name, profiles[name]) for name in names if name in profiles}


def parse_profile(name: str, text: str) -> ColumnProfile:
    """From its JSON, with decimals as they stand there."""
    stated: dict[str, Any] = json.loads(text, parse_float=Decimal)
    for key in ("minimum", "maximum", "mean"):
        if stated.get(key) is not None:
            stated[key] = Decimal(stated[key])
    knots = stated.pop("distribution", ())
    return ColumnProfile(
        name=name,
        distribution=tuple((Decimal(value), times, up_to) for value, times, up_to in knots),
        **stated,
    )


def population_stability_index(before: ColumnProfile, after: ColumnProfile) -> float:
    """How far a feature has drifted from one build to another: sum over bins of (a - b) * ln(a / b).

    b and a are the shares of rows in a bin before and after. The bins are the deciles of the values before,
    fewer where a value fills several, and one for missing values. 0 is the same distribution; by custom below
    0.1 is stable, from 0.25 on a major shift. An empty bin counts as 0.01 %.

    Source: E. M. Lewis, An Introduction to Credit Scoring (1994); N. Siddiqi, Intelligent Credit Scoring (2nd
    ed., 2017). It is the Kullback-Leibler divergence of the two histograms, in both directions, added up.
    """
    edges = _decile_edges(before)
    shares = zip(_bin_shares(before, edges), _bin_shares(after, edges), strict=True)
    floored = [(max(b, LEAST_SHARE), max(a, LEAST_SHARE)) for b, a in shares]
    return sum((a - b) * math.log(a / b) for b, a in floored)


def shift(index: float) -> str:
    """stable, moderate or major, by the usual thresholds of the population stability index."""
    return "major" if index >= MAJOR_SHIFT else "moderate" if index >= MODERATE_SHIFT else "stable"


def _decile_edges(profile: ColumnProfile) -> list[Decimal]:
    deciles = [profile.quantile(step / PSI_BINS) for step in range(1, PSI_BINS)]
    return sorted({edge for edge in deciles if edge is not None})


def _bin_shares(profile: ColumnProfile, edges: Sequence[Decimal]) -> list[float]:
    """Of all rows: each bin up to its edge, the one above the last, and missing values. They add up to 1."""
    filled = 1 - profile.missing_share
    up_to = [0.0, *(profile.share_up_to(edge) for edge in edges), 1.0]
    return [*((high - low) * filled for low, high in pairwise(up_to)), profile.missing_share]
