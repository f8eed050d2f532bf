"""Visits beside the orders: the whole way against the oracle, deliveries, proofs, and what stops a run."""

from __future__ import annotations

import csv
import json
import re
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import forked
import pyarrow.parquet as pq
import pytest
from against_oracle import assert_same
from oracle_events import event_features, read_visits
from proof_case import Shop
from served import assert_served, instants_near
from source_case import (
    AGGREGATIONS,
    COLUMNS,
    TOTALS,
    WINDOWS,
    add_features,
    lay_out_visits,
    write_visits,
)
from warehouse import Warehouse

import ready
from ready.errors import UnknownCustomers
from ready.proof.explain import explain

CUSTOMERS = [f"C{number:06}" for number in range(1, 60)]
TABLES = (
    "stg.visits_parsed",
    "stg.visits_rejected",
    "stg.visits",
    "feats.visits_features",
    "feats.all_features",
)
SPINE = "select customer_id, feature_time from feats.customer_features"


def deliver(shop: Shop, name: str, *, seed: int, ids: range, with_ids: bool = True) -> Path:
    file = shop.data / "visits" / name
    write_visits(file, seed=seed, customers=CUSTOMERS, ids=ids, with_ids=with_ids)
    return file


def rows_of(shop: Warehouse, table: str, names: list[str]) -> dict[tuple[str, datetime], tuple[Any, ...]]:
    listed = ", ".join(names)
    return {
        (row[0], row[1]): row[2:]
        for row in shop.rows(f"select customer_id, feature_time, {listed} from {table}")
    }


def assert_equal_oracle(shop: Shop, *files: Path) -> None:
    spine = [(row[0], row[1]) for row in shop.rows(SPINE)]
    wanted = event_features(
        read_visits(files), spine, windows=WINDOWS, aggregations=AGGREGATIONS, totals=TOTALS, noun="visits"
    )
    names = list(next(iter(wanted.values())))
    held = {key: tuple(row.values()) for key, row in wanted.items()}
    for table in ("feats.visits_features", "feats.all_features"):
        assert_same(rows_of(shop, table, names), held, names)
    counted = [row[names.index("visits_30d")] for row in held.values()]
    assert 0 in counted
    assert max(counted) > 3


def assert_served_as_the_oracle_has_it(shop: Shop, monkeypatch: pytest.MonkeyPatch, *files: Path) -> None:
    """At instants that are no rows of the table, also of customers without an order, or without a visit."""
    events = read_visits(files)
    times = [*(event.event_ts for event in events[:300]), *(event.known for event in events[:300])]
    asked = instants_near(times, [*CUSTOMERS[:40], "C000090"], seed=7, number=400)
    wanted = event_features(
        events, asked, windows=WINDOWS, aggregations=AGGREGATIONS, totals=TOTALS, noun="visits"
    )
    assert_served(shop, monkeypatch, "visits_features", wanted)
    spine = {"customer_id": [id for id, _ in wanted], "feature_time": [time for _, time in wanted]}
    with pytest.warns(UnknownCustomers, match="have no purchase, nor anything in visits, such as 'nobody'"):
        joined = ready.features_at(spine, feature_set="all_features", exact=True).table.to_pylist()
    with pytest.warns(UnknownCustomers, match="have no purchase, such as"):
        of_orders = ready.features_at(spine, exact=True).table.to_pylist()
    rows = [{**row, **features} for row, features in zip(of_orders, wanted.values(), strict=True)]
    assert joined == rows
    with ready.feature_reader("all_features", exact=True) as reader:
        assert [reader(*key) for key in list(wanted)[:20]] == rows[:20]


def check_named(shop: Shop, said: str) -> None:
    """By the run and on its page: the feature set of the source with its fingerprint, and the files."""
    recorded = "select data_hash from meta.current_versions where feature_set = 'visits_features'"
    fingerprint = shop.value(recorded)
    assert f"  visits_features version 1, fingerprint {fingerprint}, of 2024.csv, 2025.csv\n" in said
    page = (shop.artifacts / "reports/index.html").read_text()
    assert "<td>visits</td><td>2024.csv, 2025.csv</td><td>visits_features</td>" in page
    assert fingerprint in page


def check_audited(shop: Shop, folder: Path) -> None:
    """An outside set knows its future where it has a source's feature of a week later."""
    keys = shop.rows(f"{SPINE} order by 1, 2")
    spine = {"customer_id": [row[0] for row in keys], "feature_time": [row[1] for row in keys]}
    known = ready.features_at(spine, feature_set="all_features").table
    late = {**spine, "feature_time": [time + timedelta(days=7) for time in spine["feature_time"]]}
    later = ready.features_at(late, feature_set="visits_features").table
    outside = known.select(["customer_id", "feature_time", "revenue_30d", "last_page_7d"])
    outside = outside.append_column("minutes_30d", later["minutes_30d"])
    pq.write_table(outside.append_column("seen", known["visits_30d"]), folder / "outside.parquet")
    done = shop.ready(
        "audit", folder / "outside.parquet", "--column", "seen=visits_features.visits_30d", "--json"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["versions"] == {"customer_features": 1, "visits_features": 1}
    differ = {column["feature"]: column["differ"] for column in found["columns"]}
    assert {name for name, rows in differ.items() if rows} == {"visits_features.minutes_30d"}
    assert differ.keys() >= {"revenue_30d", "visits_features.last_page_7d", "visits_features.visits_30d"}
    (column,) = (one for one in found["columns"] if one["differ"])
    assert column["later"]["7 days later"] == column["differ"]


def test_two_deliveries_equal_the_oracle_and_a_full_build(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = shop.content_of("feats.customer_features")
    lay_out_visits(shop)
    first = deliver(shop, "2024.csv", seed=1, ids=range(1500))
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, first)
    assert shop.content_of("feats.customer_features") == before, "the orders' features are what they were"
    second = deliver(shop, "2025.csv", seed=2, ids=range(1200, 2600))
    done = shop.run("--data", shop.data)
    check_named(shop, done.stdout)
    assert_equal_oracle(shop, first, second)
    third = check_small_delivery(shop)
    assert_equal_oracle(shop, first, second, third)
    in_part = {table: shop.content_of(table) for table in TABLES}
    shop.run("--data", shop.data, "--full-refresh")
    assert {table: shop.content_of(table) for table in TABLES} == in_part
    assert_served_as_the_oracle_has_it(shop, monkeypatch, first, second, third)
    check_audited(shop, tmp_path)
    by_source = "select source, count(*) from raw.loads group by 1 order by 1"
    assert shop.rows(by_source) == [("orders", 3), ("visits", 3)]


def check_small_delivery(shop: Shop) -> Path:
    """New visits of one customer, and two that were another's: rows of nobody else are written."""
    owners = "select customer_id from stg.visits where event_id in ('V02598', 'V02599')"
    touched = {CUSTOMERS[3], *(owner for (owner,) in shop.rows(owners))}
    keys = {"stg.visits": "event_id", **dict.fromkeys(TABLES[3:], "(customer_id, feature_time)::text")}

    def written() -> dict[str, set[tuple[Any, ...]]]:
        """Each row by its customer, key, and the transaction that wrote it."""
        rows = "select customer_id, {}, xmin::text from {}"
        return {table: set(shop.rows(rows.format(key, table))) for table, key in keys.items()}

    before = written()
    file = shop.data / "visits/small.csv"
    write_visits(file, seed=9, customers=[CUSTOMERS[3]], ids=range(2598, 2603))
    shop.run("--data", shop.data)
    changes = {table: rows - before[table] for table, rows in written().items()}
    assert {event_id for _, event_id, _ in changes["stg.visits"]} == {f"V{n:05}" for n in range(2598, 2603)}
    for table in TABLES[3:]:
        assert 0 < len(changes[table]) < len(before[table]) / 10
        assert {customer for customer, _, _ in changes[table]} <= touched
    return file


LEAKY = """{{ config(materialized='published', schema='feats') }}
select spine.customer_id, spine.feature_time, count(visits.event_id) as visits_ahead
from {{ ref('customer_features') }} as spine
left join {{ ref('visits') }} as visits
    on visits.customer_id = spine.customer_id and visits.event_ts < spine.feature_time + interval '2 days'
group by 1, 2
"""
# It looks at when a visit was, and not at since when it was known.
LATE = LEAKY.replace("visits_ahead", "visits_late").replace(" + interval '2 days'", "")

BEFORE = """{{{{ config(materialized='table', schema='feats') }}}}
select spine.customer_id, spine.feature_time, count(*) as found
from {{{{ ref('customer_features') }}}} as spine
left join {0} on {1}
group by 1, 2
"""
# By name, what each reads that a check of it may not, and its SQL.
EVASIVE = {
    "spelled": ("stg.visits", BEFORE.format("stg.visits as seen", "seen.event_ts < spine.feature_time")),
    "of_parsed": (
        "visits_parsed",
        BEFORE.format("{{ ref('visits_parsed') }} as seen", "seen.event_ts < spine.feature_time"),
    ),
    "of_raw": ("raw.raw_events", BEFORE.format("raw.raw_events as seen", "seen.load_id > 0")),
    "served": (
        "",  # it may not even be looked up
        BEFORE.format("lateral feats.visits_features_at(spine.customer_id) as seen", "true"),
    ),
}


def test_the_proofs_cover_it(shop: Shop) -> None:
    """Future, explanation, lineage and reproduction of a source's features, and leaks of models on it."""
    lay_out_visits(shop)
    deliver(shop, "2024.csv", seed=1, ids=range(1500))
    shop.run("--data", shop.data)
    check_explained(shop)
    check_reproduced(shop)
    check_labelled(shop)

    models = shop.project / "models" / "features"
    (models / "leaky_features.sql").write_text(LEAKY)
    (models / "late_features.sql").write_text(LATE)
    for name, (_, sql) in EVASIVE.items():
        (models / f"{name}.sql").write_text(sql)
    done = shop.ready("check-leakage", "--cutoffs", "1", "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert "visits" in told["changed"]
    assert told["confined"]
    found = {model["name"]: model for model in told["models"]}
    assert {leak["column"] for leak in found["leaky_features"]["leaks"]} == {"visits_ahead"}
    assert {leak["column"] for leak in found["late_features"]["leaks"]} == {"visits_late"}
    for name, (read, _) in EVASIVE.items():
        assert found[name]["verdict"] == "NOT PROVEN", found[name]
        assert read in found[name]["reads"] or not read, found[name]
    for name in ("all_features", "customer_features", "visits_features"):
        assert found[name]["verdict"] == "same"
        assert found[name]["rows_compared"]


def check_explained(shop: Shop) -> None:
    """A value of each kind leads to its files and lines, and comes out again."""
    recorded = "select columns from meta.feature_registry where feature_set = 'visits_features'"
    columns = [column["name"] for column in shop.value(recorded)][2:]
    both = f"{SPINE} join feats.visits_features using (customer_id, feature_time)"
    (row,) = shop.rows(f"{both} where visits_30d > 2 limit 1")
    with closing(shop.database.connect()) as connection:
        for name in columns:
            found = explain(connection, shop.settings, customer_id=row[0], feature_time=row[1], feature=name)
            assert found.feature_set == "visits_features"
            assert found.agrees
    text = shop.ready("explain", row[0], row[1].isoformat(), "minutes_30d").stdout
    lines = (shop.data / "visits/2024.csv").read_text().splitlines()
    places = re.findall(r"2024\.csv:(\d+)  (.+)", text)
    assert len(places) > 2
    assert all(lines[int(number) - 1] == record for number, record in places)
    done = shop.ready("lineage", "visits_features.minutes_30d", "all_features.revenue_30d")
    assert done.returncode == 2
    done = shop.ready("lineage", "visits_features.minutes_30d")
    assert "stg.visits.minutes" in done.stdout, done.stdout + done.stderr
    assert "  2024.csv" in done.stdout
    assert shop.ready("lineage", "minutes_30d").stdout == done.stdout
    done = shop.ready("lineage", "all_features.minutes_30d", "all_features.revenue_30d", "--openlineage")
    assert {"payload.minutes", "payload.amount"} <= set(re.findall(r"payload\.\w+", done.stdout)), done.stderr


def check_reproduced(shop: Shop) -> None:
    done = shop.ready("reproduce", "all_features:1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["equal"]
    recorded = shop.rows("select feature_set, load_ids from meta.feature_registry order by 1")
    assert recorded == [
        ("all_features", [1, 2, 3, 4]), ("customer_features", [1, 2, 3]), ("visits_features", [1, 2, 3, 4]),
    ]  # fmt: skip


VISITORS = """
select distinct customer_id from stg.visits
where customer_id not in (select customer_id from stg.customer_purchases) limit 1
"""
EQUAL = """
select count(*) from feats.all_features as held
inner join feats.churn_training_set as labelled using (customer_id, feature_time)
where ({held}) is not distinct from ({labelled})
"""


def check_labelled(shop: Shop) -> None:
    """Own labels get the joined features; a customer with visits alone is known, one of neither is not."""
    rows = shop.rows(f"{SPINE} order by md5(customer_id || feature_time) limit 300")
    visitor = shop.value(VISITORS)
    rows.append((visitor, datetime(2024, 4, 1, tzinfo=timezone.utc)))
    file = shop.folder / "churn.csv"
    lines = [f"{customer},{time.isoformat()},{number % 2}" for number, (customer, time) in enumerate(rows)]
    file.write_text("\n".join(["customer_id,label_time,label", *lines]) + "\n")
    command = ("train-set", "--labels", file, "--horizon", "30", "--features", "all_features")
    done = shop.ready(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "features  all_features version 1, load(s) 1, 2, 3, 4\n" in done.stdout
    recorded = shop.value("select columns from meta.feature_registry where feature_set = 'churn'")
    names = [column["name"] for column in recorded][2:]
    assert {"visits_30d", "revenue_30d"} <= set(names)
    sides = {side: ", ".join(f"{side}.{name}" for name in names) for side in ("held", "labelled")}
    assert shop.value(EQUAL.format(**sides)) == 300
    assert (
        shop.value(f"select orders_total from feats.churn_training_set where customer_id = '{visitor}'") == 0
    )
    done = shop.ready("reproduce", "churn:1")
    assert done.returncode == 0, done.stdout + done.stderr
    file.write_text(file.read_text() + "nobody,2024-04-01T00:00:00Z,1\n")
    refused = shop.ready(*command)
    assert refused.returncode == 1
    assert (
        "churn.csv:303: customer_id 'nobody' has no purchase, nor anything in visits, in"
        in refused.stdout + refused.stderr
    )


@pytest.mark.thorough  # test_source_rules.py has what the gate finds
def test_a_source_that_its_gate_refuses_stops_the_run(shop: Shop) -> None:
    columns = {name: entry for name, entry in COLUMNS.items() if name not in ("event_id", "available_at")}
    lay_out_visits(shop, columns=columns)
    first = deliver(shop, "2024.csv", seed=3, ids=range(1200), with_ids=False)
    # An instant in each row counts as often as it comes; nothing says that it was late.
    with first.open() as file:
        rows = list(csv.DictReader(file))
    write_rows(first, [{**row, "seen_at": row["at"]} for row in rows])
    shop.run("--data", shop.data)
    assert_equal_oracle(shop, first)
    kept = {table: shop.content_of(table) for table in (*TABLES[2:], "feats.customer_features")}

    bad = shop.data / "visits" / "bad.csv"
    good = {"customer": "C000001", "at": "2024-05-01T10:00:00Z", "page": "home", "minutes": "1"}
    write_rows(bad, [good, {**good, "at": "soon"}, {**good, "customer": ""}, {**good, "minutes": "long"}])
    done = shop.ready("run", "--data", shop.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "nothing was published; new, since the gate of their own source has passed: " in done.stderr
    assert "If the file is right, visits.yaml is not" in done.stderr
    judged = "select distinct load_ids from meta.validation_results where invocation_id = '{}' order by 1"
    by_loads = [row[0] for row in shop.rows(judged.format(shop.report["run"]["invocation_id"]))]
    assert by_loads == [[1, 2, 3], [4, 5]]
    told = shop.report["errors"]
    assert told == [
        "visits: customer_id has 1 null(s)",
        "visits: event_ts has 1 invalid timestamp(s)",
        "visits: minutes has 1 non-numeric value(s)",
    ]
    (check,) = [check for check in shop.report["checks"] if check["rule"] == "usable_rows()"]
    assert {(one["file"], one["line"]) for one in check["sample"]} == {("bad.csv", n) for n in (3, 4, 5)}
    assert {table: shop.content_of(table) for table in kept} == kept

    # Nothing is built of them by other ways, either.
    done = shop.ready("dbt", "run", "--select", "visits+")
    assert "the gate has not passed loads" in done.stdout + done.stderr
    # What a rule sets aside is listed, and the others count.
    lay_out_visits(shop, columns=columns)
    file = shop.project / "configs/visits.yaml"
    quarantined = "{usable_rows: {config: {meta: {ready_on_fail: quarantine}}}}"
    file.write_text(file.read_text().replace("- usable_rows", f"- {quarantined}"))
    shop.run("--data", shop.data)
    assert shop.rows("select file_name, line_number, reason from stg.visits_rejected order by 2") == [
        ("bad.csv", 3, "usable_rows()"), ("bad.csv", 4, "usable_rows()"), ("bad.csv", 5, "usable_rows()"),
    ]  # fmt: skip
    assert shop.value("select count(*) from stg.visits") == len(rows) + 1


def write_rows(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_what_cannot_be_is_told_in_one_message(shop: Shop) -> None:
    lay_out_visits(shop)
    file, features = shop.project / "configs/visits.yaml", shop.project / "configs/features.yaml"
    texts = file.read_text(), features.read_text()

    def told(old: str, new: str) -> str:
        assert old in texts[0]
        file.write_text(texts[0].replace(old, new))
        done = shop.ready("run", "--data", shop.data)
        assert done.returncode == 2, done.stdout + done.stderr
        file.write_text(texts[0])
        features.write_text(texts[1])
        return done.stderr

    assert "nothing is loaded of visits" in told("", "")
    assert "put its files into the folder visits of the data folder" in told("", "")
    deliver(shop, "2024.csv", seed=4, ids=range(60))
    day_first = told("event_ts: at", "event_ts: {column: at, format: DD.MM.YYYY}")
    assert "the mapping does not fit the files, and nothing was loaded" in day_first
    assert re.search(
        r"visits\.yaml:\d+: event_ts: 60 of 60 texts are no time, first \S*2024.csv:2: ", day_first
    )
    message = told("        event_ts: at\n", "")
    assert "visits.yaml:" in message
    assert "event_ts is not mapped; a source of events needs customer_id and event_ts" in message
    assert "visits_parsed is not tested" in told("- usable_rows", "- {column_in_file: {column_name: page}}")
    assert 'maps event_ts to the CSV column "when", which no file has' in told(
        "event_ts: at", "event_ts: when"
    )
    add_features(
        features.parent, {**AGGREGATIONS, "pages_of_home": "count", "pages_of": AGGREGATIONS["visits_of"]}
    )
    assert "the column pages_of_home_7d comes twice" in told("", "")
    add_features(features.parent, {**AGGREGATIONS, "clicks": "sum of clicks"})
    assert "clicks: stg.visits has no column clicks" in told("", "")
    features.write_text(texts[1].replace("visits_features", "tickets_features"))
    assert "tickets_features: no file of the configs maps a source tickets" in told("", "")
    minutes = 'minutes: {expression: \'1 / ("minutes"::int - "minutes"::int)\', type: number}'
    file.write_text(re.sub(r"minutes:\n +column: minutes\n +type: number", minutes, texts[0]))
    done = shop.ready("lint", "--data", shop.data, "--json")
    found = [one["message"] for one in json.loads(done.stdout) if one["file"].endswith("visits.yaml")]
    assert any(
        re.match(r"minutes: the expression fails on \d+ of 60 records, first \S*2024.csv:", one)
        for one in found
    )
    file.write_text(texts[0])
    # Plain dbt says it, too.
    file.write_text(texts[0].replace("        event_ts: at\n", ""))
    done = forked.dbt("run", "--profiles-dir", "profiles", cwd=shop.project, env=shop.environ)
    assert "visits.yaml: columns: event_ts is not mapped" in done.stdout + done.stderr


@pytest.mark.thorough  # test_pipeline.py and the example show it of fewer files
def test_plain_dbt_builds_the_same(shop: Shop) -> None:
    lay_out_visits(shop)
    first = deliver(shop, "2024.csv", seed=5, ids=range(900))
    loaded = json.loads(shop.ready("load", shop.data, "--json").stdout)
    assert [load["source"] for load in loaded["further"]] == ["visits"]
    done = shop.ready("dbt", "build", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout
    assert_equal_oracle(shop, first)
    built = {table: shop.content_of(table) for table in TABLES}
    # A source can be built alone, then the rows of customer_features are those that it has.
    second = deliver(shop, "2025.csv", seed=6, ids=range(800, 1300))
    assert shop.ready("load", "--source", "visits", second).returncode == 0
    generation = "select generation from meta.table_states where relation = 'stg.visits'"
    first_build = shop.value(generation)
    done = shop.ready("dbt", "build", "--select", "visits_parsed+")
    assert done.returncode == 0, done.stdout
    assert shop.value(generation) == first_build
    assert_equal_oracle(shop, first, second)
    # A file can be taken out by its name.
    second.unlink()
    done = shop.ready("load", "--source", "visits", "--withdraw", "2025.csv")
    assert done.returncode == 0, done.stderr
    shop.run("--data", shop.data)
    assert {table: shop.content_of(table) for table in TABLES} == built
    # Ids that are written otherwise are nobody's.
    first.write_text(first.read_text().replace("C0", "c0"))
    done = shop.run("--data", shop.data)
    warned = "customer(s) 0 have an order, so its features are all but empty"
    assert warned in done.stdout + done.stderr
    assert any(warned in text for text in shop.report["warnings"])
