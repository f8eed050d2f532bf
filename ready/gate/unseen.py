"""Rules that pass because they look at nothing: no row, or no value."""

from __future__ import annotations

import re

from ready.gate.faults import identifier

EXPECT = "dbt_expectations.expect_"
# The tests that let a null pass; of nulls alone they say nothing.
NULL_PASSES = {
    "accepted_values", "relationships", "foreign_key", "unique", "unique_within_load",
    EXPECT + "column_values_to_be_unique", EXPECT + "column_values_to_be_between",
    EXPECT + "column_values_to_not_be_in_set", EXPECT + "column_values_to_not_match_regex",
    EXPECT + "column_value_lengths_to_be_between", EXPECT + "column_value_lengths_to_equal",
    EXPECT + "column_values_to_match_like_pattern", EXPECT + "column_values_to_not_match_like_pattern",
    EXPECT + "column_values_to_match_like_pattern_list",
    EXPECT + "column_values_to_not_match_like_pattern_list", EXPECT + "column_distinct_values_to_be_in_set",
    "dbt_utils.accepted_range", "dbt_utils.not_accepted_values", "dbt_utils.relationships_where",
}  # fmt: skip


def rows_meant(condition: str, column: str | None) -> str:
    """The condition without what it says of the column's own text being null.

    That says which fault is counted, not which rows are meant, and holds for no row of clean data. As
    macros/gate/get_test_sql.sql has it.
    """
    if not column or re.search(r"\bnot\s*\(", condition, re.IGNORECASE):
        return condition
    name = re.escape(column.strip('"'))
    text_is_null = rf'(?is)(^|[(]|\band\b)(\s*)"?{name}(?:_raw)?"?\s+is\s+null\b(?=\s*(?:$|[)]|\band\b))'
    return re.sub(text_is_null, r"\1\2true", condition)


def value_exists_sql(relation: str, column: str) -> str:
    """Whether there is a value to judge; ends at the first."""
    return f"select exists (select 1 from {relation} where {identifier(column)} is not null) as found"
