"""The proposal of orders.yaml: what files bear out, what is asked, and what of it `ready lint` thinks."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT

from loader import LoadOptions
from loader.head import read_head
from ready.definition.meta import node_meta
from ready.errors import CheckFailed, UsageError
from ready.lint import lint_configs
from ready.settings import Settings
from ready.suggest.mapping import fit_expectations, next_step, suggest_mapping, write_mapping
from ready.suggest.mapping.numbers import read_numbers
from ready.suggest.mapping.statuses import meaning_of
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
        self.meta = node_meta(model, "orders_mapped")
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
            "# shop: demo\n" + table(RECORDS[:30]) + "# page 2\n" + table(RECORDS[30:]).split("\n", 1)[1],
            {"comment": "#"},
        ),
        (
            "# shop: demo\n" + table([record(n, order_id=f"#{1000 + n}") for n in range(60)]),
            {"header_line": "order_id"},
        ),
        (
            ",,,,,,\n"
            + table(RECORDS)
            + '\n60,record(s) downloaded,"from Jan-03-24 , to Oct-29-24"\nSeller ID : me\n',
            {"header_line": "order_id", "footer_lines": r"\d+,record\(s\) downloaded\b"},
        ),
        (table(RECORDS) + "Totals:,,,4231.10,,,\n", {"footer_lines": "Totals:"}),
        (table(RECORDS) + "\nBestellungen gesamt,,,4231.10,,,\n", {"footer_lines": r"Bestellungen gesamt\b"}),
        (table(RECORDS) + ",,,4231.10,,,\n", {"footer_lines": 1}),
        (
            table([record(n, order_id=f"Total-{n:03}") for n in range(60)]) + "Total,,,41.10,,,\n",
            {"footer_lines": 1},
        ),
        (table(RECORDS).replace("\n", ",\n").replace("channel,", "channel"), {}),
        (table([[*row, "0.00"] for row in RECORDS], [*HEADER, "amount"]), {"repeated_names": "number"}),
        (table(RECORDS).split("\n", 1)[1], {"header": "none", "names": [f"column_{n}" for n in range(1, 8)]}),
    ],
    ids=[
        "notes",
        "comments",
        "comments between records",
        "a mark that orders have too",
        "marketplace",
        "total",
        "words of one's own",
        "a sum without a word",
        "a word that records begin with",
        "delimiter at line ends",
        "repeated name",
        "no header",
    ],
)
def test_what_stands_around_the_table(propose: Propose, text: str, settings: dict[str, Any]) -> None:
    assert propose(text).file == settings


def test_orders_with_the_mark_of_comments_are_read(tmp_path: Path) -> None:
    """What is proposed is what the loader reads all records with."""
    rows = [[f"#{1000 + n}", f"c{n % 9}@x.com", f"{day(n)}", "0.50"] for n in range(60)]
    file = tmp_path / "orders.csv"
    file.write_text("# shop\n" + table(rows, ["Name", "Email", "Created at", "Total"]))
    (model,) = yaml.safe_load(suggest_mapping([str(file)]))["models"]
    settings = model["config"]["meta"]["ready_file"]
    head = read_head(file, LoadOptions(**settings))
    assert [record.values["Name"] for record in head.records] == [row[0] for row in rows]


def test_a_footer_known_by_its_text_may_be_missing_and_a_counted_one_is_asked(propose: Propose) -> None:
    total = "Totals:,,,4231.10,,,\n"
    proposal = propose(table(RECORDS[:30]) + total, table(RECORDS[30:]))
    assert (proposal.file, proposal.asked) == ({"footer_lines": "Totals:"}, [])
    later = [record(n, order_id=f"Totals:{n}") for n in range(60, 90)]
    assert propose(table(RECORDS) + total, table(later)).asks("records of orders_1.csv begin with it")
    assert propose(table(RECORDS) + ",,,4231.10,,,\n", table(later)).asks("as many orders would be lost")


@pytest.mark.parametrize(
    "footer",
    [
        "Summe;;;1.234,50;;;",
        '"";"";"Gesamtbetrag";"1.234,50";"";"";""',
        '"60";"Datensätze";"";"";"";"";""',
        "Total: 60",
        "Erstellt am 31.12.2024 (Müller);;;;;;\nSeite 1;;;;;;",
        "-- Ende --",
    ],
)
def test_the_loader_leaves_out_what_is_proposed_as_the_footer(tmp_path: Path, footer: str) -> None:
    body = table(RECORDS, delimiter=";")
    (tmp_path / "a.csv").write_text(f"{body}{footer}\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(body, encoding="utf-8")
    (model,) = yaml.safe_load(suggest_mapping([str(tmp_path / "a.csv")]))["models"]
    options = LoadOptions(footer_lines=model["config"]["meta"]["ready_file"]["footer_lines"])
    assert isinstance(options.footer_lines, str)
    for name in ("a.csv", "b.csv"):
        assert [record.values["order_id"] for record in read_head(tmp_path / name, options).records] == [
            record[0] for record in RECORDS
        ]


@pytest.mark.parametrize("line", ["A00060,C1,,,,,", "A00060,,,,,,"])
def test_a_record_that_is_nearly_empty_is_no_footer(propose: Propose, line: str) -> None:
    assert propose(table(RECORDS) + line + "\n").file == {}


CUSTOMER_NUMBERS = (
    "Kd.-Nr.", "Kd-Nr", "KdNr", "KdNr.", "Kundennr.", "Kunden-Nr.", "Kunden Nummer", "Debitorennr.",
    "Cust. No.", "customer_no", "Client #", "CustomerNumber", "N° client", "n° de client",
    "Numéro du client", "Code client", "Réf. client", "nº cliente", "N.º de cliente", "Núm. cliente",
    "Código de cliente", "Código do cliente", "cod. cliente", "Codice cliente", "ID cliente", "klantnr",
    "Klantnr.", "Klant-ID", "Klantcode", "Afnemer nr",
)  # fmt: skip
PEOPLE = (
    "Müller, Jörg",
    "Schäfer GmbH & Co. KG",
    "Weiß, Änne",
    "Özdemir",
    "Groß; Söhne",
    "Krause",
    "3 Brüder GmbH",
)


@pytest.mark.parametrize("name", CUSTOMER_NUMBERS)
def test_a_customer_number_is_known_and_preferred_to_names(propose: Propose, name: str) -> None:
    header = [{"customer_id": name}.get(column, column) for column in HEADER]
    rows = [[*record(n, customer_id=f"{n * 7 % 23:06}"), PEOPLE[n % 7]] for n in range(60)]
    for people in ("Kunde", "Customer", "Cliente"):
        proposal = propose(table(rows, [*header, people]))
        assert (proposal.columns["customer_id"], proposal.asked) == (name, [])
        assert f"could also be {people}" in proposal.text


@pytest.mark.parametrize(
    "names", [PEOPLE, ("Krause", "Ågren", "Núñez"), ("A. Smith", "O'Neill, P.", "Acme Ltd.")]
)
def test_names_of_people_and_firms_are_no_ids(propose: Propose, names: Sequence[str]) -> None:
    header = [{"customer_id": "Kunde"}.get(column, column) for column in HEADER]
    rows = [[*record(n, customer_id=names[n % len(names)]), f"K{n * 7 % 23:03}"] for n in range(60)]
    proposal = propose(table(rows, [*header, "Konto"]))
    assert proposal.columns["customer_id"] == "Kunde"
    assert proposal.asks("a name is no id")
    assert "could also be Konto" in proposal.text


@pytest.mark.parametrize("ids", ["C{0:03}", "{0}", "c{0}@mail.example", "cus_{0}", "buyer_{0}"])
def test_ids_are_no_names(propose: Propose, ids: str) -> None:
    rows = [record(n, customer_id=ids.format(n * 7 % 23)) for n in range(60)]
    assert not propose(table(rows)).asked


@pytest.mark.parametrize(("value", "every"), [("0", 1.5), ("guest@shop.com", 3), ("-1", 6)])
def test_a_value_that_may_be_nobody_is_asked(propose: Propose, value: str, every: float) -> None:
    nobody = {int(n * every) for n in range(60)} & {*range(60)}
    rows = [record(n, customer_id=value if n in nobody else f"C{n}") for n in range(60)]
    proposal = propose(table(rows))
    assert proposal.columns["customer_id"] == "customer_id"
    assert proposal.asks(f"{value} is the customer of {len(nobody)} of 60 records")


@pytest.mark.parametrize("customers", [1, 2, 5, 23])
def test_a_shop_of_few_customers_asks_nothing(propose: Propose, customers: int) -> None:
    rows = [record(n, customer_id=f"C{n % customers}") for n in range(60)]
    assert not propose(table(rows)).asks("is the customer of")


def test_a_customer_id_of_another_name_is_told(propose: Propose) -> None:
    header = [{"customer_id": "Customer Email"}.get(column, column) for column in HEADER]
    rows = [[*record(n, customer_id=f"c{n % 9}@x.example"), f"cus_{n % 9}"] for n in range(60)]
    proposal = propose(table(rows, [*header, "Customer ID (metadata)"]))
    assert "could also be Customer ID (metadata)" in proposal.text


@pytest.mark.parametrize(
    "name",
    ["Gesamtbetrag brutto", "Bruttobetrag", "Gesamt brutto", "Endbetrag", "Betrag (brutto)",
     "Gesamtpreis inkl. MwSt.", "Montant TTC", "Total TTC", "Importe total con IVA", "Total bruto",
     "Totale lordo", "Totaal incl. btw"],
)  # fmt: skip
def test_what_the_customer_pays_is_the_amount(propose: Propose, name: str) -> None:
    header = [{"amount": "Warenwert netto"}.get(column, column) for column in HEADER]
    rows = [[*record(n), "4.90", f"{n}.90"] for n in range(60)]
    proposal = propose(table(rows, [*header, "Netto", name]))
    assert (proposal.columns["amount"], proposal.asked) == (name, [])


@pytest.mark.parametrize(
    "name", ["placed_at", "Placed on", "Erstellt am", "Créé le", "Fecha del pedido", "Criado em"]
)
def test_the_time_is_known_by_its_name(propose: Propose, name: str) -> None:
    header = [{"order_ts": name}.get(column, column) for column in HEADER]
    rows = [[*record(n), f"{day(n)}T12:00:00Z"] for n in range(60)]
    proposal = propose(table(rows, [*header, "exported"]))
    assert (proposal.columns["order_ts"], proposal.asked) == (name, [])


def test_a_kind_that_is_all_below_zero_is_no_sale(propose: Propose) -> None:
    kinds = (
        "Web Payment",
        "Mass Pay Payment",
        "Allgemeine Zahlung",
        "Rückzahlung",
        "Paiement",
        "Remboursement",
    )
    rows = [[*record(n, amount=f"{'-' if n % 2 else ''}{n + 1}.50"), kinds[n % 6]] for n in range(60)]
    proposal = propose(table(rows, [*HEADER, "Type"]))
    assert proposal.meta["rows"] == "\"Type\" in ('Web Payment', 'Allgemeine Zahlung', 'Paiement')"
    assert proposal.asks("left out Mass Pay Payment (all below zero) 10, Rückzahlung 10, Remboursement 10")


def test_a_ledger_of_amounts_below_zero_alone_is_asked(propose: Propose) -> None:
    rows = [[*record(n, amount=f"-{n + 1}.50"), ("Sale", "Refund")[n % 2]] for n in range(60)]
    proposal = propose(table(rows, [*HEADER, "Type"]))
    assert proposal.meta["rows"] == "\"Type\" in ('Sale')"
    assert proposal.asks("30 are below zero")


@pytest.mark.parametrize(
    "word", ["processing", "wc-processing", "In Bearbeitung", "En cours", "In lavorazione"]
)
def test_an_order_that_is_underway_is_asked_with_its_share(propose: Propose, word: str) -> None:
    proposal = propose(table([record(n, status="completed" if n % 5 else word) for n in range(60)]))
    assert f"when '{word.lower()}' then 'pending'" in proposal.columns["status"]["expression"]
    assert proposal.asks(f"{word.lower()}, 12 of 60 records (20.0%), is taken as not paid yet")


@pytest.mark.parametrize("word", ["closed", "Closed"])
def test_a_closed_order_is_asked_with_its_share(propose: Propose, word: str) -> None:
    proposal = propose(table([record(n, status="complete" if n % 5 else word) for n in range(60)]))
    assert "when 'closed' then 'completed'" in proposal.columns["status"]["expression"]
    assert proposal.asks(
        "closed, 12 of 60 records (20.0%), is taken as done, so it is a purchase; in Magento"
    )


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        *[(word, "returned") for word in (
            "Retoure", "Rückerstattet", "Rückerstattung", "Remboursée", "Retour", "Reembolsado", "Devuelta",
            "Devolvido", "Estornado", "Rimborsato", "Reso", "Terugbetaald", "Geretourneerd", "wc-refunded")],
        *[(word, "completed") for word in (
            "Teilweise erstattet", "Partially-Refunded", "Partiellement remboursé",
            "Reembolsado parcialmente", "Parcialmente reembolsado", "Parzialmente rimborsato",
            "Gedeeltelijk terugbetaald")],
    ],
)  # fmt: skip
def test_what_is_given_back_is_known_in_seven_languages(word: str, meaning: str) -> None:
    assert meaning_of(word) == meaning


def test_words_of_a_status_are_known_in_a_column_of_any_name(propose: Propose) -> None:
    header = [{"status": "Stand"}.get(column, column) for column in HEADER]
    proposal = propose(table([record(n, status=("Bezahlt", "Storniert")[n % 2]) for n in range(60)], header))
    assert '"Stand"' in proposal.columns["status"]["expression"]
    assert proposal.asks("chosen by what it holds")


@pytest.mark.parametrize(
    "name", ["Número do pedido", "Auftragsnr.", "Bestell-Nr.", "N° de commande", "Order Ref."]
)
def test_an_order_number_is_known_by_its_name(propose: Propose, name: str) -> None:
    header = [{"order_id": name}.get(column, column) for column in HEADER]
    proposal = propose(table([[*row, f"Z{n:05}"] for n, row in enumerate(RECORDS)], [*header, "Id"]))
    assert (proposal.columns["order_id"], proposal.asked) == (name, [])


def test_a_part_that_no_column_gives_back_is_asked(propose: Propose) -> None:
    rows = [record(n, status="bezahlt" if n % 5 else "Teilweise erstattet") for n in range(60)]
    assert propose(table(rows)).asks("teilweise erstattet 12 count with the whole amount")
    proposal = propose(table([[*row, "0.00"] for row in rows], [*HEADER, "Erstattet"]))
    assert not proposal.asks("count with the whole amount")


@pytest.mark.parametrize(
    ("zones", "zone", "asked"),
    [
        (("BST", "GMT"), "Europe/London", None),
        (("MEZ", "MESZ"), "Europe/Berlin", None),
        (("America/Denver",), "America/Denver", None),
        (("GMT",), None, "say another with timezone: Europe/London"),
        (("PST", "BST"), None, "say another with timezone: America/Los_Angeles or Europe/London"),
        (("XYZ",), None, "say another with timezone: Europe/Berlin or the like"),
    ],
)
def test_the_zone_is_the_one_that_the_file_has(
    propose: Propose, zones: Sequence[str], zone: str | None, asked: str | None
) -> None:
    rows = [[*record(n, order_ts=f"{day(n)} 10:30"), zones[n % len(zones)]] for n in range(60)]
    proposal = propose(table(rows, [*HEADER, "Time Zone"]))
    if zone:
        assert (proposal.columns["order_ts"], proposal.asked) == (
            {"column": "order_ts", "timezone": zone},
            [],
        )
    else:
        assert proposal.asks(str(asked))


@pytest.mark.parametrize(
    ("name", "zone"),
    [("Date (CET)", "Europe/Berlin"), ("Created date (UTC)", "UTC"), ("date_created_gmt", "UTC")],
)
def test_a_zone_in_the_name_of_the_column(propose: Propose, name: str, zone: str) -> None:
    header = [{"order_ts": name}.get(column, column) for column in HEADER]
    proposal = propose(table([record(n, order_ts=f"{day(n)} 10:30") for n in range(60)], header))
    assert proposal.columns["order_ts"] == {"column": name, "timezone": zone}


def test_a_file_without_a_word_is_empty(propose: Propose) -> None:
    proposal = propose(table(RECORDS), "", "\n \n")
    assert "orders_1.csv: empty" in proposal.text
    assert "orders_2.csv: empty" in proposal.text
    assert not proposal.asked


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


def test_columns_in_another_order_are_the_same_table(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(table(RECORDS))
    (tmp_path / "2.csv").write_text(table([record[::-1] for record in RECORDS], HEADER[::-1]))
    text = suggest_mapping([str(tmp_path)])
    assert f"{2 * len(RECORDS)} records of 1.csv, 2.csv" in text
    assert "left out" not in text


def test_tables_of_other_columns_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id,name\n1,Ada\n2,Ben\n")
    (tmp_path / "orders.csv").write_text(table(RECORDS))
    (tmp_path / "page.csv").write_text("Service Unavailable\n")
    text = suggest_mapping([str(tmp_path)])
    assert yaml.safe_load(text)["models"][0]["config"]["meta"]["ready_file"]["pattern"] == "orders*.csv"
    assert "left out, as other columns make another table: customers.csv" in text
    assert "page.csv: no table" in text


@pytest.mark.parametrize(
    ("names", "others", "pattern"),
    [
        (["orders_2025-01", "orders_2025-02"], ["visits"], "orders*.csv"),
        (["Orders (1)", "Orders"], ["visits"], "Orders*.csv"),
        (["orders"], ["Orders_old"], "orders.csv"),
        (["jan", "jul"], ["page"], "*.csv"),
        (["2025-01"], ["page"], "2025-01.csv"),
    ],
)
def test_the_next_delivery_fits_the_pattern(
    tmp_path: Path, names: list[str], others: list[str], pattern: str
) -> None:
    for number, name in enumerate(names):
        (tmp_path / f"{name}.csv").write_text(table(RECORDS[number:]))
    for name in others:
        (tmp_path / f"{name}.csv").write_text("id,name\n1,Ada\n2,Ben\n")
    meta = yaml.safe_load(suggest_mapping([str(tmp_path)]))["models"][0]["config"]["meta"]
    assert meta["ready_file"]["pattern"] == pattern


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


def written(folder: Path, *texts: str) -> tuple[Settings, str | None]:
    """The shipped configs with a proposal for files of these texts, and what is told of the expectations."""
    configs = folder / "configs"
    if not configs.exists():
        shutil.copytree(PROJECT / "configs", configs)
    (folder / "data").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / "data" / f"{number}.csv").write_text(text, encoding="utf-8")
    settings = replace(Settings.resolve(), configs=configs)
    write_mapping(settings, suggest_mapping([str(folder / "data")]))
    return settings, fit_expectations(settings)


SHORT = table([row[:4] for row in RECORDS], HEADER[:4])


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (table(RECORDS), None),
        (SHORT, "on currency, status, channel"),
        (table([r for row in RECORDS for r in (row, [*row[:3], "1.50", *row[4:]])]), "unique_within_load"),
    ],
    ids=["all columns", "few columns", "lines"],
)
def test_what_is_written_has_no_faults_of_its_own(tmp_path: Path, text: str, taken: str | None) -> None:
    settings, told = written(tmp_path, text)
    assert told is None if taken is None else f"Took rules that do not fit the mapping ({taken})" in str(told)
    assert lint_configs(settings) == []


def test_rules_that_a_person_wrote_stay_and_are_told(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    gate = tmp_path / "configs" / "expectations.yaml"
    text = gate.read_text() + "# mine\n"
    gate.write_text(text)
    _, told = written(tmp_path, SHORT)
    assert "has rules that do not fit the mapping (on currency, status, channel): take them out" in str(told)
    assert gate.read_text() == text


def test_the_next_step_names_the_files(tmp_path: Path) -> None:
    (tmp_path / "my data").mkdir()
    (tmp_path / "my data" / "a.csv").write_text(SHORT)
    assert f"# Next: ready lint --data '{tmp_path}/my data'\n" in suggest_mapping([str(tmp_path / "my data")])
    assert next_step(["a"], "mine") == "ready lint --configs mine --data a"


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
