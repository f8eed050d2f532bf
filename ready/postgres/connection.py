"""How to reach a PostgreSQL server: parameters from PG* variables or DATABASE_URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2
import psycopg2.extensions

from ready.errors import MachineError, UsageError


@dataclass(frozen=True)
class ConnectionParams:
    """One PostgreSQL database and how to log in. `host` may be a socket folder."""

    host: str
    port: int
    user: str
    dbname: str
    password: str | None = None
    sslmode: str | None = None

    def env(self) -> dict[str, str]:
        """The same as libpq's PG* variables."""
        values = {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": self.dbname,
            "PGPASSWORD": self.password,
            "PGSSLMODE": self.sslmode,
        }
        return {key: value for key, value in values.items() if value}

    def connect(self, *, application_name: str = "ready") -> psycopg2.extensions.connection:
        """A psycopg2 connection in UTC. Raises MachineError when the server does not answer."""
        arguments: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.dbname,
            "password": self.password,
            "sslmode": self.sslmode,
        }
        try:
            return psycopg2.connect(
                **{key: value for key, value in arguments.items() if value},
                application_name=application_name,
                connect_timeout=15,
                options="-c timezone=UTC",
            )
        except psycopg2.OperationalError as error:
            raise MachineError(
                f"cannot connect to PostgreSQL at {self}: {str(error).strip()}",
                hint="check that the server is up and that PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE "
                "(or DATABASE_URL) are right; unset them to use the embedded server",
            ) from None

    def __str__(self) -> str:
        """Without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.dbname}"


def external_params(env: Mapping[str, str]) -> ConnectionParams | None:
    """The server that the environment names, or None: then the embedded one is meant.

    DATABASE_URL wins over PG*; of PG*, PGHOST is what names a server.
    Raises UsageError for a DATABASE_URL that is none.
    """
    url = env.get("DATABASE_URL")
    if not url and not env.get("PGHOST"):
        return None
    parsed: dict[str, Any] = {}
    if url:
        try:
            parsed = psycopg2.extensions.parse_dsn(url)
        except psycopg2.ProgrammingError as error:
            raise UsageError(
                f"DATABASE_URL cannot be read: {str(error).strip()}",
                hint="write it as postgresql://user:password@host:5432/database",
            ) from None
    user = parsed.get("user") or env.get("PGUSER") or env.get("USER") or "postgres"
    return ConnectionParams(
        host=parsed.get("host") or env.get("PGHOST") or "localhost",
        port=_port(parsed.get("port") or env.get("PGPORT") or "5432"),
        user=user,
        dbname=parsed.get("dbname") or env.get("PGDATABASE") or user,
        password=parsed.get("password") or env.get("PGPASSWORD"),
        sslmode=parsed.get("sslmode") or env.get("PGSSLMODE"),
    )


def _port(text: str) -> int:
    if not text.isdigit():
        raise UsageError(f"PGPORT is not a number: {text}", hint="PostgreSQL's usual port is 5432")
    return int(text)
