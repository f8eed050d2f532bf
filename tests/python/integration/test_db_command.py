"""`ready db` and `ready env`: exit codes, and the servers they mean."""

from __future__ import annotations

import contextlib
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ready.database.opening import open_database
from ready.errors import MachineError
from ready.postgres import server as server_module
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams
from ready.postgres.server import ensure_server
from ready.settings import Settings
from tests.python.conftest import RunReady


def settings_for(home: Path, environ: dict[str, str] | None = None) -> Settings:
    return Settings.resolve(home=home, environ=environ or {})


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The message of an expected failure: no traceback."""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_life_of_the_embedded_server(run_ready: RunReady, tmp_path: Path) -> None:
    home = tmp_path / "home"
    data = Cluster(home).data

    assert run_ready("db", "status").returncode == 3
    assert "not running" in run_ready("db", "stop").stdout
    assert not home.exists(), "asking leaves nothing behind"

    assert run_ready("db", "start").returncode == 0
    assert run_ready("db", "start").returncode == 0
    status = run_ready("db", "status")
    assert status.returncode == 0
    assert str(data) in status.stdout
    tables = run_ready(
        "db", "psql", "-Atc", "select tablename from pg_tables where schemaname = 'raw' order by 1"
    )
    assert tables.stdout.split() == ["file_locks", "loads", "raw_events", "rejected_rows", "schema_version"]

    stopped = run_ready("db", "stop")
    assert (stopped.returncode, data.exists()) == (0, True)
    assert run_ready("db", "status").returncode == 3

    kept = run_ready("db", "reset", input="n\n")
    assert (kept.returncode, data.exists()) == (0, True)
    assert "Nothing was changed." in kept.stderr
    reset = run_ready("db", "reset", "--yes")
    assert (reset.returncode, data.exists()) == (0, False)


def test_home_is_also_a_flag(run_ready: RunReady, tmp_path: Path) -> None:
    other = tmp_path / "other home"
    done = run_ready("db", "psql", "--home", other, "-Atc", "select 1", home=other)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert Cluster(other).data.exists()


def test_psql_starts_the_server_and_hands_on_its_exit_code(run_ready: RunReady) -> None:
    fine = run_ready("db", "psql", "-v", "x=4", "-At", input="select :x + 1;\n")
    assert (fine.returncode, fine.stdout) == (0, "5\n")
    assert run_ready("db", "psql", "-c", "select 1/0").returncode == 1


def test_env_is_what_a_shell_needs(run_ready: RunReady, tmp_path: Path) -> None:
    home = tmp_path / "it's a home"
    shell = run_ready("env", home=home)
    listed = json.loads(run_ready("env", "--json", home=home).stdout)

    evaluated = subprocess.run(
        ["sh", "-c", f'{shell.stdout}\nprintf %s "$PGHOST"'], capture_output=True, text=True
    )

    assert evaluated.stdout == listed["PGHOST"] == str(Cluster(home).socket_folder)
    assert listed["READY_HOME"] == str(home)
    assert "PGPASSWORD" not in listed
    assert all(line.startswith("export ") for line in shell.stdout.splitlines())


def test_env_of_the_embedded_server_still_means_the_embedded_server(
    run_ready: RunReady, tmp_path: Path
) -> None:
    exported = json.loads(run_ready("env", "--json").stdout)

    assert run_ready("db", "status", env=exported).stdout.startswith("embedded")
    assert run_ready("db", "psql", "-Atc", "select 1", env=exported).stdout == "1\n", "started when down"
    assert run_ready("db", "stop", env=exported).returncode == 0


def test_a_password_from_the_url_is_passed_on(run_ready: RunReady) -> None:
    listed = run_ready("env", "--json", env={"DATABASE_URL": "postgresql://ann:s3cret@db:6000/shop"})
    values = json.loads(listed.stdout)
    assert {key: value for key, value in values.items() if key.startswith("PG")} == {
        "PGHOST": "db",
        "PGPORT": "6000",
        "PGUSER": "ann",
        "PGDATABASE": "shop",
        "PGPASSWORD": "s3cret",
        "PGCLIENTENCODING": "UTF8",
    }


@pytest.mark.parametrize("how", ["PG*", "DATABASE_URL"])
def test_an_external_server(
    how: str, database: ConnectionParams, run_ready: RunReady, tmp_path: Path
) -> None:
    env = database.env() if how == "PG*" else {"DATABASE_URL": database.url()}

    name = run_ready("db", "psql", "-Atc", "select current_database()", env=env)
    status = run_ready("db", "status", env=env)
    url = run_ready("db", "url", env=env)

    assert (name.returncode, name.stdout.strip()) == (0, database.dbname), name.stderr
    assert status.returncode == 0
    assert status.stdout.startswith("external")
    assert url.stdout.strip() == database.url()
    assert not Cluster(tmp_path / "home").data.exists(), "no embedded server was made"
    for action in (["stop"], ["reset", "--yes"]):
        refused = run_ready("db", *action, env=env)
        assert refused.returncode == 2
        assert "is for the embedded server" in one_line(refused)


def test_a_server_that_is_not_there(run_ready: RunReady) -> None:
    env = {"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "ann", "PGDATABASE": "shop"}

    start = run_ready("db", "start", env=env)

    assert start.returncode == 3
    assert "cannot connect to PostgreSQL at ann@127.0.0.1:1/shop" in one_line(start)
    assert "PGHOST" in start.stderr
    assert run_ready("db", "status", env=env).returncode == 3


def test_a_database_that_is_not_there(server: ConnectionParams, run_ready: RunReady) -> None:
    done = run_ready("db", "start", database=replace(server, dbname="nowhere"))
    assert done.returncode == 3
    assert 'database "nowhere" does not exist' in one_line(done)


def test_a_user_who_may_not_create_schemas(database: ConnectionParams, tmp_path: Path) -> None:
    guest = replace(database, user=f"guest_{database.dbname}")
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"create role {guest.user} login")
        connection.commit()
        with pytest.raises(MachineError, match="may not create schemas") as failure:
            open_database(settings_for(tmp_path, guest.env()))
        cursor.execute(f"drop role {guest.user}")
        connection.commit()
    assert f'grant create on database "{database.dbname}" to "{guest.user}"' in str(failure.value.hint)


def test_a_server_that_is_too_old(
    database: ConnectionParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "OLDEST_VERSION", 99)
    with pytest.raises(MachineError, match=r"is version 18.*; 99 or newer is needed"):
        ensure_server(settings_for(tmp_path, database.env()))


def test_an_unreadable_database_url(run_ready: RunReady) -> None:
    done = run_ready("db", "start", env={"DATABASE_URL": "oracle+x://ann:s3cret@db"})
    assert done.returncode == 2
    assert "s3cret" not in one_line(done)
