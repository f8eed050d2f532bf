"""Column lineage: a recorded feature set, back over stg to the columns of the CSV files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ready import __version__
from ready.database.query import Row, is_postgres
from ready.definition.column_roles import FEATURE_SET, defined_features
from ready.definition.features import OF_STATES, Feature
from ready.definition.mapping import ORDERS, csv_columns
from ready.errors import UsageError
from ready.proof.nearest import unknown
from ready.recorded.registry import Connection, find_build, find_current, list_builds
from ready.settings import Settings

# The facet's version, and how it names what a role does: https://openlineage.io/spec/facets
SCHEMA = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json"
PRODUCER = f"urn:raw-to-ready:{__version__}"
TRANSFORMATIONS = {
    "value": ("DIRECT", "AGGREGATION"),
    "category": ("INDIRECT", "CONDITIONAL"),
    "time": ("INDIRECT", "WINDOW"),
    "known since": ("INDIRECT", "WINDOW"),
    "customer": ("INDIRECT", "GROUP_BY"),
    "key": ("INDIRECT", "JOIN"),
    "purchase": ("INDIRECT", "FILTER"),
}


@dataclass(frozen=True)
class Source:
    """A column of stg.orders, or of another table of stg, that a feature is made of.

    role: value, category, key (of a look-up), time, known since, customer, purchase. mapping: how orders.yaml
    makes it of the CSV columns; empty where it is made of none.
    """

    column: str
    role: str
    csv_columns: tuple[str, ...]
    mapping: str
    table: str = "orders"


@dataclass(frozen=True)
class ColumnLineage:
    """A feature or label. rule: its function in the words of features.yaml. window: of which orders."""

    name: str
    rule: str
    window: str
    sources: tuple[Source, ...]


def column_lineage(build: Mapping[str, Any], columns: Sequence[str] = ()) -> list[ColumnLineage]:
    """The lineage of these columns, or of all that a rule defines. build: a row of registry.find_build.

    Raises UsageError for an unknown column, and where SQL of one's own makes it.
    """
    config = build["config"]
    defined = defined_features(config)
    own = [column["name"] for column in build["columns"] if column["name"] not in defined]
    for name in columns:
        if name in own:
            raise UsageError(
                f"{name} of {build['feature_set']} is made by SQL of your own, of which no rule is on record",
                hint=f"see which models it reads: ready registry show {build['feature_set']}:"
                f"{build['feature_version']}",
            )
        if name not in defined:
            raise unknown("column", name, list(defined))
    names = list(columns or defined)
    if not columns and "sources" in config:  # it may have those of the orders or not
        there = {column["name"] for column in build["columns"]}
        names = [name for name in names if defined[name].ahead or name in there]
    return [_lineage_of(defined[name], config) for name in names]


def _mapped(config: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """What the mapping of a source, or of the orders, says of each column."""
    return (config["sources"][source] if source else config["orders"]).get("columns") or {}


def _lineage_of(feature: Feature, config: Mapping[str, Any]) -> ColumnLineage:
    sources = dict.fromkeys(
        source for part in feature.sides or (feature,) for source in _sources(part, config)
    )
    return ColumnLineage(feature.name, feature.rule, _window(feature), tuple(sources))


def _window(feature: Feature) -> str:
    if feature.sides:
        return "each side over its own window"
    side = "from feature_time on" if feature.ahead else "before feature_time"
    return f"all {side}" if feature.days is None else f"{feature.days} days {side}"


def _sources(feature: Feature, config: Mapping[str, Any]) -> Iterable[Source]:
    mapped = _mapped(config, feature.source)
    lookups = (config["sources"][feature.source] if feature.source else config["orders"]).get("lookup") or {}
    found = _of_events(feature, mapped) if feature.source else _of_orders(feature, mapped)
    for one in found:
        if one.column in lookups:
            yield from _looked_up(one, lookups[one.column], config, feature.source)
        else:
            yield replace(one, table=feature.source or ORDERS)


def _of_orders(feature: Feature, mapped: Mapping[str, Any]) -> Iterable[Source]:
    if feature.function in ("days_since_last", "days_since_first"):
        yield _source("order_ts", "value", mapped)
    elif feature.column:
        yield _source(feature.column, "value", mapped)
    if feature.by:
        yield _source(feature.by, "category", mapped)
    yield _source("order_ts", "time", mapped)
    if "available_at" in mapped and not feature.ahead:
        yield _source("available_at", "known since", mapped)
    yield _source("customer_id", "customer", mapped)
    if "status" in mapped:
        yield _source("status", "purchase", mapped)


def _of_events(feature: Feature, mapped: Mapping[str, Any]) -> Iterable[Source]:
    at = "available_at" if feature.function in OF_STATES.values() else "event_ts"
    yield _source(feature.column or at, "value", mapped)
    if feature.by:
        yield _source(feature.by, "category", mapped)
    if at == "event_ts":
        yield _source(at, "time", mapped)
    if "available_at" in mapped:
        yield _source("available_at", "known since", mapped)
    yield _source("customer_id", "customer", mapped)


def _looked_up(
    column: Source, lookup: Mapping[str, str], config: Mapping[str, Any], source: str
) -> Iterable[Source]:
    """What a looked-up column is made of: that of the states, since when it was known, the keys."""
    table = lookup["from"]
    states, key = _mapped(config, table), config["sources"][table].get("key", "customer_id")
    made_of = [_source(lookup.get("column", column.column), column.role, states)]
    made_of += [_source("available_at", "known since", states)] if "available_at" in states else []
    yield from (replace(one, table=table) for one in (*made_of, _source(key, "key", states)))
    yield replace(_source(lookup["key"], "key", _mapped(config, source)), table=source or ORDERS)


def _source(column: str, role: str, mapped: Mapping[str, Any]) -> Source:
    entry = mapped.get(column)
    if entry is None:
        return Source(column, role, (), "")
    if isinstance(entry, str):
        return Source(column, role, (entry,), f"column {entry}")
    settings = ", ".join(
        f"{key}: {value}" for key, value in entry.items() if key not in ("column", "expression")
    )
    made_of = f"column {entry['column']}" if entry.get("column") else str(entry.get("expression", ""))
    return Source(column, role, tuple(csv_columns(entry)), f"{made_of} ({settings})" if settings else made_of)


def named_build(
    connection: Connection, settings: Settings, *, version: str | None, feature_set: str | None
) -> Row:
    """The row of find_build: of a version's name, else what the tables of the feature set hold.

    feature_set: None for the version's, or customer_features. Raises UsageError where there is none.
    """
    if version:
        name = f"{feature_set}:{version}" if feature_set and ":" not in version else version
        build = find_build(connection, settings, name)
        if feature_set and build["feature_set"] != feature_set:
            raise UsageError(f"{version} is no version of {feature_set}")
        return build
    current = find_current(connection, settings, feature_set or FEATURE_SET)
    if current is None:
        raise UsageError(
            f"no build of {feature_set or FEATURE_SET} is recorded", hint="see what is: ready registry list"
        )
    return current


def set_of_columns(connection: Connection, settings: Settings, columns: Sequence[str]) -> str:
    """The feature set that has these columns: customer_features, else the one of a source or of one's own.

    A set that joins others is none of their columns. Raises UsageError where several sets have them, or each
    some of them.
    """
    base = find_current(connection, settings)
    if base is None or not columns or set(columns) <= defined_features(base["config"]).keys():
        return FEATURE_SET
    names = [row["feature_set"] for row in list_builds(connection, settings) if row["is_current"]]
    builds = [find_current(connection, settings, name) for name in sorted({*names} - {FEATURE_SET})]
    sets = {
        build["feature_set"]: {column["name"] for column in build["columns"]}
        for build in builds
        if build and not ({"joined", "labels"} & {*build["config"]["features"], *build["config"]})
    }
    found = [name for name, of_set in sets.items() if {*columns} <= of_set]
    sets[FEATURE_SET] = set(defined_features(base["config"]))
    apart = sorted({name for name, of_set in sets.items() if {*columns} & of_set})
    if not found and {*columns} <= set().union(*sets.values()):
        raise UsageError(
            f"these are columns of several feature sets: {', '.join(apart)}", hint="one at a time"
        )
    if len(found) > 1:
        raise UsageError(
            f"{', '.join(columns)} is of several feature sets: {', '.join(found)}",
            hint=f"name one: ready lineage {found[0]}.{columns[0]}",
        )
    return found[0] if found else FEATURE_SET


def dataset_names(connection: Connection, settings: Settings, feature_set: str) -> dict[str, str]:
    """What open_lineage wants to know of the tables: the connection's namespace, and their names."""
    tables = {
        "feature_set": f"{settings.schema('feats')}.{feature_set}",
        "orders": f"{settings.schema('stg')}.orders",
        "raw_events": f"{settings.schema('raw')}.raw_events",
    }
    if not is_postgres(connection):
        return {"namespace": "spark", **tables}
    info = connection.info
    names = {key: f"{info.dbname}.{name}" for key, name in tables.items()}
    # As dbt-ol has it: a catalog puts the two together by namespace and name.
    return {"namespace": f"postgres://{info.host}:{info.port}", **names}


def open_lineage(
    lineage: Sequence[ColumnLineage], *, namespace: str, feature_set: str, orders: str, raw_events: str
) -> list[dict[str, Any]]:
    """The feature set, stg.orders and other tables of stg as datasets with OpenLineage's columnLineage facet.

    namespace: such as postgres://host:5432. The others: the tables' names as datasets, database first.
    """
    features = {
        column.name: [
            _input(
                namespace,
                _beside(orders, source.table),
                source.column,
                *TRANSFORMATIONS[source.role],
                f"{column.rule}, {column.window}",
            )
            for source in column.sources
        ]
        for column in lineage
    }
    staged: dict[str, dict[str, Any]] = {orders: {}}
    for source in (source for column in lineage for source in column.sources):
        staged.setdefault(_beside(orders, source.table), {})[source.column] = [
            _input(namespace, raw_events, f"payload.{name}", "DIRECT", "TRANSFORMATION", source.mapping)
            for name in source.csv_columns
        ]
    return [_dataset(namespace, name, fields) for name, fields in {feature_set: features, **staged}.items()]


def _beside(orders: str, table: str) -> str:
    """The name of another table of its schema."""
    return f"{orders.removesuffix('orders')}{table}"


def _input(
    namespace: str, name: str, field: str, kind: str, subtype: str, description: str
) -> dict[str, Any]:
    done = {"type": kind, "subtype": subtype, "description": description, "masking": False}
    return {"namespace": namespace, "name": name, "field": field, "transformations": [done]}


def _dataset(namespace: str, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    inputs = {field: {"inputFields": made_of} for field, made_of in fields.items()}
    facet = {"_producer": PRODUCER, "_schemaURL": SCHEMA, "fields": inputs}
    return {"namespace": namespace, "name": name, "facets": {"columnLineage": facet}}
