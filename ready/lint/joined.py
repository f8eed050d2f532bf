"""Feature sets that a model joins with joined_features, and the names that two of them give a column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ready.definition.features import OF_STATES, aggregated_features, features_of
from ready.definition.values import list_of, mapping_of
from ready.lint.document import Document, KeyPath, model_meta
from ready.lint.finding import Finding, shown_path

JOINED = re.compile(r"\bjoined_features\(\s*\[(?P<sets>[^\]]*)\]")
NAMES = re.compile(r"['\"](\w+)['\"]")


def check_joined(features: Document, project: Path) -> Iterator[Finding]:
    """A name that is used in two of the sets that a model below `project` joins: with both places."""
    for file in sorted((project / "models").rglob("*.sql")):
        for call in JOINED.finditer(file.read_text(encoding="utf-8", errors="replace")):
            yield from _check(features, file, NAMES.findall(call["sets"]))


def _check(features: Document, file: Path, sets: list[str]) -> Iterator[Finding]:
    owners: dict[str, tuple[str, KeyPath]] = {}
    for name in sets:
        path, meta = model_meta(features, name)
        for column, place in _places(path, meta, name).items():
            if column not in owners:
                owners[column] = (name, place)
                continue
            other, earlier = owners[column]
            message = (
                f"{name} has a column {column}, as {other} has in "
                f"{shown_path(features.file)}:{features.line(earlier)}, and {shown_path(file)} joins both"
            )
            yield features.finding(place, message, "give it another name in one of them")


def _places(path: KeyPath, meta: Mapping[str, Any], feature_set: str) -> dict[str, KeyPath]:
    """The columns that a set has by features.yaml, each with what makes it there."""
    if not meta:
        return {}
    noun = "order" if feature_set == "customer_features" else feature_set.removesuffix("_features")
    places = {feature.name: path for feature in features_of(meta, noun)}
    for index, column in enumerate(list_of(meta.get("latest"))):
        places |= {f"{column}{ending}": (*path, "latest", index) for ending in OF_STATES}
    for name, rule in mapping_of(meta.get("aggregations")).items():
        made = aggregated_features({**meta, "aggregations": {name: rule}})
        places |= {feature.name: (*path, "aggregations", name) for feature in made}
    places |= {f"{name}_ratio": (*path, "ratios", name) for name in mapping_of(meta.get("ratios"))}
    return places
