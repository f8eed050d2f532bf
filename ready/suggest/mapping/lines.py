"""Whether a record is an order or a line of one, and which values hold for the whole order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ready.suggest.mapping.columns import Column
from ready.suggest.mapping.times import instant

A_DAY = timedelta(days=1)
MOST = 0.9


@dataclass(frozen=True)
class Grain:
    """repeated: ids of several records of one file; of these, equal: with the same record each time.

    across: ids in several files. foreign: ids that come again with another customer, and foreign_across those
    of them that do so in another file only. example: one of the foreign ids.
    orders: the places of the records of each order with several.
    """

    repeated: int = 0
    equal: int = 0
    across: int = 0
    foreign: int = 0
    foreign_across: int = 0
    example: str = ""
    orders: tuple[tuple[int, ...], ...] = ()

    @property
    def is_line(self) -> bool:
        """More than half of the ids that come again do so with another record."""
        return self.repeated - self.equal > self.repeated / 2


def read_grain(
    order_id: Column, customer: Column | None, columns: Sequence[Column], files: Sequence[int]
) -> Grain:
    """files: for each record, the number of its file."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(order_id.texts):
        if text:
            places[text].append(place)
    several = {text: found for text, found in places.items() if len(found) > 1}
    in_one = {text: group for text, found in several.items() if len(group := _in_one_file(found, files)) > 1}
    foreign = [text for text, found in several.items() if customer and len(_values(customer, found)) > 1]
    return Grain(
        repeated=len(in_one),
        equal=sum(_are_equal(columns, found) for found in in_one.values()),
        across=sum(len({files[place] for place in found}) > 1 for found in several.values()),
        foreign=len(foreign),
        foreign_across=sum(
            not customer or len(_values(customer, in_one.get(text, []))) < 2 for text in foreign
        ),
        example=foreign[0] if foreign else "",
        orders=tuple(map(tuple, in_one.values())),
    )


def _in_one_file(places: Sequence[int], files: Sequence[int]) -> list[int]:
    """The most records of the id in one file."""
    by_file: dict[int, list[int]] = defaultdict(list)
    for place in places:
        by_file[files[place]].append(place)
    return max(by_file.values(), key=len)


def _values(column: Column, places: Sequence[int]) -> set[str]:
    return {column.texts[place] for place in places} - {""}


def _are_equal(columns: Sequence[Column], places: Sequence[int]) -> bool:
    return len({tuple(column.texts[place] for column in columns) for place in places}) == 1


def is_on_first_line(column: Column, grain: Grain) -> bool:
    """Of orders with several lines, only the first has a value."""
    texts = column.texts
    firsts = [order for order in grain.orders if texts[order[0]]]
    return bool(firsts) and all(not texts[place] for order in firsts for place in order[1:])


def is_on_each_line(column: Column, grain: Grain) -> bool:
    """Nearly all orders have one value on all of their lines."""
    same = sum(len({column.texts[place] for place in order}) == 1 for order in grain.orders)
    return len(grain.orders) >= 5 and same >= MOST * len(grain.orders)


def distinguishes_lines(column: Column, grain: Grain) -> bool:
    """No two lines of an order share a value, and none is blank."""
    return bool(grain.orders) and all(
        len({column.texts[place] for place in order} - {""}) == len(order) for order in grain.orders
    )


def later_lines(times: Column, grain: Grain) -> int:
    """Orders with lines of which one is more than a day after the first."""
    reading = times.times
    if reading is None:
        return 0
    count = 0
    for order in grain.orders:
        moments = [instant(times.texts[place], reading.format, reading.language) for place in order]
        known = [moment for moment in moments if moment]
        count += bool(known) and max(known) - min(known) > A_DAY
    return count
