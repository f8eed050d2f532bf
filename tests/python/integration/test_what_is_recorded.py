"""What is published is recorded with exactly what it was made of; what is not known is not published."""

from __future__ import annotations


from proof_case import Shop
from test_incremental_scope import features


VERSIONS = "select feature_version, data_hash from meta.feature_registry order by 1"
WINDOWS = ("configs/features.yaml", "windows: [7, 30, 90]", "windows: [7, 60]")
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


def build(shop: Shop, *selected: str, command: str = "build", code: int = 0) -> str:
    """What dbt prints, on one line."""
    options = NO_UNIT_TESTS if command == "build" else ()
    done = shop.ready("dbt", command, *options, *(("-s", *selected) if selected else ()))
    assert done.returncode == code, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_no_version_is_recorded_that_was_not_built(shop: Shop) -> None:
    before, recorded = features(shop), shop.rows(VERSIONS)
    shop.edit(*WINDOWS)
    labels_of_now = build(shop, "customer_labels+")
    assert "not published, because customer_features was not built by its definition of now" in labels_of_now
    assert "dbt build -s customer_features+ builds it" in labels_of_now

    untested = build(shop, "customer_features+", command="run")
    assert "did not run" in untested
    dropped_candidates = build(shop, "customer_labels+")
    assert "customer_features was not built by its definition of now" in dropped_candidates
    assert (features(shop), shop.rows(VERSIONS)) == (before, recorded)

    assert "not published" not in build(shop, "customer_features+")
    assert len(shop.rows(VERSIONS)) == 2
    columns = "select count(*) from information_schema.columns where column_name = 'orders_60d'"
    assert shop.value(columns) > 0


def test_a_seed_is_what_was_loaded(shop: Shop) -> None:
    pending = "select count(*) from stg.orders where status = 'pending' and is_purchase"
    shop.edit("seeds/order_statuses.csv", "pending,false", "pending,true")
    build(shop, command="run")
    assert "order_statuses was not built by its definition of now" in build(shop, "customer_features+")
    assert len(shop.rows(VERSIONS)) == 1
    shop.run("--data", shop.data)
    built, counted = features(shop), shop.value(pending)
    assert counted > 0
    shop.run("--data", shop.data, "--full-refresh")
    assert (features(shop), shop.value(pending)) == (built, counted)
