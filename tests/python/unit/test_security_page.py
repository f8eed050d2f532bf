"""docs/security.md and docs/dbt.md name tests: each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parents[1] / "docs" / "security.md").read_text(encoding="utf-8")
DBT_PAGE = (TESTS.parents[1] / "docs" / "dbt.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", PAGE + DBT_PAGE)))


def test_every_threat_has_a_test() -> None:
    rows = PAGE.partition("## Threats")[2].partition("\n## ")[0].splitlines()
    threats = [row for row in rows if row.startswith("| ") and not row.startswith("| threat")]
    assert len(threats) >= 20
    assert [row for row in threats if "::test_" not in row] == []


def test_no_build_waits_for_an_advisory_lock() -> None:
    """Anyone may hold one. Only the check's own schemas are marked by some."""
    project = TESTS.parents[1]
    sources = [file for folder in ("macros", "ready", "loader") for file in (project / folder).rglob("*.*")]
    taking = {
        str(file.relative_to(project))
        for file in sources
        if file.suffix in (".sql", ".py") and "pg_advisory" in file.read_text(encoding="utf-8")
    }
    assert taking == {"ready/postgres/scratch.py"}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_it_is_there(file: str, name: str) -> None:
    (path,) = TESTS.rglob(file)
    assert f"def {name}(" in path.read_text(encoding="utf-8")
