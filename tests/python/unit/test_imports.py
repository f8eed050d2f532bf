"""Which module imports which: no circles, also not within functions, and no way up from the loader."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PROJECT = Path(__file__).parents[3]
ROOTS = ("ready", "loader")

# Both engines have a part of each step; a step chooses the engine, whose part builds on modules of the step.
# A room that leaves this circle leaves this list.
AROUND_THE_ENGINES = {
    "ready.database", "ready.dataset", "ready.dbt", "ready.figures", "ready.gate",
    "ready.label_sets", "ready.lint", "ready.postgres", "ready.proof", "ready.recorded",
    "ready.run", "ready.run_page", "ready.spark", "ready.suggest", "ready.table_diff",
}  # fmt: skip


def modules() -> dict[str, Path]:
    """Name -> file of every module of ours."""
    files = [file for root in ROOTS for file in (PROJECT / root).rglob("*.py")]
    return {_name(file): file for file in files}


def _name(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path) -> Iterator[str]:
    """The names of what a file imports when it runs; what only types need is left out."""
    nodes: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        nodes.extend(ast.iter_child_nodes(node))


def graph() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports. A package that only names its modules is no circle."""
    ours = modules()
    found = {}
    for name, file in ours.items():
        names = set(imported(file)) & ours.keys()
        below = {other for other in names if any(o != other and o.startswith(f"{other}.") for o in names)}
        found[name] = names - below - {name}
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert list(TopologicalSorter(graph()).static_order())


def rooms() -> dict[str, set[str]]:
    """Room -> the rooms whose modules its own import."""
    found: dict[str, set[str]] = {}
    for name, imports in graph().items():
        found.setdefault(_room(name), set()).update(map(_room, imports))
    return {room: others - {room} for room, others in found.items()}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _reached(room: str, imports: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [room]
    while ahead:
        new = imports[ahead.pop()] - found
        found |= new
        ahead.extend(new)
    return found


def test_no_rooms_import_each_other_but_those_around_the_engines() -> None:
    imports = rooms()
    assert {room for room in imports if room in _reached(room, imports)} == AROUND_THE_ENGINES


def test_every_module_has_a_room_that_says_what_it_holds() -> None:
    ours = modules()
    loose = {name for name, file in ours.items() if file.parent == PROJECT / "ready"}
    assert loose == {"ready", "ready.__main__", "ready.errors", "ready.settings"}
    rooms = {file.parent / "__init__.py" for name, file in ours.items() if name.startswith("ready")}
    assert [room for room in rooms if not ast.get_docstring(ast.parse(room.read_text()))] == []


def test_the_loader_knows_neither_ready_nor_dbt() -> None:
    for name, file in modules().items():
        if name.split(".")[0] == "loader":
            assert not {other.split(".")[0] for other in imported(file)} & {"ready", "dbt"}, name
