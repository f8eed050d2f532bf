"""What configs/orders.yaml says of the files: the loader's defaults, which flags override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from loader import InputError, LoadOptions
from ready.errors import UsageError
from ready.mapping import mapped_columns, order_key, orders_meta

FILE_KEYS = ("source", "pattern", "delimiter", "encoding", "quote", "escape", "max_shrink", "empty")


def load_options(configs: Path, flags: Mapping[str, Any] | None = None) -> LoadOptions:
    """The loader's options: flags that are not None, over `config: meta: file:` of orders_mapped.

    Raises UsageError for a file that cannot be read, an unknown key, or a value that cannot be.
    """
    meta = orders_meta(configs)
    file = meta.get("file") or {}
    where = f"{configs / 'orders.yaml'}, config: meta: file"
    if not isinstance(file, dict) or not set(file) <= set(FILE_KEYS):
        raise UsageError(f"{where}: only these keys are known: {', '.join(FILE_KEYS)}")
    for key, value in file.items():
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{where}: {key} must be text, not {value!r}", hint="put it in quotes")
    given = {key: value for key, value in file.items() if value is not None}
    order_columns, order_has_file_name = order_key(meta)
    try:
        options = LoadOptions(
            **given,
            expected_columns=mapped_columns(meta),
            order_columns=order_columns,
            order_has_file_name=order_has_file_name,
        )
    except InputError as error:
        raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    return _with_flags(options, flags or {})


def _with_flags(options: LoadOptions, flags: Mapping[str, Any]) -> LoadOptions:
    try:
        return replace(options, **{key: value for key, value in flags.items() if value is not None})
    except InputError as error:
        raise UsageError(error.message, hint=error.hint) from None
