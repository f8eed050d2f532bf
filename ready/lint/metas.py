"""The settings of a file's metas, in whichever form: read as if below `ready`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ready.definition.meta import ALONE, BEFORE, PREFIX, is_before
from ready.definition.values import mapping_of
from ready.lint.finding import Finding

if TYPE_CHECKING:
    from ready.lint.document import Document, KeyPath


def gather_meta(document: Document) -> None:
    """Move each `ready_NAME` below `ready`, with its lines; so too what has no prefix, with one warning for
    the file. A setting that is there twice is an error."""
    old: list[KeyPath] = []
    for path, meta, holder in list(_metas(document.value, (), document.value)):
        before = [key for key in BEFORE[holder] if is_before(meta, key)]
        for key in [*(key for key in meta if str(key).startswith(ALONE)), *before]:
            name = key.removeprefix(ALONE)
            if name in mapping_of(meta.get(PREFIX)):
                twice = document.finding((*path, key), f"{name} is in this meta twice", f"keep {ALONE}{name}")
                document.findings.append(twice)
            _move(document, path, meta, key, name)
        old += [(*path, key) for key in before]
    if old:
        document.notes.append(_note(document, old))


def _note(document: Document, old: list[KeyPath]) -> Finding:
    lines = sorted({document.line(path) for path in old})
    first = min(old, key=document.line)
    others = f"; so too line {', '.join(map(str, lines[1:]))}" if lines[1:] else ""
    message = f"{first[-1]} is read without its prefix, as up to 0.1.0"
    return document.finding(first, message, f"write {ALONE}{first[-1]}{others}").as_warning()


def _move(document: Document, path: KeyPath, meta: dict[str, Any], key: str, name: str) -> None:
    """The place that it came from keeps its line."""
    if not isinstance(meta.get(PREFIX), dict):
        meta[PREFIX] = {}
    meta[PREFIX][name] = meta.pop(key)
    at, below = (*path, key), (*path, PREFIX)
    for place, line in list(document.lines.items()):
        if place[: len(at)] == at:
            document.lines[(*below, name, *place[len(at) :])] = line
    document.lines.setdefault(below, document.line(path))


def _metas(value: Any, path: KeyPath, top: Any) -> Iterator[tuple[KeyPath, dict[str, Any], str]]:
    """Each meta of the file, with its place and its holder."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, entry in entries:
        at = (*path, key)
        if key == "meta" and isinstance(entry, dict):
            yield at, entry, _holder(at, top)
        elif key != "arguments":
            yield from _metas(entry, at, top)


def _holder(path: KeyPath, top: Any) -> str:
    if "data_tests" in path or "tests" in path:
        return "test"
    if "columns" in path:
        return "column"
    name = str(mapping_of(top["models"][path[1]]).get("name")) if path[0] == "models" else "model"
    return name if name in BEFORE else "model"
