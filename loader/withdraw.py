"""Takes out what is loaded of a file, as a delivery of the file without a row would."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing

from loader.errors import InputError
from loader.file_load import lock_file
from loader.ledger import NewLoad
from loader.options import LoadOptions
from loader.results import FileResult, LoadSummary, Silent
from loader.sink import Session, Sink
from loader.weigh import weigh


def withdraw_files(sink: Sink, names: Sequence[str], options: LoadOptions) -> LoadSummary:
    """Supersede the active loads of these files by empty ones. Raises InputError for a name without one."""
    sink.prepare()
    with closing(sink.connect()) as session:
        return LoadSummary(options.source, tuple(_withdraw(session, name, options) for name in names))


def _withdraw(session: Session, name: str, options: LoadOptions) -> FileResult:
    with session.transaction(name, options.source) as transaction:
        ledger = transaction.ledger
        lock_file(ledger, name, Silent())
        earlier = ledger.by_name(name)
        if earlier is None or earlier.is_empty:
            raise InputError(f"nothing is loaded of {name}", hint="ready load --list shows the names")
        replacement = weigh(ledger, earlier, frozenset(), 0, options, is_withdrawal=True)
        load_id = ledger.next_id()
        ledger.supersede(earlier.load_id, load_id)
        ledger.record(
            NewLoad(
                load_id=load_id,
                source=options.source,
                file_name=name,
                sha256=hashlib.sha256().hexdigest(),
                size=0,
                rows_loaded=0,
                rows_rejected=0,
                columns=(),
                delimiter="",
                encoding="",
                reading=options.reading,
                rows_replaced=earlier.rows_loaded,
                orders_gone=replacement.orders_gone,
            )
        )
        return FileResult(
            name,
            f"superseded earlier load {earlier.load_id}",
            load_id=load_id,
            supersedes=earlier.load_id,
            rows_replaced=earlier.rows_loaded,
            orders_gone=replacement.orders_gone,
            warnings=(
                *replacement.notes(),
                "a file of this name that is still delivered is loaded again: take it out of the folder",
            ),
        )
