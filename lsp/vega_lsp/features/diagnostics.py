"""Findings as diagnostics of the protocol."""

from functools import cache
from pathlib import Path
from typing import Any

from lsprotocol import types

import vegac
from vega_lsp.positions import range_of
from vega_lsp.program import Program
from vega_lsp.session import Session
from vegac.source.diagnostic import Diagnostic

_ROOT = Path(vegac.__file__).resolve().parent
_PAGES = (_ROOT / "docs" / "diagnostics", _ROOT.parent / "docs" / "diagnostics")
"""Where the pages about diagnostics are in an installed package, and in a checkout."""
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
}
_UNUSED = ("unused-", "unreachable-step")


def diagnostics(session: Session, path: Path) -> list[types.Diagnostic]:
    """What is wrong in a file, as seen by all programs that it is part of."""
    found: dict[Any, types.Diagnostic] = {}
    programs = session.programs_of(path)
    for program in programs:
        for finding in program.findings(path):
            item = diagnostic(session, program, finding)
            if item is not None:
                place = (item.range.start.line, item.range.start.character)
                found.setdefault((place, item.code, item.message), item)
    return list(found.values())


def diagnostic(session: Session, program: Program, finding: Diagnostic) -> types.Diagnostic | None:
    """One finding of a program."""
    place = program.locate(finding.span)
    if place is None:
        return None
    related: list[types.DiagnosticRelatedInformation] = []
    for label in finding.labels:
        location = session.location(program, label.span)
        if location is not None:
            related.append(types.DiagnosticRelatedInformation(location, label.message))
    lines = [finding.message]
    if finding.hint:
        lines.append(finding.hint)
    lines += finding.notes
    return types.Diagnostic(
        range=range_of(place.file, place.start, place.end, session.encoding),
        message="\n".join(lines),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=_page(finding.code),
        source="vega",
        tags=[types.DiagnosticTag.Unnecessary] if finding.code.startswith(_UNUSED) else None,
        related_information=related or None,
    )


@cache
def _page(code: str) -> types.CodeDescription | None:
    """The page that explains a diagnostic, where it is installed."""
    for folder in _PAGES:
        page = folder / f"{code}.md"
        if page.is_file():
            return types.CodeDescription(page.as_uri())
    return None
