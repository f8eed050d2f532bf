"""What the features of an event source must hold, computed plainly from its files; see oracle.py."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from oracle import DAY, Features, Key, Rule, Value, aggregated_columns


@dataclass(frozen=True)
class Event:
    """known: since when; at least its own time."""

    event_id: str
    customer_id: str
    event_ts: datetime
    known: datetime
    values: Mapping[str, Decimal | str | None]

    @property
    def order_ts(self) -> datetime:
        """As the oracle's aggregations know it."""
        return self.event_ts

    def value(self, column: str) -> Decimal | str | None:
        return {"event_id": self.event_id, **self.values}[column]


def read_visits(files: Sequence[Path]) -> list[Event]:
    """The visits of source_case.py: each once, as the last file, and in it the last line, has it."""
    found: dict[str, Event] = {}
    for file in files:
        for number, row in enumerate(csv.DictReader(file.open(encoding="utf-8")), start=2):
            at = datetime.fromisoformat(row["at"])
            seen = datetime.fromisoformat(row["seen_at"]) if row.get("seen_at") else at
            values = {
                "page": row["page"] or None,
                "minutes": Decimal(row["minutes"]) if row["minutes"] else None,
            }
            event_id = row.get("visit") or f"{file.name}:{number}"
            found[event_id] = Event(event_id, row["customer"], at, max(at, seen), values)
    return list(found.values())


def event_features(
    events: Sequence[Event],
    rows: Iterable[Key],
    *,
    windows: Sequence[int],
    aggregations: Mapping[str, Rule],
    totals: Sequence[str],
    noun: str,
) -> dict[Key, Features]:
    """Of each row what was known of the customer's events strictly before its time."""
    table = {}
    for customer_id, t in rows:
        past = [e for e in events if e.customer_id == customer_id and e.event_ts < t and e.known < t]
        row: dict[str, Value] = {}
        for days in windows:
            recent = [event for event in past if event.event_ts >= t - days * DAY]
            for name, rule in aggregations.items():
                row.update(aggregated_columns(name, rule, recent, f"_{days}d"))
        for name in totals:
            row.update(aggregated_columns(name, aggregations[name], past, "_total"))
        times = [event.event_ts for event in past]
        row[f"days_since_last_{noun}"] = (t - max(times)) // DAY if times else None
        row[f"days_since_first_{noun}"] = (t - min(times)) // DAY if times else None
        table[customer_id, t] = row
    return table


@dataclass(frozen=True)
class State:
    known: datetime
    values: Mapping[str, Decimal | str | None]


def state_features(
    states: Mapping[str, Sequence[State]], rows: Iterable[Key], columns: Sequence[str]
) -> dict[Key, Features]:
    """Of each row the values known before its time, since how many days, and how often they had changed.

    states: of each customer as they were delivered; of several at one instant the last one counts.
    """
    table = {}
    for customer_id, t in rows:
        by_instant = {state.known: state for state in states.get(customer_id, []) if state.known < t}
        past = [by_instant[instant] for instant in sorted(by_instant)]
        row: dict[str, Value] = {}
        for column in columns:
            changes, since, value = -1, None, None
            for state in past:
                if changes < 0 or state.values[column] != value:
                    changes, since, value = changes + 1, state.known, state.values[column]
            row[column] = value
            row[f"{column}_age_days"] = (t - since) // DAY if since else None
            row[f"{column}_changes"] = max(changes, 0)
        table[customer_id, t] = row
    return table


def read_pages(files: Sequence[Path]) -> dict[str, list[State]]:
    """The states of source_case.py: from the instant of a deletion on a page has no values."""
    found: dict[str, list[State]] = {}
    for file in files:
        for row in csv.DictReader(file.open(encoding="utf-8")):
            price = Decimal(row["price"]) if row["price"] else None
            values = {"topic": row["topic"] or None, "price": price}
            gone = row["gone"].lower() == "yes"
            state = State(datetime.fromisoformat(row["since"]), dict.fromkeys(values) if gone else values)
            found.setdefault(row["page"], []).append(state)
    return found


def known_at(states: Sequence[State], at: datetime) -> State | None:
    """The last state that was known then, or at that very instant; of several at one the last delivered."""
    known: State | None = None
    for state in states:
        if state.known <= at and (known is None or state.known >= known.known):
            known = state
    return known


def with_lookups(
    events: Iterable[Event], states: Mapping[str, Sequence[State]], *, key: str, columns: Mapping[str, str]
) -> list[Event]:
    """The events with what was known of their key at their own time, or at that very instant.

    states: of each key as they were delivered; of several at one instant the last one counts. columns: of the
    states, by the name that the events have them under.
    """
    found = []
    for event in events:
        known = known_at(states.get(str(event.values[key]), []), event.event_ts)
        values = {name: known.values[column] if known else None for name, column in columns.items()}
        found.append(replace(event, values={**event.values, **values}))
    return found
