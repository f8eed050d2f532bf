"""The environment in which dbt, psql and other tools find this project and its database."""

from __future__ import annotations

from ready.postgres.connection import ConnectionParams
from ready.settings import Settings


def environment(settings: Settings, params: ConnectionParams) -> dict[str, str]:
    """READY_*, PG* and DBT_* variables, all paths absolute.

    PGPASSWORD is there only when the user gave one, in PGPASSWORD or DATABASE_URL.
    """
    prefix = {"READY_SCHEMA_PREFIX": settings.schema_prefix} if settings.schema_prefix else {}
    return {
        "READY_PROJECT_DIR": str(settings.project_dir),
        "READY_HOME": str(settings.home),
        "READY_CONFIGS": str(settings.configs),
        "READY_ARTIFACTS": str(settings.artifacts),
        **prefix,
        **params.env(),
        "DBT_PROJECT_DIR": str(settings.project_dir),
        "DBT_PROFILES_DIR": str(settings.project_dir / "profiles"),
        "DBT_TARGET_PATH": str(settings.home / "dbt" / "target"),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
    }
