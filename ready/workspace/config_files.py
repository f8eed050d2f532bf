"""The three files of a configs folder, those of further sources, and what lies beside them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ready.settings import Settings

# Each with the model without which it does nothing.
CONFIG_FILES = {
    "orders.yaml": "orders_mapped",
    "expectations.yaml": "orders_parsed",
    "features.yaml": "customer_features",
}
# What dbt would take for a part of the project.
READ_BY_DBT = (".sql", ".py", ".yaml", ".yml")
SCHEMA = re.compile(r"(?m)(?<=^# yaml-language-server: \$schema=)\S*/(?=\w+\.schema\.json$)")


def with_schemas(text: str, *, is_users: bool) -> str:
    """The text of a config file, whose first line leads editors to its schema: from a user's folder too."""
    return SCHEMA.sub("../.ready/project/schemas/", text) if is_users else text


def shipped_config(settings: Settings, name: str) -> str:
    """The text of one of the three files as it comes along, and as `ready init` writes it."""
    text = (settings.product_dir / "configs" / name).read_text(encoding="utf-8")
    return with_schemas(text, is_users=settings.is_users)


def foreign_files(configs: Path) -> list[Path]:
    """Files in the folder, and in folders below, that look like a part of the project and are not read."""
    found = [
        Path(here, name)
        for here, _, names in os.walk(configs)
        for name in names
        if Path(name).suffix.lower() in READ_BY_DBT
    ]
    return sorted(file for file in found if file.parent != configs or file.suffix != ".yaml")
