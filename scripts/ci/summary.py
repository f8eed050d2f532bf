"""What a pull request does to the data, as Markdown: two files of snapshot.py compared.

python scripts/ci/summary.py main.json pull_request.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Snapshot = Mapping[str, Any]


def main() -> None:
    before, after = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:])
    print("\n".join(markdown(before, after)))


def markdown(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """Gate, fingerprints of the feature sets, and a row for each table that is not the same."""
    yield "## Data: this pull request against main"
    yield ""
    yield from gate(before["gate"], after["gate"])
    for name in sorted({*before["fingerprints"], *after["fingerprints"]}):
        old, new = (side["fingerprints"].get(name, "none") for side in (before, after))
        yield f"- `{name}`: fingerprint `{new}`, " + (
            "as on main" if old == new else f"**not** `{old}` as on main"
        )
    yield ""
    yield from tables(before["tables"], after["tables"])


def gate(before: Snapshot, after: Snapshot) -> Iterator[str]:
    verdict = "passed" if after["validation_passed"] else "**FAILED**"
    more = "" if before["checks"] == after["checks"] else f" (main: {before['checks']})"
    yield f"- Gate: {verdict}, {after['checks']} checks{more}"
    for kind in ("errors", "warnings"):
        for text in after[kind]:
            yield f"  - {kind[:-1]}{'' if text in before[kind] else ', new'}: {text}"


def tables(before: Snapshot, after: Snapshot) -> Iterator[str]:
    names = sorted({*before, *after})
    changed = [name for name in names if before.get(name) != after.get(name)]
    if changed:
        yield "| table | rows | fingerprint |"
        yield "|---|---|---|"
        for name in changed:
            sides = before.get(name), after.get(name)
            yield f"| `{name}` | {rows(*sides)} | {prints(*sides)} |"
        yield ""
    yield f"{len(names) - len(changed)} of {len(names)} tables are the same, row for row."


def rows(before: Snapshot | None, after: Snapshot | None) -> str:
    if before is None or after is None:
        return f"new: {after['rows']:,}" if after else "gone"
    difference = after["rows"] - before["rows"]
    return f"{after['rows']:,} ({difference:+,})" if difference else f"{after['rows']:,}"


def prints(before: Snapshot | None, after: Snapshot | None) -> str:
    old, new = (side["fingerprint"][:8] if side else "none" for side in (before, after))
    return f"`{old}` → `{new}`"


if __name__ == "__main__":
    main()
