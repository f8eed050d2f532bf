"""Which server the environment names."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg2.extensions
import pytest

from ready.errors import MachineError, UsageError
from ready.postgres.connection import ConnectionParams, external_params


def test_no_server_named_means_the_embedded_one() -> None:
    assert external_params({}) is None
    assert external_params({"DATABASE_URL": "", "PGHOST": ""}) is None
    assert external_params({"PGUSER": "ann", "PGPORT": "6000", "PGDATABASE": "shop"}) is None


def test_pg_variables() -> None:
    env = {"PGHOST": "db.example", "PGPORT": "6000", "PGUSER": "ann", "PGDATABASE": "shop"}
    secret = {"PGPASSWORD": "s3cret", "PGSSLMODE": "require"}

    assert external_params(env) == ConnectionParams("db.example", 6000, "ann", "shop")
    assert external_params({**env, **secret}) == ConnectionParams(
        "db.example", 6000, "ann", "shop", "s3cret", "require"
    )


def test_defaults_are_those_of_libpq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")

    assert external_params({"PGHOST": "db"}) == ConnectionParams("db", 5432, "ann", "ann")
    assert external_params({"PGHOST": "db", "PGUSER": "bob"}) == ConnectionParams("db", 5432, "bob", "bob")


@pytest.mark.parametrize("error", [KeyError("uid not found: 1234"), OSError("no username set")])
def test_a_user_of_the_system_without_a_name_is_asked_for_one(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr("getpass.getuser", nameless)

    with pytest.raises(UsageError) as failure:
        external_params({"PGHOST": "db"})
    assert failure.value.hint is not None
    assert failure.value.hint.startswith("set PGUSER")
    assert external_params({"PGHOST": "db", "PGUSER": "bob"}) == ConnectionParams("db", 5432, "bob", "bob")


def test_database_url_wins_over_pg_variables() -> None:
    env = {
        "DATABASE_URL": "postgresql://ann:p%40ss@db/shop?sslmode=require",
        "PGHOST": "other",
        "PGUSER": "bob",
    }

    assert external_params(env) == ConnectionParams("db", 5432, "ann", "shop", "p@ss", "require")


@pytest.mark.parametrize(
    "url", ["mysql+x://ann:s3cret@db/shop", "s3cret", "postgresql://ann:s3cret%zz@db/shop"]
)
def test_an_unreadable_database_url_is_not_repeated_in_the_message(url: str) -> None:
    with pytest.raises(UsageError) as failure:
        external_params({"DATABASE_URL": url})
    assert "DATABASE_URL" in failure.value.message
    assert "s3cret" not in f"{failure.value.message} {failure.value.hint}"


@pytest.mark.parametrize("port", ["x", "-1", "0", "65536", "5432,5433", "²", "٥"])
def test_a_port_that_is_none(port: str) -> None:
    with pytest.raises(UsageError, match="not a port number"):
        external_params({"PGHOST": "db", "PGPORT": port})


@pytest.mark.parametrize(
    "params",
    [
        ConnectionParams("db.example", 6000, "ann", "shop"),
        ConnectionParams("::1", 5432, "a b", "sh/op", "p@:/?#[] é%"),
        ConnectionParams("/a folder/with'quotes&more", 5432, "ann", "shop", None, "disable"),
    ],
)
def test_the_url_says_the_same_as_the_parameters(params: ConnectionParams) -> None:
    assert external_params({"DATABASE_URL": params.url()}) == params
    assert external_params(params.env()) == params


def test_the_encoding_is_not_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither here nor in dbt: libpq lets PGCLIENTENCODING win over what a database or role has set."""
    given: dict[str, object] = {}

    def connect(**arguments: object) -> SimpleNamespace:
        given.update(arguments)
        return SimpleNamespace(server_version=160_000)

    monkeypatch.setattr("psycopg2.connect", connect)
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")

    params = ConnectionParams("db", 5432, "ann", "shop")
    params.connect()

    assert given["client_encoding"] == params.env()["PGCLIENTENCODING"] == "UTF8"


def test_the_password_is_not_printed() -> None:
    params = ConnectionParams("db", 5432, "ann", "shop", "s3cret")
    assert "s3cret" not in str(params)


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> psycopg2.extensions.connection:
        raise psycopg2.OperationalError("connection refused\n")

    monkeypatch.setattr("psycopg2.connect", refuse)

    with pytest.raises(
        MachineError, match=r"cannot connect to PostgreSQL at ann@db:5432/shop: connection refused$"
    ):
        ConnectionParams("db", 5432, "ann", "shop").connect()


def test_a_server_that_is_starting_up_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is in recovery mode",
    ]

    started = SimpleNamespace(server_version=160_000)

    def start_up(**_: object) -> SimpleNamespace:
        if answers:
            raise psycopg2.OperationalError(answers.pop())
        return started

    monkeypatch.setattr("psycopg2.connect", start_up)

    assert ConnectionParams("db", 5432, "ann", "shop").connect() == started
