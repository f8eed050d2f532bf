"""Applies a Feast repository, joins its features at its rows and an hour later: see feast_repository.py."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import FeatureStore


def main() -> None:
    folder = Path(sys.argv[1])
    subprocess.run(
        [Path(sys.executable).with_name("feast"), "apply"], cwd=folder, check=True, capture_output=True
    )
    rows = pd.read_parquet(folder / "data" / "customer_features.parquet")
    features = list(rows.columns[2:])
    store = FeatureStore(repo_path=str(folder))
    differ = {}
    for later in (timedelta(0), timedelta(hours=1)):
        spine = rows[["customer_id"]].assign(event_timestamp=rows["feature_time"] + later)
        asked = [f"customer_features:{name}" for name in features]
        joined = store.get_historical_features(entity_df=spine, features=asked).to_df()
        joined = joined.sort_values(["customer_id", "event_timestamp"]).reset_index(drop=True)
        same = (joined[features] == rows[features]) | (joined[features].isna() & rows[features].isna())
        differ[str(later)] = int((~same).sum().sum()) if len(joined) == len(rows) else len(joined)
    print(json.dumps({"rows": len(rows), "features": len(features), "differ": differ}))


if __name__ == "__main__":
    main()
