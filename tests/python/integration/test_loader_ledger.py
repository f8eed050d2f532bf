"""One file, one load: what is loaded, left alone, superseded, refused, and in which order."""

from __future__ import annotations

import contextlib
import gzip
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import psycopg2.errors
import pyarrow as pa
import pytest
from raw_tables import content, ledger, load, outcomes, rows, values, write

from loader import (
    FilesRefused,
    InputError,
    LoadOptions,
    ServerError,
    ensure_raw_schema,
    load_files,
)
from loader.postgres import PostgresSink
from loader.results import FileResult, Silent
from loader.withdraw import withdraw_files
from ready.postgres.connection import ConnectionParams


def refused(params: ConnectionParams, *paths: Path, **options: object) -> FilesRefused:
    with pytest.raises(FilesRefused) as caught:
        load(params, *paths, **options)
    return caught.value


def test_rows_rejects_and_ledger(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": 'id;näme\n1;x\n2;"a\tb\\n"\n3\n'})
    (result,) = load(database, folder).files
    assert (result.outcome, result.rows_loaded, result.rows_rejected) == ("loaded", 2, 1)
    assert rows(database, "select line_number, payload from raw.raw_events order by 1") == [
        (2, {"id": "1", "näme": "x"}),
        (3, {"id": "2", "näme": "a\tb\\n"}),
    ]
    assert rows(database, "select * from raw.rejected_rows") == [(1, 4, "1 field, expected 2", "3")]
    columns = "source, file_name, file_bytes, rows_loaded, rows_rejected, columns, delimiter, encoding"
    size = (tmp_path / "a.csv").stat().st_size
    assert rows(database, f"select {columns} from raw.loads") == [
        ("orders", "a.csv", size, 2, 1, ["id", "näme"], ";", "utf-8")
    ]


def test_the_same_bytes_are_loaded_once(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n", "b.csv": "id\n1\n"})
    (folder / "c.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))
    summary = load(database, folder)
    assert outcomes(summary.files) == ["loaded", "already loaded", "already loaded"]
    assert summary.files[1].warnings == ("the same content as a.csv",)
    assert not load(database, folder).loaded_anything
    assert values(database, "id") == ["1"]
    assert [row[0] for row in ledger(database)] == [1]


def test_a_changed_file_supersedes_and_the_old_rows_stay(database: ConnectionParams, tmp_path: Path) -> None:
    load(database, write(tmp_path, {"a.csv": "id\n1\n2\n"}))
    (result,) = load(database, write(tmp_path, {"a.csv": "id\n3\n"})).files
    assert (result.outcome, result.supersedes) == ("superseded earlier load 1", 1)
    assert ledger(database) == [(1, "a.csv", "superseded", 2), (2, "a.csv", "loaded", None)]
    assert values(database, "id") == ["3"]
    assert rows(database, "select count(*) from raw.raw_events") == [(3,)]


def test_bytes_that_were_superseded_come_back_as_a_new_load(
    database: ConnectionParams, tmp_path: Path
) -> None:
    for text in ("id\n1\n", "id\n2\n", "id\n1\n"):
        load(database, write(tmp_path, {"a.csv": text}))
    assert ledger(database) == [
        (1, "a.csv", "superseded", 2),
        (2, "a.csv", "superseded", 3),
        (3, "a.csv", "loaded", None),
    ]


def test_two_files_are_withdrawn_by_the_same_header(database: ConnectionParams, tmp_path: Path) -> None:
    load(database, write(tmp_path, {"a.csv": "id\n1\n", "b.csv": "id\n2\n"}))
    summary = load(database, write(tmp_path, {"a.csv": "id\n", "b.csv": "id\n"}))
    assert outcomes(summary.files) == ["superseded earlier load 1", "superseded earlier load 2"]
    assert "only a header, no rows" in summary.files[0].warnings
    assert values(database, "id") == []
    assert not load(database, tmp_path).loaded_anything


def test_load_ids_follow_the_names_in_natural_order(database: ConnectionParams, tmp_path: Path) -> None:
    files = {f"orders_{day}.csv": "id\n" + f"{day}\n" * (3000 // day) for day in range(1, 13)}
    summary = load(database, write(tmp_path, files), workers=4)
    assert [file.load_id for file in summary.files] == list(range(1, 13))
    assert [name for _, name, *_ in ledger(database)] == [f"orders_{day}.csv" for day in range(1, 13)]


def test_schema_drift_is_a_warning(database: ConnectionParams, tmp_path: Path) -> None:
    load(database, write(tmp_path, {"a.csv": "id,old\n1,2\n"}))
    summary = load(database, write(tmp_path, {"b.csv": "new,id\n1,2\n"}))
    assert summary.files[1].warnings == (
        "new column(s) against the last load: new",
        "column(s) gone against the last load: old",
    )


def test_good_files_are_loaded_and_the_bad_ones_listed(database: ConnectionParams, tmp_path: Path) -> None:
    files = {
        "a.csv": "",
        "b.csv": "id\n1\n",
        "c.csv": "id,id\n1,2\n",
        "d.csv.gz": gzip.compress(b"id\n" * 99)[:-9],
    }
    write(tmp_path, files)
    (tmp_path / "e.csv").symlink_to(tmp_path / "nowhere")
    error = refused(database, tmp_path)
    assert outcomes(error.summary.files) == ["loaded", "loaded", "refused", "refused", "refused"]
    assert values(database, "id") == ["1"]
    for words in (
        "c.csv, line 1: the header repeats 'id'",
        "d.csv.gz is damaged",
        "e.csv cannot",
    ):
        assert words in error.message
    assert (error.exit_code, "a.csv" in error.message, "b.csv" in error.message) == (1, False, False)


@pytest.mark.parametrize(
    ("limit", "bad", "good", "stops"),
    [
        ("1%", 3, 0, False),
        ("1%", 4, 0, True),
        ("1%", 4, 300, False),
        ("1%", 5, 395, True),
        ("0%", 3, 9, False),
        ("0", 1, 999, True),
        ("7", 7, 0, False),
        ("100%", 50, 0, False),
    ],
)
def test_too_many_rejects_stop_the_file(
    database: ConnectionParams, tmp_path: Path, limit: str, bad: int, good: int, stops: bool
) -> None:
    folder = write(tmp_path, {"a.csv": "a,b\n" + "1,2\n" * good + "x\n" * bad})
    if not stops:
        assert load(database, folder, max_rejects=limit).rows_rejected == bad
        return
    error = refused(database, folder, max_rejects=limit)
    assert f"line {good + 2}: 1 field, expected 2: x" in error.message
    for table in ("loads", "raw_events", "rejected_rows"):
        assert rows(database, f"select count(*) from raw.{table}") == [(0,)]


def test_a_file_of_which_nothing_can_be_read_replaces_none(
    database: ConnectionParams, tmp_path: Path
) -> None:
    load(database, write(tmp_path, {"a.csv": "a,b\n1,2\n"}))
    error = refused(database, write(tmp_path, {"a.csv": "a,b\n1\n"}))
    assert "none of its 1 record(s) can be read, and it would replace load 1" in error.message
    assert values(database, "a") == ["1"]
    assert load(database, write(tmp_path, {"a.csv": "a,b\n1\n2,3\n"})).rows_rejected == 1
    assert values(database, "a") == ["2"]


def test_sources_are_apart(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n"})
    assert outcomes(load(database, folder, source="orders").files) == ["loaded"]
    assert outcomes(load(database, folder, source="returns").files) == ["loaded"]


def test_archives_folders_and_odd_names(database: ConnectionParams, tmp_path: Path) -> None:
    odd = "día 1 'x' \"y\" %s 日本.csv"
    write(
        tmp_path, {odd: "id\n1\n", "sub/B.CSV": "id\n2\n", "other.txt": "id\n9\n", ".hidden.csv": "id\n9\n"}
    )
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("in/c.csv", "id\n3\n")
        archive.writestr("read.me", "no")
    with pa.CompressedOutputStream(str(tmp_path / "d.csv.zst"), "zstd") as out:
        out.write(b"id\n4\n")
    summary = load(database, tmp_path)
    assert {file.file_name for file in summary.files} == {odd, "sub/B.CSV", "z.zip/in/c.csv", "d.csv.zst"}
    assert sorted(values(database, "id")) == ["1", "2", "3", "4"]
    assert not load(database, tmp_path).loaded_anything


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_twice_in_an_archive_is_refused(database: ConnectionParams, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for text in ("id\n1\n", "id\n2\n"):
            archive.writestr("a.csv", text)
    assert "z.zip/a.csv is twice in its archive" in refused(database, tmp_path).message


def test_a_name_that_is_no_text(database: ConnectionParams, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_bytes(b"id\n1\n")
    assert load(database, tmp_path).files[0].file_name == "caf\\xe9.csv"
    assert not load(database, tmp_path).loaded_anything


def test_a_file_that_changes_while_it_is_read_is_refused(database: ConnectionParams, tmp_path: Path) -> None:
    path = write(tmp_path, {"a.csv": "id\n" + "1234567\n" * 200_000}) / "a.csv"

    class Append(Silent):
        def started(self, file_name: str, total_bytes: int | None) -> None:
            with path.open("a") as file:
                file.write("9\n")

    with pytest.raises(FilesRefused, match="changed while it was read"):
        load_files(database.connect, [path], progress=Append())
    assert rows(database, "select count(*) from raw.raw_events") == [(0,)]


def at_once(params: ConnectionParams, *calls: list[Path]) -> list[str]:
    """Outcomes of several calls of load_files side by side, sorted."""
    results: list[FileResult] = []
    with ThreadPoolExecutor(len(calls)) as pool:
        for summary in pool.map(lambda paths: load(params, *paths), calls):
            results.extend(summary.files)
    return sorted(outcomes(results))


def test_two_loads_of_one_file_at_once(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": "id\n" + "1\n" * 50_000})
    assert at_once(database, *[[folder]] * 4) == ["already loaded"] * 3 + ["loaded"]
    assert content(database)[0] == 50_000


def test_the_same_bytes_under_two_names_at_once(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, dict.fromkeys(("a.csv", "b.csv"), "id\n" + "1\n" * 50000))
    assert at_once(database, [folder / "a.csv"], [folder / "b.csv"]) == ["already loaded", "loaded"]
    assert content(database)[0] == 50_000


def test_opposite_orders_at_once_do_not_wait_in_a_circle(database: ConnectionParams, tmp_path: Path) -> None:
    names = ("a.csv", "b.csv", "c.csv")
    folder = write(tmp_path, {name: f"id\n{name}\n" + "1\n" * 20_000 for name in names})
    there, back = [folder / name for name in names], [folder / name for name in reversed(names)]
    assert at_once(database, there, back) == ["already loaded"] * 3 + ["loaded"] * 3


@pytest.mark.parametrize("change", ["update {} set line_number = 1", "delete from {}", "truncate {}"])
@pytest.mark.parametrize("table", ["raw.raw_events", "raw.rejected_rows"])
def test_raw_is_immutable(database: ConnectionParams, change: str, table: str) -> None:
    with contextlib.closing(database.connect()) as connection:
        ensure_raw_schema(connection)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="immutable"):
        rows(database, change.format(table))


def test_the_schema_is_made_by_many_at_once(database: ConnectionParams) -> None:
    def make(_: int) -> None:
        with contextlib.closing(database.connect()) as connection:
            ensure_raw_schema(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))
    assert ledger(database) == []


def test_a_dry_run_writes_nothing(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n"})
    (result,) = load_files(database.connect, [folder], dry_run=True).files
    assert (result.outcome, result.rows_loaded) == ("would be loaded", 1)
    assert rows(database, "select count(*) from pg_namespace where nspname = 'raw'") == [(0,)]
    load(database, folder)
    write(tmp_path, {"a.csv": "id\n1\n2\n"})
    (result,) = load_files(database.connect, [folder], dry_run=True).files
    assert (result.outcome, result.rows_loaded) == ("would supersede load 1", 2)
    assert values(database, "id") == ["1"]


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["{}"], "no file matches *.csv in"),
        (["{}/nosuch.csv"], "no such file or folder"),
        (["{}/x*.csv"], "no file matches"),
        (["-"], "standard input has no name"),
        ([], "no file to load"),
        (["{}/a/same.txt", "{}/b/same.txt"], "both be recorded as same.txt"),
    ],
)
def test_wrong_calls(database: ConnectionParams, tmp_path: Path, paths: list[str], words: str) -> None:
    write(tmp_path, {"a/same.txt": "id\n1\n", "b/same.txt": "id\n2\n"})
    with pytest.raises(InputError) as caught:
        load_files(database.connect, [path.format(tmp_path) for path in paths])
    assert words in caught.value.message
    assert caught.value.hint


def test_a_name_without_standard_input(database: ConnectionParams, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--name is for standard input"):
        load(database, write(tmp_path, {"a.csv": "id\n1\n"}), name="b.csv")


def execute(params: ConnectionParams, statement: str) -> None:
    with contextlib.closing(params.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def reader(database: ConnectionParams) -> Iterator[str]:
    """A role that may do nothing."""
    role = f"reader_{database.dbname}"
    execute(database, f"create role {role}")
    yield role
    execute(database, f"drop role {role}")


def test_a_user_who_may_not_write(database: ConnectionParams, reader: str, tmp_path: Path) -> None:
    def connect() -> psycopg2.extensions.connection:
        connection = database.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(f"set session authorization {reader}")
        return connection

    folder = write(tmp_path, {"a.csv": "id\n1\n"})
    with pytest.raises(ServerError, match="may not create schema raw"):
        load_files(connect, [folder])
    load(database, folder)
    with pytest.raises(ServerError, match="permission denied") as caught:
        load_files(connect, [folder])
    assert (caught.value.exit_code, "grant" in str(caught.value.hint)) == (3, True)


def test_a_fifty_megabyte_field(database: ConnectionParams, tmp_path: Path) -> None:
    size = 50_000_000
    folder = write(tmp_path, {"a.csv": b'id,note\n1,"' + b"x\n" * (size // 2) + b'"\n2,b\n'})
    assert load(database, folder).rows_loaded == 2
    assert rows(
        database, "select line_number, length(payload ->> 'note') from raw.raw_events order by 1"
    ) == [
        (2, size),
        (size // 2 + 3, 1),
    ]


def test_other_settings_load_the_same_bytes_again(database: ConnectionParams, tmp_path: Path) -> None:
    """Every setting that decides how bytes read, also under the file's other name and beside a copy."""
    folder, written = write(tmp_path, {}), "id,town\n1,Zo\u00eb\n2,Ulm\n".encode("cp1252")
    for name in ("a.csv", "b.csv"):
        (folder / name).write_bytes(written)
    assert outcomes(load(database, folder).files) == ["loaded", "already loaded"]
    changed = load(database, folder, encoding="cp850")
    assert outcomes(changed.files) == ["superseded earlier load 1", "already loaded"]
    assert changed.files[0].warnings == ("read again: encoding is 'cp850', and was not set",)
    assert values(database, "town") == ["Zo\u00d9", "Ulm"]
    assert outcomes(load(database, folder, encoding="CP850").files) == ["already loaded"] * 2

    (folder / "a.csv").unlink()
    (folder / "b.csv").unlink()
    renamed = write(tmp_path / "renamed", {})
    (renamed / "c.csv").write_bytes(written)
    dry = load_files(database.connect, [renamed], LoadOptions(names={"town": "place"}), dry_run=True)
    held = changed.files[0].load_id  # a copy that was read beside it may have cost an id
    assert outcomes(dry.files) == [f"would supersede load {held}"]
    assert outcomes(load(database, renamed, names={"town": "place"}).files) == [
        f"superseded earlier load {held}"
    ]
    assert rows(database, "select file_name, reading from raw.loads where status = 'loaded'") == [
        ("c.csv", {"names": {"town": "place"}})
    ]
    for options in (
        {"quote": "'"},
        {"escape": "\\"},
        {"comment": "#"},
        {"footer_lines": 1},
        {"header_line": 1},
    ):
        (result,) = load(database, renamed, **options).files
        assert result.outcome.startswith("superseded earlier load"), options
    (result,) = load(database, renamed, header="none", names=("order", "place")).files
    assert result.rows_loaded == 3


def test_a_load_of_an_earlier_release_says_nothing_of_its_settings(
    database: ConnectionParams, tmp_path: Path
) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n"})
    load(database, folder, delimiter=";")
    with contextlib.closing(database.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica; update raw.loads set reading = null")
    assert outcomes(load(database, folder).files) == ["already loaded"]


def test_again_loads_what_is_in_and_each_content_once(database: ConnectionParams, tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n", "b.csv": "id\n1\n", "c.csv": "id\n2\n"})
    first = load(database, folder).files
    again = load(database, folder, again=True)
    assert outcomes(again.files) == [
        f"superseded earlier load {first[0].load_id}",
        "already loaded",
        f"superseded earlier load {first[2].load_id}",
    ]
    assert again.files[0].warnings[-1] == "read again: as was asked for"
    assert values(database, "id") == ["1", "2"]


def test_a_withdrawn_file_is_out_until_it_is_delivered_again(
    database: ConnectionParams, tmp_path: Path
) -> None:
    folder = write(tmp_path, {"a.csv": "id\n1\n", "b.csv": "id\n2\n"})
    load(database, folder)
    sink = PostgresSink(database.connect)
    (result,) = withdraw_files(sink, ["a.csv"], LoadOptions(order_columns=("id",))).files
    assert (result.outcome, result.rows_replaced, result.orders_gone) == ("superseded earlier load 1", 1, 1)
    assert (
        result.warnings[0]
        == "withdraws load 1 with its 1 row(s); 1 of its 1 order(s) are in no file any more"
    )
    assert values(database, "id") == ["2"]
    for gone in ("a.csv", "c.csv"):
        with pytest.raises(InputError, match=f"nothing is loaded of {gone}"):
            withdraw_files(sink, [gone], LoadOptions())
    assert outcomes(load(database, folder).files) == ["superseded earlier load 3", "already loaded"]
    assert values(database, "id") == ["1", "2"]


def test_a_pipe_is_passed_over_and_a_link_out_of_the_folder_refused(
    database: ConnectionParams, tmp_path: Path
) -> None:
    folder = write(tmp_path / "data", {"a.csv": "id\n1\n"})
    os.mkfifo(folder / "b.csv")
    summary = load(database, folder)
    assert outcomes(summary.files) == ["loaded", "passed over"]
    assert summary.files[1].warnings == ("a named pipe, and no file",)
    (folder / "c.csv").symlink_to(write(tmp_path / "other", {"c.csv": "id\n2\n"}) / "c.csv")
    assert "c.csv is a link that leaves its folder" in refused(database, folder).message
    assert outcomes(load(database, folder, links="follow").files) == [
        "already loaded",
        "passed over",
        "loaded",
    ]
