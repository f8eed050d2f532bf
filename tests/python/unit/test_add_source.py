"""`ready add source`: what it proposes of files, and where it writes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from conftest import PROJECT

from ready.cli.remove import source
from ready.definition.mapping import lookups_of
from ready.errors import UsageError
from ready.lint.configs import lint_configs
from ready.settings import Settings
from ready.suggest.add_source import add_source
from ready.suggest.remove_source import plan_removal

VISITS = """Visit ID,Customer No,Visited at,Page,Duration (min),Loaded at
V1,C1,31.12.2024 10:00,home,"1,50",2025-01-01
V2,C2,31.12.2024 11:30,cart,"12,00",2025-01-01
V3,C1,01.01.2025 00:00,home,"3,25",2025-01-02
"""
MEMBERS = "customer,segment,newsletter\nC1,new,yes\nC2,loyal,no\nC3,loyal,yes\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    for name in ("dbt_project.yml", "packages.yml"):
        shutil.copy(PROJECT / "ready/templates/init" / name, tmp_path)
    (tmp_path / "models" / "features").mkdir(parents=True)
    for name, text in {"visits": VISITS, "members": MEMBERS}.items():
        (tmp_path / "data" / "raw" / name).mkdir(parents=True)
        (tmp_path / "data" / "raw" / name / "1.csv").write_text(text)
    return Settings.resolve(environ={"READY_PROJECT_DIR": str(tmp_path)})


def add(settings: Settings, name: str, *, state: bool = False) -> None:
    data = settings.project_dir / "data" / "raw"
    add_source(settings, name, [str(data / name)], data=str(data), state=state)


def mapping(settings: Settings, name: str) -> dict[str, object]:
    document = yaml.safe_load((settings.configs / f"{name}.yaml").read_text())
    meta: dict[str, object] = document["models"][0]["config"]["meta"]
    return meta


def test_events_and_states_are_mapped_and_pass_the_lint(settings: Settings) -> None:
    add(settings, "visits")
    add(settings, "members", state=True)
    assert mapping(settings, "visits")["ready_columns"] == {
        "event_id": "Visit ID",
        "customer_id": "Customer No",
        "event_ts": {"column": "Visited at", "format": "DD.MM.YYYY HH24:MI"},
        "available_at": "Loaded at",
        "page": "Page",
        "duration_min": {"column": "Duration (min)", "decimal": ",", "type": "number"},
    }
    text = (settings.configs / "visits.yaml").read_text()
    assert "CHECK: 3 times state no zone and count as UTC" in text
    members = mapping(settings, "members")
    assert members["ready_kind"] == "state"
    assert members["ready_columns"] == {
        "customer_id": "customer", "segment": "segment", "newsletter": "newsletter",
    }  # fmt: skip
    features = yaml.safe_load((settings.configs / "features.yaml").read_text())["models"]
    assert [model["name"] for model in features[3:]] == ["visits_features", "members_features"]
    joined = settings.project_dir / "models" / "features" / "all_features.sql"
    sets = "['customer_features', 'members_features', 'visits_features']"
    assert joined.read_text() == f"{{{{ joined_features({sets}) }}}}\n"
    assert (settings.project_dir / "models/sources/members.sql").read_text() == "{{ source_states() }}\n"
    assert lint_configs(settings) == []


def test_german_names_are_known_without_umlauts_too(settings: Settings) -> None:
    """Of an id that is called as the source: overlapping files have some of them twice."""
    calls = [f"A{number};K{number % 9};{number + 1:02}.03.2025 10:00;{number}" for number in range(25)]
    file = settings.project_dir / "data/raw/anrufe/1.csv"
    file.parent.mkdir()
    file.write_text("\n".join(["Anrufnr;Kundennr;Zeitpunkt;Dauer", *calls, calls[0]]) + "\n")
    (settings.project_dir / "data/raw/members/1.csv").write_text(
        "Kundennr;geaendert_am;Bezahlt am;Segment\n"
        "K1;13.03.2025;14.03.2025;neu\nK2;14.03.2025;14.03.2025;alt\n"
    )
    add(settings, "anrufe")
    add(settings, "members", state=True)
    columns = mapping(settings, "anrufe")["ready_columns"]
    assert isinstance(columns, dict)
    assert columns["event_id"] == "Anrufnr"
    assert "chosen by what it holds" not in (settings.configs / "anrufe.yaml").read_text()
    states = mapping(settings, "members")["ready_columns"]
    assert isinstance(states, dict)
    assert states["available_at"] == {"column": "geaendert_am", "format": "DD.MM.YYYY"}
    assert "chosen by what it holds" not in (settings.configs / "members.yaml").read_text()


def test_files_outside_the_data_folder_are_told(settings: Settings) -> None:
    """Where the folder is as seen from data/raw, a run of another --data would take them for orders."""
    visits = settings.project_dir / "data" / "raw" / "visits"
    other = str(settings.project_dir / "other")
    added = add_source(settings, "visits", [str(visits)], data=other, state=False)
    assert [note for note in added.notes if "are outside of" in note and "--data" in note]


def test_what_is_there_stays(settings: Settings) -> None:
    joined = settings.project_dir / "models" / "features" / "all_features.sql"
    joined.write_text("select 1")
    add(settings, "visits")
    assert joined.read_text() == "select 1"
    with pytest.raises(UsageError, match=r"visits\.yaml is there already"):
        add(settings, "visits")


def test_what_cannot_be_a_source_is_told(settings: Settings) -> None:
    data = settings.project_dir / "data" / "raw"
    (data / "visits.csv").write_text(VISITS)
    with pytest.raises(UsageError, match="these files lie with those of the orders"):
        add_source(settings, "visits", [str(data / "visits.csv")], data=str(data), state=False)
    with pytest.raises(UsageError, match="customer cannot be the name of a source"):
        add_source(settings, "customer", [str(data / "visits")], data=str(data), state=False)
    (settings.configs / "features.yaml").write_text("models: []\n")
    with pytest.raises(UsageError, match="has no place at its end for the entry of visits_features"):
        add(settings, "visits")
    assert not (settings.configs / "visits.yaml").exists()


PRODUCTS = """Product ID,Valid from,Category,Price,Deleted
P1,2024-01-01,shoes,9.50,no
P2,2024-01-01,hats,19.00,no
P1,2024-02-01,boots,9.00,no
P2,2024-03-01,,,yes
"""
VIEWS = """Customer No,Viewed at,Product ID,Category
C1,2024-12-31T10:00:00Z,P1,a
C2,2024-12-31T11:30:00Z,P2,b
"""


def test_states_of_another_key_are_looked_up(settings: Settings) -> None:
    """They have no features; events that are added later look all their columns up."""
    data = settings.project_dir / "data" / "raw"
    for name, text in {"products": PRODUCTS, "views": VIEWS}.items():
        (data / name).mkdir()
        (data / name / "1.csv").write_text(text)
    with pytest.raises(UsageError, match="the files have no column sku"):
        add_source(settings, "products", [str(data / "products")], data=str(data), state=True, key="sku")
    add(settings, "products", state=True)
    products = mapping(settings, "products")
    assert products["ready_key"] == "product_id"
    assert products["ready_columns"] == {
        "product_id": "Product ID",
        "available_at": "Valid from",
        "category": "Category",
        "price": {"column": "Price", "type": "number"},
        "deleted": "Deleted",
    }
    assert "ready_key: product_id" in (settings.configs / "products.yaml").read_text()
    assert "products" not in (settings.configs / "features.yaml").read_text()
    sources = settings.project_dir / "models" / "sources"
    assert (sources / "products.sql").read_text() == "{{ source_keyed_states() }}\n"
    assert not (sources / "products_features.sql").exists()

    add(settings, "views")
    assert mapping(settings, "views")["ready_lookup"] == {
        "products_category": {"from": "products", "key": "product_id", "column": "category"},
        "price": {"from": "products", "key": "product_id"},
    }
    assert (sources / "views.sql").read_text() == "{{ source_lookups('products') }}\n"
    assert (sources / "views_in_files.sql").read_text() == "{{ source_events() }}\n"
    joined = settings.project_dir / "models" / "features" / "all_features.sql"
    assert joined.read_text() == "{{ joined_features(['customer_features', 'views_features']) }}\n"
    assert "sum_price: sum of price" in (settings.configs / "features.yaml").read_text()
    assert lint_configs(settings) == []

    with pytest.raises(UsageError, match=r"products is read: .*views\.sql"):
        plan_removal(settings, "products")
    plan_removal(settings, "views").carry_out()
    plan_removal(settings, "products").carry_out()
    assert [file.name for file in sources.glob("*.sql") if file.stem.startswith(("views", "products"))] == []


def test_orders_that_name_the_key_look_it_up(settings: Settings) -> None:
    """What orders.yaml says already stays; a source that they look up is not taken away."""
    data, orders = settings.project_dir / "data" / "raw", settings.configs / "orders.yaml"
    orders.write_text(
        orders.read_text().replace("channel: channel\n", "channel: channel\n          product_id: sku\n")
    )
    before = orders.read_text().rstrip()
    for name in ("products", "prices"):
        (data / name).mkdir()
        (data / name / "1.csv").write_text(PRODUCTS)
        add_source(settings, name, [str(data / name)], data=str(data), state=True, key="product_id")
    assert orders.read_text().startswith(before)
    assert lookups_of(settings.configs, "orders") == {
        "category": {"from": "products", "key": "product_id"},
        "price": {"from": "products", "key": "product_id"},
        "prices_category": {"from": "prices", "key": "product_id", "column": "category"},
        "prices_price": {"from": "prices", "key": "product_id", "column": "price"},
    }
    assert lint_configs(settings) == []
    with pytest.raises(UsageError, match=r"products is read: .*orders\.yaml"):
        plan_removal(settings, "products")


def test_the_key_of_states_may_be_named(settings: Settings) -> None:
    data = settings.project_dir / "data" / "raw"
    add_source(settings, "members", [str(data / "members")], data=str(data), state=True, key="segment")
    assert mapping(settings, "members")["ready_key"] == "segment"


def texts(settings: Settings) -> dict[str, str]:
    files = [*settings.configs.rglob("*.yaml"), *(settings.project_dir / "models").rglob("*.sql")]
    return {str(file.relative_to(settings.project_dir)): file.read_text() for file in files}


def test_what_is_removed_is_as_if_it_had_not_been_added(settings: Settings) -> None:
    before = texts(settings)
    add(settings, "visits")
    with_visits = texts(settings)
    add(settings, "members", state=True)
    plan_removal(settings, "members").carry_out()
    assert texts(settings) == with_visits
    add(settings, "members", state=True)
    both = texts(settings)
    plan_removal(settings, "visits").carry_out()
    alone = texts(settings)
    assert alone.keys() == {name for name in both if "visits" not in name}
    assert "visits" not in "".join(alone.values())
    assert lint_configs(settings) == []
    plan_removal(settings, "members").carry_out()
    assert texts(settings) == before


def test_a_no_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    add(settings, "visits")
    before = texts(settings)
    monkeypatch.setenv("READY_PROJECT_DIR", str(settings.project_dir))
    done = CliRunner().invoke(source, ["visits"], input="n\n")
    assert (done.exit_code, texts(settings)) == (0, before)
    assert "Nothing was changed." in done.output


def test_a_source_that_something_of_one_s_own_is_in_stays(settings: Settings) -> None:
    add(settings, "visits")

    def refused(name: str, match: str) -> None:
        held = texts(settings)
        with pytest.raises(UsageError, match=match):
            plan_removal(settings, name)
        assert texts(settings) == held

    refused("visit", "no file of .* maps a source visit")
    model = settings.project_dir / "models/sources/visits.sql"
    model.write_text("select * from {{ ref('visits_parsed') }}\n")
    refused("visits", r"SQL of your own is part of visits: .*visits\.sql")
    model.write_text("{{ source_events() }}\n")
    reader = settings.project_dir / "models/features/mine.sql"
    reader.write_text("select * from {{ ref('visits') }}\n")
    refused("visits", r"visits is read: .*mine\.sql")
    reader.unlink()
    features = settings.configs / "features.yaml"
    features.write_text(features.read_text().replace("every: month", "every: visits"))
    refused("visits", "has feature times of visits")
