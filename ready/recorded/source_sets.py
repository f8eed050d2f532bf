"""The features of sources beside the orders that are published, each with the files that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from ready.database.query import select_rows
from ready.definition.mapping import source_names
from ready.recorded.registry import Connection, find_current, list_builds
from ready.settings import Settings

FILES = """
select file_name from {raw}.loads
where source = %(source)s and load_id in %(load_ids)s
order by load_id
"""


@dataclass(frozen=True)
class SourceSet:
    """files: of the source's loads, in their order; one that was delivered again is there once."""

    source: str
    feature_set: str
    feature_version: int
    data_hash: str
    row_count: int
    files: tuple[str, ...]


def read_source_sets(connection: Connection, settings: Settings) -> tuple[SourceSet, ...]:
    """What the tables hold now, by name, of the sources that the configs have: a table outlives its source.

    Raises UsageError when nothing was ever recorded.
    """
    of_configs = {f"{source}_features" for source in source_names(settings.configs)}
    if not of_configs:
        return ()
    names = {row["feature_set"] for row in list_builds(connection, settings) if row["is_current"]}
    found = []
    for name in sorted(names & of_configs):
        build = find_current(connection, settings, name)
        if build is None or name not in build["config"].get("source_features", ()):
            continue
        source = name.removesuffix("_features")
        mapped = build["config"]["sources"][source]
        asked = {
            "source": mapped.get("file", {}).get("source", source), "load_ids": tuple(build["load_ids"])
        }  # fmt: skip
        files = [row["file_name"] for row in select_rows(connection, settings, FILES, asked)]
        found.append(
            SourceSet(
                source,
                name,
                build["feature_version"],
                build["data_hash"],
                build["row_count"],
                tuple(dict.fromkeys(files)),
            )
        )
    return tuple(found)
