"""What train shares with the others, in SQL against pandas; and planted leaks, of which each is an alert."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict

import pandas as pd
import pytest
from figures_oracle import overlap
from proof_case import Shop, copy_of

from ready.dataset.training_set import TrainingSet
from ready.definition.column_roles import KEY, SPLIT
from ready.figures.measure import Figures, measure
from ready.figures.overlap import read_overlaps
from ready.postgres.connection import ConnectionParams
from ready.postgres.stored_table import stored_table

LABEL = "label_revenue_next_30d"
# A copy of train's rows under other ids, at the times that test has; and rows that differ in one null alone.
COPIES = f"""
insert into feats.planted_training_set
select (jsonb_populate_record(
    null::feats.planted_training_set,
    to_jsonb(train) || jsonb_build_object('customer_id', 'X' || train.customer_id, 'split', 'test')
)).*
from feats.planted_training_set as train
where split = 'train' and {LABEL} > 100
order by customer_id, feature_time
limit 25
"""
PLANTED = {
    "label under another name": f"{LABEL} as planted",
    "label in other units": f"cast(-100 * {LABEL} + 7 as numeric(38, 6)) as planted",
    "label in whole numbers": f"cast({LABEL} as integer) as planted",
    "label as a condition": f"{LABEL} > 0 as planted",
    "label as text": f"case when {LABEL} > 0 then 'buys' else 'sleeps' end as planted",
    "noisy copy": f"cast({LABEL} + 20 * sin(row_number() over ()) as double precision) as planted",
}


@pytest.fixture(scope="module")
def shop(
    built_shop: Shop, server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """To which each test adds the table."""
    with copy_of(built_shop, server, tmp_path_factory.mktemp("planted") / "shop") as copied:
        yield copied


def figures(
    shop: Shop, planted: str = "1 as planted", then: str = "select 1"
) -> tuple[Figures, pd.DataFrame]:
    """Of the sample's training set with a further column, and what is done to it."""
    table = "feats.customer_training_set"
    found = shop.rows(f"select attname from pg_attribute where attrelid = '{table}'::regclass and attnum > 0")
    names = [name for (name,) in found]
    features = ", ".join(name for name in names if name not in (LABEL, SPLIT))
    shop.execute(
        "drop table if exists feats.planted_training_set; create table feats.planted_training_set as "
        f"select {features}, {planted}, {LABEL}, split from {table} where split is not null; {then}"
    )
    columns = [*(name for name in names if name not in (LABEL, SPLIT)), "planted", LABEL, SPLIT]
    counts = dict(shop.rows("select split, count(*) from feats.planted_training_set group by 1"))
    roles = {
        "features": [{"name": name} for name in columns[:-2] if name not in KEY],
        "label": {"name": LABEL},
    }
    with (
        closing(shop.database.connect()) as connection,
        stored_table(connection, "feats", "planted_training_set") as stored,
    ):
        source = TrainingSet("planted_training_set", stored, {}, counts, roles)
        measured = measure(connection, shop.settings, source)
    rows = shop.rows(f"select {', '.join(columns)} from feats.planted_training_set")
    return measured, pd.DataFrame(rows, columns=columns)


def test_the_sample_has_no_alert_and_what_it_shares_is_counted(shop: Shop) -> None:
    found, rows = figures(shop)
    assert found.alerts == ()
    assert [one.split for one in found.overlaps] == ["val", "test"]
    for one in found.overlaps:
        assert {key: value for key, value in asdict(one).items() if key != "split"} == overlap(
            rows, one.split
        )
    assert (found.overlaps[1].rows_of_known, found.overlaps[1].rows) == (414, 543)


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_each_planted_column_is_an_alert_and_no_other(shop: Shop, planted: str) -> None:
    found, _ = figures(shop, planted)
    (alert,) = found.alerts
    assert alert.startswith("planted is as good as the label by itself")


def test_rows_of_train_in_test_are_an_alert(shop: Shop) -> None:
    found, rows = figures(shop, then=COPIES)
    assert found.alerts == ("25 of 568 rows of test equal a row of train in every feature and the label",)
    assert overlap(rows, "test")["copies"] == 25
    # Of rows that are often equal anyway, it says nothing.
    crowded, rows = figures(
        shop,
        then="; ".join(
            f"update feats.planted_training_set set {name} = {value}"
            for name, value in [
                *((column, "0") for column in rows.columns if column not in (*KEY, LABEL, SPLIT)),
                (LABEL, f"cast({LABEL} > 0 as integer)"),
            ]
        ),
    )
    assert crowded.overlaps[1].copies == 543 == overlap(rows, "test")["copies"]
    assert crowded.overlaps[1].train_repeated == 1 == overlap(rows, "test")["train_repeated"]
    assert crowded.alerts == ()


def test_equal_rows_are_counted_whatever_a_column_is_called(shop: Shop) -> None:
    plain, rows = figures(shop, then=COPIES)
    odd = '50% {of} "it"'
    quoted = odd.replace('"', '""')
    shop.execute(f'alter table feats.planted_training_set rename planted to "{quoted}"')
    columns = [odd if name == "planted" else name for name in rows.columns]
    with closing(shop.database.connect()) as connection:
        named = read_overlaps(connection, shop.settings, table="planted_training_set", columns=columns)
    assert named == plain.overlaps
