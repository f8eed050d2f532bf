"""Which features of sources a run names as its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from ready.recorded import source_sets
from ready.recorded.source_sets import read_source_sets
from ready.settings import Settings

RECORDED = ["customer_features", "members_features", "visits_features"]


def build(name: str) -> dict[str, Any]:
    source = name.removesuffix("_features")
    config = {"source_features": RECORDED[1:], "sources": {source: {}}}
    return {"config": config, "load_ids": [1], "feature_version": 1, "data_hash": "0", "row_count": 2}


def test_a_source_that_was_taken_away_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table and its version stay."""
    builds = [{"feature_set": name, "is_current": True} for name in RECORDED]
    monkeypatch.setattr(source_sets, "list_builds", lambda *_: builds)
    monkeypatch.setattr(source_sets, "find_current", lambda _connection, _settings, name: build(name))
    monkeypatch.setattr(source_sets, "select_rows", lambda *_: [])
    (tmp_path / "visits.yaml").write_text("version: 2\n")
    settings = Settings.resolve(configs=str(tmp_path), environ={})
    (found,) = read_source_sets(Mock(), settings)
    assert found.feature_set == "visits_features"
