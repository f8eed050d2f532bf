"""Expectations that the profiled data meets, with the evidence for each."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ready.gate.rules import TestCall
from ready.suggest.profile import ColumnProfile

ENOUGH_ROWS = 20  # fewer rows are no evidence
ROWS_A_VALUE = 10  # a set whose values are rarer than that may just not be complete yet
MAX_RUNS = 8  # a pattern of more runs is free text by chance
CLASSES = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
EXPECT = "dbt_expectations.expect_"

# Tests that say the same of a column; one of a kind is enough.
KINDS = {
    "not_null": "null",
    EXPECT + "column_values_to_not_be_null": "null",
    "unique": "unique",
    "unique_within_load": "unique",
    EXPECT + "column_values_to_be_unique": "unique",
    "accepted_values": "set",
    EXPECT + "column_values_to_be_in_set": "set",
    EXPECT + "column_values_to_match_regex": "text",
    EXPECT + "column_value_lengths_to_be_between": "text",
}


@dataclass(frozen=True)
class Proposal:
    """A test for a column, and in one line what in the data speaks for it."""

    column: str
    test: str
    evidence: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def propose(
    profiles: Iterable[ColumnProfile], present: Iterable[TestCall], sensitive: frozenset[str] = frozenset()
) -> list[Proposal]:
    """What the expectations (`present`) do not say yet. Of sensitive columns no value is shown."""
    said = {(call.column, _kind(call.test)) for call in present}
    proposals = [
        p for profile in profiles for p in _of_column(profile, shows_values=profile.name not in sensitive)
    ]
    return [p for p in proposals if (p.column, _kind(p.test)) not in said and not _is_template(p)]


def _is_template(proposal: Proposal) -> bool:
    """dbt renders the arguments of tests with Jinja: what a file contains must not get there."""
    return bool(re.search(r"\{[{%#]", json.dumps(dict(proposal.arguments))))


def _kind(test: str) -> str:
    return KINDS.get(test, test)


def _of_column(profile: ColumnProfile, *, shows_values: bool) -> Iterator[Proposal]:
    if profile.rows < ENOUGH_ROWS:
        return
    if profile.valid == profile.rows:
        yield Proposal(profile.name, "not_null", f"each of {profile.rows:,} rows has a value")
    if profile.kind == "text":
        yield from _of_text(profile, shows_values=shows_values)
    elif profile.valid == profile.filled:
        test, noun = ("valid_number", "number") if profile.kind == "number" else ("valid_timestamp", "time")
        yield Proposal(profile.name, test, f"each of {profile.filled:,} texts is a {noun}")
    if shows_values and profile.kind == "number":
        yield _range_of_numbers(profile)
    elif shows_values and profile.kind == "time":
        yield _range_of_times(profile)


def _of_text(profile: ColumnProfile, *, shows_values: bool) -> Iterator[Proposal]:
    filled = profile.valid
    if not profile.values and not profile.repeated:
        yield Proposal(profile.name, "unique_within_load", f"{filled:,} values, none twice in a load")
    if not shows_values:
        return
    if profile.values and filled >= ROWS_A_VALUE * len(profile.values):
        shares = ", ".join(f"{value} {count / filled:.1%}" for value, count in profile.values)
        arguments = {"values": [value for value, _ in profile.values]}
        yield Proposal(profile.name, "accepted_values", f"{len(profile.values)} values: {shares}", arguments)
    elif not profile.values:
        yield _pattern(profile) or _lengths(profile)


def _pattern(profile: ColumnProfile) -> Proposal | None:
    regex = pattern_of(profile.shapes, profile.prefix)
    if regex is None:
        return None
    evidence = f"each of {profile.valid:,} values has this pattern, such as {profile.minimum}"
    return Proposal(profile.name, EXPECT + "column_values_to_match_regex", evidence, {"regex": regex})


def pattern_of(shapes: Iterable[str], prefix: str) -> str | None:
    """One regular expression for texts of these shapes, or None where they are not alike.

    >>> pattern_of(["A9999", "A999"], "A")
    '^A[0-9]{3,4}$'
    """
    shapes = list(shapes)
    if any("@" in shape for shape in shapes):  # tomorrow's address has another length and other marks
        return None
    runs = [[(sign, len(list(group))) for sign, group in itertools.groupby(shape)] for shape in shapes]
    if not runs or len({tuple(sign for sign, _ in each) for each in runs}) > 1 or len(runs[0]) > MAX_RUNS:
        return None
    parts = []
    for index, same_place in enumerate(zip(*runs, strict=True)):
        sign, lengths = same_place[0][0], {length for _, length in same_place}
        first, last = min(lengths), max(lengths)
        if index == 0 and first == last <= len(prefix):
            parts.append(re.escape(prefix[:first]))
        else:
            times = f"{{{first}}}" if first == last else f"{{{first},{last}}}"
            parts.append(CLASSES.get(sign, re.escape(sign)) + ("" if times == "{1}" else times))
    return f"^{''.join(parts)}$"


def _lengths(profile: ColumnProfile) -> Proposal:
    arguments = {"min_value": profile.shortest, "max_value": profile.longest}
    evidence = f"{profile.valid:,} values of {profile.shortest} to {profile.longest} characters"
    return Proposal(profile.name, EXPECT + "column_value_lengths_to_be_between", evidence, arguments)


def _range_of_numbers(profile: ColumnProfile) -> Proposal:
    """With room above, as tomorrow's largest value is not known."""
    low, high = Decimal(profile.minimum or 0), Decimal(profile.maximum or 0)
    bounds = {"min_value": 0 if low >= 0 else -round_up(-2 * low), "max_value": round_up(2 * high)}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    evidence = f"from {profile.minimum} to {profile.maximum}"
    return Proposal(profile.name, EXPECT + "column_values_to_be_between", evidence, given)


def round_up(value: Decimal) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ...; at least 1."""
    power = Decimal(10) ** max(0, math.floor(value.log10()) if value > 0 else 0)
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= value))


def _range_of_times(profile: ColumnProfile) -> Proposal:
    first, last = (profile.minimum or "")[:10], (profile.maximum or "")[:10]
    arguments = {"min_value": f"timestamp '{first}'"}
    return Proposal(
        profile.name, EXPECT + "column_values_to_be_between", f"from {first} to {last}", arguments
    )
