"""`ready explain`."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import click

from ready.cli.options import home_option, output_options, target_option
from ready.cli.output import Output
from ready.rendering.terminal import one_line

if TYPE_CHECKING:
    from ready.proof.explain import Explanation, SourceOrder


@click.command()
@click.argument("customer")
@click.argument("feature_time")
@click.argument("feature")
@target_option
@home_option
@output_options("as_json")
def explain(
    customer: str, feature_time: str, feature: str, target: str, home: str | None, output: Output
) -> None:
    """Show every order behind a feature value, with its file and line.

    FEATURE_TIME is a date or time in UTC; FEATURE a column of customer_features, of the features of another
    source, or the label. The value is computed again from the orders shown: exit code 1 when it does not come
    out the same.

    \b
    Example:
      ready explain C000015 2024-03-01 revenue_30d
    """
    from ready.database.query import connected
    from ready.errors import CheckFailed
    from ready.proof.compare import text_of
    from ready.proof.explain import explain as trace
    from ready.proof.nearest import parse_time
    from ready.settings import Settings

    settings = Settings.resolve(home=home, target=target)
    with connected(settings) as connection:
        found = trace(
            connection, settings, customer_id=customer, feature_time=parse_time(feature_time), feature=feature
        )
    output.show(_as_object(found))
    output.say(_as_text(found))
    if not found.agrees:
        raise CheckFailed(
            f"{feature} is {text_of(found.value)}, and its orders give {text_of(found.recomputed)}",
            hint="stg.orders and the features are of different builds: ready run",
        )


def _as_text(found: Explanation) -> str:
    from ready.proof.compare import text_of
    from ready.proof.nearest import as_text

    name, time = found.feature.name, as_text(found.feature_time)
    source = found.feature.source
    rows, row, first = (source, "row", "row") if source else ("purchases", "purchase", "order")
    beginning = as_text(found.window_from) if found.window_from else f"the first {first}"
    lines = [
        f"{name} of {one_line(found.customer_id)} at {time} is {text_of(found.value)}",
        f"  {found.feature_set} version {found.feature_version}, fingerprint {found.data_hash}",
        f"  {found.feature.rule}; {rows} from {beginning} until before {as_text(found.window_to)} UTC",
        "",
    ]
    for order in found.orders:
        lines += map(one_line, _order_lines(order, found.feature.column))
    if not found.orders:
        lines.append(f"  no {row} in this window")
    if not found.known:
        return "\n".join([*lines, "", "The data end before the label's window does: the label is null."])
    verdict = "agrees" if found.agrees else f"DOES NOT AGREE with {text_of(found.value)}"
    return "\n".join([*lines, "", f"{found.arithmetic} = {text_of(found.recomputed)}: {verdict}"])


def _order_lines(order: SourceOrder, column: str | None) -> list[str]:
    from ready.proof.compare import text_of
    from ready.proof.nearest import as_text

    shown = text_of(order.measure) if column else "" if order.amount is None else order.amount
    head = f"  {order.order_id}  {as_text(order.order_ts)}  {shown}"
    return [
        head,
        *(
            f"    {one_line(line.file_name)}:{line.line_number}  {_csv_record(line.record)}"
            for line in order.lines
        ),
    ]


def _csv_record(record: dict[str, str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(record.values())
    return text.getvalue()


def _as_object(found: Explanation) -> dict[str, Any]:
    """Decimals and times as text, so that nothing is rounded."""
    return {
        "feature_set": found.feature_set,
        "feature_version": found.feature_version,
        "data_hash": found.data_hash,
        "customer_id": found.customer_id,
        "feature_time": found.feature_time.isoformat(),
        "feature": found.feature.name,
        "rule": found.feature.rule,
        "window_from": found.window_from and found.window_from.isoformat(),
        "window_to": found.window_to.isoformat(),
        "value": _plain(found.value),
        "recomputed": _plain(found.recomputed),
        "agrees": found.agrees,
        "orders": [
            {
                "order_id": order.order_id,
                "order_ts": order.order_ts.isoformat(),
                "amount": None if order.amount is None else str(order.amount),
                "measure": _plain(order.measure),
                "lines": [
                    {
                        "file_name": line.file_name,
                        "line_number": line.line_number,
                        "load_id": line.load_id,
                        "record": line.record,
                    }
                    for line in order.lines
                ],
            }
            for order in found.orders
        ],
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int)) else str(value)
