"""Writes what a further source needs: its mapping, its models, its features, and the set that joins them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ready.definition.mapping import (
    CUSTOMER,
    IN_FILES,
    ORDER_LOOKUPS,
    ORDERS,
    key_of,
    lookups_of,
    orders_meta,
    source_names,
)
from ready.definition.meta import ALONE, node_meta, own_meta
from ready.definition.values import list_of, mapping_of
from ready.errors import UsageError
from ready.lint.mapping import ORDERS_COLUMNS, reserved_names
from ready.lint.sources import why_no_name
from ready.settings import Settings
from ready.suggest.mapping.entry import flow
from ready.suggest.mapping.source import OF_ROWS, Keyed, ProposedSource, propose_source
from ready.workspace.config_files import with_schemas

MODELS = {"_mapped": "source_mapped()", "_parsed": "source_parsed()", "_rejected": "source_rejected()"}
JOINED = Path("models", "features", "all_features.sql")


@dataclass(frozen=True)
class Added:
    """files: what was written; left: what is there already, and stays as it is; notes: of the files read."""

    files: tuple[Path, ...]
    left: tuple[Path, ...]
    notes: tuple[str, ...]


def add_source(
    settings: Settings, name: str, paths: Sequence[str], *, data: str, state: bool, key: str | None = None
) -> Added:
    """Propose a source from its files, and write it into the project.

    data: the data folder. key: of states, the column that says whose they are, if no customer's; such a
    source has no features, but events and orders look its columns up.

    Raises UsageError for a name that cannot be or is taken, for files that lie with those of the orders, for
    a key that they do not have, and for a features.yaml that has no place for the entry; then nothing was
    written.
    """
    if why := why_no_name(name, settings.product_dir):
        raise UsageError(f"{name} cannot be the name of a source", hint=why)
    mapping = settings.configs / f"{name}.yaml"
    if mapping.exists():
        raise UsageError(
            f"{mapping} is there already, and stays as it is", hint="take another name, or edit it"
        )
    folder = _folder(paths, data)
    others = source_names(settings.configs)
    proposed = propose_source(
        name,
        paths,
        folder=folder,
        state=state,
        key=key,
        reserved=reserved_names(settings.product_dir),
        keyed=[_keyed(settings.configs, other) for other in others if _is_keyed(settings.configs, other)],
    )
    texts = {mapping: with_schemas(proposed.text, is_users=settings.is_users)}
    features = settings.configs / "features.yaml"
    if proposed.features:
        texts[features] = _with_entry(features, proposed.features, f"{name}_features")
    for ending, call in _models(proposed, state=state).items():
        file = settings.project_dir / "models" / "sources" / f"{name}{ending}.sql"
        texts[file] = f"{{{{ {call} }}}}\n"
    joined = settings.project_dir / JOINED
    others = tuple(other for other in others if not _is_keyed(settings.configs, other))
    if proposed.features:
        texts[joined] = _joined(sorted([*others, name]))
    orders = settings.configs / f"{ORDERS}.yaml"
    looked_up = _lookups_of_orders(settings.configs, name, proposed.text)
    with_lookups = _with_lookups(orders, looked_up) if looked_up else None
    if with_lookups:
        texts[orders] = with_lookups
    notes = [] if with_lookups or not looked_up else [f"{orders}: no place at its end for {ORDER_LOOKUPS}"]
    if folder.startswith(os.pardir):
        notes.append(f"its files are outside of {data}: if you run with another --data, name it here too")
    left = [
        file
        for file, text in texts.items()
        if file.exists()
        and file not in (features, orders)
        and file.read_text(encoding="utf-8") not in (text, _joined(others))
    ]
    for file, text in texts.items():
        if file not in left:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    return Added(tuple(file for file in texts if file not in left), tuple(left), (*proposed.notes, *notes))


def _models(proposed: ProposedSource, *, state: bool) -> dict[str, str]:
    """By the ending of each model's name what it calls."""
    if not proposed.features:
        return {**MODELS, "": "source_keyed_states()"}
    features = {"_features": "source_features()"}
    if state:
        return {**MODELS, "": "source_states()", **features}
    if not proposed.looked_up:
        return {**MODELS, "": "source_events()", **features}
    names = ", ".join(f"'{name}'" for name in proposed.looked_up)
    return {**MODELS, IN_FILES: "source_events()", "": f"source_lookups({names})", **features}


def _lookups_of_orders(configs: Path, source: str, text: str) -> dict[str, dict[str, str]]:
    """What the orders can look up in new states, as they map a column called as the key. text: NAME.yaml."""
    meta = own_meta(list_of(yaml.safe_load(text)["models"])[0]["config"]["meta"], "source_mapped")
    key, mapped = str(meta.get("key") or CUSTOMER), mapping_of(orders_meta(configs).get("columns"))
    if key == CUSTOMER or key not in mapped or mapping_of(mapped[key]).get("type", "text") != "text":
        return {}
    taken, found = {*ORDERS_COLUMNS, *mapped, *lookups_of(configs, ORDERS)}, {}
    for column in mapping_of(meta.get("columns")):
        name = column if column not in taken else f"{source}_{column}"
        if column not in (*OF_ROWS, key) and name not in taken:
            found[name] = {"from": source, "key": key, **({} if name == column else {"column": column})}
    return found


def _with_lookups(file: Path, lookups: Mapping[str, Mapping[str, str]]) -> str | None:
    """orders.yaml with further look-ups in its last entry, or None where that is another one's place."""
    text = file.read_text(encoding="utf-8").rstrip()
    models = list_of(mapping_of(yaml.safe_load(text)).get("models"))
    entry: dict[str, Any] = next((one for one in models if one.get("name") == ORDER_LOOKUPS), {})
    held = mapping_of(node_meta(entry, "source_mapped").get("lookup"))
    lines = [] if held else ["    config:", "      meta:", f"        {ALONE}lookup:"]
    lines = lines if entry else ["", f"  - name: {ORDER_LOOKUPS}", *lines]
    lines += [f"          {name}: {flow(entry)}" for name, entry in lookups.items()]
    added = "\n".join([text, *lines]) + "\n"
    try:
        after = list_of(mapping_of(yaml.safe_load(added)).get("models"))
    except yaml.YAMLError:
        return None
    *others, last = after
    given = mapping_of(node_meta(last, "source_mapped").get("lookup"))
    is_as_meant = last.get("name") == ORDER_LOOKUPS and given == {**held, **lookups}
    return added if is_as_meant and others == [one for one in models if one is not entry] else None


def _is_keyed(configs: Path, source: str) -> bool:
    return key_of(configs, source) != CUSTOMER


def _keyed(configs: Path, source: str) -> Keyed:
    key = key_of(configs, source)
    columns = {
        name: str(mapping_of(entry).get("type", "text"))
        for name, entry in mapping_of(orders_meta(configs, source).get("columns")).items()
        if name not in (*OF_ROWS, key)
    }
    return Keyed(source, key, columns)


def _joined(names: Sequence[str]) -> str:
    sets = ", ".join(f"'{name}_features'" for name in ("customer", *names))
    return f"{{{{ joined_features([{sets}]) }}}}\n"


def _folder(paths: Sequence[str], data: str) -> str:
    """Where the files are, as seen from the data folder: in a folder of their own."""
    folders = {
        os.path.realpath(path if os.path.isdir(path) else os.path.dirname(path) or ".") for path in paths
    }
    below = os.path.relpath(os.path.commonpath(folders), os.path.realpath(data)) if folders else "."
    if below == "." or all(part == os.pardir for part in Path(below).parts):
        raise UsageError(
            f"these files lie with those of the orders in {data}, which would take them for orders",
            hint="give each source a folder of its own, such as " + os.path.join(data, "visits"),
        )
    return Path(below).as_posix()


def _with_entry(file: Path, entry: str, name: str) -> str:
    """The file with one more model at its end; what is there stays as it is."""
    text = file.read_text(encoding="utf-8")
    added = f"{text.rstrip()}\n\n{entry}"
    try:
        before, after = (list_of(mapping_of(yaml.safe_load(one)).get("models")) for one in (text, added))
    except yaml.YAMLError:
        before, after = [], []
    names = [str(mapping_of(model).get("name")) for model in after]
    if after[:-1] != before or names[-1:] != [name] or names.count(name) != 1:
        raise UsageError(
            f"{file} has no place at its end for the entry of {name}", hint=f"write it there:\n{entry}"
        )
    return added
