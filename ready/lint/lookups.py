"""Look-ups: columns that a source of events, or the orders, get from a source of states."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ready.definition.mapping import IN_FILES, ORDER_LOOKUPS
from ready.definition.values import mapping_of
from ready.lint.document import Document, KeyPath, model_meta
from ready.lint.finding import Finding, nearest_or_all
from ready.lint.mapping import AVAILABLE_AT, ORDERS_COLUMNS, check_own_columns, extra_columns
from ready.lint.sources import TYPES, mapped_meta, own_types


def check_lookups(sources: Mapping[str, Document], *, product: Path, project: Path) -> Iterator[Finding]:
    """Look-ups of what is not there, into events, in a circle, or that the models do not know of.

    product: the folder with the models that come along; project: the one with the user's.
    """
    for source, document in sources.items():
        path, meta = mapped_meta(document)
        lookups = mapping_of(meta.get("lookup"))
        at = (*path, "lookup")
        if lookups and meta.get("kind") == "state":
            circle = _circle(source, sources)
            message = f"lookup: {source} is a source of states, and only events and orders look columns up"
            if circle:
                message = f"lookup: {' -> '.join([*circle, source])} is a circle"
            yield document.finding(at, message, "map what it says of them in its own files")
            continue
        names = dict.fromkeys(lookups, "")
        yield from check_own_columns(document, path, names, TYPES, product, "lookup")
        columns = mapping_of(meta.get("columns"))
        mapped = {key: type for key, type in {**TYPES, **own_types(document)}.items() if key in columns}
        for name, entry in lookups.items():
            taken = {*mapped, *TYPES}
            yield from _check_lookup(document, (*at, name), mapping_of(entry), sources, mapped, taken)
        if lookups:
            yield from _check_models(document, at, project)


def check_order_lookups(
    document: Document, sources: Mapping[str, Document], *, product: Path
) -> Iterator[Finding]:
    """The same of orders.yaml, whose model order_lookups has them. product: the folder with its models."""
    path, meta = model_meta(document, ORDER_LOOKUPS)
    lookups = mapping_of(meta.get("lookup"))
    names = dict.fromkeys(lookups, "")
    yield from check_own_columns(document, path, names, ORDERS_COLUMNS, product, "lookup")
    columns = mapping_of(model_meta(document, "orders_mapped")[1].get("columns"))
    types = {**ORDERS_COLUMNS, **(extra_columns(document) or {})}
    mapped = {name: types.get(name, "text") for name in columns if name != AVAILABLE_AT}
    for name, entry in lookups.items():
        taken = {*mapped, *ORDERS_COLUMNS}
        at = (*path, "lookup", name)
        yield from _check_lookup(document, at, mapping_of(entry), sources, mapped, taken)


def _check_lookup(
    document: Document,
    at: KeyPath,
    entry: Mapping[str, Any],
    sources: Mapping[str, Document],
    mapped: Mapping[str, str],
    taken: Collection[str],
) -> Iterator[Finding]:
    """mapped: the columns that the document maps, with their types; taken: names that no look-up can have."""
    source, name = str(entry.get("from")), str(at[-1])
    if name in taken:
        message = f"lookup: {name} is a column of {document.file.name} already"
        yield document.finding(at, message, "give the look-up another name, and say column")
    key = str(entry.get("key"))
    if key not in mapped:
        message = f"lookup: {name}: {document.file.name} maps no column {key}"
        yield document.finding((*at, "key"), message, nearest_or_all(key, mapped))
    elif mapped[key] != "text":
        message = f"lookup: {name}: {key} is no text, as a key is"
        yield document.finding((*at, "key"), message, "leave out its type")
    if source not in sources:
        hint = nearest_or_all(source, sources)
        message = f"lookup: {name}: no file of the configs maps a source {source}"
        yield document.finding((*at, "from"), message, hint)
        return
    if mapped_meta(sources[source])[1].get("kind") != "state":
        message = f"lookup: {name}: {source} is a source of events, and only states are looked up"
        hint = f"say ready_kind: state in {source}.yaml if its rows say what something was from an instant on"
        yield document.finding((*at, "from"), message, hint)
        return
    column = str(entry.get("column", name))
    if column not in own_types(sources[source]):
        message = f"lookup: {name}: {source}.yaml maps no column {column}"
        where = "column" if "column" in entry else "from"
        yield document.finding((*at, where), message, nearest_or_all(column, own_types(sources[source])))


def _check_models(document: Document, at: KeyPath, project: Path) -> Iterator[Finding]:
    """dbt has to know what a model is made of before it reads the configs: so the model names it."""
    source = document.file.stem
    wanted = {f"{source}.sql": lookups_call(mapped_meta(document)[1]), f"{source}{IN_FILES}.sql": EVENTS}
    for name, call in wanted.items():
        found = next((project / "models").rglob(name), None)
        if found is None or _plain(found.read_text(encoding="utf-8")) != _plain(call):
            message = f"lookup: the model {name} does not say what is looked up"
            yield document.finding(at, message, f"let models/sources/{name} be: {call}")


EVENTS = "{{ source_events() }}"


def lookups_call(meta: Mapping[str, Any]) -> str:
    """The model of a source with look-ups. meta: of its NAME_mapped."""
    looked_up = sorted(
        {str(mapping_of(entry).get("from")) for entry in mapping_of(meta.get("lookup")).values()}
    )
    return "{{ source_lookups(" + ", ".join(f"'{name}'" for name in looked_up) + ") }}"


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).replace('"', "'").replace("{{-", "{{").replace("-}}", "}}")


def _circle(source: str, sources: Mapping[str, Document]) -> list[str]:
    """The sources from this one back to itself, each what the one before looks up; empty if there is none."""
    paths = [[source]]
    while paths:
        path = paths.pop()
        meta = mapped_meta(sources[path[-1]])[1] if path[-1] in sources else {}
        for entry in mapping_of(meta.get("lookup")).values():
            name = str(mapping_of(entry).get("from"))
            if name == source:
                return path
            if name not in path:
                paths.append([*path, name])
    return []
