#!/usr/bin/env bash
# Seen 2026-12-01 with dbt-core 1.11.16, dbt-duckdb 1.11.1, duckdb 1.4.2 and Python 3.11.
#
# dbt's page on programmatic invocations has `dbtRunner(manifest=...)`, which saves parsing. A run marks each ephemeral
# model of that manifest as compiled, with nothing of it left for the next run: the second run of the same manifest fails
# at each model that reads one, as its CTE is missing from the SQL. A copy made before the first run with
# Manifest.deepcopy() can be run, unless some model has `enabled: false`: then deepcopy() itself raises.
#
# Output seen:
#   first run of a manifest: success
#   second run of it: error, __dbt__cte__base does not exist
#   run of a copy: success
#   copy with a disabled model: AttributeError: 'list' object has no attribute 'from_dict'
#
# Needs Python 3 and a package index; no server. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.4.2
mkdir -p "$folder/project/models"
cd "$folder/project"
cat > dbt_project.yml <<'END'
name: shop
profile: shop
END
cat > profiles.yml <<'END'
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: shop.duckdb}
END
echo "{{ config(materialized='ephemeral') }} select 1 as id" > models/base.sql
echo "{{ config(materialized='table') }} select id from {{ ref('base') }}" > models/report.sql
cat > twice.py <<'END'
from pathlib import Path

from dbt.cli.main import dbtRunner


def parsed():
    return dbtRunner().invoke(["--quiet", "parse"]).result


def run(manifest):
    (report,) = dbtRunner(manifest=manifest).invoke(["--log-level", "none", "run"]).result
    missing = "__dbt__cte__base does not exist" in report.message
    return f"{report.status}{', __dbt__cte__base does not exist' if missing else ''}"


manifest = parsed()
copy = manifest.deepcopy()
print("first run of a manifest:", run(manifest))
print("second run of it:", run(manifest))
print("run of a copy:", run(copy))
Path("models/old.sql").write_text("{{ config(enabled=false) }} select 1 as id")
try:
    parsed().deepcopy()
    print("copy with a disabled model: made")
except Exception as error:
    print(f"copy with a disabled model: {type(error).__name__}: {error}")
END
seen=$("$folder/venv/bin/python" twice.py)
echo "$seen"
[ "$seen" = "first run of a manifest: success
second run of it: error, __dbt__cte__base does not exist
run of a copy: success
copy with a disabled model: AttributeError: 'list' object has no attribute 'from_dict'" ]
