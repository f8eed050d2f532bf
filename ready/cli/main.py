"""The command group: commands are imported when they are used, so that `ready --help` is quick."""

from __future__ import annotations

import importlib

import click

from ready import __version__

# The order is the data's way; each entry is "module:command, one-line help".
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "The whole way": {
        "init": ("ready.cli.init:init", "Make a project folder of your own."),
        "run": ("ready.cli.run:run", "Load, validate, build and export in one go."),
    },
    "Step by step": {
        "load": ("ready.cli.load:load", "Load CSV files into raw.raw_events, each exactly once."),
        "lint": ("ready.cli.lint:lint", "Check the configs strictly, also against files."),
        "add": ("ready.cli.add:add", "Propose a further source of events or states."),
        "remove": ("ready.cli.remove:remove", "Take such a source out again."),
        "suggest": ("ready.cli.suggest:suggest", "Propose expectations that the loaded data meets."),
        "validate": ("ready.cli.validate:validate", "Run the gate alone and write its report."),
        "dbt": ("ready.cli.dbt:dbt", "Run any dbt command with the database up."),
        "train-set": ("ready.cli.train_set:train_set", "Build a training set of your own labels."),
        "export": ("ready.cli.export:export", "Write the training set as Parquet."),
    },
    "What is there": {
        "registry": ("ready.cli.registry:registry", "List, show and compare recorded versions."),
        "diff": ("ready.cli.diff:diff", "Show what a build changes in the published tables."),
        "lineage": ("ready.cli.lineage:lineage", "Show which CSV columns a feature is made of."),
        "docs": ("ready.cli.docs:docs", "Generate and serve the dbt docs site."),
    },
    "Proof": {
        "explain": ("ready.cli.explain:explain", "Show every order behind a value, with file and line."),
        "check-leakage": (
            "ready.cli.check_leakage:check_leakage",
            "Change the future; no earlier row may move.",
        ),
        "reproduce": ("ready.cli.reproduce:reproduce", "Rebuild a recorded version and compare it."),
        "audit": ("ready.cli.audit:audit", "Compare an outside training set with what could be known."),
    },
    "The machine": {
        "db": ("ready.cli.db:db", "Start, stop and inspect the database."),
        "spark": ("ready.cli.spark:spark", "Start, stop and inspect the local Spark cluster."),
        "env": ("ready.cli.env:env", "Print the settings as shell exports."),
        "completion": ("ready.cli.completion:completion", "Let bash, zsh or fish complete ready."),
    },
}


class LazyGroup(click.Group):
    """A group whose commands are imported on first use and listed by section."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for commands in SECTIONS.values():
            if cmd_name in commands:
                module, attribute = commands[cmd_name][0].split(":")
                command: click.Command = getattr(importlib.import_module(module), attribute)
                return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and args[0][:1] != "-" and not ctx.resilient_parsing:
            from ready.lint.finding import nearest

            ctx.fail(f"No such command '{args[0]}'; {nearest(args[0], known) or 'ready --help lists them'}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine; 1 the gate or a check failed; 2 wrong usage or configuration; "
    "3 the database or the machine failed.",
)
@click.version_option(__version__, prog_name="ready")
def cli() -> None:
    """From a folder of raw CSV files to versioned, leak-free training sets.

    \b
    Start here:
      ready init my_shop        a folder of your own, outside a checkout
      ready run                 the whole way on data/raw
      ready run --data FOLDER   the same on your own files
    """


def main() -> None:
    """Entry point of the console script."""
    from ready.cli.collector import look_for_cycles_seldom
    from ready.cli.failures import run_cli

    look_for_cycles_seldom()
    run_cli(cli)
