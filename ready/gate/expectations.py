"""The gate's tests in the order of the expectations file, joined with dbt's manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ready.definition.meta import PREFIX, node_meta, own_meta
from ready.gate.idle_rules import idle_rules
from ready.gate.rules import TestCall
from ready.lint.document import read_document

MODEL = "orders_parsed"
# The folder of the rules that are on by default.
DEFAULT_RULES = "gate"
# What is written beside a test's arguments in the yaml; not passed to the test.
NOT_ARGUMENTS = {"name", "test_name", "config", "description", "arguments", "column_name", "model"}
CONFIG_KEYS = {"severity", "where", "limit", "error_if", "warn_if", "tags", "meta", "enabled", "fail_calc",
               "store_failures", "store_failures_as"}  # fmt: skip


def sensitive_columns(file: Path) -> frozenset[str]:
    """The columns whose values no report shows, as the expectations file names them."""
    names = set()
    for model in read_document(file).value["models"]:
        for column in model.get("columns") or []:
            if is_sensitive(column):
                names.add(column["name"])
    return frozenset(names)


def is_sensitive(column: Mapping[str, Any]) -> bool:
    """Whether the values of a column, of the file or of dbt's manifest, are to be masked."""
    metas = (column.get("meta"), (column.get("config") or {}).get("meta"))
    return any(own_meta(meta, "column").get("sensitive") for meta in metas)


def find_model(manifest: Mapping[str, Any], name: str = MODEL) -> Mapping[str, Any]:
    """The manifest's node of a model, empty when it has none."""
    nodes: Mapping[str, Mapping[str, Any]] = manifest.get("nodes") or {}
    for node in nodes.values():
        if node.get("resource_type") == "model" and node.get("name") == name:
            return node
    return {}


def further_sources(manifest: Mapping[str, Any]) -> list[str]:
    """The sources beside the orders, as macros/project/source_at_work.sql has them."""
    models = (n for n in (manifest.get("nodes") or {}).values() if n.get("resource_type") == "model")
    mapped = [str(n["name"]) for n in models if "source_mapped(" in str(n.get("raw_code"))]
    return sorted(name.removesuffix("_mapped") for name in mapped if name.endswith("_mapped"))


def gate_tests(
    manifest: Mapping[str, Any], expectations_file: Path, model_name: str = MODEL
) -> list[tuple[TestCall, dict[str, Any]]]:
    """Each test of a model, and of orders_parsed each rule on by default, as (call, manifest node).

    In the order of the file.
    Rules that are switched off or idle are left out.
    Tests that the file does not have (attached elsewhere, on by default) come last, by name.
    """
    model = find_model(manifest, model_name)
    mapping = node_meta(find_model(manifest, "orders_mapped"), "orders_mapped")
    entries, off = rule_entries(model), [*switched_off(manifest), *idle_rules(mapping)]
    left = [
        (_call_of(node), _with_entry(node, entries) if is_default_rule(node) else node)
        for _, node in sorted((manifest.get("nodes") or {}).items())
        if node.get("resource_type") == "test"
        and model
        and _is_of_gate(node, model)
        and node["name"] not in off
    ]
    ordered = []
    for written in written_tests(expectations_file, model_name):
        found = _best(written, [entry for entry in left if _same(entry[0], written)])
        if found:
            left.remove(found)
            ordered.append(found)
    return ordered + left


def switched_off(manifest: Mapping[str, Any], model_name: str = MODEL) -> list[str]:
    """The names of the default rules that the configs do not let run on a model."""
    entries = rule_entries(find_model(manifest, model_name))
    rules = [node["name"] for node in (manifest.get("nodes") or {}).values() if is_default_rule(node)]
    return sorted(name for name in rules if (entries.get(name) or {}).get("enabled") is False)


def rule_entries(model: Mapping[str, Any]) -> Mapping[str, Any]:
    """Default rule -> what the configs say of it, in the meta of orders_parsed or NAME_parsed."""
    entries: Mapping[str, Any] = node_meta(model, MODEL).get("default_rules") or {}
    return entries


def _with_entry(node: dict[str, Any], entries: Mapping[str, Any]) -> dict[str, Any]:
    """The node as if its config said it, as macros/gate/rule_settings.sql has it."""
    config = node.get("config") or {}
    own = {**node_meta(node, "default_rule"), **(entries.get(node["name"]) or {})}
    return {**node, "config": {**config, "severity": own.get("severity") or "error", "meta": {PREFIX: own}}}


def is_default_rule(node: Mapping[str, Any]) -> bool:
    """A singular test in tests/dbt/gate/, as macros/gate/default_rules.sql has it."""
    in_folder = (node.get("fqn") or [])[1:2] == [DEFAULT_RULES]
    return node.get("resource_type") == "test" and not node.get("test_metadata") and in_folder


def _is_of_gate(node: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    of_model = node.get("attached_node") == model["unique_id"]
    return of_model or (model["name"] == MODEL and is_default_rule(node))


def _call_of(node: Mapping[str, Any]) -> TestCall:
    metadata = node.get("test_metadata") or {}
    kwargs = metadata.get("kwargs") or {}
    namespace = metadata.get("namespace")
    name = f"{namespace}.{metadata.get('name')}" if namespace else str(metadata.get("name") or node["name"])
    arguments = {key: value for key, value in kwargs.items() if key not in ("model", "column_name")}
    model = str(node.get("attached_node") or MODEL).split(".")[-1]
    return TestCall(name, node.get("column_name") or kwargs.get("column_name"), arguments, model)


def _same(one: TestCall, other: TestCall) -> bool:
    return (one.test, one.column) == (other.test, other.column)


def _best(
    written: TestCall, candidates: list[tuple[TestCall, dict[str, Any]]]
) -> tuple[TestCall, dict[str, Any]] | None:
    """The candidate with the same arguments; else (Jinja in an argument) the first that is left."""
    exact = [entry for entry in candidates if entry[0].arguments == written.arguments]
    return next(iter(exact or candidates), None)


def written_tests(expectations_file: Path, model_name: str = MODEL) -> Iterator[TestCall]:
    """The tests of a model as the file has them, top to bottom. An unreadable file has none."""
    try:
        content = yaml.safe_load(expectations_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return
    for model in _mappings(_get(content, "models")):
        if model.get("name") == model_name:
            yield from _tests_of_model(model)


def _tests_of_model(model: Mapping[str, Any]) -> Iterator[TestCall]:
    for key, value in model.items():
        if key in ("data_tests", "tests"):
            yield from _tests(value, None)
        elif key == "columns":
            for column in _mappings(value):
                name = str(column.get("name"))
                yield from _tests(column.get("data_tests") or column.get("tests"), name)


def _tests(entries: Any, column: str | None) -> Iterator[TestCall]:
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, str):
            yield TestCall(entry, column, {})
        elif isinstance(entry, dict) and "test_name" in entry:
            yield _written(str(entry["test_name"]), column, entry)
        elif isinstance(entry, dict) and len(entry) == 1:
            name, body = next(iter(entry.items()))
            yield _written(str(name), column, body if isinstance(body, dict) else {})


def _written(test: str, column: str | None, body: Mapping[str, Any]) -> TestCall:
    nested = body.get("arguments")
    arguments = dict(nested) if isinstance(nested, dict) else {}
    given_column = arguments.pop("column_name", body.get("column_name"))
    old_style = {k: v for k, v in body.items() if k not in NOT_ARGUMENTS | CONFIG_KEYS}
    return TestCall(test, column or given_column, {**old_style, **arguments})


def _get(content: Any, key: str) -> Any:
    return content.get(key) if isinstance(content, dict) else None


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
