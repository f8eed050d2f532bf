"""What a delivery takes away is weighed: refused, told, or let go, and recorded."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_tables import ledger, load, rows, values, write

from loader import FileRefused, FilesRefused, LoadOptions, load_files
from loader.results import FileResult
from ready.postgres.connection import ConnectionParams

HEADER = "order_id,amount\n"
MAPPED: dict[str, Any] = {"expected_columns": ("order_id", "amount"), "order_columns": ("order_id",)}
COUNTS = "select load_id, rows_loaded, rows_replaced, orders_gone from raw.loads order by load_id"


def orders(*numbers: int) -> str:
    return HEADER + "".join(f"A{number},{number}.50\n" for number in numbers)


def deliver(params: ConnectionParams, folder: Path, files: dict[str, str | bytes], **options: Any) -> Any:
    """All that is active was delivered before; these files come on top."""
    return load(params, write(folder, files), **{**MAPPED, **options})


def told(params: ConnectionParams, folder: Path, **options: Any) -> tuple[list[FileResult], str]:
    """A dry run and then the load, which must say the same: the files, and why one is refused."""
    said = []
    for dry_run in (True, False):
        try:
            summary = load_files(
                params.connect, [folder], LoadOptions(**{**MAPPED, **options}), dry_run=dry_run
            )
            said.append((list(summary.files), ""))
        except FilesRefused as error:
            said.append((list(error.summary.files), error.message))
    (foreseen, before), (files, message) = said
    assert before == message
    assert [weighed(file) for file in foreseen] == [weighed(file) for file in files]
    return files, message


def weighed(file: FileResult) -> tuple[Any, ...]:
    return file.refused, file.supersedes, file.rows_replaced, file.orders_gone, file.warnings


FOREIGN = {
    "an error page": "Service Unavailable\n",
    "a page": "<!DOCTYPE html>\n<html><body>\nnot now, try again, later\n</body></html>\n",
    "a JSON answer": '{"error": "expired", "code": 401}\n',
    "another table": "sku,stock\n1,2\n3,4\n5,6\n",
    "a header of others": "sku,stock\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_file_of_something_else_replaces_nothing(
    database: ConnectionParams, tmp_path: Path, text: str
) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1, 2, 3, 4)})
    write(tmp_path, {"a.csv": text, "b.csv": orders(9)})
    files, message = told(database, tmp_path, max_shrink="100%")
    assert [file.refused for file in files] == [True, False]
    assert "a.csv" in message
    assert values(database, "order_id") == ["A1", "A2", "A3", "A4", "A9"]


def test_a_new_file_of_something_else_is_none_of_the_source(
    database: ConnectionParams, tmp_path: Path
) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1)})
    write(tmp_path, {"b.csv": "Service Unavailable\n"})
    assert "none of the columns of the loads before" in told(database, tmp_path)[1]
    assert [row[1] for row in ledger(database)] == ["a.csv"]


ERRORS = {
    "a proxy": "Service Unavailable\n",
    "a server": "ERROR 1045 (28000): Access denied for user 'shop'@'localhost' (using password: YES)",
    "a callback": 'callback({"error": "expired"})\n',
    "a JSON text": '"order not found"\n',
    "another table": "sku,stock\n",
}


@pytest.mark.parametrize("text", ERRORS.values(), ids=ERRORS)
def test_an_error_in_the_first_delivery_is_no_header(
    database: ConnectionParams, tmp_path: Path, text: str
) -> None:
    """There is no load to hold it against, but there is the mapping; the day after it comes rightly."""
    write(tmp_path, {"a.csv": text, "b.csv": HEADER})
    files, message = told(database, tmp_path)
    assert [file.refused for file in files] == [True, False]
    assert "a.csv: its only line has none of the columns that orders.yaml maps" in message
    assert "not order_id, amount" in message
    assert [row[1] for row in ledger(database)] == ["b.csv"]
    write(tmp_path, {"a.csv": orders(1)})
    assert [file.supersedes for file in told(database, tmp_path)[0]] == [None, None]
    assert values(database, "order_id") == ["A1"]


def test_a_lone_header_of_renamed_or_given_columns_passes(database: ConnectionParams, tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "Nr.,Betrag\n"})
    (file,), message = told(database, tmp_path, names={"Nr.": "order_id"})
    assert not message
    assert file.columns == ("order_id", "Betrag")


def test_without_a_mapping_all_columns_count(database: ConnectionParams, tmp_path: Path) -> None:
    load(database, write(tmp_path, {"a.csv": "x,y\n1,2\n"}))
    with pytest.raises(FilesRefused, match="it has 'z', not x, y"):
        load(database, write(tmp_path, {"a.csv": "z\n1\n"}))
    assert load(database, write(tmp_path, {"a.csv": "y,z\n1,2\n"})).files[0].supersedes == 1


def test_another_table_with_the_mapping_of_both_takes_all_orders_away(
    database: ConnectionParams, tmp_path: Path
) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1, 2)})
    write(tmp_path, {"a.csv": "customer,amount\n1,2\n3,4\n"})
    assert "2 of its 2 order(s) are in no file any more" in told(database, tmp_path)[1]


WINDOWS = {
    "fewer rows": (range(10), range(4), "10 row(s) then, 4 now; 6 of its 10 order(s) are in no file"),
    "as many rows": (range(10), range(6, 16), "10 row(s) then, 10 now; 6 of its 10 order(s) are in no file"),
    "half is let go": (range(10), range(5, 12), ""),
    "a superset": (range(10), range(-5, 12), ""),
    "a superset behind": (range(10), range(12), ""),
}


@pytest.mark.parametrize("form", ["csv", "csv.gz"])
@pytest.mark.parametrize(("first", "second", "refusal"), WINDOWS.values(), ids=WINDOWS)
def test_a_window_that_rolls(
    database: ConnectionParams, tmp_path: Path, first: range, second: range, refusal: str, form: str
) -> None:
    def written(numbers: range) -> bytes:
        text = orders(*numbers).encode()
        return gzip.compress(text) if form == "csv.gz" else text

    deliver(database, tmp_path, {f"a.{form}": written(first)})
    write(tmp_path, {f"a.{form}": written(second)})
    (file,), message = told(database, tmp_path)
    gone = len(set(first) - set(second))
    assert file.refused == bool(refusal)
    assert refusal in message
    assert "max_shrink 50%" in message or not refusal
    if refusal:
        assert "--max-shrink" in str(file.hint)
        assert rows(database, COUNTS) == [(1, 10, None, None)]
        (file,), _ = told(database, tmp_path, max_shrink="60%")
    assert (file.supersedes, file.rows_replaced, file.orders_gone) == (1, 10, gone)
    assert any(f"{gone} of its 10 order(s)" in warning for warning in file.warnings) == bool(gone)
    assert rows(database, COUNTS)[1][1:] == (len(second), 10, gone)


def test_what_is_appended_to_is_not_counted(
    database: ConnectionParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a last line without its end may go on as another order's."""
    deliver(database, tmp_path, {"a.csv": orders(1, 2, 3)})
    with monkeypatch.context() as patch:
        patch.setattr("loader.ledger.PostgresLedger.orders_gone", None)
        (file,) = deliver(database, tmp_path, {"a.csv": orders(1, 2, 3, 4)}).files
    assert file.orders_gone == 0
    deliver(database, tmp_path, {"a.csv": orders(1, 2, 3, 4) + "A5"[:1], "b.csv": "order_id\nA"})
    (_, file) = deliver(database, tmp_path, {"b.csv": "order_id\nAB\nAC\n"}, max_shrink="100%").files
    assert file.orders_gone == 1


def test_orders_that_another_file_has_are_not_gone(database: ConnectionParams, tmp_path: Path) -> None:
    deliver(database, tmp_path, {"a.csv": orders(*range(8)), "b.csv": orders(6, 7)})
    load(database, write(tmp_path / "other", {"c.csv": orders(*range(8))}), source="other")
    write(tmp_path, {"a.csv": orders(*range(6))})
    files, _ = told(database, tmp_path, pattern="[ab].csv")
    assert (files[0].rows_replaced, files[0].orders_gone) == (8, 0)
    write(tmp_path, {"a.csv": orders(*range(4))})
    files, _ = told(database, tmp_path, pattern="[ab].csv")
    assert files[0].orders_gone == 2
    write(tmp_path, {"a.csv": orders(2, 3, 10)})
    files, _ = told(database, tmp_path, pattern="[ab].csv", order_has_file_name=True)
    assert files[0].orders_gone == 2


def test_an_id_of_two_columns(database: ConnectionParams, tmp_path: Path) -> None:
    two: dict[str, Any] = {"order_columns": ("shop", "n")}
    deliver(database, tmp_path, {"a.csv": "shop,n,amount\n1,23,5\n12,3,5\n 7 ,,5\n,,5\n"}, **two)
    write(tmp_path, {"a.csv": "shop,n,amount\n1,23,6\n7,,6\n,,6\n,,7\n"})
    (file,), _ = told(database, tmp_path, **two)
    assert file.orders_gone == 1
    assert "1 of its 3 order(s)" in file.warnings[-1]


def test_the_same_header_without_rows_withdraws(database: ConnectionParams, tmp_path: Path) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1, 2, 3), "b.csv": orders(3)})
    write(tmp_path, {"a.csv": "amount,order_id\n"})
    files, _ = told(database, tmp_path, empty="error")
    assert (files[0].supersedes, files[0].rows_replaced, files[0].orders_gone) == (1, 3, 2)
    assert (
        "withdraws load 1 with its 3 row(s); 2 of its 3 order(s) are in no file any more" in files[0].warnings
    )
    write(tmp_path, {"b.csv": "order_id\n"})
    assert "1 row(s) then, 0 now" in told(database, tmp_path)[1]


RENAMED = {
    "the id": ("Order ID,shop,amount\n", "lacks 'order_id',", "'Order ID'", '{"Order ID": order_id}'),
    "two": (
        "shop,Total amount,No,Order ID\n",
        "lacks 'order_id', 'amount',",
        "'Order ID', 'Total amount'",
        '{"Order ID": order_id, "Total amount": amount}',
    ),
    "all to letters": (
        "a,b,shop,c\n",
        "lacks 'order_id', 'amount',",
        "'b', 'a'",
        '{"b": order_id, "a": amount}',
    ),
}


@pytest.mark.parametrize(("header", "lost", "nearest", "names"), RENAMED.values(), ids=RENAMED)
def test_columns_that_were_renamed_are_named_first(
    database: ConnectionParams, tmp_path: Path, header: str, lost: str, nearest: str, names: str
) -> None:
    deliver(database, tmp_path, {"a.csv": "order_id,shop,amount\nA1,s,5\nA2,s,5\n"})
    mapped: dict[str, Any] = {"expected_columns": ("order_id", "shop", "amount")}
    record = ",".join("9" for _ in header.split(","))
    write(tmp_path, {"a.csv": f"{header}{record}\n{record}0\n"})
    (file,), message = told(database, tmp_path, **mapped)
    assert (
        f"a.csv {lost} which orders.yaml maps (nearest of its new columns: {nearest}), and would" in message
    )
    assert str(file.hint).startswith(f"if they were renamed, set file: {{names: {names}}} in orders.yaml")
    renamed = {name.split('"')[1]: name.split(": ")[1] for name in names.strip("{}").split(", ")}
    (file,), message = told(database, tmp_path, max_shrink="100%", names=renamed, **mapped)
    assert {"order_id", "shop", "amount"} <= {*file.columns}


def test_a_column_that_is_gone_is_named(database: ConnectionParams, tmp_path: Path) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1, 2)})
    write(tmp_path, {"a.csv": "amount\n1\n2\n"})
    assert "a.csv lacks 'order_id', which orders.yaml maps, and would take" in told(database, tmp_path)[1]


NO_ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "the same bytes as comments": ("", {"comment": "A"}),
    "other bytes as comments": (HEADER + "#1,1\n#2,2\n", {"comment": "#"}),
    "a footer": (HEADER + "A1,1\nA2,2\n", {"footer_lines": "A1"}),
    "a header behind records": ("A1,1.50\n" + HEADER, {"header_line": "order_id"}),
    "records without a value": (HEADER + ",\n,\n", {}),
}


@pytest.mark.parametrize(("text", "reading"), NO_ROWS.values(), ids=NO_ROWS)
def test_lines_that_are_not_read_withdraw_nothing(
    database: ConnectionParams, tmp_path: Path, text: str, reading: dict[str, Any]
) -> None:
    """Only a header and nothing else does: what a setting leaves out is weighed."""
    deliver(database, tmp_path, {"a.csv": orders(1, 2, 3)})
    write(tmp_path, {"a.csv": text or orders(1, 2, 3)})
    (file,), message = told(database, tmp_path, **reading)
    assert "3 row(s) then, 0 now; 3 of its 3 order(s) are in no file any more" in message
    assert "none of its lines is read as a record" in str(file.hint)
    assert values(database, "order_id") == ["A1", "A2", "A3"]
    (file,), _ = told(database, tmp_path, max_shrink="100%", **reading)
    assert (file.rows_replaced, file.orders_gone) == (3, 3)


EMPTY = {"0 bytes": b"", "blank lines": b"\n  \r\n\n", "a mark": b"\xef\xbb\xbf\n", "utf-16": b"\xff\xfe\n\0"}


@pytest.mark.parametrize("text", [*EMPTY.values(), gzip.compress(b"")], ids=[*EMPTY, "packed"])
def test_an_empty_file_is_a_day_without_orders(
    database: ConnectionParams, tmp_path: Path, text: bytes
) -> None:
    deliver(database, tmp_path, {"1.csv": orders(1)})
    write(tmp_path, {"2.csv": text, "3.csv": text, "4.csv": orders(4, 5)})
    files, _ = told(database, tmp_path)
    assert all("no rows" in file.warnings[0] for file in files[1:3])
    assert not files[3].warnings, "columns are compared with the last load that has some"
    assert [row[1:3] for row in ledger(database)] == [(f"{n}.csv", "loaded") for n in (1, 2, 3, 4)]
    assert not deliver(database, tmp_path, {}).loaded_anything

    files, _ = told(database, write(tmp_path, {"2.csv": orders(2)}))
    assert (files[1].supersedes, files[1].rows_replaced) == (2, 0)
    assert values(database, "order_id") == ["A1", "A2", "A4", "A5"]

    write(tmp_path, {"4.csv": text})
    assert "it would replace load 4 with 2 row(s)" in told(database, tmp_path, max_shrink="100%")[1]
    assert values(database, "order_id") == ["A1", "A2", "A4", "A5"]


def test_headers_alone_are_days_without_orders_too(database: ConnectionParams, tmp_path: Path) -> None:
    """They are alike, and neither moves to the other's name nor takes a place by the other's record."""
    deliver(database, tmp_path, {"1.csv": orders(1), "2.csv": HEADER, "3.csv": HEADER})
    assert [row[1] for row in ledger(database)] == ["1.csv", "2.csv", "3.csv"]
    files, _ = told(database, write(tmp_path, {"2.csv": orders(2), "4.csv": HEADER}))
    assert [file.supersedes for file in files] == [None, 2, None, None]
    assert ledger(database)[1:] == [
        (2, "2.csv", "superseded", 4),
        (3, "3.csv", "loaded", None),
        (4, "2.csv", "loaded", None),
        (5, "4.csv", "loaded", None),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", HEADER])
def test_an_empty_file_is_an_error_by_setting(database: ConnectionParams, tmp_path: Path, text: str) -> None:
    write(tmp_path, {"1.csv": text, "2.csv": orders(2)})
    files, _ = told(database, tmp_path, empty="error")
    assert [file.refused for file in files] == [True, False]
    assert values(database, "order_id") == ["A2"]


def test_a_file_without_a_header_withdraws_nothing(database: ConnectionParams, tmp_path: Path) -> None:
    bare: dict[str, Any] = {"header": "none", "names": ("order_id", "amount"), "comment": "#"}
    deliver(database, tmp_path, {"a.csv": "A1,1.50\n"}, **bare)
    for text in ("", "\n", "# nothing\n"):
        write(tmp_path, {"a.csv": text})
        assert "it would replace load 1" in told(database, tmp_path, max_shrink="100%", **bare)[1]
    assert values(database, "order_id") == ["A1"]


def test_columns_are_compared_with_the_load_replaced(database: ConnectionParams, tmp_path: Path) -> None:
    deliver(database, tmp_path, {"a.csv": "order_id,old,amount\n1,2,3\n", "b.csv": orders(2)})
    write(tmp_path, {"a.csv": "order_id,new,amount\n1,2,3\n"})
    files, _ = told(database, tmp_path)
    assert files[0].warnings == (
        "new column(s) against load 1, which it replaces: new",
        "column(s) gone against load 1, which it replaces: old",
    )


def test_a_copy_under_another_files_name_takes_that_file_away(
    database: ConnectionParams, tmp_path: Path
) -> None:
    deliver(database, tmp_path, {"a.csv": orders(1, 2), "b.csv": orders(3, 4)})
    write(tmp_path, {"b.csv": orders(1, 2)})
    assert "2 of its 2 order(s)" in told(database, tmp_path)[1]
    assert values(database, "order_id") == ["A1", "A2", "A3", "A4"]
    files, _ = told(database, tmp_path, max_shrink="100%")
    assert (files[1].rows_replaced, files[1].orders_gone) == (2, 2)


def test_files_that_rotate_take_away_what_nobody_has_any_more(
    database: ConnectionParams, tmp_path: Path
) -> None:
    deliver(database, tmp_path, {"o.csv": orders(3, 4), "o_1.csv": orders(1, 2)})
    write(tmp_path, {"o.csv": orders(5, 6), "o_1.csv": orders(3, 4)})
    for dry_run in (True, False):
        with pytest.raises(FileRefused, match=r"o_1.csv would take away too much of load 2"):
            load_files(database.connect, [tmp_path], LoadOptions(**MAPPED), dry_run=dry_run)
    assert sorted(values(database, "order_id")) == ["A1", "A2", "A3", "A4"]
    files = deliver(database, tmp_path, {}, max_shrink="100%").files
    assert files[1].warnings == ("of load 2, which it replaces, 2 of its 2 order(s) are in no file any more",)

    kept = {"o.csv": orders(7), "o_1.csv": orders(5, 6), "o_2.csv": orders(3, 4)}
    files = deliver(database, tmp_path, kept).files
    assert [file.orders_gone for file in files] == [None, None, None], "nothing goes where all are kept"
    assert sorted(values(database, "order_id")) == ["A3", "A4", "A5", "A6", "A7"]


sources = itertools.count()


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 9), max_size=9)), min_size=2, max_size=5
    ),
    st.sampled_from(["0%", "30%", "50%", "100%"]),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_counted_by_hand(
    database: ConnectionParams, tmp_path: Path, deliveries: list[tuple[str, list[int]]], limit: str
) -> None:
    """Whatever comes in whatever order, the counts are those of sets of ids, foreseen and real."""
    source, active = f"s{next(sources)}", dict[str, list[int]]()
    for delivery, (name, numbers) in enumerate(deliveries):
        # A column of its own keeps contents apart, which else would be copies of each other.
        text = "order_id,delivery\n" + "".join(f"A{number},{delivery}\n" for number in numbers)
        folder = write(tmp_path / source / str(delivery), {f"{name}.csv": text})
        ((file,), _) = told(database, folder, source=source, max_shrink=limit)

        before = active.get(name)
        others = {number for other, held in active.items() if other != name for number in held}
        gone = len(set(before or ()) - set(numbers) - others)
        share = int(limit[:-1])
        too_much = (
            before is not None
            and bool(numbers)
            and (
                100 * (len(before) - len(numbers)) > share * len(before)
                or 100 * gone > share * len(set(before))
            )
        )
        assert file.refused == too_much
        if not too_much:
            assert (file.rows_replaced, file.orders_gone) == (
                (None, None) if before is None or before == numbers == [] else (len(before), gone)
            )
            active[name] = numbers
