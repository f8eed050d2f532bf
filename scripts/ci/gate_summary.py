"""What the gate says of a pull request, as Markdown: its report beside main's.

python scripts/ci/gate_summary.py MAIN_REPORT.json PULL_REQUEST_REPORT.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Report = Mapping[str, Any]


def main() -> None:
    before, after = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:])
    print("\n".join(markdown(before, after)))


def markdown(before: Report, after: Report) -> Iterator[str]:
    verdict = "passed" if after["validation_passed"] else "**FAILED**"
    checks, earlier = (len(report["checks"]) for report in (after, before))
    yield f"Gate: {verdict}, {checks} checks{f' (main: {earlier})' if checks != earlier else ''}"
    yield ""
    for kind in ("errors", "warnings"):
        for text in after[kind]:
            yield f"- {kind[:-1]}{'' if text in before[kind] else ', new'}: {text}"


if __name__ == "__main__":
    main()
