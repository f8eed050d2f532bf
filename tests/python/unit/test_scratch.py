"""SQL that dbt compiled for a caller with a schema prefix, named as in a scratch place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ready.postgres.scratch import PostgresScratch
from ready.proof.scratch import Scratch
from ready.settings import Settings
from ready.spark.scratch import SparkScratch

UNUSED: Any = None
SPARK = "select x.pr_id, pr_feature from pr_feats.x, raw.pr_loads, pr_stg.`pr_y`"


@pytest.mark.parametrize(
    ("kind", "prefix", "text", "named"),
    [
        (SparkScratch, "pr_", SPARK, "select x.pr_id, pr_feature from L_feats.x, raw.pr_loads, L_stg.`pr_y`"),
        (SparkScratch, "", SPARK, SPARK),
        (PostgresScratch, "pr_", 'from "pr_feats"."x"', 'from "L_feats"."x"'),
        (PostgresScratch, "", 'from "feats"."x"', 'from "feats"."x"'),
    ],
    ids=["spark", "spark without a prefix", "postgres", "postgres without a prefix"],
)
def test_the_schemas_of_the_caller_are_those_of_the_place(
    kind: type[Scratch], prefix: str, text: str, named: str
) -> None:
    settings = Settings.resolve(environ={})
    caller, own = replace(settings, schema_prefix=prefix), replace(settings, schema_prefix="L_")
    assert kind(own, caller, UNUSED, UNUSED).with_names_of_here(text) == named
