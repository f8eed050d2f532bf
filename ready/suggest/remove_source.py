"""Takes a source out of the project: what `ready add source` has written, as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ready.definition.mapping import IN_FILES, ORDERS, lookups_of, source_names
from ready.definition.values import list_of, mapping_of
from ready.errors import UsageError
from ready.lint.finding import nearest_or_all, shown_path
from ready.lint.joined import JOINED, NAMES
from ready.lint.sources import OF_SOURCE
from ready.settings import Settings
from ready.suggest.add_source import MODELS

ONE_LINE = re.compile(r"\s*\{\{-?\s*(\w+)\([^{}]*\)\s*-?\}\}\s*")


@dataclass(frozen=True)
class Removal:
    """deleted: files that go. changed: those that stay, with their text."""

    deleted: tuple[Path, ...]
    changed: dict[Path, str]

    def carry_out(self) -> None:
        for file, text in self.changed.items():
            file.write_text(text, encoding="utf-8")
        for file in self.deleted:
            file.unlink()


def plan_removal(settings: Settings, name: str) -> Removal:
    """What taking a source out does to the project; nothing is written.

    Raises UsageError where there is no such source, where SQL of one's own is in place of its models or reads
    them, and where features.yaml has its times or cannot be edited.
    """
    known = source_names(settings.configs)
    if name not in known:
        hint = nearest_or_all(name, known) if known else "add one with: ready add source NAME PATH"
        raise UsageError(f"no file of {settings.configs} maps a source {name}", hint=hint)
    folder = settings.project_dir / "models"
    wanted = {f"{name}{ending}" for ending in (*MODELS, IN_FILES, "", "_features")}
    files = sorted(folder.rglob("*.sql"))
    models = [file for file in files if file.stem in wanted]
    own = [file for file in models if not _is_as_written(file)]
    joined = dict(_without(files, f"{name}_features"))
    readers = [file for file in files if file not in (*models, *joined) and _reads(file, wanted)]
    orders = settings.configs / f"{ORDERS}.yaml"
    looked_up = {
        str(mapping_of(entry).get("from")) for entry in lookups_of(settings.configs, ORDERS).values()
    }
    readers += [orders] if name in looked_up else []
    if own or readers:
        listed = ", ".join(map(shown_path, [*own, *readers]))
        why = f"SQL of your own is part of {name}" if own else f"{name} is read"
        raise UsageError(f"{why}: {listed}", hint="delete or change them first, and run this again")
    features = settings.configs / "features.yaml"
    changed = {features: _without_entry(features, name), **joined}
    gone = [file for file, text in joined.items() if not text]
    return Removal(
        (settings.configs / f"{name}.yaml", *models, *gone),
        {file: text for file, text in changed.items() if text and text != file.read_text(encoding="utf-8")},
    )


def _is_as_written(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    return bool(OF_SOURCE.match(text) and ONE_LINE.fullmatch(text))


def _reads(file: Path, names: set[str]) -> bool:
    text = file.read_text(encoding="utf-8", errors="replace")
    looked_up = NAMES.findall(" ".join(re.findall(r"\bsource_lookups\(([^)]*)\)", text)))
    return not names.isdisjoint([*re.findall(r"\bref\(\s*['\"](\w+)['\"]", text), *looked_up])


def _without(files: list[Path], feature_set: str) -> Iterator[tuple[Path, str]]:
    """The models that join a feature set, each without it; empty where one set alone would be left."""
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        call = JOINED.search(text)
        sets = NAMES.findall(call["sets"]) if call else []
        if call and feature_set in sets:
            rest = [name for name in sets if name != feature_set]
            if len(rest) < 2 and ONE_LINE.fullmatch(text):
                yield file, ""
            else:
                listed = ", ".join(f"'{name}'" for name in rest)
                yield file, f"{text[: call.start('sets')]}{listed}{text[call.end('sets') :]}"


def _without_entry(file: Path, name: str) -> str:
    """The text of features.yaml without what it says of the source's features."""
    text = file.read_text(encoding="utf-8")
    try:
        models = list_of(mapping_of(yaml.safe_load(text)).get("models"))
        node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(
            f"{shown_path(file)} is no valid yaml: {error}", hint="ready lint has more"
        ) from None
    names = [str(mapping_of(model).get("name")) for model in models]
    if re.search(rf"\bevery:\s*['\"]?{name}\b", text):
        raise UsageError(
            f"{shown_path(file)} has feature times of {name}", hint="write every: month, or another, there"
        )
    if f"{name}_features" not in names:
        return text
    entries = next(value for key, value in node.value if key.value == "models").value
    place = names.index(f"{name}_features")
    lines = text.splitlines(keepends=True)
    begin = entries[place].start_mark.line
    end = entries[place + 1].start_mark.line if place + 1 < len(entries) else len(lines)
    while end > begin + 1 and lines[end - 1].lstrip().startswith("#"):  # of the entry that follows
        end -= 1
    left = "".join([*lines[:begin], *lines[end:]]).rstrip() + "\n"
    others = [model for model in models if model is not models[place]]
    if list_of(mapping_of(yaml.safe_load(left)).get("models")) != others:
        raise UsageError(
            f"{shown_path(file)}:{begin + 1}: the entry of {name}_features cannot be taken out",
            hint="delete it, and run this again",
        )
    return left
