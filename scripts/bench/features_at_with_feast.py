"""Features of a spine by Feast's Postgres store, which joins precomputed ones. For bench_features.py."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, RepoConfig
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource
from feast.types import Float64
from feast.value_type import ValueType
from sums import sum_of
from worker import serve


def main() -> None:
    folder, spine_file, *features = sys.argv[1:]
    store = FeatureStore(config=config(folder))
    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    view = FeatureView(
        name="customer_features",
        entities=[customer],
        # Months apart, so the last row before an instant is found within this time.
        ttl=timedelta(days=40),
        schema=[Field(name=name, dtype=Float64) for name in features],
        source=PostgreSQLSource(
            name="features", query="select * from feats.customer_features", timestamp_field="feature_time"
        ),
    )
    store.apply([customer, view])
    spine = pd.read_csv(spine_file, parse_dates=["event_timestamp"])

    def run(summed: bool = False) -> Any:
        """The number of rows; or the sum of each feature, for comparison."""
        asked = [f"customer_features:{name}" for name in features]
        table = store.get_historical_features(entity_df=spine, features=asked).to_arrow()
        return {name: sum_of(table[name]) for name in features} if summed else len(table)

    serve(run)


def config(folder: str) -> RepoConfig:
    server = {
        "type": "postgres",
        "host": os.environ["PGHOST"],
        "port": int(os.environ["PGPORT"]),
        "database": os.environ["PGDATABASE"],
        "user": os.environ["PGUSER"],
        "password": "none",
        "sslmode": None,
    }
    return RepoConfig(
        project="bench",
        provider="local",
        registry=f"{folder}/registry.db",
        offline_store=server,
        online_store={"type": "sqlite", "path": f"{folder}/online.db"},
        entity_key_serialization_version=3,
    )


if __name__ == "__main__":
    main()
