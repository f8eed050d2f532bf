"""A yaml file read strictly, each value with its line: duplicate keys, tags and alias bombs are faults."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ready.definition.meta import PREFIX
from ready.definition.values import list_of, mapping_of
from ready.lint.finding import Finding
from ready.lint.metas import gather_meta

KeyPath = tuple[str | int, ...]

# A config has some hundred values. Aliases can expand a few lines to billions.
MAX_VALUES = 50_000
# Larger ones dbt cannot pass on.
INTEGERS = range(-(2**63), 2**63)
MERGE_TAG = "tag:yaml.org,2002:merge"
PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
}


@dataclass
class Document:
    """value: dicts, lists and scalars as dbt would see them; None when the file cannot be read.

    lines: the line of each key and list entry by its path. findings: what is wrong with the yaml. notes:
    warnings that leave what is read as it is.
    """

    file: Path
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of the path, or of the nearest of its parents that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def finding(self, path: KeyPath, message: str, hint: str | None = None) -> Finding:
        return Finding(self.file, self.line(path), message, hint)


class _TooLarge(Exception):
    """The aliases expand to more values than a config has."""


def read_document(file: Path) -> Document:
    """Read one file; never raises for its content."""
    document = Document(file)
    try:
        node = yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
        if node is not None:
            document.value = _Reader(document).read(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.findings.append(Finding(file, line, f"no valid yaml: {error.problem or error}"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, _TooLarge) as error:
        document.findings.append(Finding(file, 1, f"no valid yaml: {_reason(error)}"))
    if document.findings and document.value is None:
        document.lines.clear()
    gather_meta(document)
    return document


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return str(error).replace("\n", " ")


class _Reader:
    """Turns yaml nodes into values, noting lines and faults."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.open: set[int] = set()

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _TooLarge(f"its aliases expand to more than {MAX_VALUES} values")
        if id(node) in self.open:
            raise _TooLarge(f"an alias in line {self._line(node)} contains itself")
        self.document.lines.setdefault(path, self._line(node))
        if node.tag not in PLAIN_TAGS:
            self._fault(node, f"the tag {node.tag} is not allowed here")
            return None
        self.open.add(id(node))
        try:
            return self._content(node, path)
        finally:
            self.open.discard(id(node))

    def _content(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE_TAG:
                merged = {**self._merged(value_node, path), **merged}
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(key_node, "a key is a word, not a list or a mapping")
                continue
            key = str(key_node.value)
            if key in own:
                first = self.document.lines[(*path, key)]
                self._fault(key_node, f"the key {key} is there twice, first in line {first}")
            self.document.lines[(*path, key)] = self._line(key_node)
            own[key] = self.read(value_node, (*path, key))
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        values = [self.read(child, path) for child in nodes]
        return {
            key: value for each in reversed(values) if isinstance(each, dict) for key, value in each.items()
        }

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            value = yaml.SafeLoader("").construct_object(node)
        except (ValueError, yaml.YAMLError):
            self._fault(node, f"{node.value} is no valid {node.tag.rpartition(':')[2]}")
            return None
        if isinstance(value, int) and value not in INTEGERS:
            self._fault(node, f"{node.value} is more than a whole number can be (64 bits)")
        # dbt passes dates on as text.
        return value.isoformat() if isinstance(value, datetime.date) else value

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.document.findings.append(Finding(self.document.file, self._line(node), message))

    @staticmethod
    def _line(node: yaml.Node) -> int:
        return int(node.start_mark.line) + 1


def model_meta(document: Document, model_name: str) -> tuple[KeyPath, dict[str, Any]]:
    """The settings in the meta of a model and their path; empty where the document does not have them."""
    models = list_of(document.value.get("models")) if isinstance(document.value, dict) else []
    for index, model in enumerate(models):
        if isinstance(model, dict) and model.get("name") == model_name:
            path = ("models", index, "config", "meta", PREFIX)
            return path, mapping_of(mapping_of(mapping_of(model.get("config")).get("meta")).get(PREFIX))
    return (), {}


def is_jinja(value: Any) -> bool:
    """Whether dbt knows the value only later."""
    return isinstance(value, str) and "{{" in value
