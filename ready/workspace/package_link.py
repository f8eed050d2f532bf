"""How a user's own dbt project finds what this package brings along: by links, read as a dbt package.

The project of `ready init` names `.ready/project` in its packages.yml. There `dbt_project.yml`, `models`,
`macros` and so on lead into the installed package, where nothing is ever written; those of `own` lead to the
user's models, macros, tests and seeds, which so belong to the package and obey its gate and publication.
"""

from __future__ import annotations

import os
from pathlib import Path

from ready.errors import MachineError
from ready.settings import Settings

# What dbt reads of the product. Without its packages.yml: the user's project has one.
LINKED = (
    ".dbtignore",
    "analyses",
    "dbt_project.yml",
    "macros",
    "models",
    "packages",
    "profiles",
    "seeds",
    "snapshots",
    "tests",
)
# Folders of the user's project that are read as part of the package; see dbt_project.yml.
OWN_FOLDER = "own"
OWN = ("models", "macros", "tests", "seeds")


def package_dir(settings: Settings) -> Path:
    """The folder that dbt reads models and macros from: in a checkout the project itself."""
    return settings.project_dir / ".ready" / "project" if settings.is_users else settings.project_dir


def link_package(settings: Settings) -> None:
    """Let the links of a user's project lead to what is installed now. Nothing to do in a checkout.

    Raises MachineError where the project may not be written to.
    """
    if not settings.is_users:
        return
    folder = package_dir(settings)
    links = {name: str(settings.product_dir / name) for name in LINKED}
    links |= {"schemas": str(Path(__file__).parents[1] / "configs_schema")}  # for editors
    links |= {"configs": "../../configs"}
    # Each alone: a link to the whole folder would lead in a circle.
    links |= {f"{OWN_FOLDER}/{part}": f"../../../{part}" for part in OWN}
    try:
        (folder / OWN_FOLDER).mkdir(parents=True, exist_ok=True)
        for name, target in links.items():
            _link(folder / name, target)
    except OSError as error:
        raise MachineError(
            f"cannot link the installed project into {folder}: {error.strerror}",
            hint="let this user write to the project's folder",
        ) from None


def _link(link: Path, target: str) -> None:
    if link.is_symlink() and os.readlink(link) == target:
        return
    new = link.with_name(f"{link.name}.{os.getpid()}")
    new.symlink_to(target)
    new.replace(link)


def has_packages(settings: Settings) -> bool:
    """Whether `dbt deps` has installed what every build needs, from where it is now."""
    installed = settings.project_dir / "dbt_packages"
    if not (installed / "dbt_expectations").exists():
        return False
    return not settings.is_users or (installed / "raw_to_ready").resolve() == package_dir(settings).resolve()
