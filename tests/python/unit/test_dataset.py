"""`load_dataset` of a folder, without a database: roles, containers, the same types in every split."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from arrow_training_set import FEATURES, SCHEMA, export, sample

import ready
from ready.errors import CheckFailed, UsageError

LABEL = "label_revenue_next_30d"


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return sample()


@pytest.fixture(scope="module")
def artifacts(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With version 1 for models and version 2 exact."""
    folder = tmp_path_factory.mktemp("artifacts")
    export(table, folder / "datasets/customer_features/v1")
    export(table, folder / "datasets/customer_features/v2", exact=True, version=2)
    return folder


@pytest.fixture(scope="module")
def model(artifacts: Path) -> Path:
    return artifacts / "datasets/customer_features/v1"


@pytest.fixture(scope="module")
def exact(artifacts: Path) -> Path:
    return artifacts / "datasets/customer_features/v2"


def numbers(column: Any) -> list[Any]:
    """Python's own values, as floats where they are numbers."""
    return [None if value is None else float(value) for value in column.to_pylist()]


def test_the_roles_part_the_columns(model: Path, table: pa.Table) -> None:
    ds = ready.load_dataset(path=model)
    assert ds.X.column_names == list(ds.features) == FEATURES
    assert ds.label == LABEL
    assert numbers(ds.y) == numbers(table[LABEL])
    assert ds.groups == table["customer_id"]
    assert ds.times == table["feature_time"]
    assert ds.features["revenue_30d"] == {
        "name": "revenue_30d", "aggregation": "sum", "column": "amount", "window_days": 30, "nulls": 0,
    }  # fmt: skip
    assert ds.features["channel"] == {"name": "channel", "nulls": 6 + 1}
    assert ds.roles["label"]["horizon_days"] == 30
    assert ds.roles["split"] == {"column": "split", "by": "time", "embargo_days": 30}
    assert (ds.feature_set, ds.version, ds.fingerprint) == ("customer_features", 1, "f" * 32)


def test_the_parts_come_as_asked_for(model: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    arrow = ready.load_dataset(path=model)
    assert isinstance(arrow.X, pa.Table)
    assert isinstance(arrow.y, pa.ChunkedArray)
    ds = ready.load_dataset(path=model, output="pandas")
    assert isinstance(ds.X, pandas.DataFrame)
    assert isinstance(ds.y, pandas.Series)
    assert {part.name for part in (ds.y, ds.groups, ds.times)} == {LABEL, "customer_id", "feature_time"}
    assert ds.y.tolist() == arrow.y.to_pylist()
    assert str(ds.times.dt.tz) == "UTC"


def test_as_polars(model: Path) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    ds = ready.load_dataset(path=model, output="polars")
    assert isinstance(ds.X, polars.DataFrame)
    assert isinstance(ds.y, polars.Series)
    assert ds.X.schema["revenue_30d"] == polars.Float64


def test_the_repr_says_whose_rows_these_are(model: Path) -> None:
    assert repr(ready.load_dataset(path=model)).splitlines() == [
        f"customer_features version 1, fingerprint {'f' * 32}",
        f"  from   {model}",
        "  rows   180: train 120, val 20, test 40",
        f"  X      5 features; y {LABEL}",
    ]


def test_pandas_takes_every_column_for_what_it_is(model: Path) -> None:
    """What failed with decimals: the selectors left 6 columns of 17, and arithmetic raised."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    import numpy

    X = ready.load_dataset(path=model, output="pandas").X
    assert X.select_dtypes("number").columns.tolist() == FEATURES[:3]
    assert X.select_dtypes("category").columns.tolist() == ["channel"]
    assert X.describe().columns.tolist() == FEATURES[:3]
    assert numpy.log1p(X["revenue_30d"]).iloc[1] == math.log1p(1.000003)
    assert X["revenue_30d"].quantile(1.0) == 19.000067
    assert ((X["revenue_30d"] * 1.19) / 1.19 - X["revenue_30d"]).abs().max() < 1e-12


def test_a_folder_of_another_feature_set_is_refused(model: Path) -> None:
    with pytest.raises(UsageError, match="holds customer_features, not churn"):
        ready.load_dataset("churn", path=model)


def test_a_type_is_the_same_in_every_split(model: Path) -> None:
    """val alone has nulls in a count and in a truth, and test knows one channel of three."""
    pytest.importorskip("pandas", reason="pandas is not installed")
    splits = ready.train_val_test(path=model, output="pandas")
    for split in splits:
        assert list(map(str, split.X.dtypes)) == ["int64", "float64", "Int64", "boolean", "category"]
        assert split.X["channel"].cat.categories.tolist() == ["app", "store", "web"]
    assert splits.train.X["days_since_last_order"].isna().sum() == 0
    assert splits.val.X["days_since_last_order"].isna().sum() == 1
    for name, split in zip(("train", "val", "test"), splits, strict=True):
        alone = ready.load_dataset(path=model, split=name, output="pandas")
        assert alone.X.equals(split.X)
        assert alone.X.dtypes.equals(split.X.dtypes)
        assert alone == split


@pytest.mark.parametrize("split", [None, "val", "test"])
def test_an_exact_export_gives_both_forms(
    split: str | None, exact: Path, model: Path, table: pa.Table
) -> None:
    wanted = table if split is None else table.filter(pc.field("split") == split)
    assert ready.load_dataset(path=exact, split=split, exact=True) == wanted
    read = ready.load_dataset(path=exact, split=split)
    expected = ready.load_dataset(path=model, split=split)
    assert read == expected
    metadata = {**expected.schema.metadata, b"feature_version": b"2"}
    assert read.schema.metadata == metadata


def test_the_export_of_an_earlier_release_is_exact_and_has_roles(
    table: pa.Table, model: Path, tmp_path: Path
) -> None:
    folder = export(table, tmp_path / "v1", exact=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    for key in ("types", "roles"):
        del manifest[key]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    ds = ready.load_dataset(path=folder)
    assert ds.table == ready.load_dataset(path=model).table
    assert (list(ds.features), ds.label) == (FEATURES, LABEL)
    assert ds.features["days_since_last_order"] == {"name": "days_since_last_order", "nulls": 1}
    assert ready.load_dataset(path=folder, exact=True) == table
    assert repr(ready.load_dataset(path=folder, split="val")).count("rows   20: val 20") == 1


def test_it_is_pickled_with_its_roles(model: Path) -> None:
    ds = ready.load_dataset(path=model, split="val", output="arrow")
    restored = pickle.loads(pickle.dumps(ds))
    assert (restored, repr(restored), restored.X) == (ds, repr(ds), ds.X)


def test_reading_a_folder_needs_pyarrow_alone(model: Path) -> None:
    program = (
        f"import ready, sys; ds = ready.load_dataset(path={str(model)!r}); ds.X, ds.y, repr(ds); "
        "print(*sys.modules)"
    )
    environ = {"READY_HOME": "/nowhere", "READY_CONFIGS": "/nowhere", "DATABASE_URL": "postgresql://nowhere"}
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environ
    ).stdout.split()
    assert "pyarrow.parquet" in loaded
    libraries = {name.partition(".")[0] for name in loaded}
    assert not libraries & {
        "psycopg2",
        "dbt",
        "click",
        "yaml",
        "rich",
        "pandas",
        "polars",
        "orjson",
        "jinja2",
    }


def test_a_folder_that_is_none_is_told(model: Path, table: pa.Table, tmp_path: Path) -> None:
    folder = export(table, tmp_path / "v1")
    with pytest.raises(UsageError, match="holds version 1, not 2"):
        ready.load_dataset(path=folder, version=2)
    with pytest.raises(UsageError, match="was exported for models: its decimals are doubles"):
        ready.load_dataset(path=folder, exact=True)
    with pytest.raises(UsageError, match=f"{tmp_path} holds no export"):
        ready.load_dataset(path=tmp_path)
    with pytest.raises(UsageError, match="unknown output: numpy"):
        ready.load_dataset(path=folder, output="numpy")
    (folder / "val.parquet").write_bytes(b"PAR1")
    with pytest.raises(CheckFailed, match="are not those of its manifest"):
        ready.load_dataset(path=folder, split="train")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = [entry for entry in manifest["files"] if entry["split"] == "train"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert len(ready.load_dataset(path=folder, split="train")) == 120
    with pytest.raises(UsageError, match="does not have all of train, val, test, but train"):
        ready.train_val_test(path=folder)


def test_what_is_there_is_listed(artifacts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("READY_ARTIFACTS", str(artifacts))
    listed = ready.datasets()
    rows = {"train": 120, "val": 20, "test": 40}
    assert [(each.version, each.exact, each.rows) for each in listed] == [(1, False, rows), (2, True, rows)]
    assert {each.fingerprint for each in listed} == {"f" * 32}
    assert len(ready.load_dataset(path=listed[1].path)) == 180
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    assert ready.datasets() == []
    assert ready.open(artifacts=artifacts).datasets() == listed


@pytest.mark.parametrize("name", ["home", "artifacts"])
def test_a_project_that_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere") as caught:
        ready.open(**{name: tmp_path / "nowhere"})
    assert caught.value.hint == f"name the {name} of a project that was run"


def test_the_schema_of_a_data_set_is_for_models(model: Path) -> None:
    kinds = {field.name: str(field.type) for field in ready.load_dataset(path=model).schema}
    assert kinds == {
        **{field.name: str(field.type) for field in SCHEMA},
        "revenue_30d": "double",
        "days_since_last_order": "int64",
        "channel": "dictionary<values=string, indices=int32, ordered=0>",
        LABEL: "double",
    }
