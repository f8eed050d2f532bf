"""How to reach a PostgreSQL server: parameters from PG* variables or DATABASE_URL."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import psycopg2
import psycopg2.extensions

from ready.errors import MachineError, UsageError

STARTING = ("the database system is starting up", "the database system is in recovery mode")
STARTING_SECONDS = 30

# What a server, a database or a role may have set otherwise, and would change a result or a hash by.
# profiles.yml has the same for dbt.
RESULT_SETTINGS = {
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",
    "timezone": "UTC",
    "datestyle": "ISO,MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "lc_numeric": "C",
    "lc_monetary": "C",
    "lc_time": "C",
    "default_transaction_isolation": r"read\ committed",
}
# What is set for people's own queries ends no build, whose transactions wait for files and for dbt.
NO_LIMITS = dict.fromkeys(
    ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"), "0"
)
# Not one of these: the driver goes by what it logs in with, not by a later `set`. dbt has it from env().
ENCODING = "UTF8"


@dataclass(frozen=True)
class ConnectionParams:
    """One PostgreSQL database and how to log in. `host` may be a socket folder; `role` is taken on then."""

    host: str
    port: int
    user: str
    dbname: str
    password: str | None = None
    sslmode: str | None = None
    role: str | None = None

    def env(self) -> dict[str, str]:
        """The same as libpq's PG* variables."""
        values = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.dbname,
            "PGPASSWORD": self.password,
            "PGSSLMODE": self.sslmode,
            "PGOPTIONS": f"-c role={self.role}" if self.role else None,
            "PGCLIENTENCODING": ENCODING,
        }
        return {key: value for key, value in values.items() if value}

    def url(self) -> str:
        """The same as a postgresql:// URL, with the password when there is one."""
        login = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        query = {"sslmode": self.sslmode} if self.sslmode else {}
        if self.host.startswith("/"):
            address, query = "", {"host": self.host, "port": str(self.port), **query}
        else:
            address = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        suffix = f"?{urlencode(query, quote_via=quote)}" if query else ""
        return f"postgresql://{login}@{address}/{quote(self.dbname, safe='')}{suffix}"

    def connect(self, *, application_name: str = "ready") -> psycopg2.extensions.connection:
        """A psycopg2 connection with all of the settings above. Waits for a server that is starting up.

        Raises MachineError when the server does not answer.
        """
        give_up = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                return self._connect_once(application_name)
            except psycopg2.OperationalError as error:
                reason = str(error).strip()
                if not any(text in reason for text in STARTING) or time.monotonic() > give_up:
                    raise MachineError(
                        f"cannot connect to PostgreSQL at {self}: {reason}",
                        hint="check that the server is up and that PGHOST, PGPORT, PGUSER, PGPASSWORD and "
                        "PGDATABASE (or DATABASE_URL) are right; unset them to use the embedded server",
                    ) from None
            time.sleep(0.05)

    def _connect_once(self, application_name: str) -> psycopg2.extensions.connection:
        settings = {**RESULT_SETTINGS, **NO_LIMITS, **({"role": self.role} if self.role else {})}
        arguments: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.dbname,
            "password": self.password,
            "sslmode": self.sslmode,
        }
        connection: psycopg2.extensions.connection = psycopg2.connect(
            **{key: value for key, value in arguments.items() if value},
            application_name=application_name,
            client_encoding=ENCODING,
            connect_timeout=15,
            options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        )
        if connection.server_version >= 170_000:  # earlier ones do not know it
            with connection, connection.cursor() as cursor:
                cursor.execute("set transaction_timeout = 0")
        return connection

    def __str__(self) -> str:
        """Without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.dbname}"


def external_params(env: Mapping[str, str]) -> ConnectionParams | None:
    """The server that the environment names, or None: then the embedded one is meant.

    DATABASE_URL wins over PG*; of PG*, PGHOST is what names a server. What neither says is as
    in libpq: port 5432, the user of the operating system, the database named like the user.
    Raises UsageError for a DATABASE_URL that is none, and when the user of the operating system has no name.
    """
    url = env.get("DATABASE_URL")
    if not url and not env.get("PGHOST"):
        return None
    parsed = _parse(url) if url else {}
    user = parsed.get("user") or env.get("PGUSER") or _system_user()
    return ConnectionParams(
        host=parsed.get("host") or env.get("PGHOST") or "localhost",
        port=_port(parsed.get("port") or env.get("PGPORT") or "5432"),
        user=user,
        dbname=parsed.get("dbname") or env.get("PGDATABASE") or user,
        password=parsed.get("password") or env.get("PGPASSWORD"),
        sslmode=parsed.get("sslmode") or env.get("PGSSLMODE"),
    )


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # KeyError until Python 3.12; so it is with docker run --user 1234
        raise UsageError(
            "there is no name of a user to log in to PostgreSQL with",
            hint="set PGUSER: the user of the operating system has no name",
        ) from None


def _parse(url: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = psycopg2.extensions.parse_dsn(url)
    except psycopg2.ProgrammingError:
        # libpq's own message repeats the URL, and with it the password.
        raise UsageError(
            "DATABASE_URL cannot be read",
            hint="write it as postgresql://user:password@host:5432/database, with special characters "
            "percent-encoded",
        ) from None
    return parsed


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise UsageError(f"the port of PostgreSQL is not a port number: {text}", hint="the usual one is 5432")
    return int(text)
