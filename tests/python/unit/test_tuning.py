"""Server settings from the machine's memory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ready.postgres import tuning

GIB = 1024**3


def _megabytes(text: str, name: str) -> int:
    found = re.search(rf"^{name} = '(\d+)MB'$", text, re.MULTILINE)
    assert found, f"{name} is not set in:\n{text}"
    return int(found[1])


@pytest.mark.parametrize("memory", [GIB // 4, GIB, 8 * GIB, 64 * GIB, 1024 * GIB])
def test_the_server_takes_a_modest_part_of_the_memory(memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "machine_memory", lambda: memory)

    text = tuning.server_settings(Path("/socket"), Path("/data/hba"), 5432, tcp=False)

    buffers, work = _megabytes(text, "shared_buffers"), _megabytes(text, "work_mem")
    assert buffers * tuning.MIB <= memory // 4
    assert work * tuning.MIB <= memory // 16
    assert buffers >= 32
    assert work >= 8


def test_committed_data_is_never_at_risk() -> None:
    text = tuning.server_settings(Path("/socket"), Path("/data/hba"), 5432, tcp=False)
    assert not re.search(r"^(fsync|synchronous_commit|full_page_writes)", text, re.MULTILINE)


def test_quotes_in_the_socket_folder() -> None:
    text = tuning.server_settings(Path('/it\'s a "folder", really\\'), Path("/data/hba"), 5432, tcp=False)
    assert """unix_socket_directories = '"/it''s a ""folder"", really\\\\"'""" in text


@pytest.mark.parametrize(
    ("membership", "files", "limits"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "max\n", "a/memory.max": "1000\n"}, [1000]),
        ("0::/\n", {"memory.max": "700\n"}, [700]),
        ("4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "900\n"}, [900]),
        ("5:cpu,memory:/\n", {"memory/memory.limit_in_bytes": "800\n"}, [800]),
        ("3:cpu:/a\n", {"memory/a/memory.limit_in_bytes": "900\n"}, []),
        ("0::/gone\n", {}, []),
    ],
)
def test_cgroup_limits(membership: str, files: dict[str, str], limits: list[int], tmp_path: Path) -> None:
    (tmp_path / "membership").write_text(membership, encoding="ascii")
    for name, text in files.items():
        (tmp_path / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mount" / name).write_text(text, encoding="ascii")

    assert tuning._cgroup_limits(tmp_path / "membership", tmp_path / "mount") == limits


def test_machine_memory_is_what_there_is() -> None:
    assert 64 * tuning.MIB < tuning.machine_memory() < 2**50
