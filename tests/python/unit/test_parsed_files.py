"""What dbt has read is held against the files by their contents, never by their times."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT

from ready.dbt.parsed_files import NAME, forget_stale, unread

FILES = {
    "dbt_project.yml": "name: small\nprofile: small\n",
    "profiles.yml": "small: {target: a, outputs: {a: "
    "{type: postgres, host: h, port: 1, user: u, password: p, dbname: d, schema: s}}}\n",
    "models/one.sql": "select 1 as a\n",
    "models/one.yml": "models: [{name: one, description: before}]\n",
    "macros/same.sql": "{% macro same(x) %}{{ x }}{% endmacro %}\n",
    "macros/same.yml": "macros: [{name: same, description: before}]\n",
    "seeds/few.csv": "a\n1\n",
    "seeds/few.yml": "seeds: [{name: few, description: before}]\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    dbt = Path(sys.executable).parent / "dbt"
    subprocess.run([dbt, "--quiet", "parse", "--profiles-dir", "."], cwd=folder, check=True)
    return folder


def test_what_is_as_it_was_is_not_read_again(project: Path) -> None:
    file = project / "models/one.yml"
    known = file.stat().st_mtime_ns
    os.utime(file)
    forget_stale(project / "target")
    os.utime(file, ns=(known, known))
    forget_stale(project / "target")
    assert (project / "target" / NAME).exists()
    assert unread(project / "target") == []


@pytest.mark.parametrize("name", ["models/one.sql", "models/one.yml"])
def test_another_content_under_the_known_time_is_read(project: Path, name: str) -> None:
    """As `mv`, `cp -p` and `rsync -a` leave it."""
    file, parsed = project / name, (project / "target" / NAME).read_bytes()
    known, text = file.stat().st_mtime_ns, file.read_text()
    try:
        file.write_text(text.replace("before", "after").replace("1 as", "2 as"))
        assert unread(project / "target") == [file]
        forget_stale(project / "target")
        assert (project / "target" / NAME).exists(), "dbt itself sees that the time is another"
        os.utime(file, ns=(known, known))
        forget_stale(project / "target")
        assert not (project / "target" / NAME).exists()
    finally:
        file.write_text(text)
        os.utime(file, ns=(known, known))
        (project / "target" / NAME).write_bytes(parsed)


def test_a_file_that_is_gone_is_unread(project: Path) -> None:
    file = project / "models/one.yml"
    file.rename(project / "one.yml")
    assert unread(project / "target") == [file]
    (project / "one.yml").rename(file)


@pytest.mark.parametrize(
    ("name", "none"),
    [("models/one.yml", "models: []"), ("seeds/few.yml", "seeds: []"), ("macros/same.yml", "macros: []")],
)
def test_of_what_is_no_longer_named_dbt_keeps_no_rule(name: str, none: str, project: Path) -> None:
    """dbt 1.11 keeps those that name another model whose entry changes in the same file."""
    file, parsed = project / name, (project / "target" / NAME).read_bytes()
    text = file.read_text()
    try:
        file.write_text(text.replace("before", "after"))
        forget_stale(project / "target")
        assert (project / "target" / NAME).exists()
        file.write_text(f"{none}\n")
        forget_stale(project / "target")
        assert not (project / "target" / NAME).exists()
    finally:
        file.write_text(text)
        (project / "target" / NAME).write_bytes(parsed)


def test_nothing_parsed_yet_is_nothing_stale(tmp_path: Path) -> None:
    forget_stale(tmp_path)
    (tmp_path / NAME).write_bytes(b"from another release")
    forget_stale(tmp_path)
    assert unread(tmp_path) == []


def test_plain_dbt_reads_every_file() -> None:
    flags = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["flags"]
    assert flags["partial_parse"] is False
