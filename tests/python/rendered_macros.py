"""The macros of the project without dbt: for what they work out, and ask no database for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import jinja2

MACROS = Path(__file__).parents[2] / "macros"
FOLDERS = ("project", "engine", "features", "gate", "mapping", "definition", "sources")
# So a call by the plain name reaches what `return` gives.
PREFIX = "as_written__"
HEAD = re.compile(r"^(\{%-?\s*macro\s+)(\w+)", re.MULTILINE)


class Refused(Exception):
    """A macro has raised a compiler error."""


class Returned(Exception):
    """What `return(...)` leaves a macro with."""


def macros(
    models: Mapping[str, Mapping[str, Any]],
    graph: Mapping[str, Any] | None = None,
    warn: Callable[[str], None] = print,
    at_work: str = "",
) -> Mapping[str, Callable[..., Any]]:
    """Name -> macro, on PostgreSQL. models: of each the settings in its meta. warn: takes dbt's warnings.

    at_work: the model that they are called in.
    """
    found: dict[str, Callable[..., Any]] = {}
    environment = _environment()
    environment.globals |= {
        "graph": graph or {},
        "model": {"name": at_work},
        "env_var": lambda name, default: default,
        "exceptions": SimpleNamespace(raise_compiler_error=_refuse, warn=warn),
    }
    environment.globals.update(
        {name: partial(_forward, found, name) for _, names in _compiled() for name in names}
        | {"adapter": SimpleNamespace(dispatch=lambda name: found[f"postgres__{name}"])}
    )
    for code, names in _compiled():
        module = jinja2.Template.from_code(environment, code, environment.globals).module
        found |= {name: getattr(module, PREFIX + name) for name in names}
    found["node_meta"] = lambda model: models.get(model, {})
    return {name: partial(_forward, found, name) for name in found}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {
        "return": _leave,
        "exceptions": SimpleNamespace(raise_compiler_error=_refuse),
        "modules": SimpleNamespace(re=re),
        "execute": True,
        "graph": {},
        "model": {},
    }
    return environment


@lru_cache
def _compiled() -> list[tuple[CodeType, list[str]]]:
    """Each file with the names of its macros."""
    texts = [file.read_text() for folder in FOLDERS for file in sorted(MACROS.glob(f"{folder}/*.sql"))]
    environment = _environment()
    return [
        (
            environment.compile(HEAD.sub(rf"\g<1>{PREFIX}\g<2>", text)),
            [name for _, name in HEAD.findall(text)],
        )
        for text in texts
    ]


def _forward(found: Mapping[str, Callable[..., Any]], name: str, *arguments: Any, **options: Any) -> Any:
    try:
        return found[name](*arguments, **options)
    except Returned as returned:
        return returned.args[0]


def _leave(value: Any) -> None:
    raise Returned(value)


def _refuse(message: str) -> None:
    raise Refused(message)
