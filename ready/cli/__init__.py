"""The `ready` command: parses, prints, and leaves the work to the library."""

from ready.cli.main import main

__all__ = ["main"]
