"""What is said of a table that differs, in words that text and Markdown share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ready.rendering.terminal import one_line
from ready.table_diff.model import BuildDiff, ColumnDiff, Key, Splits, TableDiff, VersionDiff

# Sets what comes from the data or its definition apart from our words.
Quote = Callable[[str], str]

LONGEST = 60
MOST_COLUMNS = 20
NO_SPLIT = "no split"


def details(table: TableDiff, quote: Quote) -> Iterator[str]:
    """A line each: columns, the first row that came and went, values, splits."""
    yield from (f"new column {quote(name)}, {quote(type)}" for name, type in table.added.items())
    yield from (f"without column {quote(name)}, {quote(type)}" for name, type in table.removed.items())
    for name, types in table.retyped.items():
        yield f"column {quote(name)}: {quote(types[0])} → {quote(types[1])}"
    for word, key in (("came", table.first_came), ("went", table.first_went)):
        yield from [f"first that {word}: {_row(key, quote)}"] if key else []
    yield from (_values(column, quote) for column in table.columns[:MOST_COLUMNS])
    more = len(table.columns) - MOST_COLUMNS
    yield from [f"and {more} more column(s), which --json lists"] if more > 0 else []
    yield from _splits(table.splits, quote) if table.splits else []


def _values(column: ColumnDiff, quote: Quote) -> str:
    counted = f"{quote(column.column)}: {column.rows:,} value(s) differ"
    if column.first is None:
        return counted
    before, after = (
        "null" if value is None else quote(clipped(value))
        for value in (column.first.before, column.first.after)
    )
    return f"{counted}; first, {_row(column.first.key, quote)}: {before} → {after}"


def _row(key: Key, quote: Quote) -> str:
    return quote(
        clipped(", ".join(f"{name}={'null' if value is None else value}" for name, value in key.items()), 2)
    )


def clipped(text: str, times: int = 1) -> str:
    """On one line, and not longer than a reader needs."""
    text = one_line(text)
    return text if len(text) <= LONGEST * times else f"{text[: LONGEST * times - 1]}…"


def _splits(splits: Splits, quote: Quote) -> Iterator[str]:
    names = [*splits.before, *(name for name in splits.after if name not in splits.before)]
    sizes = [
        f"{quote(clipped(name))} {_from_to(splits.before.get(name, 0), splits.after.get(name, 0))}"
        for name in names
        if splits.before.get(name, 0) != splits.after.get(name, 0)
    ]
    yield from [f"rows of splits: {', '.join(sizes)}"] if sizes else []
    for moved in splits.moved:
        before, after = (
            NO_SPLIT if name is None else quote(clipped(name)) for name in (moved.before, moved.after)
        )
        yield f"{moved.rows:,} row(s) moved from {before} to {after}"


def _from_to(before: int, after: int) -> str:
    return f"{before:,} → {after:,}"


def fingerprint(version: VersionDiff, quote: Quote) -> str:
    """A feature set's version and fingerprint on both sides."""
    if version.after is None:
        return "not in this build"
    now = f"version {version.after.feature_version}, fingerprint {quote(version.after.data_hash)}"
    if version.before is None:
        return f"{now}, new"
    before = version.before
    if version.same:
        return f"{now}, the same as version {before.feature_version} of the base"
    return f"{now}; the base has version {before.feature_version}, {quote(before.data_hash)}"


def rows_of(table: TableDiff) -> str:
    """Rows of the build, and how many more or fewer than the base has."""
    if table.rows_after is None:
        return f"{table.rows_before:,}"
    change = table.rows_after - (table.rows_before or 0)
    return f"{table.rows_after:,}" + (f" ({change:+,})" if change and not table.is_new else "")


def verdict(table: TableDiff) -> str:
    """In a word or two; empty where numbers say it."""
    if table.is_missing:
        return "not in this build"
    return "new" if table.is_new else "same" if table.same else ""


def closing_line(found: BuildDiff) -> str:
    counts: Mapping[str, int] = {
        "differ": sum(not (table.same or table.is_missing) for table in found.tables),
        "are the same": sum(table.same for table in found.tables),
        "are not in this build": sum(table.is_missing for table in found.tables),
    }
    parts = [f"{number} {words}" for words, number in counts.items() if number]
    return f"Of {len(found.tables)} table(s) {', '.join(parts)}." if parts else "Neither build has a table."
