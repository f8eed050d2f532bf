#!/usr/bin/env bash
# The wheel as a stranger has it: bash scripts/ci/try_wheel.sh PYTHON
# Builds it, installs it with its pinned dependencies into an environment of its own that nobody may write to, and takes
# the sample all the way in a folder of `ready init` outside the checkout, with `ready` and with plain dbt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$1 checkout=$PWD
place=$(mktemp -d)
tidy_up() {
  [ ! -d "$place/my_shop" ] || (cd "$place/my_shop" && ready db stop >/dev/null)
  chmod -R u+w "$place"
  rm -rf "$place"
}
trap tidy_up EXIT
unset PGHOST DATABASE_URL "${!READY_@}" "${!DBT_@}"

"$python" -m pip wheel -q --disable-pip-version-check --no-deps -w "$place" .
"$python" -m venv "$place/installed"
"$place/installed/bin/pip" install -q --disable-pip-version-check -c constraints.txt "$place"/*.whl
chmod -R a-w "$place/installed"
export PATH=$place/installed/bin:$PATH

cd "$place"
ready init my_shop
cd my_shop
cp "$checkout"/data/raw/*.csv data/raw/
ready run
dbt build --profiles-dir .ready/project/profiles
ready reproduce 1
