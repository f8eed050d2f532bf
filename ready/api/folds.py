"""Cross-validation in time: by instants, with an embargo, and where asked by customers too."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ready.dataset.model_types import INSTANT
from ready.errors import UsageError

if TYPE_CHECKING:
    import numpy

DAY = 86_400_000_000
"""Microseconds."""


class EmbargoTimeSeriesSplit:
    """Folds for scikit-learn's `cv`: each trains on the past and tests on the stretch of time after it.

    The distinct instants are cut into n_splits + 1 stretches of equally many, the first one longer by what
    is left over; fold k tests on stretch k + 1. It trains on the rows before whose `time + embargo` does not
    pass the beginning of the test, so that with the label's horizon as embargo no label looks into it. Rows
    of one instant are on one side, whatever the embargo. With groups, each fold tests on a part of the groups
    and trains on the others, and every group is tested in one fold: parts are by a seeded hash of the group's
    text, so that a group stays in its part when others come.

    times: of each row, as a pandas or Polars Series, Arrow or numpy array; UTC where they have no zone. The
    rows given to `split` are those of times and groups, in their order.

    Raises UsageError for fewer than 2 splits, a negative embargo, other numbers of rows, a missing time or
    group, and too few instants.
    """

    def __init__(
        self, times: Any, *, n_splits: int = 5, embargo_days: float = 0, groups: Any = None, seed: int = 42
    ) -> None:
        _check_numbers(n_splits, embargo_days)
        self.n_splits = n_splits
        self.embargo_days = embargo_days
        self.seed = seed
        self._times = _complete("times", times).cast(INSTANT).cast(pa.int64()).to_numpy()
        self._parts = None if groups is None else self._parts_of(_complete("groups", groups))
        if self._parts is not None and len(self._parts) != len(self._times):
            raise UsageError(f"there are {len(self._times):,} times and {len(self._parts):,} groups")
        self._starts = self._starts_of_tests()

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """How many folds there are, whatever is given."""
        return self.n_splits

    def split(
        self, X: Any = None, y: object = None, groups: object = None
    ) -> Iterator[tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]]:
        """The positions of each fold's rows of train and of test. Groups count as given to the constructor.

        Raises UsageError where X has other rows, and for a fold without rows on a side.
        """
        if X is not None and len(X) != len(self._times):
            raise UsageError(
                f"X has {len(X):,} rows, and these folds are of {len(self._times):,}",
                hint="give the rows that the folds were made of, in their order",
            )
        embargo = round(self.embargo_days * DAY)
        for fold, start in enumerate(self._starts):
            train = (self._times < start) & (self._times + embargo <= start)
            test = self._times >= start
            if fold + 1 < self.n_splits:
                test &= self._times < self._starts[fold + 1]
            if self._parts is not None:
                train &= self._parts != fold
                test &= self._parts == fold
            if not (train.any() and test.any()):
                side = "test" if train.any() else "train"
                raise UsageError(
                    f"fold {fold} has no rows to {side} on", hint="ask for fewer splits or a shorter embargo"
                )
            yield train.nonzero()[0], test.nonzero()[0]

    def _starts_of_tests(self) -> list[int]:
        instants = sorted(set(self._times.tolist()))
        length = len(instants) // (self.n_splits + 1)
        if not length:
            raise UsageError(
                f"{len(instants)} distinct instant(s) are too few for {self.n_splits} folds",
                hint=f"{self.n_splits} folds need at least {self.n_splits + 1}",
            )
        first = len(instants) - length * self.n_splits
        return [instants[first + fold * length] for fold in range(self.n_splits)]

    def _parts_of(self, groups: pa.ChunkedArray) -> numpy.ndarray[Any, Any]:
        """The fold that tests each row's group."""
        encoded = groups.combine_chunks().cast(pa.string()).dictionary_encode()
        parts = pa.array([self._part(name) for name in encoded.dictionary.to_pylist()], pa.int64())
        taken: numpy.ndarray[Any, Any] = parts.take(encoded.indices).to_numpy()
        return taken

    def _part(self, group: str) -> int:
        digest = hashlib.md5(f"{self.seed}:{group}".encode(), usedforsecurity=False).digest()
        return int.from_bytes(digest[:8], "big") % self.n_splits

    def __repr__(self) -> str:
        by = "" if self._parts is None else ", by group"
        return f"EmbargoTimeSeriesSplit({self.n_splits} folds, embargo {self.embargo_days:g} days{by})"


def _complete(name: str, values: Any) -> pa.ChunkedArray:
    """The values as Arrow, none missing."""
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([pa.array(values)])
    if column.null_count:
        raise UsageError(f"{column.null_count:,} of the {name} are missing")
    return column


def _check_numbers(n_splits: int, embargo_days: float) -> None:
    """Also of what has another type than it should."""
    is_count = isinstance(n_splits, Integral) and int(n_splits) >= 2
    if not (is_count and isinstance(embargo_days, Real) and 0 <= float(embargo_days) < math.inf):
        raise UsageError("folds need n_splits, a whole number of 2 or more, and embargo_days of 0 or more")
