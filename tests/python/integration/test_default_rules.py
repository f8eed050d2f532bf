"""The gate's rules that are on by default: what each finds, by whom, where, and how a user relaxes it."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import PROJECT
from warehouse import Warehouse

from ready.postgres.connection import ConnectionParams

HEADER = "order_id,customer_id,order_ts,amount,currency,status,channel"


class Feed(Warehouse):
    """A warehouse whose one folder is written anew, and configs with a block for default rules."""

    def validate(self, **files: list[str]) -> tuple[int, list[str], list[str]]:
        """Load these files and run the gate: its exit code, errors and warnings."""
        self.deliver(**files)
        loaded = self.ready("load", self.folder / "data", READY_CONFIGS=self.folder / "configs")
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        return self.gate()

    def deliver(self, **files: list[str]) -> None:
        """Only these files, each new under its name."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for name, rows in files.items():
            (data / f"{name}.csv").write_text("\n".join([HEADER, *rows]) + "\n")

    def gate(self) -> tuple[int, list[str], list[str]]:
        done = self.ready("validate", READY_CONFIGS=self.folder / "configs")
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.returncode, self.report["errors"], self.report["warnings"]

    def relax(self, rules: str) -> None:
        configs = self.folder / "configs"
        shutil.copytree(PROJECT / "configs", configs, dirs_exist_ok=True)
        file = configs / "expectations.yaml"
        file.write_text(file.read_text().replace("default_rules: {}", f"default_rules: {rules}"))


@pytest.fixture
def feed(database: ConnectionParams, tmp_path: Path) -> Feed:
    feed = Feed(tmp_path, database)
    feed.relax("{}")
    return feed


def day(number: int, *, of: str = "2025-01-01", hour: int = 10) -> str:
    return f"{date.fromisoformat(of) + timedelta(number):%Y-%m-%d}T{hour}:00:00Z"


def order(number: int, time: str, *, customer: int | None = None, amount: str = "10.50") -> str:
    return f"A{number},C{number % 7 if customer is None else customer},{time},{amount},EUR,completed,web"


def year() -> list[str]:
    """An order every other day of 2025; number n stands in line n + 2."""
    return [order(n, day(2 * n)) for n in range(180)]


SHARED = "Make the id unique by an expression in orders.yaml, such as "
UNIQUE = f"""{SHARED}order_id: {{expression: '"shop" || ''-'' || "order_id"'}}"""
RENAME = "rename the files: they are loaded in the order of their names"


def test_what_cannot_be_is_told_with_file_and_line(feed: Feed) -> None:
    corrected = [order(n, day(2 * n), amount="1.00") for n in range(50, 53)]
    strange = [
        order(500, "1970-01-01T01:00:00Z"),
        order(501, "2999-05-05T10:00:00Z"),
        order(502, "2019-06-01T10:00:00Z"),
        order(0, day(0), customer=5),
        order(1, day(4)),
    ]
    code, errors, warnings = feed.validate(a=year(), b=corrected, c=strange)
    assert code == 1
    assert errors == [
        "1 row(s) have a time after their file was loaded, such as c.csv:3: order_id=A501, "
        "order_ts=2999-05-05T10:00:00Z. "
        "Mend the dates, or the format or timezone in orders.yaml. They set no end to the data",
        "1 row(s) have a date that means none, such as c.csv:2: order_id=A500, "
        "order_ts=1970-01-01T01:00:00Z. "
        "Mend the dates, or name the word in null_words. They set no beginning to the data",
        "order_id has 1 value(s) that come again with another customer_id, such as c.csv:5 against a.csv:2: "
        f"order_id=A0, customer_id=C5. {UNIQUE}",
        "order_id has 1 value(s) that come again with another order_ts, such as c.csv:6 against a.csv:3: "
        f"order_id=A1, order_ts={day(4)}. {UNIQUE}; if the time says when a state was entered, "
        "map it as available_at",
    ]
    assert warnings == [
        "5 order(s) differ between files that came together, and the file loaded last wins, "
        "such as b.csv:2 against a.csv:52: order_id=A50, orders=3. "
        f"If another file should win, {RENAME}",
        "1 file(s) win over a newer one, as they were loaded later, such as b.csv against a.csv: "
        "newest_order_ts=2025-04-15 10:00:00+00:00, other_newest_order_ts=2025-12-25 10:00:00+00:00. "
        f"If the newer file should win, {RENAME}",
        "1 row(s) lie apart from all others in time, such as c.csv:4: order_id=A502, "
        "order_ts=2019-06-01T10:00:00Z. Mend the dates if they are wrong; if not, raise days of "
        "no_isolated_order in expectations.yaml. They set neither beginning nor end to the data",
    ]

    # The file at fault is withdrawn; a delivery that brings orders up to date is what deliveries are for.
    gone = (
        "c.csv replaced an earlier file of its name (5 row(s) then, 0 now): 3 order(s) are gone that no "
        "other file had"
    )
    assert feed.validate(c=[], d=[*corrected, order(600, day(362))]) == (0, [], [gone])

    feed.relax("{no_placeholder_date: {dates: [2025-01-07]}}")
    assert feed.gate()[1] == [
        f"1 row(s) have a date that means none, such as a.csv:5: order_id=A3, order_ts={day(6)}. "
        "Mend the dates, or name the word in null_words. They set no beginning to the data",
    ]


def test_wild_dates_move_no_calendar_no_end_and_no_split(feed: Feed) -> None:
    feed.relax("{no_order_in_the_future: {severity: warn}, no_placeholder_date: {severity: warn}}")
    strange = [
        *(order(503 + n, "1969-12-31T19:00:00Z", customer=1) for n in range(30)),
        order(500, "9999-12-31T23:59:59Z", customer=1),
        order(501, "2999-05-05T10:00:00Z", customer=2),
        order(502, "2019-06-01T10:00:00Z", customer=3),
    ]
    span = "select first_order_ts::text, last_order_ts::text from stg.data_span"
    times = "select min(feature_time)::text, max(feature_time)::text from feats.feature_times"
    known = (
        "select max(feature_time)::text from feats.customer_labels where label_revenue_next_30d is not null"
    )
    told = ("2025-01-01 10:00:00+00", "2025-12-25 10:00:00+00")
    # A wrong month, and a stock date on many orders.
    apart = [order(700, day(358 + 97)), *(order(710 + n, "2000-01-01T00:00:00Z") for n in range(15))]
    feed.deliver(a=[*year(), *apart])
    feed.run("--data", feed.folder / "data", READY_CONFIGS=feed.folder / "configs")
    (lie_apart,) = [text for text in feed.report["warnings"] if "from all others" in text]
    assert lie_apart.startswith(
        "16 row(s) lie apart from all others in time, such as a.csv:182: order_id=A700"
    )
    assert feed.value(known) == "2025-11-01 00:00:00+00"
    sound = feed.content_of("meta.dataset_splits")
    assert feed.rows(span) == [told]
    assert feed.rows(times) == [("2025-02-01 00:00:00+00", "2026-01-01 00:00:00+00")]

    feed.deliver(a=year(), c=strange)
    feed.run("--data", feed.folder / "data", READY_CONFIGS=feed.folder / "configs")
    told_by_loads = " replaced an earlier file of its name "
    warnings = [text for text in feed.report["warnings"] if told_by_loads not in text]
    assert len(warnings) == 3, warnings
    assert feed.rows(span) == [told]
    assert feed.rows(times) == [("2025-02-01 00:00:00+00", "2026-01-01 00:00:00+00")]
    assert feed.value(known) == "2025-11-01 00:00:00+00"
    assert feed.content_of("meta.dataset_splits") == sound
    tables = ("feats.customer_features", "feats.customer_labels", "feats.customer_training_set")
    grown = [feed.content_of(table) for table in tables]

    # Nothing that can be bought is in the next delivery: an empty build takes no other's place.
    feed.deliver(a=[row.replace("completed", "pending") for row in year()], c=strange[:0])
    done = feed.ready("run", "--data", feed.folder / "data", READY_CONFIGS=feed.folder / "configs")
    assert done.returncode == 1
    assert "There is no feature row: no customer has a purchase before a feature time" in done.stderr
    assert [feed.content_of(table) for table in tables] == grown


def shop(customer: str) -> list[str]:
    return [f"{n},{customer}{n % 5},2025-01-{n:02}T10:00:00Z,{n}.50,EUR,completed,web" for n in range(1, 21)]


def judged(told: tuple[int, list[str], list[str]]) -> tuple[int, list[str], list[str]]:
    """Without the warning of files_agree, which the same ids give as well."""
    return told[0], told[1], [text for text in told[2] if "differ between files" not in text]


def test_two_shops_with_one_numbering_stop_until_the_rule_is_relaxed(feed: Feed) -> None:
    told = (
        "order_id has 20 value(s) that come again with another customer_id, such as b.csv:2 against a.csv:2: "
        "order_id=1, customer_id=B1. Make the id unique by an expression in orders.yaml, such as "
        """order_id: {expression: '"shop" || ''-'' || "order_id"'}"""
    )
    assert judged(feed.validate(a=shop("A"), b=shop("B"))) == (1, [told], [])

    feed.relax("{one_customer_per_order: {max_failures: 19, max_share: 0.5}}")
    assert judged(feed.gate()) == (1, [told], [])

    feed.relax("{one_customer_per_order: {enabled: false}}")
    assert judged(feed.gate()) == (
        0,
        [],
        ["the rule one_customer_per_order is switched off in expectations.yaml"],
    )
    feed.relax("{}")
    build = ("build", "--select", "+orders", "--exclude-resource-type", "unit_test")
    done = feed.ready("dbt", *build, READY_CONFIGS=feed.folder / "configs")
    assert done.returncode == 1
    assert feed.value("select to_regclass('stg.orders')") is None
