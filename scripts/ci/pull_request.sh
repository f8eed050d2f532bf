#!/usr/bin/env bash
# What a pull request does to the data: bash scripts/ci/pull_request.sh PYTHON [BASE]
# Builds the sample with the code of BASE (origin/main, else main) and with the checkout's, each with a state of its
# own; then, beside main's tables, what the pull request modified and all below it; then looks for leakage. What no
# database can carry out it finds before all that, by a build without rows.
# Leaves in artifacts/ci: main's manifest, the docs site, and summary.md, which is also printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$(realpath --no-symlinks "$1")
base=${2:-$(git rev-parse --quiet --verify origin/main || git rev-parse --verify main)}
out=$PWD/artifacts/ci

with_state() { # main|pull_request COMMAND...
  env -u PGHOST -u DATABASE_URL -u READY_CONFIGS -u READY_SCHEMA_PREFIX \
    READY_HOME="$out/$1/home" READY_ARTIFACTS="$out/$1" "${@:2}"
}
tidy_up() {
  for state in main pull_request; do
    [ ! -d "$out/$state/home" ] || with_state "$state" "$python" -m ready db stop >/dev/null
  done
  git worktree remove --force "$out/main/code" 2>/dev/null || true
}
trap tidy_up EXIT

tidy_up
rm -rf "$out" && mkdir -p "$out/main" "$out/pull_request"
git worktree prune
git worktree add --quiet --detach "$out/main/code" "$base"
cp -R dbt_packages "$out/main/code/"

echo "The SQL of all models, without rows"
with_state pull_request "$python" -m ready dbt --quiet build --empty

echo "Building main, $(git log -1 --format='%h %s' "$base")"
(cd "$out/main/code" && with_state main "$python" -m ready run -q)
cp "$out/main/home/dbt/target/manifest.json" "$out/main/"
main_database=$(with_state main "$python" -m ready db url)

echo "Building the pull request"
failed=0
with_state pull_request "$python" -m ready run -q || failed=$?
{
  [ "$failed" -ne 0 ] ||
    with_state pull_request "$python" -m ready diff --markdown --schema stg --schema feats --base-url "$main_database"
  echo
  "$python" scripts/ci/gate_summary.py "$out"/{main,pull_request}/reports/validation_report.json
} | tee "$out/summary.md"
[ "$failed" -eq 0 ] || exit "$failed"

# customer_purchases in any case: feats.customer_features_at reads it.
echo "Building what it modified, and all below, beside main's tables"
with_state main env READY_SCHEMA_PREFIX=pr_ \
  "$python" -m ready dbt --quiet build --select state:modified+ customer_purchases --defer --state "$out/main"
with_state pull_request "$python" -m ready check-leakage
with_state pull_request "$python" -m ready docs --no-serve
