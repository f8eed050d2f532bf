"""Features at any instants: the recorded query of the feature set, run on a table of the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ready.api.spine import ArrowStream, Spine, read_spine
from ready.api.table import Table
from ready.database.query import connected, select_rows
from ready.dataset.model_types import as_model, model_schema
from ready.definition.column_roles import FEATURE_SET, KEY
from ready.label_sets.point_in_time import is_first_known, recorded_query, spine_table
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


def features_of_spine(settings: Settings, spine: ArrowStream | Mapping[str, Any], *, exact: bool) -> Table:
    """See ready.features_at."""
    given = read_spine(spine)
    with connected(settings) as connection:
        recorded = recorded_query(connection, settings)
        numbered = pa.table(
            [pa.array(range(len(given.ids)), pa.int64()), given.ids, given.instants], ["ordinal", *KEY]
        )
        with spine_table(connection, numbered) as features_by:
            unknown = _unknown(connection, settings, recorded["query"])
            features = features_by(recorded)
    if unknown["unknown"]:
        given.warn_of_unknown(**unknown, without="purchase", stacklevel=5)
    if not exact:
        features = as_model(features, model_schema(features.schema, features.schema.names))
    identity = {"feature_set": FEATURE_SET, "feature_version": str(recorded["feature_version"])}
    return Table(_beside(given, features).replace_schema_metadata(identity))


def _beside(spine: Spine, features: pa.Table) -> pa.Table:
    """Keys, whatever else the spine has, and the features."""
    spine.require_free(features.column_names)
    columns = dict(zip(KEY, (spine.ids, spine.instants), strict=True))
    columns |= {name: spine.table[name] for name in spine.others}
    return pa.table({**columns, **dict(zip(features.column_names, features.columns, strict=True))})


def _unknown(connection: Any, settings: Settings, query: str) -> dict[str, Any]:
    """How many ids of `spine` have no purchase, one of them, and an id that has one."""
    return select_rows(connection, settings, UNKNOWN.format(condition=is_first_known(query)))[0]
