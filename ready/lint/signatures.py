"""Which tests there are and what arguments they take, read from the files that define them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

TEST_BLOCK = re.compile(r"\{%-?\s*test\s+(\w+)\s*\((.*?)\)\s*-?%\}", re.DOTALL)
ARGUMENT = re.compile(r"""\s*(\w+)\s*(=\s*(?:"[^"]*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^,])*)?(?:,|$)""")
GIVEN_BY_DBT = "model"


@dataclass(frozen=True)
class Signature:
    """A test: its qualified name, its arguments but `model`, and those of them that have no default."""

    name: str
    arguments: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def on_column(self) -> bool:
        return "column_name" in self.arguments


def known_tests(product: Path, project: Path) -> dict[str, Signature]:
    """Every test that the configs may use, by qualified name: dbt's, the packages', the project's own.

    product: where the project's models come from; project: where dbt runs. In a checkout they are the same.
    """
    tests: dict[str, Signature] = {}
    for namespace, folder in _sources(product, project):
        for file in sorted(folder.rglob("*.sql")):
            for signature in read_signatures(file.read_text(encoding="utf-8"), namespace):
                tests[signature.name] = signature
    return tests


def _sources(product: Path, project: Path) -> Iterator[tuple[str, Path]]:
    """Folders with tests; the project's own come last, as they win over dbt's of the same name."""
    dbt = importlib.util.find_spec("dbt.include.global_project")
    for location in (dbt.submodule_search_locations or []) if dbt else []:
        yield "", Path(location) / "tests" / "generic"
    installed = project / "dbt_packages"
    for package in sorted(
        (installed if installed.is_dir() else product / "packages").glob("*/dbt_project.yml")
    ):
        name = (yaml.safe_load(package.read_text(encoding="utf-8")) or {}).get("name")
        yield f"{name}.", package.parent
    yield "", product / "macros"
    yield "", product / "tests" / "dbt" / "generic"
    if project != product:  # a folder of `ready init`
        yield "", project / "macros"
        yield "", project / "tests"


def read_signatures(sql: str, namespace: str = "") -> Iterator[Signature]:
    """The tests that one file defines."""
    for name, arguments in TEST_BLOCK.findall(sql):
        found = [(argument, bool(default)) for argument, default in ARGUMENT.findall(arguments)]
        given = [(argument, optional) for argument, optional in found if argument != GIVEN_BY_DBT]
        yield Signature(
            namespace + name,
            tuple(argument for argument, _ in given),
            tuple(argument for argument, optional in given if not optional),
        )
