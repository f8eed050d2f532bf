"""How features.yaml cuts the splits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARES = {"train": 0.7, "val": 0.15}
STARTS = ("val_from", "test_from")
DEFAULTS: dict[str, Any] = {"by": "time", "seed": 42, **SHARES, **dict.fromkeys(STARTS)}


def split_definition(splits: Mapping[str, Any], horizon: int) -> dict[str, Any]:
    """All of what may be said of splits, complete: by, seed, train and val, val_from and test_from, embargo.

    splits: of customer_training_set. horizon: of the longest label, in days.
    """
    given = {**DEFAULTS, **splits}
    embargo = 0 if given["by"] == "customer" else splits.get("embargo", horizon)
    return {**{key: given[key] for key in DEFAULTS}, "embargo": embargo}
