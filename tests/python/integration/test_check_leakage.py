"""`ready check-leakage`: each way of peeking is caught, and nothing is left behind.

That the shipped features pass is what test_readme.py sees.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from proof_case import Shop

from ready.postgres.roles import with_builders_rights
from ready.postgres.scratch import SCRATCH_LOCK
from ready.proof.leakage import LeakageReport, check_leakage
from ready.proof.open_scratch import scratch
from ready.recorded.verdicts import Finding, record_verdicts, standing_verdicts

OWN = ["feats", "meta", "raw", "stg"]

# The frame of the first runs to the following row; the second sees orders of its own instant; the next two
# read orders by a way that the check cannot change; the fifth looks ahead by purpose, which the sixth, a
# feature set, must not; the seventh differs with every build; the next two have other types of feature_time,
# and the first of these peeks; the last two are clean.
MODELS = {
    "basket_features": """
        select customer_id, feature_time, sum(orders_30d) over (
            partition by customer_id order by feature_time rows between current row and 1 following
        ) as orders_60d
        from {{ ref('customer_features') }}""",
    "tie_features": """
        {{ config(materialized='view') }}
        select features.customer_id, features.feature_time, count(orders.order_id) as orders_so_far
        from {{ ref('customer_features') }} as features
        left join {{ ref('orders') }} as orders
            on features.customer_id = orders.customer_id and orders.order_ts <= features.feature_time
        group by 1, 2""",
    "history_features": """
        select customer_id, feature_time, (select count(*) from {{ ref('orders_history') }}) as states
        from {{ ref('customer_features') }}""",
    "outright_features": """
        -- stg.orders without ref()
        select customer_id, feature_time, (select max(order_ts) from "stg".orders) as last_order
        from {{ ref('customer_features') }}""",
    "next_labels": """
        select customer_id, feature_time, lead(orders_30d) over (order by feature_time) as next_orders
        from {{ ref('customer_features') }}""",
    "peek_features": """
        {{ config(meta={'ready': {'feature_set': true}}) }}
        select customer_id, feature_time, label_revenue_next_30d as peek
        from {{ ref('customer_features') }}
        inner join {{ ref('customer_labels') }} using (customer_id, feature_time)""",
    "clock_features": """
        select customer_id, feature_time, clock_timestamp() as built_at
        from {{ ref('customer_features') }}""",
    "daily_features": """
        select customer_id, feature_time::date as feature_time, lead(orders_30d) over (
            partition by customer_id order by feature_time
        ) as next_orders
        from {{ ref('customer_features') }}""",
    "text_features": """
        select customer_id, feature_time::text as feature_time, orders_7d
        from {{ ref('customer_features') }}""",
    "ratio_features": """
        select customer_id, feature_time, orders_7d * 1.0 / nullif(orders_90d, 0) as share_of_week
        from {{ ref('customer_features') }}""",
    "grown_features": """
        {{ config(materialized='incremental') }}
        select customer_id, feature_time, orders_7d from {{ ref('customer_features') }}
        {% if is_incremental() %}
        where feature_time > (select max(feature_time) from {{ this }})
        {% endif %}""",
}


# By its SQL, by what it reads, by its Jinja, and under one future only.
OF_FEATURES = "select customer_id, feature_time, {} as x from {{{{ ref('customer_features') }}}}"
UNBUILDABLE = {
    "broken_features": OF_FEATURES.format("nothing_of_this_name"),
    "below_features": "select * from {{ ref('broken_features') }}",
    "hidden_features": OF_FEATURES.format(
        "{% if execute %}(select count(*) from {{ ref('orders') }}){% endif %}"
    ),
    "brittle_features": OF_FEATURES.format(
        "1 / (select count(*) from {{ ref('orders') }} where order_ts > '2025-06-01')"
    ),
}


def file_of(shop: Shop, model: str) -> Path:
    return shop.project / "models" / "features" / f"{model}.sql"


def checked(shop: Shop, *, cutoffs: int = 1, configs: Path | None = None) -> LeakageReport:
    settings = shop.settings.resolve(environ=shop.environ, configs=configs)
    return check_leakage(settings, shop.database, cutoffs=cutoffs, say=lambda text: None)


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.05)


def test_models_that_peek_or_cannot_be_built_are_told_and_no_table_is_touched(shop: Shop) -> None:
    for name, sql in {**MODELS, **UNBUILDABLE}.items():
        file_of(shop, name).write_text(sql)
    shop.execute('create schema "leak_00000000_feats"')  # what a killed check left
    before = shop.bytes_of()
    done = shop.ready("check-leakage", "--cutoffs", "1")
    assert done.returncode == 1
    told = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines() if "rows compared" in line}
    assert told == {
        **dict.fromkeys(UNBUILDABLE, "PROVEN"),
        "basket_features": "LEAKS",
        "clock_features": "PROVEN",
        "customer_features": "same",
        "daily_features": "LEAKS",
        "feature_times": "same",
        "grown_features": "same",
        "history_features": "PROVEN",
        "outright_features": "PROVEN",
        "peek_features": "PROVEN",
        "ratio_features": "same",
        "text_features": "same",
        "tie_features": "LEAKS",
    }
    assert "orders_60d: 71 row(s); first: customer C000009 at 2024-10-01 was 1, became 0 with" in done.stdout
    assert "it reads orders_history, which the check does not change" in done.stdout
    assert "it reads stg.orders, which the check does not change" in done.stdout
    assert "it reads customer_labels, which look ahead" in done.stdout
    assert "two builds of the same orders differ in built_at" in done.stdout
    assert "Left out  customer_labels, customer_training_set, next_labels: " in done.stdout
    assert "next_orders: 117 row(s); first: customer C000004 at 2024-10-01 was 0, became" in done.stdout
    assert "basket_features.orders_60d, daily_features.next_orders, tie_features.orders_so_far" in done.stderr
    assert shop.bytes_of() == before
    assert [name for name in shop.schemas() if not name.startswith(("pg_", "information_"))] == sorted(
        [*OWN, "public"]
    )
    why_is_on_record(shop)
    for name in UNBUILDABLE:
        file_of(shop, name).unlink()
    what_is_published_is_named(shop)


def why_is_on_record(shop: Shop) -> None:
    recorded = shop.rows("select split_part(node_id, '.', 3), reason from meta.leakage_verdicts")
    reasons = dict(recorded)
    reason = 'broken_features cannot be built: column "nothing_of_this_name" does not exist'
    assert reason in reasons["broken_features"]
    assert reason in reasons["below_features"]
    assert "unable to infer all dependencies" in reasons["hidden_features"]
    assert "brittle_features cannot be built: division by zero" in reasons["brittle_features"]


def what_is_published_is_named(shop: Shop) -> None:
    """Verdicts were found on other tables than the user's; they stand for what has the same definition."""
    not_checked = "Not checked as it is now: "
    page = shop.artifacts / "reports/index.html"
    assert 'customer_features <span class="soft">(checked 20' in page.read_text()
    manifest = json.loads((shop.artifacts / "datasets/customer_features/v1/manifest.json").read_text())
    assert manifest["verdicts"]["leakage"]["verdict"] == "same"
    done = shop.run("--data", shop.data)
    told = {line.split()[1]: line for line in done.stdout.splitlines() if "(ready check-leakage, " in line}
    open_ = ("basket", "clock", "daily", "history", "outright", "peek", "tie")
    assert sorted(told) == [f"{name}_features" for name in open_]
    assert "basket_features knows its future: orders_60d (ready check-leakage, 20" in told["basket_features"]
    assert "not proven to be without leakage: reads stg.orders (" in told["outright_features"]
    assert all(line.partition("warning: ")[2] in page.read_text() for line in told.values())
    assert not_checked not in page.read_text()
    for name, verdict in {"customer_features": "same", "peek_features": "not proven"}.items():
        shown = json.loads(shop.ready("registry", "show", f"{name}:1").stdout)["builds"][0]["leakage"]
        assert shown["verdict"] == verdict, name

    # What has changed since is not what was looked at.
    shop.execute(
        "update meta.model_definitions set sql_hash = 'other' where node_id like '%.basket_features'"
    )
    unchanged = shop.run("--data", shop.data)
    assert "Nothing changed" in unchanged.stdout
    assert "basket_features" not in unchanged.stdout
    assert f"{not_checked}basket_features. ready check-leakage" in page.read_text()
    assert "tie_features knows its future" in unchanged.stdout


def test_a_leak_that_was_found_stays_on_record(shop: Shop) -> None:
    """A later check with fewer cutoffs does not take it back; one of another clock, or another text, does."""
    node = "model.raw_to_ready.customer_features"
    now = shop.value(f"select sql_hash from meta.model_definitions where node_id = '{node}'")

    def verdict(found: str, clock: str = "", sql_hash: str = now) -> str:
        finding = Finding(node, {node: [sql_hash]}, {"source": clock}, found, "why", 1)
        with contextlib.closing(with_builders_rights(shop.database, ours=False).connect()) as connection:
            record_verdicts(connection, shop.settings, [finding])
            (stands,) = standing_verdicts(connection, shop.settings, ()) or ()
        return stands.verdict

    assert [verdict("same"), verdict("leaking"), verdict("same")] == ["same", "leaking", "leaking"]
    assert verdict("same", sql_hash="other") == "leaking"
    assert verdict("same", clock="decided_at") == "same"
    assert verdict("not proven") == "leaking"


@pytest.mark.thorough
def test_orders_as_feature_times_are_no_false_alarm(shop: Shop) -> None:
    features = shop.project / "configs" / "features.yaml"
    document = yaml.safe_load(features.read_text())
    document["models"][0]["config"]["meta"]["ready_feature_times"]["every"] = "order"
    features.write_text(yaml.safe_dump(document))
    report = checked(shop)
    assert report.passed, report.leaks
    assert report.rows["customer_features"] > 3_000


def test_ctrl_c_leaves_nothing(shop: Shop) -> None:
    with shop.started("check-leakage", "--cutoffs", "9") as process:
        wait_for(lambda: "leak_" in "".join(shop.schemas()) or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130, output + errors
    assert not any(name.startswith("leak_") for name in shop.schemas())


def test_a_scratch_place_in_use_is_not_swept(shop: Shop) -> None:
    shop.execute('create schema "leak_11111111_feats"')
    with contextlib.closing(shop.database.connect()) as owner, owner.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, hashtext('leak_11111111_'))", [SCRATCH_LOCK])
        with scratch(shop.settings, shop.database, "leak"):
            pass
        assert "leak_11111111_feats" in shop.schemas()
    with scratch(shop.settings, shop.database, "leak"):
        assert "leak_11111111_feats" not in shop.schemas()
