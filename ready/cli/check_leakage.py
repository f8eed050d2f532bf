"""`ready check-leakage`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ready.cli.options import (
    ALL_FLAGS,
    artifacts_option,
    configs_option,
    home_option,
    output_options,
    target_option,
)
from ready.cli.output import Output
from ready.rendering.terminal import one_line

if TYPE_CHECKING:
    from ready.proof.leakage import Leak, LeakageReport
    from ready.settings import Settings


CUTOFFS = 3


class Cutoffs(click.ParamType):  # type: ignore[type-arg]
    """How many, or all (None)."""

    name = "integer|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "all":
            return None
        try:
            return click.IntRange(min=1).convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is neither a number of 1 or more nor all", param, ctx)


@click.command("check-leakage")
@click.option(
    "--cutoffs",
    type=Cutoffs(),
    metavar="N|all",
    default=CUTOFFS,
    show_default=True,
    help="At how many feature times to cut for all customers at once; they are spread evenly.",
)
@target_option
@configs_option
@artifacts_option
@home_option
@output_options(*ALL_FLAGS)
def check_leakage(
    cutoffs: int | None,
    target: str,
    configs: str | None,
    artifacts: str | None,
    home: str | None,
    output: Output,
) -> None:
    """Change the future; no earlier feature row may move.

    Builds every feature model in scratch schemas from copies of stg.orders, and of each seed and source that
    says since when its rows are known (meta: {ready_available_at: COLUMN}), in which everything at or
    after a cutoff is deleted, then changed, then multiplied, and compares each row up to the cutoff, column
    by column; once more with a cutoff of its own for each customer. Feature models are all models below
    orders that have a feature_time, your own too, except those that look ahead by purpose: models whose
    name ends in _labels, and what is built from them. A model with feature_set in its meta must not be
    built from them. A model that reads anything else is not proven: it is built by a role that may read
    nothing else. See docs/leakage.md.

    Exit code 1 when a row knew its future, or a model is not proven. Your tables are not touched. The verdict
    is put on record, and shown with the version: ready registry show, the run page, the manifest of its
    export. A model that leaks or is not proven is named by each ready run.

    \b
    Examples:
      ready check-leakage
      ready check-leakage --cutoffs all
      ready check-leakage --target spark
      ready check-leakage --json | jq '.models[] | select(.verdict != "same")'
    """
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts, target=target)
    report = checked(settings, output, cutoffs=cutoffs)
    output.show(_as_object(report))
    report_leakage(report, settings, output)


def checked(settings: Settings, output: Output, *, cutoffs: int | None = CUTOFFS) -> LeakageReport:
    """The check's report, once its verdicts are on the run page and in the manifests."""
    from ready.database.engine import open_engine
    from ready.proof.leakage import check_leakage as check
    from ready.run.renew import renew_proofs

    with output.steps() as say:
        report = check(settings, open_engine(settings), cutoffs=cutoffs, say=say)
    renew_proofs(settings)
    return report


def report_leakage(report: LeakageReport, settings: Settings, output: Output) -> None:
    """In lines for people. Raises CheckFailed for a report that did not pass."""
    from ready.errors import CheckFailed

    output.say("\n".join(map(one_line, _lines(report, every=output.verbose))))
    if not report.passed:
        raise CheckFailed(_verdict(report), hint=_hint(report, settings.target))
    output.say("No row up to its cutoff moved when these tables changed after it.")


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
                "doubts": list(report.doubts.get(model, ())),
                "unstable": list(report.unstable.get(model, ())),
            }
            for model, rows in report.rows.items()
        ],
        "changed": list(report.changed),
        "unchanged": list(report.unchanged),
        "customers_with_own_cutoff": report.customers,
        "rows": report.own_instant[1],
        "rows_at_own_instant": report.own_instant[0],
        "outdated": list(report.outdated),
        "confined": report.confined,
        "left_out": list(report.left_out),
        "not_compared": list(report.not_compared),
    }


def _lines(report: LeakageReport, *, every: bool) -> list[str]:
    from ready.proof.futures import FUTURES
    from ready.proof.nearest import as_text

    tested, rows = report.own_instant
    lines = [
        f"Cutoffs   {', '.join(map(as_text, report.cutoffs))}",
        f"          and one of its own for each of {report.customers:,} customers: "
        f"{tested:,} of {rows:,} rows ({tested / max(rows, 1):.0%}) tested at their own instant",
        f"Changes   in {', '.join(report.changed)} everything from the cutoff on {', '.join(FUTURES)}",
    ]
    if report.unchanged:
        lines.append(f"Unchanged {', '.join(report.unchanged)}")
    for model, compared in report.rows.items():
        lines.append(f"  {model:<34} {compared:>12,} rows compared  {_verdict_on(report, model)}")
        lines += [f"    {line}" for line in _faults(report, model, every=every)]
    if report.left_out:
        lines.append(f"Left out  {', '.join(report.left_out)}: they look ahead by purpose")
    if report.not_compared:
        lines.append(f"Not compared  {', '.join(report.not_compared)}: without feature_time")
    if report.outdated:
        names = ", ".join(report.outdated)
        lines.append(f"Not in use  {names}: the tables were built by another definition; build: ready run")
    if report.recorded is None:
        lines.append("Not recorded  build once with this release: ready run")
    return lines


def _leaks_of(report: LeakageReport, model: str) -> list[Leak]:
    return [leak for leak in report.leaks if leak.model == model]


def _verdict_on(report: LeakageReport, model: str) -> str:
    from ready.recorded.verdicts import LEAKING, NOT_PROVEN

    verdict = report.verdict_on(model)
    return {LEAKING: "LEAKS", NOT_PROVEN: "NOT PROVEN"}.get(verdict, verdict)


def _faults(report: LeakageReport, model: str, *, every: bool) -> list[str]:
    faults = _leak_lines(_leaks_of(report, model), every=every)
    if model in report.unproven:
        names = ", ".join(report.unproven[model])
        faults.append(
            f"it reads {names}, which the check does not change: let it read orders or dated tables"
        )
    faults += report.doubts.get(model, ())
    if model in report.unstable:
        columns = ", ".join(column or "(rows)" for column in report.unstable[model])
        faults.append(f"two builds of the same orders differ in {columns}: let it give the same each time")
    if model in report.looks_ahead:
        faults.append(f"it reads {', '.join(report.looks_ahead[model])}, which look ahead")
    elif not report.rows[model] and model not in report.unproven and model not in report.doubts:
        faults.append("it has no row up to a cutoff: use more --cutoffs, or more data")
    if (report.recorded or {}).get(model, report.verdict_on(model)) != report.verdict_on(model):
        faults.append("an earlier check, perhaps with more --cutoffs, found that this very definition leaks")
    return faults


def _leak_lines(leaks: list[Leak], *, every: bool) -> list[str]:
    """Of each column the first leak, or every one."""
    columns: dict[str | None, list[Leak]] = {}
    for leak in leaks:
        columns.setdefault(leak.difference.column, []).append(leak)
    lines: list[str] = []
    for found in columns.values():
        lines += map(_leak_line, found if every else found[:1])
        if len(found) > 1 and not every:
            lines[-1] += f"; and with {len(found) - 1} other change(s)"
    return lines


def _leak_line(leak: Leak) -> str:
    from ready.proof.nearest import as_text

    return f"{leak.difference} with what comes from {as_text(leak.cutoff)} on {leak.change}"


def _hint(report: LeakageReport, target: str) -> str:
    if report.confined or report.leaks:
        return "a feature may read only what lies before its feature_time"
    remedy = "Spark has none" if target == "spark" else "ready db grant makes it"
    return f"there is no role that keeps models from reading what the check does not change: {remedy}"


def _verdict(report: LeakageReport) -> str:
    leaking = dict.fromkeys(f"{leak.model}.{leak.difference.column or '(rows)'}" for leak in report.leaks)
    if leaking:
        return f"{len(leaking)} column(s) know their future: {', '.join(leaking)}"
    return f"not proven: {', '.join(model for model in report.rows if report.is_open(model))}"
