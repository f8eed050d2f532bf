"""Jinja's compiled templates, kept from one command to the next: compiling them is a fifth of a short run."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import FileSystemBytecodeCache

# Texts come and go as models are edited.
MOST_KEPT = 5000

_kept: list[Path] = []


def keep_compiled_templates(folder: Path) -> None:
    """Let every template of this process be compiled once for each text and release of Jinja and Python.

    Jinja's own cache serves templates that a loader finds, and dbt's are texts. folder: made if it is not
    there; whoever may write to it may change what runs. The first call counts.
    """
    if _kept:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _kept.append(folder)
    kept = FileSystemBytecodeCache(str(folder))
    if sum(1 for _ in folder.iterdir()) > MOST_KEPT:
        kept.clear()
    compile_by_jinja = jinja2.Environment.compile

    def compile_once(self: jinja2.Environment, source: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(source, str) or arguments or options:
            return compile_by_jinja(self, source, *arguments, **options)
        dialect = (type(self).__qualname__, *sorted(self.extensions), source)
        name = hashlib.sha256(repr(dialect).encode()).hexdigest()
        bucket = kept.get_bucket(self, name, None, source)
        if bucket.code is None:
            bucket.code = compile_by_jinja(self, source)
            with suppress(OSError):  # a full disk costs the time, not the run
                kept.set_bucket(bucket)
        return bucket.code

    jinja2.Environment.compile = compile_once  # type: ignore[method-assign]
