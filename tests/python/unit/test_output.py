"""-q, -v, --json, colours and completion, the same for every command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ready.cli.main import cli
from ready.cli.options import ALL_FLAGS, output_options
from ready.cli.output import Output
from ready.errors import CheckFailed
from ready.proof.compare import Difference
from ready.proof.exports import Finding
from ready.proof.leakage import Leak, LeakageReport
from ready.proof.reproduce import Reproduction

CUTOFF = datetime(2024, 10, 1, tzinfo=timezone.utc)
LEAK = Leak("basket", CUTOFF, "deleted", Difference("orders_60d", 71, ("C1", CUTOFF), "1", "0"))
RECORD = {"feature_set": "features", "feature_version": 2, "data_hash": "0fae", "load_ids": [1, 2]}


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), prog_name="ready")


@click.command()
@output_options(*ALL_FLAGS)
def worker(output: Output) -> None:
    with output.steps() as step:
        step("first")
    output.show({"rows": 3})
    output.say("3 rows")


@pytest.mark.parametrize(
    ("flags", "printed", "told"),
    [
        ([], "3 rows\n", ""),
        (["-v"], "3 rows\n", "  first\n"),
        (["-q"], "", ""),
        (["-q", "-v"], "", ""),
        (["--json"], '{\n  "rows": 3\n}\n', ""),
        (["--json", "-v"], '{\n  "rows": 3\n}\n', ""),
    ],
)
def test_the_flags_decide_what_is_printed(flags: list[str], printed: str, told: str) -> None:
    result = CliRunner().invoke(worker, flags)
    assert (result.stdout, result.stderr) == (printed, told)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for function in ("ready.database.opening.open_database", "ready.run.renew.renew_proofs"):
        monkeypatch.setattr(function, lambda *arguments, **options: None)
    return monkeypatch


def test_a_leakage_check_as_json_names_what_moved(no_database: pytest.MonkeyPatch) -> None:
    report = LeakageReport(
        (CUTOFF,),
        {"basket": 9, "other": 9, "own": 9, "peek": 0, "clock": 9},
        (LEAK,),
        {"own": ("stg.orders",)},
        looks_ahead={"peek": ("customer_labels",)},
        unstable={"clock": ("built_at",)},
        left_out=("customer_labels",),
    )
    no_database.setattr("ready.proof.leakage.check_leakage", lambda *arguments, **options: report)
    result = typed("check-leakage", "--json")
    found: dict[str, Any] = json.loads(result.stdout)
    verdicts = {model["name"]: model["verdict"] for model in found["models"]}
    open = dict.fromkeys(("own", "peek", "clock"), "NOT PROVEN")
    assert verdicts == {"basket": "LEAKS", "other": "same", **open}
    (leak,) = found["models"][0]["leaks"]
    assert (leak["column"], leak["rows"], leak["change"]) == ("orders_60d", 71, "deleted")
    reads = {model["name"]: model["reads"] for model in found["models"] if model["reads"]}
    assert reads == {"own": ["stg.orders"], "peek": ["customer_labels"]}
    assert found["models"][4]["unstable"] == ["built_at"]
    assert found["left_out"] == ["customer_labels"]
    assert found["passed"] is False
    assert result.exit_code == 1


def test_a_leaking_column_is_one_line_and_with_v_every_change_has_one(
    no_database: pytest.MonkeyPatch,
) -> None:
    again = replace(LEAK, change="changed")
    report = LeakageReport((CUTOFF,), {"basket": 9}, (LEAK, again), {}, changed=("orders", "rates"))
    no_database.setattr("ready.proof.leakage.check_leakage", lambda *arguments, **options: report)
    first = (
        "    orders_60d: 71 row(s); first: customer C1 at 2024-10-01 was 1, became 0 with what comes from "
    )
    told = [line for line in typed("check-leakage").stdout.splitlines() if "orders_60d" in line]
    assert told == [f"{first}2024-10-01 on deleted; and with 1 other change(s)"]
    result = typed("check-leakage", "-v", "--cutoffs", "all")
    told = [line for line in result.stdout.splitlines() if "orders_60d" in line]
    assert told == [f"{first}2024-10-01 on {change}" for change in ("deleted", "changed")]
    assert "Changes   in orders, rates everything from the cutoff on deleted, " in result.stdout


def test_where_nothing_keeps_models_from_reading_other_tables_none_is_proven(
    no_database: pytest.MonkeyPatch,
) -> None:
    report = LeakageReport((CUTOFF,), {"basket": 9}, (), {}, confined=False)
    no_database.setattr("ready.proof.leakage.check_leakage", lambda *arguments, **options: report)
    result = typed("check-leakage")
    assert "9 rows compared  NOT PROVEN" in result.stdout
    assert isinstance(result.exception, CheckFailed)
    assert str(result.exception) == "not proven: basket"
    assert "ready db grant makes it" in str(result.exception.hint)


def test_a_reproduction_as_json_lists_what_was_compared(no_database: pytest.MonkeyPatch) -> None:
    findings = (Finding("features", True), Finding("Parquet", None, "not exported"))
    result = Reproduction(RECORD, "the current code", findings)
    no_database.setattr("ready.proof.reproduce.reproduce", lambda *arguments, **options: result)
    found = json.loads(typed("reproduce", "2", "--json").stdout)
    assert found["equal"] is True
    assert found["load_ids"] == [1, 2]
    assert found["findings"][1] == {"what": "Parquet", "same": None, "detail": "not exported"}


def test_lint_as_json_has_a_file_and_a_line(tmp_path: Any) -> None:
    for name in ("orders", "expectations", "features"):
        (tmp_path / f"{name}.yaml").write_text("version: 2\nmodel: []\n")
    result = typed("lint", "--configs", str(tmp_path), "--json")
    found = json.loads(result.stdout)
    assert {"file", "line", "message", "hint", "severity", "stops_build"} == set(found[0])
    assert found[0]["file"].startswith(str(tmp_path))
    assert result.exception is not None


def on_a_terminal(**env: str) -> bytes:
    """What `ready load` of a folder that is not there writes to a terminal."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "ready", "run", "--data", "no such folder", "--configs", "nowhere"]
    subprocess.run(command, stdout=terminal, stderr=terminal, env={**os.environ, **env}, check=False)
    os.close(terminal)
    written = os.read(controller, 10_000)
    os.close(controller)
    return written


def test_colours_are_for_terminals_that_want_them() -> None:
    assert b"\x1b[31mError:" in on_a_terminal(TERM="xterm")
    plain = on_a_terminal(TERM="xterm", NO_COLOR="1")
    assert b"Error:" in plain
    assert b"\x1b[" not in plain


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    assert "_READY_COMPLETE" in typed("completion", shell).output


def test_what_is_completed() -> None:
    environ = {**os.environ, "_READY_COMPLETE": "bash_complete", "COMP_WORDS": "ready export --split t"}
    command = ["import sys; sys.argv[0] = 'ready'; from ready.cli import main; main()"]
    done = subprocess.run(
        [sys.executable, "-c", *command],
        env={**environ, "COMP_CWORD": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["plain,train", "plain,test"]
