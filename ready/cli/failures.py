"""Turns expected failures into one message and the contract's exit code."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click
import psycopg2

from ready.errors import MachineError, ReadyError, from_database
from ready.rendering.terminal import printable


def run_cli(command: click.Command) -> NoReturn:
    """Run a click command; expected failures end with their message and exit code.

    click's own usage errors already exit with 2. Ctrl-C exits with 130, a closed pipe quietly.
    """
    try:
        code = command.main(standalone_mode=False, color=_colour())
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ReadyError as error:
        _fail(error)
    except psycopg2.Error as error:
        _fail(from_database(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        _fail(MachineError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")))
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: ReadyError) -> NoReturn:
    click.secho(f"Error: {printable(error.message)}", fg="red", err=True, color=_colour())
    if error.hint:
        click.echo(f"  Next: {printable(error.hint)}", err=True)
    sys.exit(error.exit_code)


def _colour() -> bool | None:
    """None lets click decide, which colours terminals only; older clicks do not know https://no-color.org."""
    return False if os.environ.get("NO_COLOR") else None
