"""A gate's result as JUnit XML, the form in which CI systems read test results.

Each part is a suite, and each check a case. A broken promise is a ``failure``; a miss or failure of
the harness is an ``error``.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from .failures import EnvironmentFailedError, sentence
from .files import write_whole
from .gate import Case, CaseOutcome, GateResult, Part

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ERRORS = {CaseOutcome.BLIND: "proved nothing", CaseOutcome.UNSETTLED: "unsettled"}


def write_junit(path: Path, result: GateResult | None) -> None:
    """Write the file; without a result, one that says that nothing was tested yet."""
    document = _document(result.parts if result is not None else [])
    ElementTree.indent(document)
    try:
        write_whole(path, ElementTree.tostring(document, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        raise EnvironmentFailedError(f"--junit cannot be written: {sentence(error)}") from error


def _document(parts: list[Part]) -> ElementTree.Element:
    document = ElementTree.Element("testsuites", name="capnsafe gate")
    totals = [0, 0, 0, 0, 0.0]
    for part in parts:
        counts = _suite(document, part)
        totals = [total + number for total, number in zip(totals, counts, strict=True)]
    _set_counts(document, *totals)
    return document


def _suite(document: ElementTree.Element, part: Part) -> tuple[int, int, int, int, float]:
    suite = ElementTree.SubElement(document, "testsuite", name=part.name)
    for case in part.cases:
        _case(suite, part.name, case)
    errors = [case for case in part.cases if case.outcome in _ERRORS]
    failures = [case for case in part.cases if case.outcome is CaseOutcome.FAILED]
    skipped = [case for case in part.cases if case.outcome is CaseOutcome.SKIPPED]
    tests = len(part.cases)
    if part.error is not None:
        tests += 1
        element = _testcase(suite, part.name, part.name, 0.0)
        _trouble(element, "error", type(part.error).__name__, str(part.error))
    broken = len(errors) + (part.error is not None)
    counts = (tests, len(failures), broken, len(skipped), part.seconds)
    _set_counts(suite, *counts)
    return counts


def _case(suite: ElementTree.Element, part: str, case: Case) -> None:
    element = _testcase(suite, part, case.name, case.seconds)
    if case.outcome is CaseOutcome.FAILED:
        _trouble(element, "failure", "promise broken", case.detail)
    elif case.outcome in _ERRORS:
        _trouble(element, "error", _ERRORS[case.outcome], case.detail)
    elif case.outcome is CaseOutcome.SKIPPED:
        ElementTree.SubElement(element, "skipped", message=_clean(case.detail))
    elif case.detail:
        ElementTree.SubElement(element, "system-out").text = _clean(case.detail)


def _testcase(
    suite: ElementTree.Element, part: str, name: str, seconds: float
) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"capnsafe.gate.{part}",
        name=_clean(name),
        time=f"{seconds:.3f}",
    )


def _trouble(element: ElementTree.Element, tag: str, kind: str, detail: str) -> None:
    first = detail.partition("\n")[0]
    trouble = ElementTree.SubElement(element, tag, type=kind, message=_clean(first))
    trouble.text = _clean(detail)


def _set_counts(
    element: ElementTree.Element,
    tests: float,
    failures: float,
    errors: float,
    skipped: float,
    seconds: float,
) -> None:
    element.set("tests", str(tests))
    element.set("failures", str(failures))
    element.set("errors", str(errors))
    element.set("skipped", str(skipped))
    element.set("time", f"{seconds:.3f}")


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold; exceptions may quote them."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
