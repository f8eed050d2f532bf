"""The recorded query of the current features, over a table `spine` of customers and instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ready.database.query import Row, is_postgres, select_rows
from ready.definition.column_roles import FEATURE_SET
from ready.errors import UsageError, nothing_built
from ready.recorded.registry import find_current
from ready.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

FeaturesBy = Callable[[dict[str, Any]], "pa.Table"]

UNSEEN = "and not exists (select 1 from {stg}.{%s} as rows_of where rows_of.customer_id = asked.customer_id)"


def recorded_query(connection: Any, settings: Settings) -> Row:
    """That of customer_features, as recorded_queries has it."""
    return recorded_queries(connection, settings, FEATURE_SET)[0]


def recorded_queries(connection: Any, settings: Settings, feature_set: str) -> list[Row]:
    """feature_set, feature_version, that the tables hold, its query, and planner_settings for it.

    Of joined sets one for each part. Raises UsageError where nothing was built yet, and for a set in SQL of
    one's own.
    """
    rows = [row for row in all_queries(connection, settings) if row["feature_set"] == feature_set]
    if rows:
        return rows
    current = find_current(connection, settings, feature_set)
    if current is None:
        raise nothing_built(feature_set)
    parts = current["config"]["features"].get("joined")
    if not parts:
        raise UsageError(
            f"{feature_set} has SQL of its own, and can be computed at its own rows only",
            hint="take customer_features, the features of a source, or a set that joins these",
        )
    return [query for part in parts for query in recorded_queries(connection, settings, part)]


def all_queries(connection: Any, settings: Settings) -> list[Row]:
    """What recorded_queries gives of every set that has one, customer_features first."""
    return select_rows(
        connection,
        settings,
        "select feature_set, feature_version, planner_settings, query from {meta}.current_versions "
        "join {meta}.feature_queries using (feature_set, feature_version) "
        "order by case when feature_set = %(first)s then 0 else 1 end, feature_set",
        {"first": FEATURE_SET},
    )


def sources_in(queries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sources beside the orders whose features these queries give."""
    names = (query["feature_set"] for query in queries)
    return [name.removesuffix("_features") for name in names if name != FEATURE_SET]


def unseen_in(sources: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The conditions that ids `asked` have no row of these sources, and the names to select them by."""
    names = {f"source_{number}": source for number, source in enumerate(sources)}
    return "\n".join(UNSEEN % name for name in names), names


def what_unknown_lack(sources: Sequence[str]) -> str:
    """What a customer does not have whom neither orders nor these sources know."""
    return "purchase" + (f", nor anything in {' and '.join(sources)}" if sources else "")


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
