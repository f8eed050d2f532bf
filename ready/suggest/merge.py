"""Adds tests to the text of expectations.yaml; what is there, comments too, stays as it is."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ready.gate.expectations import MODEL
from ready.rendering.terminal import printable
from ready.suggest.proposals import Proposal

INDENT = 2
TEST_KEYS = ("data_tests", "tests")


class CannotMerge(Exception):
    """The file is written in a way that has no place to add lines."""


@dataclass(frozen=True)
class Edit:
    """Lines put after line `after` (from 0), and a piece of the text (start, end) taken out before."""

    after: int
    lines: list[str]
    cut: tuple[int, int] | None = None


def render(proposals: Sequence[Proposal]) -> str:
    """The proposals as an expectations file of their own."""
    lines = ["version: 2", "", "models:", f"{' ' * INDENT}- name: {MODEL}", f"{' ' * 2 * INDENT}columns:"]
    return "\n".join([*lines, *_new_columns(proposals, 3 * INDENT)]) + "\n"


def merge(text: str, proposals: Sequence[Proposal]) -> str:
    """The text with the proposals in their columns' places. Raises CannotMerge where there is none."""
    model = _model_node(text)
    columns = _value(model, "columns")
    if columns is None:
        indent = model.start_mark.column
        added = [f"{' ' * indent}columns:", *_new_columns(proposals, indent + INDENT)]
        return _applied(text, [Edit(_last_line(model), added)])
    if not _is_block(columns):
        raise CannotMerge(f"line {columns.start_mark.line + 1} has no place for a column")
    return _applied(text, _edits(text, columns, proposals))


def _edits(text: str, columns: yaml.SequenceNode, proposals: Sequence[Proposal]) -> list[Edit]:
    by_name = {_value(column, "name").value: column for column in columns.value}
    edits = [
        _edit_column(text, by_name[name], list(group))
        for name, group in itertools.groupby(proposals, key=lambda proposal: proposal.column)
        if name in by_name
    ]
    new = [proposal for proposal in proposals if proposal.column not in by_name]
    if new:
        edits.append(Edit(_last_line(columns), _new_columns(new, columns.start_mark.column)))
    return edits


def _applied(text: str, edits: list[Edit]) -> str:
    """From the bottom up, so that the places of the others hold."""
    line_end = "\r" if "\r\n" in text else ""
    for _, edit in sorted(enumerate(edits), key=lambda entry: (entry[1].after, entry[0]), reverse=True):
        lines = text.split("\n")
        lines[edit.after + 1 : edit.after + 1] = [line + line_end for line in edit.lines]
        text = "\n".join(lines)
        if edit.cut:
            start, end = edit.cut
            text = text[:start].rstrip(" ") + text[end:]
    return text


def _model_node(text: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for model in getattr(_value(root, "models"), "value", []):
        if isinstance(model, yaml.MappingNode) and _is_block(model) and _value(model, "name").value == MODEL:
            return model
    raise CannotMerge(f"there is no block that describes {MODEL}")


def _edit_column(text: str, column: yaml.MappingNode, proposals: list[Proposal]) -> Edit:
    tests = next((node for node in (_value(column, key) for key in TEST_KEYS) if node is not None), None)
    if tests is None and _is_block(column):
        indent = column.start_mark.column
        added = [f"{' ' * indent}data_tests:", *_tests(proposals, indent + INDENT)]
        return Edit(_last_line(column), added)
    if tests is not None and _is_block(tests):
        return Edit(_last_line(tests), _tests(proposals, tests.start_mark.column))
    if tests is None or not _is_block(column) or tests.start_mark.line != tests.end_mark.line:
        raise CannotMerge(f"line {column.start_mark.line + 1} has no place for a list of tests")
    return _from_flow(text, tests, column.start_mark.column + INDENT, proposals)


def _from_flow(text: str, tests: yaml.Node, indent: int, proposals: list[Proposal]) -> Edit:
    """A list in brackets, or nothing at all, becomes a list of lines; its entries keep their words."""
    items = tests.value if isinstance(tests, yaml.SequenceNode) else []
    kept = [f"{' ' * indent}- {text[item.start_mark.index : item.end_mark.index]}" for item in items]
    cut = (tests.start_mark.index, tests.end_mark.index)
    return Edit(tests.start_mark.line, [*kept, *_tests(proposals, indent)], cut)


def _new_columns(proposals: Iterable[Proposal], indent: int) -> list[str]:
    lines = []
    for name, group in itertools.groupby(proposals, key=lambda proposal: proposal.column):
        lines += [f"{' ' * indent}- name: {name}", f"{' ' * (indent + INDENT)}data_tests:"]
        lines += _tests(list(group), indent + 2 * INDENT)
    return lines


def _tests(proposals: Iterable[Proposal], indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" for proposal in proposals for line in _lines(proposal)]


def _lines(proposal: Proposal) -> Iterator[str]:
    yield f"# {printable(' '.join(proposal.evidence.split()))}"
    if not proposal.arguments:
        yield f"- {proposal.test}"
        return
    yield f"- {proposal.test}:"
    flow = yaml.safe_dump(
        dict(proposal.arguments), default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True
    )
    yield f"{' ' * 2 * INDENT}arguments: {flow.strip()}"


def _value(node: Any, key: str) -> Any:
    """The value node of a mapping's key, or None."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _is_block(node: Any) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _last_line(node: yaml.Node) -> int:
    """Where a node ends; a block's own end mark lies behind the comments that follow it."""
    if _is_block(node) and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line) - (
        1 if node.end_mark.column == 0 and node.start_mark.line < node.end_mark.line else 0
    )
