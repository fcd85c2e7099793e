"""Findings as SARIF 2.1.0, which code-scanning services read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vegac.source.diagnostic import Diagnostic, Fix
from vegac.source.file import Placements
from vegac.source.registry import CODES
from vegac.source.render import arrange
from vegac.source.render.json import pretty, region
from vegac.source.span import Span

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Iterable[Diagnostic], placements: Placements, version: str) -> str:
    """A log with one run. `version` is the compiler's; columns count code points."""
    found = arrange(diagnostics, placements)
    used = sorted({diagnostic.code for diagnostic in found})
    driver = {
        "name": "vegac",
        "version": version,
        "rules": [_rule(code) for code in used],
    }
    results = [_result(diagnostic, placements, used) for diagnostic in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return pretty({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    if declared := CODES.get(code):
        rule["shortDescription"] = {"text": declared.summary}
        rule["defaultConfiguration"] = {"level": _LEVEL[declared.severity]}
    return rule


def _result(diagnostic: Diagnostic, placements: Placements, rules: list[str]) -> dict[str, Any]:
    text = ". ".join(part for part in (diagnostic.message, diagnostic.hint) if part)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rules.index(diagnostic.code),
        "level": _LEVEL[diagnostic.severity],
        "message": {"text": "\n".join((text, *diagnostic.notes))},
        "locations": [{"physicalLocation": _physical(diagnostic.span, placements)}],
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {
                "physicalLocation": _physical(label.span, placements),
                "message": {"text": label.message},
            }
            for label in diagnostic.labels
        ]
    fixes = [_fix(fix, placements) for fix in diagnostic.fixes if fix.edits]
    if fixes:
        result["fixes"] = fixes
    return result


def _fix(fix: Fix, placements: Placements) -> dict[str, Any]:
    by_file: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        place = _physical(edit.span, placements)
        by_file.setdefault(place["artifactLocation"]["uri"], []).append(
            {"deletedRegion": place.get("region", {}), "insertedContent": {"text": edit.text}}
        )
    changes = [
        {"artifactLocation": {"uri": uri}, "replacements": edits} for uri, edits in by_file.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _physical(span: Span, placements: Placements) -> dict[str, Any]:
    found = region(span, placements)
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(found["file"])}}
    if "line" in found:
        place["region"] = {
            "startLine": found["line"],
            "startColumn": found["column"],
            "endLine": found["end_line"],
            "endColumn": found["end_column"],
        }
    return place


def _uri(path: str) -> str:
    pure = Path(path)
    if pure.is_absolute():
        return pure.as_uri()
    return quote(pure.as_posix(), errors="surrogateescape")
