"""Which files a call means, and in which order."""

from __future__ import annotations

import os
import socket
import zipfile
from pathlib import Path

import pytest
from raw_tables import write

from loader import FileRefused, InputError, LoadOptions, RejectLimit
from loader.files import find_files, matches, natural
from loader.turns import Aborted, Turns


def names(*paths: Path | str, pattern: str = "*.csv") -> list[str]:
    return [file.name for file in find_files(paths, pattern)]


def test_a_folder_is_searched_to_the_bottom_in_natural_order(tmp_path: Path) -> None:
    files = ["orders_10.csv", "orders_9.csv", "sub/a.csv", "x.txt", ".x.csv", "__MACOSX/b.csv", ".git/c.csv"]
    write(tmp_path, dict.fromkeys(files, "id\n"))
    assert names(tmp_path) == ["orders_9.csv", "orders_10.csv", "sub/a.csv"]
    assert names(tmp_path / "sub" / "..") == names(tmp_path)


def test_a_file_given_is_taken_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"sub/x.txt": "id\n"})
    assert names(tmp_path / "sub/x.txt") == ["x.txt"]
    assert names(tmp_path / "sub/x.txt", tmp_path / "sub/../sub/x.txt") == ["x.txt"]


def test_globs(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(["a/1.csv", "b/1.csv", "b/2.txt"], "id\n"))
    assert names(f"{tmp_path}/*/1.csv") == ["a/1.csv", "b/1.csv"]
    assert names(f"{tmp_path}/**/*.txt") == ["b/2.txt"]
    assert names(f"{tmp_path}/b*") == ["1.csv"]


def test_a_name_with_glob_characters_is_a_file_first(tmp_path: Path) -> None:
    write(tmp_path, {"a[1].csv": "id\n"})
    assert names(tmp_path / "a[1].csv") == ["a[1].csv"]


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {"x.csv/y.csv": "id\n"})
    assert names(tmp_path) == ["x.csv/y.csv"]
    assert names(tmp_path / "x.csv") == ["y.csv"]


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("a.csv", "*.csv", True),
        ("A.CSV", "*.csv", True),
        ("a.csv.gz", "*.csv", True),
        ("a.csv.zst", "*.csv", True),
        ("a.csv.bak", "*.csv", False),
        ("sub/a.csv", "*.csv", True),
        ("sub/a.csv", "sub/*.csv", True),
        ("sub/a.csv", "other/*.csv", False),
    ],
)
def test_patterns(name: str, pattern: str, fits: bool) -> None:
    assert matches(name, pattern) == fits


def test_natural_order() -> None:
    assert sorted(["b1", "a10", "a9", "a", "a9b", "²"], key=natural) == ["a", "a9", "a9b", "a10", "b1", "²"]


@pytest.mark.parametrize(
    "in_order",
    [
        ["export.csv", "export (1).csv", "export (2).csv", "export (10).csv"],
        ["export.csv", "export-1.csv", "export-2.csv.gz", "export-10.csv"],
        ["export.csv.gz", "export_1.csv", "export_2.csv.zst"],
        ["export.CSV", "export 2.csv", "export 10.csv", "export copy.csv"],
        ["export.csv", "export1.csv", "export2.csv", "export(1).csv"],
        ["2024.01.csv", "2024.01 (1).csv", "2024.02.csv", "2024.10.csv"],
        ["in/a.csv", "in (1)/a.csv", "in (2)/a.csv"],
        ["z.zip/a.csv", "z.zip/a (1).csv", "z (1).zip/a.csv"],
    ],
)
def test_a_plain_name_comes_before_its_numbered_ones(in_order: list[str]) -> None:
    assert sorted(sorted(in_order), key=natural) == in_order


def test_archives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("d/10.csv", "id\n")
        archive.writestr("d/9.csv", "id\n")
        archive.writestr("__MACOSX/d/._9.csv", "")
        archive.writestr("x.txt", "")
    assert names(tmp_path) == ["z.zip/d/9.csv", "z.zip/d/10.csv"]
    with pytest.raises(InputError, match="no file matches"):
        names(tmp_path / "z.zip", pattern="*.tsv")


def test_a_damaged_archive_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    write(tmp_path, {"z.zip": b"PK\x03\x04 cut off"})
    (file,) = find_files([tmp_path], "*.csv")
    with pytest.raises(FileRefused, match="damaged zip"):
        file.open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "id\n"})
    (tmp_path / "a.csv").chmod(0)
    (file,) = find_files([tmp_path], "*.csv")
    with pytest.raises(FileRefused, match="Permission denied"):
        file.open()


@pytest.mark.parametrize(
    ("text", "records", "allowed"),
    [("0", 1000, 0), ("20", 5, 20), ("1%", 0, 3), ("1%", 301, 4), ("1%", 400, 4), ("0.5%", 1001, 6)],
)
def test_reject_limits(text: str, records: int, allowed: int) -> None:
    assert RejectLimit.parse(text).allowed(records) == allowed


@pytest.mark.parametrize(
    "options",
    [
        {"max_rejects": "-1"},
        {"max_rejects": "101%"},
        {"max_rejects": "x"},
        {"delimiter": '"'},
        {"delimiter": ""},
        {"encoding": "hex"},
        {"encoding": "no-such"},
        {"source": " "},
    ],
)
def test_options_that_cannot_be(options: dict[str, str]) -> None:
    with pytest.raises(InputError):
        LoadOptions(**options)  # type: ignore[arg-type]


def test_turns_come_in_order_and_can_be_given_up() -> None:
    turns = Turns()
    turns.wait(0)
    turns.done(1)
    turns.done(0)
    turns.wait(2)
    turns.abort()
    with pytest.raises(Aborted):
        turns.wait(3)


def test_what_is_no_file_of_the_folder(tmp_path: Path) -> None:
    """A pipe is never opened; a link that leaves the folder is followed only when it is allowed."""
    folder = write(tmp_path / "data", {"a.csv": "id\n", "sub/b.csv": "id\n"})
    write(tmp_path / "other", {"x.csv": "id\n"})
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(folder / "pipe.zip")
    (folder / "to_pipe.csv").symlink_to("pipe.csv")
    (folder / "null.csv").symlink_to("/dev/null")
    (folder / "out.csv").symlink_to(tmp_path / "other/x.csv")
    (folder / "inside.csv").symlink_to("sub/b.csv")
    (folder / "linked").symlink_to(tmp_path / "other")
    (tmp_path / "way").symlink_to(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(folder / "socket.csv"))
        for path in (folder, tmp_path / "way", f"{folder}/*.csv"):
            found = {file.name: file for file in find_files([path], "*.csv")}
            special = {name: file.special for name, file in found.items() if file.special}
            assert special == {
                "pipe.csv": "a named pipe",
                "to_pipe.csv": "a named pipe",
                "socket.csv": "a socket",
            } | ({} if "*" in str(path) else {"pipe.zip": "a named pipe"})
            assert {name for name, file in found.items() if file.leads_to} == {"out.csv", "null.csv"}
            with pytest.raises(FileRefused, match=r"link that leaves its folder: .*other/x.csv"):
                found["out.csv"].open()
            found["inside.csv"].open().close()
        (through,) = find_files([f"{folder}/*/x.csv"], "*.csv")
        assert through.leads_to
        (named,) = find_files([folder / "out.csv"], "*.csv")
        assert not named.leads_to, "who names a file means it"
        allowed = {file.name: file for file in find_files([folder], "*.csv", follow_links=True)}
        assert allowed["null.csv"].special == "a device"
        allowed["out.csv"].open().close()
