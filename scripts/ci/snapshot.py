"""What a build came to, as JSON: the gate, and rows and fingerprint of every table.

    python scripts/ci/snapshot.py main.json      of the project, database and artifacts that READY_* name

Two such files are compared by summary.py.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from ready.errors import UsageError
from ready.gate.report import REPORT_NAME
from ready.postgres.server import server_params
from ready.registry import list_builds
from ready.settings import Settings

# The columns in which dbt's snapshots note the time of the run.
OF_THE_RUN = ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"]


def main() -> None:
    (target,) = sys.argv[1:]
    settings = Settings.resolve()
    with closing(server_params(settings).connect()) as connection:
        found = {
            "gate": gate(settings),
            "fingerprints": fingerprints(connection, settings),
            "tables": {name: content(connection, *name.split(".")) for name in tables(connection, settings)},
        }
    Path(target).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def gate(settings: Settings) -> dict[str, Any]:
    """Verdict, number of checks, and what it found."""
    report = json.loads((settings.reports / f"{REPORT_NAME}.json").read_text(encoding="utf-8"))
    kept = ("validation_passed", "errors", "warnings")
    return {"checks": len(report["checks"]), **{key: report[key] for key in kept}}


def fingerprints(connection: Connection, settings: Settings) -> dict[str, str]:
    """The fingerprint of each feature set that the tables hold; none if the gate stopped it."""
    try:
        builds = list_builds(connection, settings)
    except UsageError:
        return {}
    return {build["feature_set"]: build["data_hash"] for build in builds if build["is_current"]}


def tables(connection: Connection, settings: Settings) -> list[str]:
    schemas = [settings.schema(name) for name in ("stg", "feats")]
    with connection.cursor() as cursor:
        cursor.execute(
            "select schemaname || '.' || tablename from pg_tables where schemaname = any(%s) order by 1",
            [schemas],
        )
        return [name for (name,) in cursor.fetchall()]


def content(connection: Connection, schema: str, table: str) -> dict[str, Any]:
    """Rows, and a hash of them in any order: of a renamed column too, not of the columns' order."""
    with connection.cursor() as cursor:
        cursor.execute("set timezone to 'UTC'")
        cursor.execute(
            sql.SQL(
                "select count(*), md5(coalesce(string_agg(row_hash, '' order by row_hash), '')) from "
                "(select md5((to_jsonb(t) - %s::text[])::text) as row_hash from {} as t) as hashed"
            ).format(sql.Identifier(schema, table)),
            [OF_THE_RUN],
        )
        rows, fingerprint = cursor.fetchone() or (0, "")
    return {"rows": rows, "fingerprint": fingerprint}


if __name__ == "__main__":
    main()
