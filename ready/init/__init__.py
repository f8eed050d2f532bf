"""The folder that `ready init` writes for a new project."""
