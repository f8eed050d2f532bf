"""Turns expected failures into one message and the contract's exit code."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from ready.errors import MachineError, ReadyError


def run_cli(command: click.Command) -> NoReturn:
    """Run a click command; expected failures end with their message and exit code.

    click's own usage errors already exit with 2. Ctrl-C exits with 130, a closed pipe quietly.
    """
    try:
        code = command.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ReadyError as error:
        _show(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:
        _show(MachineError(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")))
        sys.exit(MachineError.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


def _show(error: ReadyError) -> None:
    click.secho(f"Error: {error.message}", fg="red", err=True)
    if error.hint:
        click.echo(f"  Next: {error.hint}", err=True)
