"""Files of events and of states as people have them: what the rules that are on by default find, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from proof_case import Shop
from source_case import MODELS, STATE_MODELS, write_yaml
from warehouse import new_database

from ready.database.opening import grant_database
from ready.postgres.connection import ConnectionParams

BEGIN = datetime(2025, 1, 1, 10, tzinfo=timezone.utc)
TESTS = ["usable_rows", "plausible_rows"]
TIMES = {"customer_id": "customer", "event_ts": "at"}
MINUTES = {"minutes": {"column": "minutes", "type": "number"}}
SOURCES: dict[str, dict[str, Any]] = {
    "visits": {"ready_columns": {"event_id": "id", **TIMES, **MINUTES}},
    "clicks": {"ready_columns": {**TIMES, "page": "page"}, "ready_rows": "\"kind\" <> 'bot'"},
    "calls": {"ready_columns": TIMES, "ready_timezone": "Europe/Berlin"},
    "members": {
        "ready_kind": "state",
        "ready_columns": {"customer_id": "customer", "available_at": "since", "segment": "segment"},
    },
    "payments": {"ready_columns": {**TIMES, "amount": {"column": "amount", "type": "number"}}},
    "plans": {"ready_kind": "state", "ready_columns": {"customer_id": "customer", "plan": "plan"}},
}
RENAME = "rename the files: they are loaded in the order of their names"


def stamp(day: float) -> str:
    return (BEGIN + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Feeds(Shop):
    """Sources without features, whose files a test writes; only the gate looks at them."""

    judged: dict[str, tuple[str, list[str], list[str]]] = field(default_factory=dict)

    def lay_out_sources(self) -> None:
        for name, meta in SOURCES.items():
            self.map(name, meta)
            models = STATE_MODELS if meta.get("ready_kind") == "state" else MODELS
            for model, macro in models.items():
                of_source = model.replace("visits", name).replace("members", name)
                if macro != "source_features":
                    (self.project / f"models/sources/{of_source}.sql").write_text(f"{{{{ {macro}() }}}}\n")

    def map(self, name: str, meta: dict[str, Any], rules: dict[str, Any] | None = None) -> None:
        mapped = {"name": f"{name}_mapped", "config": {"meta": meta}}
        parsed = {
            "name": f"{name}_parsed",
            "config": {"meta": {"ready_default_rules": rules or {}}},
            "data_tests": TESTS,
        }
        (self.project / "models/sources").mkdir(exist_ok=True)
        write_yaml(self.project / f"configs/{name}.yaml", {"version": 2, "models": [mapped, parsed]})

    def write(self, name: str, header: str, rows: list[str]) -> None:
        file = self.data / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([header, *rows]) + "\n")

    def deliver_all(self) -> None:
        """A year of visits, and what people do to such files."""
        header = "id,customer,at,minutes"
        self.write("visits/a.csv", header, [visit(n, 2 * n) for n in range(180)])
        same = visit(60, 120, minutes="1.50")
        self.write("visits/b.csv", header, [*(visit(n, 2 * n, minutes="9") for n in range(50, 53)), same])
        strange = [
            "V500,C3,1970-01-01T01:00:00Z,1",
            "V501,C3,2999-05-05T10:00:00Z,1",
            "V502,C3,2019-06-01T10:00:00Z,1",
            visit(0, 0, customer=5),
            visit(1, 4),
            *(visit(503, 358, minutes=minutes) for minutes in ("1", "2")),
        ]
        self.write("visits/c.csv", header, strange)
        paid = [f"C{n % 5},{stamp(n)},{n},{'EUR' if n != 9 else 'USD'}" for n in range(20)]
        self.write("payments/a.csv", "customer,at,amount,currency", paid)
        clicks = [f"C{n % 5},{stamp(n)},home,person" for n in range(20)]
        self.write("clicks/a.csv", "customer,at,page,kind", clicks)
        self.write("clicks/b.csv", "customer,at,page,kind", [*clicks[8:], f"C1,{stamp(21)},home,"])
        calls = [f"{n},2025-05-{n + 1:02} 10:00:00" for n in range(7, 20)]
        self.write(
            "calls/a.csv",
            "customer,at",
            [*calls, "007,2025-05-30 10:00:00", "nan,2025-10-26 02:30:00", "8,2025-03-30 02:30:00"],
        )
        members = ["C1,2025-01-01,new", "C1,2025-01-01,old", "C2,2999-01-01,new", "C3,1900-01-01,new"]
        self.write("members/a.csv", "customer,since,segment", members)
        self.write("members/b.csv", "customer,since,segment", ["C3,1900-01-01,other", "C4,2025-01-01,new"])
        self.write("plans/a.csv", "customer,plan", ["C1,free", "C2,free", "C2,paid"])
        self.write("plans/b.csv", "customer,plan", ["C1,paid", "C2,paid"])
        loaded = self.ready("load", self.data)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr

    def judge(self) -> tuple[str, list[str], list[str]]:
        """What `ready validate` prints, and the errors and warnings of sources; once for the same configs."""
        configs = str([file.read_text() for file in sorted((self.project / "configs").iterdir())])
        if configs not in self.judged:
            done = self.ready("validate")
            assert done.returncode == 1, done.stdout + done.stderr
            told = self.report["errors"], self.report["warnings"]
            of_sources = [[text for text in texts if text.split(":")[0] in SOURCES] for texts in told]
            self.judged[configs] = " ".join(done.stderr.split()), of_sources[0], of_sources[1]
        return self.judged[configs]


@pytest.fixture(scope="module")
def feeds(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeds]:
    with new_database(server) as database:
        feeds = Feeds(tmp_path_factory.mktemp("feeds"), database)
        feeds.lay_out()
        grant_database(feeds.settings)
        feeds.lay_out_sources()
        feeds.deliver_all()
        yield feeds


def visit(number: int, day: float, *, customer: int | None = None, minutes: str = "1.5") -> str:
    return f"V{number},C{number % 7 if customer is None else customer},{stamp(day)},{minutes}"


def test_what_stops_a_run_is_told_with_file_and_line(feeds: Feeds) -> None:
    done, errors, _ = feeds.judge()
    assert errors == [
        "visits: event_id has 1 value(s) that come again with another customer_id, such as c.csv:5 against "
        "a.csv:2: V0. Make the id unique by an expression in visits.yaml, such as event_id: {expression: "
        "'\"shop\" || ''-'' || "
        '"id"\'}, or map none',
        "visits: event_id has 1 value(s) that come again with another event_ts, such as c.csv:6 against "
        "a.csv:3: V1. If the id is not that of one event, map none in visits.yaml; if the time says when a "
        "state of it was entered, map it as available_at",
        "visits: 1 row(s) have a date that means none, such as c.csv:2: 1970-01-01T01:00:00Z. Mend the "
        "dates, or name the word in null_words of visits.yaml. If they are meant, relax the rule",
        "visits: 1 row(s) have a time after their file was loaded, such as c.csv:3: 2999-05-05T10:00:00Z. "
        "Mend the dates, or the format or timezone in visits.yaml. If they are meant, relax the rule there",
    ]
    assert "If the file is right, visits.yaml is not" in done


def test_what_may_be_wrong_is_a_warning(feeds: Feeds) -> None:
    _, _, warnings = feeds.judge()
    assert [text.split(". ")[0] for text in warnings] == [
        "calls: customer_id has 1 value(s) that others have without zeros in front, as spreadsheets write "
        "them: one id may be two, such as a.csv:15: 007",
        "calls: customer_id has 1 value(s) that say there is none, such as nan or #N/A, and count as one: "
        "null_words takes them, such as a.csv:16: nan",
        "calls: event_ts has 2 local time(s) that come twice or not at all as clocks change, such as "
        "a.csv:16: 2025-10-26 02:30:00",
        "calls: 1 row(s) lie apart from all others in time, such as a.csv:16: 2025-10-26 02:30:00",
        "clicks: 12 record(s) are in another file too and count twice, as nothing says which events they "
        "are, such as b.csv:2 against a.csv:10: C3",
        "clicks: 1 record(s) are left out as the filter `rows` of clicks.yaml gives no answer there, such "
        "as b.csv:14",
        "members: customer_id has 1 value(s) that come again at one instant, with other values, such as "
        "a.csv:3 against a.csv:2: C1",
        "members: 2 row(s) have a date that means none, such as a.csv:5: 1900-01-01",
        "members: 1 row(s) have a time after their file was loaded, such as a.csv:4: 2999-01-01",
        "members: 1 state(s) differ between files that came together, and the file loaded last wins, such "
        "as b.csv:2 against a.csv:5: C3",
        "payments: 1 event(s) are of another currency than most, and their numbers are summed together, "
        "such as a.csv:11: C4",
        "plans: customer_id has 1 value(s) that come again at one instant, with other values, such as "
        "a.csv:4 against a.csv:3: C2",
        "plans: 1 state(s) differ between files that came together, and the file loaded last wins, such as "
        "b.csv:2 against a.csv:2: C1",
        "visits: event_id has 1 value(s) that come again in one file with other values, and the last row "
        "wins, such as c.csv:8 against c.csv:7: V503",
        "visits: 5 event(s) differ between files that came together, and the file loaded last wins, such as "
        "b.csv:2 against a.csv:52: V50",
        "visits: 1 file(s) win over a newer one, as they were loaded later, such as b.csv against a.csv",
        "visits: 1 row(s) lie apart from all others in time, such as c.csv:4: 2019-06-01T10:00:00Z",
    ]


def test_a_rule_is_relaxed_in_the_file_of_its_source(feeds: Feeds) -> None:
    """By name: to a warning or an error, up to a number of rows, by a bound of its own, or not at all."""
    rules = {
        "one_customer_per_order": {"severity": "warn"},
        "one_time_per_order": {"max_failures": 1},
        "no_order_in_the_future": {"enabled": False},
        "no_placeholder_date": {"dates": ["1900-01-01"]},
        "rows_agree": {"severity": "error"},
    }
    feeds.map("visits", SOURCES["visits"], rules)
    _, errors, warnings = feeds.judge()
    assert [text.split(", such as")[0] for text in errors] == [
        "visits: event_id has 1 value(s) that come again in one file with other values, and the last row wins"
    ]
    told = [text.split(", such as")[0] for text in warnings]
    assert "visits: event_id has 1 value(s) that come again with another customer_id" in told
    assert "visits: event_id has 1 value(s) that come again with another event_ts" in told
    assert "visits: the rule no_order_in_the_future is switched off in visits.yaml" in told
