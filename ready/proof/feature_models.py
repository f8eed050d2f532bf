"""Which models must not know the future, and what building them takes: read off dbt's graph.

A feature model is any model below `orders`, or below a dated table, whose table has a column feature_time,
wherever it lies, so that an analyst's new model is checked without being named anywhere, and any model
declared as a feature_set. Left out are the models that look ahead by purpose: those whose name ends in
_labels, and whatever is built from one, as training sets are. A feature_set must not be among them.

A dated table is a seed or source that says by which column its rows became known: available_at in its meta;
or a model that says so and is made of the files of another source than the orders, such as visits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ready.definition.features import TIMES_OF_ORDERS
from ready.definition.mapping import IN_FILES
from ready.definition.meta import node_meta, own_meta

Node = Mapping[str, Any]

LABELS = "_labels"
# Of a source beside the orders, by the ending of the model's name: macros/sources/source_models.sql.
SOURCE_MODELS = {
    "_mapped": "source_mapped",
    "_parsed": "source_parsed",
    "_rejected": "source_rejected",
}
# Events that look columns up are there twice: as their files have them, and with these columns.
ROWS_OF_SOURCE = (
    ("source_events", ""),
    ("source_events", IN_FILES),
    ("source_states", ""),
    ("source_keyed_states", ""),
)


# What the shipped models read beside orders: part of the definition, and the ledger for its loading times.
DEFINITION = {("orders", "order_statuses"), ("data_span", "loads")}


@dataclass(frozen=True)
class Plan:
    """models: the candidates' unique ids. build: what `dbt run` must build, by name.

    root: the table whose future the check changes: orders, order_versions where available_at is mapped,
    order_lines where the files have lines of orders; time: its column that marks the future.
    times_of_rows: feature times are those that orders, or the events of a source, have in the end, so which
    rows there are is not known beforehand. incremental: of what is built, the models that a later build adds
    to, and those below them. inputs: nodes that these read and that are not built; dated: those of them
    whose future the check changes, with the column that marks it; the check gives the others as they are.
    bypasses: of each model, the tables that it reads and that the check does not change, so that it cannot be
    proven. looks_ahead: of
    each feature_set that is built from labels, by name, which ones. left_out: the other models that do.
    above: of each model, by name, what must be built for it, by name, itself among them. below: of each model
    those that read it, itself among them.
    """

    root: str
    time: str
    times_of_rows: bool
    models: tuple[str, ...]
    build: tuple[str, ...]
    incremental: tuple[str, ...]
    inputs: tuple[str, ...]
    dated: dict[str, str]
    bypasses: dict[str, tuple[str, ...]]
    looks_ahead: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...]
    above: dict[str, tuple[str, ...]]
    below: dict[str, tuple[str, ...]]


def plan_check(manifest: Mapping[str, Any]) -> Plan:
    """What to build and compare, from dbt's manifest."""
    graph = _Graph(manifest)
    root = graph.root
    orders = graph.model(root)
    dated = {id: str(column) for id in graph.nodes if (column := graph.known_since(id))}
    above = reach([orders], graph.parents)
    below = reach([orders, *(dated.keys() - above)], graph.children) - above
    sets = {id for id, node in graph.nodes.items() if _is_feature_set(node)}
    models = {id for id in below if graph.nodes[id]["resource_type"] == "model"} - dated.keys() | sets
    labels = {id for id in models - sets if graph.nodes[id]["name"].endswith(LABELS)}
    ahead = reach(labels, graph.children) & models
    # Without a row: each customer has times of its own.
    idle = {graph.model("feature_times")} if graph.has_spine_of_source else set()
    candidates = models - ahead - idle
    inputs = {id: graph.inputs(id, stop=models | {orders}) for id in candidates}
    read = {other for found in inputs.values() for _, other in found}
    above_all = reach(candidates, graph.parents)
    build = (
        candidates
        | idle
        | {id for id in above_all if graph.is_built(id) and not _is_ephemeral(graph.nodes[id])}
    )
    tables = {id for id in build if not _is_ephemeral(graph.nodes[id])}
    growing = {id for id in tables if graph.nodes[id]["config"]["materialized"] == "incremental"}
    return Plan(
        root=root,
        time="available_at" if graph.tracks_availability else "order_ts",
        times_of_rows=(graph.tracks_availability and graph.every == "order") or graph.has_spine_of_source,
        models=tuple(sorted(candidates & tables)),
        build=graph.named(build),
        incremental=graph.named(reach(growing, graph.children) & tables),
        inputs=tuple(sorted(read)),
        dated={id: column for id, column in dated.items() if id in read},
        bypasses={id: graph.bypasses(id, candidates, inputs, dated) for id in candidates},
        looks_ahead={
            graph.nodes[id]["name"]: graph.named(reach([id], graph.parents) & labels)
            for id in sorted(ahead & sets)
        },
        left_out=graph.named(id for id in ahead - sets if not _is_ephemeral(graph.nodes[id])),
        above={graph.nodes[id]["name"]: graph.named(reach([id], graph.parents) & build) for id in build},
        below={id: tuple(sorted(reach([id], graph.children))) for id in build},
    )


def own_feature_sets(manifest: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The names of the models that are a feature set of their own; none without a manifest."""
    nodes = _Graph(manifest).nodes.values() if manifest else ()
    return tuple(sorted(node["name"] for node in nodes if _is_feature_set(node)))


def feature_candidates(manifest: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Unique ids of the models that are checked where they have a feature_time; none without a manifest."""
    return plan_check(manifest).models if manifest else ()


def reach(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The nodes that can be reached from `start`, which is among them."""
    found: set[str] = set()
    pending = list(start)
    while pending:
        id = pending.pop()
        if id not in found:
            found.add(id)
            pending += edges[id]
    return found


class _Graph:
    """The manifest's nodes and sources with their edges; tests and other resources left out."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        kinds = ("model", "seed", "snapshot", "source")
        nodes = {id: _as_on_postgres(node) for id, node in manifest["nodes"].items()}
        every: dict[str, Node] = {**nodes, **manifest["sources"]}
        # A proof builds in full: what source plan has, no model of it looks at.
        self.nodes = {
            id: node
            for id, node in every.items()
            if node["resource_type"] in kinds and node.get("source_name") != "plan"
        }
        self.tracks_availability = "available_at" in self._meta("orders_mapped").get("columns", {})
        self.of_lines = self._meta("orders_mapped").get("grain") == "order_line"
        self.every = self._meta("customer_features").get("feature_times", {}).get("every")
        self.has_spine_of_source = self.every not in (None, *TIMES_OF_ORDERS)
        self.parents = {id: self._edges(manifest["parent_map"], id) for id in self.nodes}
        self.children = {id: self._edges(manifest["child_map"], id) for id in self.nodes}

    @property
    def root(self) -> str:
        """What purchases are made from: see changes_come_from in macros/incremental/table_state.sql."""
        if self.of_lines:
            return "order_lines"
        return "order_versions" if self.tracks_availability else "orders"

    def model(self, name: str) -> str:
        """The id of one of the project's models."""
        return next(id for id, node in self.nodes.items() if _is(node, "model", name))

    def named(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.nodes[id]["name"] for id in ids))

    def _meta(self, name: str) -> Mapping[str, Any]:
        return node_meta(self.nodes[self.model(name)], name)

    def _edges(self, edges: Mapping[str, list[str]], id: str) -> list[str]:
        return [other for other in edges.get(id, []) if other in self.nodes and not self._idle(id, other)]

    def _idle(self, id: str, other: str) -> bool:
        """dbt's graph has what orders is built from in every way; only one of them is in use."""
        names = {self.nodes[id]["name"], self.nodes[other]["name"]}
        if names & ({"order_versions", "order_lines"} - {self.root}):
            return True
        if self.has_spine_of_source and names == {"customer_features", "feature_times"}:
            return True
        return (
            self.root != "orders" and "orders" in names and bool(names & {"orders_parsed", "orders_rejected"})
        )

    def inputs(self, id: str, *, stop: set[str]) -> set[tuple[str, str]]:
        """The tables that a model reads, other than those in `stop`, each with the model that reads it.

        Through ephemeral models, and through models that nothing of the orders is in: these are built, too.
        """
        found: set[tuple[str, str]] = set()
        for parent in self.parents[id]:
            if parent in stop:
                continue
            found |= self.inputs(parent, stop=stop) if self.is_built(parent) else {(id, parent)}
        return found

    def is_built(self, id: str) -> bool:
        node = self.nodes[id]
        return node["resource_type"] == "model" and (_is_ephemeral(node) or not self._carries_orders(id))

    def bypasses(
        self,
        id: str,
        candidates: set[str],
        inputs: Mapping[str, set[tuple[str, str]]],
        dated: Mapping[str, str],
    ) -> tuple[str, ...]:
        """The inputs of a model, or of a candidate above it, that the check gives as they are."""
        above = reach([id], self.parents) & candidates
        read = {pair for other in above for pair in inputs[other]}
        return self.named({other for reader, other in read if not self._is_harmless(reader, other, dated)})

    def _is_harmless(self, reader: str, id: str, dated: Mapping[str, str]) -> bool:
        return id in dated or (self.nodes[reader]["name"], self.nodes[id]["name"]) in DEFINITION

    def known_since(self, id: str) -> str | None:
        """The column that says since when each row of a table is known, where it names one."""
        node = self.nodes[id]
        if node["resource_type"] == "model":
            own: str | None = node_meta(node, "source").get("available_at")
            return own if own and self._is_of_source(id) else None
        if node["resource_type"] not in ("seed", "source") or self._carries_orders(id):
            return None
        column: str | None = {**own_meta(node.get("meta"), "source"), **node_meta(node, "source")}.get(
            "available_at"
        )
        return column

    def _is_of_source(self, id: str) -> bool:
        """Whether a model is what the files of a source beside the orders say, each row alone.

        It and those before it are macros of this project, and no SQL of one's own, which may look ahead.
        """
        name = str(self.nodes[id]["name"]).removesuffix(IN_FILES)
        of_source = reach([id], self.parents)
        models = {other for other in of_source if self.nodes[other]["resource_type"] == "model"}
        tables = {self.nodes[other]["name"] for other in of_source - models}
        macros = {
            self.nodes[other]["name"].removeprefix(name): _called(self.nodes[other]) for other in models
        }
        kinds = [{**SOURCE_MODELS, ending: macro} for macro, ending in ROWS_OF_SOURCE]
        return macros in kinds and tables <= {"loads", "raw_events"}

    def _carries_orders(self, id: str) -> bool:
        """Whether a table was made from raw data or holds history."""
        origins = [self.nodes[other] for other in reach([id], self.parents)]
        return any(
            n["resource_type"] == "snapshot" or n.get("source_name") in ("raw", "meta") for n in origins
        )


def _called(node: Node) -> str:
    """The macro that is all of a model's SQL; empty for other SQL."""
    match = re.fullmatch(r"\s*\{\{-?\s*(\w+)\(\)\s*-?\}\}\s*", str(node.get("raw_code") or ""))
    return match[1] if match else ""


def _as_on_postgres(node: Node) -> Node:
    """On Spark a snapshot is a model: macros/spark/history.sql."""
    is_history = node.get("config", {}).get("materialized") == "history"
    return {**node, "resource_type": "snapshot"} if is_history else node


def _is(node: Node, resource_type: str, name: str) -> bool:
    return (node["resource_type"], node["name"]) == (resource_type, name)


def _is_feature_set(node: Node) -> bool:
    """As macros/meta/own_feature_sets.sql has it."""
    return node["resource_type"] == "model" and bool(node_meta(node, "model").get("feature_set"))


def _is_ephemeral(node: Node) -> bool:
    materialized: str | None = node.get("config", {}).get("materialized")
    return materialized == "ephemeral"
