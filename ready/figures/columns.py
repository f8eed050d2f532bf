"""Each column of a training set by itself: how it differs between splits, and how it goes with each label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ready.definition.column_roles import SPLITS
from ready.recorded.distribution import distribution
from ready.recorded.profiles import LEAST_SHARE, ColumnProfile, population_stability_index

CORRELATED = 0.95
SEPARATING = 0.98
"""From here on a column is as good as the label. An AUC is high sooner where most customers do nothing."""
FEWEST_ROWS, FEWEST_OF_A_CLASS, FEWEST_OF_A_TEXT = 30, 10, 20
"""With less, a column is close to the label by chance."""
LEVELS = (0.25, 0.5, 0.75, 0.95)
CLASSES = 10
"""A label of so many values or fewer is described by their shares."""


@dataclass(frozen=True)
class Association:
    """How a feature goes with the label, by itself; each None where it cannot be said.

    pearson and spearman: of values and of ranks, -1 to 1. auc: of telling the rows apart whose label is
    the greater of two values, or not 0; 0 to 1. A text feature counts as the mean label of each of its
    values.
    """

    pearson: float | None = None
    spearman: float | None = None
    auc: float | None = None

    @property
    def is_alarming(self) -> bool:
        """As good as the label itself: the usual sign of leakage."""
        correlated = max(abs(self.pearson or 0), abs(self.spearman or 0)) >= CORRELATED
        return correlated or max(self.auc or 0, 1 - (1 if self.auc is None else self.auc)) >= SEPARATING


@dataclass(frozen=True)
class ColumnFigures:
    """A feature, or a label: what the sample has of it, by split.

    profiles: of each split that has rows; without distribution for text. psi: of validation and test against
    train, the population stability index. associations: of a feature, with each label
    that is a number. classes: of a label with few values the share of each in each split.
    """

    name: str
    profiles: Mapping[str, ColumnProfile]
    psi: Mapping[str, float]
    associations: Mapping[str, Association] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, float]] | None = None

    @property
    def has_gaps(self) -> bool:
        return any(profile.missing for profile in self.profiles.values())

    def by_split(self) -> dict[str, dict[str, Any]]:
        """How a label is distributed in each split, as JSON holds it: shares of classes, else percentiles.

        Without the mean, which in doubles would depend on the order of the rows.
        """
        return {split: self._distribution(split, profile) for split, profile in self.profiles.items()}

    def _distribution(self, split: str, profile: ColumnProfile) -> dict[str, Any]:
        shown: dict[str, Any] = {"rows": profile.rows}
        if self.classes:
            return {
                **shown,
                "classes": {name: _rounded(share) for name, share in self.classes[split].items()},
            }
        levels = {str(level): _rounded(profile.quantile(level)) for level in LEVELS}
        shares = {"zero_share": _rounded(profile.zero_share)}
        return {**shown, **shares, "percentiles": levels, "maximum": _rounded(profile.maximum)}

    @property
    def is_of_two(self) -> bool:
        """Whether it is a label of two classes."""
        return any(len(shares) == 2 for shares in (self.classes or {}).values())

    @property
    def is_alarming(self) -> bool:
        return any(found.is_alarming for found in self.associations.values())


def figures_of(
    name: str, sample: pa.Table, split: pa.Array, labels: Mapping[str, pa.Array] | None
) -> ColumnFigures:
    """sample: with model types. labels: as as_number gives them; None for a label itself."""
    column = sample[name].combine_chunks()
    parts = {
        part: column.filter(chosen) for part in SPLITS if pc.any(chosen := pc.equal(split, part)).as_py()
    }
    number = as_number(column)
    profiles = {part: _profile(name, values) for part, values in parts.items()}
    train = parts.get("train")
    psi = {
        part: category_index(train, values)
        if number is None
        else population_stability_index(profiles["train"], profiles[part])
        for part, values in parts.items()
        if train is not None and part != "train"
    }
    return ColumnFigures(
        name,
        profiles,
        psi,
        associations={key: _association(column, number, label) for key, label in (labels or {}).items()},
        classes=_classes(column, parts) if labels is None else None,
    )


def as_number(column: pa.Array) -> pa.Array | None:
    """As doubles, what is not finite as null; None for a column that is no number."""
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    doubles = column.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_finite(doubles), doubles, pa.scalar(None, pa.float64()))


def pearson(one: pa.Array, other: pa.Array) -> float | None:
    """Correlation of two columns without nulls; None where one is constant."""
    first, second = (pc.subtract(values, pc.mean(values)) for values in (one, other))
    product, *squares = (
        pc.sum(pc.multiply(a, b)).as_py() for a, b in ((first, second), (first, first), (second, second))
    )
    scale = math.sqrt(squares[0]) * math.sqrt(squares[1])
    is_constant = any(pc.min_max(values)["min"] == pc.min_max(values)["max"] for values in (one, other))
    return None if is_constant or not scale else max(-1.0, min(1.0, product / scale))


def ranks(values: pa.Array) -> pa.Array:
    """From 1; equal values share the mean of theirs."""
    low, high = (pc.rank(values, tiebreaker=which).cast(pa.float64()) for which in ("min", "max"))
    return pc.divide(pc.add(low, high), 2.0)


def area_under_curve(ranked: pa.Array, positive: pa.Array) -> float | None:
    """The share of pairs of a positive and a negative row in which the positive ranks higher, ties half.

    None where a class has too few rows. Source: H. B. Mann, D. R. Whitney, Annals of Mathematical Statistics
    18 (1947): their U over the number of pairs.
    """
    ones = pc.sum(positive).as_py() or 0
    noughts = len(positive) - ones
    if min(ones, noughts) < FEWEST_OF_A_CLASS:
        return None
    total = pc.sum(ranked.filter(positive)).as_py()
    return float((total - ones * (ones + 1) / 2) / (ones * noughts))


def category_index(before: pa.Array, after: pa.Array) -> float:
    """The population stability index with a bin for each text, and one for missing."""
    counts = [_counts(values) for values in (before, after)]
    shares = [
        tuple(max(count.get(value, 0) / max(sum(count.values()), 1), LEAST_SHARE) for count in counts)
        for value in {**counts[0], **counts[1]}
    ]
    return sum((a - b) * math.log(a / b) for b, a in shares)


def _counts(values: pa.Array) -> dict[str | None, int]:
    counted = pc.value_counts(values)
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _association(column: pa.Array, number: pa.Array | None, label: pa.Array) -> Association:
    if number is None:
        if not (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type)):
            return Association()
        number = _mean_labels(column.cast(pa.string()), label)
    both = pc.and_(pc.is_valid(number), pc.is_valid(label))
    values, label = number.filter(both), label.filter(both)
    if len(label) < FEWEST_ROWS:
        return Association()
    ranked = ranks(values)
    return Association(
        pearson=pearson(values, label),
        spearman=pearson(ranked, ranks(label)),
        auc=area_under_curve(ranked, _positive(label)),
    )


def _mean_labels(texts: pa.Array, label: pa.Array) -> pa.Array:
    """Of each text, and of missing ones, the mean label; of rare texts that of all rare ones."""
    texts = pc.fill_null(pc.binary_join_element_wise("is ", texts, ""), "missing")
    counted = pc.value_counts(texts)
    rare = counted.field("values").filter(pc.less(counted.field("counts"), FEWEST_OF_A_TEXT))
    groups = pc.if_else(pc.is_in(texts, value_set=rare), "rare", texts)
    means = pa.table({"text": groups, "label": label}).group_by("text").aggregate([("label", "mean")])
    places = pc.index_in(groups, value_set=means["text"].combine_chunks())
    return means["label_mean"].combine_chunks().take(places)


def _positive(label: pa.Array) -> pa.Array:
    """The greater of two values, else what is not 0."""
    distinct = pc.unique(label)
    return pc.equal(label, pc.max(distinct)) if len(distinct) == 2 else pc.not_equal(label, 0.0)


def _classes(column: pa.Array, parts: Mapping[str, pa.Array]) -> dict[str, dict[str, float]] | None:
    # NaN is equal to nothing: it comes last, whatever the order of the rows.
    distinct = sorted(pc.unique(column.drop_null()).to_pylist(), key=lambda value: (value != value, value))
    if not 0 < len(distinct) <= CLASSES:
        return None
    return {
        part: {_class_name(value): counts.get(value, 0) / max(len(values), 1) for value in distinct}
        for part, values in parts.items()
        for counts in (_counts(values),)
    }


def _class_name(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _profile(name: str, column: pa.Array) -> ColumnProfile:
    number = as_number(column)
    if number is None:
        return ColumnProfile(name, len(column), column.null_count)
    filled = number.drop_null()
    return ColumnProfile(
        name=name,
        rows=len(column),
        missing=number.null_count,
        zero=pc.sum(pc.equal(filled, 0.0)).as_py() or 0,
        minimum=_decimal(pc.min(filled).as_py()),
        maximum=_decimal(pc.max(filled).as_py()),
        mean=_decimal(pc.mean(filled).as_py()),
        distinct=len(pc.unique(filled)),
        distribution=tuple(
            (Decimal(repr(value)), times, up_to) for value, times, up_to in distribution(filled)
        ),
    )


def _rounded(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))
