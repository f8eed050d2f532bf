"""What the HTML files have in common: one folder of templates, and every value escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from ready.rendering.instants import utc_text


def render_page(template: str, **values: Any) -> str:
    """A page of ready/templates. Every value from data or configuration is escaped."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ready"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, utc=utc_text, thousands=thousands)
    return environment


def percent(share: float | None) -> str:
    """A share of 0 to 1 for people: never 0 % for what is not none."""
    if share is None:
        return "–"
    return f"{share:.2%}" if share >= 0.0001 or not share else "< 0.01%"


def thousands(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
