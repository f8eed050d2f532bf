"""Each shell block of README and guides runs in a copy of the project, and prints what the page shows."""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet
import pytest
import yaml
from conftest import PROJECT
from forking_programs import programs
from readme_blocks import Block, fenced, shell_blocks, shows

from ready.postgres import embedded

DOCS = PROJECT / "docs"
# In the order that a reader takes, as one leaves what the next one shows.
PAGES = [
    PROJECT / "README.md",
    *(
        DOCS / f"{name}.md"
        for name in ("promises", "configuration", "commands", "tables", "operations", "python")
    ),
]
WALK = DOCS / "own-csvs.md"
BLOCKS = {page: shell_blocks(page) for page in (*PAGES, WALK)}
# By a line of them. What is left out of a block is this line; a whole block is left out by its first.
NOT_RUN = {
    "make test       # the whole test suite": "it is what runs this test",
    "pip install -c constraints.txt .": "asks the package index",
    "ready run --data ../raw-to-ready/data/raw": "test_wheel.py does",
    "docker compose up -d --wait": "needs a Docker daemon",
    "export PGHOST=127.0.0.1 PGPORT=54329 PGUSER=ready PGPASSWORD=ready PGDATABASE=ready": "Docker's server",
}
# Part of a clone, and needed by its commands.
PARTS = (
    *("analyses", "configs", "data", "macros", "models", "packages", "profiles", "ready", "loader", "seeds"),
    *("snapshots", "tests/dbt", "dbt_packages", "scripts", "examples"),
    *(
        ".dbtignore",
        ".env.example",
        "Makefile",
        "constraints.txt",
        "dbt_project.yml",
        "package-lock.yml",
        "packages.yml",
        "pyproject.toml",
    ),
)


@dataclass
class Clone:
    """A copy of the project with a shell whose exports last from block to block."""

    folder: Path
    environ: dict[str, str]

    def run(self, block: Block) -> str:
        """Run it, and compare its exit code and output with what the page shows. What it printed."""
        where = block.place
        lines = [line for line in block.script.splitlines() if line.strip() not in NOT_RUN]
        script = "\n".join(["set -e", f"trap 'env -0 > {shlex.quote(str(self._kept))}' EXIT", *lines])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.environ = dict(entry.split("=", 1) for entry in self._kept.read_text().split("\0") if entry)
        assert (done.returncode != 0) == block.fails, f"{where} ended with {done.returncode}:\n{done.stdout}"
        if block.shown is not None:
            assert shows(block.shown, done.stdout), f"{where} printed:\n{done.stdout}"
        return done.stdout

    @property
    def _kept(self) -> Path:
        return self.folder.parent / "environment"


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    folder = tmp_path / "raw-to-ready"
    for part in PARTS:
        source, target = PROJECT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    names = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL")
    environ = {name: os.environ[name] for name in names if name in os.environ}
    with installed(folder / ".venv"):
        yield Clone(folder, environ | {"PATH": f"{folder / '.venv/bin'}:{environ['PATH']}"})


@contextmanager
def installed(venv: Path) -> Iterator[None]:
    """What `make install` leaves, standing for the environment that runs the tests."""
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    (venv / "bin" / "activate").write_text(f"export PATH={shlex.quote(str(venv / 'bin'))}:$PATH\n")
    (venv / ".installed").touch()
    with programs(venv / "bin"):
        yield


def blocks(*pages: Path) -> list[Block]:
    chosen = [block for page in pages for block in BLOCKS[page]]
    return [block for block in chosen if block.script.splitlines()[0].strip() not in NOT_RUN]


def test_what_is_left_out_is_on_a_page() -> None:
    lines = {
        line.strip() for found in BLOCKS.values() for block in found for line in block.script.splitlines()
    }
    assert set(NOT_RUN) <= lines


def test_the_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_every_block_does_what_its_page_shows(clone: Clone) -> None:
    chosen = blocks(*PAGES)
    assert len(chosen) >= 8
    model = fenced(
        (DOCS / "promises.md").read_text(encoding="utf-8"),
        "sql",
        after="`models/features/basket_features.sql`",
    )
    try:
        for block in chosen:
            leaking = "basket_features" in (block.shown or "")
            file = clone.folder / "models" / "features" / "basket_features.sql"
            if leaking:
                file.write_text(model)
            printed = clone.run(block)
            file.unlink(missing_ok=True)
            if "dbt build" in block.script:
                assert "unit_test" in printed
                assert " ERROR=0 " in printed
    finally:
        for folder in (clone.folder, clone.folder.parent / "my_shop"):
            embedded.reset(folder / ".ready")


def test_the_walk_takes_files_of_another_shape_to_parquet(clone: Clone) -> None:
    deliver(clone.folder.parent / "my_csvs")
    copied, *others = blocks(WALK)
    try:
        clone.run(copied)
        configure(clone.folder / "my_configs")
        for block in others:
            clone.run(block)
    finally:
        embedded.reset(clone.folder.parent / "my_state")
    datasets = clone.folder.parent / "my_artifacts/datasets/customer_features/v1"
    rows = {split: pyarrow.parquet.read_table(datasets / f"{split}.parquet") for split in ("train", "test")}
    assert rows["train"].num_rows > 0
    assert rows["train"]["customer_id"][0].as_py() == "K1"
    # Of customer K1: 1.100,50 on 31.12.2023 at 23:30 in Berlin, then 50,00 a month.
    assert rows["train"]["revenue_total"][0].as_py() == 1100.5


def deliver(folder: Path) -> None:
    """Semicolons, Windows-1252, day first, decimal commas, and statuses in words of their own."""
    folder.mkdir()
    header = ["Bestellnummer", "Kundennummer", "Empfänger", "Datum", "Summe", "Währung", "Status"]
    rows = [["B1", "K1", "Müller", "31.12.2023 23:30", "1.100,50", "EUR", "bezahlt"]]
    rows += [
        [f"B{month:02}{day:02}", f"K{day}", "Weiß", f"{day:02}.{month:02}.2024 09:15", "50,00", "EUR", status]
        for month in range(1, 13)
        for day, status in enumerate(["bezahlt", "versandt", "bezahlt", "storniert"] * 5, start=1)
    ]
    with (folder / "Bestellungen.csv").open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])


def configure(configs: Path) -> None:
    """Steps 2 and 3 of the walk: the mapping that it shows, and no word of columns left out."""
    mapping = yaml.safe_load(
        textwrap.dedent(
            fenced(WALK.read_text(encoding="utf-8"), "yaml", after="**2. Say which column is what**")
        )
    )
    document = yaml.safe_load((configs / "orders.yaml").read_text())
    document["models"][0]["config"]["meta"] |= mapping
    (configs / "orders.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    document = yaml.safe_load((configs / "expectations.yaml").read_text())
    (gate,) = document["models"]
    gate["columns"] = [column for column in gate["columns"] if column["name"] != "channel"]
    (configs / "expectations.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
