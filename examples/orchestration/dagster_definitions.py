"""Dagster: loads, dbt's models as assets with its tests as checks, and the export.

SHOP=/srv/my_shop dagster dev -f dagster_definitions.py, in an environment that has `ready` too.
"""

import json
import os
import subprocess
from pathlib import Path

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetSpec,
    Definitions,
    MaterializeResult,
    asset,
    multi_asset,
)
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

SHOP = Path(os.environ.get("SHOP", ".")).resolve()
PROFILES = SHOP / ".ready" / "project" / "profiles"  # in a clone: SHOP / "profiles"
# A build that publishes nothing only warns; a click on one asset of `feats` alone would look built.
NOT_PUBLISHED_FAILS = ["--warn-error-options", '{"error": ["JinjaLogWarning"]}']

project = DbtProject(project_dir=SHOP, profiles_dir=PROFILES)
project.prepare_if_dev()


def ready(*arguments: str) -> str:
    """What the command prints; a failed one fails the step, and its message is in the step's log."""
    return subprocess.run(
        ["ready", *arguments], cwd=SHOP, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@multi_asset(specs=[AssetSpec(["raw", "raw_events"]), AssetSpec(["raw", "loads"])])
def deliveries():
    ready("load")


@dbt_assets(manifest=project.manifest_path)
def models(context: AssetExecutionContext, dbt: DbtCliResource):
    # No fetch_row_counts() here: when a model succeeds, the table of before is still the published one.
    yield from dbt.cli(["build", *NOT_PUBLISHED_FAILS], context=context).stream()
    # The stream has ended, so dbt has: now feats holds what was built.
    for build in json.loads(ready("registry", "list", "--json")):
        if build["is_current"]:
            key = AssetKey(["feats", build["feature_set"]])
            observed = {"dagster/row_count": build["row_count"], "fingerprint": build["data_hash"]}
            yield AssetObservation(key, metadata=observed)


@asset(deps=[AssetKey(["feats", "customer_training_set"])])
def training_set() -> MaterializeResult:
    return MaterializeResult(metadata={"export": json.loads(ready("export", "--json"))})


defs = Definitions(
    assets=[deliveries, models, training_set],
    resources={"dbt": DbtCliResource(project_dir=project)},
)
