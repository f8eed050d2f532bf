"""The docs site of a shop, and what dbt knew when it wrote it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proof_case import Shop

# A description begins with the meaning, and of a table goes on to what one row is.
MEANING_OF_TABLE = re.compile(r"(?!One row per )\S.*\bOne row per .+", re.DOTALL)
MEANING_OF_COLUMN = re.compile(r"(?!(One|Per) )\S.+", re.DOTALL)
# Those that stand for something in the database or on the lineage graph.
DESCRIBED = ("model", "seed", "snapshot", "source")


@dataclass(frozen=True)
class DocsSite:
    """page: the site. manifest, catalog: dbt's artifacts of the same run."""

    page: Path
    manifest: dict[str, Any]
    catalog: dict[str, Any]

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Every model, seed, snapshot and source by its id."""
        every = {**self.manifest["nodes"], **self.manifest["sources"]}
        return {name: node for name, node in every.items() if node["resource_type"] in DESCRIBED}

    def macros(self) -> list[dict[str, Any]]:
        """The project's own macros; generic tests are described where they are used."""
        mine = [
            macro for macro in self.manifest["macros"].values() if macro["package_name"] == "raw_to_ready"
        ]
        return [macro for macro in mine if macro["original_file_path"].startswith("macros/")]

    def columns(self, node: str) -> set[str]:
        """A node's columns in the database; none for an ephemeral model."""
        return set({**self.catalog["nodes"], **self.catalog["sources"]}.get(node, {"columns": ()})["columns"])


def write_docs_site(shop: Shop, folder: Path) -> DocsSite:
    """Run `ready docs` in a folder of its own, which leaves the shop as it is."""
    env = {
        "READY_HOME": folder / "home",
        "READY_ARTIFACTS": folder / "artifacts",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "true",  # the site of somebody who wants that is as quiet
    }
    done = shop.ready("docs", "--no-serve", **env)
    assert done.returncode == 0, done.stdout + done.stderr
    target = folder / "home/dbt/target"
    manifest, catalog = (
        json.loads((target / f"{name}.json").read_text()) for name in ("manifest", "catalog")
    )
    return DocsSite(folder / "artifacts/docs/index.html", manifest, catalog)
