"""The files in examples/orchestration parse, and what they call are commands and options that there are."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from conftest import PROJECT
from dbt.cli.main import cli as dbt_cli

from ready.cli.main import cli

FOLDER = PROJECT / "examples" / "orchestration"
PYTHON = sorted(FOLDER.glob("*.py"))
CHECKS = FOLDER / "recce.yml"
WORKFLOWS = sorted(set(FOLDER.glob("*.yml")) - {CHECKS})
# Within one line of shell, what begins another command.
BETWEEN = re.compile(r"&&|\|\||[;()|\n]")
ASSIGNED = re.compile(r"^(\w+=\S* +)+")


def lists_of_texts(file: Path) -> Iterator[list[str]]:
    """Commands written as lists or as arguments; what is no text, such as a starred one, is left out."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        parts = node.elts if isinstance(node, ast.List) else node.args if isinstance(node, ast.Call) else []
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        if texts and all(isinstance(text, str) for text in texts):
            of_ready = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ready"
            yield ["ready", *texts] if of_ready else texts
        if isinstance(node, ast.keyword) and node.arg == "bash_command":
            yield shlex.split(node.value.value)  # type: ignore[attr-defined]


def shell_lines(value: Any) -> Iterator[str]:
    """The texts of a workflow's `run` and `script`."""
    if isinstance(value, dict):
        for name, below in value.items():
            if name in ("run", "script", "before_script"):
                yield from [below] if isinstance(below, str) else below
            else:
                yield from shell_lines(below)
    elif isinstance(value, list):
        for below in value:
            yield from shell_lines(below)


def commands(file: Path) -> list[list[str]]:
    if file.suffix == ".py":
        found = list(lists_of_texts(file))
    else:
        lines = shell_lines(yaml.safe_load(file.read_text(encoding="utf-8")))
        parts = [ASSIGNED.sub("", part.strip()) for line in lines for part in BETWEEN.split(line)]
        found = [shlex.split(part) for part in parts if part.startswith("ready ")]
    return [command for command in found if command[0] == "ready" and len(command) > 1]


def check(group: click.Group, words: list[str]) -> None:
    """Raise AssertionError for a command or an option that is not there."""
    command = group.get_command(click.Context(group), words[0])
    assert command is not None, words
    if isinstance(command, click.Group):
        check(command, words[1:])
        return
    if words[0] == "dbt":
        check(dbt_cli, words[1:])
        return
    options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in words if re.match("--?[a-z]", word)} <= options, words


@pytest.mark.parametrize("file", [*PYTHON, *WORKFLOWS], ids=lambda file: file.name)
def test_what_is_called_is_there(file: Path) -> None:
    found = commands(file)
    assert len(found) >= 3, found
    for command in found:
        check(cli, command[1:])


@pytest.mark.parametrize(
    "command", [["rnu"], ["diff", "--markdwn"], ["dbt", "biuld"], ["dbt", "build", "--defr"], ["db", "drp"]]
)
def test_what_is_not_there_is_found(command: list[str]) -> None:
    with pytest.raises(AssertionError):
        check(cli, command)


@pytest.mark.parametrize("file", PYTHON, ids=lambda file: file.name)
def test_python_files_compile(file: Path) -> None:
    compile(file.read_text(encoding="utf-8"), file.name, "exec")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_pull_request_has_schemas_of_its_own_a_comment_and_an_end(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    lines = [" ".join(command) for command in commands(file)]
    assert re.search(r"^ +READY_SCHEMA_PREFIX: \w+_\$\{.+\}_$", text, re.MULTILINE)
    assert any(line.startswith("ready dbt build") and "--defer --state" in line for line in lines)
    assert any(line.startswith("ready diff --markdown") for line in lines)
    assert "ready db drop $READY_SCHEMA_PREFIX --yes" in lines


def test_each_is_in_the_readme() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {file.name for file in (*PYTHON, *WORKFLOWS, CHECKS)} == set(
        re.findall(r"\]\((\w[\w-]*\.(?:py|yml))\)", text)
    )


def test_recce_is_asked_of_tables_that_there_are_by_their_keys() -> None:
    checks = yaml.safe_load(CHECKS.read_text(encoding="utf-8"))["checks"]
    published = {"customer_features", "customer_labels", "customer_training_set"}
    for check in checks:
        params = check["params"]
        named = {
            *params.get("select", "").split(),
            *([params["model"]] if "model" in params else ()),
            *re.findall(r"ref\('(\w+)'\)", params.get("sql_template", "")),
        }
        assert named, check
        assert named <= published, check
        if check["type"] == "value_diff":
            assert params["primary_key"] == ["customer_id", "feature_time"]
