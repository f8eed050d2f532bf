"""What the lint says of files that map further sources, and of their entries in features.yaml."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT

from ready.gate.rules import WAYS_OUT_OF_SOURCES
from ready.lint.configs import lint_configs
from ready.lint.document import read_document
from ready.lint.joined import check_joined
from ready.settings import Settings

COLUMNS = {"customer_id": "c", "event_ts": "t", "page": "p", "minutes": {"column": "m", "type": "number"}}

NEEDED = "is not mapped; a source of "


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))


TESTS = ("usable_rows", "plausible_rows")


def write(
    configs: Path,
    name: str,
    columns: Any = COLUMNS,
    *,
    kind: str = "event",
    tests: Any = TESTS,
    rules: Any = None,
) -> None:
    meta = {"ready_kind": kind, "ready_columns": columns}
    parsed = {"config": {"meta": {"ready_default_rules": rules}}} if rules else {}
    models = [
        {"name": f"{name}_mapped", "config": {"meta": meta}},
        {"name": f"{name}_parsed", **parsed, "data_tests": list(tests)},
    ]
    (configs / f"{name}.yaml").write_text(yaml.safe_dump({"version": 2, "models": models}))


def features(configs: Path, name: str, **meta: Any) -> None:
    entry = {"name": name, "config": {"meta": {f"ready_{key}": value for key, value in meta.items()}}}
    text = yaml.safe_dump([entry], sort_keys=False)
    with (configs / "features.yaml").open("a") as file:
        file.write("\n" + "".join(f"  {line}\n" for line in text.splitlines()))


def messages(configs: Path) -> list[str]:
    return [finding.message for finding in lint_configs(Settings.resolve(configs=configs))]


def test_events_and_states_that_are_in_order(configs: Path) -> None:
    write(configs, "visits")
    write(configs, "members", {"customer_id": "c", "segment": "s"}, kind="state")
    features(configs, "visits_features", aggregations={"visits": "count", "last_page": "latest of page"})
    features(configs, "members_features", latest=["segment"])
    assert messages(configs) == []


def test_rules_are_relaxed_by_their_names(configs: Path) -> None:
    write(configs, "visits", rules={"odd_ids": {"enabled": False}, "no_isolated_order": {"days": 90}})
    assert messages(configs) == []
    write(configs, "visits", rules={"odd_id": {}, "odd_ids": {"days": 1}, "lines_agree": {}, "rows_agree": 1})
    assert sorted(messages(configs)) == [
        "no rule that is on by default is called lines_agree",
        "no rule that is on by default is called odd_id",
        "odd_ids has no setting days",
        "rows_agree: 1 is not a mapping",
    ]


def test_each_rule_that_sources_have_has_its_way_out() -> None:
    text = (PROJECT / "macros/gate/rows_against_rules.sql").read_text()
    macro = re.search(r"\{% macro rules_of_source\(\) %\}.+?endmacro", text, re.DOTALL)
    assert macro
    rules = set(re.findall(r"'(\w+)': '(?:error|warn)'", macro.group()))
    assert rules - {"usable_rows"} == WAYS_OUT_OF_SOURCES.keys()


@pytest.mark.parametrize(
    ("columns", "kind", "says"),
    [
        (
            {"customer_id": "c"},
            "event",
            "event_ts is not mapped; a source of events needs customer_id and event_ts",
        ),
        ({"segment": "s"}, "state", f"customer_id {NEEDED}states needs customer_id"),
        ({**COLUMNS, "page": {"colum": "p"}}, "event", "unknown key colum"),
    ],
)
def test_a_source_without_key_or_time(configs: Path, columns: Any, kind: str, says: str) -> None:
    write(configs, "visits", columns, kind=kind)
    assert says in messages(configs)


def test_a_source_without_its_test(configs: Path) -> None:
    write(configs, "visits", tests=())
    assert messages(configs) == [
        "visits_parsed is not tested: nothing would stop a record without key or time"
    ]
    write(configs, "visits", tests=("usable_row",))
    assert "there is no test usable_row" in messages(configs)


@pytest.mark.parametrize(
    "name",
    ["customer", "Visits", "a_name_of_many_letters", "shop_features", "order_lines", "data_span", "all"],
)
def test_a_name_that_no_source_can_have(configs: Path, name: str) -> None:
    write(configs, name)
    assert messages(configs) == [f"{name}.yaml maps no source: {name} cannot be its name"]


def test_columns_that_no_source_can_have(configs: Path) -> None:
    write(configs, "visits", {**COLUMNS, "order": "o", "note_raw": "n", "availabl_at": "c"})
    assert messages(configs) == [
        "unknown key availabl_at",
        "columns: note_raw has a meaning of its own already",
        "columns: order has a meaning of its own already",
    ]


def test_states_that_would_be_called_as_another_column(configs: Path) -> None:
    columns = {name: name for name in ("customer_id", "segment", "segment_changes", "split", "ordinal")}
    write(configs, "members", columns, kind="state")
    features(configs, "members_features", latest=["segment", "segment_changes", "split", "ordinal"])
    assert messages(configs) == [
        "latest: the column segment_changes comes twice",
        "latest: a training set has a column split of its own",
        "latest: features_at numbers its rows by ordinal",
    ]


def test_features_of_what_no_file_maps(configs: Path) -> None:
    write(configs, "visits")
    features(configs, "visit_features", aggregations={"visits": "count"})
    assert messages(configs) == ["visit_features: no file of the configs maps a source visit"]


def test_feature_times_are_those_of_a_source_of_events(configs: Path) -> None:
    write(configs, "visits")
    write(configs, "members", {"customer_id": "c", "segment": "s"}, kind="state")
    file = configs / "features.yaml"
    text = file.read_text()
    line = 1 + text[: text.index("every: month")].count("\n")

    def found(every: str) -> list[tuple[int, str, str | None]]:
        file.write_text(text.replace("every: month", f"every: {every}"))
        findings = lint_configs(Settings.resolve(configs=configs))
        return [(finding.line, finding.message, finding.hint) for finding in findings]

    assert found("visits") == []
    says = 'every: "visit" is not one of day, week, month, order, visits'
    assert found("visit") == [(line, says, "did you mean visits?")]
    says = "every: members is a source of states, and feature times are those of events"
    assert found("members") == [(line, says, None)]


def test_features_of_columns_that_are_not_there_or_of_another_kind(configs: Path) -> None:
    write(configs, "visits")
    write(configs, "members", {"customer_id": "c", "segment": "s"}, kind="state")
    rules = {"pages": "sum of page", "clicks": "sum of click", "last": "latest of minutes"}
    features(configs, "visits_features", aggregations=rules)
    features(configs, "members_features", latest=["segmnt"])
    assert messages(configs) == [
        "pages: page is no number, so it has no sum",
        "clicks: stg.visits has no column click",
        "last: minutes is no text that several visits share, so it has no latest",
        "latest: members.yaml maps no column segmnt",
    ]


def test_a_name_that_two_joined_sets_have(configs: Path, tmp_path: Path) -> None:
    features(configs, "visits_features", windows=[30], aggregations={"revenue": "count", "pages": "count"})
    features(configs, "members_features", latest=["segment", "days_since_last_order"])
    file = configs / "features.yaml"
    models = tmp_path / "models" / "features"
    models.mkdir(parents=True)
    sets = "['customer_features', 'visits_features', 'members_features', 'own_features']"
    (models / "all_features.sql").write_text(f"{{{{ joined_features({sets}) }}}}\n")
    lines = file.read_text().splitlines()
    first = 1 + next(number for number, line in enumerate(lines) if "revenue: sum of amount" in line)
    found = list(check_joined(read_document(file), tmp_path))
    assert [lines[finding.line - 1].strip() for finding in found] == [
        "revenue: count", "- days_since_last_order",
    ]  # fmt: skip
    assert found[0].message.startswith(
        "visits_features has a column revenue_30d, as customer_features has in "
    )
    assert f"features.yaml:{first}, and " in found[0].message
    (models / "all_features.sql").write_text("{{ joined_features(['customer_features']) }}\n")
    assert list(check_joined(read_document(file), tmp_path)) == []


def test_a_file_mistyped_is_no_source(configs: Path) -> None:
    (configs / "features.yaml").rename(configs / "feature.yaml")
    assert messages(configs) == ["the file is missing"]
