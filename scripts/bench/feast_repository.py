"""Whether Feast's get_historical_features gives the features of `ready export --feast`, row by row."""

from __future__ import annotations

import sys

from bench_serve import FEAST
from peers import answer_of, peer_python
from scratch import PROJECT, scratch


def main() -> None:
    with scratch() as place:
        repository = place.folder / "feature_repo"
        place.python("-m", "ready", "run", "--quiet", "--data", str(PROJECT / "data" / "raw"))
        place.python("-m", "ready", "export", "--quiet", "--feast", str(repository))
        answer = answer_of(peer_python("feast-online", *FEAST), "feast_reads.py", str(repository))
    print(
        f"Feast reads {answer['rows']:,} rows of {answer['features']} features; "
        f"values that differ, by how long after a row it asks: {answer['differ']}"
    )
    if any(answer["differ"].values()):
        sys.exit("Feast gives other values than the repository has")


if __name__ == "__main__":
    main()
