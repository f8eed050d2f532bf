"""The proposal on the examples' files, held against the mappings that people wrote for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT

from ready.definition.mapping import csv_columns, orders_meta
from ready.definition.meta import node_meta
from ready.suggest.mapping import suggest_mapping

EXAMPLES = PROJECT / "examples"
# What the proposal asks, of those columns that the example's mapping reads beside the proposed ones.
ASKED = {
    "shopify": {"Refunded Amount", "Cancelled at"},
    "woocommerce": set(),
    "stripe": {"Amount Refunded"},
    "square": {"Event Type"},
    "amazon": set(),
    "ebay": {"Paid On Date"},
    "etsy": {"Adjusted Order Total"},
    "paypal": {"Type"},
}
# What a person has to know: nothing in the files speaks for it.
UNASKED = {
    "amazon": {"shipping-price"},
    "ebay": {"Shipped On Date"},
    "square": {"Location", "Category"},
    "etsy": {"Order Type"},
    "paypal": {"Reference Txn ID", "To Email Address"},
}


def read_columns(meta: dict[str, Any]) -> dict[str, set[str]]:
    return {role: set(csv_columns(entry)) for role, entry in meta["columns"].items()}


@pytest.fixture(params=ASKED)
def vendor(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def proposed(folder: Path) -> tuple[dict[str, Any], str]:
    text = suggest_mapping([str(folder / "data")])
    (model,) = yaml.safe_load(text)["models"]
    return node_meta(model, "orders_mapped"), text


def test_the_columns_are_the_right_ones_or_asked_for(vendor: str) -> None:
    written = read_columns(orders_meta(EXAMPLES / vendor))
    meta, text = proposed(EXAMPLES / vendor)
    roles = read_columns(meta)
    for role in ("order_id", "customer_id", "order_ts", "amount"):
        assert roles[role] <= written[role], role
    missing = set().union(*written.values()) - set().union(*roles.values())
    comments = re.sub(r"\n +# (?!CHECK)", " ", text)
    asked = {name for name in missing if re.search(rf"CHECK: [^\n]*{re.escape(name)}|{name} has ", comments)}
    assert asked | UNASKED.get(vendor, set()) == missing | UNASKED.get(vendor, set())
    assert ASKED[vendor] & missing <= asked


def test_notations_are_those_of_the_mapping(vendor: str) -> None:
    written = orders_meta(EXAMPLES / vendor)["columns"]
    roles = proposed(EXAMPLES / vendor)[0]["columns"]
    for role, keys in {"order_ts": ("format",), "amount": ("thousands", "decimal", "currency")}.items():
        for key in keys:
            told = [
                entry.get(key) if isinstance(entry, dict) else None for entry in (written[role], roles[role])
            ]
            assert told[0] == told[1], (role, key)


def test_the_layout_is_found(vendor: str) -> None:
    wanted = orders_meta(EXAMPLES / vendor)
    meta, _ = proposed(EXAMPLES / vendor)
    assert meta["file"].get("header_line") == wanted["file"].get("header_line")
    assert ("footer_lines" in meta["file"]) == ("footer_lines" in wanted["file"])
    assert meta["file"].get("delimiter", ",") == wanted["file"]["delimiter"]
