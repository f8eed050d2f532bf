"""A shop of an example with further sources, laid out by its README's commands; and its files as they are."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from conftest import PROJECT
from proof_case import Shop

from ready.database.opening import grant_database
from ready.postgres.connection import ConnectionParams


def example_shop(
    name: str, folder: Path, database: ConnectionParams, sources: Sequence[Sequence[str]]
) -> Shop:
    """Its data, with what `ready add source` writes; which is what the example has.

    sources: of each its name and the command's options.
    """
    example = PROJECT / "examples" / name
    shop = Shop(folder, database)
    shop.lay_out()
    shutil.rmtree(shop.data)
    shutil.copytree(example / "data" / "raw", shop.data)
    grant_database(shop.settings)
    for source, *options in sources:
        done = shop.ready("add", "source", source, *options, shop.data / source, "--data", shop.data)
        assert done.returncode == 0, done.stderr
    for file in [*example.rglob("*.yaml"), *example.rglob("*.sql")]:
        written = (shop.project / file.relative_to(example)).read_text().splitlines()
        assert written[1:] == file.read_text().splitlines()[1:], file
    return shop


def records(example: str, folder: str) -> list[dict[str, str]]:
    files = sorted((PROJECT / "examples" / example / "data" / "raw" / folder).glob("*.csv"))
    return [row for file in files for row in csv.DictReader(file.open())]


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
