"""How often Python looks for cycles in memory."""

from __future__ import annotations

import gc


def look_for_cycles_seldom() -> None:
    """Set the thresholds of this process: dbt holds what it makes to the end.

    As often as by default takes a sixth of a run and frees little.
    """
    gc.set_threshold(100_000, 50, 100)
