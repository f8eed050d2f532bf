"""Values of YAML that may have any type: what has another one counts as empty, and the lint says so."""

from __future__ import annotations

from typing import Any


def mapping_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
