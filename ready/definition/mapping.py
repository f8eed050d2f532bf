"""What a mapping of the configs folder says: which CSV columns each canonical column is made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ready.definition.meta import node_meta
from ready.definition.values import mapping_of
from ready.errors import UsageError
from ready.workspace.config_files import CONFIG_FILES

ORDERS = "orders"
# The model of orders.yaml that says what orders, or their lines, look up.
ORDER_LOOKUPS = "order_lookups"
CUSTOMER = "customer_id"
# Ends the model with the events of a source that looks columns up, as its files have them.
IN_FILES = "_in_files"


def source_names(configs: Path) -> tuple[str, ...]:
    """The sources beside the orders that the configs map: each in a file NAME.yaml."""
    names = {file.stem for file in configs.glob("*.yaml") if file.name not in CONFIG_FILES}
    return tuple(sorted(names))


def source_folder(configs: Path, source: str) -> str:
    """Where the files of a source beside the orders are, as seen from the data folder."""
    file = orders_meta(configs, source).get("file")
    return str((file if isinstance(file, dict) else {}).get("folder") or source)


def key_of(configs: Path, source: str) -> str:
    """The column that says whose the rows of a source are: the customer, or what else is looked up by it."""
    meta = orders_meta(configs, source)
    return str(meta.get("key") or CUSTOMER) if meta.get("kind") == "state" else CUSTOMER


def orders_meta(configs: Path, source: str = ORDERS) -> dict[str, Any]:
    """The settings in the meta of the model orders_mapped, or of another source's NAME_mapped.

    Raises UsageError when the file is missing, is no yaml, or does not describe that model.
    """
    file, mapped = configs / f"{source}.yaml", f"{source}_mapped"
    for model in _models(file):
        if model.get("name") == mapped:
            return node_meta(model, mapped if source == ORDERS else "source_mapped")
    hint = "copy the one in configs/ and edit it" if source == ORDERS else "write it by: ready add source"
    raise UsageError(f"{file} does not describe the model {mapped}", hint=hint)


def lookups_of(configs: Path, source: str) -> dict[str, Any]:
    """The look-ups of a source of events, or of the orders: name -> {from, key, column}."""
    if source != ORDERS:
        return mapping_of(orders_meta(configs, source).get("lookup"))
    models = (model for model in _models(configs / f"{ORDERS}.yaml") if model.get("name") == ORDER_LOOKUPS)
    return next((mapping_of(node_meta(model, "source_mapped").get("lookup")) for model in models), {})


def _models(file: Path) -> list[dict[str, Any]]:
    """The models that a file of the configs describes."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{file} is missing", hint="copy the one in configs/ and edit it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise UsageError(f"{place} is no valid yaml: {getattr(error, 'problem', error)}") from None
    return (document or {}).get("models") or []


def csv_columns(entry: str | Mapping[str, Any]) -> list[str]:
    """The CSV columns that one entry of `columns` reads."""
    if isinstance(entry, str):
        return [entry]
    return [entry["column"]] if entry.get("column") else named_in(entry.get("expression", ""))


def named_in(expression: str) -> list[str]:
    """The CSV columns that an SQL expression reads; what a literal holds is no name."""
    found = re.findall(r"'(?:[^']|'')*'|\"([^\"]+)\"", expression)
    return [name for name in dict.fromkeys(found) if name]


def mapped_names(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What orders.yaml maps, each with every CSV column that it reads."""
    entries = dict(meta.get("columns") or {})
    if meta.get("rows"):
        entries["rows"] = {"expression": meta["rows"]}
    return [(name, column) for name, entry in entries.items() for column in csv_columns(entry)]


def check_mapping(
    meta: Mapping[str, Any], headers: Sequence[Sequence[str]], *, configs: Path, source: str = ORDERS
) -> None:
    """Refuse a mapping to CSV columns that none of the files has, all of them in one message.

    headers: the column names of each active load. Where the only ones missing go by their own name, the gate
    reports them: there the files are at fault, not the mapping. Raises UsageError.
    """
    known = {name for header in headers for name in header}
    missing = [(canonical, name) for canonical, name in mapped_names(meta) if name not in known]
    if not known or all(canonical == name for canonical, name in missing):
        return
    nearest = {name: near for _, name in missing if (near := nearest_name(name, known))}
    listed = ", ".join(f'{canonical} to the CSV column "{name}"' for canonical, name in missing)
    meant = [f'"{near}"' + (f' for "{name}"' if len(missing) > 1 else "") for name, near in nearest.items()]
    hints = [f"did you mean {', '.join(meant)}?"] if meant else []
    if len(nearest) < len({name for _, name in missing}):
        hints.append(f"the files have: {', '.join(sorted(known)[:30])}")
    raise UsageError(f"{configs / f'{source}.yaml'} maps {listed}, which no file has", hint=" ".join(hints))


def nearest_name(name: str, known: Collection[str]) -> str | None:
    """The known name that `name` is most likely a slip of; upper and lower case and blanks count least."""
    plain = {_plain(other): other for other in sorted(known)}
    near = difflib.get_close_matches(_plain(name), plain, n=1)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]+", "", name.lower()) or name
