"""PostgreSQL's SQL as Spark reads it, as far as the gate's rules write it."""

from __future__ import annotations

import re

WORDS = {"::text": "::string", "timestamptz": "timestamp"}
TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|::text\b|\btimestamptz\b""")


def identifier(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def text_literal(text: str) -> str:
    """As macros/engine/quote_literal.sql writes it, which says why."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\u0027").replace("${", "\\u0024{")
    return f"'{escaped}'"


def as_spark(sql: str) -> str:
    """Quotes names and texts as Spark does, and calls types by its words."""
    return TOKENS.sub(_token, sql)


def _token(match: re.Match[str]) -> str:
    token = match[0]
    if token[0] == "'":
        return text_literal(token[1:-1].replace("''", "'"))
    if token[0] == '"':
        return identifier(token[1:-1].replace('""', '"'))
    return WORDS[token]
