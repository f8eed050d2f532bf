"""What dbt says of a failure."""

from __future__ import annotations

import re
from typing import Any

# dbt's headline, or a hook's; a place in the SQL, the SQL's file; and what Spark's server puts before it.
NOISE = re.compile(r"(\w+ Error( in .*)?$|\S+ failed, error:$|LINE \d+:|\^|compiled code at )")
JAVA_CLASSES = re.compile(r"^([\w.$]+(Exception|Error): |Error running query: )+")


def brief_message(message: Any) -> str:
    """dbt's message in one line."""
    lines = [line.strip() for line in str(message or "").splitlines()]
    kept = [line for line in lines if line and not NOISE.match(line)]
    return JAVA_CLASSES.sub("", kept[0]) if kept else "no message"
