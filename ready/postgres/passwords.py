"""Passwords for the embedded server's TCP port, generated, in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password

from ready.errors import MachineError
from ready.postgres.roles import READER

# The owner of everything, and who may read what is published: what a BI tool should log in as.
USERS = ("ready", READER)


def give_passwords(connection: Connection, file: Path, port: int) -> None:
    """Let USERS log in by the passwords in `file`, written in libpq's format; those that it holds are kept.

    Raises MachineError when the file cannot be read or written.
    """
    try:
        kept = _read(file)
        passwords = {user: kept.get(user) or secrets.token_urlsafe(24) for user in USERS}
        _write(file, "".join(f"127.0.0.1:{port}:*:{user}:{word}\n" for user, word in passwords.items()))
    except OSError as error:
        raise MachineError(f"cannot keep the passwords in {file}: {error.strerror}") from None
    with connection, connection.cursor() as cursor:
        for user, word in passwords.items():
            # Only the verifier goes to the server, whose log may hold the statement.
            verifier = encrypt_password(word, user, scope=connection, algorithm="scram-sha-256")
            cursor.execute(f"alter role {user} password %s", [verifier])


def _read(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    fields = [line.split(":") for line in lines]
    return {entry[3]: entry[4] for entry in fields if len(entry) == 5}


def _write(file: Path, text: str) -> None:
    partial = file.with_name(f"{file.name}.tmp")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as opened:
        opened.write(text)
    partial.replace(file)
