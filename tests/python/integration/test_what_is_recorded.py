"""What is published is recorded with exactly what it was made of; what is not known is not published."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from proof_case import Shop
from test_incremental_scope import deliver, features

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


def test_the_form_of_before_makes_no_version(shop: Shop) -> None:
    recorded = shop.rows(VERSIONS)
    for name in ("orders", "features"):
        shop.edit(f"configs/{name}.yaml", " ready_", " ")
    done = shop.ready("dbt", "build", *NO_UNIT_TESTS, "-s", "customer_features+")
    assert done.returncode == 0, done.stdout
    assert "features.yaml:12: warning: feature_times is read without its prefix" in done.stderr
    assert "is read without its prefix" not in done.stdout
    assert shop.rows(VERSIONS) == recorded


@pytest.mark.thorough  # make ci-data builds so
def test_an_empty_build_has_schemas_of_its_own_and_publishes_nothing(shop: Shop) -> None:
    before = shop.bytes_of()
    done = shop.ready("dbt", "build", "--empty")
    assert done.returncode == 0, done.stdout
    assert "not published, because it was built with --empty" in " ".join(done.stdout.split())
    assert shop.rows("select * from empty_stg.orders") == []
    assert shop.value("select to_regclass('empty_feats.customer_features')") is None
    told = " ".join(shop.ready("dbt", "run", "--empty", READY_SCHEMA_PREFIX="").stdout.split())
    assert "--empty would put empty tables in the place of stg" in told
    assert shop.bytes_of() == before


@pytest.mark.thorough  # an empty build has the same schemas
def test_a_sample_has_schemas_of_its_own_and_publishes_nothing(shop: Shop) -> None:
    before = shop.bytes_of()
    refused = " ".join(shop.ready("dbt", "run", "--sample=2 days", READY_SCHEMA_PREFIX="").stdout.split())
    assert "--sample would put tables of a part of the orders in the place of whole ones" in refused
    window = "{'start': '2025-01-01', 'end': '2999-01-01'}"
    done = shop.ready("dbt", "build", *NO_UNIT_TESTS, "--sample", window)
    assert done.returncode == 0, done.stdout
    assert "not published, because it was built with --sample" in " ".join(done.stdout.split())
    of_orders = "(select count(*), min(order_ts) from {}.orders {})"
    sampled = shop.rows(f"select * from {of_orders.format('sample_stg', '')} as sampled")
    later = of_orders.format("stg", "where order_ts >= '2025-01-01 UTC'")
    assert sampled == shop.rows(f"select * from {later} as later")
    assert shop.value("select count(*) from sample_stg.orders_parsed") == shop.value(
        "select count(*) from stg.orders_parsed"
    )
    assert shop.value("select to_regclass('sample_feats.customer_features')") is None
    assert shop.bytes_of() == before


def test_a_seed_is_what_was_loaded_and_above_a_megabyte_counts_by_its_content(shop: Shop) -> None:
    """dbt's checksum of a large one is its path."""
    counted = "select count(*) from stg.orders where status = '{}' and is_purchase"
    seed = shop.project / "seeds/order_statuses.csv"
    unseen = "".join(f"unseen_{number:0500d},false\n" for number in range(2_100))
    seed.write_text(seed.read_text().replace("pending,false", "pending,true") + unseen)
    assert seed.stat().st_size > 1 << 20
    build(shop, command="run")
    shop.run("--data", shop.data)
    assert shop.value(counted.format("pending")) > 0
    assert [version for version, _ in shop.rows(VERSIONS)] == [1, 2]
    again = shop.ready("reproduce", "2")
    assert again.returncode == 0, again.stdout + again.stderr

    shop.edit("seeds/order_statuses.csv", "cancelled,false", "cancelled,true")
    shop.run("--data", shop.data)
    assert shop.value(counted.format("cancelled")) > 0
    versions = shop.rows(VERSIONS)
    assert [version for version, _ in versions] == [1, 2, 3]
    assert len({data_hash for _, data_hash in versions}) == 3


def test_nothing_is_built_from_what_the_gate_has_stopped_or_not_judged(shop: Shop) -> None:
    loads = "select array_to_string(load_ids, ',') from meta.feature_registry order by feature_version"
    before = features(shop), shop.content_of("stg.orders")
    file = sorted(shop.data.glob("*.csv"))[-1]
    file.write_text(file.read_text().replace(",EUR,", ",USD,", 7))
    assert shop.ready("load", shop.data).returncode == 0
    not_judged = shop.ready("dbt", "run", READY_SCRATCH="true")
    assert "the gate has not passed loads 1, 2, 4" in not_judged.stdout
    assert not_judged.stdout.count("the gate has not passed") == 1
    assert shop.ready("validate").returncode == 1
    assert "the gate has not passed loads 1, 2, 4" in build(shop, "orders+", code=1)
    assert (features(shop), shop.content_of("stg.orders")) == before

    shop.edit(*WINDOWS)  # of the orders that the gate has passed
    assert "not published" not in build(shop, "customer_features+")
    assert shop.rows(loads) == [("1,2,3",), ("1,2,3",)]
    shop.edit("configs/expectations.yaml", "min_value: 0", "min_value: 1")
    assert "the gate has not passed loads 1, 2, 3 by the rules of now" in build(
        shop, "customer_features+", code=1
    )


def test_a_rule_is_also_the_macros_that_it_is_made_of(shop: Shop) -> None:
    over = "select * from {{ model }} where {{ column }} > LIMIT"
    macro = f"{{% macro rows_over(model, column) %}}{over}{{% endmacro %}}"
    rule = "{% test small(model, column_name) %}{{ rows_over(model, column_name) }}{% endtest %}"
    (shop.project / "macros" / "rows_over.sql").write_text(macro.replace("LIMIT", "1000000"))
    (shop.project / "tests" / "dbt" / "generic" / "small.sql").write_text(rule)
    shop.edit(
        "configs/expectations.yaml",
        "where the text is no number.\n        data_tests:",
        "where the text is no number.\n        data_tests:\n          - small",
    )
    shop.run("--data", shop.data)
    shop.edit("macros/rows_over.sql", "1000000", "10")
    assert "small_orders_parsed_amount has no passed result on record" in build(shop, "orders+", code=1)


@pytest.mark.thorough  # test_several_labels.py records labels
def test_labels_that_change_alone_are_on_record_with_their_loads(shop: Shop) -> None:
    """A calendar with an end: what comes after it changes labels, and no feature."""
    shop.edit("configs/features.yaml", '# end: "2025-06-01"', 'end: "2025-03-01"')
    shop.run("--data", shop.data)
    deliver(shop)
    assert len(shop.rows(VERSIONS)) == 2
    records = "select array_to_string(load_ids, ',') from meta.dataset_builds where feature_version = 2"
    assert shop.rows(f"{records} order by created_at") == [("1,2,3",), ("1,2,3,4",)]
    reproduced = shop.ready("reproduce", "2")
    assert reproduced.returncode == 0, reproduced.stdout
    assert "from load(s) 1, 2, 3, 4" in reproduced.stdout


# What an analyst types: all of it, or a part, which may leave out what reads or makes the rest.
COMMANDS = (
    ("build",), ("run",), ("test",), ("retry",),
    ("build", "-s", "customer_features+"), ("build", "-s", "customer_labels+"),
    ("build", "-s", "customer_training_set"), ("build", "--exclude", "customer_labels"),
    ("build", "-s", "customer_features"), ("run", "-s", "+customer_features"),
    ("test", "-s", "customer_features+"),
)  # fmt: skip
DEFINITIONS = [("[7, 30, 90]", 30), ("[7, 60]", 30), ("[7, 60]", 45)]
CURRENT = """
select config -> 'features' ->> 'windows', config -> 'label' ->> 'horizon' from meta.feature_registry
join meta.current_versions using (feature_set, feature_version, data_hash)
"""
OF_WINDOWS = """
select string_agg(substring(attname from '[0-9]+'), ', ' order by attnum) from pg_attribute
where attrelid = 'feats.{}'::regclass and attname ~ '^orders_[0-9]+d$'
"""
OF_LABEL = """
select string_agg(substring(attname from '_([0-9]+)d$'), ', ') from pg_attribute
where attrelid = 'feats.{}'::regclass and attname ~ '^label_'
"""
DOUBTFUL = "select feature_version from meta.feature_registry group by 1 having count(distinct data_hash) > 1"


class Commands(RuleBasedStateMachine):
    """Edits and commands in any order. The data stays, so a version has one fingerprint, of a full build."""

    shop: Shop

    @rule(definition=st.sampled_from(DEFINITIONS), command=st.sampled_from(COMMANDS), fails=st.booleans())
    def carry_out(self, definition: tuple[str, int], command: tuple[str, ...], fails: bool) -> None:
        self.define(*definition)
        failing = self.shop.project / "tests" / "dbt" / "singular" / "drawn.sql"
        failing.write_text(f"select * from {{{{ ref('customer_features') }}}} where {str(fails).lower()}")
        options = NO_UNIT_TESTS if command[0] in ("build", "test") else ()
        done = self.shop.ready("dbt", *command, *options)
        assert "Traceback" not in done.stdout + done.stderr
        self.tables_are_those_on_record()

    def define(self, windows: str, horizon: int) -> None:
        file = self.shop.project / "configs" / "features.yaml"
        text = re.sub(r"windows: \[.*?\]", f"windows: {windows}", file.read_text())
        file.write_text(re.sub(r"horizon: \d+ ", f"horizon: {horizon} ", text).replace(*described(horizon)))

    def tables_are_those_on_record(self) -> None:
        ((windows, horizon),) = self.shop.rows(CURRENT)
        for table in ("customer_features", "customer_training_set"):
            assert self.shop.value(OF_WINDOWS.format(table)) == windows.strip("[]"), table
        for table in ("customer_labels", "customer_training_set"):
            assert self.shop.value(OF_LABEL.format(table)) == horizon, table

    def teardown(self) -> None:
        """Each definition that was recorded, built in full."""
        (self.shop.project / "tests" / "dbt" / "singular" / "drawn.sql").unlink(missing_ok=True)
        recorded = "select distinct config -> 'features' ->> 'windows', config -> 'label' ->> 'horizon'"
        for windows, horizon in self.shop.rows(f"{recorded} from meta.feature_registry order by 1, 2"):
            self.define(windows, int(horizon))
            build(self.shop, *(), command="build")
            self.tables_are_those_on_record()
        assert self.shop.rows(DOUBTFUL) == []


def described(horizon: int) -> tuple[str, str]:
    return f"label_revenue_next_{75 - horizon}d", f"label_revenue_next_{horizon}d"


@pytest.mark.parametrize(
    ("number", "steps"),
    [
        pytest.param(1, 3, marks=pytest.mark.thorough),
        *(pytest.param(n, 7, marks=pytest.mark.thorough) for n in range(2, 6)),
    ],
)
def test_any_commands_record_what_a_full_build_makes(number: int, steps: int, shop: Shop) -> None:
    class Machine(Commands):
        pass

    Machine.shop = shop
    run_state_machine_as_test(
        seed(number)(Machine),
        settings=settings(
            max_examples=1, stateful_step_count=steps, phases=[Phase.generate], database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
