"""Puts what the columns show together into a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ready.rendering.terminal import one_line
from ready.suggest.mapping.clues import (
    cancelled,
    differing,
    given_back,
    note_ambiguous,
    note_nobody,
    note_partly_given_back,
    note_rivals,
    note_times,
    number_entry,
    refunded_by_line,
    unpaid,
    zone_of,
)
from ready.suggest.mapping.columns import Column, read_columns
from ready.suggest.mapping.entry import CHECK, Entry, is_template, listed, quoted
from ready.suggest.mapping.lines import (
    Grain,
    distinguishes_lines,
    is_on_each_line,
    is_on_first_line,
    read_grain,
)
from ready.suggest.mapping.roles import NAMES, Choice, choose
from ready.suggest.mapping.shape import Shape
from ready.suggest.mapping.statuses import read_statuses
from ready.suggest.mapping.times import Times, is_clock, read_times

NEEDED = ("order_id", "customer_id", "order_ts", "amount")
NAMED = (*NEEDED, "status", "currency", "channel", "available_at", "line_id")
PIECES = ("price", "preis", "prix", "precio", "prezzo", "prijs", "item price")
SALE = re.compile(
    r"\b(sales?|orders?|payments?|purchases?|charges?|checkout|invoices?|(ver)?kauf|verkäufe|bestellung(en)?|auftrag"
    r"|(\w+)?zahlung(en)?|paiements?|ventes?|achats?|commandes?|pagos?|ventas?|compras?|pedidos?|pagament[oi]|vendas?"
    r"|vendit[ae]|ordin[ei]|acquist[oi]|betaling(en)?|verkoop|verkopen|bestelling(en)?|aankoop)\b"
)
NO_SALE = re.compile(
    r"refund|return|revers|fee|withdraw|transfer|payout|deposit|conversion|hold|authori[sz]|dispute|chargeback|cancel"
    r"|erstattung|gebühr|auszahlung|rückzahlung|rückbuchung|rückgabe|retour|storno|gutschrift|umrechnung|überweisung"
    r"|abhebung|rembours|frais|virement|retrait|annul|litige|reembolso|devoluci|devolu|comisi|comiss|tarifa|taxa|retirada"
    r"|transferencia|transferência|estorno|contracargo|rimbors|\breso\b|storni|commission|bonific|preliev|terugb|kosten"
    r"|opname|overboeking"
)
TOO_MANY = 20  # words are no statuses


@dataclass(frozen=True)
class Mapping:
    """The parts of orders.yaml, and what was seen that is in none of them."""

    meta: list[Entry]
    columns: list[Entry]
    unmapped: list[str]
    found: int = 0


@dataclass
class Proposer:
    shapes: Sequence[Shape]
    columns: list[Column] = field(init=False)
    files: list[int] = field(init=False)
    chosen: dict[str, Choice] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    meta: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = [c for c in read_columns(self.shapes) if not is_template(c.name) and '"' not in c.name]
        self.files = [
            number for number, shape in enumerate(self.shapes) for row in shape.rows if not row.is_blank
        ]
        self._choose()

    def _choose(self) -> None:
        """By name first, so that what is named is not taken for something else by what it holds."""
        for role in NAMED:
            choice = choose(role, self.columns, self.taken)
            if choice and choice.by_name:
                self.chosen[role] = choice
        for role in (*NEEDED, "status"):
            if role not in self.chosen and (choice := choose(role, self.columns, self.taken)):
                self.chosen[role] = choice

    @property
    def taken(self) -> list[str]:
        return [choice.column.name for choice in self.chosen.values()]

    def column(self, role: str) -> Column | None:
        return self.chosen[role].column if role in self.chosen else None

    def propose(self) -> Mapping:
        self._tell_kinds()
        order_id, customer = self.column("order_id"), self.column("customer_id")
        grain = read_grain(order_id, customer, self.columns, self.files) if order_id else Grain()
        self._tell_grain(grain)
        self._order_id(grain)
        self._customer_id(grain)
        self._order_ts(grain)
        self._amount(grain)
        for role in ("currency", "status", "channel"):
            self._text(role, grain)
        self._line_id(grain)
        self._available_at(grain)
        self._null_words()
        mapped = {name for entry in self.entries.values() for name in _names_in(entry.value)}
        return Mapping(
            meta=self.meta,
            columns=list(self.entries.values()),
            unmapped=[column.name for column in self.columns if column.filled and column.name not in mapped],
            found=sum(role in self.chosen for role in NEEDED),
        )

    def _tell_kinds(self) -> None:
        """Which records count, where a report holds more than sales."""
        choice = choose("kind", self.columns, self.taken)
        kinds = choice.column.counts if choice else {}
        named = [kind for kind in kinds if SALE.search(kind.lower()) and not NO_SALE.search(kind.lower())]
        paid_out = self._below_zero(choice.column, named) if choice else set()
        sales = [kind for kind in named if kind not in paid_out] or named
        left = [
            (f"{kind} (all below zero)" if kind in paid_out else kind, count)
            for kind, count in kinds.items()
            if kind not in sales
        ]
        if not choice or not sales or not left or any(map(is_template, kinds)):
            return
        name = choice.column.name
        notes = f"left out {listed(left)}; a refund may belong to its sale (grain: order_line)"
        evidence = (f"{name} has {listed([(kind, kinds[kind]) for kind in sales])}", f"{CHECK}: {notes}")
        self.meta.append(Entry("rows", f'"{name}" in ({", ".join(map(quoted, sales))})', evidence))
        self._keep([place for place, kind in enumerate(choice.column.texts) if kind in sales])

    def _below_zero(self, column: Column, kinds: Sequence[str]) -> set[str]:
        """Kinds whose amounts all are: money that goes out, whatever their name says."""
        amount = self.column("amount")
        if amount is None or amount.numbers is None:
            return set()
        signs: dict[str, set[bool]] = {}
        for kind, text in zip(column.texts, amount.texts, strict=True):
            if value := amount.numbers.value(text):
                signs.setdefault(kind, set()).add(value < 0)
        return {kind for kind in kinds if signs.get(kind) == {True}}

    def _keep(self, places: Sequence[int]) -> None:
        """Look at these records alone from here on."""
        self.columns = [column.kept(places) for column in self.columns]
        self.files = [self.files[place] for place in places]
        by_name = {column.name: column for column in self.columns}
        for role, choice in self.chosen.items():
            self.chosen[role] = replace(choice, column=by_name[choice.column.name])

    def _tell_grain(self, grain: Grain) -> None:
        notes: list[str] = []
        if grain.is_line:
            kind = "order_line"
            notes.append(f"{grain.repeated:,} ids come again in one file, in records that differ")
            if grain.equal:
                notes.append(
                    f"{CHECK}: {grain.equal:,} of them in the very same record: a line twice, or a copy?"
                )
            if grain.across:
                notes.append(f"{grain.across:,} orders have lines in several files")
        else:
            kind = "order"
            if grain.repeated:
                notes.append(f"{CHECK}: {grain.repeated:,} ids come again in one record: copies, or lines?")
            elif self.column("order_id"):
                notes.append("each id is in a file once")
            if grain.across and not grain.foreign:
                notes.append(f"{grain.across:,} ids are in several files: of these the last delivery counts")
        self.meta.append(Entry("grain", kind, tuple(notes)))

    def _order_id(self, grain: Grain) -> None:
        choice = self.chosen.get("order_id")
        value: Any
        if choice is None:
            value = {"expression": "file_name || ':' || line_number"}
            self._add(
                "order_id", value, f"{CHECK}: no column looks like an id: the place in the file is taken"
            )
            return
        column = choice.column
        notes = self._evidence(choice)
        notes.append(f"{len(column.filled):,} of {len(column.texts):,} filled, {column.distinct:,} different")
        value = column.name
        if grain.foreign:
            where = "in another file " if grain.foreign_across == grain.foreign else ""
            notes.append(
                f"{CHECK}: {grain.foreign:,} come again {where}with another customer, such as {grain.example}"
            )
            if where:
                value = {"expression": f"file_name || '/' || \"{column.name}\""}
                notes.append("the file's name makes them unique; it must stay from delivery to delivery")
        self._add("order_id", value, *notes)

    def _customer_id(self, grain: Grain) -> None:
        choice = self.chosen.get("customer_id")
        if choice is None:
            self._missing("customer_id", "a customer's id")
            return
        column = choice.column
        notes = [*self._evidence(choice), f"{column.distinct:,} customers in {len(column.filled):,} records"]
        notes += note_nobody(column)
        is_of_order = is_on_first_line(column, grain)
        if column.blanks and not is_of_order:
            notes.append(
                f"{CHECK}: {column.blanks:,} records have none: are they set aside (expectations.yaml)?"
            )
        if column.holds_names:
            notes.append(
                f"{CHECK}: a name is no id: two people may share one, and one may be written in two ways"
            )
        if column.filled and all(re.fullmatch(r"\d+\.0+", text) for text in column.filled):
            notes.append("all end in .0, as a float writes them: what is before the point is the id")
            self._add("customer_id", {"expression": f"split_part(\"{column.name}\", '.', 1)"}, *notes)
            return
        if is_of_order:
            notes.append("only the first line of an order has it")
        self._add(
            "customer_id", {"column": column.name, "of": "order"} if is_of_order else column.name, *notes
        )

    def _order_ts(self, grain: Grain) -> None:
        choice = self.chosen.get("order_ts")
        if choice is None:
            self._missing("order_ts", "times")
            return
        column = choice.column
        value, reading, notes = self._time_entry(choice)
        if is_on_first_line(column, grain):
            value["of"] = "order"
            notes.append("only the first line of an order has it")
        zones = choose("zone", self.columns, self.taken)
        zone, said = zone_of(column, reading, zones.column if zones else None)
        notes += said
        if zone:
            value["timezone"] = zone
        self._add("order_ts", value if set(value) - {"column"} else column.name, *notes)

    def _time_entry(self, choice: Choice) -> tuple[dict[str, Any], Times, list[str]]:
        column = choice.column
        reading = column.times or column.numeric_times
        assert reading
        notes = self._evidence(choice)
        value: dict[str, Any] = {"column": column.name}
        clock = self._clock(column) if reading.is_day and not reading.is_numeric else None
        if clock:
            joined = [
                f"{day} {time}" for day, time in zip(column.texts, clock.texts, strict=True) if day and time
            ]
            reading = read_times(joined) or reading
            value = {"expression": f'"{column.name}" || \' \' || "{clock.name}"'}
            notes.append(f"the time of day is in {clock.name}")
        notes.append(note_times(reading))
        value.update(reading.settings)
        if reading.language:
            notes.append(f"its month names are {reading.language}")
        notes += note_rivals(reading)
        return value, reading, notes

    def _clock(self, day: Column) -> Column | None:
        """The column with the time of day."""
        names = NAMES["clock"].split("|")
        free = [c for c in self.columns if c.name not in self.taken and c.words in names]
        return next(
            (column for column in free if is_clock(column.filled) and column.blanks == day.blanks), None
        )

    def _amount(self, grain: Grain) -> None:
        choice = self.chosen.get("amount")
        if choice is None or not choice.by_name:
            self.chosen.pop("amount", None)
            if self._amount_of_pieces() or choice is None:
                return
            self.chosen["amount"] = choice
        column = choice.column
        value, notes = number_entry(column)
        notes = [*self._evidence(choice), *notes]
        quantity = choose("quantity", self.columns, self.taken)
        if quantity and column.words in PIECES and set(quantity.column.counts) - {"1", "1.0"}:
            other = f'number("{quantity.column.name}") * number("{column.name}")'
            notes.append(
                f"{CHECK}: if {column.name} is the price of one piece, write {{expression: '{other}'}}"
            )
        if grain.is_line:
            notes += self._of_order(column, grain, value)
        notes += given_back(self.columns, column)
        self._add("amount", value if set(value) - {"column"} else column.name, *notes)

    def _amount_of_pieces(self) -> bool:
        """How many times how much each; whether there are columns for it. Else the amount is missing."""
        price = choose("unit_price", self.columns, self.taken)
        quantity = choose("quantity", self.columns, self.taken)
        if price is None or quantity is None or not quantity.by_name:
            self._missing("amount", "amounts")
            return False
        notes = [f"no column has an amount: {quantity.column.name} times {price.column.name}"]
        notes += [text for text in number_entry(quantity.column)[1] if "below zero" in text]
        expression = f'number("{quantity.column.name}") * number("{price.column.name}")'
        self._add("amount", {"expression": expression}, *notes)
        return True

    def _of_order(self, column: Column, grain: Grain, value: dict[str, Any]) -> list[str]:
        """Whether the amount is a line's or the whole order's."""
        if is_on_first_line(column, grain):
            value["of"] = "order"
            return ["only the first line of an order has it"]
        if not is_on_each_line(column, grain):
            return []
        pieces = choose("unit_price", self.columns, self.taken)
        if pieces and not is_on_each_line(pieces.column, grain):
            value["of"] = "order"
            notes = f"all lines of an order have the same, while {pieces.column.name} differs"
            return [f"{CHECK}: {notes}: taken as the whole order's"]
        return [f"{CHECK}: all lines of an order have the same: if it is the whole order's, add of: order"]

    def _text(self, role: str, grain: Grain) -> None:
        choice = self.chosen.get(role)
        if choice is None:
            if role == "status":
                self._note("no column looks like a status, so each order counts as a purchase")
                for text in unpaid(self.columns):
                    self._note(text)
            return
        column = choice.column
        notes = [*self._evidence(choice), listed(column.counts.most_common())]
        if role == "status":
            self._status(column, notes, grain)
            return
        if role == "currency" and column.distinct > 1:
            notes.append(f"{CHECK}: several currencies; amounts of several are never added up")
        if is_on_first_line(column, grain):
            notes.append("only the first line of an order has it")
            self._add(role, {"column": column.name, "of": "order"}, *notes)
            return
        self._add(role, column.name, *notes)

    def _status(self, column: Column, notes: list[str], grain: Grain) -> None:
        statuses = read_statuses(text for text in column.filled if not is_template(text))
        meanings = dict(statuses.meanings)
        is_of_order = is_on_first_line(column, grain)
        if column.blanks and not is_of_order:
            notes.append(f"{CHECK}: {column.blanks:,} records have no status: they are no purchases")
        notes += cancelled(self.columns)
        if len(meanings) > TOO_MANY:
            notes.append(f"{CHECK}: too many words for a status; the gate shows those that are none")
            meanings = {}
        elif statuses.unknown:
            unknown = listed([(word, statuses.counts[word]) for word in statuses.unknown])
            notes.append(f"{CHECK}: not known, so left as they are and no purchases: {unknown}")
        notes += note_ambiguous(statuses) + note_partly_given_back(statuses, self.columns)
        for word in refunded_by_line(column, self.column("amount"), meanings, grain):
            meanings[word] = "completed"
            notes.append(
                f"{CHECK}: {one_line(word)} stays a sale, as a record below zero takes the money off again"
            )
        value: dict[str, Any] = {"column": column.name}
        cases = [(word, m) for word, m in meanings.items() if m and m not in (word, word.replace("-", ""))]
        if cases:
            whens = "\n".join(f"when {quoted(word)} then {quoted(meaning)}" for word, meaning in cases)
            value = {"expression": f'case lower("{column.name}")\n{whens}\nelse "{column.name}" end'}
        if is_of_order:
            value["of"] = "order"
            notes.append("only the first line of an order has it")
        elif differ := differing(column, meanings, grain):
            value["of"] = "line"
            notes.append(f"{CHECK}: the lines of {differ:,} orders differ in it: each counts for its own")
        self._add("status", column.name if value == {"column": column.name} else value, *notes)

    def _line_id(self, grain: Grain) -> None:
        if not grain.is_line:
            return
        choice = self.chosen.get("line_id")
        column = choice.column if choice and distinguishes_lines(choice.column, grain) else None
        if column is None:
            self._note("no column distinguishes the lines of an order: what they say in mapped columns does")
            return
        self._add("line_id", column.name, "distinguishes the lines of each order")

    def _available_at(self, grain: Grain) -> None:
        """Only where an order comes again as it changes."""
        choice, order_ts = self.chosen.get("available_at"), self.column("order_ts")
        if choice is None or not (grain.repeated or grain.across) or order_ts is None:
            return
        if grain.is_line:
            self._note(f"{choice.column.name} is left out: states of lines look like lines")
            return
        value, _, notes = self._time_entry(choice)
        notes.append("orders come again as they change: features see the state known at their time")
        self._add("available_at", value if set(value) - {"column"} else choice.column.name, *notes)

    def _null_words(self) -> None:
        mapped = [column for column in self.columns if column.name in self.taken]
        words = sorted({word for column in mapped for word in column.null_words})
        if words:
            where = ", ".join(column.name for column in mapped if column.null_words)
            self.meta.append(Entry("null_words", words, (f"in {where}: read as nothing",)))

    def _note(self, text: str) -> None:
        """More evidence for the grain, the last entry of meta so far."""
        last = self.meta[-1]
        self.meta[-1] = Entry(last.key, last.value, (*last.evidence, text))

    def _missing(self, role: str, noun: str) -> None:
        names = ", ".join(column.name for column in self.columns[:30])
        self._add(role, role, f"{CHECK}: no column looks like {noun}: name it. There are {names}")

    def _evidence(self, choice: Choice) -> list[str]:
        notes = [] if choice.by_name else [f"{CHECK}: chosen by what it holds, not by its name"]
        return notes + ([f"could also be {', '.join(choice.others)}"] if choice.others else [])

    def _add(self, role: str, value: Any, *evidence: str) -> None:
        self.entries[role] = Entry(role, value, tuple(evidence))


def propose(shapes: Sequence[Shape]) -> Mapping:
    """The mapping that files of one layout bear out."""
    return Proposer(shapes).propose()


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from [value["column"]] if "column" in value else re.findall(r'"([^"]+)"', value["expression"])
