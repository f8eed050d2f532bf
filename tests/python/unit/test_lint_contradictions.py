"""The configs against themselves: what cannot find anything, cannot be met, or is not read at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from click.testing import CliRunner
from conftest import PROJECT
from dbt.parser.read_files import generate_dbt_ignore_spec

from ready.cli.lint import lint
from ready.definition.mapping import check_mapping
from ready.errors import UsageError
from ready.lint import Finding, lint_configs, require_clean_configs
from ready.lint.document import read_document
from ready.lint.mapped import mapped_columns
from ready.lint.rules import compared
from ready.lint.seeds import check_references, check_statuses
from ready.settings import Settings
from ready.workspace.config_files import CONFIG_FILES
from ready.workspace.environment import configs_for_dbt

MAPPED = ("currency", "status", "channel")
IN_SET = "dbt_expectations.expect_column_values_to_be_in_set"
BETWEEN = "dbt_expectations.expect_column_values_to_be_between"
PAIR = "dbt_expectations.expect_column_pair_values_A_to_be_greater_than_B"
UNIQUE = "dbt_expectations.expect_compound_columns_to_be_unique"
Lint = Callable[..., list[Finding]]


def settings_of(configs: Path, project: Path = PROJECT) -> Settings:
    return Settings.resolve(configs=configs, environ={"READY_PROJECT_DIR": str(project)})


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "configs", tmp_path / "configs"))


@pytest.fixture
def linted(configs: Path) -> Lint:
    """The findings after (file, old, new) replacements."""

    def edit(*edits: tuple[str, str, str]) -> list[Finding]:
        for file, old, new in edits:
            text = (configs / file).read_text()
            assert old in text
            (configs / file).write_text(text.replace(old, new, 1))
        return lint_configs(settings_of(configs))

    return edit


def without(*names: str) -> list[tuple[str, str, str]]:
    return [("orders.yaml", f"          {name}: {name}\n", "") for name in names]


def messages(findings: list[Finding]) -> list[str]:
    return [finding.message for finding in findings]


def test_every_rule_on_a_column_that_is_not_mapped_is_told(linted: Lint) -> None:
    found = linted(*without(*MAPPED))
    assert [(finding.message.split(":")[0], finding.severity) for finding in found] == [
        ("column_in_file", "error"),
        (IN_SET, "error"),
        ("column_in_file", "error"),
        ("accepted_values", "error"),
        ("column_in_file", "warning"),  # as the rule itself
    ]
    assert found[1].message.endswith("orders.yaml maps no currency, so currency is null in every row")
    text = (PROJECT / "configs/expectations.yaml").read_text().splitlines()
    assert all(finding.message.split(":")[0] in text[finding.line - 1] for finding in found)
    assert not any(finding.stops_build for finding in found)


def test_an_unmapped_column_that_is_only_described_is_fine(linted: Lint) -> None:
    rules = "        data_tests:\n          - column_in_file: {config: {severity: warn}}\n"
    assert linted(*without("channel"), ("expectations.yaml", rules, "")) == []


OF_TABLE = "- dbt_expectations.expect_table_row_count_to_be_between:\n          arguments: {min_value: 1}"


@pytest.mark.parametrize(
    ("rule", "argument"),
    [
        (f"- {PAIR}: {{arguments: {{column_A: amount, column_B: currency}}}}", "column_B"),
        (f"- {UNIQUE}: {{arguments: {{column_list: [order_id, currency_raw]}}}}", "column_list"),
        (f"- {BETWEEN}: {{column_name: amount, min_value: 0, row_condition: currency = 'EUR'}}",
         "row_condition"),
        ("- not_null: {column_name: amount, config: {where: currency is not null}}", "where"),
        ("- not_null: {arguments: {column_name: currency}}", "column_name"),
    ],
)  # fmt: skip
def test_arguments_that_name_an_unmapped_column(linted: Lint, rule: str, argument: str) -> None:
    before = len(linted(*without("currency")))
    found = linted(("expectations.yaml", OF_TABLE, rule))
    assert len(found) == before + 1
    assert f": {argument}: orders.yaml maps no currency" in found[0].message


def test_an_argument_that_names_no_column_stops(linted: Lint) -> None:
    rule = f"- {PAIR}: {{arguments: {{column_A: ammount, column_B: amount}}}}"
    (found,) = linted(("expectations.yaml", OF_TABLE, rule))
    assert found.message == f"{PAIR}: column_A: orders_parsed has no column ammount"
    assert (found.hint, found.stops_build) == ("did you mean amount?", True)


@pytest.mark.parametrize("config", ["enabled: false", "enabled: False"])
def test_a_rule_that_is_switched_off_is_no_contradiction(linted: Lint, config: str) -> None:
    warns = "column_in_file: {config: {severity: warn}}"
    off = f"column_in_file: {{config: {{{config}}}}}"
    (told,) = linted(*without("channel"), ("expectations.yaml", warns, off))
    assert told.message == "column_in_file on channel is switched off, so it checks nothing"


def test_features_of_an_unmapped_column(linted: Lint) -> None:
    rules = (
        "orders_by: {rule: count, by: channel, values: [web]}\n          kinds: count_distinct of currency\n#"
    )
    found = linted(*without(*MAPPED), ("features.yaml", "# orders_by:", rules))
    assert messages([finding for finding in found if finding.file.name == "features.yaml"]) == [
        "orders_by: orders.yaml maps no channel, so the column is null in every row",
        "kinds: orders.yaml maps no currency, so the column is null in every row",
    ]


LOWER = "status is lower case without hyphens, so it is never "
UPPER = "currency is upper case, so it is never "


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("[EUR]", "[eur]", f"{IN_SET}: value_set[1]: {UPPER}'eur'", "write EUR"),
        ("[EUR]", "[EUR, ' USD']", f"{IN_SET}: value_set[2]: {UPPER}' USD'", "write USD"),
        ("[EUR]", "[EUR, NA]", f"{IN_SET}: value_set[2]: currency is null where a file has 'NA': "
                               "it is one of the null_words", None),
        ("[completed,", "[Completed,", f"accepted_values: values[1]: {LOWER}'Completed'", "write completed"),
        ("[completed,", "[on-hold,", f"accepted_values: values[1]: {LOWER}'on-hold'", "write onhold"),
        ("{min_value: 0}", "{min_value: 0, row_condition: \"currency = 'eur'\"}",
         f"{BETWEEN}: row_condition: {UPPER}'eur'", "write EUR"),
        ("{min_value: 0}", "{min_value: 0, row_condition: \"status not in ('lost', 'Lost')\"}",
         f"{BETWEEN}: row_condition: {LOWER}'Lost'", "write lost"),
        ("{min_value: 0}", "{min_value: 0, row_condition: \"amount > '10,5'\"}",
         f"{BETWEEN}: row_condition: amount is a number, and '10,5' is none", None),
        ("- valid_number", "- not_null: {config: {where: \"'Lost' <> status\"}}",
         f"not_null: where: {LOWER}'Lost'", "write lost"),
        ("- valid_number", "- dbt_expectations.expect_column_values_to_not_be_in_set:\n"
                           "              arguments: {value_set: [free]}",
         "dbt_expectations.expect_column_values_to_not_be_in_set: value_set[1]: amount is a number, "
         "and 'free' is none", None),
    ],
)  # fmt: skip
def test_values_that_the_typed_column_cannot_have(
    linted: Lint, old: str, new: str, message: str, hint: str | None
) -> None:
    (found,) = linted(("expectations.yaml", old, new))
    assert (found.message, found.hint, found.stops_build) == (message, hint, False)


@pytest.mark.parametrize(
    "condition",
    ["currency_raw = 'eur'", "lower(currency) = 'eur'", "status = 'on hold'", "amount >= '10.50'",
     "channel = 'Web'"],
)  # fmt: skip
def test_conditions_that_can_be_met(linted: Lint, condition: str) -> None:
    new = f'{{min_value: 0, row_condition: "{condition}"}}'
    assert linted(("expectations.yaml", "{min_value: 0}", new)) == []


def test_what_a_condition_compares() -> None:
    condition = "a = 'x''y' and 'z' <> b or c in ('1', '2') and d NOT IN ('3') and lower(e) = '4'"
    assert sorted(compared(condition)) == [
        ("a", "x'y"), ("b", "z"), ("c", "1"), ("c", "2"), ("d", "3"),
    ]  # fmt: skip


def test_a_category_that_the_typed_column_cannot_have(linted: Lint) -> None:
    rule = "orders_by: {rule: count, by: status, values: [completed, Returned]}\n#"
    (found,) = linted(("features.yaml", "# orders_by:", rule))
    assert found.message == f"orders_by: values[2]: {LOWER}'Returned'"


def test_rows_of_the_seed_that_no_order_meets(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    rows = [
        "completed,true",
        "in-transit,true",
        "Dispatched,true",
        " lost,false",
        "dispatched,false",
        ",false",
    ]
    (tmp_path / "seeds/order_statuses.csv").write_text("\n".join(["status,is_purchase", *rows]))
    never = "status is lower case without hyphens, so no order has "
    assert [(found.line, found.message, found.hint) for found in check_statuses(tmp_path)] == [
        (3, f"{never}'in-transit'", "write intransit"),
        (4, f"{never}'Dispatched'", "write dispatched"),
        (5, f"{never}' lost'", "write lost"),
        (6, "the status dispatched is there twice, first in line 4", "keep one of the rows"),
        (7, "the row has no status, so no order is of it", "take the row out"),
    ]


def test_rows_of_a_seed_of_ones_own(configs: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/markets.csv").write_text("code,name\nEUR,a\nusd,b\n")
    gate = configs / "expectations.yaml"
    rule = "relationships: {arguments: {to: ref('markets'), field: code}}"
    gate.write_text(gate.read_text().replace("- valid_number", f"- valid_number\n          - {rule}", 1))
    gate.write_text(gate.read_text().replace("name: amount\n", "name: currency\n", 1))
    mapped = mapped_columns(read_document(configs / "orders.yaml"))
    assert mapped is not None
    (found,) = check_references(read_document(gate), mapped, tmp_path)
    assert (found.file.name, found.line, found.message) == ("markets.csv", 3, f"code: {UPPER}'usd'")


@pytest.mark.parametrize(
    ("split", "warned"),
    [
        ("embargo: 29", True),
        ("embargo: 0", True),
        ("embargo: 30", False),
        ("by: both\n          embargo: 7", True),
        ("by: customer", False),
    ],
)
def test_an_embargo_shorter_than_the_horizon_is_a_warning(linted: Lint, split: str, warned: bool) -> None:
    found = linted(("features.yaml", "# by: customer ", f"{split} #"))
    assert [finding.severity for finding in found] == ["warning"] * warned
    assert all("labels of a split reach into the next one" in finding.message for finding in found)


def test_the_longest_horizon_of_several_labels_counts(linted: Lint) -> None:
    label = ("features.yaml", "revenue: sum of amount ", "gone: {rule: no purchase, horizon: 90} #")
    (found,) = linted(label, ("features.yaml", "# by: customer ", "embargo: 60 #"))
    assert "embargo: 60 days are less than the label's horizon of 90" in found.message


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("to_date(\"order_ts\", 'DD-Mon-YY')", "to_date"),
        ('"order_ts"::timestamptz', "::"),
        ('cast("order_ts" as timestamptz)', "cast"),
        ('cast(trim("a") as text) || cast("b" as int)', "cast"),
        ('number("a") / number("b")', "/"),
        ('number("a") / 100', None),
        ('"a"::text || cast(trim("b") as text) || \'to_date(1::int / 2)\' || "x/y::z"', None),
    ],
)
def test_sql_that_can_raise_is_a_warning(linted: Lint, expression: str, told: str | None) -> None:
    entry = f"order_ts: {{expression: {json.dumps(expression)}}}"
    found = linted(("orders.yaml", "order_ts: order_ts", entry))
    wanted = [f"order_ts: {told} can raise on a row, whose value is invalid then"] if told else []
    assert messages(found) == wanted
    assert all(finding.severity == "warning" for finding in found)


FOREIGN = ("stray.py", "stray.sql", "more.yml", "old/orders.yaml", "old/notes.sql")


def test_only_the_three_files_are_read_and_others_are_told(configs: Path) -> None:
    (configs / "old").mkdir()
    for name in FOREIGN:
        (configs / name).write_text("models: [\n")
    (configs / "README.md").write_text("{% docs x %}")
    found = require_clean_configs(settings_of(configs))
    assert {str(finding.file.relative_to(configs)) for finding in found} == set(FOREIGN)
    assert {finding.severity for finding in found} == {"warning"}


@pytest.mark.parametrize("place", ["configs", "examples/shop", "shops/one", "configs/one"])
def test_dbt_sees_only_the_three_files(tmp_path: Path, place: str) -> None:
    """Wherever the folder lies: by .dbtignore, and through a link where that does not cover it."""
    shutil.copy(PROJECT / ".dbtignore", tmp_path)
    shutil.copy(PROJECT / "dbt_project.yml", tmp_path)
    for name in (*CONFIG_FILES, *FOREIGN):
        (tmp_path / place / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place / name).touch()
    below = configs_for_dbt(settings_of(tmp_path / place, tmp_path))
    ignored = generate_dbt_ignore_spec(str(tmp_path))  # type: ignore[no-untyped-call]
    assert (tmp_path / below).samefile(tmp_path / place)
    assert {name for name in (*CONFIG_FILES, *FOREIGN) if not ignored.match_file(f"{below}/{name}")} == set(
        CONFIG_FILES
    )
    assert not ignored.match_file("models/staging/orders.sql")


def stopped_by(configs: str, **nodes: dict[str, str | None]) -> str | None:
    """Why the hook at the start of a plain dbt build stops; None where it does not."""
    source = (PROJECT / "macros/on_run_start/require_configs.sql").read_text()
    models = {name: {"name": name, "resource_type": "model", **node} for name, node in nodes.items()}

    def stop(message: str) -> None:
        raise UsageError(message)

    context = {
        "execute": True,
        "flags": SimpleNamespace(WHICH="build"),
        "graph": {"nodes": models},
        "env_var": lambda name, default: configs,
        "exceptions": SimpleNamespace(raise_compiler_error=stop),
    }
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(source, globals=context)
    try:
        template.module.require_configs()  # type: ignore[attr-defined]
    except UsageError as error:
        return error.message
    return None


def test_a_plain_dbt_that_reads_more_or_less_than_the_three_files_stops() -> None:
    read = {"original_file_path": "models/x.sql", "patch_path": "raw_to_ready://mine/x.yaml"}
    good = dict.fromkeys(("orders_mapped", "orders_parsed", "customer_features"), read)
    assert stopped_by("mine", **good) is None
    stray = {"original_file_path": "mine/stray.sql", "patch_path": None}
    assert "mine/stray.sql is no part of the configs" in (stopped_by("mine", **good, stray=stray) or "")
    told = stopped_by("mine", **{**good, "orders_parsed": {**read, "patch_path": None}})
    assert "dbt has found no expectations.yaml in READY_CONFIGS, which is mine" in (told or "")


def test_columns_missing_altogether_are_told_at_once() -> None:
    mapped = {
        "order_id": "order_id",
        "customer_id": "custmer",
        "amount": {"expression": 'number("Totl") * 2'},
    }
    with pytest.raises(UsageError) as caught:
        check_mapping({"columns": mapped}, [["Order ID", "customer", "total"]], configs=Path("c"))
    assert caught.value.message == (
        'c/orders.yaml maps order_id to the CSV column "order_id", customer_id to the CSV column "custmer", '
        'amount to the CSV column "Totl", which no file has'
    )
    assert caught.value.hint == (
        'did you mean "Order ID" for "order_id", "customer" for "custmer", "total" for "Totl"?'
    )


def test_a_column_by_its_own_name_alone_is_left_to_the_gate() -> None:
    check_mapping({"columns": {"amount": "amount"}}, [["order_id"]], configs=Path("c"))


@pytest.mark.parametrize(("edit", "code"), [("embargo: 7", 0), ("embargoes: 7", 2)])
def test_the_command_fails_for_errors_alone(configs: Path, edit: str, code: int) -> None:
    file = configs / "features.yaml"
    file.write_text(file.read_text().replace("# embargo: 30", edit))
    done = CliRunner().invoke(lint, ["--configs", str(configs), "--json"])
    (found,) = json.loads(done.stdout)
    assert found["severity"] == ("warning" if code == 0 else "error")
    assert getattr(done.exception, "exit_code", 0) == code
