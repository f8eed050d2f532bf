"""`ready lint`: the configs folder, read more strictly than dbt does."""

from ready.lint.configs import lint_configs, require_clean_configs
from ready.lint.finding import Finding

__all__ = ["Finding", "lint_configs", "require_clean_configs"]
