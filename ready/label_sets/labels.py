"""Labels of one's own: the records of a CSV file, checked as the gate checks orders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

import pyarrow as pa

from ready.dataset.column_roles import KEY, SPLIT
from ready.errors import CheckFailed, UsageError
from ready.label_sets.iso_times import instants_of

NO_VALUES = {"", "null", "na", "n/a", "nan", "none", "\\n"}
"""In small letters."""

KINDS = {
    "integer": r"[+-]?\d{1,18}",
    "number": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?",
    "boolean": r"(?i:true|false)",
    "text": r"(?s:.*)",
}
"""What a label can be, and how it is written; the first one that all labels have is taken."""

MOST_DIGITS = 38
SHOWN_FAULTS = 10

Records = Sequence[tuple[int, Mapping[str, str | None]]]
"""The line of each record, and its values by column."""

Fault = tuple[int, str]
"""A line, and what is wrong in it."""


@dataclass(frozen=True)
class LabelColumns:
    """The columns of the CSV file. label is also the name of the label in the training set."""

    customer: str = "customer_id"
    time: str = "label_time"
    label: str = "label"


@dataclass(frozen=True)
class Label:
    line: int
    customer_id: str
    time: datetime
    value: str


@dataclass(frozen=True)
class LabelledRow:
    """value: the label as text. split: None where the row belongs to none."""

    customer_id: str
    time: datetime
    value: str
    split: str | None

    @property
    def key(self) -> str:
        """One text of customer and instant."""
        return json.dumps([self.customer_id, self.time.astimezone(timezone.utc).isoformat()])


@dataclass(frozen=True)
class Labels:
    """In the file's order. sql_type: that their values cast to. unknown: labels left out, of nobody known."""

    rows: tuple[Label, ...]
    kind: str
    sql_type: str
    unknown: int


def checked_labels(
    file_name: str,
    records: Records,
    columns: LabelColumns,
    *,
    kind: str | None,
    unknown_of: Callable[[Collection[str]], Collection[str]],
    skip_unknown: bool,
) -> Labels:
    """The labels of a file, each with a customer, an instant and a value, one for each customer and instant.

    kind: one of KINDS, None to find it out. unknown_of: those of some customer ids that nobody has; their
    labels are faults, or left out with skip_unknown. Raises UsageError for a column that is not there,
    CheckFailed with the lines of all that is wrong.
    """
    if not records:
        raise CheckFailed(f"{file_name} has no labels", hint="deliver a file with at least one record")
    _check_columns(file_name, records[0][1], columns)
    read = list(_read(records, columns))
    faults = [fault for record in read for fault in record.faults(columns)]
    faults += _repeated(read, columns)
    ids = {record.customer_id for record in read if record.customer_id is not None}
    unknown = set(unknown_of(ids))
    of_unknown = [record for record in read if record.customer_id in unknown]
    if not skip_unknown:
        faults += [
            (record.line, f"{columns.customer} {record.customer_id!r} has no purchase in the data")
            for record in of_unknown
        ]
    kept = [record for record in read if record.customer_id not in unknown]
    kind = kind or _kind_of([record.value for record in kept if record.value is not None])
    faults += _of_other_kind(kept, kind, columns)
    if faults:
        raise _refused(file_name, faults, all_unknown=not skip_unknown and unknown >= ids)
    if not kept:
        raise CheckFailed(f"no customer of {file_name} has a purchase in the data")
    rows = tuple(record.as_label(kind) for record in kept)
    return Labels(rows, kind, _sql_type(file_name, kind, rows), len(of_unknown))


def require_free_name(label: str, features: Collection[str]) -> None:
    """Raises UsageError for a label that has the name of another column."""
    if label in (*KEY, *features, SPLIT):
        raise UsageError(
            f"the label's column {label} has the name of a column of the training set",
            hint="give it another name in the file, and name it with --label",
        )


@dataclass(frozen=True)
class _Record:
    """A record as it reads; None is a value that is missing, or a time that is none. given: their texts."""

    line: int
    given: tuple[str, str, str]
    customer_id: str | None
    time: datetime | None
    value: str | None

    def faults(self, columns: LabelColumns) -> Iterator[Fault]:
        if self.customer_id is None:
            yield self.line, f"{columns.customer} is missing"
        if self.time is None and self.given[1].lower() in NO_VALUES:
            yield self.line, f"{columns.time} is missing"
        elif self.time is None:
            yield self.line, f"{columns.time} {self.given[1]!r} is no ISO time"
        if self.value is None:
            yield self.line, f"{columns.label} is missing"

    def as_label(self, kind: str) -> Label:
        assert self.customer_id is not None
        assert self.time is not None
        assert self.value is not None
        value = format(Decimal(self.value), "f") if kind in ("integer", "number") else self.value
        return Label(self.line, self.customer_id, self.time, value.lower() if kind == "boolean" else value)


def _read(records: Records, columns: LabelColumns) -> Iterator[_Record]:
    names = (columns.customer, columns.time, columns.label)
    texts = [[(values.get(name) or "").strip() for _, values in records] for name in names]
    customers, times, labels = (
        [None if text.lower() in NO_VALUES else text for text in column] for column in texts
    )
    instants = instants_of(pa.chunked_array([times], pa.string())).to_pylist()
    lines = (line for line, _ in records)
    yield from map(_Record, lines, zip(*texts, strict=True), customers, instants, labels)


def _check_columns(file_name: str, values: Mapping[str, str | None], columns: LabelColumns) -> None:
    named = {"--customer": columns.customer, "--time": columns.time, "--label": columns.label}
    missing = {option: name for option, name in named.items() if name not in values}
    if missing:
        raise UsageError(
            f"{file_name} has no column {', '.join(missing.values())}; it has {', '.join(values)}",
            hint=f"name the right one with {', '.join(missing)}",
        )


def _repeated(read: Iterable[_Record], columns: LabelColumns) -> Iterator[Fault]:
    first: dict[tuple[str, datetime], _Record] = {}
    for record in read:
        if record.customer_id is None or record.time is None:
            continue
        earlier = first.setdefault((record.customer_id, record.time), record)
        if earlier is not record:
            yield (
                record.line,
                f"{columns.customer} {record.customer_id!r} at {record.given[1]} has a label in line "
                f"{earlier.line} already ({earlier.given[2]!r} there, {record.given[2]!r} here)",
            )


def _kind_of(values: Sequence[str]) -> str:
    """The first kind that all values have; else what most of them are, so that the others are named."""
    matching = {
        kind: sum(re.fullmatch(form, value) is not None for value in values) for kind, form in KINDS.items()
    }
    for kind in ("integer", "number", "boolean"):
        if matching[kind] == len(values):
            return kind
    most = max(("number", "boolean"), key=lambda kind: matching[kind])
    return most if matching[most] * 2 > len(values) else "text"


def _of_other_kind(kept: Iterable[_Record], kind: str, columns: LabelColumns) -> Iterator[Fault]:
    for record in kept:
        if record.value is not None and not re.fullmatch(KINDS[kind], record.value):
            yield (
                record.line,
                f"{columns.label} {record.value!r} is no {kind}; if labels are classes: --label-type text",
            )


def _refused(file_name: str, faults: Iterable[Fault], *, all_unknown: bool) -> CheckFailed:
    ordered = sorted(faults)
    lines = [f"{file_name}:{line}: {text}" for line, text in ordered[:SHOWN_FAULTS]]
    lines += [f"and {len(ordered) - SHOWN_FAULTS:,} more"] * (len(ordered) > SHOWN_FAULTS)
    message = "\n    ".join([f"{file_name} has {len(ordered):,} fault(s), so nothing was built", *lines])
    if all_unknown:
        hint = "no id matches: write them as the files of the orders have them, zeros in front too"
    else:
        hint = "mend the file and run again; labels of customers without a purchase: --skip-unknown"
    return CheckFailed(message, hint=hint)


def _sql_type(file_name: str, kind: str, rows: Iterable[Label]) -> str:
    if kind != "number":
        return {"integer": "bigint"}.get(kind, kind)
    sizes = [(label, *_digits(label.value)) for label in rows]
    scale = max(behind for _, _, behind in sizes)
    for label, before, _ in sizes:
        if before + scale > MOST_DIGITS:
            raise CheckFailed(
                f"{file_name}:{label.line}: {label.value} beside one with {scale} decimals has more than "
                f"{MOST_DIGITS} digits",
                hint="round the labels",
            )
    return f"numeric({MOST_DIGITS},{scale})"


def _digits(number: str) -> tuple[int, int]:
    """Before and behind the point."""
    before, _, behind = number.lstrip("+-").partition(".")
    return len(before.lstrip("0")), len(behind)
