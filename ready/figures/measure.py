"""All figures of a training set: what splits share of all rows, the rest of a sample where they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ready.dataset.training_set import TrainingSet
from ready.definition.column_roles import labels_in
from ready.figures.columns import Association, ColumnFigures, as_number, figures_of
from ready.figures.over_time import Period, read_periods
from ready.figures.overlap import Overlap, read_overlaps
from ready.settings import Settings

SAMPLED_FROM = 100_000


@dataclass(frozen=True)
class Figures:
    """sampled_every: labels, features and periods are of one row in so many; the overlaps are of all rows."""

    sampled_every: int
    overlaps: tuple[Overlap, ...]
    labels: tuple[ColumnFigures, ...]
    features: tuple[ColumnFigures, ...]
    periods: tuple[Period, ...]

    @property
    def alerts(self) -> tuple[str, ...]:
        """What is no accident: columns as good as a label, and rows of train in another split."""
        return (
            *self.column_alerts,
            *(
                f"{overlap.copies:,} of {overlap.rows:,} rows of {overlap.split} equal a row of train "
                f"in every feature and {'the label' if len(self.labels) < 2 else 'label'}"
                for overlap in self.overlaps
                if overlap.is_copied
            ),
        )

    @property
    def column_alerts(self) -> tuple[str, ...]:
        """One for each column and label; the only label needs no name."""
        return tuple(
            f"{column.name} is as good as {'the label' if len(self.labels) == 1 else label} by itself "
            f"({association_text(found)}): the usual sign of a feature that knows the future"
            for column in self.features
            for label, found in column.associations.items()
            if found.is_alarming
        )

    def as_manifest(self) -> dict[str, Any]:
        """What of it goes into an export's manifest: overlap, equal rows, the labels and single columns."""
        return {
            "sampled_every": self.sampled_every,
            "overlap": {
                overlap.split: {
                    "rows": overlap.rows,
                    "customers": overlap.customers,
                    "rows_of_customers_in_train": overlap.rows_of_known,
                    "customers_in_train": overlap.known_customers,
                    "rows_equal_to_train": overlap.copies,
                }
                for overlap in self.overlaps
            },
            "labels": [{"name": label.name, "splits": label.by_split()} for label in self.labels],
            "features": [
                {
                    "name": column.name,
                    "psi": _rounded(column.psi),
                    **self._associations(column),
                }
                for column in self.features
            ],
            "alerts": list(self.alerts),
        }

    def _associations(self, column: ColumnFigures) -> dict[str, Any]:
        """With the only label; of several with each, by name."""
        found = {label: _rounded(vars(with_label)) for label, with_label in column.associations.items()}
        return {"labels": found} if len(self.labels) > 1 else next(iter(found.values()), {})


def measure(connection: Any, settings: Settings, source: TrainingSet) -> Figures:
    """connection: the one that the training set was opened with, still in its snapshot."""
    step = 1
    while sum(source.row_counts.values()) > SAMPLED_FROM * step:
        step *= 2
    sample = source.sample(step)
    split = sample["split"].combine_chunks()
    named = [label["name"] for label in labels_in(source.roles)]
    numbers = {name: as_number(sample[name].combine_chunks()) for name in named}
    labels = {name: number for name, number in numbers.items() if number is not None}
    features = [feature["name"] for feature in source.roles["features"]]
    return Figures(
        sampled_every=step,
        overlaps=read_overlaps(connection, settings, table=source.name, columns=source.table.schema.names),
        labels=tuple(figures_of(name, sample, split, None) for name in named),
        features=tuple(figures_of(name, sample, split, labels) for name in features),
        periods=read_periods(sample, labels, features),
    )


def association_text(found: Association) -> str:
    """Those of its figures that there are, as people read them."""
    names = {"pearson": "correlation", "spearman": "of ranks", "auc": "AUC"}
    return ", ".join(f"{names[key]} {value:.3f}" for key, value in vars(found).items() if value is not None)


def _rounded(figures: Any) -> dict[str, Any]:
    """Six decimals: what differs beyond is the order of a sum."""
    return {key: None if value is None else round(value, 6) for key, value in figures.items()}
