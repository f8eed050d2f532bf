"""Rows of the seed order_statuses that no order can ever meet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ready.lint.finding import Finding
from ready.lint.mapped import spelled_status

STATUSES = Path("seeds", "order_statuses.csv")


def read_statuses(project: Path) -> list[tuple[int, str]]:
    """The statuses of the seed, each with its line; none where there is no such file."""
    try:
        with (project / STATUSES).open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            return [(rows.line_num, row.get("status") or "") for row in rows]
    except (OSError, ValueError, csv.Error):  # dbt tells what is wrong with it
        return []


def check_statuses(project: Path) -> Iterator[Finding]:
    """Spellings that the column status never has, and rows that are one status; no build stops at them."""
    file, first = project / STATUSES, dict[str, int]()
    for line, status in read_statuses(project):
        spelled = spelled_status(status)
        if not spelled:
            message, hint = "the row has no status, so no order is of it", "take the row out"
            yield Finding(file, line, message, hint).told_only()
        elif spelled != status:
            message = f"status is lower case without hyphens, so no order has {status!r}"
            yield Finding(file, line, message, f"write {spelled}").told_only()
        if spelled and spelled in first:
            message = f"the status {spelled} is there twice, first in line {first[spelled]}"
            yield Finding(file, line, message, "keep one of the rows").told_only()
        first.setdefault(spelled, line)
