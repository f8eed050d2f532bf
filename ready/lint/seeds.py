"""Rows of the seed order_statuses that no order can ever meet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from ready.lint.document import Document
from ready.lint.finding import Finding
from ready.lint.mapped import Mapped, spelled_status
from ready.lint.rules import PARSED, attached_tests

STATUSES = Path("seeds", "order_statuses.csv")
REFERENCES = ("relationships", "foreign_key")
SEED = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")


def read_statuses(project: Path) -> list[tuple[int, str]]:
    """The statuses of the seed, each with its line; none where there is no such file."""
    return _column(project / STATUSES, "status")


def _column(seed: Path, name: str) -> list[tuple[int, str]]:
    """The values of a seed's column, each with its line."""
    try:
        with seed.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            return [(rows.line_num, row.get(name) or "") for row in rows]
    except (OSError, ValueError, csv.Error):  # dbt says what is wrong with it
        return []


def check_statuses(project: Path) -> Iterator[Finding]:
    """Spellings that the column status never has, and rows that are one status; no build stops at them."""
    file, first = project / STATUSES, dict[str, int]()
    for line, status in read_statuses(project):
        spelled = spelled_status(status)
        if not spelled:
            message, hint = "the row has no status, so no order is of it", "take the row out"
            yield Finding(file, line, message, hint).reported_only()
        elif spelled != status:
            message = f"status is lower case without hyphens, so no order has {status!r}"
            yield Finding(file, line, message, f"write {spelled}").reported_only()
        if spelled and spelled in first:
            message = f"the status {spelled} is there twice, first in line {first[spelled]}"
            yield Finding(file, line, message, "keep one of the rows").reported_only()
        first.setdefault(spelled, line)


def check_references(expectations: Document, mapped: Mapped, project: Path) -> Iterator[Finding]:
    """Rows of seeds of one's own that a rule compares a column with and that the column never has."""
    for test in attached_tests(expectations, PARSED):
        seed = SEED.search(str(test.setting("to"))) if test.name in REFERENCES else None
        column, field = test.column or test.setting("column_name"), test.setting("field")
        if not seed or not isinstance(column, str):
            continue
        file = project / "seeds" / f"{seed[1]}.csv"
        for line, value in _column(file, str(field)) if file != project / STATUSES else []:
            why = mapped.why_never(column, value) if value else None
            if why:
                yield Finding(file, line, f"{field}: {why[0]}", why[1]).reported_only()
