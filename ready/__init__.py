"""From Raw to Ready: raw CSV files to versioned, leak-free training sets, on PostgreSQL with dbt.

In Python: `load_dataset` and `train_val_test` give a recorded training set, `features_at` the features of
customers at any instants, `feature_reader` those of one customer after the other, `datasets` what was
exported, and `open` all this of other folders than the environment's. What can go wrong is a
`ready.errors.ReadyError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ready import errors
    from ready.api.dataset import Dataset
    from ready.api.folds import EmbargoTimeSeriesSplit
    from ready.api.project import (
        Project,
        datasets,
        feature_reader,
        features_at,
        load_dataset,
        open,
        train_val_test,
    )
    from ready.api.table import Table

    __version__: str

__all__ = [
    "Dataset",
    "EmbargoTimeSeriesSplit",
    "Project",
    "Table",
    "__version__",
    "datasets",
    "errors",
    "feature_reader",
    "features_at",
    "load_dataset",
    "open",
    "train_val_test",
]

_HOMES = {
    "Dataset": "ready.api.dataset",
    "EmbargoTimeSeriesSplit": "ready.api.folds",
    "Project": "ready.api.project",
    "Table": "ready.api.table",
    "datasets": "ready.api.project",
    "feature_reader": "ready.api.project",
    "features_at": "ready.api.project",
    "load_dataset": "ready.api.project",
    "open": "ready.api.project",
    "train_val_test": "ready.api.project",
}


def __getattr__(name: str) -> Any:
    """Import at first use: the command line starts without Arrow."""
    if name == "__version__":
        value: Any = _version()
    elif name in __all__:
        from importlib import import_module

        home = import_module(_HOMES.get(name, f"ready.{name}"))
        value = getattr(home, name) if name in _HOMES else home
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("raw-to-ready")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0.0.0"
