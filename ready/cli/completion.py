"""`ready completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that lets SHELL complete `ready`.

    \b
    Examples:
      eval "$(ready completion bash)"            in ~/.bashrc
      eval "$(ready completion zsh)"             in ~/.zshrc
      ready completion fish > ~/.config/fish/completions/ready.fish
    """
    completer = get_completion_class(shell)
    assert completer is not None
    click.echo(completer(ctx.find_root().command, {}, "ready", "_READY_COMPLETE").source())
