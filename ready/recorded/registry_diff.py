"""What changed between two recorded builds: config, SQL, lineage, columns, row counts, distributions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ready.database.query import Row
from ready.recorded.profiles import ColumnProfile, population_stability_index, read_profiles, shift
from ready.recorded.registry import Connection, find_build, select_meta
from ready.settings import Settings


def diff_builds(connection: Connection, settings: Settings, before: str, after: str) -> dict[str, list[str]]:
    """Lines to read, by section; a section in which nothing changed is empty.

    before, after: VERSION or VERSION@DATA_HASH. config and sql are unified diffs, the latter of compiled SQL,
    model by model; distribution says of each column whose values changed, with the population stability
    index. Raises UsageError for a build that is not recorded.
    """
    old, new = (find_build(connection, settings, name) for name in (before, after))
    texts = {row["sql_hash"]: row["sql"] for row in select_meta(connection, settings, SQL_TEXTS)}
    counts = [_counts(connection, settings, build) for build in (old, new)]
    return {
        "config": _unified(_yaml(old["config"]), _yaml(new["config"])),
        "sql": list(_sql_diff(_sql_hashes(old), _sql_hashes(new), texts)),
        "loads": _changes(_loads(old), _loads(new)),
        "columns": _changes(_columns(old), _columns(new)),
        "rows": _changes(*counts),
        "distribution": list(_distributions(*(read_profiles(connection, settings, b) for b in (old, new)))),
    }


SQL_TEXTS = "select sql_hash, sql from {meta}.model_sql"


def _yaml(config: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)


def _unified(before: str, after: str, name: str = "") -> list[str]:
    """Without the two lines that name files; of a model, its name instead."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm=""))[2:]
    return ([name] if name and lines else []) + lines


def _sql_hashes(build: Row) -> dict[str, str]:
    """By node name. An ephemeral model has none: its SQL is part of what is compiled below it."""
    nodes = [*build["lineage"]["models"], *build["lineage"]["nodes"]]
    return {node["node"].split(".")[2]: node["sql_hash"] for node in nodes if node["sql_hash"]}


def _sql_diff(before: Mapping[str, str], after: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        old_text, new_text = texts.get(old or ""), texts.get(new or "")
        if old_text and new_text:
            yield from _unified(old_text, new_text, name)
        else:
            yield f"{name} {'is new' if old is None else 'is gone' if new is None else 'changed'}"


def _loads(build: Row) -> dict[str, str]:
    return {
        f"load {load['load_id']}": f"{load['file_name']} {load['file_sha256'][:12]}"
        for load in build["lineage"]["loads"]
    }


def _columns(build: Row) -> dict[str, str]:
    return {column["name"]: column["type"] for column in build["columns"]}


def _counts(connection: Connection, settings: Settings, build: Row) -> dict[str, str]:
    """Of the features, and of each split of the build's first recorded membership."""
    splits = select_meta(
        connection,
        settings,
        "select split, row_count from {meta}.dataset_split_summary where feature_set = %(feature_set)s "
        "and feature_version = %(feature_version)s and data_hash = %(data_hash)s "
        "order by split, created_at desc",
        build,
    )
    return {
        "features": f"{build['row_count']:,}",
        **{split["split"]: f"{split['row_count']:,}" for split in splits},
    }


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """As a diff: `-` for what was, `+` for what is, in the order of names as they come."""
    lines = []
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            lines += [f"-{name}: {before[name]}"] if name in before else []
            lines += [f"+{name}: {after[name]}"] if name in after else []
    return lines


SHOWN_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _distributions(before: Mapping[str, ColumnProfile], after: Mapping[str, ColumnProfile]) -> Iterator[str]:
    """Of each column that is not distributed as before: its drift, where it was there before, and figures."""
    if bool(before) != bool(after):
        yield f"not on record of {'B' if before else 'A'}, which an earlier release recorded"
        return
    if not (before or after):
        yield "on record of neither"
        return
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old and new:
            index = population_stability_index(old, new)
            yield f"@ {name}: PSI {index:.3f}, {shift(index)}"
        yield from [f"-{_figures(old)}"] if old else []
        yield from [f"+{_figures(new)}"] if new else []


def _figures(profile: ColumnProfile) -> str:
    text = f"{profile.name}: {profile.rows:,} rows, {profile.missing:,} missing"
    if not profile.distribution:
        return text
    quantiles = " ".join(str(profile.quantile(share)) for share in SHOWN_QUANTILES)
    return (
        f"{text}, {profile.zero:,} zero, mean {profile.mean}, from {profile.minimum} to {profile.maximum}, "
        f"5 25 50 75 95 %: {quantiles}"
    )
