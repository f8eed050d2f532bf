"""`ready check-leakage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ready.cli.options import ALL_FLAGS, configs_option, home_option, output_options, target_option
from ready.cli.output import Output
from ready.terminal import one_line

if TYPE_CHECKING:
    from ready.proof.leakage import Leak, LeakageReport

SHOWN = 20


@click.command("check-leakage")
@click.option(
    "--cutoffs",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="At how many feature times to cut; they are spread evenly.",
)
@target_option
@configs_option
@home_option
@output_options(*ALL_FLAGS)
def check_leakage(cutoffs: int, target: str, configs: str | None, home: str | None, output: Output) -> None:
    """Change the future; no earlier feature row may move.

    Builds every feature model in scratch schemas from a copy of stg.orders in which everything at or after
    a cutoff is deleted, then changed, then multiplied, and compares each row up to the cutoff, column by
    column. Feature models are all models below orders that have a feature_time, your own too, except those
    that look ahead by purpose: models whose name ends in _labels, and what is built from them. A model with
    feature_set in its meta must not be built from them.

    Exit code 1 when a row knew its future. Your tables are not touched.

    \b
    Examples:
      ready check-leakage
      ready check-leakage --cutoffs 10
      ready check-leakage --target spark
      ready check-leakage --json | jq '.models[] | select(.verdict != "same")'
    """
    from ready.engine import open_engine
    from ready.errors import CheckFailed
    from ready.proof.leakage import check_leakage as check
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, target=target)
    params = open_engine(settings)
    with output.steps() as say:
        report = check(settings, params, cutoffs=cutoffs, say=say)
    output.show(_as_object(report))
    output.say("\n".join(map(one_line, _lines(report))))
    if not report.passed:
        raise CheckFailed(_verdict(report), hint="a feature may read only what lies before its feature_time")
    output.say("No feature row up to a cutoff moved: none of them knows its future.")


def _as_object(report: LeakageReport) -> dict[str, Any]:
    return {
        "passed": report.passed,
        "cutoffs": [cutoff.isoformat() for cutoff in report.cutoffs],
        "models": [
            {
                "name": model,
                "rows_compared": rows,
                "verdict": _verdict_on(report, model),
                "leaks": [
                    {"cutoff": leak.cutoff.isoformat(), "change": leak.change, **asdict(leak.difference)}
                    for leak in _leaks_of(report, model)
                ],
                "reads": [*report.unproven.get(model, ()), *report.looks_ahead.get(model, ())],
                "unstable": list(report.unstable.get(model, ())),
            }
            for model, rows in report.rows.items()
        ],
        "left_out": list(report.left_out),
    }


def _lines(report: LeakageReport) -> list[str]:
    from ready.proof.futures import FUTURES
    from ready.proof.nearest import as_text

    lines = [
        f"Cutoffs   {', '.join(map(as_text, report.cutoffs))}",
        f"Changes   all orders from the cutoff on {', '.join(FUTURES)}",
    ]
    for model, rows in report.rows.items():
        lines.append(f"  {model:<34} {rows:>12,} rows compared  {_verdict_on(report, model)}")
        lines += [f"    {line}" for line in _faults(report, model)]
    if report.left_out:
        lines.append(f"Left out  {', '.join(report.left_out)}: they look ahead by purpose")
    return lines


def _leaks_of(report: LeakageReport, model: str) -> list[Leak]:
    return [leak for leak in report.leaks if leak.model == model]


def _verdict_on(report: LeakageReport, model: str) -> str:
    return "LEAKS" if _leaks_of(report, model) else "NOT PROVEN" if report.is_open(model) else "same"


def _faults(report: LeakageReport, model: str) -> list[str]:
    leaks = _leaks_of(report, model)
    faults = [_leak_line(leak) for leak in leaks[:SHOWN]]
    if len(leaks) > SHOWN:
        faults.append(f"... and {len(leaks) - SHOWN} more")
    if model in report.unproven:
        names = ", ".join(report.unproven[model])
        faults.append(f"it reads {names}, which the check does not change: let it read orders")
    if model in report.unstable:
        columns = ", ".join(column or "(rows)" for column in report.unstable[model])
        faults.append(f"two builds of the same orders differ in {columns}: let it give the same each time")
    if model in report.looks_ahead:
        faults.append(f"it reads {', '.join(report.looks_ahead[model])}, which look ahead")
    elif not report.rows[model]:
        faults.append("it has no row up to a cutoff: use more --cutoffs, or more data")
    return faults


def _leak_line(leak: Leak) -> str:
    from ready.proof.nearest import as_text

    return f"{leak.difference} with the orders from {as_text(leak.cutoff)} on {leak.change}"


def _verdict(report: LeakageReport) -> str:
    leaking = dict.fromkeys(f"{leak.model}.{leak.difference.column or '(rows)'}" for leak in report.leaks)
    if leaking:
        return f"{len(leaking)} column(s) know their future: {', '.join(leaking)}"
    return f"not proven: {', '.join(model for model in report.rows if report.is_open(model))}"
