"""What a caller may choose, checked once."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loader.errors import InputError

# A share never stops a file for its first few rejects: one ragged line in a small file is a reject.
FREE_REJECTS = 3
# A footer is looked for among so many lines at the end.
MAX_FOOTER = 100
# What decides how the bytes of a file read.
READING = (
    "delimiter", "encoding", "quote", "escape", "header_line", "header", "names", "repeated_names", "comment",
    "footer_lines",
)  # fmt: skip


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
    per file. quote, escape: characters; without escape only a doubled quote means one.
    header_line: the physical line of the header, or the name of its first column; None is the first
    line that holds anything. header: `none` where files have no header, which needs names.
    names: a list in place of the header's names, or a mapping of those to rename.
    repeated_names: `number` makes the second `amount` amount_2. comment: what comment lines begin with.
    footer_lines: how many lines at the end are no data, or a regular expression of the first of them.
    expected_columns: the columns that somebody will read, key_columns those that must not be misread;
    both only help to tell whether a file is read rightly.
    max_rejects: `20` or `1%`. name: the file name of standard input.
    workers: how many files load side by side.
    max_shrink: the largest share of an earlier load's rows or orders that a file may take away when it
    replaces it. empty: `allow` or `error`, for files of 0 bytes, of blank lines, or with a header alone.
    order_columns: the CSV columns that make up an order's id; empty where nothing counts orders.
    order_has_file_name: the id is made of the file's name as well.
    again: load files that are in as well, read as they are now. links: `refuse` or `follow`, for links of
    a folder that lead out of it. leave_out: folders below a folder that is named, whose files are of other
    sources.
    Raises InputError for a value that cannot be.
    """

    source: str = "orders"
    pattern: str = "*.csv"
    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    escape: str | None = None
    header_line: int | str | None = None
    header: str | None = None
    names: tuple[str, ...] | Mapping[str, str] | None = None
    repeated_names: str | None = None
    comment: str | None = None
    footer_lines: int | str | None = None
    expected_columns: tuple[str, ...] = ()
    key_columns: tuple[str, ...] = ()
    max_rejects: str = "1%"
    name: str | None = None
    workers: int = 2
    max_shrink: str = "50%"
    empty: str = "allow"
    order_columns: tuple[str, ...] = ()
    order_has_file_name: bool = False
    again: bool = False
    links: str = "refuse"
    leave_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        RejectLimit.parse(self.max_rejects)
        parse_share(self.max_shrink)
        if self.empty not in ("allow", "error"):
            raise InputError(f"empty: {self.empty!r} is neither allow nor error")
        if self.links not in ("refuse", "follow"):
            raise InputError(f"links: {self.links!r} is neither refuse nor follow")
        if not self.source.strip():
            raise InputError("the source has no name", hint="name it, for example --source orders")
        self._check_characters()
        if self.encoding is not None:
            check_encoding(self.encoding)
        self._check_header()
        self._check_names()
        self._check_footer()

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

        if self.comment is not None and (not self.comment.strip() or taken & set(self.comment)):
            raise InputError(
                f"comment must be what comment lines begin with, not used otherwise: {self.comment!r}",
                hint='for example comment: "#"',
            )

    def _check_header(self) -> None:
        if isinstance(self.header_line, int) and self.header_line < 1:
            raise InputError(f"header_line counts from 1, not {self.header_line}", hint="line 1 is the first")
        if isinstance(self.header_line, str) and not self.header_line.strip():
            raise InputError("header_line is blank", hint="name the header's line, or its first column")
        if self.header not in (None, "none"):
            raise InputError(
                f"header can only be none, not {self.header!r}", hint="see header_line and names"
            )
        if self.has_header:
            return
        if self.header_line is not None:
            raise InputError("header: none and header_line exclude each other", hint="leave one of them out")
        if not self.names or isinstance(self.names, Mapping):
            raise InputError("header: none needs names", hint="for example names: [order_id, customer_id]")

    def _check_names(self) -> None:
        if self.repeated_names not in (None, "number"):
            raise InputError(f"repeated_names can only be number, not {self.repeated_names!r}")
        names = list(self.names.values() if isinstance(self.names, Mapping) else self.names or ())
        if any(not name.strip() for name in names):
            raise InputError("names has a blank name", hint="give each column a name")
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise InputError(f"names has {', '.join(repeated)} twice", hint="name each column once")

    def _check_footer(self) -> None:
        if isinstance(self.footer_lines, int) and not 0 <= self.footer_lines <= MAX_FOOTER:
            raise InputError(f"footer_lines must be 0 to {MAX_FOOTER}, not {self.footer_lines}")
        if isinstance(self.footer_lines, str):
            try:
                re.compile(self.footer_lines)
            except re.error as error:
                raise InputError(
                    f"footer_lines is no regular expression: {self.footer_lines!r}: {error}",
                    hint='for example footer_lines: "Totals?:"',
                ) from None

    @property
    def reading(self) -> dict[str, Any]:
        """What is set of how files are read, as it is recorded with each load."""
        values = {name: getattr(self, name) for name in READING}
        given = {name: value for name, value in values.items() if value != getattr(LoadOptions, name)}
        if self.encoding:
            given["encoding"] = check_encoding(self.encoding)
        if isinstance(self.names, tuple):
            given["names"] = list(self.names)
        return given

    @property
    def has_header(self) -> bool:
        return self.header is None

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
