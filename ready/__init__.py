"""From Raw to Ready: raw CSV files to versioned, leak-free training sets, on PostgreSQL with dbt."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("raw-to-ready")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0"
