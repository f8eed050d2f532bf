"""Which files belong to a source beside the orders."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from ready.definition.load_options import load_options
from ready.definition.mapping import source_folder, source_names
from ready.errors import UsageError
from ready.lint.finding import nearest_or_all


def folders_of(configs: Path, source: str, paths: Sequence[str]) -> list[str]:
    """Where the files of a source beside the orders are, of the data folders among these paths."""
    below = source_folder(configs, source)
    folders = [str(Path(path, below)) for path in paths if Path(path).is_dir()]
    return [folder for folder in folders if Path(folder).is_dir()]


def require_known_source(configs: Path, name: str) -> None:
    """Raises UsageError for a source that no file of the configs maps: nothing would read what is loaded."""
    known = [load_options(configs).source, *source_names(configs)]
    if name not in known:
        raise UsageError(f"no file of the configs maps a source {name}", hint=nearest_or_all(name, known))


def refuse_files_of_sources(configs: Path, paths: Sequence[str], *, data: Path) -> None:
    """Raises UsageError where a path that is loaded as orders lies in the folder of another source.

    data: the data folder, below which these folders are.
    """
    for name in source_names(configs):
        folder = Path(data, source_folder(configs, name)).resolve()
        for path in paths:
            for file in glob.glob(path) or [path]:
                if Path(file).resolve().is_relative_to(folder):
                    raise UsageError(
                        f"{file} is a file of the source {name}, and would be loaded as orders",
                        hint=f"say whose it is: ready load --source {name} {path}",
                    )
