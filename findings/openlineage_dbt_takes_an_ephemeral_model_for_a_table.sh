#!/usr/bin/env bash
# Seen 2026-12-01 with openlineage-dbt 1.54.0, dbt-core 1.11.16, dbt-duckdb 1.11.1, duckdb 1.4.2 and Python 3.11.
#
# A table is built from an ephemeral model, which reads a seed. The event that dbt-ol emits for the table names the
# ephemeral model as its input, a dataset that is nowhere in the database, and not the seed. A catalog that is fed by it
# draws the table as made of something that nobody writes, and the way back to the raw data ends there. The columnLineage
# facet of the same event has the seed, so the two halves of one event contradict each other.
#
# Output seen:
#   inputs of report: shop.main.base
#   columns of report are made of: shop.main.raw
#   tables in the database: raw, report
#
# Needs Python 3 and a package index; no server. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check openlineage-dbt==1.54.0 dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==1.4.2
mkdir -p "$folder/project/models" "$folder/project/seeds"
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
printf 'id,amount\n1,5\n' > seeds/raw.csv
echo "{{ config(materialized='ephemeral') }} select id, amount from {{ ref('raw') }}" > models/base.sql
echo "{{ config(materialized='table') }} select id, amount from {{ ref('base') }}" > models/report.sql
export OPENLINEAGE__TRANSPORT__TYPE=file OPENLINEAGE__TRANSPORT__APPEND=true
export OPENLINEAGE__TRANSPORT__LOG_FILE_PATH="$folder/events.json"
PATH="$folder/venv/bin:$PATH" dbt-ol build --profiles-dir . > dbt.log 2>&1
seen=$("$folder/venv/bin/python" - "$folder/events.json" <<'END'
import json
import sys

import duckdb

events = [json.loads(line) for line in open(sys.argv[1])]
(report,) = (e for e in events if e["eventType"] == "COMPLETE" and ".report." in e["job"]["name"])
fields = report["outputs"][0]["facets"]["columnLineage"]["fields"].values()
print("inputs of report:", ", ".join(sorted(i["name"] for i in report["inputs"])))
print("columns of report are made of:", ", ".join(sorted({i["name"] for f in fields for i in f["inputFields"]})))
database = duckdb.connect("shop.duckdb")
tables = database.sql("select table_name from information_schema.tables order by 1").fetchall()
print("tables in the database:", ", ".join(name for (name,) in tables))
END
)
echo "$seen"
[ "$seen" = "inputs of report: shop.main.base
columns of report are made of: shop.main.raw
tables in the database: raw, report" ]
