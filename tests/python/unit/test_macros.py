"""Which macro calls which: the folders of macros are layers, and there is no circle of them."""

from __future__ import annotations

from pathlib import Path

from dbt_common.clients.jinja import get_environment
from jinja2 import nodes

MACROS = Path(__file__).parents[3] / "macros"
# Each folder calls itself and those before it. What Spark does otherwise is dispatched to, and not named.
LAYERS = (
    "engine",
    "project",
    "build_lock",
    "mapping",
    "definition",
    "staging",
    "features",
    "gate",
    "sources",
    "incremental",
    "meta",
    "publish",
    "on_run_start",
    "spark",
)
ENGINES = ("default__", "postgres__")


def macros() -> dict[str, tuple[str, set[str]]]:
    """Macro -> its folder, and the macros that it calls, itself or by dispatch."""
    environment = get_environment(None, capture_macros=True)
    found = {}
    for file in sorted(MACROS.rglob("*.sql")):
        for macro in environment.parse(file.read_text(encoding="utf-8")).find_all(nodes.Macro):
            name = macro.name.removeprefix("dbt_macro__")
            found[name] = (file.relative_to(MACROS).parts[0], set(called_by(macro)))
    return {name: (folder, calls & found.keys()) for name, (folder, calls) in found.items()}


def called_by(macro: nodes.Macro) -> list[str]:
    names = []
    for call in macro.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name):
            names.append(call.node.name)
        elif isinstance(call.node, nodes.Getattr) and call.node.attr == "dispatch":
            (dispatched, *_) = call.args
            assert isinstance(dispatched, nodes.Const)
            names.extend(engine + dispatched.value for engine in ENGINES)
    return names


def test_a_folder_calls_only_those_before_it() -> None:
    found = macros()
    assert {folder for folder, _ in found.values()} == set(LAYERS)
    upwards = [
        f"{folder}: {name} calls {called} of {found[called][0]}"
        for name, (folder, calls) in found.items()
        for called in calls
        if LAYERS.index(found[called][0]) > LAYERS.index(folder)
    ]
    assert upwards == []
    assert sum(len(calls) for _, calls in found.values()) > 1000, "calls are found"
