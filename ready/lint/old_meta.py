"""Settings written as up to 0.1.0, beside those of other tools: read as if below `ready`, and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ready.definition.meta import BEFORE, PREFIX, is_beside
from ready.definition.values import mapping_of
from ready.lint.finding import Finding

if TYPE_CHECKING:
    from ready.lint.document import Document, KeyPath


def renew_meta(document: Document) -> None:
    """Move them below `ready` with their lines, with one warning for the file; an error beside `ready`."""
    moved: list[KeyPath] = []
    for path, meta, holder in list(_metas(document.value, (), document.value)):
        keys = [key for key in BEFORE[holder] if key in meta]
        if PREFIX not in meta:
            moved += [_move(document, path, meta, key) for key in keys]
            continue
        for key in keys:
            if is_beside(meta, key):
                message = f"{key} stands beside `{PREFIX}` in meta, where it is not read"
                document.findings.append(document.finding((*path, key), message, f"write it below {PREFIX}"))
    if moved:
        document.notes.append(_note(document, moved))


def _note(document: Document, moved: list[KeyPath]) -> Finding:
    lines = sorted({document.line(path) for path in moved})
    first = min(moved, key=document.line)
    others = f"; so too line {', '.join(map(str, lines[1:]))}" if lines[1:] else ""
    message = f"{first[-1]} is read in the form of before: settings go below `{PREFIX}`"
    hint = f"write meta: {{{PREFIX}: {{{first[-1]}: ...}}}}{others}"
    return document.finding(first, message, hint).as_warning()


def _move(document: Document, path: KeyPath, meta: dict[str, Any], key: str) -> KeyPath:
    """The place that it came from, which keeps its line."""
    meta.setdefault(PREFIX, {})[key] = meta.pop(key)
    at, below = (*path, key), (*path, PREFIX)
    for place, line in list(document.lines.items()):
        if place[: len(at)] == at:
            document.lines[(*below, *place[len(path) :])] = line
    document.lines.setdefault(below, document.line(path))
    return at


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
