"""What a local Spark cluster needs of the machine: Java, pyspark, a free port."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from ready.errors import MachineError
from ready.spark.connection import INSTALL, LOOPBACK, PORT_VARIABLE

OLDEST_JAVA = 17
INSTALL_JAVA = (
    f"install Java {OLDEST_JAVA} or newer, or set JAVA_HOME to one; "
    "on Debian and Ubuntu: apt install openjdk-17-jre-headless"
)


def spark_home() -> Path:
    """The folder of the package pyspark. Raises MachineError when it is not installed."""
    # Not imported: its import costs time and does nothing for us.
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise MachineError("the package pyspark is not installed", hint=INSTALL)
    return Path(spec.origin).parent


def require_java() -> None:
    """Raises MachineError where there is no Java that Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(f"{home}/bin/java" if home else "java")
    if program is None:
        where = f"JAVA_HOME ({home})" if home else "PATH"
        raise MachineError(f"Spark needs Java, and there is none in {where}", hint=INSTALL_JAVA)
    version = java_version(program)
    if version is None or version < OLDEST_JAVA:
        found = f"is version {version}" if version else "does not tell its version"
        raise MachineError(
            f"Spark needs Java {OLDEST_JAVA} or newer, and {program} {found}", hint=INSTALL_JAVA
        )


def java_version(program: str) -> int | None:
    """The major version: 17 of `17.0.15`, 8 of `1.8.0_392`."""
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else None


def require_free_port(port: int) -> None:
    """Raises MachineError when another program listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            raise MachineError(
                f"port {port}, where Spark's Thrift server is to listen, is taken by another program",
                hint=f"stop that program, or choose another port: export {PORT_VARIABLE}={port + 1}",
            ) from None


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
