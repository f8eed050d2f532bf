"""A shop between two deliveries, its commands, and what may befall them at any moment."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet
import reader
from conftest import PROJECT
from warehouse import Warehouse

from ready.dataset.dataset_folder import is_intact, read_manifest
from ready.errors import MachineError
from ready.postgres import embedded
from ready.postgres.cluster import Cluster
from ready.postgres.connection import ConnectionParams
from ready.postgres.roles import grant

BUILD = ("dbt", "build", "--exclude-resource-type", "unit_test")
UNLIMITED = resource.RLIM_INFINITY
# The sessions of the command, not those of the reader and of this harness.
SESSIONS = (
    "select pid from pg_stat_activity where datname = 'ready' and backend_type = 'client backend' "
    f"and application_name not in ('{reader.NAME}', 'harness')"
)
AT_WORK = f"select exists ({SESSIONS})"
CANDIDATE = "select to_regclass('feats.customer_training_set__candidate') is not null"

# What an undisturbed run ends with; all of it without times, invocations and the order of loads.
OUTCOME = {
    "loads": "select file_name, file_sha256, rows_loaded from raw.loads where status = 'loaded' order by 1",
    "events": "select file_name, line_number, payload::text from raw.raw_events "
    "join raw.loads using (load_id) where status = 'loaded' order by 1, 2",
    "events of no load": "select load_id from raw.raw_events except select load_id from raw.loads",
    "orders": "select to_jsonb(orders) - 'load_id' from stg.orders order by order_id",
    "registry": "select feature_version, data_hash, row_count from meta.feature_registry order by 1, 2",
    "current": "select feature_set, feature_version, data_hash from meta.current_versions",
    "splits": "select data_hash, split, membership_hash from meta.dataset_split_summary order by 1, 2",
    "labels": "select data_hash, labels_hash from meta.dataset_label_summary order by 1, 2",
    "members": "select split, count(*) from meta.dataset_splits group by 1 order by 1",
    # Those of a killed proof are in schemas of its own, which the next proof sweeps.
    "candidates": "select tablename from pg_tables "
    "where tablename like '%\\_\\_candidate' and schemaname in ('stg', 'feats')",
}
TABLES = ("feats.customer_features", "feats.customer_labels", "feats.customer_training_set")


@dataclass
class FaultyShop:
    """An embedded server whose database is put back to a kept state before each moment.

    folder: home and the kept artifacts. seconds: how long each command takes undisturbed, from its landmark
    on. seen: what a reader sees in each kept state.
    """

    folder: Path
    seconds: dict[str, float] = field(default_factory=dict)
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def database(self) -> ConnectionParams:
        return Cluster(self.home).params

    @property
    def server(self) -> ConnectionParams:
        """Beside the database that is put back."""
        return replace(self.database, dbname="postgres")

    def warehouse(self, folder: Path) -> Warehouse:
        """For what a test asks the database; `folder` has the artifacts."""
        return Warehouse(folder, self.database)

    def start(self, folder: Path, *arguments: str) -> subprocess.Popen[str]:
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        own = {"READY_HOME": self.home, "READY_ARTIFACTS": folder / "artifacts", "TMPDIR": temporary}
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "ready", *arguments],
            cwd=PROJECT,
            env={**os.environ, **{name: str(value) for name, value in own.items()}},
            stdout=(folder / "output.txt").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )

    def administer(self, *statements: str) -> None:
        with contextlib.closing(self.server.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def keep(self, state: str, folder: Path) -> None:
        """The database and the artifacts, as they are now."""
        with contextlib.closing(self.database.connect()) as connection:
            self.seen[state] = reader.seen(connection)
        self.administer(f"create database kept_{state} template ready")
        shutil.copytree(folder / "artifacts", self.folder / state)

    def put_back(self, state: str, folder: Path) -> None:
        embedded.start(self.home)
        self.administer("drop database ready with (force)", f"create database ready template kept_{state}")
        # With wal_level minimal a copied unlogged table is not in the log: a crash would break it.
        self.administer("checkpoint")
        shutil.copytree(self.folder / state, folder / "artifacts")
        with contextlib.closing(self.database.connect()) as connection:
            grant(connection)


@dataclass(frozen=True)
class Command:
    """state: the kept one that it begins with. landmark: a query that is true once it is worth a fault."""

    name: str
    arguments: tuple[str, ...]
    state: str
    landmark: str
    rights: tuple[tuple[str, str], ...]


def commands(delivery: Path) -> list[Command]:
    reads = ("usage on schema raw", "ready_builder")
    builds = (
        reads,
        ("create on database ready", "ready_builder"),
        ("usage, create on schema meta", "ready_builder"),
    )
    return [
        Command(
            "load", ("load", str(delivery)), "first", AT_WORK, (("insert on raw.raw_events", "ready_loader"),)
        ),
        Command("build", BUILD, "loaded", AT_WORK, builds),
        Command("publish", ("run", "--data", str(delivery)), "loaded", CANDIDATE, builds),
        Command("export", ("export",), "unexported", AT_WORK, (("usage on schema meta", "ready_builder"),)),
        Command("reproduce", ("reproduce", "1"), "second", AT_WORK, builds),
    ]


def wait_for(shop: FaultyShop, process: subprocess.Popen[str], landmark: str) -> bool:
    """False when the process ended before."""
    with (
        contextlib.suppress(MachineError),
        contextlib.closing(shop.database.connect(application_name="harness")) as connection,
    ):
        connection.autocommit = True
        while process.poll() is None:
            with connection.cursor() as cursor:
                cursor.execute(landmark)
                if cursor.fetchone() == (True,):
                    return True
            time.sleep(0.01)
    return False


# Faults -----------------------------------------------------------------------------------------------


def sessions_of(shop: FaultyShop) -> list[int]:
    """The server's processes that work for the command."""
    try:
        with contextlib.closing(shop.server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(SESSIONS)
            return [pid for (pid,) in cursor.fetchall()]
    except MachineError:  # the server is down
        return []


@dataclass
class Moment:
    """One command, hit by one fault. Undoing what the fault took away is `mend`'s work."""

    shop: FaultyShop
    command: Command
    process: subprocess.Popen[str]
    rng: random.Random
    mend: Callable[[], None] = lambda: None

    def postmaster(self) -> int:
        pid = embedded.status(self.shop.home).pid
        assert pid is not None
        return pid


def kill_command(moment: Moment) -> None:
    moment.process.kill()


def kill_worker(moment: Moment) -> None:
    sessions = sessions_of(moment.shop)
    if sessions:
        with contextlib.suppress(ProcessLookupError):
            os.kill(moment.rng.choice(sessions), signal.SIGKILL)


def kill_server(moment: Moment) -> None:
    os.kill(moment.postmaster(), signal.SIGKILL)


def fill_disk(moment: Moment) -> None:
    """No file grows beyond a few bytes more, of the command, of its sessions, or of the whole server."""
    server = moment.postmaster()
    victims = {
        "command": [moment.process.pid],
        "sessions": sessions_of(moment.shop),
        "server": [server, *_children(server)],
    }[moment.rng.choice(["command", "sessions", "server"])]
    _limit_files(victims, moment.rng.choice([0, 1 << 16, 1 << 20]))
    moment.mend = lambda: _limit_files([server, *_children(server)], UNLIMITED)


def drop_connection(moment: Moment) -> None:
    moment.shop.administer(f"select pg_terminate_backend(pid) from ({SESSIONS}) as sessions")


def revoke_right(moment: Moment) -> None:
    right, role = moment.rng.choice(moment.command.rights)
    warehouse = moment.shop.warehouse(moment.shop.folder)
    warehouse.execute(f"revoke {right} from {role}")
    moment.mend = lambda: warehouse.execute(f"grant {right} to {role}")


FAULTS = (kill_command, kill_worker, kill_server, fill_disk, drop_connection, revoke_right)


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _limit_files(pids: list[int], size: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


# Afterwards -------------------------------------------------------------------------------------------


def outcome(warehouse: Warehouse) -> dict[str, Any]:
    """What the database and the folder of datasets hold."""
    found: dict[str, Any] = {name: warehouse.rows(query) for name, query in OUTCOME.items()}
    found |= {table: warehouse.content_of(table) for table in TABLES}
    datasets = warehouse.artifacts / "datasets"
    found["files"] = sorted(str(path.relative_to(datasets)) for path in datasets.rglob("*") if path.is_file())
    found["parquet"] = {
        path.name: pyarrow.parquet.read_table(path).to_pydict()
        for path in sorted(datasets.rglob("*.parquet"))
    }
    return found


def half_written(artifacts: Path) -> list[Path]:
    """Folders under their final name whose files are not what the manifest says."""
    folders = [path for path in artifacts.glob("datasets/*/*") if not path.name.startswith(".")]
    return [path for path in folders if not _is_whole(path)]


def _is_whole(folder: Path) -> bool:
    manifest = read_manifest(folder)
    return manifest is not None and is_intact(folder, manifest)


def left_processes(folder: Path) -> list[str]:
    """Processes of commands that were told to write to this folder, other than the server."""
    mark = f"READY_ARTIFACTS={folder}".encode()
    return [name for name, environ in _processes() if mark in environ and name != "postgres"]


def _processes() -> Iterator[tuple[str, bytes]]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            yield (process / "comm").read_text().strip(), (process / "environ").read_bytes()


def wait_until_idle(shop: FaultyShop) -> None:
    """Until the server has noticed that its clients are gone."""
    while sessions_of(shop):
        time.sleep(0.02)


def held_locks(shop: FaultyShop) -> list[tuple[Any, ...]]:
    return shop.warehouse(shop.folder).rows(
        "select locktype, pid from pg_locks "
        "where locktype = 'advisory' or relation = to_regclass('meta.build_lock')"
    )
