"""dbt once it has read a project: processes forked from here inherit what it compiles on first use.

That is a serializer and a schema for each of its types, which takes a tenth of a run, and by dbt's own cache
for tests the syntax trees of all macros, which take half of the time in which a project is parsed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_common.tests import enable_test_caching

# One of each thing that the shipped project has.
FILES = {
    "dbt_project.yml": "{name: small, profile: small, flags: {send_anonymous_usage_stats: false}}",
    "profiles.yml": """
small:
  target: here
  outputs: {here: {type: postgres, host: h, port: 1, user: u, password: p, dbname: d, schema: s}}
""",
    "selectors.yml": "selectors: [{name: every, definition: '*'}]",
    "seeds/seed.csv": "a\n1\n",
    "snapshots/kept.sql": "{% snapshot kept %}"
    "{{ config(unique_key='a', strategy='check', check_cols=['a']) }} select 1 as a{% endsnapshot %}",
    "analyses/asked.sql": "select 1 as a",
    "tests/none.sql": "select * from {{ ref('model') }} where false",
    "macros/one.sql": "{% macro one(x) %}{{ x }}{% endmacro %}",
    "models/model.sql": "{{ config(post_hook='select 1') }} select * from {{ ref('seed') }}",
    "models/all.yml": """
groups: [{name: group, owner: {name: of_all}}]
sources: [{name: source, tables: [{name: table, columns: [{name: a}]}]}]
models: [{name: model, config: {group: group}, columns: [{name: a, data_tests: [not_null]}]}]
macros: [{name: one, arguments: [{name: x, type: string}]}]
exposures: [{name: exposure, type: dashboard, owner: {name: of_all}, depends_on: [ref('model')]}]
unit_tests:
  - {name: unit, model: model, given: [{input: ref('seed'), rows: [{a: 1}]}], expect: {rows: [{a: 1}]}}
""",
}


PROJECT = Path(__file__).parents[2]


def read_small_project() -> None:
    """Twice: the second time from what the first has kept."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            file = Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        for _ in range(2):
            parse(Path(folder), Path(folder), kept=folder)


def read_this_project() -> None:
    with tempfile.TemporaryDirectory() as folder:
        parse(PROJECT, PROJECT / "profiles", kept=folder)


def parse(project: Path, profiles: Path, *, kept: str) -> None:
    """A project with a mistake is for the tests to find."""
    here = os.getcwd()
    folders = {"project-dir": project, "profiles-dir": profiles, "log-path": kept, "target-path": kept}
    dbtRunner().invoke(["--quiet", "parse", *(f"--{name}={folder}" for name, folder in folders.items())])
    os.chdir(here)  # dbt has gone into the project


enable_test_caching()
read_small_project()
read_this_project()
