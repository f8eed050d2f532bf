"""Server settings for one analyst's machine, from its memory."""

from __future__ import annotations

import os
from pathlib import Path

MIB = 1024 * 1024
SOCKET_PORT = 5432

# The socket lies in a folder that only its owner can enter; a port is open to all users of the machine.
LOGIN_RULES = """# Written again at each start.
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def server_settings(socket_folder: Path, hba_file: Path, port: int, *, tcp: bool) -> str:
    """The text of ready.conf: written again at each start, so that an upgrade changes it.

    port: also the number in the socket's name. tcp: listen there on the loopback address as well.
    """
    listening = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "hba_file": str(hba_file),
    }
    values = {
        **listening,
        **_fixed_settings(socket_folder),
        **_memory_settings(machine_memory() // MIB),
        **_parallel_settings(os.cpu_count() or 1),
    }
    lines = [f"{name} = {_quote(value)}" for name, value in values.items()]
    return "\n".join(["# Written again at each start. ALTER SYSTEM overrides it.", *lines, ""])


def _fixed_settings(socket_folder: Path) -> dict[str, str]:
    quoted_folder = '"' + str(socket_folder).replace('"', '""') + '"'
    return {
        "unix_socket_directories": quoted_folder,
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # One server, no replicas: COPY into a table of the same transaction then skips the WAL.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "log_checkpoints": "off",
        # A statement whose command was killed ends soon, and its locks with it.
        "client_connection_check_interval": "2s",
        "jit": "off",
        "random_page_cost": "1.1",
        "dynamic_shared_memory_type": _shared_memory_type(),
    }


def _memory_settings(mib: int) -> dict[str, str]:
    return {
        "shared_buffers": f"{_between(32, mib // 8, 2048)}MB",
        "effective_cache_size": f"{max(64, mib // 2)}MB",
        "work_mem": f"{_between(8, mib // 128, 128)}MB",
        "maintenance_work_mem": f"{_between(32, mib // 16, 1024)}MB",
    }


def _parallel_settings(cores: int) -> dict[str, str]:
    """One statement may use all cores; on a single one nothing runs beside it."""
    return {
        "max_parallel_workers_per_gather": str(cores if cores > 1 else 0),
        "max_parallel_workers": str(max(8, cores)),
        "max_worker_processes": str(max(8, cores)),
    }


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or less by a cgroup's limit."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_cgroup_limits(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))])


def _cgroup_limits(membership: Path, mount: Path) -> list[int]:
    """Every memory limit, in bytes, from the process's cgroup up to the root; v2 and v1."""
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    limits = []
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if controllers == "":
            root, name = mount, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = mount / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = root / path.strip("/")
        limits += [
            _read_limit(folder / name)
            for folder in (group, *group.parents)
            if root in (folder, *folder.parents)
        ]
    return [limit for limit in limits if limit is not None]


def _read_limit(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _shared_memory_type() -> str:
    """Containers often have 64 MB of /dev/shm: parallel queries would fail there."""
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return "mmap"
    return "posix" if shm.f_blocks * shm.f_frsize >= 512 * MIB else "mmap"


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
