"""Times and amounts in the notations of files, against plain Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notation_oracle import (
    BLANKS,
    MONTHS,
    UTC,
    AmountNotation,
    TimeNotation,
    local_instant,
    months_of,
    read_amount,
    read_time,
    tokens_of,
)
from warehouse import Warehouse, new_database
from zone_edges import edges

from ready.postgres.connection import ConnectionParams

TIMES = [
    TimeNotation("DD-Mon-YY"),
    TimeNotation("Mon-DD-YY HH24:MI:SS", timezone="America/New_York", pivot_year=30),
    TimeNotation("Month DD, YYYY HH12:MI AM", timezone="Europe/London"),
    TimeNotation("DDMonYYYY HH24:MI", timezone="Europe/Berlin", language="de"),
    *(TimeNotation("DD. Month YYYY", language=language) for language in MONTHS),
    TimeNotation("DD/MM/YY HH24.MI"),
    TimeNotation("MM/DD/YYYY HH12:MI:SS AM TZ"),
    TimeNotation("YYYY-MM-DD HH24:MI:SS TZ"),
    TimeNotation("YYYY/MM/DDTHH24:MI:SSTZ"),
    TimeNotation("YYYYMMDDHH24MISS", timezone="Asia/Kolkata"),
    TimeNotation("DDMMYY", pivot_year=100),
    TimeNotation("epoch_seconds"),
    TimeNotation("epoch_milliseconds"),
    TimeNotation("excel_days", timezone="Europe/Paris"),
]
AMOUNTS = [
    AmountNotation(),
    AmountNotation(",", "."),
    AmountNotation(".", ",", ("$",)),
    AmountNotation(",", " ", ("€", "EUR")),
    AmountNotation(".", "'", ("CHF", "Fr.")),
    AmountNotation(currency=("US$", "$", "USD")),
]
LOCAL_TIMES = ("later", "earlier", "invalid")
ZONES = ("Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia")
Ask = Callable[[str, Sequence[str]], list[Any]]


@pytest.fixture(scope="module")
def ask(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """What the SQL of a setting gives for texts."""
    with new_database(server) as database:
        warehouse = Warehouse(tmp_path_factory.mktemp("notations"), database)
        inline = "\n".join(f"-- setting {name}\n{sql}" for name, sql in _templates())
        done = warehouse.ready("dbt", "compile", "--quiet", "--inline", inline)
        assert done.returncode == 0, done.stdout + done.stderr
        _, *parts = re.split(r"^-- setting (.*)$", done.stdout, flags=re.MULTILINE)
        compiled = dict(zip(parts[::2], parts[1::2], strict=True))

        with new_connection(database) as cursor:

            def run(name: str, texts: Sequence[str]) -> list[Any]:
                given_texts = "unnest(%s::text[]) with ordinality as given_texts (a, n)"
                sql = compiled[name].replace("%", "%%")
                cursor.execute(f"select {sql} from {given_texts} order by n", (list(texts),))
                return [value for (value,) in cursor.fetchall()]

            yield run


def new_connection(database: ConnectionParams) -> Any:
    connection = database.connect()
    connection.autocommit = True
    return connection.cursor()


def _templates() -> Iterator[tuple[str, str]]:
    for time in TIMES:
        arguments = f"'{time.timezone}', '{time.format}', '{time.language}', {time.pivot_year}"
        zoned = f"zoned_iso_timestamp('a', {arguments})"
        yield str(time), f"{{{{ with_value('zoned', {zoned}, safe_timestamp('zoned')) }}}}"
    for amount in AMOUNTS:
        entry = {"decimal": amount.decimal, "thousands": amount.thousands, "currency": list(amount.currency)}
        yield str(amount), f"{{{{ mapped_number('a', {entry}) }}}}"
    for rule in LOCAL_TIMES:
        yield rule, f"{{{{ safe_timestamp('a', '{rule}') }}}}"


def mutated(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A text as it is, or with one character more, less or other."""
    noise = st.sampled_from(
        [*"0123456789 .,-/:+'()TZzAPMapm€$\n", "\u00a0", "\u2009", "", "EUR", "Mai", "24"]
    )
    cut = st.tuples(texts, st.integers(0, 30), st.integers(0, 2), noise)
    return st.one_of(texts, cut.map(lambda c: c[0][: c[1]] + c[3] + c[0][c[1] + c[2] :]))


@st.composite
def times_of(draw: st.DrawFn, notation: TimeNotation) -> str:
    """A time as a file of this notation could have it."""
    if notation.format == "excel_days":
        return f"{draw(st.integers(0, 60000))}.{draw(st.text('0123456789', min_size=1, max_size=12))}"
    if notation.format.startswith("epoch"):
        return str(
            draw(
                st.one_of(
                    st.integers(0, 10**11), st.integers(10**12, 2 * 10**12), st.decimals(0, 10**9, places=4)
                )
            )
        )
    moment = draw(st.datetimes(datetime(1930, 1, 1), datetime(2068, 12, 31)))
    names = months_of(notation.language)[moment.month - 1]
    cased = draw(st.sampled_from([str.lower, str.upper, str.title]))
    values = {
        "YYYY": f"{moment:%Y}", "YY": f"{moment:%y}", "MM": f"{moment.month:02}", "DD": f"{moment.day:02}",
        "Mon": cased(draw(st.sampled_from(names))) + draw(st.sampled_from(["", "."])),
        "HH24": f"{moment.hour:02}", "HH12": f"{moment.hour % 12 or 12}", "MI": f"{moment.minute:02}",
        "SS": f"{moment.second:02}" + draw(st.sampled_from(["", ".5", ",123456", ".9999999"])),
        "AM": draw(st.sampled_from(["", " ", "\u202f"])) + ("am", "p.m.")[moment.hour >= 12],
        "TZ": draw(st.sampled_from(["Z", " UTC", "+02:00", "-0530", " +14", "GMT+0100", " -08:00"])),
    }  # fmt: skip
    values["Month"] = values["Mon"]
    return "".join(values.get(token, token) for token in tokens_of(notation.format)).replace("  ", " ")


@st.composite
def amounts_of(draw: st.DrawFn, notation: AmountNotation) -> str:
    """An amount as a file of this notation, or of another, could have it."""
    marks = {None: [""], " ": [*BLANKS], "'": ["'", "\u2019"]}.get(
        notation.thousands, [notation.thousands or ""]
    )
    mark = draw(st.sampled_from([*marks, ""]))
    whole = f"{draw(st.integers(0, 10**8)):,}".replace(",", mark)
    number = whole + draw(st.sampled_from(["", f"{notation.decimal}5", f"{notation.decimal}25", ".1234567"]))
    unit = draw(st.sampled_from([*notation.currency, "", "£"]))
    blank = draw(st.sampled_from(["", " ", "\u00a0"]))
    sign = draw(st.sampled_from(["", "", "-", "+", "\u2212"]))
    forms = [
        f"{sign}{unit}{blank}{number}", f"{unit}{blank}{sign}{number}", f"{number}{blank}{unit}{sign}",
        f"({unit}{number})", f"{number}{sign}", f"{sign}{number}{blank}{unit}", f"({number}",
        f"{unit}{number}{unit}",
    ]  # fmt: skip
    return draw(st.sampled_from(forms))


many = settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("notation", TIMES, ids=str)
@given(data=st.data())
@many
def test_times(ask: Ask, notation: TimeNotation, data: st.DataObject) -> None:
    texts = data.draw(st.lists(mutated(times_of(notation)), min_size=20, max_size=60))
    found = ask(str(notation), texts)
    assert dict(zip(texts, map(in_utc, found), strict=True)) == {
        text: read_time(text, notation) for text in texts
    }


@pytest.mark.parametrize("notation", AMOUNTS, ids=str)
@given(data=st.data())
@many
def test_amounts(ask: Ask, notation: AmountNotation, data: st.DataObject) -> None:
    texts = data.draw(st.lists(mutated(amounts_of(notation)), min_size=20, max_size=60))
    found = ask(str(notation), texts)
    assert dict(zip(texts, found, strict=True)) == {text: read_amount(text, notation) for text in texts}


@pytest.mark.parametrize("rule", LOCAL_TIMES)
def test_local_times_when_clocks_change(ask: Ask, rule: str) -> None:
    clocks = [(clock, zone) for zone in ZONES for clock in edges(zone)]
    found = ask(rule, [f"{clock.isoformat(sep=' ')} {zone}" for clock, zone in clocks])
    expected = [local_instant(clock, zone, rule) for clock, zone in clocks]
    assert dict(zip(clocks, map(in_utc, found), strict=True)) == dict(zip(clocks, expected, strict=True))


def in_utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC)


def test_the_notations_of_the_cases(ask: Ask) -> None:
    """A value each, by hand."""
    day = TIMES[0]
    assert in_utc(ask(str(day), ["05-Mar-24"])[0]) == datetime(2024, 3, 5, tzinfo=UTC)
    assert ask(str(day), ["n/a", "Mar-05-24", "31-Feb-24"]) == [None, None, None]
    assert in_utc(ask(str(TIMES[1]), ["Jan-03-24 11:47:25"])[0]) == datetime(
        2024, 1, 3, 16, 47, 25, tzinfo=UTC
    )
    dollars = ask(str(AMOUNTS[2]), ["$62.25", "$1,867.50", "($5)", "€62.25", "62.25 EUR"])
    assert dollars == [Decimal("62.25"), Decimal("1867.50"), Decimal(-5), None, None]
    late = in_utc(ask("later", ["2024-01-31 23:59:59.9999999Z"])[0])
    assert late == datetime(2024, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
