"""The configs against the files: their headers, and what the mapping makes of their first records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from loader import LoadOptions
from loader.errors import EmptyFile, LoaderError
from loader.files import InputFile, find_files
from loader.head import Head, read_head
from ready.definition.mapping import ORDERS, mapped_names, nearest_name
from ready.definition.meta import own_meta
from ready.definition.values import list_of, mapping_of
from ready.errors import from_loader
from ready.gate.expectations import sensitive_columns
from ready.gate.model import MASK
from ready.lint.document import Document, KeyPath, is_jinja, model_meta
from ready.lint.finding import Finding
from ready.lint.mapped import Mapped, mapped_columns
from ready.lint.mapping import ORDERS_COLUMNS
from ready.lint.rules import AttachedTest, attached_tests
from ready.lint.seeds import STATUSES, read_statuses
from ready.lint.sources import TYPES, required_columns
from ready.lint.trial import Tried, TriedRow
from ready.suggest.mapping.entry import flow
from ready.suggest.mapping.numbers import Numbers, read_numbers
from ready.suggest.mapping.times import Times, read_numeric_times, read_times

REQUIRED = ("order_id", "customer_id", "order_ts", "amount")
SETS = {"accepted_values": "values", "dbt_expectations.expect_column_values_to_be_in_set": "value_set"}
NOT_NULL = ("not_null", "dbt_expectations.expect_column_values_to_not_be_null")
KINDS = {"time": "time", "number": "number"}
SETTINGS = {
    "time": "say how times are written: {column: ..., format: ...}",
    "number": "say how numbers are written: {column: ..., decimal: ..., thousands: ..., currency: ...}",
}
WRITTEN = {"time": ("format", "language"), "number": ("decimal", "thousands", "currency")}
NOTATIONS: dict[str, Callable[[Sequence[str]], Times | Numbers | None]] = {
    "time": lambda texts: read_times(texts) or read_numeric_times(texts),
    "number": read_numbers,
}
# So few records may well all be wrong where the mapping is right.
ENOUGH = 20
VALUES_SHOWN = 5
NAMES_SHOWN = 30


@dataclass(frozen=True)
class Opened:
    """The heads of the files that can be read, and why others cannot."""

    heads: tuple[Head, ...]
    findings: tuple[Finding, ...]


def input_files(paths: Sequence[str], options: LoadOptions) -> list[InputFile]:
    """Raises what the loader raises for paths that are not there, as one of ready.errors."""
    try:
        return find_files(
            paths,
            options.pattern,
            options.name,
            follow_links=options.links == "follow",
            leave_out=options.leave_out,
        )
    except LoaderError as error:
        raise from_loader(error) from None


def open_heads(files: Iterable[InputFile], options: LoadOptions) -> Opened:
    """The first records of each file; standard input is not touched, since it can be read only once."""
    heads, findings = [], []
    for file in files:
        if not file.rereadable:
            continue
        try:
            heads.append(read_head(file, options))
        except LoaderError as refusal:
            allowed = isinstance(refusal, EmptyFile) and options.empty == "allow"
            why = refusal.message.removeprefix(file.label).lstrip(":, ")
            finding = Finding(Path(file.path), 1, why, None if allowed else refusal.hint)
            findings.append(finding.as_warning() if allowed else finding)
        else:
            findings += _notes(heads[-1], Path(file.path))
    return Opened(tuple(heads), tuple(findings))


def _notes(head: Head, file: Path) -> Iterator[Finding]:
    for note in head.notes:
        yield Finding(file, 1, note).as_warning()
    for reject in head.rejects[:1]:
        yield Finding(file, reject.line_number, f"the record cannot be stored: {reject.reason}").as_warning()


@dataclass(frozen=True)
class FilesLinter:
    """orders, expectations: the configs' documents. project: its folder, for the seed.

    source: of another than the orders both documents are NAME.yaml.
    """

    orders: Document
    expectations: Document | None
    project: Path
    source: str = ORDERS

    @property
    def meta(self) -> dict[str, Any]:
        return model_meta(self.orders, f"{self.source}_mapped")[1]

    @property
    def required(self) -> tuple[str, ...]:
        """What each record needs."""
        return REQUIRED if self.source == ORDERS else required_columns(self.meta)

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """Columns whose values nobody is shown."""
        return sensitive_columns(self.expectations.file) if self.expectations else frozenset()

    @cached_property
    def mapped(self) -> Mapped:
        types = ORDERS_COLUMNS if self.source == ORDERS else TYPES
        return mapped_columns(self.orders, source=self.source, types=types) or Mapped({}, frozenset())

    def check_headers(self, heads: Sequence[Head]) -> Iterator[Finding]:
        """Names that no file has, with the nearest that one has; and those that some have not."""
        known = {name for head in heads for name in head.columns}
        for name, column in mapped_names(self.meta) if known else []:
            lacking = [head.label for head in heads if column not in head.columns]
            if column not in known:
                near = nearest_name(column, known)
                listed = ", ".join(sorted(known)[:NAMES_SHOWN])
                hint = f'did you mean "{near}"?' if near else f"the files have: {listed}"
                yield self._finding(name, f'no file has the CSV column "{column}"', hint)
            elif lacking:
                text = f'{len(lacking)} of {len(heads)} file(s) have no CSV column "{column}": '
                yield self._finding(name, text + _some(lacking)).as_warning()

    def check_tried(self, tried: Tried, heads: Sequence[Head]) -> Iterator[Finding]:
        """What raises, what is no time or number, what is missing, values that the gate or the seed lacks."""
        if tried.fault:
            yield self._refused(tried.fault)
            return
        if not tried.rows and any(head.records for head in heads) and self.meta.get("rows"):
            yield self._finding("rows", "it leaves out every record of the first of each file").as_warning()
        absent = self._absent(heads)
        for name in [*self.mapped.entries, "rows"] if tried.rows else []:
            yield from self._raised(name, tried.rows)
            if name not in absent and name in self.mapped.entries:
                yield from self._typed(name, tried.rows)
        yield from self._statuses(tried.rows)
        yield from self._sets(tried.rows)
        yield from self._nulls(tried.rows, absent)

    def _refused(self, fault: str) -> Finding:
        """SQL that is none."""
        named = re.search(r" in the expression of (\w+)$", fault)
        message = f"{self.source}_parsed cannot be built: {fault}"
        return self._finding(named[1] if named else self.required[0], message, "look at the expressions")

    def _raised(self, name: str, rows: Sequence[TriedRow]) -> Iterator[Finding]:
        """Records on which the expression fails, for lack of a guard of its own."""
        failed = [row for row in rows if name in row.errors]
        if failed:
            why = MASK if name in self.sensitive else failed[0].errors[name]
            count = f"{len(failed)} of {_records(len(rows))}"
            message = f"the expression fails on {count}, first {failed[0].place}: {why}"
            hint = 'number("...") and time("...", \'format\') read texts, and say which they cannot'
            yield self._finding(name, message, hint).reported_only()

    def _absent(self, heads: Sequence[Head]) -> set[str]:
        """Columns that check_headers has reported already."""
        known = {name for head in heads for name in head.columns}
        return {name for name, column in mapped_names(self.meta) if column not in known}

    def _typed(self, name: str, rows: Sequence[TriedRow]) -> Iterator[Finding]:
        """Texts that are not of the column's type, and a required column that is never there."""
        raw = f"{name}_raw"
        given = [row for row in rows if row.values[raw] is not None]
        lost = [row for row in given if row.values[name] is None]
        bad = [row for row in lost if name not in row.errors]
        kind = KINDS.get(str(self.mapped.kind(name)))
        if not given and name in self.required:
            finding = self._finding(name, f"it is empty in all of {_records(len(rows))}")
        elif bad and kind:
            example = f"first {bad[0].place}: {self._shown(name, bad[0].values[raw])}"
            message = f"{len(bad)} of {len(given)} texts are no {kind}, {example}"
            hint = SETTINGS[kind] + self._notation(name, kind, [str(row.values[raw]) for row in given])
            finding = self._finding(name, message, hint)
        else:
            return
        hopeless = name in self.required and len(lost) == len(given) and len(rows) >= ENOUGH
        yield finding if hopeless and not self._is_let_pass(name) else finding.reported_only()

    def _notation(self, name: str, kind: str, texts: Sequence[str]) -> str:
        """What is set, and what reads all texts, if there is such a notation."""
        entry = mapping_of(self.mapped.entries[name])
        reading = NOTATIONS[kind](texts)
        fitting = reading.settings if reading and reading.count == reading.total else None
        if fitting and "currency" in fitting and name != "amount":  # 2 pcs
            fitting = None
        written = {key: entry[key] for key in WRITTEN[kind] if key in entry}
        note = f"; {_settings(written)} is set" if written and (kind == "time" or fitting) else ""
        if fitting is None or fitting == written:
            return note
        best = f"{_settings(fitting)} reads all of them" if fitting else "without it all of them read"
        if isinstance(reading, Times) and reading.rival:
            best += f", and so does {reading.rival}"
        return f"{note}{', and' if note else ';'} {best}"

    def _is_let_pass(self, column: str) -> bool:
        """Whether a rule on the column only warns or sets rows aside: then even all of them may be meant."""
        return any(_goes_on(test) for test in self._tests() if test.column == column)

    def _statuses(self, rows: Sequence[TriedRow]) -> Iterator[Finding]:
        seeded = {status for _, status in read_statuses(self.project)}
        if self.source == ORDERS and "status" in self.mapped.entries and seeded:
            for text in self._unknown(rows, "status", seeded):
                message = f"{STATUSES} has no row for {text}: such orders are no purchases"
                hint = f"add a row to {STATUSES}, or map it to a status that has one"
                yield self._finding("status", message, hint).as_warning()

    def _sets(self, rows: Sequence[TriedRow]) -> Iterator[Finding]:
        """Values that a rule of the gate does not accept."""
        for test in self._tests():
            path, values = test.given.get(SETS.get(test.name, ""), ((), []))
            conditional = test.setting("row_condition") or test.setting("where")
            of_text = test.column and self.mapped.kind(test.column) == "text"
            accepted = [value for value in list_of(values) if isinstance(value, str) and not is_jinja(value)]
            if not of_text or conditional or not accepted or len(accepted) < len(list_of(values)):
                continue
            for text in self._unknown(rows, str(test.column), accepted):
                message = f"{test.name} on {test.column} does not accept {text}"
                yield self._of_test(test, path, message)

    def _nulls(self, rows: Sequence[TriedRow], absent: Collection[str]) -> Iterator[Finding]:
        """Records without a value that a rule asks for, unless it has a condition of another kind."""
        for test in self._tests():
            name, condition = str(test.column), test.setting("row_condition")
            if test.name not in NOT_NULL or name not in self.mapped.entries or name in absent:
                continue
            of_text = isinstance(condition, str) and condition.strip().lower() == f"{name}_raw is null"
            if test.setting("where") or (condition and not of_text):
                continue
            raw = f"{name}_raw"
            # With `of: order` the later lines of an order have a value without a text.
            null = [row for row in rows if row.values[name] is None]
            missing = [row for row in null if row.values[raw] is None] if of_text else null
            is_reported = name in self.required and all(row.values[raw] is None for row in rows)
            if missing and not is_reported:
                count = f"{len(missing):,} of {_records(len(rows))}"
                message = f"{test.name} on {name} does not hold for {count}, first {missing[0].place}"
                finding = self._of_test(test, test.path, message)
                yield finding.as_warning() if _is_allowed(test, len(missing), len(rows)) else finding

    def _unknown(self, rows: Sequence[TriedRow], column: str, known: Collection[str]) -> Iterator[str]:
        """The values that are not known, most frequent first: `'lost' (12 records, first a.csv:5)`."""
        found = [row for row in rows if row.values[column] is not None and row.values[column] not in known]
        counts = Counter(self._shown(column, row.values[column]) for row in found)
        for value, count in counts.most_common(VALUES_SHOWN):
            first = next(row for row in found if self._shown(column, row.values[column]) == value)
            yield f"{value} ({_records(count)}, first {first.place})"
        if len(counts) > VALUES_SHOWN:
            yield f"{len(counts) - VALUES_SHOWN} other value(s)"

    def _shown(self, column: str, value: str | None) -> str:
        return MASK if column in self.sensitive else repr(value)

    def _of_test(self, test: AttachedTest, path: KeyPath, message: str) -> Finding:
        assert self.expectations is not None
        finding = self.expectations.finding(path, message, "correct the files, the mapping or the rule")
        return finding.as_warning() if _goes_on(test) else finding.reported_only()

    def _tests(self) -> Iterator[AttachedTest]:
        if self.expectations is not None:
            tests = attached_tests(self.expectations, f"{self.source}_parsed")
            yield from (test for test in tests if test.setting("enabled") is not False)

    def _finding(self, name: str, message: str, hint: str | None = None) -> Finding:
        path, _ = model_meta(self.orders, f"{self.source}_mapped")
        at = (*path, "rows") if name == "rows" else (*path, "columns", name)
        return self.orders.finding(at, f"{name}: {message}", hint)


def _goes_on(test: AttachedTest) -> bool:
    """Whether a run goes on where the rule fails: it only warns, or sets rows aside."""
    on_fail = own_meta(test.setting("meta"), "test").get("on_fail")
    return str(test.setting("severity")).lower() == "warn" or bool(on_fail)


def _is_allowed(test: AttachedTest, count: int, rows: int) -> bool:
    meta = own_meta(test.setting("meta"), "test")
    limits = (meta.get("max_failures"), meta.get("max_share"))
    if all(limit is None for limit in limits):
        return False
    most, share = (limit if isinstance(limit, int | float) else None for limit in limits)
    return (most is None or count <= most) and (share is None or count <= share * rows)


def _settings(written: Mapping[str, Any]) -> str:
    """As in the mapping: format: DD.MM.YYYY, language: de."""
    return ", ".join(f"{key}: {flow(value)}" for key, value in written.items())


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - VALUES_SHOWN} more" if len(names) > VALUES_SHOWN else ""
    return ", ".join(names[:VALUES_SHOWN]) + more
