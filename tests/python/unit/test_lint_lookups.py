"""What the lint says of look-ups from events into states, and of states that are of no customers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT

from ready.lint.configs import lint_configs
from ready.settings import Settings

TOPIC = {"from": "pages", "key": "page"}
PRICE = {"column": "p", "type": "number"}
VISITS = {"customer_id": "c", "event_ts": "t", "page": "p", "minutes": {"column": "m", "type": "number"}}
MODELS = {"visits": "{{ source_lookups('pages') }}", "visits_in_files": "{{ source_events() }}"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with visits that look the topic of a page up."""
    shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    for name in ("dbt_project.yml", "packages.yml"):
        shutil.copy(PROJECT / "ready/templates/init" / name, tmp_path)
    (tmp_path / "models").mkdir()
    for name, text in MODELS.items():
        (tmp_path / "models" / f"{name}.sql").write_text(text)
    write(tmp_path, "visits", ready_columns=VISITS, ready_lookup={"topic": TOPIC})
    pages = {"page": "p", "topic": "t", "price": PRICE}
    write(tmp_path, "pages", ready_kind="state", ready_key="page", ready_columns=pages)
    return tmp_path


def write(project: Path, name: str, **meta: Any) -> None:
    models = [
        {"name": f"{name}_mapped", "config": {"meta": meta}},
        {"name": f"{name}_parsed", "data_tests": ["usable_rows", "plausible_rows"]},
    ]
    text = yaml.safe_dump({"version": 2, "models": models}, sort_keys=False)
    (project / "configs" / f"{name}.yaml").write_text(text)


def features(project: Path, name: str, **meta: Any) -> None:
    entry = {"name": name, "config": {"meta": {f"ready_{key}": value for key, value in meta.items()}}}
    with (project / "configs" / "features.yaml").open("a") as file:
        file.write("\n" + "".join(f"  {line}\n" for line in yaml.safe_dump([entry]).splitlines()))


def found(project: Path) -> list[str]:
    """Each as line: message; of the files that are the project's own."""
    settings = Settings.resolve(environ={"READY_PROJECT_DIR": str(project)})
    return [f"{finding.file.name}:{finding.line}: {finding.message}" for finding in lint_configs(settings)]


def test_what_is_looked_up_is_a_column_like_others(project: Path) -> None:
    rules = {"topics": "count_distinct of topic", "of": {"rule": "count", "by": "topic", "values": ["news"]}}
    features(project, "visits_features", aggregations=rules)
    assert found(project) == []
    write(
        project,
        "visits",
        ready_columns=VISITS,
        ready_lookup={"topic": TOPIC, "worth": {**TOPIC, "column": "price"}},
    )
    assert found(project) == []


def test_a_sum_of_texts_that_are_looked_up(project: Path) -> None:
    features(
        project, "visits_features", aggregations={"sum": "sum of topic", "sites": "count_distinct of site"}
    )
    assert [message.split(": ", 1)[1] for message in found(project)] == [
        "sites: stg.visits has no column site",
        "sum: topic is no number, so it has no sum",
    ]


@pytest.mark.parametrize(
    ("lookup", "says"),
    [
        ({"topic": {**TOPIC, "from": "page"}}, "no file of the configs maps a source page"),
        (
            {"topic": {**TOPIC, "from": "visits"}},
            "visits is a source of events, and only states are looked up",
        ),
        ({"topic": {**TOPIC, "key": "site"}}, "visits.yaml maps no column site"),
        ({"topic": {**TOPIC, "key": "minutes"}}, "minutes is no text, as a key is"),
        ({"topic": {**TOPIC, "column": "topik"}}, "pages.yaml maps no column topik"),
        ({"page": {**TOPIC, "column": "topic"}}, "page is a column of visits.yaml already"),
    ],
)
def test_a_look_up_of_what_is_not_there(project: Path, lookup: Any, says: str) -> None:
    write(project, "visits", ready_columns=VISITS, ready_lookup=lookup)
    (message,) = [message for message in found(project) if says in message]
    assert int(message.split(":")[1]) > 10, message


def test_a_look_up_needs_its_keys_and_a_name(project: Path) -> None:
    write(project, "visits", ready_columns=VISITS, ready_lookup={"order": TOPIC, "topic": {"from": "pages"}})
    told = "\n".join(found(project))
    assert "lookup: order has a meaning of its own already" in told
    assert "key" in told


def test_models_that_do_not_know_what_is_looked_up(project: Path) -> None:
    (project / "models" / "visits.sql").write_text("{{ source_events() }}")
    (project / "models" / "visits_in_files.sql").unlink()
    assert [message.split(": ", 1)[1] for message in found(project)] == [
        "lookup: the model visits.sql does not say what is looked up",
        "lookup: the model visits_in_files.sql does not say what is looked up",
    ]


def test_only_events_look_up_and_never_in_a_circle(project: Path) -> None:
    sites = {"from": "sites", "key": "topic"}
    pages = {"page": "p", "topic": "t"}
    write(
        project,
        "pages",
        ready_kind="state",
        ready_key="page",
        ready_columns=pages,
        ready_lookup={"site": sites},
    )
    write(project, "sites", ready_kind="state", ready_key="topic", ready_columns={"topic": "t", "site": "s"})
    assert "lookup: pages is a source of states, and only events look columns up" in "\n".join(found(project))
    write(
        project,
        "sites",
        ready_kind="state",
        ready_key="topic",
        ready_columns={"topic": "t", "site": "s"},
        ready_lookup={"page": {"from": "pages", "key": "site"}},
    )
    assert "lookup: pages -> sites -> pages is a circle" in "\n".join(found(project))


def test_orders_look_nothing_up(project: Path) -> None:
    file = project / "configs" / "orders.yaml"
    text = file.read_text()
    place = text.index("        ready_columns:")
    file.write_text(
        f"{text[:place]}        ready_lookup: {{topic: {{from: pages, key: page}}}}\n{text[place:]}"
    )
    (message,) = found(project)
    assert message.endswith("lookup: orders look nothing up, only sources of events beside them")


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        (
            {"ready_kind": "state", "ready_key": "page", "ready_columns": {"topic": "t"}},
            "page is not mapped; a source",
        ),
        (
            {"ready_kind": "state", "ready_key": "deleted", "ready_columns": {"deleted": "t"}},
            "key: deleted has a",
        ),
        (
            {"ready_kind": "state", "ready_columns": {"customer_id": "c", "deleted": PRICE}},
            "deleted says yes or no, and is no number",
        ),
        (
            {"ready_kind": "state", "ready_columns": {"customer_id": "c", "merged_into": "m"}},
            "merged_into is refused: ids that are merged stay two customers",
        ),
        (
            {"ready_key": "page", "ready_columns": VISITS},
            "key: pages is a source of events, which are of customers",
        ),
    ],
)
def test_states_that_cannot_be(project: Path, meta: Any, says: str) -> None:
    write(project, "pages", **meta)
    assert says in "\n".join(found(project))


def test_states_of_no_customers_have_no_features(project: Path) -> None:
    features(project, "pages_features", latest=["topic"])
    (message,) = found(project)
    assert "pages_features: rows of page have no features of their own, but are looked up" in message
