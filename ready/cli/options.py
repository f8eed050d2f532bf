"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def configs_option(command: F) -> F:
    return click.option(
        "--configs",
        metavar="DIR",
        help="Folder with orders.yaml, expectations.yaml, features.yaml.  "
        "[env: READY_CONFIGS; default: configs]",
    )(command)


def artifacts_option(command: F) -> F:
    return click.option(
        "--artifacts",
        metavar="DIR",
        help="Folder for reports and datasets.  [env: READY_ARTIFACTS; default: artifacts]",
    )(command)


def home_option(command: F) -> F:
    return click.option(
        "--home",
        metavar="DIR",
        help="Folder for the embedded database.  [env: READY_HOME; default: .ready]",
    )(command)


def quiet_option(command: F) -> F:
    return click.option("-q", "--quiet", is_flag=True, help="Say only what went wrong.")(command)


def lock_timeout_option(command: F) -> F:
    return click.option(
        "--lock-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0),
        help="Give up, with exit code 3, when another run is still at work after so long.  [default: wait]",
    )(command)
