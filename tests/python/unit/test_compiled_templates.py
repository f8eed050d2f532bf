"""Templates that are compiled once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RENDER = """
import sys
from pathlib import Path
import jinja2
from jinja2.sandbox import SandboxedEnvironment
from ready.dbt.compiled_templates import keep_compiled_templates

compiled = []
generate = jinja2.Environment._generate
jinja2.Environment._generate = lambda *rest, **more: compiled.append(1) or generate(*rest, **more)
for _ in range(2):
    keep_compiled_templates(Path(sys.argv[1]))
texts = [made().from_string("{{ 1 + n }}").render(n=2) for made in (jinja2.Environment, SandboxedEnvironment)]
trimmed = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string("{% do [] %}x").render()
print(texts, trimmed, len(compiled))
"""


def rendered(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", RENDER, folder], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_text_is_compiled_once_for_each_kind_of_environment(tmp_path: Path) -> None:
    assert rendered(tmp_path / "kept") == "['3', '3'] x 3"
    assert rendered(tmp_path / "kept") == "['3', '3'] x 0"


@pytest.mark.parametrize("content", [b"", b"no code"])
def test_what_cannot_be_read_is_compiled_again(content: bytes, tmp_path: Path) -> None:
    rendered(tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(content)
    assert rendered(tmp_path) == "['3', '3'] x 3"
    assert rendered(tmp_path) == "['3', '3'] x 0"
