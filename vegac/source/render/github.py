"""Findings as annotations of GitHub Actions."""

from collections.abc import Iterable

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.render import arrange, from_repository
from vegac.source.render.cells import visible
from vegac.source.render.json import region

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}


def render(
    diagnostics: Iterable[Diagnostic],
    placements: Placements,
    *,
    unread: Iterable[str] = (),
    folder: str = "",
) -> str:
    """One workflow command a line, such as `::error file=a.yaml,line=1,col=2,...::message`.

    `unread` are messages about files that could not be read. GitHub knows files by their paths from
    the repository; `folder` is where in it those of `placements` begin.
    """
    lines = [f"::error::{_data(visible(message))}\n" for message in unread]
    lines += (
        _annotation(diagnostic, placements, folder) + "\n"
        for diagnostic in arrange(diagnostics, placements)
    )
    return "".join(lines)


def _annotation(diagnostic: Diagnostic, placements: Placements, folder: str) -> str:
    found = region(diagnostic.span, placements)
    properties = {"file": from_repository(found["file"], folder)}
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
