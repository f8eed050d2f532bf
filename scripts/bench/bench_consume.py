"""From an export to boosted trees by a pandas frame: with the types for models, and with decimals."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from consumers import PANDAS_3, SCIKIT_LEARN
from peers import OUT, answer_of, peer_python
from report import machine
from scratch import PROJECT, arguments

sys.path.append(str(PROJECT / "tests" / "python"))
from arrow_training_set import export

from ready.dataset.arrow import BATCH_ROWS

FORMS = ("model", "exact")
AT_MOST = {"frame_s": 0.1, "whole_s": 0.45, "peak_mb": 0.55}


def main() -> None:
    options = arguments(__doc__, rows=1_000_000)
    python = peer_python("consume", PANDAS_3, SCIKIT_LEARN, f"pyarrow=={pa.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        rows = made_up(options.rows)
        folders = {
            form: export(rows, Path(folder, form), exact=form == "exact", batch_rows=BATCH_ROWS)
            for form in FORMS
        }
        del rows
        rounds = [
            {form: answer_of(python, "frame_and_fit.py", str(folders[form]), form) for form in FORMS}
            for _ in range(options.rounds + 1)
        ][1:]  # the first one warms up
    publish(rounds)


def made_up(rows: int) -> pa.Table:
    """The columns of customer_features as they are delivered, its label and split, by a fixed seed."""
    rng = np.random.default_rng(0)

    def whole(highest: int) -> pa.Array:
        return pa.array(rng.integers(0, highest, rows))

    def amount(unit: int) -> pa.Array:
        """Up to 1,000, in steps of so many millionths."""
        digits = pa.array(rng.integers(0, 10**9 // unit, rows) * unit).cast(pa.decimal128(38, 0))
        return pa.Array.from_buffers(pa.decimal128(38, 6), rows, digits.buffers())

    columns: dict[str, pa.Array] = {
        "customer_id": pa.array([f"C{number // 10:07}" for number in range(rows)]),
        "feature_time": pa.array([number % 10 * 30 * 86_400_000_000 for number in range(rows)]).cast(
            pa.timestamp("us", tz="UTC")
        ),
    }
    for days in (7, 30, 90):
        columns[f"orders_{days}d"] = whole(20)
        columns[f"revenue_{days}d"] = amount(10_000)
        columns[f"avg_order_value_{days}d"] = amount(1)
        columns[f"max_order_value_{days}d"] = amount(10_000)
    columns |= {"orders_total": whole(100), "revenue_total": amount(10_000)}
    columns |= {f"days_since_{end}_order": whole(400).cast(pa.int32()) for end in ("last", "first")}
    columns["label_revenue_next_30d"] = amount(10_000)
    columns["split"] = pa.array([("train", "train", "val", "test")[number % 4] for number in range(rows)])
    return pa.table(columns)


def publish(rounds: list[dict[str, Any]]) -> None:
    """Prints medians and ratios, keeps them, and exits with 1 where a ratio is above what it may be."""
    first = rounds[0]
    if first["model"]["predicted"] != first["exact"]["predicted"]:
        sys.exit("the models differ, and so do the numbers that they were given")
    ratios = {
        figure: statistics.median(each["model"][figure] / each["exact"][figure] for each in rounds)
        for figure in AT_MOST
    }
    medians = {
        form: {figure: statistics.median(each[form][figure] for each in rounds) for figure in AT_MOST}
        for form in FORMS
    }
    print(f"{first['model']['rows']:,} rows, {len(rounds)} round(s)")
    for figure, at_most in AT_MOST.items():
        model, exact = (medians[form][figure] for form in FORMS)
        line = f"{figure:8} for models {model:8.2f}, decimals {exact:8.2f}, ratio {ratios[figure]:.2f}"
        print(f"{line}, at most {at_most}")
    OUT.mkdir(parents=True, exist_ok=True)
    kept = {"bench": "consume", "machine": machine(), "medians": medians, "ratios": ratios, "rounds": rounds}
    (OUT / "consume.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    if too_high := [figure for figure, at_most in AT_MOST.items() if ratios[figure] > at_most]:
        sys.exit(f"above what it may be: {', '.join(too_high)}")


if __name__ == "__main__":
    main()
