"""`ready suggest --mapping`: a whole orders.yaml for files that nobody has described yet."""

from ready.suggest.mapping.expectations import fit_expectations
from ready.suggest.mapping.suggest import next_step, suggest_mapping, write_mapping

__all__ = ["fit_expectations", "next_step", "suggest_mapping", "write_mapping"]
