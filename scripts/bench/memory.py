"""How much memory processes hold at their peak. Private pages are summed, shared ones counted once."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType

SECONDS_BETWEEN_LOOKS = 0.2


class PeakMemory:
    """While its block runs, looks at the processes that `pids` names and keeps the highest sum, in MB."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        self.mb = 0.0
        self._pids = pids
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while True:
            self.mb = max(self.mb, memory_mb(self._pids()))
            if self._over.wait(SECONDS_BETWEEN_LOOKS):
                return


def memory_mb(pids: Iterable[int]) -> float:
    """Resident memory of these processes together; PostgreSQL's shared buffers count once."""
    private = shared = 0
    for pid in pids:
        figures = _resident_kb(pid)
        private += figures.get("RssAnon", 0) + figures.get("RssFile", 0)
        shared = max(shared, figures.get("RssShmem", 0))
    return (private + shared) / 1024


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def descendants() -> list[int]:
    """All processes that this one has started, but not itself."""
    return tree(os.getpid())[1:]


def _processes() -> Iterator[tuple[int, int]]:
    """(process, parent) of every process."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            stat = _read(Path(entry.path, "stat"))
            if stat:  # pid (name) state parent; a name may hold blanks and brackets
                yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def _resident_kb(pid: int) -> dict[str, int]:
    status = _read(Path(f"/proc/{pid}/status"))
    return {name: int(kb) for name, kb in re.findall(r"^(Rss\w+):\s*(\d+) kB", status, re.MULTILINE)}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:  # the process has ended
        return ""
