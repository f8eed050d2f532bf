"""Whether libraries take X and y as they are given. For consumers.py, in an environment of theirs."""

from __future__ import annotations

import importlib.metadata
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from typing import Any

import ready

Check = Callable[[str], None]


def main() -> None:
    """One line of JSON: {consumer: {versions, folder: "" or what it says}}."""
    folders = sys.argv[1:]
    answers, sys.stdout = sys.stdout, sys.stderr
    found: dict[str, dict[str, Any]] = {}
    for name, (packages, check) in CHECKS.items():
        versions = _versions(packages)
        if versions is None:
            continue
        found[name] = {"versions": versions}
        for folder in folders:
            found[name][folder] = _of_a_child(check, folder)
    print(json.dumps(found), file=answers)


def _of_a_child(check: Check, folder: str) -> str:
    """What goes wrong, if anything: a library may end the process that it is called in."""
    forked = multiprocessing.get_context("fork")
    results, sender = forked.Pipe(duplex=False)
    child = forked.Process(target=_told, args=(check, folder, sender))
    child.start()
    child.join()
    return str(results.recv()) if results.poll() else f"ends the process (exit code {child.exitcode})"


def _told(check: Check, folder: str, sender: Any) -> None:
    try:
        check(folder)
        sender.send("")
    except Exception as error:
        sender.send(f"{type(error).__name__}: {error}"[:300])


def _versions(packages: str) -> str | None:
    """None where one is not installed in this environment."""
    try:
        return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages.split())
    except importlib.metadata.PackageNotFoundError:
        return None


def with_pandas(folder: str) -> None:
    import numpy

    X = ready.load_dataset(path=folder, output="pandas").X
    numbers = X.select_dtypes("number")
    described = X.describe(include="all")
    assert described.shape[1] == X.shape[1]
    assert numbers.shape[1] + X.select_dtypes(["bool", "boolean", "category"]).shape[1] == X.shape[1]
    numpy.log1p(numbers)
    (numbers * 1.19).quantile(0.9)


def with_polars(folder: str) -> None:
    import polars
    import polars.selectors

    X = ready.load_dataset(path=folder, output="polars").X
    numbers = X.select(polars.selectors.numeric())
    others = X.select(polars.selectors.boolean() | polars.selectors.categorical())
    assert numbers.width + others.width == X.width
    assert numbers.with_columns(polars.all().log1p()).null_count().width == numbers.width
    assert polars.read_parquet(f"{folder}/train.parquet").height > 0


def with_duckdb(folder: str) -> None:
    import duckdb

    X = ready.load_dataset(path=folder).X
    averages = "select avg(revenue_30d), count(days_since_last_order) from"
    ((of_stream, counted),) = duckdb.sql(f"{averages} X").fetchall()
    ((of_files, counted_too),) = duckdb.sql(f"{averages} '{folder}/*.parquet'").fetchall()
    assert X.num_rows >= counted == counted_too > 0
    assert abs(of_stream - of_files) < 1e-9


def with_arrow(folder: str) -> None:
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    ds = ready.load_dataset(path=folder)
    for column in ds.X.columns:
        if kinds.is_floating(column.type) or kinds.is_integer(column.type):
            assert pc.mean(pc.multiply(column, 1.19)).is_valid
        else:
            assert kinds.is_dictionary(column.type) or kinds.is_boolean(column.type)
    assert pc.mean(ds.y).is_valid


def _fitted(model: Any, folder: str, output: str = "pandas", **options: Any) -> None:
    """Fits on train, predicts test, and has seen every feature."""
    train, _, test = ready.train_val_test(path=folder, output=output)
    model.fit(train.X, train.y, **options)
    assert len(model.predict(test.X)) == len(test)
    assert getattr(model, "n_features_in_", len(train.features)) == len(train.features)


def with_hgb(folder: str, output: str = "pandas") -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    _fitted(HistGradientBoostingRegressor(max_iter=5, categorical_features="from_dtype"), folder, output)


def with_pipeline(folder: str) -> None:
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X = ready.load_dataset(path=folder, output="pandas").X
    numbers = make_column_selector(dtype_include=["number", "bool", "boolean"])
    texts = make_column_selector(dtype_include="category")
    assert len(numbers(X)) + len(texts(X)) == X.shape[1]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), texts),
    )
    _fitted(make_pipeline(columns, Ridge()), folder)


def with_folds(folder: str) -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import GridSearchCV

    ds = ready.load_dataset(path=folder, split="train", output="pandas")
    model = HistGradientBoostingRegressor(max_iter=2)
    folds = ds.folds(2, by_customer=True)
    search = GridSearchCV(model, {"max_depth": [2, 3]}, cv=folds, error_score="raise").fit(ds.X, ds.y)
    assert search.n_splits_ == 2


def with_xgboost(folder: str) -> None:
    from xgboost import XGBRegressor

    _fitted(XGBRegressor(n_estimators=5, enable_categorical=True), folder)


def with_lightgbm(folder: str, output: str = "pandas") -> None:
    from lightgbm import LGBMRegressor

    _fitted(LGBMRegressor(n_estimators=5, verbose=-1), folder, output)


def with_lightgbm_of_arrow(folder: str) -> None:
    import lightgbm

    ds = ready.load_dataset(path=folder, split="train")
    data = lightgbm.Dataset(ds.X, label=ds.y, params={"verbose": -1})
    booster = lightgbm.train({"objective": "l2", "verbose": -1}, data, num_boost_round=5)
    assert booster.num_feature() == len(ds.features)


def with_catboost(folder: str) -> None:
    from catboost import CatBoostRegressor

    texts = ready.load_dataset(path=folder, output="pandas").X.select_dtypes("category").columns.tolist()
    model = CatBoostRegressor(iterations=5, verbose=0, allow_writing_files=False, cat_features=texts)
    _fitted(model, folder)


def with_torch(folder: str) -> None:
    import torch

    ds = ready.load_dataset(path=folder, output="pandas")
    X, y = torch.tensor(ds.X.to_numpy()), torch.tensor(ds.y.to_numpy())
    assert X.shape == (len(ds), len(ds.features))
    model = torch.nn.Linear(X.shape[1], 1, dtype=X.dtype)
    torch.nn.functional.mse_loss(model(X).squeeze(1), y).backward()


CHECKS: dict[str, tuple[str, Check]] = {
    "pandas": ("pandas", with_pandas),
    "pyarrow": ("pyarrow", with_arrow),
    "Polars": ("polars", with_polars),
    "DuckDB": ("duckdb", with_duckdb),
    "scikit-learn, boosted trees": ("scikit-learn pandas", with_hgb),
    "scikit-learn, boosted trees of Polars": (
        "scikit-learn polars",
        lambda folder: with_hgb(folder, "polars"),
    ),
    "scikit-learn, pipeline with make_column_selector": ("scikit-learn pandas", with_pipeline),
    "scikit-learn, GridSearchCV over ds.folds": ("scikit-learn pandas", with_folds),
    "XGBoost": ("xgboost-cpu pandas", with_xgboost),
    "LightGBM": ("lightgbm pandas", with_lightgbm),
    "LightGBM of Arrow": ("lightgbm pyarrow", with_lightgbm_of_arrow),
    "CatBoost": ("catboost pandas", with_catboost),
    "PyTorch": ("torch pandas", with_torch),
}

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
