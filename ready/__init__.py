"""From Raw to Ready: raw CSV files to versioned, leak-free training sets, on PostgreSQL with dbt.

In Python: `load_dataset` gives a recorded training set, `features_at` the features of customers at
any instants. What can go wrong is a `ready.errors.ReadyError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ready.api.datasets import load_dataset
    from ready.api.point_in_time import features_at
    from ready.api.table import Table

    __version__: str

__all__ = ["Table", "__version__", "features_at", "load_dataset"]

_HOMES = {
    "Table": "ready.api.table",
    "features_at": "ready.api.point_in_time",
    "load_dataset": "ready.api.datasets",
}


def __getattr__(name: str) -> Any:
    """Import at first use: the command line starts without Arrow."""
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("raw-to-ready")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0.0.0"
