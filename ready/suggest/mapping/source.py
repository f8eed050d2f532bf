"""`ready add source`: a file NAME.yaml for files of events or states, each guess with what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ready.definition.meta import ALONE
from ready.errors import UsageError
from ready.lint.finding import nearest_or_all
from ready.lint.mapping import OWN_ENDINGS
from ready.suggest.mapping.clues import number_entry, zone_of
from ready.suggest.mapping.columns import Column
from ready.suggest.mapping.entry import CHECK, Entry, flow, listed
from ready.suggest.mapping.lines import Grain
from ready.suggest.mapping.propose import Proposer
from ready.suggest.mapping.roles import Choice, choose, choose_number_of
from ready.suggest.mapping.shape import Shape
from ready.suggest.mapping.suggest import file_entries, read_tables

HEAD = "# yaml-language-server: $schema=../ready/configs_schema/source.schema.json"
FEW = 30  # values of a category
LONGEST = 59
ROLES = {
    "event": ("event_id", "customer_id", "event_ts", "known_since"),
    "state": ("customer_id", "known_since"),
}
# What lies in the file under these names is another column's.
COLUMN_OF = {"known_since": "available_at"}
OF_ROWS = ("event_id", "customer_id", "event_ts", "available_at", "deleted")
# Whose states are of customers, however their id is called.
PEOPLE = re.compile(r"(customer|member|client|user|account|contact|person|patient|subscriber|buyer)s?")
# How a key may be called of what is no customer; and what says that it is gone.
KEY = r"sku|ean|gtin|isbn|{thing}( (id|code|number|no|nr|key))?"
DELETED = re.compile(r"(is )?(deleted|removed|discontinued|gone)|gelöscht|entfernt|supprimé|eliminad[oa]")
YES_OR_NO = frozenset({"true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"})


@dataclass(frozen=True)
class Keyed:
    """A source of states that the configs map by another key than the customer; columns: its own."""

    name: str
    key: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class ProposedSource:
    """text: of NAME.yaml. features: its entry in features.yaml; empty for states that are only looked up.

    looked_up: the sources of states that its events look columns up in.
    """

    text: str
    features: str
    notes: tuple[str, ...]
    looked_up: tuple[str, ...] = ()


class SourceProposer(Proposer):
    """Of the same columns as for orders: id, customer, time, since when known, and the rest as they are."""

    kind = "event"
    reserved: Collection[str] = ()

    def __init__(self, shapes: Sequence[Shape], source: str) -> None:
        self.source = source
        super().__init__(shapes)

    def _choose(self) -> None:
        for role in ROLES[self.kind]:
            choice = choose(role, self.columns, self.taken)
            if choice and choice.by_name:
                self.chosen[role] = choice
        lacks_id = self.kind == "event" and "event_id" not in self.chosen
        if lacks_id and (choice := choose_number_of(self.source, self.columns, self.taken)):
            self.chosen["event_id"] = choice
        for role in ROLES[self.kind]:
            needed = role in ("customer_id", "event_ts") or (role == "known_since" and self.kind == "state")
            if needed and role not in self.chosen and (choice := choose(role, self.columns, self.taken)):
                self.chosen[role] = choice

    def entries_of_source(self) -> list[Entry]:
        """Those of the columns."""
        self._event_id()
        self._customer_id(Grain())
        for role in ("event_ts", "known_since"):
            self._time(role)
        self._null_words()
        for column in self.columns:
            self._own(column)
        return list(self.entries.values())

    def _event_id(self) -> None:
        choice = self.chosen.get("event_id")
        if choice is None:
            return
        column = choice.column
        notes = [f"{len(column.filled):,} of {len(column.texts):,} filled, {column.distinct:,} different"]
        if not column.is_unique:
            notes.append(f"{CHECK}: it comes again: of the same id the last delivery counts")
        self._add("event_id", column.name, *self._evidence(choice), *notes)

    def _time(self, role: str) -> None:
        choice = self.chosen.get(role)
        if choice is None:
            if role == "event_ts" and self.kind == "event":
                self._missing("event_ts", "times")
            return
        value, reading, notes = self._time_entry(choice)
        zone, said = zone_of(choice.column, reading, None)
        if zone:
            value["timezone"] = zone
        plain = choice.column.name if set(value) == {"column"} else value
        if role == "known_since":
            notes.append("since when a row was known: features do not see it before")
        self._add(COLUMN_OF.get(role, role), plain, *notes, *said)

    def _own(self, column: Column) -> None:
        """A column of one's own: a number, or a text."""
        name = self._name_of(column)
        if column.name in self.taken or not column.filled or not name or not name[0].isalpha():
            return
        if name in self.entries or name in OF_ROWS:
            return
        if column.numbers and column.times is None:
            value, notes = number_entry(column)
            self._add(name, {**value, "type": "number"}, *notes)
        elif column.times is None:
            shown = listed(column.counts.most_common(), most=5)
            self._add(name, column.name, f"{column.distinct:,} different: {shown}")

    def _name_of(self, column: Column) -> str:
        name = re.sub(r"[^a-z0-9]+", "_", column.words).strip("_")[:LONGEST]
        if name in self.reserved or name.endswith(OWN_ENDINGS):
            return f"{self.source}_{name}_value"[-LONGEST:]
        return name

    def lookups(self, keyed: Sequence[Keyed]) -> list[Entry]:
        """What sources of states say of a column that is called as their key."""
        found: dict[str, Entry] = {}
        for states in keyed:
            entry = self.entries.get(states.key)
            if entry is None or isinstance(entry.value, dict):
                continue
            for column, type in states.columns.items():
                name = column if column not in self.entries else f"{states.name}_{column}"
                rest = {} if name == column else {"column": column}
                if name not in found and name not in self.entries:
                    value = {"from": states.name, "key": states.key, **rest}
                    found[name] = Entry(name, value, (f"a {type} of {states.name}.yaml",))
        return list(found.values())


class StateProposer(SourceProposer):
    """key: the CSV column that says whose the rows are; None: the customer's, or one called as the source."""

    kind = "state"

    def __init__(self, shapes: Sequence[Shape], source: str, key: str | None) -> None:
        self.key = key
        self.key_name = ""
        super().__init__(shapes, source)

    def _choose(self) -> None:
        column = self._key_column()
        if column is None:
            super()._choose()
        else:
            self.chosen["key"] = Choice(column, (), by_name=self.key is not None)
            if choice := choose("known_since", self.columns, self.taken):
                self.chosen["known_since"] = choice
        deleted = [column for column in self.columns if DELETED.fullmatch(column.words)]
        for column in deleted:
            if {text.lower() for text in column.filled} <= YES_OR_NO and column.name not in self.taken:
                self.chosen["deleted"] = Choice(column, ())

    def _key_column(self) -> Column | None:
        """The one that is named; else, where none is called as a customer's, one that is as the source."""
        called = {form: column for column in self.columns for form in (self._name_of(column), column.name)}
        if self.key is not None and self.key not in called:
            raise UsageError(
                f"the files have no column {self.key}",
                hint=nearest_or_all(self.key, [column.name for column in self.columns]),
            )
        if self.key is not None:
            return called[self.key]
        customer = choose("customer_id", self.columns)
        if PEOPLE.fullmatch(self.source) or (customer and customer.by_name):
            return None
        form = KEY.format(thing=re.escape(self.source.replace("_", " ").removesuffix("s")))
        return next((c for c in self.columns if c.filled and re.fullmatch(form, c.words)), None)

    def _customer_id(self, grain: Grain) -> None:
        choice = self.chosen.get("key")
        if choice is None:
            super()._customer_id(grain)
            return
        self.key_name = self._name_of(choice.column)
        notes = [f"{choice.column.distinct:,} different in {len(choice.column.filled):,} records"]
        if not choice.by_name:
            notes.append(f"{CHECK}: no column is called as a customer's; --key names another key")
        self._add(self.key_name, choice.column.name, *notes)

    def entries_of_source(self) -> list[Entry]:
        super().entries_of_source()
        if "deleted" in self.chosen:
            notes = ("where it says yes there is nothing more from then on",)
            self._add("deleted", self.chosen["deleted"].column.name, *notes)
        return list(self.entries.values())


def propose_source(
    name: str,
    paths: Sequence[str],
    *,
    folder: str,
    state: bool,
    key: str | None = None,
    reserved: Collection[str] = (),
    keyed: Sequence[Keyed] = (),
) -> ProposedSource:
    """What a source of these files is.

    folder: where the files are, as seen from the data folder. key: of states, the column that says whose they
    are, if no customer's. reserved: names that no column can have. keyed: the sources that events may look
    columns up in. Raises as read_tables, and UsageError for a key that no file has.
    """
    shapes, notes = read_tables(paths)
    proposer = StateProposer(shapes, name, key) if state else SourceProposer(shapes, name)
    proposer.reserved = reserved
    columns = proposer.entries_of_source()
    own_key = proposer.key_name if isinstance(proposer, StateProposer) else ""
    lookups = [] if state else proposer.lookups(keyed)
    file = [
        Entry("folder", folder),
        Entry("pattern", _pattern([shape.file.name for shape in shapes])),
        *file_entries(shapes),
    ]
    whose = own_key or "customer"
    meta = [*([Entry("kind", "state", (f"one row a {whose} and state",))] if state else []), *proposer.meta]
    meta += [Entry("key", own_key)] if own_key else []
    records = sum(len(shape.rows) for shape in shapes)
    said = [
        f"Proposed by ready add source from {records:,} records of {', '.join(s.label for s in shapes[:5])}."
    ]
    said += ["What the files do not say is marked CHECK."] if _checks([*file, *meta, *columns]) else []
    lines = [
        HEAD,
        *(line for text in [*said, *notes] for line in Entry("", "", (text,)).lines(0)[:-1]),
        "version: 2",
        "",
        "models:",
        f"  - name: {name}_mapped",
        "    description: The records, columns as text. Ephemeral. One row per active raw event.",
        "    config:",
        "      meta:",
        f"        {ALONE}file:",
        *(line for entry in file for line in entry.lines(10)),
        *(line for entry in meta for line in replace(entry, key=f"{ALONE}{entry.key}").lines(8)),
        f"        {ALONE}columns:",
        *(line for entry in columns for line in entry.lines(10)),
        *(["        # as known at the time of each row", f"        {ALONE}lookup:"] if lookups else []),
        *(line for entry in lookups for line in entry.lines(10)),
        "",
        *_gate(name, columns),
    ]
    numbers = {entry.key for entry in lookups if entry.evidence[0].startswith("a number")}
    entries = _features(name, [*columns, *lookups], numbers, state=state)
    features = "" if own_key else "\n".join(entries) + "\n"
    looked_up = tuple(sorted({entry.value["from"] for entry in lookups}))
    return ProposedSource("\n".join(lines) + "\n", features, tuple(notes), looked_up)


def _checks(entries: Sequence[Entry]) -> bool:
    return any(text.startswith(CHECK) for entry in entries for text in entry.evidence)


def _pattern(names: Sequence[str]) -> str:
    plain = [name.removesuffix(".gz").removesuffix(".zst") for name in names]  # a pattern takes these as well
    endings = {f".{name.rpartition('.')[2]}" for name in plain}
    return f"*{endings.pop()}" if len(endings) == 1 else "*"


def _gate(name: str, columns: Sequence[Entry]) -> list[str]:
    """The tests: what every source needs, and that each file has the columns."""
    lines = [
        f"  - name: {name}_parsed",
        "    description: The columns typed, beside their text in the file. One row per active raw event.",
        "    data_tests:",
        "      - usable_rows    # a key and a time in each record, numbers that are numbers",
        "      - plausible_rows    # what may be wrong, and only warns: docs/gate.md",
        "    columns:",
    ]
    for entry in columns:
        lines += [f"      - name: {entry.key}", "        data_tests: [column_in_file]"]
    return lines


def _features(name: str, columns: Sequence[Entry], numbers: Collection[str], *, state: bool) -> list[str]:
    own = [entry for entry in columns if entry.key not in OF_ROWS]
    lines = [
        f"  - name: {name}_features",
        f"    description: What was known of {name} strictly before feature_time. One row per customer and",
        "      feature_time.",
        "    config:",
        "      meta:",
    ]
    if state:
        listed_names = [entry.key for entry in own][:FEW]
        return [*lines, f"        {ALONE}latest: {flow(listed_names)}"]
    lines += [
        f"        {ALONE}windows: [7, 30, 90]",
        f"        {ALONE}aggregations:",
        f"          {name}: count",
    ]
    for entry in own:
        is_number = isinstance(entry.value, dict) and entry.value.get("type") == "number"
        is_number = is_number or entry.key in numbers
        rule = f"sum of {entry.key}" if is_number else f"count_distinct of {entry.key}"
        lines.append(f"          {'sum' if is_number else 'different'}_{entry.key}: {rule}")
    return [*lines, f"        {ALONE}totals: [{name}]"]
