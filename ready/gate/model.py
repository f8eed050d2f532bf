"""The one model of a gate's result; every rendering reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ready.gate.left_out import LeftOut
from ready.rendering.instants import utc_text

SCHEMA_VERSION = 1
MASK = "***"


@dataclass(frozen=True)
class Replacement:
    """An active load that took the place of an earlier one of its file's name.

    orders_gone: how many orders of the earlier one no file had any more; None where they were not counted.
    """

    load_id: int
    file: str
    rows_loaded: int
    rows_replaced: int
    orders_gone: int | None


@dataclass(frozen=True)
class RunInfo:
    """Which run a report belongs to.

    load_ids: the active loads that the gate read. versions: tool name -> version.
    config_warnings: what the lint reports of the configs without stopping.
    load_warnings: what files have that could not be read, and what they took away. replacements: the
    active loads that replaced others.
    left_out: what the filter of orders.yaml leaves out; None where it has none.
    data_folder: the folder that file names are relative to, as seen from the working folder.
    """

    invocation_id: str
    started_at: datetime
    finished_at: datetime
    load_ids: tuple[int, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    config_warnings: tuple[str, ...] = ()
    load_warnings: tuple[str, ...] = ()
    left_out: LeftOut | None = None
    replacements: tuple[Replacement, ...] = ()
    data_folder: str = ""


@dataclass(frozen=True)
class Sample:
    """One failing record: its place in the CSV, the value at fault, the whole row as text.

    against: the place of the record that it contradicts; empty for none.
    """

    file: str | None
    line: int | None
    value: str | None
    row: Mapping[str, str | None] = field(default_factory=dict)
    against: str = ""

    @property
    def place(self) -> str:
        """file:line, as editors and terminals understand it."""
        file = self.file or "?"
        return file if self.line is None else f"{file}:{self.line}"

    @property
    def shown_value(self) -> str:
        return "null" if self.value is None else self.value

    @property
    def text(self) -> str:
        """The place and the value; a file that lacks a column has no value to show."""
        places = f"{self.place} against {self.against}" if self.against else self.place
        return f"{places}: {self.shown_value}" if self.value is not None or self.row else places


@dataclass(frozen=True)
class ValueCount:
    """A value at fault, as the file has it, and the rows at fault that have it."""

    value: str | None
    rows: int

    @property
    def text(self) -> str:
        return f"{'null' if self.value is None else self.value} ({self.rows:,} row(s))"


@dataclass(frozen=True)
class PastRun:
    """One earlier result of a check, from meta.validation_results."""

    status: str
    failures: int
    created_at: datetime


@dataclass(frozen=True)
class Check:
    """One test of the gate.

    rule: the test's qualified name. words: the same for people. severity: error, warn or quarantine.
    status: pass, fail, warn, error or skipped. failures: rows at fault, counted below a threshold
    too; None when unknown. texts: what the check adds to the report's errors or warnings.
    query: lists every row at fault; empty when there is none to list. ceiling: the failures that are
    let pass, as "2 row(s)" or "1% of the rows"; empty for none, or no limit. notes: that it looks at
    nothing, whatever its status, or what its nulls are likely to be. values: of a rule on the values of
    one column those at fault, the most frequent first, where one comes again; distinct: how many there
    are. source: whose rows it judges.
    """

    name: str
    column: str | None
    rule: str
    severity: str
    status: str
    failures: int | None
    rows_checked: int | None
    words: str
    texts: tuple[str, ...] = ()
    sample: tuple[Sample, ...] = ()
    query: str = ""
    history: tuple[PastRun, ...] = ()
    ceiling: str = ""
    notes: tuple[str, ...] = ()
    values: tuple[ValueCount, ...] = ()
    distinct: int = 0
    source: str = "orders"

    @property
    def values_text(self) -> str:
        """Empty where there are none to tell."""
        rest = self.distinct - len(self.values)
        texts = [value.text for value in self.values] + ([f"{rest:,} other value(s)"] if rest else [])
        return ", ".join(texts) if self.values else ""

    @property
    def label(self) -> str:
        """The status as people read it."""
        return "set aside" if self.severity == "quarantine" and self.status == "warn" else self.status

    @property
    def allowance(self) -> str:
        """What the rule lets pass, in words; empty when it lets nothing pass."""
        done = "set aside" if self.severity == "quarantine" else "let pass"
        if self.ceiling:
            return f"up to {self.ceiling} {done}"
        return "rows set aside" if self.severity == "quarantine" else ""

    @property
    def blocks(self) -> bool:
        """A check that did not run is no pass."""
        return self.status in ("fail", "error", "skipped")

    @property
    def row_columns(self) -> list[str]:
        """The columns that its samples show; empty when they show none."""
        return list(self.sample[0].row) if self.sample else []

    @property
    def share(self) -> float | None:
        """Failures per row checked, 0 to 1."""
        return self.failures / self.rows_checked if self.failures and self.rows_checked else None


@dataclass(frozen=True)
class Report:
    """The result of one run of the gate. `errors` is empty exactly when it passed."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[Check, ...]
    run: RunInfo

    @property
    def validation_passed(self) -> bool:
        return not self.errors

    @property
    def files_at_fault(self) -> str:
        """The configs that say what has failed, in words."""
        sources = dict.fromkeys(check.source for check in self.checks if check.status in ("fail", "error"))
        names = [
            name
            for source in sources or ["orders"]
            for name in (("orders.yaml", "expectations.yaml") if source == "orders" else (f"{source}.yaml",))
        ]
        return " or ".join([", ".join(names[:-1])] * (len(names) > 1) + names[-1:])

    @property
    def set_aside(self) -> tuple[str, ...]:
        """Those of the warnings that tell of rows kept out of stg.orders."""
        return tuple(text for check in self.checks if check.label == "set aside" for text in check.texts)

    @property
    def mere_warnings(self) -> tuple[str, ...]:
        return tuple(text for text in self.warnings if text not in self.set_aside)

    def to_json(self) -> dict[str, Any]:
        """The documented form, see validation_report.schema.json."""
        return {
            "schema_version": SCHEMA_VERSION,
            "validation_passed": self.validation_passed,
            "errors": list(self.errors),
            "warnings": list(self.warnings),
            "checks": [_check_json(check) for check in self.checks],
            "run": {
                "invocation_id": self.run.invocation_id,
                "started_at": utc_text(self.run.started_at),
                "finished_at": utc_text(self.run.finished_at),
                "load_ids": list(self.run.load_ids),
                "replacements": [asdict(replacement) for replacement in self.run.replacements],
                "versions": dict(self.run.versions),
                **({"rows_left_out": self.run.left_out.rows} if self.run.left_out else {}),
            },
        }


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "column": check.column,
        "rule": check.rule,
        "severity": check.severity,
        "status": check.status,
        "failures": check.failures,
        "rows_checked": check.rows_checked,
        "sample": [{"file": s.file, "line": s.line, "value": s.value} for s in check.sample],
        **({"values": [asdict(v) for v in check.values], "distinct": check.distinct} if check.values else {}),
    }
