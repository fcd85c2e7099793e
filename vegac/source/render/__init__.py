"""How findings are shown: as text with excerpts, JSON, SARIF, or GitHub annotations."""

import posixpath
from collections.abc import Iterable

from vegac.source.diagnostic import Diagnostic, Severity
from vegac.source.file import Location, Placements
from vegac.source.span import Span

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def locate(span: Span, placements: Placements) -> Location | None:
    """Where a span lies, or None for a unit that was never placed (a file that was not read)."""
    try:
        return placements.locate(span)
    except KeyError:
        return None


def arrange(diagnostics: Iterable[Diagnostic], placements: Placements) -> list[Diagnostic]:
    """The findings sorted by place; of equal ones at the same place only the first is kept."""
    keyed: dict[tuple[str, int, int, int, str, str], Diagnostic] = {}
    for diagnostic in diagnostics:
        location = locate(diagnostic.span, placements)
        path, start, end = ("", 0, 0)
        if location:
            path, start, end = location.file.path, location.start, location.end
        order = _ORDER[diagnostic.severity]
        key = (path, start, end, order, diagnostic.code, diagnostic.message)
        keyed.setdefault(key, diagnostic)
    return [keyed[key] for key in sorted(keyed)]


def from_repository(path: str, folder: str) -> str:
    """A path that begins in a folder of a repository, as a path from the repository."""
    return posixpath.normpath(posixpath.join(folder, path)) if folder else path


def count(number: int, noun: str) -> str:
    """ "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(diagnostics: Iterable[Diagnostic], placements: Placements) -> str:
    """One line that counts the findings, such as "2 errors, 1 warning in 1 file"; "" for none."""
    totals: dict[Severity, int] = dict.fromkeys(_ORDER, 0)
    files: set[str] = set()
    for diagnostic in arrange(diagnostics, placements):
        totals[diagnostic.severity] += 1
        location = locate(diagnostic.span, placements)
        files.add(location.file.path if location else "")
    parts = [
        f"{number} info" if severity == "info" else count(number, severity)
        for severity, number in totals.items()
        if number
    ]
    return f"{', '.join(parts)} in {count(len(files), 'file')}" if parts else ""
