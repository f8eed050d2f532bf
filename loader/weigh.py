"""What a delivery takes away is weighed before it counts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from loader.errors import FileRefused
from loader.ledger import Load
from loader.options import LoadOptions
from loader.results import FileResult
from loader.sink import Ledger

WITHDRAWING = "only a file with its header and nothing else withdraws an earlier load"


@dataclass(frozen=True)
class Replacement:
    """A file that would replace the load `earlier`, read to its end, against what it would replace.

    orders_replaced: the distinct orders of the earlier load; orders_gone: those of them that neither
    this file nor any other active load has. None where nothing names an order's columns.
    """

    earlier: Load
    rows_now: int
    orders_replaced: int | None
    orders_gone: int | None
    is_withdrawal: bool = False

    def check(
        self, label: str, columns: tuple[str, ...], options: LoadOptions, *, has_lines: bool = False
    ) -> None:
        """Raises FileRefused where too large a share of the earlier load's rows or orders would go.

        columns: the file's. has_lines: the file has lines, and none of them is read as a record.
        """
        if self.is_withdrawal:
            return
        rows, limit = self.earlier.rows_loaded, options.shrink_limit
        too_much = rows - self.rows_now > limit * rows
        if self.orders_gone and self.orders_replaced:
            too_much |= self.orders_gone > limit * self.orders_replaced
        if not too_much:
            return
        orders = f"; {self.orders_text}" if self.orders_gone else ""
        lost, way_out = _lost_columns(columns, self.earlier, options)
        if has_lines:
            way_out = "none of its lines is read as a record: see file: in orders.yaml; "
        raise FileRefused(
            f"{label} {lost}would take away too much of load {self.earlier.load_id}, which it would replace:"
            f" {rows:,} row(s) then, {self.rows_now:,} now{orders} (max_shrink {options.max_shrink})",
            hint=f"{way_out}if a later file of this call has these orders, load again; give a file that comes"
            " beside the earlier one another name; if it is meant to shrink, allow it with"
            " --max-shrink 100% for one run, or file: {max_shrink: 100%} in orders.yaml",
        )

    @property
    def orders_text(self) -> str:
        return f"{self.orders_gone:,} of its {self.orders_replaced:,} order(s) are in no file any more"

    def notes(self) -> tuple[str, ...]:
        """What a person should hear of a replacement that went through."""
        load = self.earlier.load_id
        if self.is_withdrawal and self.earlier.rows_loaded:
            orders = f"; {self.orders_text}" if self.orders_gone else ""
            return (f"withdraws load {load} with its {self.earlier.rows_loaded:,} row(s){orders}",)
        return (f"of load {load}, which it replaces, {self.orders_text}",) if self.orders_gone else ()


def weigh(
    ledger: Ledger,
    earlier: Load,
    now: int | Set[str],
    rows_now: int,
    options: LoadOptions,
    *,
    keeps_all: bool = False,
    is_withdrawal: bool = False,
) -> Replacement:
    """now: the load that would supersede `earlier`, or the keys of its orders (see order_key).

    keeps_all: the orders of `earlier` are known to be in it, and need no count.
    """
    orders: tuple[int | None, int | None] = (None, None)
    if options.order_columns and (keeps_all or not earlier.rows_loaded):
        orders = None, 0
    elif options.order_columns:
        orders = ledger.orders_gone(
            earlier.load_id, now, options.order_columns, only_in_file=options.order_has_file_name
        )
    return Replacement(earlier, rows_now, *orders, is_withdrawal)


def judge(
    ledger: Ledger | None,
    label: str,
    result: FileResult,
    now: int | Set[str],
    options: LoadOptions,
    *,
    earlier: Load | None,
    begins_as_before: bool,
    known: Load | None,
) -> Replacement | None:
    """Whether a file that has been read may take the place of `earlier`, and what that takes away.

    ledger: None where nothing has ever been loaded. begins_as_before: the file's bytes are those of
    `earlier`, and more. known: a load of the same bytes; where it is `earlier`, this may have been misread.
    Raises FileRefused.
    """
    is_read_again = known is not None and earlier is not None and known.load_id == earlier.load_id
    before = None if is_read_again else earlier
    latest = ledger.latest() if ledger else None
    check_header(label, result.columns, options, before, latest)
    is_empty = not (result.rows_loaded or result.rows_rejected)
    if is_empty:
        check_lone_header(label, result.columns, options, latest)
    is_header_alone = is_empty and not result.left_out and not (known and known.rows_loaded)
    is_withdrawal = earlier is not None and is_header_alone and {*result.columns} == {*earlier.columns}
    if is_empty and not is_withdrawal and options.empty == "error":
        raise FileRefused(f"{label} has only a header", hint="file: empty in orders.yaml allows it")
    if not (ledger and earlier):
        return None
    if is_empty and not options.has_header:
        check_empty(f"{label} has no rows", earlier)
    if result.rows_rejected and not result.rows_loaded:
        raise FileRefused(
            f"{label}: none of its {result.rows_rejected} record(s) can be read, and it would"
            f" replace load {earlier.load_id}",
            hint="mend the file; one with its header alone withdraws what it had",
        )
    replacement = weigh(
        ledger,
        earlier,
        now,
        result.rows_loaded,
        options,
        keeps_all=begins_as_before and not is_read_again and result.columns == earlier.columns,
        is_withdrawal=is_withdrawal,
    )
    replacement.check(label, result.columns, options, has_lines=is_empty and not is_header_alone)
    return replacement


def check_header(
    label: str,
    columns: tuple[str, ...],
    options: LoadOptions,
    earlier: Load | None,
    latest: Load | None = None,
) -> None:
    """Refuse an error page, a JSON answer, another table's export: its header shares nothing with what was.

    earlier: what the file would replace. latest: of the source, which says the same of a new file where
    the mapping's columns are known. Raises FileRefused.
    """
    before = {
        *(earlier.columns if earlier else ()),
        *(latest.columns if latest and options.expected_columns else ()),
    }
    wanted = before & set(options.expected_columns or before)
    if not wanted or {*(options.expected_columns or before)} & set(columns):
        return
    named = ", ".join(name for name in (options.expected_columns or sorted(before)) if name in wanted)
    whose = f"load {earlier.load_id}, which it would replace" if earlier else "the loads before"
    raise FileRefused(
        f"{label}: its header has none of the columns of {whose}: it has {_shown(columns)}, not {named}",
        hint=f"this looks like an error page or another table's export: fetch the file again; {WITHDRAWING}",
    )


def check_lone_header(
    label: str, columns: tuple[str, ...], options: LoadOptions, latest: Load | None
) -> None:
    """Refuse one line that is no header of the mapping's, nor of the latest load's. Raises FileRefused."""
    known = {*options.expected_columns, *(latest.columns if latest else ())}
    if not options.has_header or not options.expected_columns or known & {*columns}:
        return
    raise FileRefused(
        f"{label}: its only line has none of the columns that orders.yaml maps:"
        f" it has {_shown(columns)}, not {', '.join(options.expected_columns)}",
        hint="if it is an error message, fetch the file again; if it is the header, map its columns",
    )


def check_empty(message: str, earlier: Load | None) -> None:
    """A file without a header withdraws nothing. Raises FileRefused."""
    if earlier and not earlier.is_empty:
        raise FileRefused(
            f"{message}, and it would replace load {earlier.load_id} with {earlier.rows_loaded:,} row(s)",
            hint=f"deliver the file again; {WITHDRAWING}",
        )


def _lost_columns(columns: tuple[str, ...], earlier: Load, options: LoadOptions) -> tuple[str, str]:
    """Which mapped columns of the earlier load a header lacks, and what to do where they were renamed."""
    lost = [n for n in options.expected_columns if n in earlier.columns and n not in columns]
    new = [name for name in columns if name not in earlier.columns]
    if not lost:
        return "", ""
    fault = f"lacks {', '.join(map(repr, lost))}, which orders.yaml maps"
    if not new:
        return f"{fault}, and ", "export these columns again; "
    nearest = _pairs(lost, new)
    names = ", ".join(f"{json.dumps(near, ensure_ascii=False)}: {name}" for name, near in nearest.items())
    shown = ", ".join(map(repr, dict.fromkeys(nearest.values())))
    return (
        f"{fault} (nearest of its new columns: {shown}), and ",
        f"if they were renamed, set file: {{names: {{{names}}}}} in orders.yaml; ",
    )


def _pairs(lost: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """For each lost name the new one that is most like it and nearer to no other; case does not count."""

    def likeness(pair: tuple[str, str]) -> float:
        return SequenceMatcher(None, pair[0].casefold(), pair[1].casefold()).ratio()

    pairs: dict[str, str] = {}
    for old, name in sorted(itertools.product(lost, new), key=likeness, reverse=True):
        if name not in pairs.values():
            pairs.setdefault(old, name)
    return {old: pairs[old] for old in lost if old in pairs}


def _shown(columns: tuple[str, ...]) -> str:
    return ", ".join(map(repr, columns[:5]))


def order_key(values: tuple[str | None, ...]) -> str | None:
    """One text for the values of an order's key columns, as raw.orders_gone makes it; None for no order."""
    trimmed = [(value or "").strip(" \t\r\n") for value in values]
    return "\x1f".join(trimmed) if any(trimmed) else None
