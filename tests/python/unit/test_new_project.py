"""`ready init`: what it writes, what it refuses, and how the folder finds the installed package."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import PROJECT

from ready.cli.options import default_data
from ready.errors import CheckFailed, MachineError, UsageError
from ready.init import new_project
from ready.init.new_project import init_project, project_name, ready_mappings
from ready.lint import lint_configs
from ready.proof.recorded_project import Code
from ready.run.build_state import build_key
from ready.settings import Settings
from ready.suggest.mapping import write_mapping
from ready.workspace.config_files import CONFIG_FILES, with_schemas
from ready.workspace.environment import configs_for_dbt
from ready.workspace.package_link import OWN, has_packages, link_package, package_dir


@pytest.fixture(autouse=True)
def without_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Linked as ever; `dbt deps`, which takes seconds, is for the integration test."""
    monkeypatch.setattr(new_project, "_install_packages", link_package)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return init_project(tmp_path / "my_shop").folder


def settings_of(folder: Path) -> Settings:
    return Settings.resolve(environ={"READY_PROJECT_DIR": str(folder)})


def test_a_new_project_holds_the_user_s_files_and_nothing_else(shop: Path) -> None:
    files = {str(file.relative_to(shop)) for file in shop.rglob("*") if file.is_file()}
    assert {file for file in files if not file.startswith(".ready/")} == {
        *(f"configs/{name}" for name in CONFIG_FILES),
        *("dbt_project.yml", "packages.yml", "README.md", ".env.example", ".gitignore"),
        "models/features/.gitkeep",
    }
    assert (shop / "data" / "raw").is_dir()
    links = [path for path in (shop / ".ready" / "project").rglob("*") if path.name != "own"]
    assert all(path.is_symlink() for path in links)
    assert yaml.safe_load((shop / "dbt_project.yml").read_text())["name"] == "my_shop"
    assert (shop / "README.md").read_text().startswith("# my_shop\n")


def test_editors_find_the_schemas_from_the_new_folder(shop: Path) -> None:
    for name in CONFIG_FILES:
        head = (shop / "configs" / name).read_text().splitlines()[0]
        assert (shop / "configs" / head.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize("mapping", [None, *ready_mappings()])
def test_each_mapping_that_comes_along_is_taken_as_it_is(tmp_path: Path, mapping: str | None) -> None:
    folder = init_project(tmp_path / "shop", mapping=mapping).folder

    source = PROJECT / "examples" / mapping if mapping else PROJECT / "configs"
    for name in CONFIG_FILES:
        text = (source / name).read_text()
        assert (folder / "configs" / name).read_text() == with_schemas(text, is_users=True)
    assert lint_configs(settings_of(folder)) == []


def test_there_is_a_mapping_for_each_vendor() -> None:
    assert {"shopify", "woocommerce", "stripe", "square", "amazon", "ebay", "etsy", "paypal"} <= set(
        ready_mappings()
    )


def test_orders_yaml_is_proposed_for_files(tmp_path: Path) -> None:
    data = tmp_path / "exports"
    data.mkdir()
    rows = "".join(f"{i};K{i % 7};{i % 27 + 1:02}.03.2024 10:00;{i},50\n" for i in range(1, 200))
    (data / "orders.csv").write_text(f"Bestellnummer;Kundennummer;Datum;Summe\n{rows}")

    project = init_project(tmp_path / "shop", data=[str(data)])

    orders = (project.folder / "configs" / "orders.yaml").read_text()
    columns = yaml.safe_load(orders)["models"][0]["config"]["meta"]["ready_columns"]
    assert columns["order_id"] == "Bestellnummer"
    assert columns["amount"] == {"column": "Summe", "decimal": ","}
    assert f"--data {data}" in orders, "the command is run in the new folder"
    assert project.note
    assert "Took rules that do not fit the mapping" in project.note
    assert lint_configs(settings_of(project.folder)) == []


@pytest.mark.parametrize(
    "there", ["configs/orders.yaml", "README.md", "dbt_project.yml", "models/features/.gitkeep"]
)
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    file = tmp_path / "shop" / there
    file.parent.mkdir(parents=True)
    file.write_text("mine")

    with pytest.raises(UsageError, match=f"shop has {there} already: nothing was written") as refused:
        init_project(tmp_path / "shop")

    assert "name another folder" in str(refused.value.hint)
    assert file.read_text() == "mine"
    assert [path for path in (tmp_path / "shop").rglob("*") if path.is_file()] == [file]


def test_a_folder_with_other_files_will_do(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("a,b\n")
    init_project(tmp_path)
    assert (tmp_path / "orders.csv").read_text() == "a,b\n"


def test_a_second_init_says_that_all_is_there(shop: Path) -> None:
    with pytest.raises(UsageError, match=r"has .*dbt_project\.yml.* already: nothing was written"):
        init_project(shop)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    with pytest.raises(UsageError, match="shop is a file"):
        init_project(tmp_path / "shop")


@pytest.mark.parametrize(("name", "hint"), [("shopfy", "did you mean shopify"), ("../configs", "amazon")])
def test_a_mapping_that_does_not_come_along(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no mapping called {name}") as refused:
        init_project(tmp_path / "shop", mapping=name)
    assert hint in str(refused.value.hint)
    assert not (tmp_path / "shop").exists()


def test_a_mapping_and_files_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--from and --data each give"):
        init_project(tmp_path / "shop", mapping="shopify", data=["x.csv"])


def test_files_that_are_no_table_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("nothing\n")
    with pytest.raises(CheckFailed, match="none of the files is a table"):
        init_project(tmp_path / "shop", data=[str(tmp_path / "notes.csv")])
    with pytest.raises(UsageError, match="no such file or folder"):
        init_project(tmp_path / "shop", data=[str(tmp_path / "nowhere")])
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my_shop", "my_shop"),
        ("My Shop", "my_shop"),
        ("2024-orders", "shop_2024_orders"),
        ("Größe", "gr_e"),
        ("_", "shop"),
        ("raw_to_ready", "shop_raw_to_ready"),
        ("dbt", "shop_dbt"),
    ],
)
def test_dbt_s_name_of_the_project(tmp_path: Path, folder: str, name: str) -> None:
    assert project_name(tmp_path / folder) == name


def test_commands_find_the_folder_from_below(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop / "models" / "features")
    settings = Settings.resolve(environ={})

    assert (settings.project_dir, settings.product_dir) == (shop, PROJECT)
    assert (settings.home, settings.configs) == (shop / ".ready", shop / "configs")
    assert settings.artifacts == shop / "artifacts"


def test_a_checkout_is_its_own_package() -> None:
    settings = settings_of(PROJECT)
    assert not settings.is_users
    assert package_dir(settings) == PROJECT
    link_package(settings)
    assert not (PROJECT / ".ready" / "project").exists()


def test_where_nothing_is_the_command_to_begin_with_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ready.settings.__file__", str(tmp_path / "site-packages" / "ready" / "settings.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no From Raw to Ready project found") as refused:
        Settings.resolve(environ={})
    assert "ready init my_shop" in str(refused.value.hint)


def test_without_a_data_folder_a_run_says_where_it_looks(shop: Path) -> None:
    """As in a fresh clone of the user's folder."""
    (shop / "data" / "raw").rmdir()
    with pytest.raises(UsageError, match=rf"there is no folder {shop}/data/raw") as refused:
        default_data(settings_of(shop))
    assert "put CSV files there" in str(refused.value.hint)


def test_links_follow_another_installation(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages" / "ready" / "project"
    (installed / "models").mkdir(parents=True)
    monkeypatch.setattr("ready.settings.__file__", str(installed.parent / "settings.py"))

    link_package(settings_of(shop))

    assert (shop / ".ready" / "project" / "models").resolve() == installed / "models"
    assert (shop / ".ready" / "project" / "own" / "models").resolve() == shop / "models"


def test_packages_count_as_installed_where_they_lead_to_this_folder(shop: Path, tmp_path: Path) -> None:
    installed, settings = shop / "dbt_packages", settings_of(shop)
    installed.mkdir()
    assert not has_packages(settings)
    (installed / "dbt_expectations").symlink_to(package_dir(settings) / "packages" / "dbt_expectations")
    (installed / "raw_to_ready").symlink_to(tmp_path)
    assert not has_packages(settings), "of a copy, whose links lead to the original"
    (installed / "raw_to_ready").unlink()
    (installed / "raw_to_ready").symlink_to(package_dir(settings))
    assert has_packages(settings)


def test_a_folder_that_cannot_be_written_to(shop: Path) -> None:
    (shop / ".ready" / "project" / "models").unlink()
    (shop / ".ready" / "project" / "models").mkdir()
    with pytest.raises(MachineError, match="cannot link the installed project into"):
        link_package(settings_of(shop))


def test_dbt_reads_the_configs_below_the_package(shop: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()

    assert configs_for_dbt(settings_of(shop)) == "configs"
    path = configs_for_dbt(Settings.resolve(configs=elsewhere, environ={"READY_PROJECT_DIR": str(shop)}))

    assert (shop / ".ready" / "project" / path).resolve() == elsewhere
    assert (shop / ".ready" / "project" / "configs").resolve() == shop / "configs"


def test_a_model_of_the_user_s_own_is_something_to_build(shop: Path) -> None:
    settings = settings_of(shop)
    before = build_key(settings, [])
    (shop / "models" / "features" / "basket_features.sql").write_text("select 1")
    assert build_key(settings, []) != before


def test_a_proposal_takes_the_place_of_the_mapping_that_nobody_has_touched(shop: Path) -> None:
    settings = settings_of(shop)
    write_mapping(settings, "version: 2\n")
    assert (shop / "configs" / "orders.yaml").read_text() == "version: 2\n"
    with pytest.raises(UsageError, match="is there already, and stays as it is"):
        write_mapping(settings, "version: 3\n")


def test_tests_and_rules_of_the_user_s_own_can_be_named(shop: Path) -> None:
    (shop / "tests" / "generic").mkdir(parents=True)
    (shop / "tests" / "gate").mkdir()
    (shop / "tests" / "generic" / "even.sql").write_text(
        "{% test is_even(model, column_name) %}{% endtest %}"
    )
    (shop / "tests" / "gate" / "my_rule.sql").write_text("select 1")
    file = shop / "configs" / "expectations.yaml"
    document = yaml.safe_load(file.read_text())
    (gate,) = document["models"]
    gate["config"]["meta"]["ready_default_rules"] = {"my_rule": {"enabled": False}}
    gate["columns"][0].setdefault("data_tests", []).append("is_even")
    file.write_text(yaml.safe_dump(document))

    assert [finding.message for finding in lint_configs(settings_of(shop))] == []


def test_the_code_of_a_recorded_version_is_the_package_with_the_user_s_own_models(
    shop: Path, tmp_path: Path
) -> None:
    (shop / "models" / "features" / "basket_features.sql").write_text("select 1")
    (shop / "dbt_packages" / "raw_to_ready").mkdir(parents=True)
    (shop / "dbt_packages" / "dbt_utils").mkdir()

    Code(shop, None, PROJECT).lay_out(tmp_path / "laid_out")

    laid_out = Settings.resolve(
        configs=shop / "configs", environ={"READY_PROJECT_DIR": str(tmp_path / "laid_out")}
    )
    assert not laid_out.is_users
    assert (laid_out.project_dir / "models" / "staging" / "orders.sql").is_file()
    assert (laid_out.project_dir / "own" / "models" / "features" / "basket_features.sql").is_file()
    assert "dbt_utils" in {path.name for path in (laid_out.project_dir / "dbt_packages").iterdir()}
    assert not (laid_out.project_dir / "dbt_packages" / "raw_to_ready").exists()


def test_the_package_reads_what_is_linked_of_the_user_s() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    paths = [path for key, paths in project.items() if key.endswith("-paths") for path in paths]
    assert {path for path in paths if path.startswith("own/")} == {f"own/{part}" for part in OWN}


def test_no_macro_takes_the_root_project_for_its_own() -> None:
    files = [*(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "models").rglob("*.sql")]
    files += (PROJECT / "tests" / "dbt").rglob("*.sql")
    assert [file.name for file in files if "project_name" in file.read_text()] == ["root_macro.sql"]
