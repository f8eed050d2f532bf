"""How to reach Spark: the Thrift server that the environment names, or the local cluster's."""

from __future__ import annotations

import functools
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ready.errors import MachineError, UsageError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 10000
HOST_VARIABLE, PORT_VARIABLE = "READY_SPARK_HOST", "READY_SPARK_PORT"
CONNECTION_LOST = "the connection to its Thrift server was lost"
INSTALL = "install it: pip install -c constraints.txt -e '.[spark]'"

# What decides results; as in profiles/profiles.yml, and checked by spark__migrate_meta. A setting without the
# prefix would be ignored.
SESSION = {
    "set:hiveconf:spark.sql.session.timeZone": "UTC",
    "set:hiveconf:spark.sql.ansi.enabled": "false",
    "set:hiveconf:spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "set:hiveconf:spark.sql.variable.substitute": "false",
}


@dataclass(frozen=True)
class SparkParams:
    """Host and port of a Thrift server."""

    host: str = LOOPBACK
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """On this machine, where the cluster is ours to start and stop."""
        return self.host in (LOOPBACK, "localhost", "::1")

    def env(self) -> dict[str, str]:
        return {HOST_VARIABLE: self.host, PORT_VARIABLE: str(self.port)}

    def listens(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=5).close()
        except OSError:
            return False
        return True

    def connect(self) -> Any:
        """A PyHive connection (DB-API), whose end is never a failure.

        Raises MachineError when no server answers, or PyHive is not installed.
        """
        try:
            from pyhive import hive
            from thrift.transport.TTransport import TTransportException
        except ImportError:
            raise MachineError("the packages for Spark are not installed", hint=INSTALL) from None
        down = MachineError(f"no Spark Thrift server answers at {self}", hint="start it: ready spark start")
        if not self.listens():  # PyHive would log a traceback
            raise down
        try:
            _let_sessions_end(hive.Connection)
            return hive.connect(host=self.host, port=self.port, username="ready", configuration=dict(SESSION))
        except (TTransportException, OSError, EOFError, hive.Error):
            raise down from None

    def answers(self) -> bool:
        """Runs a statement, since the port listens before the server can."""
        try:
            with spark_errors(), closing(self.connect()) as connection:
                return fetch(connection, "select 1") == [(1,)]
        except MachineError:
            return False


@functools.cache
def _let_sessions_end(connection_class: Any) -> None:
    """All of this process, dbt's too.

    Spark 4 now and then fails to end one, since its package lacks a class of Hive's; nothing is lost then.
    """
    close = connection_class.close

    def take_leave(connection: Any) -> None:
        with suppress(Exception):
            close(connection)

    connection_class.close = take_leave


def fetch(connection: Any, statement: str) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


@contextmanager
def spark_errors() -> Iterator[None]:
    """PyHive's errors as one MachineError."""
    try:
        yield
    except Exception as error:
        package = type(error).__module__.partition(".")[0]
        if package not in ("pyhive", "thrift", "TCLIService"):
            raise
        raise spark_failed(CONNECTION_LOST if package == "thrift" else brief(error)) from None


def spark_failed(reason: str) -> MachineError:
    return MachineError(
        f"Spark failed: {reason}",
        hint="see whether it is well with ready spark status, and run the command again",
    )


def brief(error: Exception) -> str:
    """The first line of what the server said, which comes with its stack."""
    status = getattr(error.args[0], "status", None) if error.args else None
    text = str(getattr(status, "errorMessage", None) or error)
    return text.removeprefix("org.apache.hive.service.cli.HiveSQLException: ").partition("\n")[0]


def spark_params(environ: Mapping[str, str]) -> SparkParams:
    """From READY_SPARK_HOST and READY_SPARK_PORT. Raises UsageError for a port that is none."""
    port = environ.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"{PORT_VARIABLE} is no port: {port!r}", hint=f"for example {PORT_VARIABLE}=10000")
    return SparkParams(environ.get(HOST_VARIABLE) or LOOPBACK, int(port))
