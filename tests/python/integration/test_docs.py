"""What the docs site says of the project agrees with the database, and says of everything what it means."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
from docs_site import MEANING_OF_COLUMN, MEANING_OF_TABLE, DocsSite
from proof_case import Shop


def test_described_columns_are_those_in_the_database(docs_site: DocsSite) -> None:
    differing = {
        name: set(node["columns"]) ^ docs_site.columns(name)
        for name, node in docs_site.nodes().items()
        if set(node["columns"]) != docs_site.columns(name)
    }
    assert differing == {}
    assert len(docs_site.columns("model.raw_to_ready.customer_features")) > 15


def test_every_table_in_the_database_is_described(docs_site: DocsSite, built_shop: Shop) -> None:
    in_database = built_shop.rows(
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('raw', 'stg', 'feats', 'meta')"
    )
    nodes = docs_site.nodes().values()
    described = {(node["schema"], node.get("identifier") or node["alias"]) for node in nodes}
    assert set(in_database) - described == set()


def test_every_description_begins_with_the_meaning(docs_site: DocsSite) -> None:
    tables = [n for n, node in docs_site.nodes().items() if not MEANING_OF_TABLE.match(node["description"])]
    columns = [
        f"{name}.{column['name']}"
        for name, node in docs_site.nodes().items()
        for column in node["columns"].values()
        if not MEANING_OF_COLUMN.match(column["description"])
    ]
    assert tables + columns == []


def test_every_macro_file_has_a_described_macro(docs_site: DocsSite) -> None:
    files = {macro["original_file_path"] for macro in docs_site.macros()}
    described = {macro["original_file_path"] for macro in docs_site.macros() if macro["description"]}
    assert files - described == set()


def test_described_arguments_are_those_of_the_macro(docs_site: DocsSite) -> None:
    described = [macro for macro in docs_site.macros() if macro["description"]]
    for macro in described:
        assert [argument["name"] for argument in macro["arguments"]] == signature(macro), macro["name"]
        assert all(argument["type"] for argument in macro["arguments"]), macro["name"]
    assert len(described) > 60


def test_each_layer_is_a_group_with_an_owner(docs_site: DocsSite) -> None:
    owners = {group["name"]: group["owner"]["name"] for group in docs_site.manifest["groups"].values()}
    built = [node for node in docs_site.nodes().values() if node["resource_type"] != "source"]
    layers = {"stg": "staging", "feats": "features"}
    assert {node["name"]: node["group"] for node in built if node["schema"] in layers} == {
        node["name"]: layers[node["schema"]] for node in built if node["schema"] in layers
    }
    assert {node["group"] for node in built} == set(owners)
    assert all(owners.values())


def test_what_people_open_is_an_exposure(docs_site: DocsSite) -> None:
    exposures = {
        node["name"]: node["depends_on"]["nodes"] for node in docs_site.manifest["exposures"].values()
    }
    assert "model.raw_to_ready.customer_training_set" in exposures["customer_features_datasets"]
    assert "model.raw_to_ready.orders_parsed" in exposures["validation_report"]
    assert "source.raw_to_ready.meta.feature_profiles" in exposures["run_page"]


def test_the_graph_is_of_what_people_read(docs_site: DocsSite) -> None:
    """The page has no unit test, and of the sources those that are not marked as internal."""
    shown = shown_manifest(docs_site.page)
    every = docs_site.manifest["sources"].values()
    internal = {node["unique_id"] for node in every if "ready_internal" in node["config"]["meta"]}
    names = {name.rpartition(".")[2] for name in internal}
    assert {"table_states", "build_lock", "file_locks"} <= names
    assert docs_site.manifest["unit_tests"]
    assert shown["unit_tests"] == {}
    assert set(shown["sources"]) == set(docs_site.manifest["sources"]) - internal
    assert set(shown["nodes"]) == set(docs_site.manifest["nodes"])
    left = {*internal, *docs_site.manifest["unit_tests"]}
    for edges in (shown["parent_map"], shown["child_map"]):
        assert not left & {*edges, *(other for others in edges.values() for other in others)}
    joined = {name for name, others in shown["child_map"].items() if others}
    assert set(shown["sources"]) <= joined, "on the graph nothing stands alone"


def test_raw_is_an_input_of_the_first_table(docs_site: DocsSite) -> None:
    """A tool that looks at tables alone sees no ephemeral model in between."""
    parents = docs_site.manifest["parent_map"]["model.raw_to_ready.orders_parsed"]
    assert {"source.raw_to_ready.raw.raw_events", "source.raw_to_ready.raw.loads"} <= set(parents)


def test_settings_of_ones_own_have_their_prefix_under_meta(docs_site: DocsSite) -> None:
    """What other tools read there is theirs: an owner, and no label."""
    every = [*docs_site.manifest["nodes"].values(), *docs_site.manifest["sources"].values()]
    configs = [node["config"] for node in every]
    assert not any({"kept_by", "loads_from"} & set(config) for config in configs)
    keys = {key for config in configs for key in config["meta"]}
    assert {key for key in keys if not key.startswith("ready_")} == {"owner"}
    kept = docs_site.manifest["nodes"]["model.raw_to_ready.orders"]["config"]["meta"]
    assert kept["ready_kept_by"] == "order"
    assert kept["ready_loads_from"] == ["orders_parsed", "orders_rejected"]


def test_each_layer_has_its_colour(docs_site: DocsSite) -> None:
    colours: dict[str, set[str]] = {"stg": set(), "feats": set()}
    for node in docs_site.nodes().values():
        if node["schema"] in colours:
            colours[node["schema"]].add(node["docs"]["node_color"])
    assert colours == {"stg": {"#1f5f8b"}, "feats": {"#8a4b08"}}


def test_the_overview_has_a_picture_of_the_way(docs_site: DocsSite) -> None:
    text = shown_manifest(docs_site.page)["docs"]["doc.raw_to_ready.__overview__"]["block_contents"]
    (image,) = re.findall(r"!\[The way of the data\]\(data:image/svg\+xml;base64,([^)]*)\)", text)
    svg = base64.b64decode(image).decode()
    assert "raw.raw_events" in ElementTree.fromstring(svg)[1].text
    assert "prefers-color-scheme" not in svg


def shown_manifest(page: Path) -> dict[str, Any]:
    """The manifest that the page has in it."""
    text = page.read_text(encoding="utf-8")
    start = text.index('{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest')
    manifest: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return manifest


def test_freshness_is_that_of_the_last_load_and_leaves_the_build_as_it_is(shop: Shop) -> None:
    fresh = shop.ready("dbt", "source", "freshness")
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    assert "PASS freshness of raw.loads" in fresh.stdout
    assert shop.value("select count(*) from meta.build_state") == 1

    shop.execute("alter table raw.loads disable trigger user")  # the ledger guards its times
    shop.execute("update raw.loads set loaded_at = loaded_at - interval '31 days'")
    stale = shop.ready("dbt", "source", "freshness")
    assert "ERROR STALE freshness of raw.loads" in stale.stdout
    assert stale.returncode == 1


def signature(macro: dict[str, Any]) -> list[str]:
    """The names of a macro's arguments; of a materialization there are none."""
    header = re.match(r"\{%-?\s*macro [^%]*%\}", macro["macro_sql"])
    if not header:
        return []
    parsed = jinja2.Environment().parse(f"{header.group()}{{% endmacro %}}")
    return [argument.name for argument in next(parsed.find_all(jinja2.nodes.Macro)).args]
