"""`ready add source`: a file NAME.yaml for files of events or states, each guess with what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from ready.definition.meta import ALONE
from ready.lint.mapping import OWN_ENDINGS
from ready.suggest.mapping.clues import number_entry, zone_of
from ready.suggest.mapping.columns import Column
from ready.suggest.mapping.entry import CHECK, Entry, flow, listed
from ready.suggest.mapping.lines import Grain
from ready.suggest.mapping.propose import Proposer
from ready.suggest.mapping.roles import choose
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


class SourceProposer(Proposer):
    """Of the same columns as for orders: id, customer, time, since when known, and the rest as they are."""

    kind = "event"
    source = ""
    reserved: Collection[str] = ()

    def _choose(self) -> None:
        for role in ROLES[self.kind]:
            choice = choose(role, self.columns, self.taken)
            if choice and choice.by_name:
                self.chosen[role] = choice
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
        name = re.sub(r"[^a-z0-9]+", "_", column.words).strip("_")[:LONGEST]
        if column.name in self.taken or not column.filled or not name or not name[0].isalpha():
            return
        if name in self.reserved or name.endswith(OWN_ENDINGS):
            name = f"{self.source}_{name}_value"[-LONGEST:]
        if name in self.entries or name in ("event_id", "event_ts", "available_at", "customer_id"):
            return
        if column.numbers and column.times is None:
            value, notes = number_entry(column)
            self._add(name, {**value, "type": "number"}, *notes)
        elif column.times is None:
            shown = listed(column.counts.most_common(), most=5)
            self._add(name, column.name, f"{column.distinct:,} different: {shown}")


class StateProposer(SourceProposer):
    kind = "state"


def propose_source(
    name: str, paths: Sequence[str], *, folder: str, state: bool, reserved: Collection[str] = ()
) -> tuple[str, str, list[str]]:
    """The text of NAME.yaml, that of its entry in features.yaml, and what is to be said besides.

    folder: where the files are, as seen from the data folder. reserved: names that no column can have.
    Raises as read_tables.
    """
    shapes, notes = read_tables(paths)
    proposer = (StateProposer if state else SourceProposer)(shapes)
    proposer.reserved, proposer.source = reserved, name
    columns = proposer.entries_of_source()
    file = [
        Entry("folder", folder),
        Entry("pattern", _pattern([shape.file.name for shape in shapes])),
        *file_entries(shapes),
    ]
    meta = [*([Entry("kind", "state", ("one row a customer and state",))] if state else []), *proposer.meta]
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
        "",
        *_gate(name, columns),
    ]
    return "\n".join(lines) + "\n", "\n".join(_features(name, columns, state=state)) + "\n", notes


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
        "    columns:",
    ]
    for entry in columns:
        lines += [f"      - name: {entry.key}", "        data_tests: [column_in_file]"]
    return lines


def _features(name: str, columns: Sequence[Entry], *, state: bool) -> list[str]:
    own = [
        entry for entry in columns if entry.key not in ("event_id", "customer_id", "event_ts", "available_at")
    ]
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
        rule = f"sum of {entry.key}" if is_number else f"count_distinct of {entry.key}"
        lines.append(f"          {'sum' if is_number else 'different'}_{entry.key}: {rule}")
    return [*lines, f"        {ALONE}totals: [{name}]"]
