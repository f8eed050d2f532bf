"""The three files of a configs folder, and what lies beside them."""

from __future__ import annotations

import os
from pathlib import Path

# Each with the model without which it does nothing.
CONFIG_FILES = {
    "orders.yaml": "orders_mapped",
    "expectations.yaml": "orders_parsed",
    "features.yaml": "customer_features",
}
# What dbt would take for a part of the project.
READ_BY_DBT = (".sql", ".py", ".yaml", ".yml")


def foreign_files(configs: Path) -> list[Path]:
    """Files in the folder, and in folders below, that look like a part of the project and are not read."""
    found = [
        Path(here, name)
        for here, _, names in os.walk(configs)
        for name in names
        if Path(name).suffix.lower() in READ_BY_DBT
    ]
    return sorted(file for file in found if file.parent != configs or file.name not in CONFIG_FILES)
