"""`import ready`: datasets and features as Arrow tables, on random orders."""

from __future__ import annotations

import json
import math
import pickle
import random
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st
from oracle import Key
from oracle import features_at as oracle_features_at
from oracle_orders import UTC, Order, read_orders
from random_orders import DEFINITIONS, SOURCE, draw, histories, times, write_configs, write_files
from warehouse import Warehouse, new_database

import ready
from ready.api import datasets
from ready.api.audit import audit
from ready.errors import ReadyError, UnknownCustomers, UsageError
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings

# With active_within, which must leave no row out of features_at.
# The validation split is a week, of which the embargo leaves a few days.
DEFINITION = replace(DEFINITIONS["day"], train=Decimal("0.5"), val=Decimal("0.25"))
SPINE_ROWS = 3_000


@pytest.fixture(scope="module")
def built(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path_factory.mktemp("built"), database)
        write_files(warehouse.folder / "data", draw(histories(DEFINITION), number=150))
        write_configs(warehouse.folder / "configs", DEFINITION)
        warehouse.run("--data", warehouse.folder / "data", "--configs", warehouse.folder / "configs")
        yield warehouse


@pytest.fixture(autouse=True)
def environment(built: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in built.environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def orders(built: Warehouse) -> list[Order]:
    return read_orders(built.folder / "data", SOURCE)


def as_spine(keys: list[Key]) -> dict[str, list[Any]]:
    return {"customer_id": [key[0] for key in keys], "feature_time": [key[1] for key in keys]}


def rows(table: ready.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.table.to_pylist()]


def as_doubles(records: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [
        tuple(float(value) if isinstance(value, Decimal) else value for value in record) for record in records
    ]


# ---------------------------------------------------------------- features_at


def test_at_the_calendar_features_are_those_of_the_table(built: Warehouse) -> None:
    recorded = built.rows("select * from feats.customer_features")
    random.Random(1).shuffle(recorded)
    spine = as_spine([row[:2] for row in recorded])
    assert len(recorded) > 500
    assert rows(ready.features_at(spine, exact=True)) == recorded
    assert rows(ready.features_at(spine)) == as_doubles(recorded)


def test_at_any_instants_features_are_what_the_oracle_computes(orders: list[Order]) -> None:
    beside = [timedelta(days=days, microseconds=n) for days in (0, *DEFINITION.windows) for n in (-1, 0, 1)]
    near_an_order = st.tuples(st.sampled_from(orders), st.sampled_from(beside)).map(
        lambda drawn: (drawn[0].customer_id, drawn[0].order_ts + drawn[1])
    )
    customers = st.sampled_from(sorted({order.customer_id for order in orders})) | st.just("nobody")
    keys = draw(near_an_order | st.tuples(customers, times(DEFINITION)), number=SPINE_ROWS)
    computed = ready.features_at(as_spine(keys), exact=True)
    assert len(set(keys)) < len(keys) == SPINE_ROWS, "no row is repeated"
    expected = oracle_features_at(orders, keys, DEFINITION)
    for key, row, wanted in zip(keys, computed.table.to_pylist(), expected, strict=True):
        assert row == {"customer_id": key[0], "feature_time": key[1], **wanted}


def test_the_database_serves_the_features_of_the_table(built: Warehouse) -> None:
    table = "feats.customer_features"
    assert built.value(f"select count(*) from {table}") > 500
    served = (
        f"select served.* from {table} as held "
        f"cross join lateral {table}_at(held.customer_id, held.feature_time) as served"
    )
    for left, right in ((served, f"select * from {table}"), (f"select * from {table}", served)):
        assert built.rows(f"{left} except {right}") == []


def test_the_database_serves_what_features_at_gives(built: Warehouse, orders: list[Order]) -> None:
    customers = st.sampled_from(sorted({order.customer_id for order in orders})) | st.just("nobody")
    keys = draw(st.tuples(customers, times(DEFINITION)), number=300)
    quoted = [(customer.replace("'", "''"), instant) for customer, instant in keys]
    places = " union all ".join(f"select {n}, '{c}', timestamptz '{t}'" for n, (c, t) in enumerate(quoted))
    served = built.rows(
        f"select served.* from ({places}) as asked (place, id, instant) "
        "cross join lateral feats.customer_features_at(id, instant) as served order by place"
    )
    assert served == rows(ready.features_at(as_spine(keys), exact=True))


def test_one_customer_after_the_other_is_read_as_features_at_has_it(
    built: Warehouse, orders: list[Order]
) -> None:
    customers = st.sampled_from(sorted({order.customer_id for order in orders})) | st.just("nobody")
    keys = draw(st.tuples(customers, times(DEFINITION)), number=100)
    with ready.feature_reader() as reader, ready.feature_reader(exact=True) as exact:
        assert [reader(*key) for key in keys] == ready.features_at(as_spine(keys)).table.to_pylist()
        known = ready.features_at(as_spine(keys), exact=True).table.to_pylist()
        assert [exact(*key) for key in keys] == known
        customer, instant = keys[0]
        assert reader(customer, instant.replace(tzinfo=None)) == reader(customer, instant), "no zone is UTC"
        before = datetime.now(UTC)
        assert before <= reader("7")["feature_time"] <= datetime.now(UTC)
        assert reader(7)["customer_id"] == "7"
        for no_id in (None, b"7", True):
            with pytest.raises(UsageError, match="a customer id is text or an int"):
                reader(no_id)
        for no_time in (instant.date(), "2024-03-01", pandas.NaT):
            with pytest.raises(UsageError, match="a feature time is a datetime or None"):
                reader("7", no_time)
        with pytest.raises(UsageError, match="the database cannot be asked for this"):
            reader("7\0")
        # As a build does that has other columns.
        function = "feats.customer_features_at(text, timestamptz)"
        definition = built.value(f"select pg_get_functiondef('{function}'::regprocedure)")
        built.execute(
            f"drop function {function}; create function {function} returns table (later int) return 7"
        )
        assert reader(customer, instant) == {"later": 7}
        built.execute(f"drop function {function}")
        with pytest.raises(UsageError, match="does not serve features"):
            reader(customer, instant)
        built.execute(definition)
        assert [reader(customer, instant)] == ready.features_at(as_spine(keys[:1])).table.to_pylist()
    with pytest.raises(UsageError, match="this reader is closed"):
        reader(customer)


def test_who_serves_nothing_says_so(built: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("READY_SCHEMA_PREFIX", "nowhere_")
        with pytest.raises(UsageError, match=r"does not serve features.*nowhere_feats"):
            ready.feature_reader()
    monkeypatch.setenv("READY_TARGET", "spark")
    with pytest.raises(UsageError, match="PostgreSQL only"):
        ready.feature_reader()


def test_nothing_known_is_zero_for_counts_and_sums_and_null_for_the_others() -> None:
    (row,) = ready.features_at(as_spine([("nobody", datetime(2024, 3, 1))])).table.to_pylist()
    zero = {name for name in row if name.startswith(("orders_", "revenue_"))}
    assert {name for name, value in row.items() if value == 0} == zero
    others = row.keys() - zero - {"customer_id", "feature_time"}
    assert others
    assert {row[name] for name in others} == {None}


def test_a_spine_without_rows_gives_the_columns() -> None:
    some = ready.features_at(as_spine([("nobody", datetime(2024, 3, 1))]))
    none = ready.features_at(as_spine([]))
    assert len(none) == 0
    assert none.schema == some.schema
    empty = pandas.DataFrame({"customer_id": [], "feature_time": []})
    assert ready.features_at(empty).table.num_rows == 0


def test_the_schema_says_what_the_features_are(built: Warehouse) -> None:
    schema = ready.features_at(as_spine([])).schema
    assert schema.metadata == {b"feature_set": b"customer_features", b"feature_version": b"1"}
    assert schema.field("feature_time").type == pa.timestamp("us", tz="UTC")
    assert schema.field("revenue_7d").type == pa.float64()
    assert schema.field("orders_7d").type == schema.field("days_since_last_order").type == pa.int64()
    exact = ready.features_at(as_spine([]), exact=True).schema
    assert exact.field("revenue_7d").type == pa.decimal128(38, 6)


def pandas_frame(spine: pa.Table) -> Any:
    return pytest.importorskip("pandas", reason="pandas is not installed").DataFrame(spine.to_pydict())


def pandas_part(spine: pa.Table) -> Any:
    """With an index that is no range, categories, and the times of Berlin in nanoseconds."""
    frame = pandas_frame(spine)
    frame["feature_time"] = (
        frame["feature_time"].dt.tz_convert("Europe/Berlin").astype("datetime64[ns, Europe/Berlin]")
    )
    frame["customer_id"] = frame["customer_id"].astype("category")
    return frame.set_index(frame.index * 7)


def pandas_naive(spine: pa.Table) -> Any:
    frame = pandas_frame(spine)
    frame["feature_time"] = frame["feature_time"].dt.tz_localize(None)
    return frame


def polars_frame(spine: pa.Table) -> Any:
    return pytest.importorskip("polars", reason="polars is not installed").from_arrow(spine)


def reordered(spine: pa.Table) -> pa.Table:
    kolkata = spine["feature_time"].cast(pa.timestamp("ns", tz="Asia/Kolkata"))
    return pa.table({"feature_time": kolkata, "customer_id": spine["customer_id"].cast(pa.large_string())})


INPUTS: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow": lambda spine: spine,
    "a record batch": lambda spine: spine.to_batches()[0],
    "lists": pa.Table.to_pydict,
    "ready": ready.Table,
    "another order and zone": reordered,
    "pandas": pandas_frame,
    "pandas, part of a frame": pandas_part,
    "pandas, no time zone": pandas_naive,
    "polars": polars_frame,
}


@pytest.mark.parametrize("kind", INPUTS)
def test_the_spine_may_be_of_any_library(kind: str, orders: list[Order]) -> None:
    keys = [(order.customer_id, order.order_ts + timedelta(days=1)) for order in orders[:40]]
    spine = pa.table(as_spine(keys))
    assert ready.features_at(INPUTS[kind](spine)) == ready.features_at(spine)


def test_dates_are_midnights_utc_and_integers_are_ids(orders: list[Order]) -> None:
    plain = next(order.customer_id for order in orders if order.customer_id.isdigit())
    by_date = ready.features_at({"customer_id": [int(plain)], "feature_time": [date(2024, 6, 1)]})
    assert by_date["orders_total"][0].as_py() > 0
    assert by_date == ready.features_at(as_spine([(plain, datetime(2024, 6, 1, tzinfo=UTC))]))


def test_text_is_an_iso_time_of_its_zone_and_else_utc(orders: list[Order]) -> None:
    """A date alone ends as an offset does."""
    texts = ["2024-06-01", "2024-06-01T14:30:00+02:00", "2024-06-01 14:30:00-0130", "2024-06-01T12:30:00.25Z"]
    texts += ["2024-06-01 12:30", "1969-12-31T23:59:59.999999+01"]
    meant = [datetime.fromisoformat(text) for text in (
        "2024-06-01T00:00:00+00:00", "2024-06-01T14:30:00+02:00", "2024-06-01T14:30:00-01:30",
        "2024-06-01T12:30:00.250000+00:00", "2024-06-01T12:30:00+00:00", "1969-12-31T23:59:59.999999+01:00",
    )]  # fmt: skip
    keys = [(orders[0].customer_id, instant) for instant in meant]
    found = ready.features_at({**as_spine(keys), "feature_time": texts})
    assert found["feature_time"].to_pylist() == meant
    assert found == ready.features_at(as_spine(keys))
    categories = pa.array(texts).dictionary_encode()
    assert ready.features_at({**as_spine(keys), "feature_time": categories}) == found


def test_other_columns_of_the_spine_stay_as_they_are(orders: list[Order]) -> None:
    keys = [(order.customer_id, order.order_ts) for order in orders[:3]]
    other = {
        "label": pa.array([True, None, False]),
        "weight": pa.array([0.5, 1.5, 2.5], pa.float32()),
        "notes": pa.array([["a"], [], None], pa.list_(pa.string())),
    }
    spine = pa.table(
        {"label": other["label"], **as_spine(keys), "weight": other["weight"], "notes": other["notes"]}
    )
    plain, found = ready.features_at(as_spine(keys)), ready.features_at(spine)
    assert found.table.column_names == [*as_spine([]), *other, *plain.table.column_names[2:]]
    assert found.drop_columns(list(other)) == plain.table
    for name, values in other.items():
        assert found[name].combine_chunks() == values
    frame = pytest.importorskip("pandas", reason="pandas is not installed").DataFrame
    named = frame({**as_spine(keys), "weight": [1, 2, 3]}).set_index("weight")
    assert ready.features_at(named)["weight"].to_pylist() == [1, 2, 3]


def test_ids_that_match_nobody_are_reported(orders: list[Order]) -> None:
    known = [order.customer_id for order in orders[:3]]
    with pytest.warns(UnknownCustomers) as caught:
        ready.features_at(as_spine([(name, NOON) for name in (*known, "nobody", "nobody", "nothing")]))
    (warning,) = caught
    assert warning.filename == __file__
    ids = len(set(known)) + 2
    smallest = min(order.customer_id for order in orders if order.is_purchase)
    assert str(warning.message).startswith(
        f"2 of {ids} customer ids of the spine have no purchase, such as 'nobody'"
    )
    assert "; those that have one are such as '" in str(warning.message)
    with pytest.warns(UnknownCustomers, match="such as '8675309'; .*; the spine has int64, and ids are text"):
        ready.features_at(as_spine([(8675309, NOON)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ready.features_at(as_spine([(smallest, NOON)]))


NOON = datetime(2024, 3, 1, 12)
REFUSED: dict[str, tuple[Any, str]] = {
    "no table": (42, "the spine cannot be read as a table"),
    "a column missing": ({"customer_id": ["a"]}, "has no column feature_time"),
    "columns of other names": (
        {"customer": ["a"], "feature_time": [NOON]},
        "has no column customer_id, but customer, feature_time",
    ),
    "a column twice": (
        pa.table([["a"], ["b"], [NOON]], ["customer_id", "customer_id", "feature_time"]),
        "has more than one column customer_id",
    ),
    "a column of a feature's name": (
        {"customer_id": ["a"], "feature_time": [NOON], "orders_total": [1]},
        "has column(s) that the features bring: orders_total",
    ),
    "an id too large": (
        {"customer_id": [2**70], "feature_time": [NOON]},
        "the spine cannot be read as a table",
    ),
    "ids as floats": (
        {"customer_id": [17850.0], "feature_time": [NOON]},
        "customer_id of the spine is double",
    ),
    "times as numbers": (
        {"customer_id": ["a"], "feature_time": [1709294400]},
        "feature_time of the spine is int64",
    ),
    "times as text that is no ISO time": (
        {"customer_id": ["a", "a"], "feature_time": ["2024-03-01", "01.03.2024"]},
        "no ISO time: '01.03.2024' at position 1",
    ),
    "no time among texts": (
        {"customer_id": ["a", "a"], "feature_time": ["2024-03-01", None]},
        "1 row(s) without feature_time, first at position 1",
    ),
    "no time": (
        {"customer_id": ["a", "b"], "feature_time": [NOON, None]},
        "1 row(s) without feature_time, first at position 1",
    ),
    "no customer": ({"customer_id": [None], "feature_time": [NOON]}, "1 row(s) without customer_id"),
    "nanoseconds": (
        {"customer_id": ["a"], "feature_time": pa.array([1], pa.timestamp("ns"))},
        "feature_time of the spine cannot be held in microseconds",
    ),
    "dates and times": (
        {"customer_id": ["a", "a"], "feature_time": [NOON.date(), NOON]},
        "feature_time of the spine has dates and times among each other",
    ),
    "dates and times of pandas": (
        pandas.DataFrame({"customer_id": ["a", "a"], "feature_time": [NOON.date(), NOON]}),
        "feature_time of the spine has dates and times among each other",
    ),
    "nanoseconds among Python's values": (
        {"customer_id": ["a"], "feature_time": [pandas.Timestamp(1)]},
        "feature_time of the spine cannot be held in microseconds",
    ),
    "a byte that no text has": (
        {"customer_id": ["a\x00"], "feature_time": [NOON]},
        "the spine does not fit into the database",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_wrong_spine_is_told_what_is_wrong(kind: str) -> None:
    spine, message = REFUSED[kind]
    with pytest.raises(UsageError) as caught:
        ready.features_at(spine)
    assert message in caught.value.message


# ---------------------------------------------------------------- load_dataset


def test_a_dataset_is_the_exported_rows(built: Warehouse) -> None:
    folder = built.artifacts / "datasets/customer_features/v1"
    whole = ready.load_dataset("customer_features")
    for split in ("train", "val", "test"):
        part = ready.load_dataset("customer_features", split=split)
        assert len(part) > 0
        assert part == pq.ParquetFile(folder / f"{split}.parquet").read()
        assert part == whole.filter(pa.compute.field("split") == split)
    assert len(whole) == built.value("select count(*) from meta.dataset_splits")


@pytest.fixture(scope="module")
def exported_exactly(built: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder."""
    artifacts = tmp_path_factory.mktemp("exact")
    built.ready("export", "--exact", "--out", artifacts / "datasets/customer_features/v1")
    return artifacts


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("split", [None, "val"])
def test_parquet_and_database_give_the_same(
    split: str | None,
    exact: bool,
    built: Warehouse,
    exported_exactly: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(datasets, "_read_database", None)
        patched.setenv("READY_ARTIFACTS", str(exported_exactly if exact else built.artifacts))
        exported = ready.load_dataset(split=split, version=1, exact=exact)
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    streamed = ready.load_dataset(split=split, version=1, exact=exact)
    assert streamed.schema.field("revenue_7d").type == (pa.decimal128(38, 6) if exact else pa.float64())
    assert streamed == exported
    assert streamed.schema.equals(exported.schema, check_metadata=True)
    assert streamed.schema.metadata[b"feature_version"] == b"1"


def spoil_a_file(folder: Path) -> None:
    (folder / "val.parquet").write_bytes(b"PAR1")


def age(folder: Path) -> None:
    """As if the data had changed since the export."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "data_hash": "earlier"}))


@pytest.mark.parametrize("change", [spoil_a_file, age, shutil.rmtree])
def test_an_export_of_other_rows_is_left_alone(
    change: Callable[[Path], None], built: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expected = ready.load_dataset()
    shutil.copytree(built.artifacts, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    change(tmp_path / "datasets/customer_features/v1")
    loaded = ready.load_dataset()
    assert loaded == expected
    assert loaded.schema.metadata == expected.schema.metadata


def test_a_version_that_is_not_current_comes_from_its_export(
    built: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    earlier = tmp_path / "datasets/customer_features/v7"
    shutil.copytree(built.artifacts / "datasets/customer_features/v1", earlier)
    manifest = json.loads((earlier / "manifest.json").read_text())
    (earlier / "manifest.json").write_text(json.dumps({**manifest, "feature_version": 7}))
    expected = ready.load_dataset()
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    loaded = ready.load_dataset(version=7)
    assert loaded == expected
    assert loaded.schema.metadata[b"feature_version"] == b"7"


def test_every_delivered_feature_has_its_definition(built: Warehouse) -> None:
    ds = ready.load_dataset()
    assert list(ds.features) == ds.table.column_names[2:-2]
    assert {name for name, feature in ds.features.items() if "aggregation" not in feature} == set()
    assert ds.roles["label"]["horizon_days"] == DEFINITION.horizon
    manifest = json.loads((built.artifacts / "datasets/customer_features/v1/manifest.json").read_text())
    assert manifest["roles"] == ds.roles
    assert ds.fingerprint == manifest["data_hash"]


def test_the_three_splits_are_those_of_load_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = [ready.load_dataset(split=split) for split in ("train", "val", "test")]
    assert list(ready.train_val_test()) == expected
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    assert list(ready.train_val_test(version=1)) == expected


def test_a_project_has_the_same_functions_for_its_own_folders(
    built: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spine = as_spine([("nobody", datetime(2024, 3, 1))])
    expected, features, listed = ready.load_dataset(), ready.features_at(spine), ready.datasets()
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    project = ready.open(home=tmp_path, artifacts=built.artifacts)
    ds = project.load_dataset()
    assert (ds, project.datasets(), len(listed)) == (expected, listed, 1)
    assert project.train_val_test().val == ds.filter(pa.compute.field("split") == "val")
    assert project.features_at(spine) == features
    assert repr(ds).splitlines()[1:3] == [
        f"  home   {tmp_path}",
        f"  from   {built.artifacts / 'datasets/customer_features/v1'}",
    ]
    assert "  from   the database" in repr(ready.open(artifacts=tmp_path).load_dataset(split="val"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": 8}, "version 8 of customer_features is not recorded"),
        ({"split": "holdout"}, "unknown split: holdout"),
        ({"output": "numpy"}, "unknown output: numpy"),
        ({"feature_set": "nope"}, "no feature set nope; there are: customer_features"),
        ({"feature_set": "customer_labels"}, "no feature set customer_labels; there are: customer_features"),
        ({"feature_set": "customer_features:1"}, "no feature set customer_features:1; there are:"),
        ({"feature_set": None}, "a feature set is named by text, not None"),
        ({"version": "1"}, "a version is an int, not '1'"),
        ({"version": True}, "a version is an int, not True"),
        ({"version": 1.0}, "a version is an int, not 1.0"),
    ],
)
def test_a_dataset_that_is_not_there(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ready.load_dataset(**arguments)
    assert message in caught.value.message


def test_before_the_first_build(database: ConnectionParams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", database.dbname)
    calls: list[Callable[[], object]] = [ready.load_dataset, lambda: ready.features_at(as_spine([]))]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.hint == "build it with: ready run"


# ---------------------------------------------------------------- the table


def test_a_table_is_read_as_arrow_and_as_what_pyarrow_offers() -> None:
    table = ready.load_dataset()
    assert pa.table(table) == table.table
    assert table.select(["split"]).num_rows == len(table)
    assert table["split"] == table.column("split")
    assert pickle.loads(pickle.dumps(table)) == table
    assert {"to_polars", "num_rows"} <= set(dir(table))


def test_to_pandas_keeps_decimals_and_times() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = ready.load_dataset(exact=True)
    frame = table.to_pandas()
    assert frame["revenue_total"].tolist() == table["revenue_total"].to_pylist()
    assert frame["feature_time"].dt.tz_convert(timezone.utc).tolist() == table["feature_time"].to_pylist()


def test_to_polars_keeps_types() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    table = ready.load_dataset(exact=True)
    frame = table.to_polars()
    assert frame.schema["revenue_total"] == polars.Decimal(38, 6)
    assert frame["revenue_total"].to_list() == table["revenue_total"].to_pylist()
    assert frame["feature_time"].to_list() == table["feature_time"].to_pylist()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_library_that_is_not_installed_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ready.api.table.find_spec", lambda name: None)
    table = ready.Table(pa.table({"a": [1]}))
    with pytest.raises(ReadyError, match=f"{library} is not installed"):
        getattr(table, f"to_{library}")()


# ---------------------------------------------------------------- ready audit


def test_an_audit_finds_values_of_later_and_no_others(built: Warehouse, tmp_path: Path) -> None:
    keys = [row[:2] for row in built.rows("select customer_id, feature_time from feats.customer_features")]
    known = ready.features_at(as_spine(keys)).table
    names = [name for name in known.column_names if name not in ("customer_id", "feature_time")]
    numbers = [name for name in names if pa.types.is_floating(known.schema.field(name).type)]
    late = ready.features_at(
        as_spine([(customer, time + timedelta(days=30)) for customer, time in keys])
    ).table
    outside = {"who": known["customer_id"], "at": known["feature_time"], "their note": known["customer_id"]}
    for name in names:
        outside[name] = late[name] if name == numbers[0] else known[name]
    outside["spent"] = late[numbers[1]]
    pq.write_table(pa.table(outside), tmp_path / "outside.parquet")

    call = ("audit", tmp_path / "outside.parquet", "--customer", "who", "--time", "at", "--json")
    done = built.ready(*call, "--column", f"spent={numbers[1]}")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["not_compared"]) == (len(keys), ["their note"])
    for column in found["columns"]:
        feature = column["feature"]
        changed = column["column"] in (numbers[0], "spent")
        moved = [a != b for a, b in zip(known[feature].to_pylist(), late[feature].to_pylist(), strict=True)]
        assert column["differ"] == (sum(moved) if changed else 0), column
        assert column["later"].get("30 days later", 0) == column["differ"], column
    assert "not what could be known: " in done.stderr

    pq.write_table(known, tmp_path / "same.parquet")
    assert built.ready("audit", tmp_path / "same.parquet", "--quiet").returncode == 0
    told = built.ready("audit", tmp_path / "same.parquet", "--column", "spend=revenue")
    assert (told.returncode, "the file has no column spend; there is no feature revenue" in told.stderr) == (
        2,
        True,
    )

    few = known.filter(known[numbers[0]].is_valid()).slice(0, 3)
    for values, differ in (
        (pa.array([math.inf] * 3), 3),
        (few[numbers[0]].cast(pa.float32()), 0),
        (pa.array([value + 0.01 for value in few[numbers[0]].to_pylist()], pa.float32()), 3),
    ):
        table = few.select(["customer_id", "feature_time"]).append_column(numbers[0], values)
        pq.write_table(table, tmp_path / "few.parquet")
        (found,) = audit(Settings.resolve(), tmp_path / "few.parquet").columns
        assert found.differ == differ
    pq.write_table(few.slice(0, 0), tmp_path / "none.parquet")
    with pytest.raises(UsageError, match="has no rows"):
        audit(Settings.resolve(), tmp_path / "none.parquet")


def test_where_nothing_was_run_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="there is no database in"):
        ready.open(home=tmp_path).load_dataset()
    assert list(tmp_path.iterdir()) == []
