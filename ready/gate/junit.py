"""The report as JUnit XML, which CI systems read."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ready.gate.expectations import MODEL
from ready.gate.model import Check, Report
from ready.rendering.instants import utc_text

# XML 1.0 has no way to write these.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report) -> bytes:
    """One test case a check; a run that failed outside its checks is a test case of its own."""
    suite = ElementTree.Element("testsuite", name=f"gate.{MODEL}", timestamp=utc_text(report.run.started_at))
    for check in report.checks:
        _add_case(suite, check)
    shown = {text for check in report.checks for text in check.texts}
    for text in report.errors:
        if text not in shown:
            _add(_case(suite, MODEL, "run"), "error", text)
    counts = {
        "tests": "testcase",
        "failures": "testcase/failure",
        "errors": "testcase/error",
        "skipped": "testcase/skipped",
    }
    for attribute, path in counts.items():
        suite.set(attribute, str(len(suite.findall(path))))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_case(suite: ElementTree.Element, check: Check) -> None:
    case = _case(suite, f"{MODEL}.{check.column}" if check.column else MODEL, check.name)
    message = "; ".join(check.texts) or check.words
    if check.status == "fail":
        _add(case, "failure", message, _details(check))
    elif check.status == "error":
        _add(case, "error", message)
    elif check.status == "skipped":
        _add(case, "skipped", message)
    elif check.status == "warn":
        kind = "warning" if check.label == "warn" else check.label
        ElementTree.SubElement(case, "system-out").text = _clean(
            "\n".join([f"{kind}: {message}", _details(check)])
        )


def _case(suite: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=_clean(classname), name=_clean(name))


def _add(case: ElementTree.Element, kind: str, message: str, details: str = "") -> None:
    ElementTree.SubElement(case, kind, message=_clean(message)).text = _clean(details)


def _details(check: Check) -> str:
    return "\n".join(sample.text for sample in check.sample)


def _clean(text: str) -> str:
    return FORBIDDEN.sub("�", text)
