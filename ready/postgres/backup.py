"""A backup of the database in one file, and the way back: pg_dump and pg_restore, each all or nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from loader.durable import flush
from ready.database.locks import LOCK, build_lock
from ready.database.transactions import reading_tables
from ready.errors import MachineError, UsageError
from ready.postgres.cluster import program_path
from ready.postgres.connection import ConnectionParams
from ready.proof.scratch import NAME as SCRATCH

ARCHIVE = b"PGDMP"
SCHEMA_ENTRY = re.compile(r"^\d+; \d+ \d+ SCHEMA - (.+) \S+$", re.MULTILINE)
# Written for every server, understood from PostgreSQL 17 on.
TOO_NEW = b"SET transaction_timeout = 0;\n"
# Without the tables of a check that is at work.
DUMPED = (
    "--format=custom",
    "--exclude-schema=leak_????????_*",
    "--exclude-schema=repro_????????_*",
    "--lock-wait-timeout=500ms",
)
TRIES = 20
# Ownership and rights are the server's own: `ready db grant` gives them again.
RESTORED = ("--no-owner", "--no-privileges")

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's client programs for one database, and the environment that leads them to it."""

    params: ConnectionParams
    environ: Mapping[str, str]
    own_server: bool

    def path(self, name: str) -> str:
        """For another server, which may ask for SSL, the installed one if it is new enough; else ours."""
        installed = None if self.own_server else shutil.which(name)
        return installed if installed and self._is_new_enough(installed) else str(program_path(name))

    def start(self, name: str, *arguments: str, **pipes: int | IO[bytes]) -> subprocess.Popen[bytes]:
        environ = {**os.environ, **self.environ}
        return subprocess.Popen([self.path(name), *arguments], env=environ, **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, name: str, *arguments: str) -> str:
        """What it prints. Raises MachineError with its complaint when it fails."""
        with self.start(name, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            output, errors = process.communicate()
        if process.returncode != 0:
            raise MachineError(f"{name} failed: {_complaint(errors)}")
        return output.decode(errors="replace")

    def _is_new_enough(self, program: str) -> bool:
        with closing(self.params.connect()) as connection:
            server = connection.server_version // 10000
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"\d+", said)
        return found is not None and int(found.group()) >= server


def backup(programs: Programs, file: Path) -> int:
    """Write the database to `file`, complete or not at all; its bytes.

    An earlier backup of that name is replaced. Raises UsageError when the file is anything else,
    MachineError when the server or the disk fails.
    """
    if file.exists() and not _is_archive(file):
        raise UsageError(f"{file} is there and no backup", hint="name another file")
    try:  # readable by its owner only
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise MachineError(f"cannot write to {file.parent}: {error.strerror}") from None
    os.close(descriptor)
    partial = Path(name)
    try:
        _dump(programs, partial)
        flush(partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def _dump(programs: Programs, file: Path) -> None:
    """pg_dump takes its snapshot first and locks then: a table replaced in between would come out empty.

    So they are locked before. Where a build asks for one of them until pg_dump has it too, pg_dump would
    wait behind the build, which waits for us: it gives up before it has written anything, and we begin again.
    """
    with closing(programs.params.connect()) as connection:
        for last in (*[False] * (TRIES - 1), True):
            with reading_tables(connection, without=SCRATCH) as cursor:
                cursor.execute("select pg_export_snapshot()")
                (snapshot,) = cursor.fetchone() or ("",)
                try:
                    programs.run("pg_dump", *DUMPED, f"--snapshot={snapshot}", f"--file={file}")
                    return
                except MachineError:
                    if last or file.stat().st_size:
                        raise


def restore(
    programs: Programs, file: Path, *, replace: bool, say: Say, lock_timeout: float | None = None
) -> None:
    """Bring the database back to what the backup holds, in one transaction, while no run is at work.

    The schemas of the backup take the place of those in the database. Raises UsageError when one of these
    has rows already, unless `replace`, or when the file is no backup; MachineError when the server
    refuses, and then everything is as it was.
    """
    if not _is_archive(file):
        raise UsageError(f"{file} is no backup", hint="name a file that ready db backup has written")
    schemas = SCHEMA_ENTRY.findall(programs.run("pg_restore", "--list", str(file)))
    with (
        build_lock(programs.params, "meta", say, timeout=lock_timeout),
        closing(programs.params.connect()) as connection,
    ):
        filled = _first_table_with_rows(connection, schemas)
        if filled and not replace:
            raise UsageError(
                f"the database {programs.params.dbname} has data already, such as {filled}",
                hint="to give it up for the backup: --replace",
            )
        # psql takes the lock itself, since it drops the table that the lock is.
        first = sql.SQL(f"{LOCK};").format(meta=sql.Identifier("meta")).as_string(connection)
        first += _drop(connection, schemas)
    _replay(programs, file, first)
    with closing(programs.params.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("analyze")


def _replay(programs: Programs, file: Path, first: str) -> None:
    """psql runs `first` and what pg_restore writes; it commits only when pg_restore came to its end."""
    with (
        tempfile.TemporaryFile() as errors,
        programs.start(
            "pg_restore", "--file=-", *RESTORED, str(file), stdout=subprocess.PIPE, stderr=errors
        ) as archive,
        programs.start(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as psql,
    ):
        assert archive.stdout
        assert psql.stdin
        with suppress(BrokenPipeError), psql.stdin:  # then psql has complained
            psql.stdin.write(f"begin;\n{first}\n".encode())
            psql.stdin.write(archive.stdout.read(4096).replace(TOO_NEW, b""))
            shutil.copyfileobj(archive.stdout, psql.stdin, 1 << 20)
            if archive.wait() == 0:
                psql.stdin.write(b"\ncommit;\n")
        archive.stdout.close()
        failed = psql.wait() != 0 or archive.wait() != 0
        if failed:
            errors.seek(0)
            raise MachineError(
                f"the backup cannot be restored: {_complaint(errors.read())}",
                hint="the database is as it was",
            )


def _first_table_with_rows(connection: Connection, schemas: list[str]) -> str | None:
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s) "
            "and tablename <> 'schema_version' order by schemaname <> 'raw', 1, 2",
            [schemas],
        )
        for name in cursor.fetchall():
            cursor.execute(sql.SQL("select exists (select from {})").format(sql.Identifier(*name)))
            if cursor.fetchone() == (True,):
                return ".".join(name)
    return None


def _drop(connection: Connection, schemas: list[str]) -> str:
    drops = [sql.SQL("drop schema if exists {} cascade;").format(sql.Identifier(name)) for name in schemas]
    return sql.SQL("\n").join(drops).as_string(connection)


def _is_archive(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(ARCHIVE)) == ARCHIVE
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None


def _complaint(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[0] if lines else "it said nothing"
