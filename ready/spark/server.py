"""Spark as every command that works on it needs it: a Thrift server that answers."""

from __future__ import annotations

from ready.settings import Settings
from ready.spark import local
from ready.spark.connection import SparkParams, spark_params


def ensure_spark(settings: Settings) -> SparkParams:
    """The server that the environment names; the local cluster is started when none answers.

    Raises MachineError when it does not answer, UsageError when the environment names it wrongly.
    """
    params = spark_params(settings.environ)
    if params.is_local and not params.answers():
        local.start(settings.home, params)
    params.connect().close()
    return params
