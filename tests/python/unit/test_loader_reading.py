"""What the loader makes of hard inputs, record by record."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from unittest import mock

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from loader_case import Table, read_csv

from loader import FileRefused, Reject
from loader.blocks import BLOCK
from loader.header import trimmed

HEAD = b"id,name\n"


def rejects(table: Table) -> list[tuple[int, str, str]]:
    return [(reject.line_number, reject.reason, reject.raw_line) for reject in table.rejects]


@pytest.mark.parametrize("fast", [True, False])
def test_values_are_the_text_in_the_file(fast: bool) -> None:
    table = read_csv(b"id,name\n 1 , x\n02,\n,NULL\n", fast=fast)
    assert table.rows == [
        (2, {"id": " 1 ", "name": " x"}),
        (3, {"id": "02", "name": ""}),
        (4, {"id": "", "name": "NULL"}),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("fast", [True, False])
def test_line_ends_and_no_final_newline(end: str, last: str, fast: bool) -> None:
    text = end.join(["id,name", "1,a", "2,b"]) + (end if last else "")
    table = read_csv(text.encode(), fast=fast)
    assert table.rows == [(2, {"id": "1", "name": "a"}), (3, {"id": "2", "name": "b"})]


def test_line_numbers_are_where_the_record_starts() -> None:
    table = read_csv(b'\nid,name\n\n1,"a\nb\n"\n\n2,c\n')
    assert table.rows == [(4, {"id": "1", "name": "a\nb\n"}), (8, {"id": "2", "name": "c"})]


@pytest.mark.parametrize("first", [b"sep=;\r\n", b"\xef\xbb\xbfsep=;\n"])
def test_the_line_by_which_excel_names_the_delimiter_is_no_header(first: bytes) -> None:
    assert read_csv(first + b"id;name\n1;a,b,c\n2;d,e,f\n").rows == [
        (3, {"id": "1", "name": "a,b,c"}),
        (4, {"id": "2", "name": "d,e,f"}),
    ]


def test_quoted_line_ends_stay_as_they_are() -> None:
    table = read_csv(b'id,name\r\n1,"a\r\nb"\r\n2,"a\rb"\r\n3,"a\nb"\r\n')
    assert [payload["name"] for payload in table.payloads] == ["a\r\nb", "a\rb", "a\nb"]


def test_a_lone_carriage_return_is_data_where_lines_end_with_newlines() -> None:
    assert read_csv(b"id,name\n1,a\rb\n2,c\n").rows == [
        (2, {"id": "1", "name": "a\rb"}),
        (3, {"id": "2", "name": "c"}),
    ]


def test_a_newline_is_data_where_lines_end_with_carriage_returns() -> None:
    assert read_csv(b'id,name\r1,"a\nb"\r2,c\r').rows == [
        (2, {"id": "1", "name": "a\nb"}),
        (3, {"id": "2", "name": "c"}),
    ]


def test_doubled_and_inner_quotes() -> None:
    table = read_csv(b'id,name\n1,"say ""hi"""\n2,5" disc\n3,""\n')
    assert [payload["name"] for payload in table.payloads] == ['say "hi"', '5" disc', ""]


@pytest.mark.parametrize("fast", [True, False])
def test_a_record_with_too_few_or_too_many_fields_is_rejected(fast: bool) -> None:
    table = read_csv(HEAD + b"1,a\n2\n3,b,c\n4,d\n", fast=fast)
    assert [line for line, _ in table.rows] == [2, 5]
    assert rejects(table) == [(3, "1 field, expected 2", "2"), (4, "3 fields, expected 2", "3,b,c")]


def test_an_unterminated_quote_costs_only_its_record() -> None:
    table = read_csv(HEAD + b'1,a\n2,"b\n3,c\n4,d\n')
    assert [line for line, _ in table.rows] == [2, 4, 5]
    assert rejects(table) == [(3, "the quote that opened in line 3 is never closed", '2,"b')]


def test_a_quote_never_closed_in_a_record_of_several_lines() -> None:
    table = read_csv(b'id,name,note\n1,"a\nb","c\n2,d,e\n')
    assert [line for line, _ in table.rows] == [4]
    assert rejects(table) == [(2, "the quote that opened in line 3 is never closed", '1,"a\nb","c')]


def test_text_after_a_closing_quote_costs_only_its_line() -> None:
    table = read_csv(HEAD + b'1,"a" b\n2,c\n3,"d\n4,"e"\n5,f\n')
    assert [line for line, _ in table.rows] == [3, 5, 6]
    assert rejects(table) == [
        (2, "text after the closing quote", '1,"a" b'),
        (4, "text after the closing quote in line 5 (the quote opened in line 4)", '3,"d'),
    ]


def test_an_unterminated_quote_far_from_the_end_is_found_again() -> None:
    rows = b"".join(b"%d,x\n" % i for i in range(60_000))
    table = read_csv(HEAD + b'0,"open\n' + rows)
    assert len(table.rows) == 60_000
    assert [reject.line_number for reject in table.rejects] == [2]


def test_a_record_longer_than_allowed_is_taken_for_an_open_quote() -> None:
    rows = b"".join(b"%d,x\n" % i for i in range(100))
    with mock.patch("loader.blocks.BLOCK", 16), mock.patch("loader.blocks.MAX_RECORD", 128):
        table = read_csv(HEAD + b'0,"open\n' + rows + b'8,"closed"\n')
    assert len(table.rows) == 101
    assert [reject.line_number for reject in table.rejects] == [2]


def test_a_line_longer_than_allowed_is_refused() -> None:
    refused = pytest.raises(FileRefused, match=r"t\.csv: a line is longer")
    with mock.patch("loader.blocks.BLOCK", 16), mock.patch("loader.blocks.MAX_RECORD", 128), refused:
        read_csv(HEAD + b"x" * 1000)


def test_bytes_that_are_no_text_are_rejected_and_shown() -> None:
    table = read_csv(HEAD + b"1,\xe4\xc3\n2,b\n3,\xc3\xa4\n", encoding="utf-8")
    assert [line for line, _ in table.rows] == [3, 4]
    assert rejects(table) == [(2, "byte 0xE4 is not utf-8 (column name)", "1,\\xe4\\xc3")]


def test_nul_is_rejected_and_its_escaped_text_is_not() -> None:
    table = read_csv(HEAD + b"1,a\0b\n2,\\u0000\n3,\\x00\n")
    assert [payload["name"] for payload in table.payloads] == ["\\u0000", "\\x00"]
    assert rejects(table) == [(2, "NUL character (column name)", "1,a\\x00b")]


@pytest.mark.parametrize("control", [*map(chr, range(1, 10)), *map(chr, range(14, 32)), "\x7f"])
def test_control_characters_are_kept(control: str) -> None:
    table = read_csv(HEAD + f"1,a{control}b\n".encode())
    assert table.rows == [(2, {"id": "1", "name": f"a{control}b"})]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_newlines_end_a_line(separator: str) -> None:
    table = read_csv(HEAD + f'1,"a{separator}b"\n2,c{separator}\n'.encode())
    assert table.rows == [
        (2, {"id": "1", "name": f"a{separator}b"}),
        (3, {"id": "2", "name": f"c{separator}"}),
    ]


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("cp437", "cp437"),
    ],
)
def test_encodings_are_detected(encoding: str, detected: str) -> None:
    text = 'id,straße\n1,"Größe, Öl"\n2,Übermaß\n'
    table = read_csv(text.encode(encoding))
    assert table.encoding == detected
    assert table.payloads == [{"id": "1", "straße": "Größe, Öl"}, {"id": "2", "straße": "Übermaß"}]


def test_a_guess_of_the_encoding_is_said() -> None:
    assert any("cp1252" in note for note in read_csv("id,ä\n1,ü\n".encode("cp1252")).notes)
    assert read_csv("id,ä\n1,ü\n".encode()).notes == ()


def test_bad_units_of_utf_16_cost_only_their_record() -> None:
    bad = "id,name\n1,a".encode("utf-16") + b"\x00\xd8" + "b\n2,ü\n".encode("utf-16-le")
    table = read_csv(bad)
    assert table.rows == [(3, {"id": "2", "name": "ü"})]
    assert [reject.line_number for reject in table.rejects] == [2]
    assert table.rejects[0].raw_line.startswith("1,a\\x00\\xd8")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_detected(delimiter: str) -> None:
    rows = ["id{0}name", "1{0}a b", '2{0}"x;,|\t"']
    table = read_csv("\n".join(row.format(delimiter) for row in rows).encode())
    assert table.delimiter == delimiter
    assert table.payloads == [{"id": "1", "name": "a b"}, {"id": "2", "name": "x;,|\t"}]


def test_an_unsure_delimiter_is_said() -> None:
    assert any("comma" in note and "semicolon" in note for note in read_csv(b"a,b;c\n1,2;3\n").notes)
    assert any("one column" in note for note in read_csv(b"a\n1\n").notes)


def test_decimal_commas_do_not_hide_the_semicolon() -> None:
    table = read_csv(b"id;amount;tax\n1;2,50;0,5\n2;3,10;0,6\n")
    assert (table.delimiter, table.notes) == (";", ())


def test_one_column_and_its_blank_lines() -> None:
    table = read_csv(b'id\n1\n\n""\n2\n', delimiter=",")
    assert table.rows == [(2, {"id": "1"}), (4, {"id": ""}), (5, {"id": "2"})]


def test_five_thousand_columns() -> None:
    names = [f"c{i}" for i in range(5000)]
    text = ",".join(names) + "\n" + ",".join(map(str, range(5000))) + "\n"
    table = read_csv(text.encode())
    assert table.payloads == [{name: str(i) for i, name in enumerate(names)}]


@pytest.mark.parametrize("quoted", [True, False])
def test_a_field_larger_than_many_blocks(quoted: bool) -> None:
    value = "xy" * (3 * BLOCK) + ('\n"' if quoted else "")
    field = '"' + value.replace('"', '""') + '"' if quoted else value
    table = read_csv(f"id,name\n1,{field}\n2,b\n".encode())
    assert [payload["name"] for payload in table.payloads] == [value, "b"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n\n", "blank lines"),
        (b"\xef\xbb\xbf", "blank lines"),
        (b"a,b,a,b\n1,2,3,4\n", "line 1: the header repeats 'a', 'b'"),
        (b"\na,\0\n1,2\n", "line 2: the header cannot be read: NUL character"),
        (b'a,"b\n1,2\n', "line 1: a quote in the header is never closed"),
        (b'a,"b"c\n1,2\n', "line 1: the header cannot be read: text after the closing quote"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=r"t\.csv") as caught:
        read_csv(data)
    assert words in caught.value.message


def test_columns_without_a_name_are_numbered() -> None:
    table = read_csv(b"id,, \n1,2,3\n")
    assert table.payloads == [{"id": "1", "column_2": "2", "column_3": "3"}]
    taken = read_csv(b"id,,column_2\n1,2,3\n")
    assert taken.payloads == [{"id": "1", "column_2_": "2", "column_2": "3"}]
    assert len(table.notes) == 2


def test_names_and_values_that_json_and_copy_escape() -> None:
    head = '"a""b",c\\d,%s,"e\nf"'
    table = read_csv(f'{head}\n1,\\n,%d,"\\"\n'.encode())
    assert table.payloads == [{'a"b': "1", "c\\d": "\\n", "%s": "%d", "e\nf": "\\"}]
    assert read_csv(f"{head}\n1,2,3,4\n".encode()).payloads == [
        {'a"b': "1", "c\\d": "2", "%s": "3", "e\nf": "4"}
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CELL = st.one_of(
    TEXT, st.sampled_from(["", " ", '"', '""', "\n", "\r", "\r\n", ",", ";", "\\", "\\.", "'", "\ufeff"])
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    names = TEXT.map(trimmed).filter(bool)
    header = draw(st.lists(names, min_size=width, max_size=width, unique=True))
    return [header, *draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=20))]


@dataclass(frozen=True)
class Dialect:
    """What Python's csv module can be told, as far as a reader has to know of it."""

    delimiter: str
    end: str
    quote: str
    escape: str | None
    doubled: bool
    quoting: int

    def write(self, table: list[list[str]]) -> str:
        quoting = self.quoting
        if self.end != "\r\n" and any({*"\r\n"} & {*cell} for row in table for cell in row):
            # Before Python 3.13, csv leaves line ends other than its own unquoted.
            quoting = csv.QUOTE_ALL
        out = io.StringIO(newline="")
        csv.writer(
            out,
            delimiter=self.delimiter,
            lineterminator=self.end,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.doubled,
            quoting=quoting,  # type: ignore[arg-type]
        ).writerows(table)
        return out.getvalue()


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    escape = draw(st.sampled_from([None, "\\"]))
    quotings = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    return Dialect(
        delimiter=draw(st.sampled_from(",;\t|:")),
        end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quote=draw(st.sampled_from("\"'")),
        escape=escape,
        doubled=escape is None or draw(st.booleans()),
        quoting=draw(st.sampled_from(quotings if escape is None else [*quotings, csv.QUOTE_NONE])),
    )


@settings(max_examples=300)
@given(
    table=tables(),
    dialect=dialects(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    block=st.sampled_from([7, BLOCK]),
)
def test_whatever_csv_writes_comes_back(
    table: list[list[str]], dialect: Dialect, encoding: str, block: int
) -> None:
    try:
        data = dialect.write(table).encode(encoding)
    except csv.Error:  # a lone empty field cannot be written without quotes
        assume(False)
    # Line 1 is the header, whatever it looks like.
    options = {"delimiter": dialect.delimiter, "quote": dialect.quote, "encoding": encoding, "header_line": 1}
    if dialect.escape:
        options["escape"] = dialect.escape
    with mock.patch("loader.blocks.BLOCK", block):
        read = read_csv(data, **options)
    header, *rows = table
    assert read.rejects == []
    records = [row for row in rows if len(row) == 1 or any(row)]  # one without any value is no data
    assert read.payloads == [dict(zip(header, row, strict=True)) for row in records]


PIECES = st.sampled_from(
    ["a", "1", ",", ",", "\n", "\n", "\r\n", "\r", '"', '""', "\0", "\\", "ä", "\t", "\x01", "\udce4", " "]
)


@settings(max_examples=500)
@example(body="\ra\n\r\n", width=1)
@given(body=st.lists(PIECES, max_size=60).map("".join), width=st.integers(1, 3))
def test_both_paths_say_the_same_of_any_bytes(body: str, width: int) -> None:
    head = ",".join("abc"[:width])
    data = f"{head}\n{body}".encode("utf-8", "surrogateescape")
    assert outcome(data, fast=True) == outcome(data, fast=False)


def outcome(data: bytes, *, fast: bool) -> Table | str:
    try:
        return read_csv(data, fast=fast, delimiter=",", encoding="utf-8")
    except FileRefused as refusal:
        return refusal.message


QUOTED = st.sampled_from(
    ['"a"', '""', '"b c"', 'd"e"', '"f"g', "h", "", '"i""j"', '"k,l"', '"m\nn"', '""""', '"']
)


@settings(max_examples=300)
@given(data=st.data(), width=st.integers(1, 3), end=st.sampled_from(["\n", "\r\n"]))
def test_both_paths_say_the_same_of_quoted_columns(data: st.DataObject, width: int, end: str) -> None:
    always = [data.draw(st.sampled_from([st.just('"a"'), st.just("a"), QUOTED])) for _ in range(width)]
    lines = data.draw(st.lists(st.tuples(*always).map(",".join), max_size=6))
    text = end.join([",".join("abc"[:width]), *lines, ""]).encode()
    assert outcome(text, fast=True) == outcome(text, fast=False)


@settings(max_examples=300)
@given(body=st.lists(PIECES, max_size=60).map("".join), block=st.integers(1, 40))
def test_where_blocks_end_does_not_matter(body: str, block: int) -> None:
    data = f"a,b\n{body}".encode("utf-8", "surrogateescape")
    whole = outcome(data, fast=True)
    with mock.patch("loader.blocks.BLOCK", block):
        assert outcome(data, fast=True) == whole


def test_a_reject_names_line_and_reason() -> None:
    assert read_csv(HEAD + b"1\n").rejects == [Reject(2, "1 field, expected 2", "1")]
