"""An export to a pandas frame and into a model, once. For bench_consume.py, in its environment."""

from __future__ import annotations

import json
import resource
import sys
import time

import pandas as pd
import pyarrow.parquet
from sklearn.ensemble import HistGradientBoostingRegressor

import ready

ITERATIONS = 5


def main() -> None:
    """Seconds to X and y, seconds with the fit too, and the peak in MB."""
    folder, form = sys.argv[1:]
    started = time.perf_counter()
    ds = ready.load_dataset(path=folder, output="pandas", exact=form == "exact")
    X, y = ds.X, ds.y
    frame = time.perf_counter() - started
    model = HistGradientBoostingRegressor(max_iter=ITERATIONS, random_state=0).fit(X, y)
    whole = time.perf_counter() - started
    given = {
        "frame_s": frame,
        "whole_s": whole,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": len(X),
        "predicted": float(model.predict(X[:1000]).sum()),
        "versions": {"pandas": pd.__version__, "pyarrow": pyarrow.__version__},
    }
    print(json.dumps(given))


if __name__ == "__main__":
    main()
