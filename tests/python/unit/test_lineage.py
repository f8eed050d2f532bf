"""Column lineage, from what the registry holds."""

from __future__ import annotations

from typing import Any

import pytest

from ready.errors import UsageError
from ready.proof import lineage
from ready.proof.lineage import Source, column_lineage, open_lineage, set_of_columns
from ready.settings import Settings

ORDERS = {
    "columns": {
        "order_id": "Order",
        "customer_id": {"expression": 'lower("E-mail")'},
        "order_ts": {"column": "Paid at", "timezone": "Europe/Berlin"},
        "amount": {"expression": 'number("Total") - number("Tax")'},
        "country": "Country",
    }
}
FEATURES = {
    "windows": [7],
    "aggregations": {
        "orders": "count",
        "revenue": "sum of amount",
        "in": {"rule": "sum of amount", "by": "country", "values": ["DE"]},
        "last_country": "latest of country",
    },
    "totals": ["revenue"],
    "ratios": {"trend": "revenue_7d / revenue_total"},
}
BUILD: dict[str, Any] = {
    "feature_set": "customer_features",
    "feature_version": 3,
    "config": {
        "orders": ORDERS,
        "features": FEATURES,
        "label": {"horizon": 14, "label": {"gone": "no purchase"}},
    },
    "columns": [{"name": "revenue_7d"}, {"name": "made_by_hand"}],
}
TIME = Source("order_ts", "time", ("Paid at",), "column Paid at (timezone: Europe/Berlin)")
CUSTOMER = Source("customer_id", "customer", ("E-mail",), 'lower("E-mail")')
AMOUNT = Source("amount", "value", ("Total", "Tax"), 'number("Total") - number("Tax")')


@pytest.mark.parametrize(
    ("column", "window", "sources"),
    [
        ("orders_7d", "7 days before feature_time", (TIME, CUSTOMER)),
        ("revenue_total", "all before feature_time", (AMOUNT, TIME, CUSTOMER)),
        (
            "in_de_7d",
            "7 days before feature_time",
            (AMOUNT, Source("country", "category", ("Country",), "column Country"), TIME, CUSTOMER),
        ),
        (
            "last_country_7d",
            "7 days before feature_time",
            (Source("country", "value", ("Country",), "column Country"), TIME, CUSTOMER),
        ),
        ("trend_ratio", "each side over its own window", (AMOUNT, TIME, CUSTOMER)),
        ("label_gone_next_14d", "14 days from feature_time on", (TIME, CUSTOMER)),
    ],
)
def test_a_column_is_traced_to_the_csv(column: str, window: str, sources: tuple[Source, ...]) -> None:
    (found,) = column_lineage(BUILD, [column])
    assert (found.name, found.window, found.sources) == (column, window, sources)


def test_states_and_statuses_have_a_say_where_they_are_mapped() -> None:
    columns = {**ORDERS["columns"], "status": "State", "available_at": "Changed"}
    build = {**BUILD, "config": {**BUILD["config"], "orders": {"columns": columns}}}
    feature, label = column_lineage(build, ["orders_7d", "label_gone_next_14d"])
    assert [source.role for source in feature.sources] == ["time", "known since", "customer", "purchase"]
    assert [source.role for source in label.sources] == ["time", "customer", "purchase"]


def test_all_columns_by_default_and_own_sql_is_refused() -> None:
    assert len(column_lineage(BUILD)) == 9
    with pytest.raises(UsageError, match="made_by_hand of customer_features is made by SQL of your own"):
        column_lineage(BUILD, ["made_by_hand"])
    with pytest.raises(UsageError, match="there is no column revenue_8d"):
        column_lineage(BUILD, ["revenue_8d"])


def test_openlineage_has_a_dataset_for_each_step() -> None:
    names = {
        "feature_set": "db.feats.customer_features",
        "orders": "db.stg.orders",
        "raw_events": "db.raw.raw_events",
    }
    features, orders = open_lineage(
        column_lineage(BUILD, ["revenue_7d"]), namespace="postgres://h:1", **names
    )
    inputs = features["facets"]["columnLineage"]["fields"]["revenue_7d"]["inputFields"]
    assert [(made["name"], made["field"]) for made in inputs] == [
        ("db.stg.orders", "amount"), ("db.stg.orders", "order_ts"), ("db.stg.orders", "customer_id"),
    ]  # fmt: skip
    done = [made["transformations"][0] for made in inputs]
    assert [(each["type"], each["subtype"]) for each in done] == [
        ("DIRECT", "AGGREGATION"), ("INDIRECT", "WINDOW"), ("INDIRECT", "GROUP_BY"),
    ]  # fmt: skip
    raw = orders["facets"]["columnLineage"]["fields"]["amount"]["inputFields"]
    assert [(made["name"], made["field"]) for made in raw] == [
        ("db.raw.raw_events", "payload.Total"), ("db.raw.raw_events", "payload.Tax"),
    ]  # fmt: skip


def test_a_column_alone_is_of_the_one_set_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"visits_features": ("visits_7d", "page"), "members_features": ("segment", "page")}
    builds = {
        name: {**BUILD, "feature_set": name, "columns": [{"name": column} for column in found]}
        for name, found in columns.items()
    }
    joined = {**BUILD["config"], "features": {"joined": ["visits_features"]}}
    builds["all_features"] = {**builds["visits_features"], "feature_set": "all_features", "config": joined}
    builds["customer_features"] = BUILD
    current = [{"feature_set": name, "is_current": True} for name in builds]
    monkeypatch.setattr(lineage, "list_builds", lambda *_: current)
    monkeypatch.setattr(lineage, "find_current", lambda *asked: builds[(*asked[2:], "customer_features")[0]])

    def found(*names: str) -> str:
        return set_of_columns(None, Settings.resolve(), names)

    assert found() == found("revenue_7d") == found("nothing") == "customer_features"
    assert (found("visits_7d"), found("segment", "page")) == ("visits_features", "members_features")
    with pytest.raises(UsageError, match="page is of several feature sets: members_features, visits_feat"):
        found("page")
    with pytest.raises(UsageError, match="columns of several feature sets: customer_features, visits_f"):
        found("visits_7d", "revenue_7d")
    assert found("visits_7d", "nothing") == "customer_features"
