"""Files that were renamed, rotated or swapped since they were loaded keep their loads."""

from __future__ import annotations

from collections.abc import Sequence

from loader.errors import FileRefused
from loader.file_load import lock_file, weigh_known
from loader.files import InputFile
from loader.hashes import Hashes
from loader.ledger import Load
from loader.options import LoadOptions
from loader.results import Progress
from loader.sink import Ledger


def follow_moves(
    ledger: Ledger, files: Sequence[InputFile], hashes: Hashes, progress: Progress, options: LoadOptions
) -> dict[str, tuple[str, ...]]:
    """Give loads the names under which a call delivers their bytes now; before any of its files is loaded.

    A load moves when its own name has other bytes and another file of the call has its bytes: where
    exports are rotated, yesterday's orders.csv is orders_1.csv today. A load whose name is taken so and whose
    bytes no file has any more is superseded; by file name, what is to be reported of that.
    Raises FileRefused where that takes away too much.
    """
    wanted = find_moves(ledger, files, hashes)
    if not wanted:
        return {}
    names = {name for load, heir in wanted for name in (load.file_name, heir)}
    for file in files:  # in the order of every call, so that none waits for another in a circle
        if file.name in names:
            lock_file(ledger, file.name, progress)
    moves = [
        (load, heir) for load, heir in find_moves(ledger, files, hashes) if {load.file_name, heir} <= names
    ]
    notes = {}
    for load, earlier in displaced(ledger, moves):
        notes[earlier.file_name] = weigh_known(ledger, earlier.file_name, earlier, load, options).notes()
        ledger.supersede(earlier.load_id, load.load_id)
    ledger.rename({load.load_id: heir for load, heir in moves})
    return notes


def displaced(ledger: Ledger, moves: Sequence[tuple[Load, str]]) -> list[tuple[Load, Load]]:
    """Of the moving loads those that take the name of one that does not move, and that one."""
    moving = {load.load_id for load, _ in moves}
    taken = [(load, ledger.by_name(heir)) for load, heir in moves]
    return [(load, earlier) for load, earlier in taken if earlier and earlier.load_id not in moving]


def find_moves(ledger: Ledger, files: Sequence[InputFile], hashes: Hashes) -> list[tuple[Load, str]]:
    """Loads, each with the name it should have."""
    active = {load.file_name: load for load in ledger.active()}
    moves = []
    for file in files:
        load = active.get(file.name)
        if load and not load.is_empty and file.rereadable and _differs(file, load, hashes):
            heir = hashes.other_with(load.sha256, load.file_bytes, than=file)
            if heir:
                moves.append((load, heir.name))
    return moves


def _differs(file: InputFile, load: Load, hashes: Hashes) -> bool:
    try:
        return hashes.of(file, frozenset({load.file_bytes})) != load.sha256
    except FileRefused:  # it will say so in its own turn
        return False
