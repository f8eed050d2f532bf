"""Suggestions: what the profile bears out, and a merge that loses nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from ready.gate.expectations import written_tests
from ready.gate.rules import TestCall
from ready.suggest.merge import CannotMerge, merge, render
from ready.suggest.profile import ColumnProfile
from ready.suggest.proposals import Proposal, pattern_of, propose, round_up

EXPECT = "dbt_expectations.expect_"
TEXT = ColumnProfile(
    "status", "text", 100, 100, 100, 2, "lost", "new", 3, 4, values=(("new", 75), ("lost", 25))
)
IDS = ColumnProfile(
    "order_id", "text", 100, 100, 100, 100, "A1", "A99", 2, 3, shapes=("A9", "A99"), prefix="A"
)
NUMBER = ColumnProfile("amount", "number", 100, 100, 100, 90, "1.50", "812.40", 4, 6)
TIME = ColumnProfile(
    "order_ts", "time", 100, 100, 100, 90, "2024-01-01 00:00:00+00", "2025-06-30 00:00:00+00", 1, 1
)


def proposed(
    profile: ColumnProfile, *present: TestCall, sensitive: frozenset[str] = frozenset()
) -> dict[str, object]:
    return {p.test.removeprefix(EXPECT): dict(p.arguments) for p in propose([profile], present, sensitive)}


def test_each_kind_of_column_gets_what_its_data_bears_out() -> None:
    assert proposed(TEXT) == {"not_null": {}, "accepted_values": {"values": ["new", "lost"]}}
    assert proposed(IDS) == {
        "not_null": {}, "unique_within_load": {}, "column_values_to_match_regex": {"regex": "^A[0-9]{1,2}$"},
    }  # fmt: skip
    bounds = {"min_value": 0, "max_value": 2000}
    assert proposed(NUMBER) == {"not_null": {}, "valid_number": {}, "column_values_to_be_between": bounds}
    assert proposed(TIME) == {
        "not_null": {}, "valid_timestamp": {},
        "column_values_to_be_between": {"min_value": "timestamp '2024-01-01'"},
    }  # fmt: skip


def test_the_data_must_bear_it_out() -> None:
    assert "not_null" not in proposed(replace(TEXT, valid=99, filled=99))
    assert "valid_number" not in proposed(replace(NUMBER, valid=99))
    assert "unique_within_load" not in proposed(replace(IDS, repeated=1))
    assert "accepted_values" not in proposed(replace(TEXT, valid=19))
    assert proposed(replace(TEXT, rows=19)) == {}
    assert proposed(replace(NUMBER, minimum="-3", maximum="-1"))["column_values_to_be_between"] == {
        "min_value": -10, "max_value": 1,
    }  # fmt: skip


def test_texts_that_are_not_alike_get_their_lengths() -> None:
    lengths = proposed(replace(IDS, shapes=("A9", "9A")))["column_value_lengths_to_be_between"]
    assert lengths == {"min_value": 2, "max_value": 3}


def test_what_is_said_is_not_suggested_again() -> None:
    present = [
        TestCall(EXPECT + "column_values_to_not_be_null", "status", {}),
        TestCall(EXPECT + "column_values_to_be_in_set", "status", {"value_set": ["x"]}),
    ]
    assert proposed(TEXT, *present) == {}


def test_no_value_of_a_sensitive_column_is_told() -> None:
    sensitive = frozenset({"status", "order_id", "amount"})
    assert proposed(TEXT, sensitive=sensitive) == {"not_null": {}}
    assert proposed(IDS, sensitive=sensitive) == {"not_null": {}, "unique_within_load": {}}
    assert proposed(NUMBER, sensitive=sensitive) == {"not_null": {}, "valid_number": {}}


@pytest.mark.parametrize(
    ("shapes", "prefix", "regex"),
    [
        (["AA-9999"], "GB-", "^GB\\-[0-9]{4}$"),
        (["AA-9999"], "G", "^[A-Z]{2}\\-[0-9]{4}$"),
        (["aaa", "aaaaa"], "", "^[a-z]{3,5}$"),
        (["9"], "", "^[0-9]$"),
        (["é9"], "", "^é[0-9]$"),
        (["A9", "9A"], "", None),
        ([], "", None),
        (["A9A9A9A9A"], "", None),
        (["a9@a.a"], "", None),
    ],
)
def test_a_pattern_is_one_for_all_shapes(shapes: list[str], prefix: str, regex: str | None) -> None:
    assert pattern_of(shapes, prefix) == regex


@pytest.mark.parametrize(
    ("value", "bound"),
    [("0", 1), ("0.3", 1), ("1", 1), ("1.1", 2), ("812.4", 1000), ("2001", 5000), ("-4", 1)],
)
def test_bounds_are_round(value: str, bound: int) -> None:
    assert round_up(Decimal(value)) == bound


PROPOSALS = [
    Proposal("status", "not_null", "each of 5 rows has a value"),
    Proposal("status", "accepted_values", "2 values", {"values": ["a'b", "ü: #"]}),
    Proposal("amount", "valid_number", "all"),
    Proposal("channel", "not_null", "all"),
]
FILES = {
    "lists of lines": """\
version: 2
models:
  - name: orders_parsed   # the gate
    columns:
      - name: status
        data_tests:
          - column_in_file  # stays
          # about the next column

      - name: amount   # no tests yet
        description: >
          Folded
          text.

      - name: other
    data_tests:
      - dbt_expectations.expect_table_row_count_to_be_between: {arguments: {min_value: 1}}
# the end
""",
    "lists in brackets": """\
version: 2
models:
- name: orders_parsed
  columns:
  - name: status
    data_tests: [column_in_file, unique_within_load: {config: {severity: warn}}]  # kept
  - name: amount
    data_tests:
""",
    "no columns": "version: 2\nmodels:\n  - name: orders_parsed\n    description: x",
    "other line ends": "models:\r\n  - name: orders_parsed\r\n    columns:\r\n      - name: status\r\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_merge_adds_all_and_loses_nothing(tmp_path: Path, text: str) -> None:
    merged = merge(text, PROPOSALS)
    before, after = (_calls(tmp_path, content) for content in (text, merged))
    added = [(p.test, p.column, dict(p.arguments)) for p in PROPOSALS]
    assert sorted(after, key=str) == sorted(before + added, key=str)
    words = [word for line in text.splitlines() for word in line.replace("[", " ").replace("]", " ").split()]
    assert [word for word in words if word.strip(",") not in merged] == []
    assert merged.count("\r\n") in (0, merged.count("\n"))


def _calls(folder: Path, text: str) -> list[tuple[str, str | None, dict[str, object]]]:
    file = folder / "x.yaml"
    file.write_bytes(text.encode())
    return [(call.test, call.column, dict(call.arguments)) for call in written_tests(file)]


def test_comments_stay_where_they_are() -> None:
    merged = merge(FILES["lists of lines"], PROPOSALS).splitlines()
    at = merged.index("          - column_in_file  # stays")
    assert merged[at + 1 : at + 6] == [
        "          # each of 5 rows has a value",
        "          - not_null",
        "          # 2 values",
        "          - accepted_values:",
        "              arguments: {values: [a'b, 'ü: #']}",
    ]
    assert merged[at + 6] == "          # about the next column"
    assert merged[-1] == "# the end"


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\nmodels: []\n",
        "models:\n  - name: orders_parsed\n    columns: [{name: status}]\n",
        "models:\n  - name: orders_parsed\n    columns:\n      - {name: status}\n",
    ],
)
def test_a_file_without_a_place_is_left_alone(text: str) -> None:
    with pytest.raises(CannotMerge):
        merge(text, PROPOSALS)


def test_what_is_printed_is_a_file_of_its_own(tmp_path: Path) -> None:
    text = render(PROPOSALS)
    assert yaml.safe_load(text)["models"][0]["name"] == "orders_parsed"
    assert len(_calls(tmp_path, text)) == len(PROPOSALS)
