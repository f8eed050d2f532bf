"""How much a command says, and in which form: what -q, -v and --json decide for every command alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click

from ready.cli.status import live_status
from ready.rendering.terminal import printable


@dataclass(frozen=True)
class Output:
    """Standard output belongs to the result: lines of text, or with --json one value."""

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False

    @property
    def silent(self) -> bool:
        """Nothing is printed while the work goes on."""
        return self.quiet or self.as_json

    def say(self, text: str) -> None:
        """A line for people."""
        if not self.silent:
            click.echo(printable(text))

    def show(self, value: Any) -> None:
        """The result for programs. Decimals and times become text, so that nothing is rounded."""
        if self.as_json:
            text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
            click.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))

    @contextmanager
    def steps(self) -> Iterator[Callable[[str], None]]:
        """Gives a function that reports a step: a line each with -v, else one live line on a terminal."""
        if self.verbose and not self.silent:
            yield lambda text: click.echo(printable(f"  {text}"), err=True)
        elif self.silent:
            yield lambda text: None
        else:
            with live_status() as say:
                yield say
