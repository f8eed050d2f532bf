"""What a machine lacks for Spark is told in one message, with the way out."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import pytest

from ready.cli.options import names_spark
from ready.errors import MachineError, UsageError
from ready.spark.connection import SparkParams, spark_params
from ready.spark.requirements import free_port, require_free_port, require_java, spark_home


@pytest.fixture
def java_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A java whose words the test writes."""
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    return program


@pytest.mark.parametrize("version", ["17.0.15", "21", "25-ea"])
def test_a_java_that_is_new_enough(java_says: Path, version: str) -> None:
    java_says.write_text(
        f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n", encoding="utf-8"
    )
    require_java()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ('java version "1.8.0_392"', "is version 8"),
        ('openjdk version "11.0.2"', "is version 11"),
        ("no", "does not tell its version"),
    ],
)
def test_another_java(java_says: Path, words: str, message: str) -> None:
    java_says.write_text(f"#!/bin/sh\necho '{words}' >&2\n", encoding="utf-8")
    with pytest.raises(MachineError, match=f"Spark needs Java 17.*{message}") as caught:
        require_java()
    assert "apt install openjdk-17-jre-headless" in str(caught.value.hint)


def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match="there is none in PATH"):
        require_java()


def test_no_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MachineError, match="pyspark is not installed") as caught:
        spark_home()
    assert "[spark]" in str(caught.value.hint)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(MachineError, match=f"port {port}.* is taken") as caught:
            require_free_port(port)
        assert "READY_SPARK_PORT" in str(caught.value.hint)
    require_free_port(free_port())


def test_where_spark_is() -> None:
    assert spark_params({}) == SparkParams("127.0.0.1", 10000)
    assert spark_params({"READY_SPARK_PORT": ""}).is_local
    elsewhere = spark_params({"READY_SPARK_HOST": "spark.example.org", "READY_SPARK_PORT": "10009"})
    assert (str(elsewhere), elsewhere.is_local) == ("spark.example.org:10009", False)
    for wrong in ("x", "0", "65536", "-1", "1.5"):
        with pytest.raises(UsageError, match="READY_SPARK_PORT is no port"):
            spark_params({"READY_SPARK_PORT": wrong})


def test_who_means_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_spark(["build", "--target", "spark"])
    assert names_spark(["--target=spark"])
    assert names_spark(["-t", "spark"])
    assert not names_spark(["build", "--target", "dev"])
    assert not names_spark(["spark"])
    monkeypatch.setenv("READY_TARGET", "spark")
    assert names_spark([])
    assert not names_spark(["--target", "postgres"])
