"""docs/licences.md names the licence of every pinned package, and of no other."""

from __future__ import annotations

import re

from conftest import PROJECT

ROW = re.compile(r"^\| ([A-Za-z0-9._-]+) \| (.+) \|$", re.MULTILINE)


def test_every_pin_has_its_licence() -> None:
    listed = ROW.findall((PROJECT / "docs" / "licences.md").read_text(encoding="utf-8"))
    pins = re.findall(
        r"^([^#=\n]+)==", (PROJECT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    names = [name for name, _ in listed if name != "package"]
    assert sorted(names) == sorted(pins), "bring it in step: make licences"
    assert [name for name, licence in listed if licence.strip().lower() in ("", "unknown")] == []
