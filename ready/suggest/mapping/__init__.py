"""`ready suggest --mapping`: a whole orders.yaml for files that nobody has described yet."""

from ready.suggest.mapping.suggest import suggest_mapping, write_mapping

__all__ = ["suggest_mapping", "write_mapping"]
