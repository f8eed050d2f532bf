#!/usr/bin/env bash
# Seen 2026-11-29 with dbt-core 1.11.16, dbt-postgres 1.11.0 and Python 3.11.
#
# A properties file names models `base` and `report`; a test of `report` refers to `base`. The entry of `report`
# is removed and, in the same edit, that of `base` changes. With partial parsing, which is on by default,
# `dbt ls` goes on listing the removed test of `report`, which `dbt build` then runs. With
# --no-partial-parse it is gone. If only the entry is removed, partial parsing is right.
#
# Output seen:
#   partial parse, only the entry removed: 0 test(s)
#   partial parse, the other entry changed too: 1 test(s)
#   full parse of the same files: 0 test(s)
#
# Needs Python 3 and a package index; no database. Fails when the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check dbt-core==1.11.16 dbt-postgres==1.11.0
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
    dev: {type: postgres, host: nowhere, port: 5432, user: me, password: none, dbname: shop, schema: public}
END
echo "select 1 as id" > models/base.sql
echo "select id from {{ ref('base') }}" > models/report.sql

report="  - name: report
    columns:
      - name: id
        data_tests: [{relationships: {arguments: {to: ref('base'), field: id}}}]"
properties() { printf 'models:\n  - name: base\n    description: %s\n%s\n' "$1" "${2:-}" > models/shop.yml; }
tests() { "$folder/venv/bin/dbt" --quiet ls --profiles-dir . --resource-type test "$@" 2>/dev/null | grep -c relationships || true; }

properties one "$report"; tests > /dev/null
properties one
alone=$(tests)
properties one "$report"; rm -rf target; tests > /dev/null
properties two
both=$(tests)
full=$(tests --no-partial-parse)
echo "partial parse, only the entry removed: $alone test(s)"
echo "partial parse, the other entry changed too: $both test(s)"
echo "full parse of the same files: $full test(s)"
[ "$alone $both $full" = "0 1 0" ]
