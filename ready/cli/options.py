"""Options that several commands share, written once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ready.cli.output import Output
from ready.errors import UsageError
from ready.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def confirmed(question: str) -> bool:
    """Whether the user says yes; a no is answered with one sentence."""
    answer = click.confirm(question, err=True)
    if not answer:
        click.echo("Nothing was changed.", err=True)
    return answer


def configs_option(command: F) -> F:
    return click.option(
        "--configs",
        metavar="DIR",
        type=click.Path(),
        help="Folder with orders.yaml, expectations.yaml, features.yaml.  "
        "[env: READY_CONFIGS; default: configs]",
    )(command)


def artifacts_option(command: F) -> F:
    return click.option(
        "--artifacts",
        metavar="DIR",
        type=click.Path(),
        help="Folder for reports and datasets.  [env: READY_ARTIFACTS; default: artifacts]",
    )(command)


def home_option(command: F) -> F:
    return click.option(
        "--home",
        metavar="DIR",
        type=click.Path(),
        help="Folder for the embedded database.  [env: READY_HOME; default: .ready]",
    )(command)


def target_option(command: F) -> F:
    return click.option(
        "--target",
        type=click.Choice(["postgres", "spark"]),
        envvar="READY_TARGET",
        default="postgres",
        help="Engine to work on.  [env: READY_TARGET; default: postgres]",
    )(command)


def max_shrink_option(command: F) -> F:
    return click.option(
        "--max-shrink",
        metavar="P%",
        help="Refuse a file that would take away more than this share of its earlier load's rows or orders.  "
        "[default: 50%]",
    )(command)


def default_data(settings: Settings) -> str:
    """The folder that is loaded where a call names none. Raises UsageError if it is not there."""
    folder = settings.project_dir / "data" / "raw"
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}",
            hint="make it and put CSV files there, or name a folder or file that has them",
        )
    return str(folder)


def names_spark(arguments: Sequence[str]) -> bool:
    """Whether a command line, or READY_TARGET, means Spark."""
    for place, argument in enumerate(arguments):
        option, _, value = argument.partition("=")
        if option in ("--target", "-t"):
            return (value or "".join(arguments[place + 1 : place + 2])) == "spark"
    return os.environ.get("READY_TARGET") == "spark"


OUTPUT_FLAGS = {
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong."),
    "verbose": click.option("-v", "--verbose", is_flag=True, help="Tell each step and each check."),
    "as_json": click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
}


def output_options(*flags: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Those of OUTPUT_FLAGS that make sense for the command, which gets them as one argument, `output`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_output(*arguments: Any, **options: Any) -> Any:
            chosen = {flag: options.pop(flag) for flag in flags}
            return command(*arguments, output=Output(**chosen), **options)

        for flag in reversed(flags):
            with_output = OUTPUT_FLAGS[flag](with_output)
        return with_output

    return decorate


ALL_FLAGS = tuple(OUTPUT_FLAGS)


def lock_timeout_option(command: F) -> F:
    return click.option(
        "--lock-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        help="Give up, with exit code 3, when another run is still at work after so long.  [default: wait]",
    )(command)
