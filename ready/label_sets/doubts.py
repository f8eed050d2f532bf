"""What is odd of labels that can be used: warnings, as nothing of it is surely wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from ready.definition.column_roles import SPLITS
from ready.label_sets.labels import Label, Labels
from ready.label_sets.shown import quoted

MOST_CLASSES = 100


def doubts_of(
    file_name: str,
    labels: Labels,
    counts: Mapping[str | None, int],
    *,
    end: datetime | None,
    early: Sequence[Label],
) -> Iterator[str]:
    """One text for each doubt.

    counts: rows of each split. end: of the last order. early: labels before their customer's first purchase.
    """
    yield from (f"no row is in {split}" for split in SPLITS if not counts.get(split))
    late = [row for row in labels.rows if end and row.time > end]
    if end and late:
        yield (
            f"{len(late):,} label(s) are later than the last order ({end:%Y-%m-%d %H:%M} UTC), the first in "
            f"{file_name}:{late[0].line}: what happened since is not in their features"
        )
    if early:
        yield (
            f"{len(early):,} label(s) are before the first purchase of their customer, the first in "
            f"{file_name}:{early[0].line}: their features are those of a customer without a purchase"
        )
    yield from _of_values(file_name, labels)


def _of_values(file_name: str, labels: Labels) -> Iterator[str]:
    is_class = labels.kind in ("text", "boolean")
    values = {row.value if is_class else Decimal(row.value) for row in labels.rows}
    first = labels.rows[0]
    if len(values) == 1:
        yield f"every label is {quoted(first.value)}: a model learns nothing from them"
    elif labels.kind == "text" and len(values) > max(MOST_CLASSES, len(labels.rows) / 2):
        yield (
            f"{len(labels.rows):,} labels have {len(values):,} classes, the first {quoted(first.value)} in "
            f"{file_name}:{first.line}: are they ids, or numbers in another notation?"
        )
