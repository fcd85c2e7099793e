"""Findings as JSON, for scripts."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements
from vegac.source.render import arrange, locate
from vegac.source.span import Span


def region(span: Span, placements: Placements) -> dict[str, Any]:
    """File, line and column of both ends, counted from 1; the end is exclusive.

    Without a place (a file that was not read) only the file's name is given.
    """
    location = locate(span, placements)
    if location is None:
        return {"file": span.unit.partition("#")[0]}
    return {"file": location.file.path, **ends(location)}


def ends(location: Location) -> dict[str, int]:
    start, end = location.position, location.end_position
    return {
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    }


def as_data(diagnostic: Diagnostic, placements: Placements) -> dict[str, Any]:
    """One finding as plain maps and lists."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **region(diagnostic.span, placements),
        "hint": diagnostic.hint,
        "labels": [
            {"message": label.message, **region(label.span, placements)}
            for label in diagnostic.labels
        ],
        "notes": list(diagnostic.notes),
        "suggestions": list(diagnostic.suggestions),
        "fixes": [
            {
                "title": fix.title,
                "applicability": fix.applicability,
                "edits": [
                    {"text": edit.text, **region(edit.span, placements)} for edit in fix.edits
                ],
            }
            for fix in diagnostic.fixes
        ],
    }


def render(
    diagnostics: Iterable[Diagnostic],
    placements: Placements,
    unread: Iterable[str] = (),
    more: Mapping[str, Any] | None = None,
) -> str:
    """An object with all findings, sorted by place, how many there are of each severity, messages
    about files that could not be read, and whatever `more` there is."""
    found = [as_data(diagnostic, placements) for diagnostic in arrange(diagnostics, placements)]
    totals = {
        f"{severity}s": sum(item["severity"] == severity for item in found)
        for severity in ("error", "warning", "info")
    }
    return pretty(
        {
            "version": 1,
            "diagnostics": found,
            "summary": totals,
            "unread": list(unread),
            **(more or {}),
        }
    )


def pretty(data: Any) -> str:
    """Indented JSON, ended by a line feed."""
    return msgspec.json.format(msgspec.json.encode(_encodable(data)), indent=2).decode() + "\n"


def _encodable(data: Any) -> Any:
    """Lone surrogates, which file names may hold, have no UTF-8 form."""
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, dict):
        return {_encodable(key): _encodable(value) for key, value in data.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(data, list):
        return [_encodable(value) for value in data]  # pyright: ignore[reportUnknownVariableType]
    return data
