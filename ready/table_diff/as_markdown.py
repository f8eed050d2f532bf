"""A comparison of two builds as a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ready.rendering.terminal import one_line
from ready.table_diff.details import closing_line, details, fingerprint, rows_of, verdict
from ready.table_diff.model import BuildDiff, TableDiff


def as_markdown(found: BuildDiff) -> Iterator[str]:
    yield "## Data: this build against its base"
    yield ""
    yield from (f"- {code(version.feature_set)}: {fingerprint(version, code)}" for version in found.versions)
    yield ""
    listed = [table for table in found.tables if not table.same]
    if listed:
        yield "| table | rows | came | went | changed |"
        yield "|---|--:|--:|--:|--:|"
        yield from map(_line, listed)
        yield ""
    for table in listed:
        lines = list(details(table, code))
        yield from [f"{code(table.table)}", "", *(f"- {line}" for line in lines), ""] if lines else []
    yield closing_line(found)


def _line(table: TableDiff) -> str:
    counts = [f"{number:,}" for number in (table.came, table.went, table.changed)]
    cells = [verdict(table), "", ""] if verdict(table) else counts
    name = code(table.table).replace("|", r"\|")
    return f"| {' | '.join([name, rows_of(table), *cells])} |"


def code(text: str) -> str:
    """As a code span, in which nothing of a text from data means anything: no mention, no link, no HTML."""
    text = one_line(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text[:1] in ("`", " ", "") or text[-1:] in ("`", " ") else ""
    return f"{fence}{space}{text}{space}{fence}"
