"""Labels of one's own: the records of a CSV file, checked as the gate checks orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ready.definition.column_roles import KEY, SPLIT
from ready.errors import CheckFailed, UsageError
from ready.label_sets.iso_times import instants_of
from ready.label_sets.label_kinds import doubtful_classes, kind_of, of_other_kind
from ready.label_sets.shown import cut, quoted

NO_VALUES = {"", "null", "na", "n/a", "nan", "none", "\\n"}
"""In small letters."""

EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 31, tzinfo=timezone.utc)
"""Between them an instant and its horizon have a date everywhere."""

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
    header: Sequence[str],
    horizon: int,
    kind: str | None,
    unknown_of: Callable[[Collection[str]], Collection[str]],
    without: str,
    skip_unknown: bool,
) -> Labels:
    """The labels of a file, each with a customer, an instant and a value, one for each customer and instant.

    header: the file's columns in its order. horizon: days that a label looks ahead, at most 36,500.
    kind: one of label_kinds.KINDS, None to find it out. unknown_of: those of some customer ids that nobody
    has; their labels are faults, or left out with skip_unknown. without: what these do not have. Raises
    UsageError for a column that is not there, CheckFailed with the lines of all that is wrong.
    """
    if not records:
        raise CheckFailed(f"{file_name} has no labels", hint="deliver a file with at least one record")
    _check_columns(file_name, header, columns)
    read = list(_read(records, columns, kind))
    latest = LATEST - timedelta(days=horizon)
    faults = [fault for record in read for fault in record.faults(columns, latest)]
    faults += _repeated(read, columns)
    ids = {record.customer_id for record in read if record.customer_id is not None}
    unknown = set(unknown_of(ids))
    of_unknown = [record for record in read if record.customer_id in unknown]
    if not skip_unknown:
        faults += [
            (record.line, f"{columns.customer} {quoted(record.given[0])} has no {without} in the data")
            for record in of_unknown
        ]
    kept = [record for record in read if record.customer_id not in unknown]
    given = [(record.line, record.value) for record in kept if record.value is not None]
    found = kind or kind_of([value for _, value in given])
    faults += of_other_kind(given, found, columns.label)
    if kind is None and found == "text":
        faults += doubtful_classes(given, columns.label)
    if faults:
        raise _refused(file_name, faults, set() if skip_unknown else unknown, ids)
    if not kept:
        raise CheckFailed(f"no customer of {file_name} has a {without.replace('nor', 'or')} in the data")
    rows = tuple(record.as_label(found) for record in kept)
    return Labels(rows, found, _sql_type(file_name, found, rows), len(of_unknown))


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

    def faults(self, columns: LabelColumns, latest: datetime) -> Iterator[Fault]:
        if self.customer_id is None:
            yield self.line, f"{columns.customer} is missing"
        if fault := self._fault_of_time(latest):
            yield self.line, f"{columns.time} {fault}"
        if self.value is None and self.given[2]:
            yield (
                self.line,
                f"{columns.label} {quoted(self.given[2])} is read as missing; "
                "if it is a class: --label-type text",
            )
        elif self.value is None:
            yield self.line, f"{columns.label} is missing"

    def _fault_of_time(self, latest: datetime) -> str | None:
        if self.time is None and self.given[1].lower() in NO_VALUES:
            return "is missing"
        if self.time is None:
            return f"{quoted(self.given[1])} is no ISO time"
        if not EARLIEST <= self.time <= latest:
            return (
                f"{quoted(self.given[1])} is out of bounds: with this horizon times are from "
                f"{EARLIEST.date()} to {latest.date()}"
            )
        return None

    def as_label(self, kind: str) -> Label:
        assert self.customer_id is not None
        assert self.time is not None
        assert self.value is not None
        value = format(Decimal(self.value), "f") if kind in ("integer", "number") else self.value
        return Label(self.line, self.customer_id, self.time, value.lower() if kind == "boolean" else value)


def _read(records: Records, columns: LabelColumns, kind: str | None) -> Iterator[_Record]:
    names = (columns.customer, columns.time, columns.label)
    texts = [[(values.get(name) or "").strip() for _, values in records] for name in names]
    no_label = {""} if kind == "text" else NO_VALUES
    customers, times, labels = (
        [None if text.lower() in missing else text for text in column]
        for column, missing in zip(texts, (NO_VALUES, NO_VALUES, no_label), strict=True)
    )
    lines = (line for line, _ in records)
    yield from map(_Record, lines, zip(*texts, strict=True), customers, _instants(times), labels)


def _instants(times: Sequence[str | None]) -> list[datetime | None]:
    """Those that Python has no date for as its last or first one, which are out of bounds."""
    instants = instants_of(pa.chunked_array([times], pa.string()))
    for is_beyond, outermost in ((pc.greater, datetime.max), (pc.less, datetime.min)):
        bound = pa.scalar(outermost.replace(tzinfo=timezone.utc), instants.type)
        instants = pc.if_else(is_beyond(instants, bound), bound, instants)
    found: list[datetime | None] = instants.to_pylist()
    return found


def _check_columns(file_name: str, header: Sequence[str], columns: LabelColumns) -> None:
    named = {"--customer": columns.customer, "--time": columns.time, "--label": columns.label}
    missing = {option: name for option, name in named.items() if name not in header}
    if missing:
        raise UsageError(
            f"{file_name} has no column {', '.join(map(cut, missing.values()))}; "
            f"it has {', '.join(map(cut, header))}",
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
                f"{columns.customer} {quoted(record.customer_id)} at {cut(record.given[1])} has a label "
                f"in line {earlier.line} already "
                f"({quoted(earlier.given[2])} there, {quoted(record.given[2])} here)",
            )


def _refused(
    file_name: str, faults: Iterable[Fault], unknown: Collection[str], ids: Collection[str]
) -> CheckFailed:
    """unknown: those of the customers' ids that are faults."""
    ordered = sorted(faults)
    lines = [f"{file_name}:{line}: {text}" for line, text in ordered[:SHOWN_FAULTS]]
    lines += [f"and {len(ordered) - SHOWN_FAULTS:,} more"] * (len(ordered) > SHOWN_FAULTS)
    message = "\n    ".join([f"{file_name} has {len(ordered):,} fault(s), so nothing was built", *lines])
    return CheckFailed(message, hint=_way_out(unknown, ids))


def _way_out(unknown: Collection[str], ids: Collection[str]) -> str:
    if not unknown:
        return "mend the file and run again"
    if len(unknown) == len(ids):
        return "no id matches: write them as the files of the orders have them, zeros in front too"
    return "mend the file and run again; labels of customers without a purchase: --skip-unknown"


def _sql_type(file_name: str, kind: str, rows: Iterable[Label]) -> str:
    if kind != "number":
        return {"integer": "bigint"}.get(kind, kind)
    sizes = [(label, *_digits(label.value)) for label in rows]
    scale = max(behind for _, _, behind in sizes)
    for label, before, _ in sizes:
        if before + scale > MOST_DIGITS:
            raise CheckFailed(
                f"{file_name}:{label.line}: {cut(label.value)} beside one with {scale} decimals has more "
                f"than {MOST_DIGITS} digits",
                hint="round the labels",
            )
    return f"numeric({MOST_DIGITS},{scale})"


def _digits(number: str) -> tuple[int, int]:
    """Before and behind the point."""
    before, _, behind = number.lstrip("+-").partition(".")
    return len(before.lstrip("0")), len(behind)
