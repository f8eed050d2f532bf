"""The recorded query of the current features, over a table `spine` of customers and instants."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ready.database.query import Row, is_postgres, select_rows
from ready.definition.column_roles import FEATURE_SET
from ready.errors import nothing_built
from ready.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

FeaturesBy = Callable[[dict[str, Any]], "pa.Table"]


def recorded_query(connection: Any, settings: Settings) -> Row:
    """feature_version, that the tables hold, its query, and planner_settings for it.

    Raises UsageError where nothing was built yet.
    """
    rows = select_rows(
        connection,
        settings,
        "select feature_version, planner_settings, query from {meta}.current_versions "
        "join {meta}.feature_queries using (feature_set, feature_version) "
        "where feature_set = %(feature_set)s",
        {"feature_set": FEATURE_SET},
    )
    if not rows:
        raise nothing_built(FEATURE_SET)
    return rows[0]


def spine_table(connection: Any, spine: pa.Table) -> AbstractContextManager[FeaturesBy]:
    """While it lasts, a temporary table `spine` (ordinal, customer_id, feature_time), outside a transaction.

    Gives a function from a row of meta.feature_queries to the features alone, in the order of ordinal. Raises
    UsageError for text that no database holds.
    """
    if is_postgres(connection):
        from ready.postgres.point_in_time import spine_table as on_postgres

        return on_postgres(connection, spine)
    from ready.spark.point_in_time import spine_table as on_spark

    return on_spark(connection, spine)


def is_first_known(query: str) -> str:
    """The condition that each customer's first purchase has, and that the index of customers is made for.

    As macros/features/is_first_known.sql gave it to the recorded query.
    """
    first = first_known_column(query)
    return f"{first.removeprefix('first_')} = {first}"


def first_known_column(query: str) -> str:
    """Of customer_purchases, with the instant by which a customer becomes known."""
    return "first_available_at" if "first_available_at" in query else "first_order_ts"
