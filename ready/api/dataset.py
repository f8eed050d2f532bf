"""A recorded training set with the role of each column: X, y, groups, times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from ready.api.table import Table
from ready.definition.column_roles import KEY, SPLITS, Roles, labels_in
from ready.errors import UsageError

if TYPE_CHECKING:
    from ready.api.folds import EmbargoTimeSeriesSplit
    from ready.api.spine import ArrowStream

OUTPUTS = ("arrow", "pandas", "polars")


class Dataset(Table):
    """A training set, or one of its splits: the whole of it as a table, and its parts by their roles.

    X, y, groups and times have one row for each row of the table, in its order. They come as `output` of
    load_dataset says, made again each time: pyarrow Table and ChunkedArray, or DataFrame and Series.
    In pandas, whose int64 and bool have no missing value, a count or truth with a null anywhere in the data
    set's splits is Int64 or boolean in each of them; elsewhere it stays what it is.

    home: whose data they are, None where they were read by path. source: the folder or engine they come from.
    """

    def __init__(self, table: pa.Table, *, output: str, source: str, home: str | None = None) -> None:
        super().__init__(table)
        self.output = output
        self.source = source
        self.home = home

    @property
    def X(self) -> Any:
        """The features."""
        return self._frame(list(self.features))

    @property
    def y(self) -> Any:
        """The label; of several all, as a table with a column for each.

        Raises UsageError where the feature set has none.
        """
        if self.label is None:
            raise UsageError("this training set has no label")
        return self._column(self.label) if len(self.labels) == 1 else self._frame(list(self.labels))

    @property
    def groups(self) -> Any:
        """The customer of each row, as scikit-learn's splitters take groups."""
        return self._column(self.roles["keys"][0])

    @property
    def times(self) -> Any:
        """The instant of each row, UTC: it knows only what came strictly before."""
        return self._column(self.roles["time"])

    @property
    def features(self) -> dict[str, dict[str, Any]]:
        """Of each feature, in the order of X, what is known of its definition: see docs/consumers.md."""
        return {feature["name"]: feature for feature in self.roles["features"]}

    @property
    def label(self) -> str | None:
        """The label's column, of several the first; `labels` has their definitions."""
        return next(iter(self.labels), None)

    @property
    def labels(self) -> dict[str, dict[str, Any]]:
        """Of each label, in the order of y, its definition as `features` has them."""
        return {label["name"]: label for label in labels_in(self.roles)}

    @property
    def roles(self) -> Roles:
        """What each column is for, as the manifest has it."""
        roles: Roles = json.loads(self._said("roles"))
        return roles

    @property
    def feature_set(self) -> str:
        return self._said("feature_set")

    @property
    def version(self) -> int:
        return int(self._said("feature_version"))

    @property
    def fingerprint(self) -> str:
        """That of the features, `data_hash` of the registry."""
        return self._said("data_hash")

    def folds(
        self, n_splits: int = 5, *, embargo_days: float | None = None, by_customer: bool = False
    ) -> EmbargoTimeSeriesSplit:
        """Cross-validation in time over these rows: give it to scikit-learn as `cv`, with X and y of here.

        embargo_days: default that of the data set's splits, and at least the longest horizon of a label.
        by_customer: no customer is on both sides of a fold. Raises UsageError where the rows are of too few
        instants.
        """
        from ready.api.folds import EmbargoTimeSeriesSplit

        if embargo_days is None:
            horizons = [label.get("horizon_days", 0) for label in self.labels.values()]
            embargo_days = max(self.roles["split"].get("embargo_days", 0), *horizons, 0)
        return EmbargoTimeSeriesSplit(
            self.table[self.roles["time"]],
            n_splits=n_splits,
            embargo_days=embargo_days,
            groups=self.table[self.roles["keys"][0]] if by_customer else None,
        )

    def join_onto(self, spine: ArrowStream | Mapping[str, Any], *, time: str = KEY[1]) -> Any:
        """The spine with the features of each customer's newest row at or before its time.

        spine: as ready.features_at takes it, in any unit; time: its column of instants. The row at t may be
        used at t, since it knows only what came strictly before. Gives, as `output` says, the spine as it is,
        row for row, then as_of_time (the feature_time of the row that was found) and the features, which are
        null where there is no such row. Only the rows of this object are looked at: none in an embargo or
        without a known label. `ready.features_at` computes features at the very instants.

        Warns (ready.errors.UnknownCustomers) of ids without any row here. Raises UsageError for a spine that
        is none, or that has columns of the features' names.
        """
        from ready.api.join import joined

        return self._container(
            joined(self.table, spine, time=time, customer=self.roles["keys"][0], features=list(self.features))
        )

    def _frame(self, names: list[str]) -> Any:
        return self._container(self.table.select(names))

    def _container(self, table: pa.Table) -> Any:
        if self.output == "arrow":
            return table
        return Table(table).to_pandas() if self.output == "pandas" else Table(table).to_polars()

    def _column(self, name: str) -> Any:
        return self._frame([name])[name]

    def _said(self, key: str) -> str:
        return str(self.table.schema.metadata[key.encode()], "utf-8")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.table, self.output, self.source, self.home)

    def __repr__(self) -> str:
        counts = self.table["split"].value_counts().to_pylist()
        rows = {entry["values"]: entry["counts"] for entry in counts}
        split = ", ".join(f"{name} {rows[name]:,}" for name in SPLITS if name in rows)
        return "\n".join(
            [
                f"{self.feature_set} version {self.version}, fingerprint {self.fingerprint}",
                *([f"  home   {self.home}"] if self.home else []),
                f"  from   {self.source}",
                f"  rows   {len(self):,}{f': {split}' if split else ''}",
                f"  X      {len(self.features)} features; y {', '.join(self.labels) or None}",
            ]
        )


class TrainValTest(NamedTuple):
    """The three splits of one version, read at one moment."""

    train: Dataset
    val: Dataset
    test: Dataset


def _restored(table: pa.Table, output: str, source: str, home: str | None) -> Dataset:
    return Dataset(table, output=output, source=source, home=home)
