"""Profiles what is loaded and proposes what the gate could check."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from ready.database.query import connected
from ready.errors import UsageError
from ready.gate.expectations import sensitive_columns, written_tests
from ready.gate.rules import TestCall
from ready.lint import require_clean_configs
from ready.settings import Settings
from ready.suggest.merge import CannotMerge, merge
from ready.suggest.profile import read_profiles
from ready.suggest.proposals import Proposal, propose


def suggest(settings: Settings) -> list[Proposal]:
    """Tests that today's rows of stg.orders_parsed pass and that the expectations do not have yet.

    Raises UsageError when the configs have faults or nothing is loaded.
    """
    require_clean_configs(settings)
    file = expectations_file(settings)
    with connected(settings) as connection:
        profiles = read_profiles(connection, settings)
    return propose(profiles, written_tests(file), sensitive_columns(file))


def write_suggestions(settings: Settings, proposals: list[Proposal]) -> Path:
    """Add the proposals to expectations.yaml, all or none; comments and tests that are there stay.

    Raises UsageError when the file is written in a way that leaves no place for them.
    """
    file = expectations_file(settings)
    # Read as bytes on both sides: line ends stay what they are.
    text = file.read_bytes().decode("utf-8")
    try:
        merged = merge(text, proposals)
    except CannotMerge as error:
        raise UsageError(f"{file}: {error}", hint="paste what ready suggest prints") from None
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_bytes(merged.encode("utf-8"))
        _require_all(temporary, file, proposals)
        temporary.chmod(file.stat().st_mode)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def expectations_file(settings: Settings) -> Path:
    return settings.configs / "expectations.yaml"


def _require_all(merged: Path, original: Path, proposals: list[Proposal]) -> None:
    """A merge that lost or changed a test must not replace the file."""
    added = [TestCall(p.test, p.column, dict(p.arguments)) for p in proposals]
    wanted = Counter(call.written + str(call.column) for call in [*written_tests(original), *added])
    found = Counter(call.written + str(call.column) for call in written_tests(merged))
    if wanted != found:
        raise UsageError(f"{original} cannot be extended safely", hint="paste what ready suggest prints")
