"""The engine that a command works on."""

from __future__ import annotations

from ready.postgres.connection import ConnectionParams
from ready.settings import Settings
from ready.spark.connection import SparkParams

EngineParams = ConnectionParams | SparkParams


def open_engine(settings: Settings) -> EngineParams:
    """That of settings.target, up and to be built in. Raises as open_database and ensure_spark do."""
    if settings.target == "spark":
        from ready.spark.server import ensure_spark

        return ensure_spark(settings)
    from ready.database.opening import open_database

    return open_database(settings)
