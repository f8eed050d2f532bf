"""Files that give wrong numbers although no value has a fault: the gate tells each, by count and place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from test_gate_values import Shop
from warehouse import new_database

from ready.postgres.connection import ConnectionParams

PLAIN = {"order_id": "id", "customer_id": "customer", "order_ts": "day", "amount": "amount"}
Rows = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def shop(server: ConnectionParams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with new_database(server) as database:
        yield Shop(tmp_path_factory.mktemp("silent"), database)


def write(shop: Shop, **files: Rows) -> None:
    """Each file's first row is its header; a file that is not named is emptied of records."""
    folder = shop.folder / "data"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.stem not in files:
            header, *_ = path.read_text().splitlines()
            path.write_text(header + "\n")
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("".join(",".join(row) + "\n" for row in rows))


def day(number: int) -> str:
    return f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T10:00:00Z"


def told(texts: list[str], words: str) -> str:
    """The one text that has these words."""
    (found,) = [text for text in texts if words in text] or [f"{words!r} is not in {texts}"]
    return found


def test_orders_that_are_lines_guests_and_signs_that_an_expression_strips(shop: Shop) -> None:
    header = ("id", "customer", "day", "amount")
    guests = {3: "0", 4: "Guest", 5: "-1", 6: "unknown", 7: "guesthouse", 8: "10"}
    rows: Rows = [header]
    for n in range(40):
        order = (f"A{n}", guests.get(n, f"C{n % 5}"), day(n))
        rows.append((*order, f"${n}.50" if n % 4 else f"€ {n}.50"))
        if n in (10, 11, 12):
            rows.append((*order, f"${n}.50" if n % 4 else f"€{n}.5"))  # the same amount
        if n in (20, 21):
            rows += [(*order, "$1.00"), (*order, "$2.00")]
    write(shop, a=rows)
    stripped = {"expression": "regexp_replace(\"amount\", '[^0-9.]', '', 'g')"}
    shop.configure({**PLAIN, "amount": stripped}, {})
    errors, warnings = shop.gate()
    (currencies,) = errors
    assert currencies.startswith(
        "amount has 2 currencies in orders that are summed: USD 36, EUR 11, such as a.csv:2: EUR. Map"
    )
    assert told(warnings, "come again in one file").startswith(
        "2 order(s) come again in one file with another amount, and the last row wins, such as "
        "a.csv:26 against a.csv:25: order_id=A20, amount=$1.00. If these are the lines of an order, say "
        "`grain: order_line`"
    )
    assert told(warnings, "guests").startswith(
        "customer_id has 4 value(s) that stand for guests, and count as one customer: null_words takes them"
    )
    assert len(warnings) == 2

    # A rule on unique ids tells of them; a case tells currencies apart, and number() reads one of them alone.
    case = {"expression": "case when \"amount\" like '$%' then replace(\"amount\", '$', '') else '1' end"}
    shop.configure(
        {**PLAIN, "amount": case}, {"order_id": ["unique_within_load"]}, {"odd_ids": {"enabled": False}}
    )
    errors, warnings = shop.gate()
    (again,) = errors
    assert again.startswith("order_id has 7 duplicate")
    assert [text for text in warnings if "odd_ids" not in text] == []


def test_records_of_two_files_and_times_in_two_columns_that_come_twice(shop: Shop) -> None:
    header = ("customer", "date", "time", "amount")
    rows: Rows = [
        (f"C{n % 5}", f"2024-{n % 9 + 1:02}-{n % 28 + 1:02}", "10:00", f"{n}.50") for n in range(40)
    ]
    rows[7:9] = [("C1", "2024-10-27", "02:30", "5.00"), ("C1", "2024-03-31", "02:15", "5.00")]
    by_place = {"expression": "file_name || ':' || line_number"}
    two = {"expression": '"date" || \' \' || "time"', "format": "YYYY-MM-DD HH24:MI"}
    columns = {"order_id": by_place, "customer_id": "customer", "order_ts": two, "amount": "amount"}
    shop.configure(columns, {}, timezone="Europe/Berlin")
    write(shop, a=[header, *rows[:30]], b=[header, *rows[18:]])
    errors, warnings = shop.gate()
    assert errors == []
    assert told(warnings, "local time").startswith(
        "order_ts has 2 local time(s) that come twice or not at all as clocks change, such as "
        "a.csv:9: 2024-10-27 02:30"
    )
    assert told(warnings, "another file").startswith(
        "12 record(s) stand in another file too and count twice, as their order_id is made of their place, "
        "such as b.csv:2 against a.csv:20: b.csv:2. Load files that do not overlap"
    )
    assert len(warnings) == 2

    write(shop, a=[header, *rows[:30]], b=[header, *rows[21:]])  # 9 may be by chance
    joined = {**two, "expression": 'concat_ws(\' \', "date", "time")'}
    shop.configure({**columns, "order_ts": joined}, {}, timezone="Europe/Berlin", local_times="invalid")
    errors, warnings = shop.gate()
    assert told([*errors, *warnings], "2 local time(s)")
    assert not [text for text in warnings if "another file" in text]


def test_an_order_that_lacks_a_line_which_could_not_be_read_is_told(shop: Shop) -> None:
    header = ("id", "customer", "day", "amount")
    rows: Rows = [(f"L{n}", f"C{n % 5}", day(n), f"{k}.50") for n in range(220) for k in (1, 2)]
    broken = [
        ("L5", "C0", day(5), "7.00", "more", "than", "that"),  # of an order that has lines
        ("L500", "C0", day(5), "7.00", "L"),  # of none
        (' "L6"', "C0", day(5), "7.00", "quoted"),
        ("L99", "C0", day(5), "7.00", "of an order that is far away"),
    ]
    lines = [header, *rows[:12], *broken, *rows[12:]]
    write(shop, a=lines)
    shop.configure(PLAIN, {}, grain="order_line")
    errors, _ = shop.gate()
    (whole,) = errors
    assert whole.startswith(
        "2 order(s) lack a line that could not be read, such as a.csv:13 against a.csv:14: L5. The"
    )
    by_shop = {"expression": '"customer" || \'-\' || "id"'}
    shop.configure(
        {**PLAIN, "order_id": by_shop}, {}, {"orders_are_whole": {"severity": "warn"}}, grain="order_line"
    )
    errors, warnings = shop.gate()
    assert errors == []
    assert told(warnings, "lack a line").startswith(
        "1 order(s) lack a line that could not be read, such as a.csv:13"
    )


@pytest.mark.parametrize("cast", [False, True])
def test_a_filter_that_gives_no_answer_leaves_nothing_out_in_silence(shop: Shop, cast: bool) -> None:
    header = ("id", "customer", "day", "amount", "kind")
    kinds = ["", "NA", "Refund", "Order"]
    write(shop, a=[header, *((f"K{n}", "C1", day(n), "9.00", kinds[n % 4]) for n in range(40))])
    raises = ' and cast("amount" as numeric) > 0' if cast else ""
    shop.configure(PLAIN, {}, rows=f"\"kind\" <> 'Refund'{raises}")
    errors, warnings = shop.gate()
    assert errors == []
    assert warnings == [
        "20 record(s) are left out as the filter `rows` of orders.yaml gives no answer there, such as "
        "a.csv:2. A comparison with a missing value has none: write `is distinct from` for <>, or coalesce"
    ]
    assert shop.report["run"]["rows_left_out"] == 30
