"""Holds the tables against the oracle, value by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from oracle import (
    Definition,
    Features,
    Key,
    Value,
    customer_features,
    customer_labels,
    dataset_splits,
    labelled,
)
from oracle_orders import Order
from psycopg2 import sql
from psycopg2.extensions import connection as Connection


def assert_tables_equal_oracle(
    connection: Connection,
    orders: list[Order],
    definition: Definition,
    schema_prefix: str = "",
    states: list[Order] | None = None,
) -> None:
    """Features, labels, splits and training set are what the oracle computes, to the last digit.

    orders: what stg.orders must hold (see oracle.read_orders). states: see oracle.customer_features. The
    numeric columns must have the scale of 6 that the registry's fingerprint is defined on.
    """
    features = customer_features(orders, definition, states)
    labels = customer_labels(orders, features, definition)
    assert_tables_hold(connection, orders, features, labels, definition, schema_prefix)


def assert_tables_hold(
    connection: Connection,
    orders: Sequence[Order],
    features: Mapping[Key, Features],
    labels: Mapping[Key, tuple[Value, ...]],
    definition: Definition,
    schema_prefix: str = "",
) -> None:
    """Features and labels are these; splits and training set are what the oracle makes of them."""
    feats, meta = schema_prefix + "feats", schema_prefix + "meta"
    splits = dataset_splits(labelled(list(orders), features, definition), definition)
    columns = list(definition.labels)
    names = list(next(iter(features.values()), {}))

    assert_same(
        _rows(connection, feats, "customer_features", names),
        {key: tuple(row.values()) for key, row in features.items()},
        names,
    )
    assert_same(
        _rows(connection, feats, "customer_labels", columns),
        labels,
        columns,
    )
    assert_same(
        _rows(connection, feats, "customer_training_set", [*names, *columns, "split"]),
        {key: (*row.values(), *labels[key], splits.get(key)) for key, row in features.items()},
        [*names, *columns, "split"],
    )
    assert_same(
        _rows(connection, meta, "dataset_splits", ["split"], current=True),
        {key: (split,) for key, split in splits.items()},
        ["split"],
    )


def assert_orders_equal_oracle(
    connection: Connection, orders: Sequence[Order], schema_prefix: str = ""
) -> None:
    """stg.orders holds these orders and no others."""
    extras = orders[0].extras if orders else {}
    columns = ("customer_id", "order_ts", "amount", "status", "is_purchase", *extras)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("select order_id, {} from {}.orders").format(
                _identifiers(columns), sql.Identifier(schema_prefix + "stg")
            )
        )
        actual = {row[0]: row[1:] for row in cursor.fetchall()}
    expected = {order.order_id: tuple(order.value(column) for column in columns) for order in orders}
    assert_same(actual, expected, columns)


def assert_same(
    actual: Mapping[Any, tuple[Any, ...]], expected: Mapping[Any, tuple[Any, ...]], names: Any
) -> None:
    """Like ==, but a difference among a million rows is told by its first few."""
    missing, surplus = expected.keys() - actual.keys(), actual.keys() - expected.keys()
    assert not missing, f"{len(missing)} row(s) missing, such as {sorted(missing)[:3]}"
    assert not surplus, f"{len(surplus)} row(s) too many, such as {sorted(surplus)[:3]}"
    different = [
        (key, name, value, wanted)
        for key in expected
        for name, value, wanted in zip(names, actual[key], expected[key], strict=True)
        if value != wanted
    ]
    shown = [f"{key} {name}: is {value}, must be {wanted}" for key, name, value, wanted in different[:5]]
    assert not different, f"{len(different)} value(s) differ:\n" + "\n".join(shown)


def _rows(
    connection: Connection, schema: str, table: str, columns: list[str], *, current: bool = False
) -> dict[Key, tuple[Any, ...]]:
    """The table by key; a key that occurs twice is an error. current: only the current version's rows."""
    statement = sql.SQL("select {} from {}").format(
        _identifiers(["customer_id", "feature_time", *columns]), sql.Identifier(schema, table)
    )
    if current:
        statement += sql.SQL(
            " inner join {} using (feature_set, feature_version) where feature_set = 'customer_features'"
        ).format(sql.Identifier(schema, "current_versions"))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        fetched = cursor.fetchall()
    rows: dict[tuple[str, datetime], tuple[Any, ...]] = {row[:2]: row[2:] for row in fetched}
    assert len(rows) == len(fetched), f"{schema}.{table} has {len(fetched) - len(rows)} repeated key(s)"
    return rows


def _identifiers(names: Any) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))
