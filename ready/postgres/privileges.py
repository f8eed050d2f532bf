"""PostgreSQL refuses to run as root; this finds a way to run it as another user."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ready.errors import MachineError

NOBODY = 65534


def launcher(folder: Path, data: Path, program: Path) -> list[str]:
    """The command prefix under which PostgreSQL's programs run; empty for a normal user.

    folder: what the server must be able to write; data: the data folder, if there is one yet;
    program: one of PostgreSQL's programs, which must be reachable under the prefix.

    Raises MachineError when the process is root and nothing works.
    """
    if os.geteuid() != 0:
        return []
    owner = data.stat().st_uid if data.exists() else None
    for prefix, user in _candidates(owner):
        os.chown(folder, user, -1)
        if _works(prefix, folder, program):
            return prefix
    raise MachineError(
        f"PostgreSQL does not run as root, and neither unshare nor setpriv can run it as another user "
        f"in {folder}",
        hint="run the command as a normal user, or set READY_HOME to another folder, "
        "or name another PostgreSQL with PGHOST or DATABASE_URL",
    )


def _candidates(owner: int | None) -> list[tuple[list[str], int]]:
    """Prefixes to try, best first, each with the user who owns the files from outside."""
    # In a user namespace root only looks like nobody: no owner changes on disk. Containers forbid it.
    namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    if owner == 0:
        return [(namespace, 0)]
    user = NOBODY if owner is None else owner
    other = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    # dac_override lets that user pass through folders such as /root; no_setuid_fixup lets access() know it.
    through = [
        *other,
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]
    outsiders = [(through, user), (other, user)]
    return outsiders if owner is not None else [(namespace, 0), *outsiders]


def _works(prefix: list[str], folder: Path, program: Path) -> bool:
    probe = ["sh", "-c", 'test -w "$1" && exec "$2" --version', "probe", str(folder), str(program)]
    try:
        return subprocess.run([*prefix, *probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
