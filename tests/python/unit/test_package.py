"""What `import ready` brings, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ready

HEAVY = {"psycopg2", "dbt", "click", "yaml", "orjson", "rich", "jinja2", "pandas", "polars"}


def loaded_by(program: str) -> set[str]:
    """The modules that are there after it."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_importing_ready_imports_nothing_else() -> None:
    loaded = loaded_by("import ready")
    assert "ready" in loaded
    assert not loaded & {*HEAVY, "pyarrow", "numpy", "importlib.metadata"}


def test_all_names_need_no_more_than_pyarrow() -> None:
    loaded = loaded_by("import ready; [getattr(ready, name) for name in ready.__all__]")
    assert "pyarrow" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("name", ready.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(ready)
    assert getattr(ready, name).__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_datasets'"):
        ready.load_datasets  # noqa: B018
