"""`python build_mappings.py MAPPING...`: the tables of several orders.yaml, with what dbt has parsed once.

Parsing takes dbt longer than building a small file. The gate and the features are those of READY_CONFIGS; of
each MAPPING, a folder with an orders.yaml, stg.orders is kept as built.NAME, and the training set's
rows of each split, before its tests, as built.splits.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from ready.database.opening import open_database
from ready.dbt.runner import QUIET, prepare
from ready.definition.mapping import orders_meta
from ready.settings import Settings

NODE = "model.raw_to_ready.orders_mapped"
PREFIX = "repro_00000000_"  # what no gate has judged is built only as for a proof
KEEP = f"""
    create table built.{{name}} as select * from {PREFIX}stg.orders;
    insert into built.splits
    select '{{name}}', split, count(*) from {PREFIX}feats.customer_training_set__candidate group by split
"""


def build(folders: list[Path]) -> None:
    os.environ["READY_SCHEMA_PREFIX"] = PREFIX
    settings = Settings.resolve()
    params = open_database(settings)
    prepare(settings, params)
    parsed = dbtRunner().invoke([*QUIET, "parse"])
    assert isinstance(parsed.result, Manifest), parsed.exception
    parsed.result.disabled.clear()  # deepcopy() fails on them
    seeded = dbtRunner(manifest=parsed.result.deepcopy()).invoke([*QUIET, "seed"])
    assert seeded.success, seeded.exception
    with closing(params.connect()) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(
            "create schema built; create table built.splits (name text, split text, row_count int)"
        )
        for folder in folders:
            manifest = parsed.result.deepcopy()
            manifest.nodes[NODE].config.meta = {"ready": orders_meta(folder)}
            manifest.build_flat_graph()  # what macros see of it
            done = dbtRunner(manifest=manifest).invoke(
                [*QUIET, "run", "--full-refresh", "-s", "+customer_training_set"]
            )
            assert done.success, done.exception or done.result
            cursor.execute(KEEP.format(name=folder.name))


if __name__ == "__main__":
    build(list(map(Path, sys.argv[1:])))
