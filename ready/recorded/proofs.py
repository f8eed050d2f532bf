"""What was proven of a recorded build: the verdicts on leakage, and whether it came out again.

`ready reproduce` leaves its own in meta.reproductions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ready.database.query import Row, has_table, select_rows
from ready.recorded.verdicts import verdict_on_build
from ready.rendering.instants import utc_text
from ready.settings import Settings

EQUAL, DIFFERENT, NOT_REPRODUCED = "equal", "different", "not reproduced"

RECORD = """
insert into {meta}.reproductions (
    feature_set, feature_version, data_hash, dataset_hash, verdict, differs, code, reproduced_at
)
values (
    %(feature_set)s, %(feature_version)s, %(data_hash)s, %(dataset_hash)s, %(verdict)s, %(differs)s, %(code)s,
    current_timestamp
)
"""

# Of the same labels, splits and loads: others make another data set.
LATEST = """
select verdict, differs, code, reproduced_at
from {meta}.reproductions
where feature_set = %(feature_set)s and feature_version = %(feature_version)s and data_hash = %(data_hash)s
    and dataset_hash = %(dataset_hash)s
order by reproduced_at desc
limit 1
"""


@dataclass(frozen=True)
class Reproduced:
    """The latest word of `ready reproduce` on a build; at is None where there is none.

    differs: what came out otherwise, such as "features"; code: what it was rebuilt with.
    """

    verdict: str = NOT_REPRODUCED
    differs: str = ""
    code: str = ""
    at: datetime | None = None

    def __str__(self) -> str:
        if self.at is None:
            return "not reproduced yet"
        came = "came out the same" if self.verdict == EQUAL else f"came out otherwise: {self.differs}"
        return f"{came} (ready reproduce, {utc_text(self.at)})"


def record_reproduction(
    connection: Any, settings: Settings, build: Row, *, differs: Sequence[str], code: str
) -> None:
    """Put it on record; nothing where the tables are of an earlier release.

    build: a row of find_build.
    """
    if build.get("dataset") and _is_kept(connection, settings):
        verdict = DIFFERENT if differs else EQUAL
        values = {**_key(build), "verdict": verdict, "differs": ", ".join(differs), "code": code}
        select_rows(connection, settings, RECORD, values)


def reproduction_of(connection: Any, settings: Settings, build: Row) -> Reproduced:
    """build: a row of find_build."""
    if not build.get("dataset") or not _is_kept(connection, settings):
        return Reproduced()
    for row in select_rows(connection, settings, LATEST, _key(build)):
        return Reproduced(row["verdict"], row["differs"], row["code"], row["reproduced_at"])
    return Reproduced()


def proofs_of(connection: Any, settings: Settings, build: Row) -> dict[str, Any]:
    """The verdicts on a build as JSON has them. build: a row of find_build."""
    reproduced = reproduction_of(connection, settings, build)
    leakage = verdict_on_build(connection, settings, build)
    checked_at = leakage.get("checked_at")
    return {
        "leakage": {**leakage, **({"checked_at": utc_text(checked_at)} if checked_at else {})},
        "reproduction": _as_json(reproduced),
    }


def _as_json(reproduced: Reproduced) -> dict[str, Any]:
    if reproduced.at is None:
        return {"verdict": reproduced.verdict}
    return {
        "verdict": reproduced.verdict,
        "differs": reproduced.differs,
        "code": reproduced.code,
        "reproduced_at": utc_text(reproduced.at),
    }


def _is_kept(connection: Any, settings: Settings) -> bool:
    return has_table(connection, settings, "meta", "reproductions")


def _key(build: Row) -> dict[str, Any]:
    names = ("feature_set", "feature_version", "data_hash")
    return {**{name: build[name] for name in names}, "dataset_hash": build["dataset"]["dataset_hash"]}
