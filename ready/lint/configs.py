"""The configs folder, read strictly: a typo must never read as a pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ready.errors import UsageError
from ready.lint.default_rules import check_default_rules, default_rules
from ready.lint.definitions import boolean_columns, check_features, model_columns
from ready.lint.document import Document, read_document
from ready.lint.finding import Finding, nearest
from ready.lint.grain import check_grain
from ready.lint.mapping import check_mapping, extra_columns, optional_columns, reserved_names
from ready.lint.schema import check_schema, schema
from ready.lint.signatures import known_tests
from ready.lint.tests import TestLinter
from ready.settings import Settings

# Each file, and the model without which it does nothing.
FILES = {
    "orders.yaml": "orders_mapped",
    "expectations.yaml": "orders_parsed",
    "features.yaml": "customer_features",
}


def lint_configs(settings: Settings) -> list[Finding]:
    """Every fault of the yaml files in settings.configs, by file and line; none when they are in order."""
    documents = {file.name: read_document(file) for file in _yaml_files(settings.configs)}
    tests = known_tests(settings.project_dir)
    findings = list(_missing_files(settings.configs, documents))
    extras = extra_columns(documents.get("orders.yaml"))
    further = optional_columns(documents.get("orders.yaml"))
    booleans = boolean_columns(documents.get("features.yaml"))
    for name, document in documents.items():
        own = [*document.findings, *_against_schema(name, document)]
        # What a faulty definition makes is not known.
        features = document if name == "features.yaml" and not own else None
        columns = model_columns(features, [*(extras or ()), *further])
        findings += [*own, *TestLinter(document, tests, columns, booleans).check()]
        if name == "expectations.yaml":
            findings += check_default_rules(document, default_rules(settings.project_dir))
        if name == "features.yaml":
            findings += check_features(document, extras)
        if name == "orders.yaml":
            findings += check_mapping(document, reserved_names(settings.project_dir))
    findings += check_grain(documents)
    return sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.message))


def require_clean_configs(settings: Settings) -> None:
    """Raise UsageError with every finding; for commands that build."""
    findings = lint_configs(settings)
    if findings:
        lines = "\n  ".join(str(finding) for finding in findings)
        raise UsageError(
            f"{len(findings)} fault(s) in the configs:\n  {lines}", hint="mend them; ready lint checks again"
        )


def _yaml_files(configs: Path) -> list[Path]:
    """What dbt reads, in all folders below."""
    return sorted(file for file in configs.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())


def _missing_files(configs: Path, documents: dict[str, Document]) -> Iterator[Finding]:
    others = [name for name in documents if name not in FILES]
    for name in FILES:
        if name not in documents:
            yield Finding(configs / name, 1, "the file is missing", nearest(name, others))


def _against_schema(name: str, document: Document) -> Iterator[Finding]:
    if name not in FILES or (document.value is None and document.findings):
        return
    yield from check_schema(document, document.value, (), schema(Path(name).stem))
    models = document.value.get("models") if isinstance(document.value, dict) else None
    if not isinstance(models, list):
        return
    if FILES[name] not in [model.get("name") for model in models if isinstance(model, dict)]:
        yield document.finding(("models",), f"the model {FILES[name]} is not described")
