"""Another dbt project takes this one as a package, and reads its features (docs/dbt.md)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forked
import pytest
from proof_case import Shop

FILES = {
    "dbt_project.yml": """
name: outer
version: "1.0.0"
config-version: 2
profile: raw_to_ready
dispatch: [{macro_namespace: dbt, search_order: [outer, raw_to_ready, dbt]}]
models:
  outer: {+schema: marts}
  raw_to_ready: {features: {customer_features: {+meta: {ready_windows: [7, 90]}}}}
""",
    "macros/generate_schema_name.sql": """
{% macro generate_schema_name(custom_schema_name, node) -%}
    acme_{{ custom_schema_name or node.resource_type }}
{%- endmacro %}
""",
    "models/big_customers.sql": """
select customer_id, feature_time, revenue_90d from {{ ref('raw_to_ready', 'customer_features') }}
where revenue_90d > 0
""",
    "models/_models.yml": """
models:
  - name: big_customers
    columns: [{name: customer_id, data_tests: [not_null]}]
exposures:
  - name: crm
    type: application
    owner: {name: CRM}
    depends_on: [ref('big_customers'), ref('customer_labels')]
""",
    "tests/revenue_is_known.sql": """
select * from {{ ref('customer_features') }} where revenue_90d < {{ var('least', 0) }}
""",
}
REF = "{% macro ref() %}{{ return(raw_to_ready.ref(*varargs, **kwargs)) }}{% endmacro %}\n"
BUILD = ("build", "--exclude-resource-type", "unit_test")


FEATURES = (
    "(select customer_id, feature_time, orders_7d, revenue_90d, orders_total from {}.customer_features)"
)


def bare_profile(shop: Shop) -> dict[str, Any]:
    """One that has only what dbt-postgres wants."""
    server = {"host": shop.database.host, "port": shop.database.port, "dbname": shop.database.dbname}
    login = {"type": "postgres", "user": shop.database.user, "password": "", "schema": "acme"}
    return {"raw_to_ready": {"target": "dev", "outputs": {"dev": {**server, **login}}}}


@dataclass(frozen=True)
class Outer:
    """A dbt project beside the shop's, in its database, that has the shop's as a package."""

    folder: Path
    shop: Shop

    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def dbt(self, *arguments: str, code: int = 0) -> str:
        """What dbt prints, on one line without colours."""
        env = {**self.shop.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        done = forked.dbt(*arguments, cwd=self.folder, env=env)
        assert done.returncode == code, done.stdout + done.stderr
        return " ".join(re.sub("\x1b\\[[0-9;]*m", "", done.stdout).split())

    def read_by(self, exposure: str) -> list[str]:
        """The ids of the nodes that an exposure depends on."""
        manifest = json.loads((self.folder / "target" / "manifest.json").read_text())
        nodes: list[str] = manifest["exposures"][f"exposure.outer.{exposure}"]["depends_on"]["nodes"]
        return nodes

    def packages(self, *packages: dict[str, str]) -> None:
        """Install these by `dbt deps`."""
        self.write("packages.yml", json.dumps({"packages": packages}))
        self.dbt("deps")


@pytest.fixture
def outer(shop: Shop, tmp_path: Path) -> Outer:
    outer = Outer(tmp_path / "outer", shop)
    for path, text in FILES.items():
        outer.write(path, text)
    return outer


def test_another_project_builds_on_the_features(outer: Outer, shop: Shop) -> None:
    before = shop.bytes_of()
    git = {"git": str(shop.project), "revision": "HEAD"}
    outer.packages(git, {**git, "subdirectory": "packages/dbt_expectations"})
    outer.write("profiles.yml", (shop.project / "profiles" / "profiles.yml").read_text())
    assert "big_customers of outer reads a table of feats" in outer.dbt("build", code=2)
    outer.write("macros/ref.sql", REF)
    failed = outer.dbt(*BUILD, "--vars", "least: 1", code=1)
    assert "not published, because test revenue_is_known ended in fail" in failed
    assert shop.value("select to_regclass('acme_feats.customer_features')") is None

    outer.dbt(*BUILD)
    assert shop.content_of(FEATURES.format("acme_feats")) == shop.content_of(FEATURES.format("feats"))
    columns = "select attname from pg_attribute where attrelid = 'acme_feats.customer_features'::regclass"
    assert "orders_7d" in (names := {name for (name,) in shop.rows(columns)})
    assert "orders_30d" not in names
    mart = shop.value("select count(*) from acme_marts.big_customers")
    assert mart == shop.value("select count(*) from feats.customer_features where revenue_90d > 0")
    assert shop.value("select count(*) from acme_meta.feature_registry") == 1
    assert outer.read_by("crm") == ["model.outer.big_customers", "model.raw_to_ready.customer_labels"]
    assert shop.bytes_of() == before


def test_a_clone_is_a_local_package(outer: Outer, shop: Shop) -> None:
    outer.write("profiles.yml", json.dumps(bare_profile(shop)))
    local = {"local": str(shop.project)}
    outer.packages(local)
    assert "dbt_expectations is not installed: run dbt deps" in outer.dbt("seed", code=2)
    outer.packages(local, {"local": str(shop.project / "packages" / "dbt_expectations")})
    outer.write("macros/ref.sql", REF)
    assert "give it role and application_name" in outer.dbt("seed", code=2)
