"""`ready export --feast`, without Feast: `make consumers` has Feast read what it writes."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from arrow_training_set import FEATURES, sample, training_set

from ready.dataset.feast import write_repository


class Made:
    """One of Feast's objects: what it was made of."""

    def __init__(self, **given: Any) -> None:
        self.given = given


def feast_that_records() -> dict[str, ModuleType]:
    names = {
        "feast": ["Entity", "FeatureView", "Field", "FileSource"],
        "feast.types": ["Bool", "Float64", "Int64", "String", "UnixTimestamp"],
        "feast.value_type": ["ValueType"],
    }
    modules = {}
    for module, attributes in names.items():
        modules[module] = ModuleType(module)
        for name in attributes:
            setattr(modules[module], name, Made if module == "feast" else name)
    modules["feast.value_type"].ValueType = type("ValueType", (), {"STRING": "STRING"})  # type: ignore[attr-defined]
    return modules


def test_a_repository_has_every_feature_row_and_its_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = sample()
    store = tmp_path / "feature_store.yaml"
    for round_ in ("first", "again"):
        assert write_repository(training_set(table), tmp_path) == len(table), round_
        assert yaml.safe_load(store.read_text())["registry"] == "data/registry.db" or round_ == "again"
        store.write_text(store.read_text().replace("registry.db", "own.db"))
    assert yaml.safe_load(store.read_text())["registry"] == "data/own.db"

    rows = pq.read_table(tmp_path / "data/customer_features.parquet")
    assert rows.schema.names == ["customer_id", "feature_time", *FEATURES]
    assert rows["channel"].to_pylist() == table["channel"].to_pylist()
    assert rows.schema.field("revenue_30d").type == pa.float64()

    for name, module in feast_that_records().items():
        monkeypatch.setitem(sys.modules, name, module)
    made: dict[str, Any] = {}
    exec((tmp_path / "customer_features.py").read_text(), made)
    view = made["customer_features"].given
    assert {field.given["name"]: field.given["dtype"] for field in view["schema"]} == {
        "orders_30d": "Int64",
        "revenue_30d": "Float64",
        "days_since_last_order": "Int64",
        "loyal": "Bool",
        "channel": "String",
    }
    assert view["entities"][0].given["join_keys"] == ["customer_id"]
    assert view["source"].given["path"] == "data/customer_features.parquet"
    assert (view["ttl"], view["tags"]["feature_version"]) == (timedelta(0), "1")
