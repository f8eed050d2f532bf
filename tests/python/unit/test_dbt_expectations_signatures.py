"""The stand-in's public tests have the names, arguments and defaults of the published package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "packages" / "dbt_expectations" / "macros"
GENERIC = ROOT / "tests" / "dbt" / "generic"
SHARED = ROOT.parent / "shared" / "dbt_expectations_signatures.txt"

BOUNDS = "min_value=None, max_value=None, "
GROUPED = "model, column_name, " + BOUNDS + "group_by=None, row_condition=None, strictly=False"
REGEX = 'model, column_name, regex, row_condition=None, is_raw=False, flags=""'
IN_SET = "model, column_name, value_set, quote_values=True, row_condition=None"
ROWS = "model, column_name, " + BOUNDS + "row_condition=None, strictly=False"

SIGNATURES = {
    "expect_column_max_to_be_between": GROUPED,
    "expect_column_mean_to_be_between": GROUPED,
    "expect_column_min_to_be_between": GROUPED,
    "expect_column_pair_values_A_to_be_greater_than_B": (
        "model, column_A, column_B, or_equal=False, row_condition=None"
    ),
    "expect_column_proportion_of_unique_values_to_be_between": GROUPED,
    "expect_column_sum_to_be_between": GROUPED,
    "expect_column_to_exist": 'model, column_name, column_index=None, transform="upper"',
    "expect_column_value_lengths_to_be_between": ROWS,
    "expect_column_values_to_be_between": ROWS,
    "expect_column_values_to_be_in_set": IN_SET,
    "expect_column_values_to_be_null": "model, column_name, row_condition=None",
    "expect_column_values_to_be_of_type": "model, column_name, column_type",
    "expect_column_values_to_be_unique": "model, column_name, row_condition=None",
    "expect_column_values_to_match_regex": REGEX,
    "expect_column_values_to_not_be_in_set": IN_SET,
    "expect_column_values_to_not_be_null": "model, column_name, row_condition=None",
    "expect_column_values_to_not_match_regex": REGEX,
    "expect_compound_columns_to_be_unique": (
        'model, column_list, quote_columns=False, ignore_row_if="all_values_are_missing", row_condition=None'
    ),
    "expect_row_values_to_have_recent_data": "model, column_name, datepart, interval, row_condition=None",
    "expect_table_columns_to_contain_set": 'model, column_list, transform="upper"',
    "expect_table_row_count_to_be_between": (
        "model, " + BOUNDS + "group_by=None, row_condition=None, strictly=False"
    ),
    "expect_table_row_count_to_equal_other_table": (
        "model, compare_model, group_by=None, compare_group_by=None, factor=1, "
        "row_condition=None, compare_row_condition=None"
    ),
}


def declared(folder: Path) -> dict[str, str]:
    """name -> arguments of every test block in a folder, on one line each."""
    found = {}
    for path in folder.rglob("*.sql"):
        for name, arguments in re.findall(r"{%-? test (\w+)\((.*?)\)\s*-?%}", path.read_text(), re.DOTALL):
            assert name == path.stem, f"{path}: one public test per file, named after it"
            found[name] = " ".join(arguments.split())
    return found


def documented(path: Path) -> dict[str, list[str]]:
    macros: list[dict[str, Any]] = yaml.safe_load(path.read_text())["macros"]
    return {macro["name"]: [argument["name"] for argument in macro["arguments"]] for macro in macros}


def names(arguments: str) -> list[str]:
    return re.findall(r"(\w+)(?:=[^,]*)?(?:, |$)", arguments)


def test_the_package_declares_exactly_the_published_signatures() -> None:
    assert declared(PACKAGE) == SIGNATURES


# The list is not part of the project, and a stranger's clone has none.
needs_published_list = pytest.mark.skipif(
    not SHARED.exists(), reason="the list of published signatures is not beside the project"
)


def published_signatures() -> dict[str, str]:
    """Arguments by test."""
    return dict(re.findall(r"^(\w+)\((.*)\)$", SHARED.read_text(), re.MULTILINE))


@needs_published_list
def test_the_signatures_are_those_of_the_published_list() -> None:
    published = published_signatures()
    assert {name: published.get(name) for name in SIGNATURES} == SIGNATURES


@pytest.mark.parametrize(
    ("folder", "properties"),
    [(PACKAGE, "_macros.yml"), (GENERIC, "_generic_tests.yml")],
    ids=["package", "own"],
)
def test_every_test_documents_its_arguments(folder: Path, properties: str) -> None:
    """dbt itself compares the two only for macros, not for tests in tests/generic."""
    expected = {f"test_{name}": names(arguments) for name, arguments in declared(folder).items()}
    assert documented(folder / properties) == expected
