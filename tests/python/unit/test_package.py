"""What `import ready` brings, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ready

HEAVY = ("pyarrow", "psycopg2", "dbt", "click", "yaml", "importlib.metadata")


def test_importing_ready_imports_little_else() -> None:
    program = "import ready, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert not set(HEAVY) & set(loaded.split())


@pytest.mark.parametrize("name", ready.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(ready)
    assert getattr(ready, name).__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_datasets'"):
        ready.load_datasets  # noqa: B018
