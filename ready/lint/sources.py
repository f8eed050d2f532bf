"""The files that map further sources, and what features.yaml makes of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ready.definition.features import TIMES_OF_ORDERS
from ready.definition.mapping import CUSTOMER, IN_FILES
from ready.definition.values import list_of, mapping_of
from ready.lint.aggregations import Rows, check_aggregations
from ready.lint.document import Document, KeyPath, model_meta
from ready.lint.finding import Finding, nearest, nearest_or_all
from ready.lint.mapping import check_own_columns
from ready.lint.schema import check_schema, schema

TYPES = {
    "event_id": "text", "customer_id": "text", "event_ts": "time", "available_at": "time",
    "load_id": "number", "line_number": "number",
}  # fmt: skip
DELETED = "deleted"  # of states
TESTS = ("usable_rows", "plausible_rows")  # that every source has
OF_TRAINING_SETS = ("customer_id", "feature_time", "split")
PLACE = ("load_id", "line_number", "file_name")
# What the tables of a source are called by; functions of its expressions too, which have 63 letters.
NAME = re.compile("[a-z][a-z0-9_]{0,17}")
OF_SOURCE = re.compile(r"\s*\{\{\s*source_\w+\(")  # what is in a model of a source
# Of the models that a source has beside the one of its own name.
ENDINGS = ("_mapped", "_parsed", "_rejected", IN_FILES, "_features", "_labels", "_training_set")


def why_no_name(name: str, project: Path) -> str | None:
    """Why a source cannot be called so, or None. project: the folder with the models that come along."""
    wanted = {f"{name}{ending}" for ending in ("", *ENDINGS)}
    files = [*(project / "models").rglob("*.sql"), *(project / "seeds").rglob("*.csv")]
    alike = [file for file in files if file.stem in wanted]
    models = {file.stem for file in alike if not OF_SOURCE.match(file.read_text(encoding="utf-8"))}
    taken = sorted(models | wanted & {"orders_history", "all"})
    if not NAME.fullmatch(name):
        return "lower case letters, digits and _, at most 18"
    if name.endswith(ENDINGS):
        return f"no name that ends in {', '.join(ENDINGS)}, as models of sources do"
    return f"there is a {taken[0]} already: choose another name" if taken else None


def check_source(document: Document, project: Path) -> Iterator[Finding]:
    """Faults of one file NAME.yaml: its name, its models, a source without key or time or without tests."""
    source = document.file.stem
    if why := why_no_name(source, project):
        yield document.finding((), f"{document.file.name} maps no source: {source} cannot be its name", why)
        return
    if document.value is None and document.findings:
        return
    yield from check_schema(document, document.value, (), schema("source"))
    models = [mapping_of(model) for model in list_of(mapping_of(document.value).get("models"))]
    wanted = (f"{source}_mapped", f"{source}_parsed")
    for index, model in enumerate(models):
        if str(model.get("name")) not in wanted:
            message = f"{model.get('name')} is no model of the source {source}"
            yield document.finding(("models", index, "name"), message, f"known: {', '.join(wanted)}")
    path, meta = mapped_meta(document)
    columns, kind = mapping_of(meta.get("columns")), str(meta.get("kind", "event"))
    known = (*TYPES, key_of(meta), *([DELETED] if kind == "state" else ()))
    yield from check_own_columns(document, path, columns, known, project)
    yield from _check_key(document, path, meta, project)
    if kind == "state":
        yield from _check_states(document, (*path, "columns"), columns)
    needed = required_columns(meta)
    for key in needed:
        if not columns.get(key):
            yield document.finding(
                (*path, "columns"), f"{key} is not mapped; a source of {kind}s needs {' and '.join(needed)}"
            )
    tests = [test for m in models if m.get("name") == wanted[1] for test in list_of(m.get("data_tests"))]
    if not all(any(name == test or name in mapping_of(test) for test in tests) for name in TESTS):
        message = f"{wanted[1]} is not tested: nothing would stop a record without key or time"
        yield document.finding(("models",), message, f"give it data_tests: [{', '.join(TESTS)}]")


def _check_states(document: Document, path: KeyPath, columns: Mapping[str, Any]) -> Iterator[Finding]:
    """A deletion that is a number, and a merge of customers, which no feature follows."""
    if mapping_of(columns.get(DELETED)).get("type") == "number":
        yield document.finding((*path, DELETED, "type"), f"{DELETED} says yes or no, and is no number")
    if "merged_into" in columns:
        message = "merged_into is refused: ids that are merged stay two customers"
        hint = "call it otherwise to keep it as a text; docs/decisions/0013-merged-customers.md says why"
        yield document.finding((*path, "merged_into"), message, hint)


def key_of(meta: Mapping[str, Any]) -> str:
    """The column that says whose the rows are. meta: of a model NAME_mapped."""
    return str(meta.get("key") or CUSTOMER)


def required_columns(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """What a source has to map. meta: of a model NAME_mapped."""
    return (key_of(meta),) if meta.get("kind") == "state" else (CUSTOMER, "event_ts")


def _check_key(
    document: Document, path: KeyPath, meta: Mapping[str, Any], project: Path
) -> Iterator[Finding]:
    """A key that no source of this kind has, or that no column can be called."""
    key = key_of(meta)
    if key == CUSTOMER:
        return
    if meta.get("kind") != "state":
        message = f"key: {document.file.stem} is a source of events, which are of customers"
        yield document.finding((*path, "key"), message, "leave it out")
    elif key in (*TYPES, DELETED):
        message = f"key: {key} has a meaning of its own already"
        yield document.finding((*path, "key"), message, "choose another name")
    else:
        yield from check_own_columns(document, path, {key: ""}, TYPES, project)


def parsed_columns(document: Document) -> frozenset[str]:
    """The columns of NAME_parsed."""
    columns = mapping_of(mapped_meta(document)[1].get("columns"))
    return frozenset([*PLACE, *columns, *(f"{name}_raw" for name in columns)])


def check_spine(features: Document, sources: Mapping[str, Document]) -> Iterator[Finding]:
    """Feature times that are neither of the calendar, nor those of orders or of a source of events."""
    path, meta = model_meta(features, "customer_features")
    every = mapping_of(meta.get("feature_times")).get("every", "month")
    kinds = {name: mapped_meta(document)[1].get("kind", "event") for name, document in sources.items()}
    known = [*TIMES_OF_ORDERS, *(name for name, kind in kinds.items() if kind == "event")]
    if not isinstance(every, str) or every in known:
        return
    message = f'every: "{every}" is not one of {", ".join(known)}'
    if every in sources:
        message = f"every: {every} is a source of states, and feature times are those of events"
    yield features.finding((*path, "feature_times", "every"), message, nearest(every, known))


def check_source_features(features: Document, sources: Mapping[str, Document]) -> Iterator[Finding]:
    """Features of a source that no file maps, or of columns that it does not have."""
    for index, model in enumerate(list_of(mapping_of(features.value).get("models"))):
        name = str(mapping_of(model).get("name"))
        source = name.removesuffix("_features")
        if not name.endswith("_features") or name == "customer_features":
            continue
        if source not in sources:
            hint = f"write {source}.yaml: ready add source {source} FILE"
            hint = nearest_or_all(source, sources) if sources else hint
            message = f"{name}: no file of the configs maps a source {source}"
            yield features.finding(("models", index, "name"), message, hint)
            continue
        path, meta = model_meta(features, name)
        mapped = mapped_meta(sources[source])[1]
        if key_of(mapped) != CUSTOMER:
            message = f"{name}: rows of {key_of(mapped)} have no features of their own, but are looked up"
            hint = f"take the entry out; in the file of a source of events: ready_lookup, from: {source}"
            yield features.finding(("models", index, "name"), message, hint)
            continue
        if mapped.get("kind") == "state":
            yield from _check_latest(features, path, meta, source, own_types(sources[source]))
            continue
        if not meta.get("aggregations"):
            yield features.finding(path, f"{name} has no aggregations", "for example visits: count")
        types = {**TYPES, **own_types(sources[source]), **_looked_up(sources[source], sources)}
        yield from check_aggregations(features, path, meta, {}, Rows(source, types, source, f"{source}.yaml"))


def _check_latest(
    features: Document, path: KeyPath, meta: Mapping[str, Any], source: str, known: Mapping[str, Any]
) -> Iterator[Finding]:
    for index, column in enumerate(list_of(meta.get("latest"))):
        if column not in known:
            message = f"latest: {source}.yaml maps no column {column}"
            yield features.finding((*path, "latest", index), message, nearest_or_all(str(column), known))
    made = Counter(
        name
        for column in list_of(meta.get("latest"))
        for name in (column, f"{column}_age_days", f"{column}_changes")
    )
    for index, column in enumerate(list_of(meta.get("latest"))):
        if made[column] > 1:
            message = f"latest: the column {column} comes twice"
            yield features.finding((*path, "latest", index), message, "give one another name")
        elif column == "ordinal":
            message = "latest: features_at numbers its rows by ordinal"
            yield features.finding((*path, "latest", index), message, f"call it otherwise in {source}.yaml")
        elif column in OF_TRAINING_SETS:
            message = f"latest: a training set has a column {column} of its own"
            hint = f"call it otherwise in {source}.yaml"
            yield features.finding((*path, "latest", index), message, hint)
    if not meta.get("latest"):
        yield features.finding(path, f"{source}_features has no columns", "name them: ready_latest: [...]")


def _looked_up(document: Document, sources: Mapping[str, Document]) -> dict[str, str]:
    """The columns that a source looks up, with their types."""
    return {
        name: own_types(sources[source]).get(str(entry.get("column", name)), "text")
        for name, given in mapping_of(mapped_meta(document)[1].get("lookup")).items()
        for entry in (mapping_of(given),)
        if (source := str(entry.get("from"))) in sources
    }


def mapped_meta(document: Document) -> tuple[KeyPath, Mapping[str, Any]]:
    """The settings of a source and their path."""
    return model_meta(document, f"{document.file.stem}_mapped")


def own_types(document: Document) -> dict[str, str]:
    """The columns of its own that a source maps -> text or number."""
    meta = mapped_meta(document)[1]
    return {
        name: str(mapping_of(entry).get("type", "text"))
        for name, entry in mapping_of(meta.get("columns")).items()
        if name not in TYPES and (name != DELETED or meta.get("kind") != "state")
    }
