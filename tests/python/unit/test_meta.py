"""Settings of this project in a meta: with their prefix, together below `ready`, and as before without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendered_macros import Refused, macros

from ready.definition.meta import BEFORE, node_meta
from ready.lint.configs import lint_configs
from ready.lint.schema import schema
from ready.proof.recorded_project import write_recorded_configs
from ready.settings import Settings

ROOT = Path(__file__).parents[3]
Read = Callable[[dict[str, Any], str], dict[str, Any]]


def node(meta: dict[str, Any], name: str) -> dict[str, Any]:
    return {"name": name, "resource_type": "model", "config": {"meta": meta}, "fqn": ["p"], "depends_on": {}}


def in_dbt(meta: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = macros({})["own_meta"](node(meta, name))
    return found


def in_python(meta: dict[str, Any], name: str) -> dict[str, Any]:
    return node_meta(node(meta, name), name)


@pytest.mark.parametrize("read", [in_dbt, in_python])
@pytest.mark.parametrize(
    ("meta", "own"),
    [
        ({"ready": {"horizon": 30}, "label": "Labels", "owner": "ann"}, {"horizon": 30}),
        ({"horizon": 30, "owner": "ann"}, {"horizon": 30}),
        ({"ready": {"label": {"a": "count"}}, "ready_horizon": 60}, {"horizon": 60, "label": {"a": "count"}}),
        ({"ready_label": {"a": "count"}, "label": "Labels"}, {"label": {"a": "count"}}),
        ({"horizon": 30, "ready_label": {"a": "count"}}, {"horizon": 30, "label": {"a": "count"}}),
        ({"owner": "ann"}, {}),
        ({"ready": None}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_both_readers_find_the_same_settings(read: Read, meta: dict[str, Any], own: dict[str, Any]) -> None:
    assert read(meta, "customer_labels") == own


REFUSED = {"lookup"}  # by the lint in its own words; orders never had it


def test_what_is_read_in_the_form_of_before_is_what_the_schemas_have() -> None:
    of_features = schema("features")["$defs"]
    wanted = {
        "orders_mapped": schema("orders")["$defs"]["mapping"],
        "orders_parsed": schema("expectations")["$defs"]["settings"],
        "customer_features": of_features["features"],
        "customer_labels": of_features["labels"],
        "customer_training_set": of_features["training_set"],
    }
    for name, definition in wanted.items():
        before = macros({})["keys_of_before"](node({}, name))
        assert set(definition["properties"]) - REFUSED == set(BEFORE[name]), name
        assert set(before) == {*BEFORE[name], "kept_by", "loads_from"}, name


@pytest.mark.parametrize(
    "meta",
    [{"ready_horizon": 30, "horizon": 60}, {"ready": {"horizon": 30}, "horizon": 30, "label": "title"}],
)
def test_dbt_refuses_a_setting_that_is_there_twice(meta: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="customer_labels: horizon is in its meta twice: keep ready_horizon"):
        check(meta)


def test_dbt_warns_once_of_all_without_the_prefix() -> None:
    (told,) = check({"ready_horizon": 30, "label": {"a": "count"}})
    assert "customer_labels" in told
    assert "meta: {ready_label: ...}" in told
    assert check({"ready_horizon": 30, "label": "a title that other tools show"}) == []


def check(meta: dict[str, Any]) -> list[str]:
    """What check_meta() warns of where one model has this meta."""
    told: list[str] = []
    found = macros({}, graph={"nodes": {"a": node(meta, "customer_labels")}, "sources": {}}, warn=told.append)
    found["check_meta"]()
    return told


def linted(tmp_path: Path, edit: Callable[[str], str], name: str = "orders.yaml") -> list[str]:
    for file in (ROOT / "configs").glob("*.yaml"):
        text = file.read_text()
        (tmp_path / file.name).write_text(edit(text) if file.name == name else text)
    settings = Settings.resolve(configs=tmp_path, environ={"READY_PROJECT_DIR": str(ROOT)})
    return [str(finding).removeprefix(f"{tmp_path}/") for finding in lint_configs(settings)]


def old_form(text: str) -> str:
    """Without the prefix, as the files were written up to 0.1.0."""
    return text.replace(" ready_", " ")


def test_lint_names_the_lines_of_what_has_no_prefix_and_checks_them(tmp_path: Path) -> None:
    text = old_form((ROOT / "configs/orders.yaml").read_text())
    lines = [1 + text[: text.index(f"\n        {key}:")].count("\n") + 1 for key in BEFORE["orders_mapped"]
             if f"\n        {key}:" in text]  # fmt: skip
    note, fault = linted(tmp_path, lambda text: old_form(text).replace("grain: order ", "grain: line "))
    assert note.startswith(
        f"orders.yaml:{lines[0]}: warning: file is read without its prefix, as up to 0.1.0"
    )
    assert f"write ready_file; so too line {', '.join(map(str, lines[1:]))}" in note
    assert fault.startswith(f"orders.yaml:{lines[1]}: ")
    assert 'grain: "line" is not one of' in fault


def test_lint_names_a_test_of_before(tmp_path: Path) -> None:
    rule = "- not_null: {config: {meta: {on_fail: quarantine}}}"
    (note,) = linted(tmp_path, lambda text: text.replace("- not_null\n", rule + "\n", 1), "expectations.yaml")
    assert "warning: on_fail is read without its prefix" in note


def test_a_setting_without_the_prefix_is_read_beside_those_that_have_it(tmp_path: Path) -> None:
    def beside(key: str) -> list[str]:
        return linted(
            tmp_path, lambda text: text.replace("      meta:\n", f"      meta:\n        {key}\n", 1)
        )

    (note,) = beside("local_times: later")
    assert "warning: local_times is read without its prefix" in note
    twice, _ = beside("grain: order")
    assert "grain is in this meta twice; keep ready_grain" in twice
    assert beside("owner: ann") == []


@pytest.mark.parametrize("nested", [True, False])
def test_a_recorded_config_is_written_as_the_code_of_its_commit_reads_it(
    tmp_path: Path, nested: bool
) -> None:
    """Code up to 0.1.0 looks for the settings in meta itself."""
    if nested:
        (tmp_path / "macros").mkdir()
        (tmp_path / "macros" / "own_meta.sql").touch()
    labels = {"horizon": 30, "label": {"revenue": "sum of amount"}}
    config = {"configs": "configs", "orders": {}, "features": {}, "label": labels, "splits": {"train": 0.7}}
    folder = write_recorded_configs(tmp_path, config, fallback=tmp_path)
    models = yaml.safe_load((folder / "features.yaml").read_text())["models"]
    metas = {model["name"]: model["config"]["meta"] for model in models}
    assert metas["customer_labels"] == ({"ready": labels} if nested else labels)
    assert node_meta(models[1], "customer_labels") == labels
