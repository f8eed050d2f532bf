"""Where things are: flags, environment, defaults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ready.errors import MachineError, UsageError
from ready.postgres.connection import ConnectionParams
from ready.settings import Settings
from ready.workspace.environment import configs_for_dbt, environment


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "configs").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: raw_to_ready\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder.resolve()


def test_defaults_lie_in_the_project(project: Path) -> None:
    settings = Settings.resolve(environ={})

    assert settings.project_dir == project
    assert settings.home == project / ".ready"
    assert settings.configs == project / "configs"
    assert settings.reports == project / "artifacts" / "reports"
    assert settings.datasets == project / "artifacts" / "datasets"
    assert [settings.schema(name) for name in ("raw", "stg", "feats", "meta")] == [
        "raw",
        "stg",
        "feats",
        "meta",
    ]


def test_flags_win_over_the_environment(project: Path) -> None:
    env = {"READY_HOME": "/env/home", "READY_ARTIFACTS": "/env/artifacts", "READY_CONFIGS": "configs"}
    (project / "mine").mkdir()

    from_env = Settings.resolve(environ=env)
    from_flags = Settings.resolve(home="/flag/home", configs="mine", artifacts="/flag/artifacts", environ=env)

    assert (from_env.home, from_env.artifacts) == (Path("/env/home"), Path("/env/artifacts"))
    assert (from_flags.home, from_flags.artifacts) == (Path("/flag/home"), Path("/flag/artifacts"))
    assert (from_env.configs, from_flags.configs) == (project / "configs", project / "mine")


def test_relative_paths_start_at_the_current_folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project / "below"
    below.mkdir()
    monkeypatch.chdir(below)

    settings = Settings.resolve(home="state", environ={"READY_ARTIFACTS": "out", "READY_CONFIGS": "configs"})

    assert settings.project_dir == project
    assert (settings.home, settings.artifacts) == (below / "state", below / "out")
    assert settings.configs == project / "configs", "not in the current folder, so the project's"


def test_the_prefix_is_not_for_raw(project: Path) -> None:
    settings = Settings.resolve(environ={"READY_SCHEMA_PREFIX": "pr7_"})
    assert [settings.schema(name) for name in ("raw", "stg")] == ["raw", "pr7_stg"]


@pytest.mark.parametrize("prefix", ["PR7_", "pr-7_", "7_", "é_", "pr7_\n", " "])
def test_a_prefix_that_a_schema_cannot_have_unquoted(project: Path, prefix: str) -> None:
    with pytest.raises(UsageError, match="READY_SCHEMA_PREFIX cannot be"):
        Settings.resolve(environ={"READY_SCHEMA_PREFIX": prefix})


def test_a_project_named_from_elsewhere(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.resolve(environ={"READY_PROJECT_DIR": str(project)}).project_dir == project


def test_a_folder_that_is_no_project(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"no From Raw to Ready project found in {tmp_path}"):
        Settings.resolve(environ={"READY_PROJECT_DIR": str(tmp_path)})


def test_a_configs_folder_that_is_not_there(project: Path) -> None:
    with pytest.raises(UsageError, match="configs folder not found: nowhere"):
        Settings.resolve(configs="nowhere", environ={})


def test_environment_for_other_tools(project: Path) -> None:
    settings = Settings.resolve(environ={"READY_SCHEMA_PREFIX": "pr7_"})

    values = environment(settings, ConnectionParams("db", 5432, "ann", "shop"))

    assert values == {
        "READY_PROJECT_DIR": str(project),
        "READY_HOME": str(project / ".ready"),
        "READY_CONFIGS": "configs",
        "READY_ARTIFACTS": str(project / "artifacts"),
        "READY_SCHEMA_PREFIX": "pr7_",
        "PGHOST": "db",
        "PGPORT": "5432",
        "PGUSER": "ann",
        "PGDATABASE": "shop",
        "PGCLIENTENCODING": "UTF8",
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project / "profiles"),
        "DBT_TARGET_PATH": str(project / ".ready" / "dbt" / "target"),
        "DBT_LOG_PATH": str(project / ".ready" / "dbt" / "logs"),
    }
    assert all(os.path.isabs(values[name]) for name in values if name.endswith(("_DIR", "_PATH", "_HOME")))


def test_dbt_reaches_configs_elsewhere_by_a_path_below_the_project(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "orders.yaml").write_text("here")
    settings = Settings.resolve(configs=elsewhere, environ={})

    first, second = (
        environment(settings, ConnectionParams("db", 5432, "a", "b"))["READY_CONFIGS"] for _ in "12"
    )

    assert first == second
    assert not os.path.isabs(first)
    assert (project / first / "orders.yaml").read_text() == "here"

    elsewhere.rename(tmp_path / "renamed")
    environment(
        Settings.resolve(configs=tmp_path / "renamed", environ={}), ConnectionParams("db", 5432, "a", "b")
    )
    assert not os.path.lexists(project / first)


def test_configs_that_cannot_be_linked_into_the_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (project / ".ready").touch()  # no folder: nothing can be put into it
    settings = Settings.resolve(configs=tmp_path / "configs")
    with pytest.raises(MachineError, match=r"cannot link .* into the project"):
        configs_for_dbt(settings)


def test_a_password_is_passed_on_only_when_there_is_one(project: Path) -> None:
    settings = Settings.resolve(environ={})

    without = environment(settings, ConnectionParams("db", 5432, "ann", "shop"))
    with_one = environment(settings, ConnectionParams("db", 5432, "ann", "shop", "s3cret"))

    assert "PGPASSWORD" not in without
    assert with_one["PGPASSWORD"] == "s3cret"


def test_the_default_configs_are_the_project_s_wherever_the_command_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "configs").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    settings = Settings.resolve(environ={"READY_PROJECT_DIR": str(project)})
    assert settings.configs == project / "configs"


def test_the_target_is_the_flag_s_or_the_environment_s_and_one_of_two(project: Path) -> None:
    env = {"READY_TARGET": "spark"}

    assert Settings.resolve(environ={}).target == "postgres"
    assert Settings.resolve(environ=env).target == "spark"
    assert Settings.resolve(target="postgres", environ=env).target == "postgres"
    with pytest.raises(UsageError, match="there is no target sqlite"):
        Settings.resolve(environ={"READY_TARGET": "sqlite"})
