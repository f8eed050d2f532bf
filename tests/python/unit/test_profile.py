"""profiles/profiles.yml names the same server as the Python side, for plain `dbt build`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from dbt.clients.jinja import get_rendered
from jinja2 import Environment

from ready.postgres.cluster import Cluster
from ready.postgres.connection import external_params
from ready.postgres.roles import BUILDER
from ready.settings import Settings

PROJECT = Path(__file__).parents[3]


def outputs() -> dict[str, Any]:
    profile = yaml.safe_load((PROJECT / "profiles" / "profiles.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = profile["raw_to_ready"]["outputs"]
    return found


def render(env: dict[str, str], *, log_path: str = f"{PROJECT}/logs") -> dict[str, Any]:
    """The profile as dbt renders it, in the given environment."""
    context = {
        "env_var": lambda name, default: env.get(name, default),
        "flags": SimpleNamespace(LOG_PATH=Path(log_path)),
        "local_md5": lambda text: hashlib.md5(text.encode("utf-8")).hexdigest(),
    }
    return {
        key: get_rendered(value, context, native=True) if isinstance(value, str) else value
        for key, value in outputs()["dev"].items()
    }


@pytest.mark.parametrize(
    "home",
    [
        None,
        "state",
        "./state//x/",
        "~/state",
        "/srv/with space/it's",
        "/" + "x" * 82,
        "/" + "x" * 83,
        "/" + "x" * 84,
        "/" + "é" * 40,
        "/" + "é" * 42,
        "/srv/../long/" + "y" * 90 + "/",
    ],
)
def test_the_embedded_server(home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("HOME", "/home/ann")
    env = {"HOME": "/home/ann"} | ({"READY_HOME": home} if home else {})

    expected = Cluster(Settings.resolve(environ=env).home).params

    found = render({**env, "PWD": "/stale"})
    assert [found[key] for key in ("host", "port", "user", "dbname", "password")] == [
        expected.host,
        expected.port,
        BUILDER,
        expected.dbname,
        "",
    ]


@pytest.mark.parametrize(
    ("env", "log_path"),
    [
        ({"PWD": "/stale"}, "/srv/project/logs"),
        ({"PWD": "/srv"}, "project/logs"),
        ({"PWD": "/stale", "DBT_PROJECT_DIR": "/srv/project"}, "/var/logs"),
        ({"PWD": "/srv", "DBT_PROJECT_DIR": "project"}, "/var/logs"),
        ({"PWD": "/srv/project", "DBT_LOG_PATH": "/var/logs"}, "/var/logs"),
    ],
)
def test_the_project_root_is_found(env: dict[str, str], log_path: str) -> None:
    assert render(env, log_path=log_path)["host"] == "/srv/project/.ready/socket"


def test_a_tool_that_knows_no_more_than_variables_finds_the_server() -> None:
    env = {"PWD": "/srv/project"}
    host = Environment().from_string(outputs()["dev"]["host"])
    assert host.render(env_var=lambda name, default: env.get(name, default)) == "/srv/project/.ready/socket"


@pytest.mark.parametrize(
    "env",
    [
        {"PGHOST": "db"},
        {"PGHOST": "db", "PGUSER": "bob"},
        {"PGHOST": "db", "PGUSER": "bob", "PGDATABASE": "shop", "PGPORT": "6000", "PGPASSWORD": "s3cret"},
    ],
)
def test_another_server(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ann")
    expected = external_params(env)
    assert expected is not None

    found = render({**env, "LOGNAME": "ann"})

    assert (found["host"], found["port"], found["user"]) == (expected.host, expected.port, expected.user)
    assert (found["dbname"], found["password"]) == (expected.dbname, expected.password or "")


def test_variables_beside_no_host_are_meant_for_another_server() -> None:
    env = {"PGUSER": "bob", "PGDATABASE": "shop", "PGPORT": "6000", "PGPASSWORD": "s3cret"}
    assert external_params(env) is None
    assert render(env) == render({})


def test_a_database_url_that_dbt_cannot_read_fails_loudly() -> None:
    """In silence dbt would build in the embedded database."""
    assert "DATABASE_URL is not read by dbt" in render({"DATABASE_URL": "postgresql://db/shop"})["host"]
