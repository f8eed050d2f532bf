"""Which models the leakage check builds and compares, from a small manifest."""

from __future__ import annotations

from typing import Any

from ready.proof.feature_models import Plan, plan_check

# Each node with its parents; what is not named here has a table of its own in feats.
GRAPH: dict[str, list[str]] = {
    "source.p.raw.raw_events": [],
    "source.p.rates.currencies": [],
    "source.p.raw.loads": [],
    "source.p.crm.decisions": [],
    "seed.p.order_statuses": [],
    "seed.p.holidays": [],
    "model.p.orders_mapped": ["source.p.raw.raw_events"],
    "model.p.orders_parsed": ["model.p.orders_mapped"],
    "model.p.order_versions": ["model.p.orders_parsed"],
    "model.p.order_lines": ["model.p.orders_parsed"],
    "model.p.orders": [
        "model.p.orders_parsed",
        "model.p.order_versions",
        "model.p.order_lines",
        "seed.p.order_statuses",
    ],
    "model.p.customer_features": ["model.p.orders", "model.p.order_versions"],
    "snapshot.p.orders_history": ["model.p.orders"],
    "model.p.purchases": ["model.p.orders"],
    "model.p.helper": ["model.p.purchases", "seed.p.holidays"],
    "model.p.clean_features": ["model.p.helper", "source.p.rates.currencies"],
    "model.p.mapped_features": ["model.p.purchases", "model.p.orders_mapped"],
    "model.p.history_features": ["model.p.orders", "snapshot.p.orders_history"],
    "model.p.parsed_features": ["model.p.clean_features", "model.p.orders_parsed"],
    "model.p.below_parsed_features": ["model.p.parsed_features"],
    "model.p.outright_features": ["model.p.orders"],
    "model.p.data_span": ["model.p.orders", "source.p.raw.loads"],
    "model.p.ledger_features": ["model.p.data_span", "source.p.raw.loads"],
    "model.p.outcomes": ["source.p.crm.decisions"],
    "model.p.monthly_outcomes": ["model.p.outcomes"],
    "model.p.regions": ["seed.p.holidays"],
    "model.p.dated_features": ["model.p.purchases", "model.p.monthly_outcomes"],
    "model.p.undated_features": ["model.p.purchases", "model.p.regions"],
    "model.p.growing_features": ["model.p.purchases"],
    "model.p.below_growing_features": ["model.p.growing_features"],
    "model.p.customer_labels": ["model.p.clean_features"],
    "model.p.training_set": ["model.p.clean_features", "model.p.customer_labels"],
    "model.p.unrelated": ["seed.p.holidays"],
    "model.p.through": ["model.p.training_set"],
    "model.p.peeking_set": ["model.p.clean_features", "model.p.through"],
    "model.p.peeking_labels": ["model.p.customer_labels"],
    "model.p.parsed_set": ["model.p.orders_parsed"],
}
EPHEMERAL = ("orders_mapped", "helper", "through")
FEATURE_SETS = ("peeking_set", "peeking_labels", "parsed_set", "clean_features")


def manifest() -> dict[str, Any]:
    nodes = {id: node(id) for id in GRAPH}
    return {
        "nodes": {id: found for id, found in nodes.items() if not id.startswith("source")},
        "sources": {id: found for id, found in nodes.items() if id.startswith("source")},
        "parent_map": GRAPH,
        "child_map": {id: ["test.p.any", *(o for o in GRAPH if id in GRAPH[o])] for id in GRAPH},
    }


def node(id: str) -> dict[str, Any]:
    kind, _, *names = id.split(".")
    common = {"resource_type": kind, "name": names[-1]}
    if kind == "source":
        meta = {"available_at": "decided_at"} if names[-1] == "decisions" else {}
        return {
            **common,
            "source_name": names[0],
            "schema": names[0],
            "identifier": names[-1],
            "config": {"meta": {"ready": meta}},
        }
    materialized = "ephemeral" if names[-1] in EPHEMERAL else "table"
    if names[-1] == "growing_features":
        materialized = "incremental"
    return {
        **common,
        "schema": "x_feats",
        "alias": names[-1],
        "config": {
            "materialized": materialized,
            "meta": {"ready": {"feature_set": names[-1] in FEATURE_SETS}},
        },
    }


def plan(mapped: dict[str, str] | None = None, **mapping: str) -> Plan:
    found = manifest()
    found["nodes"]["model.p.orders_mapped"]["config"]["meta"]["ready"] = {"columns": mapped or {}, **mapping}
    return plan_check(found)


def named(ids: tuple[str, ...]) -> set[str]:
    return {id.split(".")[2] for id in ids}


def test_all_models_below_orders_are_checked_but_those_that_look_ahead() -> None:
    features = {name.split(".")[2] for name in GRAPH if name.endswith("_features")} | {"parsed_set"}
    dated = {"outcomes", "monthly_outcomes"}
    assert named(plan().models) == features | dated | {"purchases", "data_span"}
    # What is built from nothing of the orders is built, too, so that what it reads can be changed.
    assert set(plan().build) == features | dated | {"purchases", "data_span", "helper", "regions"}


def test_what_incremental_models_add_is_built_apart_with_what_reads_them() -> None:
    assert plan().incremental == ("below_growing_features", "growing_features")


def test_a_feature_set_may_not_be_built_from_labels_and_other_models_are_left_out() -> None:
    assert plan().looks_ahead == {
        "peeking_labels": ("customer_labels",),
        "peeking_set": ("customer_labels",),
    }
    assert plan().left_out == ("customer_labels", "training_set")


def test_what_they_read_beside_orders_is_found_through_ephemeral_models() -> None:
    assert set(plan().inputs) == {
        "seed.p.holidays",
        "source.p.crm.decisions",
        "source.p.raw.loads",
        "snapshot.p.orders_history",
        "source.p.rates.currencies",
        "source.p.raw.raw_events",
        "model.p.orders_parsed",
    }


def test_a_snapshot_is_left_as_it_is_on_spark_too_where_it_is_a_model() -> None:
    found = manifest()
    history = found["nodes"]["snapshot.p.orders_history"]
    history |= {"resource_type": "model", "config": {"materialized": "history"}}
    assert plan_check(found) == plan()


def test_a_table_that_says_since_when_its_rows_are_known_is_changed() -> None:
    assert plan().dated == {"source.p.crm.decisions": "decided_at"}


def test_what_is_read_and_not_changed_is_named() -> None:
    bypasses = {id.split(".")[2]: names for id, names in plan().bypasses.items() if names}
    assert bypasses == {
        "mapped_features": ("raw_events",),
        "helper": ("holidays",),
        "clean_features": ("currencies", "holidays"),
        "ledger_features": ("loads",),
        "undated_features": ("holidays",),
        "history_features": ("orders_history",),
        "parsed_features": ("currencies", "holidays", "orders_parsed"),
        "below_parsed_features": ("currencies", "holidays", "orders_parsed"),
        "parsed_set": ("orders_parsed",),
    }


def test_where_the_states_of_orders_are_kept_their_future_is_changed_and_orders_is_built() -> None:
    states = plan({"available_at": "changed"})
    assert (states.root, states.time) == ("order_versions", "available_at")
    assert named(states.models) == named(plan().models) | {"orders"}
    assert "parsed_features" in named(tuple(id for id, names in states.bypasses.items() if names))
    assert states.bypasses["model.p.orders"] == ()


def test_of_order_lines_the_future_is_changed_and_orders_is_built() -> None:
    lines = plan(grain="order_line")
    assert (lines.root, lines.time, lines.times_of_rows) == ("order_lines", "order_ts", False)
    assert named(lines.models) == named(plan().models) | {"orders"}
    assert lines.bypasses["model.p.orders"] == ()


def chain_of(source: str, rows: str) -> dict[str, list[str]]:
    """The models of a source, with what each reads. rows: the one that has its rows."""
    return {
        f"{source}_mapped": ["source.p.raw.raw_events", "source.p.raw.loads"],
        f"{source}_parsed": [f"model.p.{source}_mapped", "source.p.raw.loads"],
        f"{source}_rejected": [f"model.p.{source}_parsed"],
        rows: [f"model.p.{source}_parsed", f"model.p.{source}_rejected"],
    }


def with_visits(rows: str = "visits", further: dict[str, list[str]] | None = None, **raw_code: str) -> Plan:
    """The plan of the same project with the models of a source. further: models that are read as well."""
    content = manifest()
    chain = {
        **chain_of("visits", rows),
        **(further or {}),
        "visits_features": ["model.p.visits", "model.p.customer_features"],
    }
    calls = {name: f"{{{{ source_{name.partition('_')[2] or 'events'}() }}}}\n" for name in chain}
    for name, parents in chain.items():
        id = f"model.p.{name}"
        meta = {"ready_available_at": "available_at"} if name in (rows, "pages") else {}
        found = node(id) | {"raw_code": {**calls, **raw_code}[name]}
        found["config"] = {**found["config"], "meta": meta}
        content["nodes"][id] = found
        content["parent_map"] = {**content["parent_map"], id: parents}
        content["child_map"][id] = []
        for parent in parents:
            content["child_map"][parent] = [*content["child_map"][parent], id]
    return plan_check(content)


def test_the_rows_of_a_source_are_given_another_future() -> None:
    own = with_visits()
    assert own.dated == {**plan().dated, "model.p.visits": "available_at"}
    assert "model.p.visits_features" in own.models
    assert "model.p.visits" not in own.models
    assert "visits" not in own.build
    assert own.bypasses["model.p.visits_features"] == ()


def test_what_is_looked_up_is_given_another_future_and_the_look_up_is_built() -> None:
    looked_up = {
        **chain_of("pages", "pages"),
        "visits": ["model.p.visits_in_files", "model.p.pages"],
    }
    calls = {
        "visits_in_files": "{{ source_events() }}",
        "pages": "{{ source_keyed_states() }}",
        "visits": "{{ source_lookups('pages') }}",
    }
    own = with_visits("visits_in_files", looked_up, **calls)
    dated = {"model.p.pages": "available_at", "model.p.visits_in_files": "available_at"}
    assert own.dated == {**plan().dated, **dated}
    assert {"visits", "visits_features"} <= set(own.build)
    assert not {"pages", "visits_in_files"} & set(own.build)
    assert own.bypasses["model.p.visits_features"] == ()
    own = with_visits("visits_in_files", looked_up, **{**calls, "pages": "select * from x"})
    assert own.bypasses["model.p.visits_features"] != ()


def test_a_table_of_a_source_in_sql_of_one_s_own_is_not_taken_as_it_is() -> None:
    """It may look ahead: what a row says may come of later ones."""
    for changed in ({"visits": "select * from x"}, {"visits_parsed": "{{ source_parsed() }} -- and more"}):
        changed_plan = with_visits(**changed)
        assert changed_plan.dated == plan().dated
        assert changed_plan.bypasses["model.p.visits_features"] != ()
