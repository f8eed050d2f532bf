"""The proposal of orders.yaml: what files bear out, what is asked, and what of it `ready lint` thinks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT

from ready.errors import CheckFailed, UsageError
from ready.settings import Settings
from ready.suggest.mapping import suggest_mapping, write_mapping
from ready.suggest.mapping.numbers import read_numbers
from ready.suggest.mapping.times import read_numeric_times, read_times

HEADER = ["order_id", "customer_id", "order_ts", "amount", "currency", "status", "channel"]
STATUSES = ("completed", "shipped", "cancelled", "returned")


def day(number: int) -> date:
    return date(2024, 1, 3) + timedelta(days=5 * number)


def record(number: int, **changed: str) -> list[str]:
    values = {
        "order_id": f"A{number:05}",
        "customer_id": f"C{number * 7 % 23:03}",
        "order_ts": f"{day(number)}T11:47:25Z",
        "amount": f"{number * 37 % 90}.{number % 90 + 10}",
        "currency": "EUR",
        "status": STATUSES[number % 4],
        "channel": ("web", "store")[number % 2],
        **changed,
    }
    return list(values.values())


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


RECORDS = [record(number) for number in range(60)]


class Proposal:
    """What is proposed for files of these texts: its yaml, and the comments that ask."""

    def __init__(self, folder: Path, *texts: str) -> None:
        for number, text in enumerate(texts):
            (folder / f"orders_{number}.csv").write_text(text, encoding="utf-8")
        self.text = suggest_mapping([str(folder)])
        (model,) = yaml.safe_load(self.text)["models"]
        self.meta: dict[str, Any] = model["config"]["meta"]
        self.columns: dict[str, Any] = self.meta["columns"]
        comments = " ".join(line.strip().lstrip("# ") for line in self.text.splitlines() if "#" in line)
        self.asked = [told.split(". ")[0] for told in comments.split("CHECK: ")[1:]]

    @property
    def file(self) -> dict[str, Any]:
        return {key: value for key, value in self.meta["file"].items() if key not in ("source", "pattern")}

    def asks(self, words: str) -> bool:
        return any(words in asked for asked in self.asked)


@pytest.fixture
def propose(tmp_path: Path) -> Callable[..., Proposal]:
    return lambda *texts: Proposal(tmp_path, *texts)


Propose = Callable[..., Proposal]


def test_a_plain_file_needs_nothing_said(propose: Propose) -> None:
    proposal = propose(table(RECORDS))
    assert proposal.columns == {name: name for name in HEADER}
    assert (proposal.file, proposal.meta["grain"], proposal.asked) == ({}, "order", [])


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (
            '"Konto:";"1234 / Shop"\n""\n"Saldo:";""\n\n' + table(RECORDS, delimiter=";"),
            {"delimiter": ";", "header_line": "order_id"},
        ),
        ("# made by export 3.1\n# shop: demo\n" + table(RECORDS), {"comment": "#"}),
        (
            ",,,,,,\n"
            + table(RECORDS)
            + '\n60,record(s) downloaded,"from Jan-03-24 , to Oct-29-24"\nSeller ID : me\n',
            {"header_line": "order_id", "footer_lines": 2},
        ),
        (table(RECORDS) + "Totals:,,,4231.10,,,\n", {"footer_lines": 1}),
        (table(RECORDS).replace("\n", ",\n").replace("channel,", "channel"), {}),
        (table([[*row, "0.00"] for row in RECORDS], [*HEADER, "amount"]), {"repeated_names": "number"}),
        (table(RECORDS).split("\n", 1)[1], {"header": "none", "names": [f"column_{n}" for n in range(1, 8)]}),
    ],
    ids=["notes", "comments", "marketplace", "total", "delimiter at line ends", "repeated name", "no header"],
)
def test_what_stands_around_the_table(propose: Propose, text: str, settings: dict[str, Any]) -> None:
    assert propose(text).file == settings


def test_a_file_without_a_header_is_read_by_what_it_holds(propose: Propose) -> None:
    proposal = propose(table(RECORDS).split("\n", 1)[1])
    needed = {name: proposal.columns[name] for name in ("order_id", "customer_id", "order_ts", "amount")}
    assert list(needed.values()) == ["column_1", "column_2", "column_3", "column_4"]
    assert proposal.asks("chosen by what it holds")


GERMAN = ["Bestellnummer", "Kundennummer", "Datum", "Summe", "Status"]


def test_names_notations_and_words_of_another_language(propose: Propose) -> None:
    words = ("bezahlt", "versandt", "storniert", "im Himmel")
    rows = [
        [f"B{n}", f"K{n % 9}", f"{day(n):%d.%m.%Y} 10:30", f"1.{n + 100},50 €", words[n % 4]]
        for n in range(60)
    ]
    proposal = propose(table(rows, GERMAN, ";"))
    assert proposal.columns == {
        "order_id": "Bestellnummer",
        "customer_id": "Kundennummer",
        "order_ts": {"column": "Datum", "format": "DD.MM.YYYY HH24:MI"},
        "amount": {"column": "Summe", "decimal": ",", "thousands": ".", "currency": "€"},
        "status": {
            "expression": "case lower(\"Status\") when 'bezahlt' then 'completed' "
            "when 'storniert' then 'cancelled' when 'versandt' then 'shipped' else \"Status\" end"
        },
    }
    assert "13.01.2024 10:30 rules out MM.DD.YYYY HH24:MI" in proposal.text
    assert proposal.asks("not known, so left as they are and no purchases: im himmel 15")
    assert proposal.asks("60 times state no zone")


def test_day_or_month_first_is_asked_where_no_text_tells(propose: Propose) -> None:
    rows = [record(n, order_ts=f"0{n % 9 + 1}/0{n // 7 % 9 + 1}/2024") for n in range(60)]
    proposal = propose(table(rows))
    assert proposal.columns["order_ts"]["format"] == "MM/DD/YYYY"
    assert proposal.asks("DD/MM/YYYY reads them just as well")


def test_a_mark_before_three_digits_is_asked(propose: Propose) -> None:
    proposal = propose(table([record(n, amount=f"{n % 9 + 1}.{n + 100}") for n in range(60)]))
    assert proposal.asks("part thousands or decimals?")


def test_null_words_are_those_of_the_mapped_columns(propose: Propose) -> None:
    rows = [record(n, order_ts="n/a" if n == 7 else f"{day(n):%d-%b-%y}") for n in range(60)]
    proposal = propose(table(rows))
    assert proposal.meta["null_words"] == ["n/a"]
    assert proposal.columns["order_ts"] == {"column": "order_ts", "format": "DD-Mon-YY"}


def test_blank_statuses_are_told(propose: Propose) -> None:
    proposal = propose(table([record(n, status="" if n % 4 == 0 else "completed") for n in range(60)]))
    assert proposal.asks("15 records have no status: they are no purchases")


LINES = ["order_id", "customer_id", "order_ts", "amount", "line"]


def lines(price: Callable[[int, int], str]) -> list[list[str]]:
    return [
        [f"A{n}", f"C{n % 9}", f"{day(n)}T00:00:00Z", price(n, line), str(line)]
        for n in range(30)
        for line in (1, 2)
    ]


def test_order_lines_and_what_tells_them_apart(propose: Propose) -> None:
    proposal = propose(table(lines(lambda n, line: f"{n + line}.50"), LINES))
    assert proposal.meta["grain"] == "order_line"
    assert proposal.columns["line_id"] == "line"
    assert proposal.columns["amount"] == "amount"
    assert not proposal.asked


def test_one_amount_on_all_lines_is_asked(propose: Propose) -> None:
    proposal = propose(table(lines(lambda n, line: f"{n}.50"), LINES))
    assert proposal.columns["amount"] == "amount"
    assert proposal.asks("if it is the whole order's, add of: order")


def test_an_amount_on_the_first_line_alone_is_the_orders(propose: Propose) -> None:
    proposal = propose(table(lines(lambda n, line: f"{n}.50" if line == 1 else ""), LINES))
    assert proposal.columns["amount"] == {"column": "amount", "of": "order"}


def test_the_price_of_a_piece_is_multiplied(propose: Propose) -> None:
    header = ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    rows = [
        [f"5{n // 2:05}", f"{n // 2 % 9}.0", f"{day(n // 2)}", str(n % 3 + 1), f"{n}.25"] for n in range(60)
    ]
    proposal = propose(table(rows, header))
    assert proposal.columns["amount"] == {"expression": 'number("Quantity") * number("UnitPrice")'}
    assert proposal.columns["customer_id"] == {"expression": "split_part(\"CustomerID\", '.', 1)"}


def test_ids_of_two_shops_are_made_unique_and_asked(propose: Propose) -> None:
    shops = [[record(n, order_id=f"#{n}", customer_id=f"{shop}{n % 9}") for n in range(60)] for shop in "AB"]
    proposal = propose(*map(table, shops))
    assert proposal.columns["order_id"] == {"expression": "file_name || '/' || \"order_id\""}
    assert proposal.asks("60 come again in another file with another customer, such as #0")


def test_a_redelivery_is_no_order_line(propose: Propose) -> None:
    proposal = propose(table(RECORDS[:40]), table(RECORDS[20:]))
    assert proposal.meta["grain"] == "order"
    assert "20 ids are in several files" in proposal.text
    assert not proposal.asked


def test_records_that_are_no_sales_are_left_out_and_told(propose: Propose) -> None:
    kinds = ("Order", "Order", "Withdrawal", "Order Refund")
    rows = [[*record(n), kinds[n % 4]] for n in range(60)]
    proposal = propose(table(rows, [*HEADER, "Type"]))
    assert proposal.meta["rows"] == "\"Type\" in ('Order')"
    assert proposal.asks("left out Withdrawal 15, Order Refund 15")


def test_day_and_clock_in_two_columns(propose: Propose) -> None:
    header = [name if name != "order_ts" else "Date" for name in HEADER]
    rows = [[*record(n, order_ts=f"{day(n):%m/%d/%Y}"), "14:30:05", "PDT"] for n in range(60)]
    proposal = propose(table(rows, [*header, "Time", "TimeZone"]))
    assert proposal.columns["order_ts"] == {
        "expression": '"Date" || \' \' || "Time"',
        "format": "MM/DD/YYYY HH24:MI:SS",
        "timezone": "America/Los_Angeles",
    }


def test_columns_that_correct_the_amount_are_asked_for(propose: Propose) -> None:
    rows = [[*record(n), "1.00" if n % 20 == 0 else "0.00"] for n in range(60)]
    assert propose(table(rows, [*HEADER, "Refunded Amount"])).asks("Refunded Amount is not 0 in 3 records")


def test_a_state_of_a_country_is_no_status(propose: Propose) -> None:
    rows = [record(n, status=("Kentucky", "Ohio")[n % 2], order_ts=f"{day(n):%m/%d/%Y}") for n in range(60)]
    header = [{"status": "State", "amount": "Sales (USD)"}.get(name, name) for name in HEADER]
    proposal = propose(table(rows, header))
    assert "status" not in proposal.columns
    assert proposal.columns["amount"] == "Sales (USD)"


def test_tables_of_other_columns_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id,name\n1,Ada\n2,Ben\n")
    (tmp_path / "orders.csv").write_text(table(RECORDS))
    (tmp_path / "page.csv").write_text("Service Unavailable\n")
    text = suggest_mapping([str(tmp_path)])
    assert yaml.safe_load(text)["models"][0]["config"]["meta"]["file"]["pattern"] == "orders.csv"
    assert "left out, as other columns make another table: customers.csv" in text
    assert "page.csv: no table" in text


def test_what_cannot_be_read_has_one_message(tmp_path: Path) -> None:
    (tmp_path / "page.csv").write_text("Service Unavailable\n")
    with pytest.raises(CheckFailed, match="none of the files is a table"):
        suggest_mapping([str(tmp_path)])
    with pytest.raises(UsageError, match="no such file"):
        suggest_mapping([str(tmp_path / "missing.csv")])


def test_what_stands_in_a_file_is_neither_yaml_nor_jinja_nor_sql(propose: Propose) -> None:
    header = ["order: {{ env }}", "Order\x1b[2J ID", "Kunde'; --", "Datum", "Summe", "Status"]
    evil = ("paid'); drop table x; --", "{{ evil }}", "# paid", "paid: [1")
    rows = [["x", f"B{n}", f"K{n % 9}", str(day(n)), f"{n}.5", evil[n % 4]] for n in range(60)]
    proposal = propose(table(rows, header))
    assert "{{" not in yaml.safe_dump(proposal.meta)
    assert "\x1b" not in proposal.text
    assert proposal.columns["customer_id"] == "Kunde'; --"


def test_it_is_written_where_nobody_has_written_one(tmp_path: Path) -> None:
    settings = replace(Settings.resolve(), configs=tmp_path)
    file = write_mapping(settings, "version: 2\n")
    assert file.read_text() == "version: 2\n"
    with pytest.raises(UsageError, match="is there already"):
        write_mapping(settings, "version: 3\n")
    file.write_bytes((PROJECT / "configs" / "orders.yaml").read_bytes())
    write_mapping(settings, "version: 3\n")
    assert file.read_text() == "version: 3\n"
    with pytest.raises(UsageError):
        write_mapping(Settings.resolve(), "version: 4\n")


@pytest.mark.parametrize(
    ("text", "form", "language"),
    [
        ("03-Jan-24", "DD-Mon-YY", None),
        ("Jan-03-24 11:47:25", "Mon-DD-YY HH24:MI:SS", None),
        ("15-Dez-24", "DD-Mon-YY", "de"),
        ("15 déc. 2024", "DD Mon YYYY", "fr"),
        ("12/30/25 1:05 PM", "MM/DD/YY HH12:MI AM", None),
        ("2024/12/30", "YYYY/MM/DD", None),
        ("20241230", "YYYYMMDD", None),
        ("2025-05-15 20:26:50 -0500", None, None),
        ("2025-05-15T20:26:50.123Z", None, None),
    ],
)
def test_notations_of_times(text: str, form: str | None, language: str | None) -> None:
    found = read_times([text])
    assert found
    assert (found.format, found.language) == (form, language)


@pytest.mark.parametrize("text", ["A0001", "12.50", "2024-13-01", "30/30/2024", "12345678", "3 Foo 2024"])
def test_what_is_no_time(text: str) -> None:
    assert read_times([text]) is None


def test_numbers_are_times_only_within_reason() -> None:
    named = {"1704282445": "epoch_seconds", "1704282445123": "epoch_milliseconds", "45384.5": "excel_days"}
    assert {text: getattr(read_numeric_times([text]), "format", None) for text in named} == named
    assert read_numeric_times(["12"]) is None


@pytest.mark.parametrize(
    ("texts", "marks", "value"),
    [
        (["1.234,50", "7"], (",", "."), "1234.50"),
        (["1,234.50"], (".", ","), "1234.50"),
        (["1 234,50"], (",", " "), "1234.50"),
        (["1’234.50"], (".", "'"), "1234.50"),
        (["$1,234.50"], (".", ","), "1234.50"),
        (["(12.50)"], (".", None), "-12.50"),
        (["12.50-"], (".", None), "-12.50"),
        (["-$45.00"], (".", None), "-45.00"),
        (["EUR 12,5"], (",", None), "12.5"),
        (["1.234.567"], (",", "."), "1234567"),
    ],
)
def test_notations_of_numbers(texts: list[str], marks: tuple[str, str | None], value: str) -> None:
    found = read_numbers(texts)
    assert found
    assert (found.decimal, found.thousands) == marks
    assert found.value(texts[0]) == Decimal(value)
