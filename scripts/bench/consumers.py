"""Which libraries take X and y as they are given: tries them and writes the table of docs/consumers.md.

Each library is installed into a virtual environment beside its pandas, where `ready` has pyarrow alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from peers import answer_of, peer_python
from scratch import PROJECT, Scratch, scratch

sys.path.append(str(PROJECT / "tests" / "python"))
from arrow_training_set import export, sample

PANDAS_3, SCIKIT_LEARN = "pandas==3.1.1", "scikit-learn==1.9.1"
SHARED = (
    SCIKIT_LEARN, "pyarrow==26.0.1", "xgboost-cpu==3.2.0", "lightgbm==4.7.0", "catboost==1.2.10",
)  # fmt: skip
ENVIRONMENTS = {
    "consumers_pandas_2": ("pandas==2.3.3", *SHARED),
    "consumers_pandas_3": (PANDAS_3, *SHARED, "polars==2.1.0", "duckdb==2.0.1", "torch==2.15.0"),
}
PAGE = PROJECT / "docs" / "consumers.md"
BLOCK = re.compile(r"(<!-- table -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    pythons = [peer_python(name, *packages) for name, packages in ENVIRONMENTS.items()]
    with scratch() as place:
        folders = [delivered(place), every_type(place.folder)]
        found = [answer_of(python, "consume_with.py", *map(str, folders)) for python in pythons]
    rows = {
        (name, answer["versions"]): [answer[str(folder)] for folder in folders]
        for each in found
        for name, answer in each.items()
    }
    table = [
        "| library | versions | as delivered | with text, truths and missing counts |",
        "|---|---|---|---|",
    ]
    for (name, versions), answers in sorted(rows.items(), key=lambda row: row[0][0].lower()):
        table.append(f"| {' | '.join([name, versions, *(answer or 'yes' for answer in answers)])} |")
    text = BLOCK.sub(
        lambda block: f"{block[1]}{chr(10).join(table)}\n{block[2]}", PAGE.read_text(encoding="utf-8")
    )
    PAGE.write_text(text, encoding="utf-8")
    print("\n".join(table))
    if refused := [name for (name, _), (delivered_says, _) in rows.items() if delivered_says]:
        sys.exit(f"the data set as delivered is not taken by {', '.join(refused)}")


def delivered(place: Scratch) -> Path:
    """The export of data/raw with the configs as they are."""
    place.python("-m", "ready", "run", "--quiet", "--data", str(PROJECT / "data" / "raw"))
    (folder,) = place.folder.rglob("customer_features/v1")
    return folder


def every_type(folder: Path) -> Path:
    """Rows with a feature of each type, each with nulls."""
    return export(sample(60), folder / "every_type")


if __name__ == "__main__":
    main()
