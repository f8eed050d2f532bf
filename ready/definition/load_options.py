"""What a mapping says of the files: the loader's defaults, which flags override."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader import InputError, LoadOptions
from ready.definition.mapping import ORDERS, csv_columns, orders_meta, source_folder, source_names
from ready.errors import UsageError

TEXT_KEYS = (
    "source", "pattern", "delimiter", "encoding", "quote", "escape", "header", "repeated_names", "comment",
    "max_shrink", "empty", "links",
)  # fmt: skip
FILE_KEYS = (*TEXT_KEYS, "header_line", "footer_lines", "names")
KEY_COLUMNS = ("order_id", "event_id", "customer_id")
# What an expression can read beside the CSV columns.
OF_THE_ROW = {"file_name", "line_number", "load_id"}


def load_options(configs: Path, flags: Mapping[str, Any] | None = None, source: str = ORDERS) -> LoadOptions:
    """The loader's options: flags that are not None, over `meta: ready_file:` of the source's mapping.

    The columns that the mapping reads go along as expected_columns, those of the keys as key_columns.
    Raises UsageError for a file that cannot be read, an unknown key, or a value that cannot be.
    """
    meta = orders_meta(configs, source)
    file = meta.get("file") or {}
    where = f"{configs / f'{source}.yaml'}, meta: ready_file"
    known = FILE_KEYS if source == ORDERS else (*FILE_KEYS, "folder")
    if not isinstance(file, dict) or not set(file) <= set(known):
        raise UsageError(f"{where}: only these keys are known: {', '.join(known)}")
    file = {"source": source, **{key: value for key, value in file.items() if key != "folder"}}
    given = {key: _checked(where, key, value) for key, value in file.items() if value is not None}
    columns = meta.get("columns")
    try:
        options = LoadOptions(
            **given,
            expected_columns=_csv_columns(columns),
            key_columns=_csv_columns(columns, KEY_COLUMNS),
            order_columns=_csv_columns(columns, ("order_id",)),
            order_has_file_name=_has_file_name(columns),
            leave_out=_folders_of_others(configs) if source == ORDERS else (),
        )
    except InputError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    return _with_flags(options, flags or {})


def _folders_of_others(configs: Path) -> tuple[str, ...]:
    return tuple(os.path.normpath(source_folder(configs, name)) for name in source_names(configs))


def _checked(where: str, key: str, value: Any) -> Any:
    if key in TEXT_KEYS and not isinstance(value, str):
        raise UsageError(f"{where}: {key} must be text, not {value!r}", hint="put it in quotes")
    is_number_or_text = isinstance(value, int | str) and not isinstance(value, bool)
    if key in ("header_line", "footer_lines") and not is_number_or_text:
        raise UsageError(f"{where}: {key} must be a whole number or text, not {value!r}")
    if key != "names":
        return value
    texts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError(
            f"{where}: names must be a list of names, or a mapping from old names to new ones, not {value!r}",
            hint="for example names: [order_id, customer_id], or names: {Nr.: order_id}",
        )
    return value if isinstance(value, dict) else tuple(value)


def _csv_columns(columns: Any, only: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """The CSV columns that the mapping reads, each once; lint judges a mapping that is none."""
    entries = columns.items() if isinstance(columns, dict) else ()
    read = [
        name
        for canonical, entry in entries
        if isinstance(entry, str | dict) and (only is None or canonical in only)
        for name in csv_columns(entry)
        if isinstance(name, str) and name not in OF_THE_ROW
    ]
    return tuple(dict.fromkeys(read))


def _has_file_name(columns: Any) -> bool:
    """Whether an order's id is made of its file's name, so that no other file can have the order."""
    entry = columns.get("order_id") if isinstance(columns, dict) else None
    expression = str(entry.get("expression") or "") if isinstance(entry, dict) else ""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", expression)
    return re.search(r"\b(file_name|load_id)\b", bare) is not None


def _with_flags(options: LoadOptions, flags: Mapping[str, Any]) -> LoadOptions:
    try:
        return replace(options, **{key: value for key, value in flags.items() if value is not None})
    except InputError as error:
        raise UsageError(error.message, hint=error.hint) from None
