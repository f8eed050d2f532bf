"""Bytes to text and back, such that a byte that is no text is neither lost nor fatal.

Such a byte b becomes the lone surrogate U+DC00 + b, which no valid text contains. Two more stand
in for line ends that are data (see `mask`). A record that still holds one of the first kind
cannot be stored, and `escaped` shows it as \\xNN.
"""

from __future__ import annotations

import codecs
import re

BYTE_BASE = 0xDC00
MASKED_CR, MASKED_LF = "\udd0d", "\udd0a"
SURROGATE = re.compile("[\ud800-\udfff]")
LONE_CR = re.compile(r"\r(?!\r*(?:\n|\Z))")
HANDLER = "loader.keep_bytes"


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(BYTE_BASE + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _keep_bytes)


def decode(data: bytes, encoding: str) -> str:
    return data.decode(encoding, HANDLER)


class Transcoder:
    """Makes blocks of UTF-8 out of a stream of any encoding, without its byte order mark.

    UTF-8 passes through as it is, so its bad bytes are still bytes; of other encodings they are
    encoded surrogates. `text` undoes either.
    """

    def __init__(self, encoding: str) -> None:
        self.is_utf8 = encoding == "utf-8"
        self._decoder = codecs.getincrementaldecoder(encoding)(HANDLER)
        self._started = False

    def utf8(self, data: bytes, *, final: bool) -> bytes:
        if not self.is_utf8:
            data = self._decoder.decode(data, final).encode("utf-8", "surrogatepass")
        if not self._started and data:
            self._started = True
            return data.removeprefix(codecs.BOM_UTF8)
        return data

    def text(self, block: bytes) -> str:
        return block.decode("utf-8", HANDLER if self.is_utf8 else "surrogatepass")


def mask(text: str, newline: str) -> str:
    """Replace what the csv module would trip over: NUL, and line ends that do not end a line here."""
    if "\0" in text:
        text = text.replace("\0", chr(BYTE_BASE))
    if newline == "\r":
        return text.replace("\n", MASKED_LF)
    return LONE_CR.sub(MASKED_CR, text) if "\r" in text else text


def unmask(text: str) -> str:
    """Undo `mask`, except for NUL, which the database cannot store."""
    return text.replace(MASKED_CR, "\r").replace(MASKED_LF, "\n")


def escaped(text: str) -> str:
    """The verbatim text of a record, its bad bytes as \\xNN, without its line end."""
    return SURROGATE.sub(_escape, unmask(text.rstrip("\r\n")))


def fault(text: str, encoding: str) -> str | None:
    """Why a value cannot be stored; None when it can."""
    found = SURROGATE.search(text)
    if not found:
        return None
    byte = ord(found[0]) - BYTE_BASE
    if byte == 0:
        return "NUL character"
    return f"byte 0x{byte:02X} is not {encoding}" if 0 < byte < 256 else f"half a character in {encoding}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    byte = code - BYTE_BASE
    return f"\\x{byte:02x}" if 0 <= byte < 256 else f"\\u{code:04x}"
