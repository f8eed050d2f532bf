"""Which models must not know the future, and what building them takes: read off dbt's graph.

A feature model is any model below `orders` whose table has a column feature_time, wherever it lies, so that
an analyst's new model is checked without being named anywhere, and any model declared as a feature_set. Left
out are the models that look ahead by purpose: those whose name ends in _labels, and whatever is built from
one, as training sets are. A feature_set must not be among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = Mapping[str, Any]

LABELS = "_labels"


@dataclass(frozen=True)
class Plan:
    """models: the candidates' unique ids. build: what `dbt run` must build, by name.

    root: the table whose future the check changes: orders, order_versions where available_at is mapped,
    order_lines where the files have lines of orders; time: its column that tells the future.
    times_of_orders: feature times are those that orders have in the end, so which rows there are is not
    known beforehand. inputs: nodes that these read and that are not built: the check gives them as they
    are. bypasses: of each model, the tables by which
    it gets orders past the one that the check changes, so that it cannot be proven. looks_ahead: of each
    feature_set that is built from labels, by name, which ones. left_out: the other models that look ahead.
    """

    root: str
    time: str
    times_of_orders: bool
    models: tuple[str, ...]
    build: tuple[str, ...]
    inputs: tuple[str, ...]
    bypasses: dict[str, tuple[str, ...]]
    looks_ahead: dict[str, tuple[str, ...]]
    left_out: tuple[str, ...]


def plan_check(manifest: Mapping[str, Any], *, prefix: str = "") -> Plan:
    """What to build and compare, from dbt's manifest. prefix: of the manifest's schemas."""
    graph = _Graph(manifest, prefix)
    root = graph.root
    orders = graph.model(root)
    below = graph.reach([orders], graph.children) - {orders}
    sets = {id for id, node in graph.nodes.items() if _is_feature_set(node)}
    models = {id for id in below if graph.nodes[id]["resource_type"] == "model"} | sets
    labels = {id for id in models - sets if graph.nodes[id]["name"].endswith(LABELS)}
    ahead = graph.reach(labels, graph.children) & models
    candidates = models - ahead
    inputs = {id: graph.inputs(id, stop=models | {orders}) for id in candidates}
    return Plan(
        root=root,
        time="available_at" if graph.tracks_availability else "order_ts",
        times_of_orders=graph.tracks_availability and graph.every == "order",
        models=tuple(sorted(id for id in candidates if not _is_ephemeral(graph.nodes[id]))),
        build=tuple(sorted(graph.nodes[id]["name"] for id in candidates)),
        inputs=tuple(sorted(set().union(*inputs.values()))),
        bypasses={id: graph.bypasses(id, candidates, inputs) for id in candidates},
        looks_ahead={
            graph.nodes[id]["name"]: graph.named(graph.reach([id], graph.parents) & labels)
            for id in sorted(ahead & sets)
        },
        left_out=graph.named(id for id in ahead - sets if not _is_ephemeral(graph.nodes[id])),
    )


class _Graph:
    """The manifest's nodes and sources with their edges; tests and other resources left out."""

    def __init__(self, manifest: Mapping[str, Any], prefix: str) -> None:
        kinds = ("model", "seed", "snapshot", "source")
        every: dict[str, Node] = {**manifest["nodes"], **manifest["sources"]}
        self.nodes = {id: node for id, node in every.items() if node["resource_type"] in kinds}
        self.tracks_availability = "available_at" in self._meta("orders_mapped").get("columns", {})
        self.of_lines = self._meta("orders_mapped").get("grain") == "order_line"
        self.every = self._meta("customer_features").get("feature_times", {}).get("every")
        self.parents = {id: self._edges(manifest["parent_map"], id) for id in self.nodes}
        self.children = {id: self._edges(manifest["child_map"], id) for id in self.nodes}
        self.names = {
            (n["schema"].removeprefix(prefix), n.get("alias") or n["identifier"]) for n in self.nodes.values()
        }

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
        meta: Mapping[str, Any] = self.nodes[self.model(name)]["config"].get("meta", {})
        return meta

    def _edges(self, edges: Mapping[str, list[str]], id: str) -> list[str]:
        return [other for other in edges.get(id, []) if other in self.nodes and not self._idle(id, other)]

    def _idle(self, id: str, other: str) -> bool:
        """dbt's graph has what orders is built from in every way; only one of them is in use."""
        names = {self.nodes[id]["name"], self.nodes[other]["name"]}
        if names & ({"order_versions", "order_lines"} - {self.root}):
            return True
        return (
            self.root != "orders" and "orders" in names and bool(names & {"orders_parsed", "orders_rejected"})
        )

    def reach(self, start: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
        """The nodes that can be reached from `start`, which is among them."""
        found: set[str] = set()
        pending = list(start)
        while pending:
            id = pending.pop()
            if id not in found:
                found.add(id)
                pending += edges[id]
        return found

    def inputs(self, id: str, *, stop: set[str]) -> set[str]:
        """The tables that a model reads, also through ephemeral models, other than those in `stop`."""
        found: set[str] = set()
        for parent in self.parents[id]:
            if parent in stop:
                continue
            found |= self.inputs(parent, stop=stop) if _is_ephemeral(self.nodes[parent]) else {parent}
        return found

    def bypasses(self, id: str, candidates: set[str], inputs: Mapping[str, set[str]]) -> tuple[str, ...]:
        """The inputs of a model, or of a candidate above it, that were made from raw data or hold history."""
        above = self.reach([id], self.parents) & candidates
        read = {other for id in above for other in inputs[id] if self._carries_orders(other)}
        outright = {name for id in above for name in self._named_outright(self.nodes[id]["raw_code"])}
        return tuple(sorted({self.nodes[other]["name"] for other in read} | outright))

    def _named_outright(self, raw_code: str) -> Iterator[str]:
        """Our tables that the SQL names without ref() or source(): a scratch build reads the real ones."""
        code = re.sub(r"--.*|/\*.*?\*/|{#.*?#}", "", raw_code)
        for schema, name in self.names:
            if re.search(rf'(?<!\w)"?{re.escape(schema)}"?\."?{re.escape(name)}(?!\w)', code):
                yield f"{schema}.{name}"

    def _carries_orders(self, id: str) -> bool:
        """The ledger of loads holds none."""
        origins = [self.nodes[other] for other in self.reach([id], self.parents)]
        return any(
            n["resource_type"] == "snapshot"
            or (n.get("source_name") in ("raw", "meta") and n["name"] != "loads")
            for n in origins
        )


def _is(node: Node, resource_type: str, name: str) -> bool:
    return (node["resource_type"], node["name"]) == (resource_type, name)


def _is_feature_set(node: Node) -> bool:
    """As macros/meta/own_feature_sets.sql has it."""
    return node["resource_type"] == "model" and bool(node["config"].get("meta", {}).get("feature_set"))


def _is_ephemeral(node: Node) -> bool:
    materialized: str | None = node.get("config", {}).get("materialized")
    return materialized == "ephemeral"
