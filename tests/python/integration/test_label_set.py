"""`ready train-set`: labels of one's own become a version with splits and lineage, and come out again."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from profile_oracle import profile_of
from proof_case import Shop
from warehouse import new_database

import ready
from ready.errors import UsageError
from ready.postgres.connection import ConnectionParams
from ready.recorded.profiles import parse_profile

# Keys and label of every row of the delivered training set whose label is known.
DELIVERED = """
select customer_id, feature_time, label_revenue_next_30d from feats.customer_training_set
where label_revenue_next_30d is not null order by md5(customer_id || feature_time)
"""
HISTORY = """
select feature_set, feature_version, data_hash, load_ids from meta.dataset_builds
where feature_set <> 'customer_features' order by created_at
"""


@pytest.fixture(scope="module")
def labelled(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """Has a set `delivered`, of the labels that the sample has anyway, in another order."""
    with new_database(server, template=built_shop.database) as database:
        shop = built_shop.copy(tmp_path_factory.mktemp("labelled") / "shop", database)
        lines = [f"{customer},{time.isoformat()},{label}" for customer, time, label in shop.rows(DELIVERED)]
        write(shop, "delivered.csv", "customer_id,label_time,label_revenue_next_30d", *lines)
        done = train_set(shop, "delivered.csv", "--horizon", "30", "--label", "label_revenue_next_30d")
        assert done.returncode == 0, done.stderr
        yield shop


def write(shop: Shop, name: str, *lines: str) -> Path:
    file = shop.folder / name
    text = "".join(f"{line}\n" for line in lines)
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def train_set(shop: Shop, name: str, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return shop.ready("train-set", "--labels", shop.folder / name, *options, **env)


def built(shop: Shop, name: str, *options: str) -> dict[str, Any]:
    done = train_set(shop, name, "--json", *options)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_how_its_features_are_distributed_is_on_record(labelled: Shop) -> None:
    names = [name for (name,) in labelled.rows(
        "select attname from pg_attribute where attrelid = 'feats.customer_features'::regclass and attnum > 2"
    )]  # fmt: skip
    recorded = dict(labelled.rows(
        "select column_name, profile::text from meta.feature_profiles where feature_set = 'delivered'"
    ))  # fmt: skip
    assert set(recorded) == set(names)
    for name in names:
        values = [value for (value,) in labelled.rows(f"select {name} from feats.delivered_training_set")]
        assert parse_profile(name, recorded[name]) == profile_of(name, values)


def test_the_delivered_labels_give_the_delivered_training_set(labelled: Shop) -> None:
    """Features at the labels' instants, the splits and their embargo."""
    ours, theirs = (f"select * from feats.{name}_training_set" for name in ("delivered", "customer"))
    assert labelled.value(f"select count(*) from ({ours}) as ours") == len(labelled.rows(DELIVERED))
    assert labelled.rows(f"{ours} except {theirs}") == []
    splits = "select split, count(*) from meta.dataset_splits where feature_set = '{}' group by 1 order by 1"
    assert labelled.rows(splits.format("delivered")) == labelled.rows(splits.format("customer_features"))
    summary = (
        "select split, time_from, time_to, row_count, entity_count, embargo_days, label_mean "
        "from meta.dataset_split_summary where feature_set = '{}' order by 1"
    )
    assert labelled.rows(summary.format("delivered")) == labelled.rows(summary.format("customer_features"))


def test_it_is_read_with_its_roles(labelled: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in labelled.environ.items():
        monkeypatch.setenv(name, value)
    exported, expected = ready.load_dataset("delivered"), ready.load_dataset()
    assert exported.table == expected.table
    assert exported.features == expected.features
    assert exported.roles["split"] == expected.roles["split"]
    assert exported.roles["label"] == {
        "name": "label_revenue_next_30d",
        "horizon_days": 30,
        "file_name": "delivered.csv",
        "file_sha256": labelled.value("select file_sha256 from raw.loads where source = 'labels:delivered'"),
        "features_version": 1,
        "nulls": 0,
    }
    monkeypatch.setenv("READY_ARTIFACTS", str(tmp_path))
    assert ready.load_dataset("delivered") == exported, "from the database"
    done = labelled.ready("export", "--feature-set", "delivered", "--artifacts", tmp_path)
    assert "delivered version 1: written" in done.stdout
    path = tmp_path / "datasets/delivered/v1"
    with monkeypatch.context() as patched:
        for name in labelled.environ:
            patched.delenv(name, raising=False)
        read = ready.load_dataset(path=path)
    assert read.schema.metadata == exported.schema.metadata
    with pytest.raises(UsageError, match="no feature set delivred; there are: customer_features, delivered"):
        ready.load_dataset("delivred")


def test_its_record_is_shown_and_its_reader_may_read_it(labelled: Shop) -> None:
    shown = json.loads(labelled.ready("registry", "show", "delivered:1").stdout)
    (build,) = shown["builds"]
    assert build["lineage"]["labels"]["file_name"] == "delivered.csv"
    assert [load["load_id"] for load in build["lineage"]["loads"]] == [1, 2, 3]
    assert build["leakage"] == {"verdict": "unchecked"}
    assert labelled.value(
        "select has_table_privilege('ready_reader', 'feats.delivered_training_set', 'select')"
    )
    assert (
        labelled.value("select tableowner from pg_tables where tablename = 'delivered_training_set'")
        == "ready_builder"
    )


def test_the_same_again_records_nothing_and_other_labels_are_another_version(labelled: Shop) -> None:
    write(
        labelled,
        "churn.csv",
        "who,at,gone",
        "C000004,2024-06-15T12:00:00+02:00,true",
        "C000009,2024-07-01,false",
    )
    options = ("--horizon", "60", "--customer", "who", "--time", "at", "--label", "gone")
    first = built(labelled, "churn.csv", *options)
    assert (first["feature_version"], first["label"]["kind"], first["row_count"]) == (1, "boolean", 2)
    before = labelled.rows(HISTORY)
    assert built(labelled, "churn.csv", *options)["data_hash"] == first["data_hash"]
    assert labelled.rows(HISTORY) == before
    write(
        labelled, "churn.csv", "who,at,gone", "C000004,2024-06-15T10:00:00Z,false", "C000009,2024-07-01,false"
    )
    second = built(labelled, "churn.csv", *options)
    assert (second["feature_version"], second["data_hash"]) == (2, first["data_hash"])
    assert second["labels_hash"] != first["labels_hash"]
    assert labelled.value("select count(*) from meta.dataset_splits where feature_set = 'churn'") == sum(
        split["row_count"] for each in (first, second) for split in each["splits"]
    )
    assert labelled.rows("select * from feats.churn_training_set") == labelled.rows(
        "select served.*, gone, split from feats.churn_training_set as held "
        "cross join lateral feats.customer_features_at(held.customer_id, held.feature_time) as served"
    )
    assert (labelled.artifacts / "datasets/churn/v1/manifest.json").is_file()
    assert (labelled.artifacts / "datasets/churn/v2/manifest.json").is_file()


def test_the_run_page_shows_it_by_split(labelled: Shop) -> None:
    """With the delivered set beside it: a label of amounts, and one of two classes."""
    page = (labelled.artifacts / "reports/index.html").read_text(encoding="utf-8")
    section = page.partition('<section id="labelsets">')[2].partition("</section>")[0]
    _, churn, delivered = section.split("<h3>")
    assert churn.startswith("churn</h3>")
    assert "The label gone is from churn.csv and looks 60 day(s) ahead." in churn
    assert f"<code>{labelled.artifacts}/datasets/churn/v2</code>" in churn
    assert '<button type="button">false</button>' in churn
    assert "Version 1, " in delivered
    assert "1,795 rows, with the features of customer_features version 1" in delivered
    zeros, median = labelled.rows(
        "select avg(cast(label_revenue_next_30d = 0 as integer)), "
        "percentile_disc(0.5) within group (order by label_revenue_next_30d) "
        "from feats.delivered_training_set where split = 'test'"
    )[0]
    row = delivered.partition("<tr><td>test</td>")[2].partition("</tr>")[0]
    assert f">{zeros:.2%}</td>" in row
    assert f'data-value="{float(median)}"' in row
    assert row.startswith('<td class="number" data-value="543">543</td>')


def test_faults_stop_it_with_their_lines(labelled: Shop) -> None:
    write(
        labelled, "bad.csv", "customer_id;label_time;label", "C000004;2024-06-01;1", "C000004;2024-06-01;0",
        "4;2024-06-01;0", "C000009;01.06.2024;1",
    )  # fmt: skip
    before = labelled.counts("feats"), labelled.counts("meta")
    done = train_set(labelled, "bad.csv", "--horizon", "30")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "Error: bad.csv has 3 fault(s), so nothing was built",
        "    bad.csv:3: customer_id 'C000004' at 2024-06-01 has a label in line 2 already "
        "('1' there, '0' here)",
        "    bad.csv:4: customer_id '4' has no purchase in the data",
        "    bad.csv:5: label_time '01.06.2024' is no ISO time",
        "  Next: mend the file and run again; labels of customers without a purchase: --skip-unknown",
    ]
    assert (labelled.counts("feats"), labelled.counts("meta")) == before


def test_unknown_customers_and_late_labels_are_counted(labelled: Shop) -> None:
    write(labelled, "fraud-2025.csv.gz", "customer_id,label_time,label", "nobody,2024-06-01,0",
          "C000004,2024-06-01,low", "C000009,9999-12-31,high")  # fmt: skip
    told = built(labelled, "fraud-2025.csv.gz", "--horizon", "0", "--skip-unknown")
    assert (told["feature_set"], told["label"]["left_out"], told["row_count"]) == ("fraud_2025", 1, 2)
    assert told["warnings"][0] == "no row is in val"
    assert told["warnings"][1].startswith("1 label(s) are later than the last order (2025-")
    assert "the first in fraud-2025.csv.gz:4" in told["warnings"][1]


def test_labels_before_the_first_purchase_are_reported(labelled: Shop) -> None:
    """To the microsecond; those of customers left out do not count."""
    first = labelled.value(
        "select min(order_ts) from stg.orders where is_purchase and customer_id = 'C000004'"
    )
    before = first - timedelta(microseconds=1)
    longest = "é" * 31 + "y"  # the 63 bytes that PostgreSQL keeps
    write(labelled, "early.csv", f"customer_id,label_time,{longest}", "nobody,2000-01-01,2",
          f"C000004,{first.isoformat()},1", f"C000004,{before.isoformat()},0",
          "C000009,0001-01-02,0", "C000009,2024-07-01,1")  # fmt: skip
    told = built(labelled, "early.csv", "--horizon", "0", "--skip-unknown", "--label", longest)
    (warning,) = [text for text in told["warnings"] if "first purchase" in text]
    assert warning.startswith(
        "2 label(s) are before the first purchase of their customer, the first in early.csv:4:"
    )
    columns = [name for (name,) in labelled.rows(
        "select attname from pg_attribute where attrelid = 'feats.early_training_set'::regclass "
        "and attname like 'orders_%%d'"
    )]  # fmt: skip
    assert columns
    for column in columns:
        counted = f"select sum({column}) from feats.early_training_set where feature_time <= '{first}'"
        assert labelled.value(counted) == 0


REFUSED = {
    "no file": (["nowhere.csv", "--horizon", "1"], "there is no file"),
    "no column": (
        ["clash.csv", "--horizon", "1", "--time", "when"],
        "clash.csv has no column when; it has customer_id, label_time, orders_7d, label\n",
    ),
    "a long name": (["clash.csv", "--horizon", "1", "--label", "y" * 64], "has a name of 64 bytes"),
    "a long horizon": (
        ["clash.csv", "--horizon", "9999999999"],
        "9999999999 days is too long: at most 36500",
    ),
    "a feature's name": (
        ["clash.csv", "--horizon", "1", "--label", "orders_7d"],
        "orders_7d has the name of",
    ),
    "a taken name": (["clash.csv", "--horizon", "1", "--name", "customer"], "another feature set customer"),
    "a dbt model": (["clash.csv", "--horizon", "1", "--name", "customer_features"], "another feature set"),
    "no name": (["clash.csv", "--horizon", "1", "--name", "2024"], "cannot be named 2024"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(case: str, labelled: Shop) -> None:
    write(labelled, "clash.csv", "customer_id,label_time,orders_7d,label", "C000004,2024-06-01,1,1")
    arguments, message = REFUSED[case]
    done = train_set(labelled, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_decimal_comma_is_no_class(labelled: Shop) -> None:
    write(labelled, "comma.csv", "customer_id;label_time;label", "C000004;2024-06-01;12,50")
    done = train_set(labelled, "comma.csv", "--horizon", "1")
    assert done.returncode == 1
    assert "comma.csv:2: label '12,50' is no number as it is read" in done.stderr
    told = built(labelled, "comma.csv", "--horizon", "1", "--label-type", "text")
    assert told["label"]["kind"] == "text"
    assert "every label is '12,50': a model learns nothing from them" in told["warnings"]


def test_ragged_files_are_refused(labelled: Shop) -> None:
    write(labelled, "ragged.csv", "customer_id,label_time,label", "C000004,2024-06-01")
    done = train_set(labelled, "ragged.csv", "--horizon", "1")
    assert done.returncode == 1
    assert "line 2: 2 fields, expected 3" in done.stderr
    assert "1 of 1 records cannot be stored, 0 allowed; nothing of it was loaded" in done.stderr
    assert "--max-rejects" not in done.stderr


@pytest.mark.thorough  # test_event_sources.py reproduces labels
def test_a_build_comes_out_again_after_orders_have_changed(labelled: Shop) -> None:
    """Last, for it delivers. The corrected file changes the features of the same labels."""
    file = labelled.data / "orders_2025_h1.csv"
    file.write_text(file.read_text().replace(",17.33,", ",99.00,"))
    ran = labelled.run("--data", labelled.data)
    assert "customer_features version 1 (new)" in ran.stdout
    assert "<h3>delivered</h3>" in (labelled.artifacts / "reports/index.html").read_text(encoding="utf-8")
    options = ("--horizon", "30", "--label", "label_revenue_next_30d")
    told = built(labelled, "delivered.csv", *options)
    builds = [row for row in labelled.rows(HISTORY) if row[0] == "delivered"]
    assert [(version, loads[:2]) for _, version, _, loads in builds] == [(1, [1, 2]), (1, [1, 2])]
    assert builds[1][2] == told["data_hash"] != builds[0][2]
    done = labelled.ready("reproduce", f"delivered:1@{builds[0][2]}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[1:-1] == [
        "Rebuilt with the current code from load(s) 1, 2, 3",
        "  features, 1,795 rows     equal",
        "  labels, 1,795 rows       equal",
        "  split train, 940 rows    equal",
        "  split val, 151 rows      equal",
        "  split test, 543 rows     equal",
        f"  Parquet                  not compared: {labelled.artifacts}/datasets/delivered/v1 "
        "holds the export of another build",
    ]
    assert "delivered version 1 came out the same, bit for bit." in done.stdout
    labelled.tamper("update raw.loads set file_sha256 = repeat('0', 64) where source = 'labels:delivered'")
    done = labelled.ready("reproduce", "delivered:1")
    assert done.returncode == 1
    assert "(delivered.csv) is not in this database's raw.loads as recorded" in done.stderr
