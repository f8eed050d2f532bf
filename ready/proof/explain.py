"""Where one feature value comes from: its orders, their files and lines, and the calculation done again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ready.database.query import Row, select_rows, snapshot
from ready.definition.features import (
    OF_STATES,
    Feature,
    is_of_order,
    recorded_features,
    recorded_features_of_source,
)
from ready.errors import CheckFailed, NoSuchColumn, UsageError
from ready.proof import nearest
from ready.proof.compare import text_of
from ready.proof.recompute import Measure, Purchase, Value, arithmetic, ratio, recompute
from ready.settings import Settings

FIRST_INSTANT = datetime.min.replace(tzinfo=timezone.utc)
LAST_INSTANT = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class SourceLine:
    """One CSV record: the line of the file where it starts, and its texts by the file's column names."""

    file_name: str
    line_number: int
    load_id: int
    record: dict[str, str]


@dataclass(frozen=True)
class SourceOrder:
    """One order, or event, that went into the value, with the CSV records it is made of.

    With look-ups the records of the states follow its own. amount: None of an event.
    """

    order_id: str
    order_ts: datetime
    amount: Decimal | None
    measure: Measure
    lines: tuple[SourceLine, ...]


@dataclass(frozen=True)
class Explanation:
    """A feature value and everything it was made of.

    window_from is None where the window reaches back to the customer's first order. known is false for a
    label whose horizon runs past the end of the data: its value is null whatever the orders are.
    """

    feature_set: str
    feature_version: int
    data_hash: str
    customer_id: str
    feature_time: datetime
    feature: Feature
    window_from: datetime | None
    window_to: datetime
    value: Value
    recomputed: Value
    arithmetic: str
    known: bool
    orders: tuple[SourceOrder, ...]

    @property
    def agrees(self) -> bool:
        return self.value == self.recomputed


def explain(
    connection: Any, settings: Settings, *, customer_id: str, feature_time: datetime, feature: str
) -> Explanation:
    """Trace one value of the version that the tables hold now. feature_time is an aware datetime.

    connection: as ready.database.query.connected gives it. feature is a column of customer_features, of the
    features of another source, or the label's. Raises UsageError when there is no such customer, feature time
    or feature (naming the nearest), CheckFailed when the tables are of different builds, so that an order
    cannot be followed to its file.
    """
    with snapshot(connection, settings):
        return _Trace(connection, settings).explain(customer_id, feature_time, feature)


class _Trace:
    """The look-ups of one explanation."""

    def __init__(self, connection: Any, settings: Settings) -> None:
        self.connection = connection
        self.settings = settings

    def explain(self, customer_id: str, feature_time: datetime, name: str) -> Explanation:
        record = self._current()
        features = recorded_features(record["config"])
        for other in self._of_sources() if name not in features else ():
            source = other["feature_set"].removesuffix("_features")
            found = recorded_features_of_source(other["config"], source)
            features |= found
            record = other if name in found else record
        if name not in features:
            raise nearest.unknown("feature", name, list(features))
        feature = features[name]
        value = self._value(feature, customer_id, feature_time)
        window_from, window_to = feature.window(feature_time)
        mapping = record["config"]["orders"]
        self.mapped = mapping.get("columns", {})
        self.tracked = "available_at" in self.mapped
        self.of_lines = mapping.get("grain") == "order_line"
        self.lookups = mapping.get("lookup") or {}
        self.sources = record["config"].get("sources", {})
        orders, recomputed, written_down = self._computed(feature, customer_id, feature_time)
        known = not feature.ahead or window_to <= self._data_end()
        return Explanation(
            feature_set=record["feature_set"],
            feature_version=record["feature_version"],
            data_hash=record["data_hash"],
            customer_id=customer_id,
            feature_time=feature_time,
            feature=feature,
            window_from=window_from,
            window_to=window_to,
            value=value,
            recomputed=recomputed if known else None,
            arithmetic=written_down,
            known=known,
            orders=orders,
        )

    def _computed(
        self, feature: Feature, customer_id: str, feature_time: datetime
    ) -> tuple[tuple[SourceOrder, ...], Value, str]:
        """The orders behind a value, the value that they give, and the calculation."""
        if feature.sides:
            numerator, denominator = (
                self._computed(side, customer_id, feature_time) for side in feature.sides
            )
            written_down = f"{text_of(numerator[1])} / {text_of(denominator[1])}"
            return _merged(numerator[0], denominator[0]), ratio(numerator[1], denominator[1]), written_down
        gather = self._lines if self.of_lines else self._orders
        if feature.source:
            gather = self._states_of_source if feature.function in OF_STATES.values() else self._events
        orders = gather(feature, customer_id, *feature.window(feature_time))
        purchases = [Purchase(order.order_ts, order.measure) for order in orders]
        value = recompute(feature, purchases, feature_time)
        return orders, value, arithmetic(feature, purchases, feature_time)

    def _select(self, query: str, values: Mapping[str, Any] | None = None, **names: str) -> list[Row]:
        return select_rows(self.connection, self.settings, query, values, **names)

    def _current(self) -> Row:
        rows = self._select(
            "select feature_set, feature_version, data_hash, config from {meta}.current_versions "
            "join {meta}.feature_registry using (feature_set, feature_version, data_hash) "
            "where feature_set = 'customer_features'"
        )
        if not rows:
            raise UsageError("no version is recorded as the current one", hint="build it with: ready run")
        return rows[0]

    def _of_sources(self) -> list[Row]:
        """The records of what the features of sources beside the orders hold now."""
        rows = self._select(
            "select feature_set, feature_version, data_hash, config from {meta}.current_versions "
            "join {meta}.feature_registry using (feature_set, feature_version, data_hash) order by 1"
        )
        return [row for row in rows if row["feature_set"] in row["config"].get("source_features", ())]

    def _value(self, feature: Feature, customer_id: str, feature_time: datetime) -> Value:
        of_features = f"{feature.source}_features" if feature.source else "customer_features"
        table = "customer_labels" if feature.ahead else of_features
        try:
            rows = self._select(
                "select {column} as value from {feats}.{table} "
                "where customer_id = %(customer_id)s and feature_time = %(feature_time)s",
                {"customer_id": customer_id, "feature_time": feature_time},
                column=feature.name,
                table=table,
            )
        except NoSuchColumn:
            raise CheckFailed(
                f"{table} has no column {feature.name}, which the current version defines",
                hint="the table is of another build: ready run",
            ) from None
        if not rows:
            raise self._no_such_row(customer_id, feature_time)
        value: Value = rows[0]["value"]
        return value

    def _no_such_row(self, customer_id: str, feature_time: datetime) -> UsageError:
        times = self._select(
            "select feature_time from {feats}.customer_features where customer_id = %(id)s order by 1",
            {"id": customer_id},
        )
        if times:
            return nearest.unknown_time(customer_id, feature_time, [row["feature_time"] for row in times])
        # The neighbours in sorted order: a table may have millions of customers.
        around = self._select(
            "(select distinct customer_id from {feats}.customer_features where customer_id <= %(id)s "
            "order by customer_id desc limit 500) union all "
            "(select distinct customer_id from {feats}.customer_features where customer_id > %(id)s "
            "order by customer_id limit 500)",
            {"id": customer_id},
        )
        return nearest.unknown("customer", customer_id, [row["customer_id"] for row in around])

    def _data_end(self) -> datetime:
        end: datetime = self._select("select last_order_ts as data_end from {stg}.data_span")[0]["data_end"]
        return end

    def _orders(
        self, feature: Feature, customer_id: str, window_from: datetime | None, window_to: datetime
    ) -> tuple[SourceOrder, ...]:
        measure = feature.column
        read = {"measure": measure or "order_id", "by_value": feature.by or "order_id"}
        stored = _stored(read, self.lookups)
        is_stored = feature.by and feature.by not in self.lookups
        orders = self._select(
            "select order_id, order_ts, amount, load_id, line_number, {measure} as measure, {by} as by_value "
            f"from {self._states(feature)} where customer_id = %(customer_id)s and is_purchase "
            "and order_ts >= %(from)s and order_ts < %(to)s" + (" and {by} = %(value)s" if is_stored else ""),
            {
                "customer_id": customer_id,
                "from": window_from or FIRST_INSTANT,
                "to": window_to,
                "value": feature.value,
            },
            measure=stored["measure"],
            by=stored["by_value"],
        )
        self._look_up(orders, read, self.lookups, at="order_ts")
        orders = [
            order for order in orders if not feature.by or is_stored or order["by_value"] == feature.value
        ]
        orders.sort(key=lambda order: (order["order_ts"], order["order_id"]))
        first, last = _counted(feature, [order["order_ts"] for order in orders])
        orders = [order for order in orders if first <= order["order_ts"] <= last]
        sources = self._sources([place for order in orders for place in _places(order)])
        return tuple(
            SourceOrder(
                order_id=order["order_id"],
                order_ts=order["order_ts"],
                amount=_short(order["amount"]),
                measure=_short(order["measure"]) if measure else None,
                lines=tuple(sources[place] for place in _places(order)),
            )
            for order in orders
        )

    def _events(
        self, feature: Feature, customer_id: str, window_from: datetime | None, window_to: datetime
    ) -> tuple[SourceOrder, ...]:
        """The events of a source beside the orders that were known by then."""
        read = {"measure": feature.column or "event_id", "by_value": feature.by or "event_id"}
        lookups = self.sources[feature.source].get("lookup") or {}
        stored = _stored(read, lookups)
        events = self._select(
            "select event_id, event_ts, load_id, line_number, {measure} as measure, {by} as by_value "
            "from {stg}.{table} where customer_id = %(customer_id)s and event_ts >= %(from)s "
            "and event_ts < %(to)s and available_at < %(to)s",
            {"customer_id": customer_id, "from": window_from or FIRST_INSTANT, "to": window_to},
            measure=stored["measure"],
            by=stored["by_value"],
            table=feature.source,
        )
        self._look_up(events, read, lookups, at="event_ts")
        events = [event for event in events if feature.by is None or event["by_value"] == feature.value]
        events.sort(key=lambda event: (event["event_ts"], event["event_id"]))
        return self._of_source(feature, events)

    def _look_up(
        self, events: Sequence[Row], read: Mapping[str, str], lookups: Mapping[str, Any], *, at: str
    ) -> None:
        """Put what was known at the time of each event in the place of the keys that _stored has read."""
        for field, column in read.items():
            if column in lookups:
                self._look_up_field(events, field, lookups[column], column, at)

    def _look_up_field(
        self, events: Sequence[Row], field: str, lookup: Mapping[str, str], column: str, at: str
    ) -> None:
        keys = tuple({event[field] for event in events} - {None})
        states = self._select(
            "select {key} as looked_up_key, available_at, load_id, line_number, {column} as value "
            "from {stg}.{table} where {key} in %(keys)s order by available_at",
            {"keys": keys or ("",)},
            key=self.sources[lookup["from"]].get("key", "customer_id"),
            column=lookup.get("column", column),
            table=lookup["from"],
        )
        for event in events:
            known = [
                state
                for state in states
                if state["looked_up_key"] == event[field] and state["available_at"] <= event[at]
            ]
            event[field] = known[-1]["value"] if known else None
            event.setdefault("looked_up", []).extend(_place(state) for state in known[-1:])

    def _states_of_source(
        self, feature: Feature, customer_id: str, window_from: datetime | None, window_to: datetime
    ) -> tuple[SourceOrder, ...]:
        """The states of a source beside the orders that were known by then."""
        states = self._select(
            "select available_at as event_ts, load_id, line_number, {measure} as measure "
            "from {stg}.{table} where customer_id = %(customer_id)s and available_at < %(to)s "
            "order by available_at",
            {"customer_id": customer_id, "to": window_to},
            measure=str(feature.column),
            table=feature.source,
        )
        return self._of_source(feature, [{**state, "event_id": customer_id} for state in states])

    def _of_source(self, feature: Feature, events: Sequence[Row]) -> tuple[SourceOrder, ...]:
        first, last = _counted(feature, [event["event_ts"] for event in events])
        events = [event for event in events if first <= event["event_ts"] <= last]
        places = [_places(event) for event in events]
        sources = self._sources([place for of_event in places for place in of_event])
        return tuple(
            SourceOrder(
                order_id=event["event_id"],
                order_ts=event["event_ts"],
                amount=None,
                measure=_short(event["measure"]) if feature.column else None,
                lines=tuple(sources[place] for place in of_event),
            )
            for event, of_event in zip(events, places, strict=True)
        )

    def _lines(
        self, feature: Feature, customer_id: str, window_from: datetime | None, window_to: datetime
    ) -> tuple[SourceOrder, ...]:
        """At grain order_line: each line on its own, or an order's lines up to the window's end together."""
        read = {"measure": feature.column or "amount", "by_value": feature.by or "order_id"}
        stored = _stored(read, self.lookups)
        lines = self._select(
            "select order_id, order_ts, amount, load_id, line_number, {measure} as measure, {by} as by_value "
            "from {stg}.order_lines where customer_id = %(customer_id)s and is_purchase "
            "and order_ts < %(to)s order by order_ts, load_id, line_number",
            {"customer_id": customer_id, "to": window_to},
            measure=stored["measure"],
            by=stored["by_value"],
        )
        self._look_up(lines, read, self.lookups, at="order_ts")
        groups = [[line] for line in lines] if feature.looks_at_lines(self.mapped) else _orders_of(lines)
        groups = [
            group
            for group in groups
            if group[0]["order_ts"] >= (window_from or FIRST_INSTANT)
            and (feature.by is None or group[0]["by_value"] == feature.value)
        ]
        groups.sort(key=lambda group: (group[0]["order_ts"], group[0]["order_id"]))
        first, last = _counted(feature, [group[0]["order_ts"] for group in groups])
        groups = [group for group in groups if first <= group[0]["order_ts"] <= last]
        self._require_parsed([line for group in groups for line in group])
        sources = self._sources([place for group in groups for line in group for place in _places(line)])
        return tuple(
            SourceOrder(
                order_id=group[0]["order_id"],
                order_ts=group[0]["order_ts"],
                amount=_short(_together(group, "amount")),
                measure=_measure(feature, group),
                lines=tuple(sources[place] for line in group for place in _places(line)),
            )
            for group in groups
        )

    def _require_parsed(self, lines: Sequence[Row]) -> None:
        """Raises CheckFailed if a line is not as the files that are staged now have it."""
        if not lines:
            return
        rows = self._select(
            "select load_id, line_number, order_id, amount from {stg}.orders_parsed "
            "where order_id in %(ids)s",
            {"ids": tuple({line["order_id"] for line in lines})},
        )
        parsed = {_place(row): (row["order_id"], row["amount"]) for row in rows}
        for line in lines:
            found = parsed.get(_place(line))
            # An amount of the order counts on one of the lines that say it.
            counted_elsewhere = line["amount"] == 0 and is_of_order("amount", self.mapped)
            if found is None or found[0] != line["order_id"]:
                raise _other_build(line)
            if found[1] != line["amount"] and not counted_elsewhere:
                raise _other_build(line)

    def _states(self, feature: Feature) -> str:
        """The orders; of a feature, where available_at is mapped, each in the state known before `to`."""
        if not self.tracked or feature.ahead:
            return "{stg}.orders"
        return (
            "(select * from (select *, row_number() over (partition by order_id order by available_at desc) "
            "as place from {stg}.order_versions where available_at < %(to)s and order_id in "
            "(select order_id from {stg}.order_versions where customer_id = %(customer_id)s)) as states "
            "where place = 1) as known"
        )

    def _sources(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], SourceLine]:
        if not places:
            return {}
        rows = self._select(
            "select load_id, line_number, file_name, columns, payload "
            "from {raw}.raw_events join {raw}.loads using (load_id) "
            "where load_id in %(loads)s and line_number in %(lines)s",
            {
                "loads": tuple(sorted({load for load, _ in places})),
                "lines": tuple(sorted({line for _, line in places})),
            },
        )
        return {
            (row["load_id"], row["line_number"]): SourceLine(
                file_name=row["file_name"],
                line_number=row["line_number"],
                load_id=row["load_id"],
                record={name: row["payload"][name] for name in row["columns"] if name in row["payload"]},
            )
            for row in rows
        }


def _counted(feature: Feature, times: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From and to when orders count, both included; times: those in the window, in order."""
    if not times or not feature.function.startswith("days_since"):
        return FIRST_INSTANT, LAST_INSTANT
    if feature.function == "days_since_first":
        return times[0], times[0]
    return times[-min(feature.place, len(times))], times[-1]


def _merged(*sides: Sequence[SourceOrder]) -> tuple[SourceOrder, ...]:
    """The orders of both sides of a ratio, each once."""
    orders = {
        (order.order_id, *((line.load_id, line.line_number) for line in order.lines)): order
        for side in sides
        for order in side
    }
    return tuple(
        replace(order, measure=None)
        for order in sorted(orders.values(), key=lambda order: (order.order_ts, order.order_id))
    )


def _orders_of(lines: Sequence[Row]) -> list[list[Row]]:
    """Each order's lines, in their order: the first one opens it."""
    orders: dict[str, list[Row]] = {}
    for line in lines:
        orders.setdefault(line["order_id"], []).append(line)
    return list(orders.values())


def _measure(feature: Feature, lines: Sequence[Row]) -> Measure:
    """Of several lines together; where the feature is a text, the first line's, though it be missing."""
    if feature.column is None:
        return None
    measure: Measure = _short(lines[0]["measure"] if feature.picks_text else _together(lines, "measure"))
    return measure


def _together(lines: Sequence[Row], column: str) -> Any:
    """A number of several lines is their sum; a text is the first line's."""
    values = [line[column] for line in lines if line[column] is not None]
    numbers = all(isinstance(value, (Decimal, int)) for value in values)
    return sum(values) if len(values) > 1 and numbers else values[0] if values else None


def _place(line: Row) -> tuple[int, int]:
    return line["load_id"], line["line_number"]


def _places(row: Row) -> list[tuple[int, int]]:
    """That of a row, and those of the states that it has looked up."""
    return list(dict.fromkeys([_place(row), *row.get("looked_up", ())]))


def _stored(read: Mapping[str, str], lookups: Mapping[str, Any]) -> dict[str, str]:
    """The columns to read; in place of one that is looked up its key, by which it is looked up again."""
    return {name: lookups[column]["key"] if column in lookups else column for name, column in read.items()}


def _short(value: Any) -> Any:
    """A decimal without the zeros that Spark fills up to six places with; cents stay."""
    if not isinstance(value, Decimal):
        return value
    return Decimal(re.sub(r"(\.\d\d\d*?)0+$", r"\1", f"{value:f}"))


def _other_build(line: Row) -> CheckFailed:
    return CheckFailed(
        f"stg.orders_parsed does not hold line {line['line_number']} of load {line['load_id']} as a line "
        f"of order {line['order_id']}: it is of another build than stg.order_lines",
        hint="bring both to the same state with: ready run",
    )
