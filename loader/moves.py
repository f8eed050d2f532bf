"""Files that were renamed, rotated or swapped since they were loaded keep their loads."""

from __future__ import annotations

from collections.abc import Sequence

from loader.errors import FileRefused
from loader.file_load import lock_file
from loader.files import InputFile
from loader.hashes import Hashes
from loader.ledger import Load
from loader.results import Progress
from loader.sink import Ledger


def follow_moves(ledger: Ledger, files: Sequence[InputFile], hashes: Hashes, progress: Progress) -> None:
    """Give loads the names under which a call delivers their bytes now; before any of its files is loaded.

    A load moves when its own name stands for other bytes and another file of the call has its bytes: where
    exports are rotated, yesterday's orders.csv is orders_1.csv today. A load whose name is taken so and whose
    bytes no file has any more is superseded.
    """
    wanted = _moves(ledger, files, hashes)
    if not wanted:
        return
    names = {name for load, heir in wanted for name in (load.file_name, heir)}
    for file in files:  # in the order of every call, so that none waits for another in a circle
        if file.name in names:
            lock_file(ledger, file.name, progress)
    moves = [(load, heir) for load, heir in _moves(ledger, files, hashes) if {load.file_name, heir} <= names]
    moving = {load.load_id for load, _ in moves}
    for load, heir in moves:
        replaced = ledger.by_name(heir)
        if replaced and replaced.load_id not in moving:
            ledger.supersede(replaced.load_id, load.load_id)
    ledger.rename({load.load_id: heir for load, heir in moves})


def _moves(ledger: Ledger, files: Sequence[InputFile], hashes: Hashes) -> list[tuple[Load, str]]:
    """Loads, each with the name it should have."""
    active = {load.file_name: load for load in ledger.active()}
    moves = []
    for file in files:
        load = active.get(file.name)
        if load and file.rereadable and _differs(file, load, hashes):
            heir = hashes.other_with(load.sha256, load.file_bytes, than=file)
            if heir:
                moves.append((load, heir.name))
    return moves


def _differs(file: InputFile, load: Load, hashes: Hashes) -> bool:
    try:
        return hashes.of(file, frozenset({load.file_bytes})) != load.sha256
    except FileRefused:  # it will say so in its own turn
        return False
