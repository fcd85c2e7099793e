"""Findings as SARIF 2.1.0, which code-scanning services read."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic, Fix
from vegac.source.file import Placements
from vegac.source.registry import CODES
from vegac.source.render import arrange, from_repository, locate
from vegac.source.render.json import pretty, region
from vegac.source.span import Span

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_PROBLEM = {"error": "error", "warning": "warning", "info": "recommendation"}
_LONGEST_LINE = 1000
"""Of a longer line the rest says no more about which one it is."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class _Places(Struct):
    """Where spans lie, and where in the repository the paths of their files begin."""

    placements: Placements
    folder: str


def render(
    diagnostics: Iterable[Diagnostic],
    placements: Placements,
    version: str,
    *,
    page: Callable[[str], str] | None = None,
    unread: Iterable[str] = (),
    folder: str = "",
) -> str:
    """A log with one run; columns count code points.

    `version` is the compiler's, `page` gives the Markdown page about a diagnostic, and `unread` are
    messages about files that could not be read. `folder` is where in the repository, from which
    services count, the paths of `placements` begin.
    """
    places = _Places(placements, folder)
    found = arrange(diagnostics, placements)
    used = sorted({diagnostic.code for diagnostic in found})
    driver = {
        "name": "vegac",
        "version": version,
        "rules": [_rule(code, page) for code in used],
    }
    seen: Counter[str] = Counter()
    results = [_result(diagnostic, places, used, seen) for diagnostic in found]
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(list(unread))],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return pretty({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, page: Callable[[str], str] | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    if declared := CODES.get(code):
        rule["shortDescription"] = {"text": declared.summary}
        rule["fullDescription"] = {"text": declared.summary}
        if page is not None:
            text = page(code)
            rule["help"] = {"text": text, "markdown": text}
        rule["defaultConfiguration"] = {"level": _LEVEL[declared.severity]}
        rule["properties"] = {"problem.severity": _PROBLEM[declared.severity]}
    return rule


def _invocation(unread: list[str]) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": not unread}
    if unread:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": message}} for message in unread
        ]
    return invocation


def _result(
    diagnostic: Diagnostic, places: _Places, rules: list[str], seen: Counter[str]
) -> dict[str, Any]:
    text = ". ".join(part for part in (diagnostic.message, diagnostic.hint) if part)
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rules.index(diagnostic.code),
        "level": _LEVEL[diagnostic.severity],
        "message": {"text": "\n".join((text, *diagnostic.notes))},
        "locations": [{"physicalLocation": _physical(diagnostic.span, places)}],
        "partialFingerprints": {"vega/v1": _fingerprint(diagnostic, places.placements, seen)},
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {
                "physicalLocation": _physical(label.span, places),
                "message": {"text": label.message},
            }
            for label in diagnostic.labels
        ]
    fixes = [
        _fix(fix, places)
        for fix in diagnostic.fixes
        if fix.edits and all(locate(edit.span, places.placements) for edit in fix.edits)
    ]
    if fixes:
        result["fixes"] = fixes
    return result


def _fingerprint(diagnostic: Diagnostic, placements: Placements, seen: Counter[str]) -> str:
    """What tells a finding apart from others, whatever lines are put before it."""
    location = locate(diagnostic.span, placements)
    place = ""
    if location is not None:
        line = location.file.line_text(location.position.line)
        place = f"{location.file.path}\0{line[:_LONGEST_LINE].strip()}"
    text = f"{diagnostic.code}\0{diagnostic.message}\0{place}"
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _fix(fix: Fix, places: _Places) -> dict[str, Any]:
    by_file: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        place = _physical(edit.span, places)
        by_file.setdefault(place["artifactLocation"]["uri"], []).append(
            {"deletedRegion": place["region"], "insertedContent": {"text": edit.text}}
        )
    changes = [
        {"artifactLocation": {"uri": uri}, "replacements": edits} for uri, edits in by_file.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _physical(span: Span, places: _Places) -> dict[str, Any]:
    found = region(span, places.placements)
    uri = _uri(from_repository(found["file"], places.folder))
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
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
