"""Any text that a CSV can hold comes back from payload as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_tables import rows

from loader import LoadOptions, load_files
from ready.postgres.connection import ConnectionParams

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
HARD = st.sampled_from(["\\N", "\\.", "\\u0000", "\\", '"', "\n", "\r", "\t", "\x01", "NULL", "\U0001f600"])
TABLES = st.lists(st.tuples(TEXT | HARD, TEXT | HARD), max_size=50)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=TABLES)
def test_values_come_back(database: ConnectionParams, tmp_path: Path, table: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b\\\"'"), *table])
    path = tmp_path / "t.csv"
    path.write_bytes(out.getvalue().encode())
    # Each table is another delivery of one file.
    options = LoadOptions(delimiter=",", encoding="utf-8", max_shrink="100%")
    (result,) = load_files(database.connect, [path], options).files
    assert result.rows_rejected == 0
    found = rows(
        database, "select payload from raw.raw_events where load_id = %s order by line_number", result.load_id
    )
    assert [payload for (payload,) in found] == [{"a": a, "b\\\"'": b} for a, b in table if a or b]
