"""Findings as annotations of GitHub Actions."""

from collections.abc import Iterable

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.render import arrange
from vegac.source.render.cells import visible
from vegac.source.render.json import region

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}


def render(diagnostics: Iterable[Diagnostic], placements: Placements) -> str:
    """One workflow command a line, such as `::error file=a.yaml,line=1,col=2,...::message`."""
    return "".join(
        _annotation(diagnostic, placements) + "\n"
        for diagnostic in arrange(diagnostics, placements)
    )


def _annotation(diagnostic: Diagnostic, placements: Placements) -> str:
    found = region(diagnostic.span, placements)
    properties = {"file": found["file"]}
    if "line" in found:
        properties |= {"line": found["line"], "col": found["column"], "endLine": found["end_line"]}
        # GitHub takes an end column only for places on one line.
        if found["line"] == found["end_line"]:
            properties["endColumn"] = found["end_column"]
    properties["title"] = diagnostic.code
    text = "\n".join((diagnostic.message, diagnostic.hint, *diagnostic.notes))
    shown = visible(text.replace("\n\n", "\n").rstrip())
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_COMMAND[diagnostic.severity]} {listed}::{_data(shown)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
