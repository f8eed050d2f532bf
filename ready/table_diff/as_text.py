"""A comparison of two builds for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ready.rendering.terminal import one_line
from ready.table_diff.details import closing_line, details, fingerprint, rows_of, verdict
from ready.table_diff.model import BuildDiff, TableDiff


def as_text(found: BuildDiff) -> Iterator[str]:
    for version in found.versions:
        yield f"{one_line(version.feature_set)}: {fingerprint(version, one_line)}"
    for table in found.tables:
        yield f"{one_line(table.table)}: {rows_of(table)} rows, {verdict(table) or _counts(table)}"
        yield from (f"  {line}" for line in details(table, one_line))
    yield closing_line(found)


def _counts(table: TableDiff) -> str:
    return f"{table.came:,} came, {table.went:,} went, {table.changed:,} changed"
