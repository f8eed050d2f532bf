#!/bin/sh
# Install the project into a virtual environment: sh scripts/install.sh .venv
# PYTHON names the interpreter; without it the newest that works is taken.
set -eu
venv=$1

# Asks the interpreter itself: a version manager's shim may be on PATH and yet refuse to run.
works() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" && echo "$PYTHON" && return
    echo "install: $PYTHON is no working Python 3.10 to 3.13 with the modules venv and ensurepip." >&2
    exit 1
  fi
  for candidate in python3.13 python3.12 python3.11 python3.10 python3; do
    works "$candidate" && echo "$candidate" && return
  done
  echo "install: found no working Python 3.10 to 3.13 with the modules venv and ensurepip." >&2
  echo "         On Debian and Ubuntu: apt install python3-venv. Or name one: make install PYTHON=python3.12" >&2
  exit 1
}

if ! works "$venv/bin/python"; then
  python=$(find_python)
  echo "Making $venv with $("$python" --version) ..."
  "$python" -m venv --clear "$venv"
fi

echo "Installing the pinned packages into $venv (a minute or two the first time) ..."
if ! "$venv/bin/python" -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'; then
  echo "install: pip failed, see above. Is the package index within reach? Then: make install" >&2
  exit 1
fi

# The dbt package too, so that a plain `dbt build` works at once. The log is of no interest to a run.
DBT_LOG_PATH="$venv/log" DBT_SEND_ANONYMOUS_USAGE_STATS=false \
  "$venv/bin/dbt" --quiet --no-use-colors deps --profiles-dir profiles
echo "Installed."
