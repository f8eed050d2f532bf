"""Small dbt artifacts by hand: only the keys that the report reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from ready.gate.inspector import Connect
from ready.gate.model import Report, RunInfo
from ready.gate.report import build_report

MODEL_ID = "model.raw_to_ready.orders_parsed"
COLUMNS = ("order_id", "customer_id", "amount", "order_ts", "currency", "status")


class Gate:
    """Tests of orders_parsed with their results, and the expectations file that declares them."""

    def __init__(self, *, sensitive: Sequence[str] = (), columns: Sequence[str] = COLUMNS) -> None:
        meta = {name: {"sensitive": True} if name in sensitive else {} for name in columns}
        self.model = {
            "unique_id": MODEL_ID,
            "resource_type": "model",
            "name": "orders_parsed",
            "schema": "stg",
            "relation_name": '"stg"."orders_parsed"',
            "columns": {
                name: {"name": name, "meta": {}, "config": {"meta": {"ready": meta[name]}}}
                for name in columns
            },
        }
        self.nodes: dict[str, dict[str, Any]] = {}
        self.results: list[dict[str, Any]] = []
        self.written: list[tuple[str | None, dict[str, Any]]] = []

    def add(
        self,
        test: str,
        column: str | None = None,
        *,
        status: str | None = "fail",
        failures: int | None = 1,
        config: Mapping[str, Any] | None = None,
        message: str | None = None,
        compiled: str | None = None,
        **arguments: Any,
    ) -> str:
        """One test and its result (none when status is None); returns its name."""
        namespace, _, name = test.rpartition(".")
        unique = f"{name}_{column}_{len(self.nodes)}"
        unique_id = f"test.raw_to_ready.{unique}"
        self.nodes[unique_id] = {
            "unique_id": unique_id,
            "resource_type": "test",
            "name": unique,
            "column_name": column,
            "attached_node": MODEL_ID,
            "config": {
                "severity": "ERROR",
                "meta": {},
                "warn_if": "!= 0",
                "error_if": "!= 0",
                **(config or {}),
            },
            "test_metadata": {
                "name": name,
                "namespace": namespace or None,
                "kwargs": {**arguments, "column_name": column, "model": "{{ ref('orders_parsed') }}"},
            },
        }
        if status:
            self.results.append(
                {
                    "unique_id": unique_id,
                    "status": status,
                    "failures": failures,
                    "message": message,
                    "compiled_code": compiled,
                }
            )
        self.written.append((column, {test: {"arguments": arguments}}))
        return unique

    def expectations(self, folder: Path) -> Path:
        """The yaml, columns in the order in which their first test was added."""
        columns: dict[str, list[Any]] = {}
        for column, test in self.written:
            if column:
                columns.setdefault(column, []).append(test)
        model = {
            "name": "orders_parsed",
            "data_tests": [test for column, test in self.written if column is None],
            "columns": [{"name": name, "data_tests": tests} for name, tests in columns.items()],
        }
        path = folder / "expectations.yaml"
        path.write_text(yaml.safe_dump({"version": 2, "models": [model]}, sort_keys=False))
        return path

    def report(
        self, folder: Path, *, connect: Connect | None = None, run: RunInfo | None = None, ran: bool = True
    ) -> Report:
        return build_report(
            manifest={"nodes": {MODEL_ID: self.model, **self.nodes}},
            run_results={"results": self.results} if ran else None,
            expectations_file=self.expectations(folder),
            connect=connect,
            run=run or run_info(),
        )


def run_info(**changes: Any) -> RunInfo:
    started = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
    finished = datetime(2026, 3, 1, 12, 0, 5, tzinfo=timezone.utc)
    given: dict[str, Any] = {
        "invocation_id": "0f3c",
        "started_at": started,
        "finished_at": finished,
        "load_ids": (1, 2),
        "versions": {"ready": "0.1.0", "dbt": "1.11.16"},
        **changes,
    }
    return RunInfo(**given)


def assert_says(folder: Path, test: str, column: str | None, arguments: Mapping[str, Any], text: str) -> None:
    """A report on 3 failures of a test says just this, and does not pass."""
    gate = Gate()
    gate.add(test, column, failures=3, **arguments)
    report = gate.report(folder)
    assert report.errors == (text,)
    assert not report.validation_passed
