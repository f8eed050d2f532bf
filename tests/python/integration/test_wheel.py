"""The wheel, installed where nobody may write, and a project of `ready init` outside the checkout."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PROJECT
from readme_blocks import fenced

from ready.postgres import embedded

README = (PROJECT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Installed:
    """wheel: the file; site: where it is installed; python: sees that and what it needs, not the checkout."""

    wheel: Path
    site: Path
    python: Path

    def run(self, *arguments: str | Path, cwd: Path, code: int = 0) -> str:
        """What `python ARGUMENTS` prints, with no setting from outside. Asserts its exit code."""
        names = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL")
        environ = {name: os.environ[name] for name in names if name in os.environ}
        done = subprocess.run(
            [self.python, *arguments],
            cwd=cwd,
            env={**environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def ready(self, *arguments: str | Path, cwd: Path, code: int = 0) -> str:
        return self.run("-m", "ready", *arguments, cwd=cwd, code=code)

    def contents(self) -> Mapping[str, str]:
        """Each file that was installed, with a hash of it."""
        files = (path for path in self.site.rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    alone = ["--no-index", "--no-deps"]
    subprocess.run([*pip, "wheel", *alone, "--no-build-isolation", "-w", folder, PROJECT], check=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    subprocess.run([*pip, "install", *alone, "--target", site, wheel], check=True)
    venv.create(folder / "venv", symlinks=True)
    (packages,) = (folder / "venv" / "lib").glob("python3*/site-packages")
    # What a .pth file names is looked into, but not for further .pth files, such as the checkout's own.
    (packages / "installed.pth").write_text(f"{site}\n{sysconfig.get_path('purelib')}\n")
    _allow_writing(site, False)
    yield Installed(wheel, site, folder / "venv" / "bin" / "python")
    _allow_writing(site, True)


def _allow_writing(root: Path, allowed: bool) -> None:
    """Of root alone this keeps nothing out: there the contents are compared."""
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222 | (0o200 if allowed else 0))


@pytest.fixture(scope="module")
def shop(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the sample in its data folder, after a run."""
    outside = tmp_path_factory.mktemp("outside")
    before = installed.contents()
    assert "cd 'My Shop'\n" in installed.ready("init", "My Shop", cwd=outside)
    folder = outside / "My Shop"
    try:
        printed = installed.ready("run", cwd=folder, code=2)
        assert "no file matches *.csv in" in printed
        assert "put CSV files there" in printed
        shutil.copytree(PROJECT / "data" / "raw", folder / "data" / "raw", dirs_exist_ok=True)
        mapping = folder / "configs" / "orders.yaml"
        text = mapping.read_text(encoding="utf-8")
        assert "channel: channel\n" in text
        # One that dbt compiles for a trial before the load, as those of the vendors' mappings.
        changed = text.replace("channel: channel\n", "channel: {expression: 'lower(\"channel\")'}\n")
        mapping.write_text(changed, encoding="utf-8")
        printed = installed.ready("run", cwd=folder)
        assert re.findall("fingerprint ([0-9a-f]{32})", printed) == [_fingerprint()], "as in the checkout"
        yield folder
        assert installed.contents() == before, "nothing is written to what is installed"
    finally:
        embedded.reset(folder / ".ready")


def _fingerprint() -> str:
    """The sample's, by the README, which another test holds against a checkout."""
    (found,) = set(re.findall("fingerprint ([0-9a-f]{32})", README))
    return str(found)


def test_the_wheel_carries_the_project_and_no_more(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    git = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(git, capture_output=True, text=True, check=True).stdout.split("\0")
    folders = (
        "analyses",
        "configs",
        "examples",
        "macros",
        "models",
        "packages",
        "profiles",
        "seeds",
        "snapshots",
        "tests/dbt",
    )
    files = ("dbt_project.yml", "packages.yml", ".dbtignore", ".env.example")
    project = {path for path in tracked if path in files or path.startswith(tuple(f"{f}/" for f in folders))}
    for_developers = {path for path in project if path.endswith("/_unit_tests.yml")}
    assert {f"ready/project/{path}" for path in project - for_developers} == {
        name for name in names if name.startswith("ready/project/")
    }
    python = {path for path in tracked if path.startswith(("ready/", "loader/"))}
    assert python == {n for n in names if n.startswith(("ready/", "loader/"))} - {
        f"ready/project/{path}" for path in project
    }


def test_the_checkout_is_not_what_runs(installed: Installed, tmp_path: Path) -> None:
    script = "import ready, loader; print(ready.__file__, loader.__file__)"
    for file in installed.run("-c", script, cwd=tmp_path).split():
        assert Path(file).is_relative_to(installed.site)
    assert "ready init my_shop" in installed.ready("db", "status", cwd=tmp_path, code=2)


def test_the_folder_holds_only_what_is_the_user_s(shop: Path) -> None:
    ignored = {".ready", "artifacts", "data", "dbt_packages"}
    assert ignored <= {name.strip("/") for name in (shop / ".gitignore").read_text().splitlines()}
    assert {path.name for path in shop.iterdir()} - ignored == {
        *("README.md", ".gitignore", ".env.example", "configs", "models"),
        *("dbt_project.yml", "packages.yml", "package-lock.yml"),
    }
    assert (shop / "artifacts" / "datasets" / "customer_features" / "v1" / "train.parquet").is_file()


@pytest.mark.thorough  # make wheel builds one, too
def test_plain_dbt_builds_a_model_of_the_user_s_own(installed: Installed, shop: Path) -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8")
    model = fenced(page, "sql", after="## Features in SQL of your own")
    (shop / "models" / "features" / "basket_features.sql").write_text(model)
    (shop / "tests").mkdir()
    (shop / "tests" / "largest_is_no_less_than_mean.sql").write_text(
        "select 1 from {{ ref('basket_features') }} where largest_above_mean < 0"
    )
    dbt = ["-c", "from dbt.cli.main import cli; cli()", "build", "--profiles-dir", ".ready/project/profiles"]

    printed = installed.run(*dbt, "--select", "basket_features", cwd=shop)

    assert "PASS largest_is_no_less_than_mean" in printed
    assert "* basket_features v1" in installed.ready("registry", "list", cwd=shop / "models"), "published"


@pytest.mark.thorough
def test_the_promises_can_be_proved_there(installed: Installed, shop: Path) -> None:
    assert "came out the same, bit for bit" in installed.ready("reproduce", "1", cwd=shop)
    assert "No row up to its cutoff moved" in installed.ready("check-leakage", cwd=shop)
    explained = installed.ready("explain", "C000015", "2025-02-01", "revenue_30d", cwd=shop)
    assert "17.33 + 57.76 + 17.52 = 92.610000: agrees" in explained
