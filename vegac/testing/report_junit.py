"""Results as JUnit XML, which CI services read."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from vegac.source.render.canvas import Style
from vegac.testing.report_text import failure, message
from vegac.testing.results import Result

# What XML 1.0 cannot hold in any form.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(results: Sequence[Result], seconds: float) -> str:
    """A document with a suite for each file."""
    failed = sum(not result.passed for result in results)
    root = ElementTree.Element(
        "testsuites",
        name="vegac test",
        tests=str(len(results)),
        failures=str(failed),
        errors="0",
        time=f"{seconds:.3f}",
    )
    files: dict[str, list[Result]] = {}
    for result in results:
        files.setdefault(result.file, []).append(result)
    for file, group in files.items():
        _suite(root, file, group)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="utf-8"?>\n', "\n")
    )


def _suite(root: ElementTree.Element, file: str, results: list[Result]) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_legal(file),
        tests=str(len(results)),
        failures=str(sum(not result.passed for result in results)),
        errors="0",
        skipped="0",
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    for result in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_legal(file),
            name=_legal(result.name or "(the file)"),
            file=_legal(file),
            line=str(result.line),
            time=f"{result.seconds:.3f}",
        )
        if not result.passed:
            failed = ElementTree.SubElement(case, "failure", message=_legal(message(result)))
            failed.text = _legal(failure(result, Style()))
        if result.printed:
            ElementTree.SubElement(case, "system-out").text = _legal(result.printed)


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
