"""Features at any instants: the recorded query of a feature set, run on a table of the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ready.api.spine import ArrowStream, Spine, read_spine
from ready.api.table import Table
from ready.database.query import Row, connected, select_rows
from ready.dataset.model_types import as_model, model_schema
from ready.definition.column_roles import FEATURE_SET, KEY
from ready.label_sets.point_in_time import (
    is_first_known,
    recorded_queries,
    recorded_query,
    sources_in,
    spine_table,
    unseen_in,
    what_unknown_lack,
)
from ready.recorded.registry import find_current
from ready.settings import Settings

UNKNOWN = """
select count(*) as unknown, min(customer_id) as example,
    (select min(customer_id) from {{stg}}.customer_purchases where {condition}) as known
from (select distinct customer_id from spine) as asked
where not exists (
    select 1 from {{stg}}.customer_purchases as purchases
    where purchases.customer_id = asked.customer_id and {condition}
)
"""


@dataclass(frozen=True)
class Computed:
    """spine: as given. tables: the features of each set that was asked for, with exact values. versions: of
    these sets. unknown: of ids that match nobody their number, an example, and one that does; without: what
    they do not have."""

    spine: Spine
    tables: dict[str, pa.Table]
    versions: dict[str, int]
    unknown: Row
    without: str

    def warn_of_unknown(self, *, stacklevel: int) -> None:
        """See Spine.warn_of_unknown."""
        if self.unknown["unknown"]:
            self.spine.warn_of_unknown(**self.unknown, without=self.without, stacklevel=stacklevel + 1)


def features_of_spine(
    settings: Settings, spine: ArrowStream | Mapping[str, Any], *, exact: bool, feature_set: str = FEATURE_SET
) -> Table:
    """See ready.features_at."""
    computed = compute(settings, spine, [feature_set])
    computed.warn_of_unknown(stacklevel=5)
    features = computed.tables[feature_set]
    if not exact:
        features = as_model(features, model_schema(features.schema, features.schema.names))
    identity = {"feature_set": feature_set, "feature_version": str(computed.versions[feature_set])}
    return Table(_beside(computed.spine, features).replace_schema_metadata(identity))


def compute(
    settings: Settings, spine: ArrowStream | Mapping[str, Any], feature_sets: Sequence[str]
) -> Computed:
    """The features of several sets, read at one moment. Raises as ready.features_at does."""
    given = read_spine(spine)
    with connected(settings) as connection:
        queries = {name: recorded_queries(connection, settings, name) for name in feature_sets}
        versions = {name: _version(connection, settings, name, found) for name, found in queries.items()}
        parts = {query["feature_set"]: query for found in queries.values() for query in found}
        sources = sources_in(parts.values())
        condition = is_first_known(recorded_query(connection, settings)["query"])
        numbered = pa.table(
            [pa.array(range(len(given.ids)), pa.int64()), given.ids, given.instants], ["ordinal", *KEY]
        )
        with spine_table(connection, numbered) as features_by:
            unknown = _unknown(connection, settings, condition, sources)
            computed = {name: features_by(query) for name, query in parts.items()}
    tables = {
        name: _side_by_side([computed[query["feature_set"]] for query in found])
        for name, found in queries.items()
    }
    return Computed(given, tables, versions, unknown, what_unknown_lack(sources))


def _version(connection: Any, settings: Settings, name: str, queries: Sequence[Row]) -> int:
    own = [query["feature_version"] for query in queries if query["feature_set"] == name]
    current = None if own else find_current(connection, settings, name)
    return int(current["feature_version"] if current else own[0])


def _side_by_side(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.table(
        [column for table in tables for column in table.columns],
        [name for table in tables for name in table.column_names],
    )


def _beside(spine: Spine, features: pa.Table) -> pa.Table:
    """Keys, whatever else the spine has, and the features."""
    spine.require_free(features.column_names)
    columns = dict(zip(KEY, (spine.ids, spine.instants), strict=True))
    columns |= {name: spine.table[name] for name in spine.others}
    return pa.table({**columns, **dict(zip(features.column_names, features.columns, strict=True))})


def _unknown(connection: Any, settings: Settings, condition: str, sources: Sequence[str]) -> Row:
    """How many ids of `spine` have no purchase, nor a row of these sources, one of them, and an id that has
    a purchase."""
    unseen, names = unseen_in(sources)
    return select_rows(connection, settings, UNKNOWN.format(condition=condition) + unseen, None, **names)[0]
