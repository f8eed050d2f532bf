"""What a caller may choose, checked once."""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from decimal import Decimal

from loader.errors import InputError

# A share never stops a file for its first few rejects: one ragged line in a small file is a reject.
FREE_REJECTS = 3


@dataclass(frozen=True)
class RejectLimit:
    """How many rejected records a file may have: a count, or a share of its records (0 to 1)."""

    count: int | None = None
    share: Decimal | None = None

    @classmethod
    def parse(cls, text: str) -> RejectLimit:
        """`20` is a count, `0.5%` a share. Raises InputError for anything else."""
        if re.fullmatch(r"\d+", text):
            return cls(count=int(text))
        if re.fullmatch(r"\d+(\.\d+)?%", text) and Decimal(text[:-1]) <= 100:
            return cls(share=Decimal(text[:-1]) / 100)
        raise InputError(
            f"--max-rejects {text!r} is neither a count nor a share",
            hint="write a count such as 20, or a share such as 1% (at most 100%)",
        )

    def allowed(self, records: int) -> int:
        """The most rejects that a file of so many records may have; a share is rounded up."""
        if self.count is not None:
            return self.count
        return max(FREE_REJECTS, math.ceil((self.share or Decimal(0)) * records))


def parse_share(text: str) -> Decimal:
    """`50%` as 0.5. Raises InputError for anything else."""
    if re.fullmatch(r"\d+(\.\d+)?%", text) and Decimal(text[:-1]) <= 100:
        return Decimal(text[:-1]) / 100
    raise InputError(
        f"max_shrink {text!r} is no share",
        hint="write a share such as 50% (at most 100%, which lets everything go)",
    )


@dataclass(frozen=True)
class LoadOptions:
    """How to read the files of one call.

    source: groups files that replace each other by name. pattern: which files of a folder or
    archive count; `.gz`, `.zst` and `.zip` may follow it. delimiter, encoding: None detects them,
    per file. quote, escape: characters; without escape only a doubled quote stands for one.
    max_rejects: `20` or `1%`. name: the file name of standard input.
    workers: how many files load side by side.
    max_shrink: the largest share of an earlier load's rows or orders that a file may take away when it
    replaces it. empty: `allow` or `error`, for files of 0 bytes, of blank lines, or with a header alone.
    expected_columns: the CSV columns that the mapping reads; empty where that is not known. order_columns:
    those that make up an order's id; empty where nothing counts orders. order_has_file_name: the id is made of
    the file's name as well.
    Raises InputError for a value that cannot be.
    """

    source: str = "orders"
    pattern: str = "*.csv"
    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    escape: str | None = None
    max_rejects: str = "1%"
    name: str | None = None
    workers: int = 2
    max_shrink: str = "50%"
    empty: str = "allow"
    expected_columns: tuple[str, ...] = ()
    order_columns: tuple[str, ...] = ()
    order_has_file_name: bool = False

    def __post_init__(self) -> None:
        RejectLimit.parse(self.max_rejects)
        parse_share(self.max_shrink)
        if self.empty not in ("allow", "error"):
            raise InputError(f"empty: {self.empty!r} is neither allow nor error")
        if not self.source.strip():
            raise InputError("the source has no name", hint="name it, for example --source orders")
        self._check_characters()
        if self.encoding is not None:
            check_encoding(self.encoding)

    def _check_characters(self) -> None:
        """Each is one character, and they differ."""
        given = {"delimiter": self.delimiter, "quote": self.quote, "escape": self.escape}
        taken = {"\r", "\n", "\0"}
        for name, value in given.items():
            if value is None:
                continue
            if len(value) != 1 or value in taken:
                raise InputError(
                    f"the {name} must be one character, no line end, and not used otherwise: {value!r}",
                    hint="for example --delimiter ';' or --delimiter '\\t', --quote \"'\", --escape '\\'",
                )
            taken.add(value)

    @property
    def shrink_limit(self) -> Decimal:
        return parse_share(self.max_shrink)

    @property
    def reject_limit(self) -> RejectLimit:
        return RejectLimit.parse(self.max_rejects)


def check_encoding(name: str) -> str:
    """Python's own name of a text encoding. Raises InputError when there is none."""
    try:
        info = codecs.lookup(name)
        b"a".decode(name, "replace")  # fails for codecs that are no text encoding, such as hex
    except (LookupError, ValueError):
        raise InputError(
            f"unknown encoding: {name}", hint="for example utf-8, utf-16, cp1252 or cp437"
        ) from None
    return info.name
