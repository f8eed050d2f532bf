"""Which files a call means: files, folders, globs, archives and standard input, in order of delivery."""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO, cast

from loader.errors import FileRefused, InputError
from loader.kinds import document_in_zip
from loader.streams import ByteStream, check_expansion, damage_refused

COMPRESSED = (".gz", ".zst")
STDIN = "-"
SPECIAL = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True)
class InputFile:
    """One file to load. `name` is its identity in the ledger, `label` what a person calls it.

    special: what a folder has instead of a file, such as `a named pipe`: to be passed over. leads_to: where
    a link of a folder leaves it.
    """

    given_name: str
    path: str
    member: str | None = None
    special: str | None = None
    leads_to: str | None = None

    @property
    def name(self) -> str:
        return valid_text(self.given_name)

    @property
    def label(self) -> str:
        return valid_text(f"{self.path}/{self.member}" if self.member else self.path)

    @property
    def rereadable(self) -> bool:
        """Not a pipe: it can be read twice."""
        return not self.leads_to and self.path != STDIN and os.path.isfile(self.path)

    def open(self) -> ByteStream:
        """Raises FileRefused when the file cannot be read."""
        if self.special:
            raise FileRefused(f"{self.label} is {self.special}, and no file")
        if self.leads_to:
            raise FileRefused(
                f"{self.label} is a link that leaves its folder: {self.leads_to}",
                hint="name the file itself, put it into the folder, or allow it: file: {links: follow}"
                " in orders.yaml",
            )
        with damage_refused(self.label):
            if self.path == STDIN:
                return ByteStream(sys.stdin.buffer, label="standard input", total=None)
            if self.member:
                return _open_member(self.path, self.member, self.label)
            raw = open(self.path, "rb")  # noqa: SIM115 - the stream closes it
            total = os.fstat(raw.fileno()).st_size if self.rereadable else None
            return ByteStream(raw, label=self.label, total=total)


def _open_member(path: str, member: str, label: str) -> ByteStream:
    archive = zipfile.ZipFile(path)
    entries = archive.infolist()
    if ".." in member.split("/"):
        raise FileRefused(f"{label} lies outside of its archive", hint="give the member a plain name")
    if sum(entry.filename == member for entry in entries) > 1:
        raise FileRefused(f"{label} is twice in its archive", hint="give the members different names")
    # All together, since members can share their bytes.
    check_expansion(path, sum(entry.file_size for entry in entries), os.path.getsize(path))
    entry = archive.getinfo(member)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise FileRefused(f"{label} is a link, and no file", hint="put the file itself into the archive")
    return ByteStream(cast(BinaryIO, archive.open(entry)), label=label, total=entry.file_size)


def find_files(
    paths: Iterable[str | os.PathLike[str]],
    pattern: str,
    name: str | None = None,
    *,
    follow_links: bool = False,
    leave_out: tuple[str, ...] = (),
) -> list[InputFile]:
    """The files that `paths` mean, each once, in the order given; a folder's in natural order.

    follow_links: read what links of a folder lead to outside of it. leave_out: folders below a folder, as
    seen from it, that are not looked into.
    Raises InputError for a path that is not there, for a folder or archive without a match, and
    for two files that would have the same name in the ledger.
    """
    found: dict[str, InputFile] = {}
    given = [os.fspath(path) for path in paths]
    if name and STDIN not in given:
        raise InputError(
            "--name is for standard input, and no path is -", hint="leave it out, or name the path -"
        )
    for path in given:
        for file in _expand(path, pattern, name, follow_links, leave_out):
            known = found.setdefault(file.name, file)
            if os.path.realpath(known.label) != os.path.realpath(file.label):
                raise InputError(
                    f"two files would both be recorded as {file.name}: {known.label} and {file.label}",
                    hint="name the folder above them instead, or load them as two sources (--source)",
                )
    if not found:
        raise InputError("no file to load", hint="name files, folders or globs")
    return list(found.values())


def _expand(
    path: str, pattern: str, name: str | None, follow_links: bool, leave_out: tuple[str, ...]
) -> Iterator[InputFile]:
    if path == STDIN:
        if not name:
            raise InputError("standard input has no name", hint="give it one with --name orders.csv")
        yield InputFile(name, STDIN)
    elif os.path.isdir(path):
        yield from _in_folder(path, pattern, follow_links, leave_out)
    elif os.path.lexists(path):
        yield from _given(path, os.path.basename(path), pattern)
    elif glob.has_magic(path):
        yield from _in_glob(path, pattern, follow_links)
    else:
        raise InputError(f"no such file or folder: {path}", hint="check the spelling of the path")


def _in_folder(
    folder: str, pattern: str, follow_links: bool, leave_out: tuple[str, ...] = ()
) -> Iterator[InputFile]:
    matches = [
        file
        for relative in _walk(folder)
        if not relative.startswith(tuple(f"{other}/" for other in leave_out))
        for file in _matching(folder, relative, pattern, follow_links)
    ]
    if not matches:
        raise InputError(
            f"no file matches {pattern} in {folder}",
            hint="put CSV files there, or name another folder or another --pattern",
        )
    yield from sorted(matches, key=lambda file: natural(file.name))


def _in_glob(path: str, pattern: str, follow_links: bool) -> Iterator[InputFile]:
    fixed = Path(*(part for part in _before_magic(Path(path).parts)))
    matches = sorted(glob.glob(path, recursive=True), key=natural)
    if not matches:
        raise InputError(f"no file matches {path}", hint="check the spelling of the glob")
    for match in matches:
        if os.path.isdir(match):
            if "**" not in path:
                yield from _in_folder(match, pattern, follow_links)
            continue
        relative = Path(os.path.relpath(match, fixed)).as_posix()
        odd = _odd(str(fixed), match, relative, follow_links)
        yield from [odd] if odd else _given(match, relative, pattern)


def _before_magic(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def _walk(folder: str) -> Iterator[str]:
    """Relative posix paths of all files below, hidden ones left out."""

    def unreadable(error: OSError) -> None:
        raise InputError(
            f"folder cannot be read: {error.filename}: {error.strerror}", hint="check its permissions"
        )

    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        for name in names:
            if not _is_hidden(name):
                yield Path(os.path.relpath(os.path.join(here, name), folder)).as_posix()


def _is_hidden(name: str) -> bool:
    return (name.startswith(".") and name != "..") or name == "__MACOSX"


def _matching(folder: str, relative: str, pattern: str, follow_links: bool) -> Iterator[InputFile]:
    path = os.path.join(folder, relative)
    is_wanted = matches(relative, pattern)
    if not (is_wanted or relative.lower().endswith(".zip")):
        return
    if odd := _odd(folder, path, relative, follow_links):
        yield odd
    elif is_wanted:
        yield InputFile(relative, path)
    else:
        yield from _members(path, relative, pattern)


def _odd(folder: str, path: str, relative: str, follow_links: bool) -> InputFile | None:
    """What a folder has that is no file of its own: opening it could wait for ever, or read other things."""
    real = os.path.realpath(path)
    if not follow_links and not Path(real).is_relative_to(os.path.realpath(folder)):
        return InputFile(relative, path, leads_to=valid_text(real))
    try:
        mode = os.stat(path).st_mode
    except OSError:  # opening it says what is wrong
        return None
    special = next((what for is_it, what in SPECIAL if is_it(mode)), None)
    return InputFile(relative, path, special=special) if special else None


def _given(path: str, name: str, pattern: str) -> Iterator[InputFile]:
    """A file named by the caller: the pattern does not apply, except within an archive."""
    if not (os.path.isfile(path) and zipfile.is_zipfile(path)) or document_in_zip(path):
        yield InputFile(name, path)
        return
    members = list(_members(path, name, pattern))
    if not members:
        raise InputError(f"no file matches {pattern} in the archive {path}", hint="name another --pattern")
    yield from members


def _members(path: str, name: str, pattern: str) -> list[InputFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except (OSError, zipfile.BadZipFile):
        return [InputFile(name, path)]  # opening it says what is wrong, and the other files still load
    chosen = [m for m in inside if matches(m, pattern) and not any(map(_is_hidden, m.split("/")))]
    return [InputFile(f"{name}/{member}", path, member) for member in sorted(chosen, key=natural)]


def matches(relative: str, pattern: str) -> bool:
    """Whether a path fits the glob, upper or lower case, with or without `.gz` or `.zst` after it.

    A pattern without a slash looks at the file's name, wherever the file lies.
    """
    target = (relative if "/" in pattern else relative.rpartition("/")[2]).lower()
    wanted = pattern.lower()
    return any(fnmatchcase(target, wanted + suffix) for suffix in ("", *COMPRESSED))


def valid_text(name: str) -> str:
    """A file name may hold bytes that are no text; those as \\xNN."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def natural(path: str) -> list[list[tuple[int, int, str]]]:
    """Sort key that puts orders_9 before orders_10, and orders.csv before `orders (1).csv` and orders-1.csv.

    So a name is compared without its extension first: what is added to a name comes after it.
    """
    return [_numbered(part) for name in path.split("/") for part in _stem_and_extension(name)]


def _stem_and_extension(name: str) -> tuple[str, str]:
    bare = name[: -len(os.path.splitext(name)[1])] if name.lower().endswith(COMPRESSED) else name
    stem = os.path.splitext(bare)[0]
    return stem, name[len(stem) :]


def _numbered(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", text)
    return [(0, 0, part) if i % 2 == 0 else (1, int(part), part) for i, part in enumerate(parts)]
