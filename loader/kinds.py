"""What a file is that is no CSV: known by how it begins."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from loader.errors import FileRefused

SAVE_AS_CSV = "save it as CSV (UTF-8) and load that"
EXPORT_CSV = "export it as CSV and load that"
UNPACK = "unpack it and load what is in it"
ASK_AGAIN = "it is probably an answer or an error of the system that exports: export the orders again"
MAGIC = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook or another Office file", SAVE_AS_CSV),
    (b"%PDF-", "a PDF", EXPORT_CSV),
    (b"PAR1", "a Parquet file", EXPORT_CSV),
    (b"ARROW1", "an Arrow file", EXPORT_CSV),
    (b"ORC\x01", "an ORC file", EXPORT_CSV),
    (b"ORC\n", "an ORC file", EXPORT_CSV),
    (b"Obj\x01", "an Avro file", EXPORT_CSV),
    (b"SQLite format 3\0", "an SQLite database", EXPORT_CSV),
    (b"{\\rtf", "a text document (RTF)", EXPORT_CSV),
    (b"\x89PNG\r\n", "an image", EXPORT_CSV),
    (b"\xff\xd8\xff", "an image", EXPORT_CSV),
    (b"GIF8", "an image", EXPORT_CSV),
    (b"\x1f\x8b\x08", "a gzip file within another one", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file within another one", UNPACK),
    (b"PK\x03\x04", "a zip archive within another file", UNPACK),
    (b"BZh", "a bzip2 file", UNPACK),
    (b"\xfd7zXZ\0", "an xz file", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"version https://git-lfs.github.com/spec/", "a pointer of Git LFS", "fetch the file: git lfs pull"),
    (b"/annex/objects/", "a pointer of git-annex", "fetch the file: git annex get"),
)
HTML = re.compile(r"<(!doctype\s+html|html|head|body|table|meta|script|div)\b", re.I)
BLANK = "\ufeff \t\r\n"
# Before the first element; the last one may have no end.
COMMENTS = re.compile(rf"\A(<!--(?s:.*?)(-->|\Z)[{BLANK}]*)+")
# An element with attributes, or one that is closed again: a header may have <NAMES> like these.
ELEMENT = re.compile(r"<([A-Za-z_][\w.:-]*)(\s[^<>]*=[^<>]*)?>")
JSON = re.compile(
    r'\{\s*"[^"\n]*"\s*:|\{\s*\}\s*\Z|\[\s*(\{\s*["}]|\[\s*["\d\[\]]|\]\s*\Z|"[^"\n]*"\s*[,\]]\s*")'
)
# What a zip archive holds that is one document.
DOCUMENTS = (
    ("xl/", "an Excel workbook", SAVE_AS_CSV),
    ("word/", "a Word document", EXPORT_CSV),
    ("ppt/", "a PowerPoint file", EXPORT_CSV),
    ("META-INF/manifest.xml", "an OpenDocument file", SAVE_AS_CSV),
    ("Index/", "a Numbers spreadsheet", SAVE_AS_CSV),
)


def refuse_other_kinds(label: str, sample: bytes) -> None:
    """Raises FileRefused when the first bytes are those of another kind of file."""
    for magic, what, hint in MAGIC:
        if sample.startswith(magic):
            raise not_csv(label, what, hint)


def refuse_markup(label: str, text: str) -> None:
    """The same for text: HTML, XML and JSON."""
    begin = text.lstrip(BLANK)
    start = COMMENTS.sub("", begin)
    if HTML.match(start):
        raise not_csv(label, "an HTML page", ASK_AGAIN)
    if start.startswith("<?xml"):
        spreadsheet = "urn:schemas-microsoft-com:office:spreadsheet" in start[:2000]
        raise not_csv(label, "an Excel workbook (XML)" if spreadsheet else "XML", SAVE_AS_CSV)
    element = ELEMENT.match(start)
    if element and (element[2] or f"</{element[1]}>" in start):
        raise not_csv(label, "XML or HTML", ASK_AGAIN)
    if begin.startswith("<!--"):
        raise not_csv(label, "XML or HTML", ASK_AGAIN)
    if JSON.match(start):
        raise not_csv(label, "JSON", ASK_AGAIN)


def document_in_zip(file: str | BinaryIO) -> tuple[str, str] | None:
    """What a zip archive is that holds one document, and what to do; None for an archive of files."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return None
    if not {"[Content_Types].xml", "META-INF/manifest.xml", "mimetype"} & {*names} and not any(
        name.endswith(".iwa") for name in names
    ):
        return None
    found = ((what, hint) for part, what, hint in DOCUMENTS if any(name.startswith(part) for name in names))
    return next(found, ("an Office document", EXPORT_CSV))


def not_csv(label: str, what: str, hint: str) -> FileRefused:
    return FileRefused(f"{label} is {what}, not CSV", hint=hint)
