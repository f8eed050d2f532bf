#!/usr/bin/env bash
# What tools around dbt say of the project: bash scripts/ci/dbt_tools/run.sh PYTHON
# They read the manifest and the catalog of the sample, built with a state of its own, and fail where a model or column has no
# description, a model no owner or no test of uniqueness, or a tool cannot read the project. Leaves artifacts/dbt-tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
python=$(realpath --no-symlinks "$1")
out=$PWD/artifacts/dbt-tools tools=$PWD/.venvs/dbt-tools
unset PGHOST DATABASE_URL "${!READY_@}" "${!DBT_@}"
export READY_HOME=$out/home READY_ARTIFACTS=$out
trap '"$python" -m ready db stop >/dev/null' EXIT

[ -d "$tools" ] || "$python" -m venv "$tools"
"$tools/bin/pip" install -q --disable-pip-version-check -r scripts/ci/dbt_tools/requirements.txt

"$python" -m ready run -q
"$python" -m ready dbt --quiet docs generate
read=$READY_HOME/dbt/target
{
  cat scripts/ci/dbt_tools/dbt-bouncer.yml
  echo "dbt_artifacts_dir: $read"
} >"$out/dbt-bouncer.yml"
"$tools/bin/dbt-bouncer" run --config-file "$out/dbt-bouncer.yml"
"$tools/bin/dbt-coverage" compute doc --run-artifacts-dir "$read" --cov-report "$out/coverage.json" --cov-fail-under 1
# Macros are documented one a file, the public one; models have no example SQL.
"$tools/bin/dbt-score" lint --manifest "$read/manifest.json" --fail-any-item-under 10 \
  --disabled-rule dbt_score.rules.generic.has_example_sql \
  --disabled-rule dbt_score.rules.macros.macro_has_description \
  --disabled-rule dbt_score.rules.macros.macro_arguments_have_description
"$tools/bin/dbterd" run --target mermaid --artifacts-dir "$read" --output "$out"
