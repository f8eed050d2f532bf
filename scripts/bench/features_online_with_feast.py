"""Features of one customer after the other by Feast's get_online_features. For bench_serve.py."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64
from feast.value_type import ValueType
from worker import serve


def main() -> None:
    file, kind, address = sys.argv[1:]
    rows = pd.read_csv(file, parse_dates=["event_timestamp"])
    features = list(rows.columns[2:])
    folder = Path(file).with_name(f"feast-{kind}")
    folder.mkdir()
    rows.to_parquet(folder / "features.parquet")
    online = {"type": "sqlite", "path": address}
    if kind == "redis":
        online = {"type": "redis", "connection_string": address}
    store = FeatureStore(
        config=RepoConfig(
            project="bench",
            provider="local",
            registry=f"{folder}/registry.db",
            online_store=online,
            entity_key_serialization_version=3,
        )
    )
    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    view = FeatureView(
        name="customer_features",
        entities=[customer],
        ttl=timedelta(days=36_500),
        schema=[Field(name=name, dtype=Float64) for name in features],
        source=FileSource(path=f"{folder}/features.parquet", timestamp_field="event_timestamp"),
    )
    store.apply([customer, view])
    store.write_to_online_store("customer_features", df=rows)

    def run(asked: list[str], names: list[str]) -> tuple[list[float], float]:
        """Seconds of each call, and the sum of all features."""
        wanted = [f"customer_features:{name}" for name in names]
        total, taken = 0.0, []
        for customer_id in asked:
            started = time.perf_counter()
            found = store.get_online_features(
                features=wanted, entity_rows=[{"customer_id": customer_id}]
            ).to_dict()
            taken.append(time.perf_counter() - started)
            total += sum(found[name][0] for name in names if found[name][0] is not None)
        return taken, total

    serve(run)


if __name__ == "__main__":
    main()
