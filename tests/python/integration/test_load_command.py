"""`ready load`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import RunReady
from raw_tables import rows, values, write

from ready.postgres.connection import ConnectionParams

ORDERS_YAML = """
models:
  - name: orders_mapped
    config: {{meta: {{ready: {{file: {{{file}}}}}}}}}
"""


def configs(folder: Path, file: str) -> Path:
    return write(folder, {"orders.yaml": ORDERS_YAML.format(file=file)})


def test_load_says_what_it_did(run_ready: RunReady, database: ConnectionParams, tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"a.csv": "id,x\n1,2\n3\n", "b.csv": "id,x\n"})
    done = run_ready("load", data, database=database)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:5] == ["a.csv", "1", "rows,", "1", "rejected"]
    assert lines[1].split("line")[1] == " 3: 1 field, expected 2: 3"
    assert "only a header, no rows" in done.stdout
    assert "2 file(s): 2 loaded. 1 rows, 1 rejected" in done.stdout
    assert "select * from raw.rejected_rows where load_id in (1)" in done.stdout
    again = run_ready("load", data, database=database)
    assert "2 file(s): 2 already loaded. 0 rows" in again.stdout


def test_refused_files_end_with_1_and_one_message(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path
) -> None:
    data = write(tmp_path / "data", {"a.csv": b"\x1f\x8b", "b.csv": "id\n1\n"})
    done = run_ready("load", data, "--json", database=database)
    assert done.returncode == 1
    assert "a.csv is damaged" in done.stderr
    assert "Traceback" not in done.stderr
    summary = json.loads(done.stdout)
    assert [file["outcome"] for file in summary["files"]] == ["refused", "loaded"]
    assert summary["totals"]["rows_loaded"] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], "no such file or folder: nosuch"),
        (["{}"], "no file matches *.csv in"),
        (["{}", "--encoding", "utf-99"], "unknown encoding: utf-99"),
        (["{}", "--delimiter", "ab"], "the delimiter must be one character"),
        (["{}", "--max-rejects", "lots"], "neither a count nor a share"),
        (["{}", "--max-shrink", "120%"], "max_shrink '120%' is no share"),
        (["-"], "standard input has no name"),
    ],
)
def test_wrong_calls_end_with_2(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = run_ready("load", *(argument.format(tmp_path) for argument in arguments), database=database)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Next:" in done.stderr


def test_standard_input(run_ready: RunReady, database: ConnectionParams) -> None:
    for outcome in ("loaded, load 1", "already loaded"):
        done = run_ready("load", "-", "--name", "pipe.csv", database=database, input="id\n1\n")
        assert done.returncode == 0
        assert outcome in done.stdout
    assert values(database, "id") == ["1"]


def test_the_ledger(run_ready: RunReady, database: ConnectionParams, tmp_path: Path) -> None:
    assert "Nothing is loaded" in run_ready("load", "--list", database=database).stdout
    data = write(tmp_path / "data", {"a.csv": "id\n1\n"})
    run_ready("load", data, database=database)
    run_ready("load", write(data, {"a.csv": "id\n2\n"}), database=database)
    listed = run_ready("load", "--list", database=database).stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["1", "2"]
    assert listed[0].endswith("superseded by 2")
    loads = json.loads(run_ready("load", "--list", "--json", database=database).stdout)
    assert [load["status"] for load in loads] == ["superseded", "loaded"]


def test_defaults_come_from_orders_yaml_and_flags_win(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path
) -> None:
    data = write(tmp_path / "data", {"a.txt": "id;näme\n1,2;3\n".encode("cp437")})
    folder = configs(tmp_path / "c", "source: returns, pattern: '*.txt', delimiter: ';', encoding: cp437")
    done = run_ready("load", data, "--json", "--configs", folder, database=database)
    assert json.loads(done.stdout)["source"] == "returns"
    assert values(database, "näme") == ["3"]
    done = run_ready(
        "load", data, "--configs", folder, "--source", "b", "--delimiter", ",", database=database
    )
    assert "line 2: 2 fields, expected 1: 1,2;3" in done.stdout


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("delimeter: ';'", "only these keys are known"),
        ("delimiter: 5", "delimiter must be text"),
        ("encoding: utf-99", "unknown encoding: utf-99"),
        ("header_line: 1.5", "header_line must be a whole number or text"),
        ("header: none", "header: none needs names"),
        ("names: {a: 1}", "names must be a list of names, or a mapping"),
        ("footer_lines: '('", "footer_lines is no regular expression"),
        ("max_shrink: half", "max_shrink 'half' is no share"),
        ("empty: never", "neither allow nor error"),
    ],
)
def test_wrong_file_settings_name_the_file(
    run_ready: RunReady, tmp_path: Path, file: str, words: str
) -> None:
    done = run_ready("load", "--configs", configs(tmp_path / "c", file))
    assert done.returncode == 2
    assert "orders.yaml" in done.stderr
    assert words in done.stderr


REPORT = "Report of 2024\n\n# by shop\nNr,amount,amount\nA1,2.50,0\n# x\nA2,3.50,0\nTotals,6.00,0\n"


def test_a_report_is_refused_with_the_setting_and_loaded_with_it(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path
) -> None:
    data = write(tmp_path / "data", {"a.csv": REPORT})
    for arguments in (["--max-rejects", "100%"], ["--dry-run"]):
        done = run_ready("load", data, *arguments, database=database)
        assert (done.returncode, done.stderr.count("Error: ")) == (1, 1)
        assert "line 4 looks like the header: Nr,amount,amount" in done.stderr
        assert "set file: {header_line: 4} in orders.yaml" in done.stderr
    flags = ("--header-line", "Nr", "--comment", "#", "--footer-lines", "Totals?")
    done = run_ready("load", data, *flags, database=database)
    assert (done.returncode, "repeated_names: number" in done.stderr) == (1, True)
    settings = "header_line: 4, comment: '#', footer_lines: 1, repeated_names: number, names: {Nr: id}"
    folder = configs(tmp_path / "c", settings)
    for flag, outcome in (["--dry-run"], "would be loaded"), ([], "loaded, load 1"):
        done = run_ready("load", data, "--configs", folder, *flag, database=database)
        assert (done.returncode, done.stderr) == (0, "")
        assert outcome in done.stdout
        assert "1 footer line(s) left out, from line 8 on: Totals,6.00,0" in done.stdout
        assert "1 comment line(s) left out" in done.stdout
        assert "amount is amount_2" in done.stdout
    assert rows(database, "select line_number, payload from raw.raw_events order by 1") == [
        (5, {"id": "A1", "amount": "2.50", "amount_2": "0"}),
        (7, {"id": "A2", "amount": "3.50", "amount_2": "0"}),
    ]


def test_the_mapping_tells_the_header_and_the_keys(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path
) -> None:
    folder = tmp_path / "c"
    columns = "columns: {order_id: Nr, customer_id: {expression: 'lower(\"Kunde\")'}, amount: Summe}"
    write(folder, {"orders.yaml": ORDERS_YAML.format(file="").replace("}}}", f"}}, {columns}}}}}")})
    data = write(
        tmp_path / "data",
        {
            "a.csv": "Bericht,x,y\nNr,Kunde,Summe\nA1,B,C\n",
            "b.csv": "Nr,Kunde,Summe\nA1,Jörg,1\n".encode("cp1252"),
            "c.csv": "<html></html>",
        },
    )
    done = run_ready("load", data, "--configs", folder, database=database)
    assert done.returncode == 1
    assert "a.csv, line 1: " in done.stderr
    assert "line 2 looks like the header: Nr,Kunde,Summe" in done.stderr
    assert "b.csv, line 2: Kunde reads Jörg in cp1252, which is only a guess" in done.stderr
    assert "c.csv is an HTML page, not CSV" in done.stderr
    assert rows(database, "select * from raw.raw_events") == []


def test_a_file_that_takes_too_much_away_is_refused_also_in_silence(
    run_ready: RunReady, database: ConnectionParams, tmp_path: Path
) -> None:
    """By the columns of the mapping, with both counts and the setting that orders.yaml and a flag change."""
    header = "order_id,customer_id,order_ts,amount,currency,status,channel\n"

    def orders(*numbers: int) -> str:
        return header + "".join(f"A{n},C1,2024-01-01T00:00:00Z,1.50,EUR,completed,web\n" for n in numbers)

    data = write(tmp_path / "data", {"a.csv": orders(*range(10))})
    run_ready("load", data, database=database)
    write(data, {"a.csv": orders(*range(7, 15))})
    for flags in (["--dry-run", "-q"], ["-q"]):
        done = run_ready("load", data, *flags, database=database)
        assert (done.returncode, done.stdout) == (1, "")
        told = "10 row(s) then, 8 now; 7 of its 10 order(s) are in no file any more (max_shrink 50%)"
        assert told in done.stderr
        assert "--max-shrink" in done.stderr
    assert len(values(database, "order_id")) == 10

    allowing = write(
        tmp_path / "c",
        {
            "orders.yaml": "models: [{name: orders_mapped, config: {meta: {ready: {file: {max_shrink: 90%},"
            " columns: {order_id: {expression: '\"order_id\" || 1'}, amount: amount}}}}}]"
        },
    )
    done = run_ready("load", data, "--configs", allowing, "--json", database=database)
    (file,) = json.loads(done.stdout)["files"]
    assert (file["rows_replaced"], file["orders_gone"]) == (10, 7)
    assert "8 rows, 7 order(s) gone" in run_ready("load", "--list", database=database).stdout
    write(data, {"a.csv": orders(1)})
    assert run_ready("load", data, "--max-shrink", "100%", database=database).returncode == 0


def test_quiet(run_ready: RunReady, database: ConnectionParams, tmp_path: Path) -> None:
    data = write(tmp_path / "data", {"a.csv": "id\n1\n"})
    done = run_ready("load", data, "-q", database=database)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
