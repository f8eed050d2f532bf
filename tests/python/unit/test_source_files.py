"""Whose a file is that a call names, where the configs map several sources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import PROJECT

from ready.errors import UsageError
from ready.run.source_files import folders_of, refuse_files_of_sources, require_known_source

VISITS = "models: [{name: visits_mapped, config: {meta: {ready_file: {folder: web/visits}}}}]"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))
    (folder / "visits.yaml").write_text(VISITS)
    (tmp_path / "raw/web/visits").mkdir(parents=True)
    (tmp_path / "raw/web/visits/1.csv").touch()
    (tmp_path / "raw/orders.csv").touch()
    return folder


def test_a_source_that_nothing_maps(configs: Path) -> None:
    for name in ("orders", "visits"):
        require_known_source(configs, name)
    with pytest.raises(UsageError, match="no file of the configs maps a source vists") as caught:
        require_known_source(configs, "vists")
    assert "visits" in str(caught.value.hint)


@pytest.mark.parametrize("path", ["web/visits", "web/visits/1.csv", "web/visits/*.csv"])
def test_files_of_a_source_are_no_orders(configs: Path, path: str) -> None:
    data = configs.parent / "raw"
    refuse_files_of_sources(configs, [str(data), str(data / "orders.csv"), str(data / "*.csv")], data=data)
    with pytest.raises(UsageError, match="is a file of the source visits") as caught:
        refuse_files_of_sources(configs, [str(data / path)], data=data)
    assert "--source visits" in str(caught.value.hint)


def test_the_folder_of_a_source_is_below_the_data(configs: Path) -> None:
    data = configs.parent / "raw"
    assert folders_of(configs, "visits", [str(data)]) == [str(data / "web/visits")]
    assert folders_of(configs, "visits", [str(data / "orders.csv"), str(configs)]) == []
