"""The configs folder, read strictly: a typo must never read as a pass."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from ready.definition.mapping import source_names
from ready.errors import UsageError
from ready.lint.default_rules import check_default_rules, default_rules, rules_of_sources
from ready.lint.definitions import boolean_columns, check_features, model_columns
from ready.lint.document import Document, read_document
from ready.lint.finding import Finding, nearest
from ready.lint.grain import check_grain
from ready.lint.joined import check_joined
from ready.lint.lookups import check_lookups
from ready.lint.mapped import mapped_columns
from ready.lint.mapping import check_mapping, extra_columns, optional_columns
from ready.lint.names import check_names, check_switched_off
from ready.lint.rules import check_rules
from ready.lint.schema import check_schema, schema
from ready.lint.seeds import check_references, check_statuses
from ready.lint.signatures import known_tests
from ready.lint.sources import check_source, check_source_features, check_spine, parsed_columns
from ready.lint.tests import TestLinter
from ready.settings import Settings
from ready.workspace.config_files import CONFIG_FILES, foreign_files


def lint_configs(settings: Settings) -> list[Finding]:
    """Every fault of the files in settings.configs, by file and line; none when they are in order."""
    files = [settings.configs / name for name in CONFIG_FILES]
    mapped_by = [
        settings.configs / f"{name}.yaml"
        for name in source_names(settings.configs)
        if f"{name}.yaml" not in _mistyped(settings.configs)
    ]
    sources = {file.stem: read_document(file) for file in mapped_by}
    documents = {file.name: read_document(file) for file in files if file.is_file()}
    tests = known_tests(settings.product_dir, settings.project_dir)
    rules = default_rules(settings.product_dir, settings.project_dir)
    findings = list(_other_files(settings.configs))
    extras = extra_columns(documents.get("orders.yaml"))
    further = optional_columns(documents.get("orders.yaml"))
    booleans = boolean_columns(documents.get("features.yaml"))
    mapped = mapped_columns(documents.get("orders.yaml"))
    for name, document in documents.items():
        own = [*document.findings, *_against_schema(name, document)]
        # What a faulty definition makes is not known.
        features = document if name == "features.yaml" and not own else None
        columns = model_columns(features, [*(extras or ()), *further])
        findings += [*own, *document.notes, *TestLinter(document, tests, columns, booleans).check()]
        if name == "expectations.yaml":
            findings += check_default_rules(document, rules)
        if name == "features.yaml":
            findings += check_features(document, extras, mapped)
        if name == "expectations.yaml" and mapped:
            findings += check_rules(document, mapped, columns["orders_parsed"])
            findings += check_references(document, mapped, settings.project_dir)
        if name == "orders.yaml":
            findings += check_mapping(document, settings.product_dir)
    for document in sources.values():
        parsed = {f"{document.file.stem}_parsed": parsed_columns(document)}
        findings += [
            *document.findings,
            *check_source(document, settings.product_dir),
            *TestLinter(document, tests, parsed).check(),
            *check_default_rules(document, rules_of_sources(rules), next(iter(parsed))),
        ]
    if "features.yaml" in documents:
        findings += check_source_features(documents["features.yaml"], sources)
        findings += check_spine(documents["features.yaml"], sources)
        findings += check_joined(documents["features.yaml"], settings.project_dir)
    findings += check_lookups(sources, product=settings.product_dir, project=settings.project_dir)
    every = {**documents, **{f"{name}.yaml": document for name, document in sources.items()}}
    findings += check_names(every, rules)
    findings += check_switched_off(every)
    findings += check_statuses(settings.product_dir)
    findings += check_grain(documents)
    return sorted(set(findings), key=lambda finding: (finding.file, finding.line, finding.message))


def require_clean_configs(settings: Settings) -> list[Finding]:
    """The findings that stop no build; raises UsageError with the others. For commands that build."""
    findings = lint_configs(settings)
    stopping = [finding for finding in findings if finding.stops_build]
    if stopping:
        lines = "\n  ".join(str(finding) for finding in stopping)
        raise UsageError(
            f"{len(stopping)} fault(s) in the configs:\n  {lines}", hint="mend them; ready lint checks again"
        )
    return findings


def _other_files(configs: Path) -> Iterator[Finding]:
    """Files that are missing, and those that nobody reads."""
    foreign = foreign_files(configs)
    names, mistyped = _others(configs), _mistyped(configs)
    for name in CONFIG_FILES:
        if not (configs / name).is_file():
            near = nearest(name, names)
            yield Finding(configs / name, 1, "the file is missing", near)
    for file in foreign:
        if file.parent != configs or file.name not in mistyped:
            hint = "keep it elsewhere; models of your own go into the project's models folder"
            read = f"{', '.join(CONFIG_FILES)} and NAME.yaml of further sources"
            yield Finding(file, 1, f"is not read: of a configs folder only {read} are", hint).as_warning()


def _others(configs: Path) -> list[str]:
    """What may be meant for one of the three files."""
    files = configs.iterdir() if configs.is_dir() else ()
    return sorted(file.name for file in files if file.is_file() and file.name not in CONFIG_FILES)


def _mistyped(configs: Path) -> set[str]:
    missing = (name for name in CONFIG_FILES if not (configs / name).is_file())
    return {near for name in missing for near in difflib.get_close_matches(name, _others(configs), n=1)}


def _against_schema(name: str, document: Document) -> Iterator[Finding]:
    if name not in CONFIG_FILES or (document.value is None and document.findings):
        return
    yield from check_schema(document, document.value, (), schema(Path(name).stem))
    models = document.value.get("models") if isinstance(document.value, dict) else None
    if not isinstance(models, list):
        return
    if CONFIG_FILES[name] not in [model.get("name") for model in models if isinstance(model, dict)]:
        yield document.finding(("models",), f"the model {CONFIG_FILES[name]} is not described")
