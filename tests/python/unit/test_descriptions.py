"""The configs that people copy describe what every table and column means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from docs_site import MEANING_OF_COLUMN, MEANING_OF_TABLE

FOLDERS = [PROJECT / "configs", *(path.parent for path in PROJECT.glob("examples/*/features.yaml"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_descriptions_begin_with_the_meaning(folder: Path) -> None:
    models = list(_models(folder))
    assert len(models) > 3
    for model in models:
        assert MEANING_OF_TABLE.match(model["description"]), model["name"]
        for column in model.get("columns", []):
            assert MEANING_OF_COLUMN.match(column.get("description", "")), f"{model['name']}.{column['name']}"


def _models(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.glob("*.yaml"):
        yield from yaml.safe_load(file.read_text())["models"]
