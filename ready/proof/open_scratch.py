"""A scratch place on the engine of the settings."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ready.database.engine import EngineParams
from ready.proof.scratch import Scratch
from ready.settings import Settings


@contextmanager
def scratch(
    settings: Settings, params: EngineParams, kind: str, *, environ: Mapping[str, str] | None = None
) -> Iterator[Scratch]:
    """A scratch place; `kind` is leak or repro. Gone whatever happens; after a kill, with the next check.

    params: of the settings' engine. environ: further variables for dbt.
    """
    on_engine = _class_for(settings.target)
    with (
        on_engine.connected(params) as connection,
        tempfile.TemporaryDirectory(prefix=f"ready-{kind}-", ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name).resolve()
        prefix = f"{kind}_{secrets.token_hex(4)}_"
        own = replace(settings, schema_prefix=prefix, home=folder, artifacts=folder / "artifacts")
        place = on_engine(own, settings, params, connection)
        with place.claimed(), _own_environment(environ or {}):
            yield place


def _class_for(target: str) -> type[Scratch]:
    if target == "spark":
        from ready.spark.scratch import SparkScratch

        return SparkScratch
    from ready.postgres.scratch import PostgresScratch

    return PostgresScratch


@contextmanager
def _own_environment(further: Mapping[str, str]) -> Iterator[None]:
    """dbt reads its environment from this process: what is set for it goes when it is done."""
    environ = dict(os.environ)
    try:
        os.environ.update(further)
        yield
    finally:
        os.environ.clear()
        os.environ.update(environ)
