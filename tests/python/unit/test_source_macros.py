"""Which models are of a source beside the orders, by the macros."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rendered_macros import Refused, macros

from ready.gate.expectations import further_sources


def node(name: str, raw_code: str = "", package: str = "raw_to_ready") -> Any:
    return SimpleNamespace(name=name, resource_type="model", package_name=package, raw_code=raw_code)


def test_a_model_that_is_only_called_so_is_no_source() -> None:
    nodes = [
        node("orders_mapped", "{{ mapped_records() }}"),
        node("visits_mapped", "{{ source_mapped() }}"),
        node("regions_mapped", "select 1"),
        node("theirs_mapped", "{{ source_mapped() }}", "another"),
    ]
    graph = {"nodes": {f"model.{one.package_name}.{one.name}": one for one in nodes}}
    assert macros({}, graph)["further_sources"]() == ["visits"]
    ours = {id: vars(one) for id, one in graph["nodes"].items() if one.package_name == "raw_to_ready"}
    assert further_sources({"nodes": ours}) == ["visits"]


def test_a_model_is_of_the_source_that_it_is_called_by() -> None:
    of_name = macros({})["source_of_name"]
    names = ("visits", "visits_mapped", "visits_parsed", "visits_rejected", "visits_features")
    assert {of_name(name) for name in names} == {"visits"}
    assert of_name("visits_daily") == "visits_daily"


@pytest.mark.parametrize(("source", "file"), [("visits", "visits.yaml"), ("orders", "orders.yaml")])
@pytest.mark.parametrize(
    ("macro", "arguments"),
    [
        ("check_marks", [";", ""]),
        ("check_one_currency", [["€", "$"]]),
        ("check_time_format", ["DD.MM", ["DD", "MM"]]),
        ("check_pivot_year", [-1]),
        ("month_number", ["month", "fi"]),
        ("check_round", [7]),
    ],
)
def test_a_setting_is_refused_by_the_name_of_its_file(
    macro: str, arguments: list[Any], source: str, file: str
) -> None:
    mapped = node(f"{source}_mapped", "{{ source_mapped() }}" if source != "orders" else "")
    graph = {"nodes": {f"model.raw_to_ready.{mapped.name}": mapped}}
    with pytest.raises(Refused, match=f"^{file}: "):
        macros({}, graph, at_work=f"{source}_parsed")[macro](*arguments)
