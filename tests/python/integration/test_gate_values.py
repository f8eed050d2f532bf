"""What the gate says of values by default, and of rules that look at nothing."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from shutil import copy
from typing import Any

import pytest
import yaml
from conftest import PROJECT
from warehouse import Warehouse, new_database

from ready.postgres.connection import ConnectionParams

EXPECT = "dbt_expectations.expect_column_values_to_"
MAPPED = {
    name: name for name in ("order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel")
}
Tests = dict[str, list[Any]]


def orders() -> list[dict[str, str]]:
    """Sixty orders of ten customers over a year, without a fault; number n stands in line n + 2."""
    return [
        {
            "order_id": f"A{n}", "customer_id": f"C{n % 10}",
            "order_ts": f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z", "amount": f"{n}.50",
            "currency": "EUR", "status": "completed", "channel": "web", "qty": "1", "changed": "2026-01-01",
        }
        for n in range(60)
    ]  # fmt: skip


class Shop(Warehouse):
    """A folder with one file, and configs that are written anew. JSON is YAML."""

    def deliver(self, faults: dict[int, dict[str, str]]) -> None:
        rows = [{**row, **faults.get(number, {})} for number, row in enumerate(orders())]
        (self.folder / "data").mkdir(exist_ok=True)
        with (self.folder / "data" / "orders.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([rows[0].keys(), *(row.values() for row in rows)])

    def configure(
        self, columns: dict[str, Any], tests: Tests, relaxed: dict[str, Any] | None = None, **more: Any
    ) -> None:
        (self.folder / "configs").mkdir(exist_ok=True)
        copy(PROJECT / "configs" / "features.yaml", self.folder / "configs")
        file = {"source": "orders", "pattern": "*.csv", "max_shrink": "100%"}
        mapping = {"file": file, "null_words": ["NA"], "columns": columns, **more}
        model = {
            "name": "orders_parsed",
            "config": {"meta": {"ready": {"default_rules": relaxed or {}}}},
            "columns": [{"name": name, "data_tests": written} for name, written in tests.items()],
        }
        for name, content in (
            ("orders", {"models": [{"name": "orders_mapped", "config": {"meta": {"ready": mapping}}}]}),
            ("expectations", {"models": [model]}),
        ):
            text = json.dumps({"version": 2, **content}, indent=1)
            (self.folder / "configs" / f"{name}.yaml").write_text(text)

    def gate(self) -> tuple[list[str], list[str]]:
        """What the report says of the folder as it is: errors and warnings."""
        configs = self.folder / "configs"
        loaded = self.ready("load", self.folder / "data", READY_CONFIGS=configs)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
        done = self.ready("validate", READY_CONFIGS=configs)
        assert done.returncode == bool(self.report["errors"]), done.stdout + done.stderr
        told_by_loads = " replaced an earlier file of its name "
        return self.report["errors"], [text for text in self.report["warnings"] if told_by_loads not in text]

    def samples(self, check: str) -> list[tuple[int, str | None]]:
        (found,) = (entry for entry in self.report["checks"] if entry["name"] == check)
        return [(sample["line"], sample["value"]) for sample in found["sample"]]


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with new_database(server) as database:
        yield Shop(tmp_path_factory.mktemp("values"), database)


def letters(number: int) -> str:
    """As many, of four bytes each, that do not compress."""
    return "".join(chr(code) for code in random.Random(number).choices(range(0x20000, 0x2A000), k=number))


QUANTITY = {"column": "qty", "type": "number"}
OPEN_QUOTE = "is a quote left open there?"


UNSEEN = "with characters that nobody sees, or accents apart from their letters: they look like others"
ODD_IDS = (
    "customer_id has 1 value(s) such as 123.0, as programs write whole numbers beside missing ones: another"
    " file may have 123",
    "customer_id has 1 value(s) that others have without zeros in front, as spreadsheets write them:"
    " one order or customer may be two",
    "customer_id has 1 value(s) that say there is none, such as nan or #N/A, and count as one: null_words"
    " takes them",
    f"customer_id has 1 value(s) {UNSEEN}",
    "order_id has 1 value(s) such as 1.23E+11, as spreadsheets write long numbers: several become one",
    "order_id has 1 value(s) that others have in lower case: one order or customer may be two",
    f"order_id has 2 value(s) {UNSEEN}",
)


def test_values_are_counted_without_an_entry_and_left_to_the_entry_there_is(shop: Shop) -> None:
    shop.deliver({
        3: {"qty": "1,5"}, 4: {"qty": "2 pcs"}, 5: {"qty": ""}, 6: {"changed": "soon"},
        7: {"order_id": letters(256)}, 8: {"customer_id": letters(9000)}, 9: {"channel": "x" * 1001},
        10: {"status": ""}, 11: {"status": "NA"}, 12: {"amount": ""}, 13: {"amount": "ten"},
        14: {"currency": "USD"}, 15: {"currency": "usd"}, 16: {"currency": ""},
        20: {"customer_id": "NaN"}, 21: {"order_id": "1,2E+11"}, 22: {"customer_id": "7.0"},
        23: {"customer_id": "C3\u200b"}, 24: {"order_id": "\ufeffA9"}, 25: {"order_id": "Zoe\u0308"},
        28: {"customer_id": "0012"}, 29: {"customer_id": "12"}, 30: {"order_id": "a3"},
        32: {"qty": "1.250"}, 33: {"qty": "-21.500"},
        26: {"order_id": "Zoë 1.0"}, 27: {"order_id": "1E7", "customer_id": "Nana"},
        17: {"order_id": letters(255)}, 18: {"currency": "GBP", "amount": "no"},
    })  # fmt: skip
    missing = {"row_condition": "amount_raw is null"}
    tests: Tests = {
        "amount": [
            {
                EXPECT + "not_be_null": {
                    "arguments": missing,
                    "config": {"meta": {"ready": {"max_share": 0.06}}},
                }
            },
            {EXPECT + "be_between": {"arguments": {"min_value": 0}}},
        ]
    }
    columns = {**MAPPED, "quantity": QUANTITY, "available_at": "changed"}
    shop.configure(columns, tests)
    errors, warnings = shop.gate()
    assert errors == [
        f"customer_id has 1 value(s) longer than 255 characters; {OPEN_QUOTE}",
        f"order_id has 1 value(s) longer than 255 characters; {OPEN_QUOTE}",
        "currency has 2 currencies in orders that are summed: EUR 51, USD 2, such as orders.csv:16: USD. Map"
        " the amounts of one currency, or set the others aside: `currency: COLUMN` in orders.yaml, and in"
        " expectations.yaml expect_column_values_to_be_in_set with `meta: {ready_on_fail: quarantine}`",
        "available_at has 1 invalid timestamp(s)",
        "quantity has 2 non-numeric value(s)",
    ]
    marks = (
        "quantity has 2 value(s) whose mark may part thousands as well as decimals, such as orders.csv:34:"
        " 1.250. If it parts thousands, say decimal and thousands in orders.yaml; if not, relax the rule"
    )
    odd_ids = [
        f"{text}. Export them as text, or mend them by an expression in orders.yaml" for text in ODD_IDS
    ]
    assert warnings == [
        "amount has 1 null(s): 1 of 60 rows, allowed 6%",
        "currency has 1 null(s), whose amounts are summed with those of the others",
        "status has 2 null(s), which are no purchases",
        f"channel has 1 value(s) longer than 1000 characters; {OPEN_QUOTE}",
        marks,
        *odd_ids,
        "amount has 2 non-numeric value(s)",
    ]
    assert shop.samples("typed_values") == [(8, "soon"), (5, "1,5"), (6, "2 pcs")]
    assert shop.samples("one_currency") == [(16, "USD"), (17, "usd")]
    assert sorted(line for line, _ in shop.samples("odd_ids"))[:2] == [22, 23]

    # An entry of the file decides where there is one; a rule is relaxed by its name.
    none_missing = {
        EXPECT + "not_be_null": {"arguments": missing, "config": {"meta": {"ready": {"max_share": 0.01}}}}
    }
    warn = {"config": {"severity": "warn"}}
    shop.configure(
        columns,
        {
            "quantity": [{"valid_number": warn}],
            "available_at": [{"valid_timestamp": warn}],
            "status": [{"not_null": warn}],
            "currency": [
                {EXPECT + "be_in_set": {"arguments": {"value_set": ["EUR"]}, **warn}},
                {"not_null": warn},
            ],
            "amount": [none_missing, {"valid_number": warn}],
        },
        {
            "long_ids": {"severity": "warn"},
            "long_texts": {"longest": 2000},
            "odd_ids": {"severity": "error"},
            "marks_are_certain": {"severity": "error"},
        },
    )
    errors, warnings = shop.gate()
    assert errors == ["amount has 1 null(s): 1 of 60 rows, allowed 1%", marks, *odd_ids]
    assert warnings == [
        "quantity has 2 non-numeric value(s)",
        "available_at has 1 invalid timestamp(s)",
        "status has 2 null(s)",
        "currency has 4 invalid value(s)",
        "currency has 1 null(s)",
        "amount has 2 non-numeric value(s)",
        f"customer_id has 1 value(s) longer than 255 characters; {OPEN_QUOTE}",
        f"order_id has 1 value(s) longer than 255 characters; {OPEN_QUOTE}",
    ]


def test_rules_that_look_at_nothing_are_told_and_clean_data_says_nothing(shop: Shop) -> None:
    shop.deliver({n: {"channel": ""} for n in range(60)})
    copy(PROJECT / "configs" / "expectations.yaml", shop.folder / "shipped.yaml")
    shop.configure(MAPPED, {
        "status": [{EXPECT + "not_be_in_set": {"arguments": {"value_set": ["Lost"]}}}],
        "amount": [
            {EXPECT + "be_between": {"arguments": {"min_value": 0}, "config": {"where": "currency = 'eur'"}}},
            {EXPECT + "be_in_set": {"arguments": {"value_set": ["0.5", 1.5]},
                                    "config": {"where": "amount < 2 and amount_raw is not null"}}},
        ],
        "channel": [{"accepted_values": {"arguments": {"values": ["web"]}}}],
    })  # fmt: skip
    errors, warnings = shop.gate()
    assert errors == []
    between = "check dbt_expectations_expect_column_values_to_be_between_orders_parsed_amount__0"
    of_lint = [warning.split(": ", 2)[2] for warning in warnings if not warning.startswith("check ")]
    assert of_lint == [
        "value_set[1]: status is lower case without hyphens, so it is never 'Lost'; write lost",
        "where: currency is upper case, so it is never 'eur'; write EUR",
    ]
    of_checks = [warning for warning in warnings if warning.startswith("check ")]
    assert [warning.split(" ", 2)[2] for warning in of_checks] == [
        "looked at no row (where currency = 'eur')",
        "looked at no value (channel is null in all 60 rows)",
    ]
    assert of_checks[0].startswith(between)

    shop.deliver({})
    (shop.folder / "shipped.yaml").replace(shop.folder / "configs" / "expectations.yaml")
    assert shop.gate() == ([], [])


def test_no_text_stops_a_run_at_an_index_and_a_blank_status_is_no_purchase(shop: Shop) -> None:
    """Texts of thousands of letters stay whole in stg.orders, and are counted as what they are."""
    names = [f"text_{n}" for n in range(8)]
    faults = {
        7: {"order_id": letters(9000)}, 8: {"customer_id": letters(9000)}, 9: {"order_id": letters(255)},
        10: {"status": ""}, 11: {"status": letters(5000)}, 12: {"currency": letters(5000)},
    }  # fmt: skip
    shop.deliver({n: {"channel": letters(3000 + n % 20), **faults.get(n, {})} for n in range(60)})
    columns = {**MAPPED, **dict.fromkeys(names, "channel")}
    relaxed = {"long_ids": {"severity": "warn"}, "one_currency": {"severity": "warn"}}
    shop.configure(columns, {"order_id": [{"not_null": {"config": {"severity": "warn"}}}]}, relaxed)
    features = yaml.safe_load((PROJECT / "configs" / "features.yaml").read_text())
    counted = {f"different_{name}": f"count_distinct of {name}" for name in ("order_id", "channel", *names)}
    category = {"rule": "count", "by": "text_0", "values": [letters(3012)]}
    meta = features["models"][0]["config"]["meta"]
    aggregations = {"orders": "count", "revenue": "sum of amount", **counted, "of": category}
    meta.update(ready_aggregations=aggregations, ready_windows=[365], ready_totals=["orders"])
    features["models"] = [{**model, "columns": []} for model in features["models"]]
    (shop.folder / "configs" / "features.yaml").write_text(yaml.safe_dump(features))
    shop.run("--data", shop.folder / "data", "--configs", shop.folder / "configs")
    assert shop.rows("select line_number, reason from stg.orders_rejected order by 1") == [
        (9, "order_id is longer than 255 characters"),
        (10, "customer_id is longer than 255 characters"),
    ]
    assert shop.value("select channel from stg.orders where order_id = 'A20'") == letters(3000)
    not_bought = "select line_number from stg.orders where not is_purchase order by 1"
    assert shop.rows(not_bought) == [(12,), (13,)]
    last = "from feats.customer_features where customer_id = 'C2' order by feature_time desc limit 1"
    assert shop.rows(f"select orders_365d, different_channel_365d, different_text_7_365d {last}") == [
        (6, 2, 2)
    ]
    assert shop.value(f"select of___365d {last}") == 3


# What a column that is not mapped is called, its usual value and another.
UNMAPPED = {
    "Währung": ("EUR", "usd"),
    "Currency Code": ("EUR", " € "),
    "cur2": ("EUR", "CHF"),
    "currency_rate": ("1.05", "1.06"),
    "is other currency": ("no", "yes"),
    "land": ("DE", "AT"),
}


def test_a_currency_is_found_where_none_is_mapped(shop: Shop) -> None:
    """Also in a file behind many records that have none. Last, for that file stays."""
    rows = [f"B{n},C1,2025-03-01,{n}" for n in range(600)]
    before = ["order_id,customer_id,order_ts,amount", *rows, ""]
    (shop.folder / "data" / "before.csv").write_text("\n".join(before))
    added = [{name: values[n == 50] for name, values in UNMAPPED.items()} for n in range(60)]
    shop.deliver(dict(enumerate(added)))
    shop.configure({name: MAPPED[name] for name in list(MAPPED)[:4]}, {"order_id": ["not_null"]})
    errors, warnings = shop.gate()
    assert [text.split(". Map the")[0] for text in errors] == [
        "Währung has 2 currencies in orders that are summed: EUR 59, USD 1",
        "cur2 has 2 currencies in orders that are summed: EUR 59, CHF 1",
    ]
    assert warnings == []
    assert shop.samples("one_currency") == [(52, "USD"), (52, "CHF")]

    # Where the amount's expression reads it, amounts are converted; a row that is no order does not count.
    converted = """case "cur2" when 'CHF' then number("amount") * 1.05 else number("amount") end"""
    shop.configure({**{name: name for name in list(MAPPED)[:3]}, "amount": {"expression": converted}}, {})
    shop.deliver(
        {**dict(enumerate(added)), 50: {**added[50], "customer_id": ""}, 51: {**added[51], "cur2": "CHF"}}
    )
    assert shop.gate() == ([], [])
