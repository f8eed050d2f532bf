"""Every command explains itself, and docs/commands.md lists it."""

from __future__ import annotations

import re

import click
import pytest
from click.testing import CliRunner, Result
from conftest import PROJECT

from ready.cli.main import SECTIONS, cli

LISTED = (PROJECT / "docs" / "commands.md").read_text(encoding="utf-8")
COMMANDS = [name for commands in SECTIONS.values() for name in commands]


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="ready")


def with_subcommands(name: str) -> dict[str, click.Command]:
    """The command and what is below it, by what a user types after `ready`."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return {name: command, **{f"{name} {sub}": found for sub, found in below}}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_tells_what_a_command_does_and_shows_it(name: str) -> None:
    for path in with_subcommands(name):
        shown = typed(*path.split(), "--help")
        assert shown.exit_code == 0
        assert re.search(rf"Examples?:\n(.*\n)*? +.*ready {path}\b", shown.output), shown.output


@pytest.mark.parametrize(
    ("word", "hint"),
    [("rnu", "did you mean run?"), ("registery", "did you mean registry?"), ("q", "--help lists them")],
)
def test_a_mistyped_command_is_told_the_nearest(word: str, hint: str) -> None:
    shown = typed(word)
    assert (shown.exit_code, hint in shown.output) == (2, True), shown.output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_part_of_a_command_is_described(name: str) -> None:
    for path, command in with_subcommands(name).items():
        assert command.help, path
        listed = command.get_short_help_str(60) if path != name else ""
        assert not listed.endswith("..."), f"{path}: its first sentence is too long for the list"
        options = [option for option in command.params if isinstance(option, click.Option)]
        assert [option.name for option in options if not option.help] == [], path


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_of_commands_names_every_one(name: str) -> None:
    row = next((line for line in LISTED.splitlines() if re.match(rf"\| `ready {name}[ `]", line)), "")
    for path in with_subcommands(name):
        last = path.split()[-1]
        assert re.search(rf"`(ready {name} )?{last}\b|`ready {path}\b", row), f"no row with {path}"


MENTION = re.compile(r"(?:^|[`(/ $])ready ((?:[a-z][a-z-]*)(?: [a-z]+)?)([^`\n|]*)", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
TAKE_ANY_OPTION = ("dbt", "db psql")


def mentions() -> list[tuple[str, str, str]]:
    """Each command that the documents show as code: file, what is typed after `ready`, and the rest."""
    files = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("examples/**/*.md")]
    return [
        (file.name, *mention)
        for file in files
        for code in CODE.findall(file.read_text(encoding="utf-8"))
        for mention in MENTION.findall(code)
    ]


def test_the_documents_show_commands_and_options_that_there_are() -> None:
    known = {path: command for name in COMMANDS for path, command in with_subcommands(name).items()}
    found = mentions()
    assert len(found) > 40
    for file, words, rest in found:
        path = words if words in known else words.split()[0]
        assert path in known, f"{file}: ready {words}"
        given = set() if path in TAKE_ANY_OPTION else set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest))
        options = {name for option in known[path].params for name in option.opts} | {"--help"}
        assert given <= options, f"{file}: ready {words}{rest}"


def test_the_list_of_commands_is_whole() -> None:
    shown = typed("--help").output
    for title, commands in SECTIONS.items():
        assert f"{title}:\n" in shown
        for name, (_, text) in commands.items():
            assert re.search(rf"^  {name} +{re.escape(text)}$", shown, re.MULTILINE), name


def test_typing_nothing_shows_where_to_start() -> None:
    assert "ready run --data FOLDER" in typed().output


@pytest.mark.parametrize(
    "slip", [["rum"], ["run", "--cofigs", "x"], ["run", "folder"], ["export", "--version", "x"]], ids=" ".join
)
def test_a_slip_is_answered_with_the_way_to_the_help(slip: list[str]) -> None:
    result = typed(*slip)
    assert result.exit_code == 2
    assert "--help' for help" in result.output
