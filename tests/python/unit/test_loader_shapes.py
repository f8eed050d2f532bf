"""Files as people have them: lines above the header and below the data, delimiters and blanks too many."""

from __future__ import annotations

import gzip
import io
import zipfile
from contextlib import closing
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loader_case import Table, read_csv

from loader import FileRefused, InputError, LoadOptions
from loader.blocks import BLOCK
from loader.files import find_files
from loader.reading import read_records
from loader.results import FileResult, Silent
from loader.source import CsvSource
from loader.spool import RejectSpool
from loader.streams import ByteStream

COLUMNS = ("order_id", "customer_id", "order_ts", "amount", "status")
HEADER = ",".join(COLUMNS)
ORDERS = [f"A{n},C{n % 7},2024-{n % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z,{n}.50,completed" for n in range(60)]
NOTES = [
    '"Includes marketplace transactions, 2024"',
    '"All amounts in EUR, unless specified"',
    '"Definitions:"',
    "",
]
PAIRS = ['"Konto:";"1234567890 / Shop"', '""', '"Von: ";"01.01.2024"', '"Saldo am 31.12.2024:";""', '""']
PADDED = ["Report of 2024,,,,", ",,,,"]


def text(*lines: str, end: str = "\n") -> bytes:
    return end.join([*lines, ""]).encode()


def semicolons(lines: list[str]) -> list[str]:
    return [line.replace(",", ";") for line in lines]


def values(lines: list[str]) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, line.split(","), strict=True)) for line in lines]


def refusal(data: bytes, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read_csv(data, **options)
    return caught.value


def noted(table: Table, words: str) -> bool:
    return any(words in note for note in table.notes)


# Where the header is ----------------------------------------------------------------------------------

ABOVE = {
    "notes": (NOTES, [HEADER, *ORDERS], 5, "header_line: 5"),
    "pairs": (PAIRS, semicolons([HEADER, *ORDERS]), 6, "header_line: 6"),
    "padded": (PADDED, [HEADER, *ORDERS], 3, "header_line: 3"),
    "an open quote": (['"Orders of 2024', "", "by shop"], [HEADER, *ORDERS], 4, "header_line: 4"),
    "more notes than orders": ([f"Note {n}" for n in range(70)], [HEADER, *ORDERS], 71, "header_line: 71"),
    "one title": (["Orders, exported by Shop"], [HEADER, *ORDERS], 2, "header_line: 2"),
    "comments": (["# export 3.1", "# shop: demo"], [HEADER, *ORDERS], 3, 'comment: "#"'),
    "slashes": (["// export 3.1"], [HEADER, *ORDERS], 2, 'comment: "//"'),
}


@pytest.mark.parametrize("expected", [(), COLUMNS], ids=["", "with the mapping"])
@pytest.mark.parametrize(("above", "below", "line", "setting"), ABOVE.values(), ids=ABOVE)
def test_the_line_that_looks_like_the_header_is_named_with_its_setting(
    above: list[str], below: list[str], line: int, setting: str, expected: tuple[str, ...]
) -> None:
    data = text(*above, *below)
    refused = refusal(data, expected_columns=expected, max_rejects="100%")
    assert f"line {line} looks like the header: {below[0]}" in refused.message
    assert f"set file: {{{setting}}} in orders.yaml" in str(refused.hint)
    assert "max-rejects" not in str(refused.hint)
    options = {"comment": setting.split('"')[1]} if "comment" in setting else {"header_line": line}
    for found in (read_csv(data, **options), read_csv(data, header_line="order_id")):
        assert (found.payloads, found.rejects) == (values(ORDERS), [])
        assert found.rows[0][0] == line + 1
        assert noted(found, "above the header left out")


def test_the_mapping_tells_the_header_where_its_look_does_not() -> None:
    """Names and values are words alike."""
    lines = ["shop", "some,words,here", "order_id,customer_id,note", "a,b,c", "d,e,f"]
    assert "line 3 looks like" in refusal(text(*lines), expected_columns=COLUMNS).message


def test_renamed_columns_are_looked_for_by_their_names_in_the_file() -> None:
    names = {"Nr": "order_id", "Kunde": "customer_id"}
    data = text("shop,a", "Nr,Kunde", "a,b", "c,d")
    refused = refusal(data, expected_columns=("order_id", "customer_id"), names=names)
    assert "line 2 looks like" in refused.message
    assert read_csv(data, names=names, header_line=2).columns == ("order_id", "customer_id")


@pytest.mark.parametrize("line", [7, 99, "Order"])
def test_a_header_that_is_not_where_it_is_said_to_be_is_refused(line: int | str) -> None:
    """Exports change: an order that is taken for the header would be lost."""
    refused = refusal(text(*NOTES, HEADER, *ORDERS), header_line=line)
    assert str(line) in refused.message
    assert "header_line" in str(refused.hint)


def test_line_1_is_the_header_whatever_it_looks_like_when_that_is_said() -> None:
    data = text("2024-01-01,2024-01-02", "1.50,2.50")
    assert "looks like values" in refusal(data).message
    assert read_csv(data, header_line=1).columns == ("2024-01-01", "2024-01-02")


def test_a_header_of_years_and_one_with_more_words_than_values_are_headers() -> None:
    for lines in (["id,2023,2024", "A,5,6"], ["id,note,,", "A,b,,", "C,d,x,"], ["1,2", "3,4"]):
        assert read_csv(text(*lines)).rejects == []


# Without a header -------------------------------------------------------------------------------------


def test_a_file_that_begins_with_values_asks_for_names() -> None:
    refused = refusal(text(*ORDERS), expected_columns=COLUMNS)
    assert refused.message.startswith(f"t.csv, line 1 looks like values, not like a header: {ORDERS[0]}")
    assert "header: none, names: [...]" in str(refused.hint)
    table = read_csv(text(*ORDERS), header="none", names=COLUMNS)
    assert (table.payloads, table.rows[0][0]) == (values(ORDERS), 1)


def test_a_header_in_a_file_said_to_have_none_is_no_record() -> None:
    refused = refusal(text(HEADER.upper(), *ORDERS), header="none", names=COLUMNS)
    assert "line 1 is the header" in refused.message
    assert (
        "5 fields, names in orders.yaml 4" in refusal(text(*ORDERS), header="none", names=COLUMNS[1:]).message
    )


def test_a_list_of_names_replaces_those_of_the_header() -> None:
    table = read_csv(text("Nr,Kunde,Datum,Betrag,Stand", *ORDERS), names=COLUMNS)
    assert (table.payloads, table.rows[0][0]) == (values(ORDERS), 2)
    assert "looks like values" in refusal(text(*ORDERS), names=COLUMNS).message
    assert "5 columns, names in orders.yaml 4" in refusal(text(HEADER, *ORDERS), names=COLUMNS[1:]).message
    swapped = ("customer_id", "order_id", *COLUMNS[2:])
    assert "another column than the header" in refusal(text(HEADER, *ORDERS), names=swapped).message


# Names ------------------------------------------------------------------------------------------------


def test_names_are_trimmed_of_all_that_cannot_be_seen() -> None:
    table = read_csv("\ufeff\ufefforder_id ,customer_id\u00a0, \tamount\u2003,\u200bx\n1,2,3,4\n".encode())
    assert table.columns == ("order_id", "customer_id", "amount", "x")
    assert noted(table, "blanks around 4 name(s) in the header cut off: order_id, customer_id, amount, x")


def test_repeated_names_are_refused_or_numbered() -> None:
    data = b"amount,amount ,amount_2,AMOUNT\n1,2,3,4\n"
    refused = refusal(data)
    assert "the header repeats 'amount'" in refused.message
    assert "repeated_names: number" in str(refused.hint)
    table = read_csv(data, repeated_names="number")
    assert table.columns == ("amount", "amount_3", "amount_2", "AMOUNT")
    assert noted(table, "amount is amount_3")
    renamed = read_csv(data, repeated_names="number", names={"amount_3": "fee", "gone": "x"})
    assert renamed.columns[1] == "fee"
    assert noted(renamed, "does not have: gone")


# Delimiters and blanks too many -----------------------------------------------------------------------


@pytest.mark.parametrize("extra", [1, 3])
@pytest.mark.parametrize("fast", [True, False])
def test_delimiters_at_the_end_of_records_are_no_column(extra: int, fast: bool) -> None:
    tail = "," * extra
    odd = ["B1,C1,2024-01-01,1.50," + tail, "B2,C1,2024-01-01,1.50,sold,x", "B3,C1,2024-01-01,1.50,sold"]
    table = read_csv(text(HEADER, *(line + tail for line in ORDERS * 9), *odd), fast=fast)
    assert noted(table, f"records end with {extra} delimiter(s) more than the header")
    assert [row["order_id"] for row in table.payloads[540:]] == ["B1", "B3"]
    assert table.payloads[:540] == values(ORDERS * 9)
    assert [reject.line_number for reject in table.rejects] == [543]


def test_a_record_that_is_short_by_its_last_delimiter_is_not_shifted() -> None:
    table = read_csv(text("a,b,c", *["1,2,3,"] * 9, "1,3,"))
    assert [(r.line_number, r.reason) for r in table.rejects] == [
        (11, "3 fields, expected 3 and 1 empty one")
    ]


def test_a_stray_comma_in_another_file_stays_a_reject() -> None:
    table = read_csv(text("a,b,c", *["1,2,3"] * 9, "1,Smith, John,"))
    assert [reject.line_number for reject in table.rejects] == [11]


def test_delimiters_at_the_end_of_the_header_are_no_column() -> None:
    table = read_csv(text(HEADER + ",,", *ORDERS, ORDERS[0] + ",x"))
    assert table.columns == COLUMNS
    assert table.payloads == values(ORDERS)
    assert [reject.line_number for reject in table.rejects] == [62]
    assert read_csv(text(HEADER + ",", *(line + "," for line in ORDERS))).columns == (*COLUMNS, "column_6")


@pytest.mark.parametrize("fast", [True, False])
def test_records_without_any_value_are_told_and_no_records(fast: bool) -> None:
    lines = [",,,,", HEADER, ",,,,", *ORDERS, '"","","","",""', "   ", ",,"]
    table = read_csv(text(*lines), fast=fast)
    assert (table.payloads, table.rejects) == (values(ORDERS), [])
    assert noted(table, "4 record(s) without any value left out, first at line 3")
    assert noted(table, "1 line(s) without any value above the header left out")
    quoted = read_csv(b'"a","b"\n"1","2"\n"",""\n"","3"\n', fast=fast)
    assert [line for line, _ in quoted.rows] == [2, 4]


@pytest.mark.parametrize("fast", [True, False])
def test_quotes_behind_blanks_are_quotes(fast: bool) -> None:
    lines = ['"A1", "Smith, John", "2"', '"A2",  "say ""hi""", ""', '"A3", "x", 5', '"A5", "", ""']
    table = read_csv(text('id, "name", n', *lines * 9, '"A4", "y" z, 6'), fast=fast)
    assert table.columns == ("id", "name", "n")
    assert [tuple(row[name] for name in table.columns) for row in table.payloads] == [
        ("A1", "Smith, John", "2"), ("A2", 'say "hi"', ""), ("A3", "x", "5"), ("A5", "", ""),
    ] * 9  # fmt: skip
    assert [(r.line_number, r.reason) for r in table.rejects] == [(38, "text after the closing quote")]
    assert noted(table, "quoted behind a blank")


def test_blanks_that_are_data_stay() -> None:
    """A single value in quotes behind a blank does not make the file one that is written so."""
    lines = ["1, a", '2,"see, ""this"""', "3, b", '4,"x, ""y"""', '5, "z"']
    assert [row["b"] for row in read_csv(text("a,b", *lines)).payloads] == [
        " a", 'see, "this"', " b", 'x, "y"', ' "z"',
    ]  # fmt: skip


def test_a_mark_that_records_begin_with_is_no_comments() -> None:
    """Shopify's order ids begin with one."""
    orders = [f"#{line}" for line in ORDERS]
    error = refusal(text("# export 3.1", "# shop: demo", HEADER, *orders))
    assert "header_line: 3" in (error.hint or "")
    assert "comment" not in (error.hint or "")


@pytest.mark.parametrize("fast", [True, False])
def test_records_that_an_open_quote_swallowed_are_told(fast: bool) -> None:
    swallowed = ['1;2;100,00;"bad note', "2;2;200,00;fine", '3;2;300,00;screen 12"']
    lines = ["id;day;total;note", *swallowed, "4;2;4,00;ok"]
    table = read_csv(text(*lines), fast=fast)
    assert [row["id"] for row in table.payloads] == ["1", "4"]
    assert noted(table, "line 2: a value goes over lines that look like records of their own")
    harmless = read_csv(text("id;note", '1;"one;two\n three; four"', "2;x"), fast=fast)
    assert harmless.notes == ()
    spoken = read_csv(text("id;day;note", '1;2;"Dear all,\nsee; below\n"', "2;2;x"), fast=fast)
    assert spoken.notes == ()
    for other in (text(*lines, end="\r"), text(lines[0], *(f"{line};" for line in lines[1:]))):
        assert noted(read_csv(other, fast=fast, delimiter=";"), "line 2: a value goes over lines")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("fast", [True, False])
def test_a_reject_costs_no_records_that_its_open_quote_swallowed(fast: bool, end: str) -> None:
    orders = list(ORDERS)
    orders[3] = orders[3].replace("completed", '"completed')
    orders[50] = orders[50].replace("completed", 'completed",')
    table = read_csv(text(HEADER, *orders, end=end), fast=fast)
    assert table.payloads == values([line for line in ORDERS if line not in (ORDERS[3], ORDERS[50])])
    assert [(reject.line_number, reject.raw_line) for reject in table.rejects] == [
        (5, orders[3]),
        (52, orders[50]),
    ]
    assert [reject.reason for reject in table.rejects] == [
        "6 fields, expected 5; a quote is left open",
        "6 fields, expected 5",
    ]


# Comments and footers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fast", [True, False])
def test_comments_are_neither_records_nor_rejects(fast: bool) -> None:
    lines = ['# "open', "id,note", '1,"a\n# b"', '# "', "2,#c", "#3,d"]
    table = read_csv(text(*lines), comment="#", fast=fast)
    assert table.rows == [(3, {"id": "1", "note": "a\n# b"}), (6, {"id": "2", "note": "#c"})]
    assert (table.rejects, noted(table, "2 comment line(s) left out")) == ([], True)


FOOTERS = {
    "count": (1, ["Totals:,,,4231.10,"], 1),
    "count of filled lines": (
        2,
        [",,,,", "60,record(s) downloaded", "", ",,,,", "Seller : demo", "", ",,,,"],
        2,
    ),
    "pattern": ("Totals?:", ["Totals:,,,4231.10,", "of 2024"], 2),
    "pattern behind a quote": (r"\d+ orders", ['"60 orders",,,,'], 1),
    "none today": ("Totals?:", [], 0),
    "none": (0, [], 0),
}


@pytest.mark.parametrize("held", [0, 100, 1 << 20])
@pytest.mark.parametrize(("wanted", "footer", "count"), FOOTERS.values(), ids=FOOTERS)
def test_the_lines_at_the_end_that_are_no_data(
    wanted: int | str, footer: list[str], count: int, held: int
) -> None:
    with mock.patch("loader.blocks.BLOCK", 64), mock.patch("loader.footer.HELD_BACK", max(held, 300)):
        table = read_csv(text(HEADER, *ORDERS, *footer), footer_lines=wanted)
    assert (table.payloads, table.rejects) == (values(ORDERS), [])
    first = next((line for line in footer if line.strip(",")), "")
    assert noted(table, f"{count} footer line(s) left out, from line") == (count > 0)
    assert noted(table, first) or not count
    assert noted(table, "no line at the end is a footer") == (wanted == "Totals?:" and not count)


def test_a_counted_footer_that_is_an_order_refuses_the_file() -> None:
    """The delivery of a day without its total must not lose its last order."""
    mapped = {"expected_columns": tuple(COLUMNS), "key_columns": tuple(COLUMNS[:2])}
    last = len(ORDERS) + 1
    error = refusal(text(HEADER, *ORDERS), footer_lines=1, **mapped)
    told = "footer_lines: 1 in orders.yaml leaves out what reads like a record"
    assert error.message.startswith(f"t.csv, line {last}: {told}: {ORDERS[-1]}")
    assert 'footer_lines: "Totals?:"' in (error.hint or "")
    for total in ("Totals,,,4231.10,", "Orders,60,,,", '"Totals', "Totals"):
        table = read_csv(text(HEADER, *ORDERS, total), footer_lines=1, **mapped)
        assert table.payloads == values(ORDERS)


def test_a_footer_never_takes_the_header() -> None:
    table = read_csv(text(HEADER, "Totals"), footer_lines=5)
    assert (table.columns, table.rows) == (COLUMNS, [])


CELLS = st.text(st.sampled_from('ab1 ,;#"\n-'), max_size=6)


@settings(max_examples=100)
@given(data=st.data())
def test_whatever_stands_around_a_table_it_reads_back_with_its_lines(data: st.DataObject) -> None:
    """Header at line n, comments, footer, delimiters at line ends: the same records, on both paths."""
    width = data.draw(st.integers(2, 4))
    names = [f"n{index}" for index in range(width)]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=6, max_size=12))
    above = data.draw(st.lists(st.text(st.sampled_from('ab ,"#;'), max_size=8), max_size=4))
    footer = data.draw(st.lists(st.sampled_from(["Total", "x,y", 'odd "']), max_size=2))
    tail = data.draw(st.sampled_from(["", ","]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    lines, expected, number = [*above, ",".join(names)], [], len(above) + 2
    for row in rows:
        if data.draw(st.integers(0, 4)) == 0:
            lines.append(data.draw(st.sampled_from(['# "', "#", "# a,b", ""])))
            number += 1
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + tail)
        if any(row):
            expected.append((number, dict(zip(names, row, strict=True))))
        number += 1 + sum(cell.count("\n") for cell in row)
    written = text(*lines, *footer, end=end)
    options = {"header_line": len(above) + 1, "comment": "#", "footer_lines": len(footer), "delimiter": ","}
    options["encoding"] = "utf-8"
    with mock.patch("loader.blocks.BLOCK", data.draw(st.sampled_from([16, BLOCK]))):
        fast, careful = (read_csv(written, fast=fast, **options) for fast in (True, False))
    assert fast == careful
    assert (fast.rows, fast.rejects) == (expected, [])


ODD = st.sampled_from(["a", "1", ",", ",", "\n", "\n", '"a"', ', "b"', "#", " ", '"'])
HEADS = ['x,y\n1,2,\n3,4,\n"5", "6"\n', 'x,y\n"1", "2"\n"3", "4"\n' * 9, "x,y,\n1,2\n", "#\nx,y\n"]


@settings(max_examples=200)
@given(body=st.lists(ODD, max_size=60).map("".join), head=st.sampled_from(HEADS))
def test_both_paths_say_the_same_of_odd_files(body: str, head: str) -> None:
    data = (head + body).encode()
    options = {"comment": "#", "header_line": 1 if head[0] == "x" else "x", "delimiter": ","}
    assert read_csv(data, **options) == read_csv(data, fast=False, **options)


# What a whole file is ---------------------------------------------------------------------------------


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


KINDS = {
    "xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
    "ods": (zipped("mimetype", "META-INF/manifest.xml", "content.xml"), "an OpenDocument file"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Excel workbook"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", "a PDF"),
    "parquet": (b"PAR1\x15\x04", "a Parquet file"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><body>Log in</body></html>", "an HTML page"),
    "table": (b"<table><tr><td>1</td></tr></table>", "an HTML page"),
    "html below comments": (
        b"<!-- proxy 7 -->\r\n<!--\n id,cust,day\n-->\n<html><body>Wait</body></html>",
        "an HTML page",
    ),
    "text below a comment": (b"<!-- id,cust -->\nService Unavailable\n", "XML or HTML"),
    "a comment without an end": (b"<!-- id,cust\n1,2\n", "XML or HTML"),
    "git lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n",
        "a pointer of Git LFS",
    ),
    "git-annex": (b"/annex/objects/SHA256E-s12--4d7a2146.csv\n", "a pointer of git-annex"),
    "xml": (b'<?xml version="1.0"?>\n<orders><order id="1"/></orders>', "XML"),
    "plain xml": (b"<orders><order/></orders>", "XML"),
    "excel xml": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "an Excel workbook (XML)",
    ),
    "json": (b'{"error": "rate limit, try again"}\n', "JSON"),
    "json list": (b'[\n  {"order_id": 1, "amount": 2}]', "JSON"),
    "json in utf-16": ('{"error": 1}'.encode("utf-16"), "JSON"),
    "gzip twice": (gzip.compress(gzip.compress(b"a,b\n")), "a gzip file within another one"),
    "workbook in gzip": (gzip.compress(zipped("xl/workbook.xml")), "a zip archive within another file"),
}


@pytest.mark.parametrize(("data", "what"), KINDS.values(), ids=KINDS)
def test_a_file_of_another_kind_is_named(data: bytes, what: str, tmp_path: Any) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(data)
    (file,) = find_files([path], "*.csv")
    with pytest.raises(FileRefused) as caught, closing(file.open()) as stream:
        CsvSource(stream, LoadOptions())
    assert f"orders.csv is {what}" in caught.value.message
    assert "not CSV" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("head", ["<TICKER>,<DATE>", "[id],[name]", "{id},{name}", '"[",b'])
def test_odd_names_are_no_other_kind(head: str) -> None:
    assert read_csv(text(head, "a,b")).payloads


# More rejects than a file may have --------------------------------------------------------------------


def read_whole(data: bytes, **options: Any) -> FileResult:
    stream = ByteStream(io.BytesIO(data), label="t.csv", total=len(data))
    with closing(RejectSpool(1)) as rejects:
        source = CsvSource(stream, LoadOptions(**options))
        return read_records("t.csv", source, rejects, Silent(), load_id=1, consume=drain)


def drain(ahead: Any) -> None:
    while ahead.read():
        pass


@pytest.mark.parametrize(("limit", "named"), [("0", ""), ("1", " (--max-rejects 1)")])
def test_the_limit_is_named_where_there_may_be_rejects(limit: str, named: str) -> None:
    """Labels have no such option, and let none through."""
    with pytest.raises(FileRefused) as caught:
        read_whole(text("a,b", *["1,2"] * 50, "3", "4"), max_rejects=limit)
    assert f"2 of 52 records cannot be stored, {limit} allowed{named}; nothing" in caught.value.message


def test_a_file_that_is_misread_is_never_answered_with_more_rejects() -> None:
    broken = ["a;b", *["1,2;3,4;5"] * 50]
    for data, words in (
        (text("a;b", *["1;2"] * 50, *[";;3"] * 9), "--max-rejects"),
        (text(*broken), "header_line: N"),
        (text("a,b", *["1,2"] * 50, *["# x"] * 9), 'comment: "#"'),
        (text("a,b", *["1,2"] * 50, *["3"] * 9), "--max-rejects"),
    ):
        with pytest.raises(FileRefused) as caught:
            read_whole(data)
        assert words in str(caught.value.hint)
        assert ("--max-rejects" in str(caught.value.hint)) == (words == "--max-rejects")


def test_what_is_left_out_is_in_the_result_of_the_file() -> None:
    data = text(*NOTES, HEADER, *ORDERS, "# x", "Totals:,,,1,")
    result = read_whole(data, header_line="order_id", comment="#", footer_lines=1)
    assert (result.rows_loaded, result.rows_rejected) == (60, 0)
    assert [warning.split(":")[0] for warning in result.warnings] == [
        "4 line(s) above the header left out",
        "1 footer line(s) left out, from line 67 on",
        "1 comment line(s) left out",
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"header_line": 0},
        {"header_line": " "},
        {"header": "no"},
        {"header": "none"},
        {"header": "none", "names": {"a": "b"}},
        {"header": "none", "names": ("a",), "header_line": 3},
        {"names": ("a", "a")},
        {"names": ("a", " ")},
        {"repeated_names": "yes"},
        {"comment": ","},
        {"comment": "#,", "delimiter": ","},
        {"comment": " "},
        {"footer_lines": -1},
        {"footer_lines": 101},
        {"footer_lines": "("},
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    if options == {"comment": ","}:
        options = {"comment": ",", "delimiter": ","}
    with pytest.raises(InputError):
        LoadOptions(**options)
