"""What single bytes beyond ASCII are taken for: right, or a guess that says so and keeps out of keys."""

from __future__ import annotations

import codecs
from typing import Any

import pytest
from loader_case import Table, read_csv

from loader import FileRefused

# Real names, words, prices and signs, per code page.
TEXTS = {
    "cp1252": [
        "Mary O’Neill", "12,50 €", "€ 12.50", "12.50€", "£12.50", "£", "€", "“Hello”", "‘quoted’", "It’s",
        "wait…",
        "a – b", "Mon–Fri", "© 2024", "®Brand", "Brand™", "21 °C", "1\u00a0234,50", "Jean\u00a0Paul",
        "jean\u00a0paul", "5½ inch", "10 × 20", "5 m²", "José Müller", "Größe, Öl", "GRÖSSE", "Señor Núñez",
        "Ångström Øre Æble", "Château Forêt", "Noël", "Ça va où", "São João", "œuvre", "François", "Zoë", "é",
        "à la carte", "Citroën", "Škoda", "Žižek", "Straße", "Tschüß", "naïve", "Übermaß",
    ],
    "cp437": ["Größe Öl Übermaß", "José Müller", "Château Forêt Noël", "Señor Núñez", "Café", "François"],
    "cp850": ["São João", "Ørsted", "Müller", "Größe", "François"],
    "cp1250": ["Wałęsa", "Łódź", "Žižek", "Kraków", "Świątek", "Grażyna Michał", "Wrocław", "Dušan",
        "Dvořák", "Kovačić",
        "Růžena", "Szőke"],
    "cp1251": ["Иванов", "Анна Петрова", "Київ", "Москва, улица Ленина"],
    "koi8-r": ["Иванов Пётр"],
    "cp866": ["Иванов Пётр"],
    "cp1254": ["İstanbul", "Güneş", "Çağlar Şahin", "Doğan", "Ayşe Yıldız"],
    "iso8859-15": ["12,50 €", "€ 12.50", "Dušek", "cœur", "Müller", "Žižek"],
    "mac_roman": ["José", "Müller", "Größe", "12,50 €", "François Café", "“Hello”"],
    "cp932": ["田中", "たなか さん", "山田太郎", "東京都港区", "スズキ", "ｽｽﾞｷ"],
}  # fmt: skip
# Words whose bytes are other good words in cp1252, which is far likelier: taken for those, and told.
ALIKE = {
    "cp850": ["Málaga", "Straße"],
    "cp1250": ["Gyűjtő"],
    "cp1251": ["да"],
    "cp1254": ["Yıldız"],
    "mac_roman": ["O’Neill", "Señor"],
}


def read(text: str, written: str, **options: Any) -> Table:
    return read_csv(f"id,name\n1,x\n2,{text}\n".encode(written), delimiter="\x01", **options)


def cases(texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(encoding, text) for encoding, words in texts.items() for text in words]


@pytest.mark.parametrize(("encoding", "text"), cases(TEXTS))
def test_texts_are_read_rightly(encoding: str, text: str) -> None:
    table = read(text, encoding)
    assert table.payloads[-1] == {"id,name": f"2,{text}"}
    assert_told(table)


@pytest.mark.parametrize(("encoding", "text"), cases(ALIKE))
def test_what_could_be_either_is_the_likelier_and_told(encoding: str, text: str) -> None:
    table = read(text, encoding)
    assert table.encoding == "cp1252"
    assert_told(table)
    assert read(text, encoding, encoding=encoding).payloads[-1] == {"id,name": f"2,{text}"}


def assert_told(table: Table) -> None:
    """The note has the line and shows what was read there."""
    (note,) = [note for note in table.notes if "guess" in note]
    assert f"not utf-8; taken as {table.encoding}, which is a guess" in note
    assert f"line 3 reads {table.payloads[-1]['id,name']}" in note


def test_one_odd_byte_does_not_outweigh_the_rest() -> None:
    rows = b"".join(f"{n},Größe für Jürgen\n".encode("cp1252") for n in range(50))
    assert read_csv(b"id,name\n" + rows + b"51,M\x81ller\n").encoding == "cp1252"


KEYS: dict[str, Any] = {"key_columns": ("order_id", "customer_id")}
ORDERS = "order_id,customer_id,name\n" + "A1,C1,x\n" * 3000


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("row", ["A2,Größe,x", '"A2","Größe","x"'])
def test_a_key_that_is_a_guess_is_refused(row: str, fast: bool) -> None:
    data = f"{ORDERS}{row}\n{ORDERS[26:]}".encode("cp1252")
    with pytest.raises(FileRefused) as caught:
        read_csv(data, fast=fast, **KEYS)
    assert (
        "t.csv, line 3002: customer_id reads Größe in cp1252, which is only a guess" in caught.value.message
    )
    assert "encoding: cp1252" in str(caught.value.hint)
    assert read_csv(data, fast=fast, encoding="cp1252", **KEYS).payloads[3000]["customer_id"] == "Größe"


@pytest.mark.parametrize("fast", [True, False])
def test_a_guess_elsewhere_and_a_key_in_utf_8_are_read(fast: bool) -> None:
    elsewhere = f"{ORDERS}A2,C2,Größe\n"
    assert read_csv(elsewhere.encode("cp1252"), fast=fast, **KEYS).payloads[-1]["name"] == "Größe"
    key = f"{ORDERS}A2,Größe,x\n"
    assert read_csv(key.encode(), fast=fast, **KEYS).payloads[-1]["customer_id"] == "Größe"


@pytest.mark.parametrize(
    ("encoding", "given"),
    [("utf-8-sig", "cp1252"), ("utf-16", "cp1252"), ("utf-8-sig", "utf-16"), ("utf-16", "utf-8")],
)
def test_a_byte_order_mark_counts_more_than_the_encoding_set(encoding: str, given: str) -> None:
    table = read_csv("id,name\n1,Größe\n".encode(encoding), encoding=given)
    assert table.payloads == [{"id": "1", "name": "Größe"}]
    assert any("byte order mark" in note and given in note for note in table.notes)


def test_utf_8_is_not_read_in_another_encoding_that_is_set() -> None:
    """Customers would have other names than last month."""
    data = "id,name\n1,x\n2,Müller\n".encode()
    with pytest.raises(FileRefused) as caught:
        read_csv(data, encoding="cp1252")
    assert caught.value.message == "t.csv is UTF-8, and encoding: cp1252 is set: line 3 reads 2,MÃ¼ller"
    assert "take encoding out of orders.yaml" in (caught.value.hint or "")
    assert read_csv(data, encoding="utf-8").payloads[1]["name"] == "Müller"
    mixed = data + "3,José\n".encode("cp1252")
    assert read_csv(mixed, encoding="cp1252").payloads[2]["name"] == "José"


def test_letters_that_look_like_a_mark_of_two_bytes_are_letters() -> None:
    table = read_csv("яю,имя\n1,да\n".encode("cp1251"), encoding="cp1251")
    assert table.columns == ("яю", "имя")
    assert read_csv("id,я\n1,2\n".encode("utf-16"), encoding="utf-16").notes == ()


@pytest.mark.parametrize("given", ["cp1252", "latin-1", "cp437", "mac-roman", "utf-16-be", "utf-8"])
def test_a_byte_order_mark_wins_over_the_encoding_that_is_set(given: str) -> None:
    text = "id,town\n1,Zoë\n"
    for mark, codec in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")):
        table = read_csv(mark + text.encode(codec), encoding=given)
        assert table.payloads == [{"id": "1", "town": "Zoë"}]
        assert given == codec or any("byte order mark" in note for note in table.notes)
