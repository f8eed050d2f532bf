#!/bin/sh
# sqlfluff judges the SQL that dbt compiles, and dbt asks a database for it: one of its own, which is stopped
# afterwards. sh scripts/lint_sql.sh .venv/bin
set -eu
bin=$1
unset PGHOST DATABASE_URL READY_SCHEMA_PREFIX READY_CONFIGS
export READY_HOME="${READY_HOME:-.ready}/lint"
"$bin/ready" db start >/dev/null
trap '"$bin/ready" db stop >/dev/null' EXIT
(eval "$("$bin/ready" env)" && "$bin/sqlfluff" lint models snapshots tests/dbt/singular tests/dbt/gate tests/dbt/after_build)
