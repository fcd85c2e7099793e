"""Findings as text for people: message, place, excerpt, notes and fixes."""

from collections.abc import Iterable

from vegac.source.diagnostic import Applicability, Diagnostic
from vegac.source.file import Location, Placements
from vegac.source.render import arrange, locate
from vegac.source.render.canvas import Role, Style
from vegac.source.render.cells import visible
from vegac.source.render.excerpt import Mark, excerpt, line_numbers_width, wrapped

_LEAST = 8
"""Remarks always get so many columns, however narrow the terminal."""
_FIX: dict[Applicability, str] = {
    "safe": "fix",
    "unsafe": "fix (may change the meaning)",
    "display": "try",
}


def render(
    diagnostics: Iterable[Diagnostic], placements: Placements, style: Style | None = None
) -> str:
    """All findings, sorted by place, with a blank line between them; "" for none."""
    style = style or Style()
    return "\n".join(
        render_one(diagnostic, placements, style) for diagnostic in arrange(diagnostics, placements)
    )


def render_one(diagnostic: Diagnostic, placements: Placements, style: Style) -> str:
    """One finding, ended by a line feed."""
    lines = _headline(diagnostic, style)
    primary = locate(diagnostic.span, placements)
    remarks = [(note, "") for note in diagnostic.notes]
    marks: list[Mark] = []
    if primary is None:
        if diagnostic.hint:
            remarks.insert(0, (diagnostic.hint, ""))
    else:
        marks.append(Mark(primary, diagnostic.hint, diagnostic.severity))
        for label in diagnostic.labels:
            location = locate(label.span, placements)
            if location is not None:
                marks.append(Mark(location, label.message, "label"))
    gutter = line_numbers_width(marks)
    lines += excerpts(marks, style, gutter)
    remarks += [(fix.title, _FIX[fix.applicability]) for fix in diagnostic.fixes]
    for text, kind in remarks:
        lines += _remark(text, kind, style, gutter)
    return "\n".join(lines) + "\n"


def excerpts(marks: list[Mark], style: Style, gutter: int) -> list[str]:
    """The places of `marks` with their excerpts, the first mark's file first."""
    files: dict[str, list[Mark]] = {}
    for mark in marks:
        files.setdefault(mark.location.file.path, []).append(mark)
    lines: list[str] = []
    for group in files.values():
        arrow = ":::" if lines else "-->"
        lines += _lead(arrow, place(group[0].location), "frame", style, gutter)
        lines += excerpt(group, style, gutter)
    return lines


def place(location: Location) -> str:
    """ "team.vega.yaml:12:9"."""
    position = location.position
    path = visible(location.file.path).replace("\n", "\u240a")
    return f"{path}:{position.line}:{position.column}"


def _headline(diagnostic: Diagnostic, style: Style) -> list[str]:
    label = f"{diagnostic.severity}[{diagnostic.code}]"
    text = wrapped(f"{label}: {diagnostic.message}", style.width)
    return _painted(text, label, diagnostic.severity, "strong", style)


def _painted(lines: list[str], head: str, role: Role, rest: Role, style: Style) -> list[str]:
    """Lines that begin with `head`, which has a role of its own, though it may not fit into one."""
    painted: list[str] = []
    for line in lines:
        own = line[: len(head)]
        painted.append(style.paint(own, role) + style.paint(line[len(own) :], rest))
        head = head[len(own) :].lstrip(" ")
    return painted


def _lead(arrow: str, text: str, role: Role, style: Style, gutter: int) -> list[str]:
    """A line behind an arrow; what does not fit stands below."""
    start = gutter + len(arrow) + 1
    first, *others = wrapped(text, style.width and max(style.width - start, _LEAST))
    head = f"{' ' * gutter}{style.paint(arrow, role)} {first}"
    return [head, *(" " * start + line for line in others)]


def _remark(text: str, kind: str, style: Style, gutter: int) -> list[str]:
    start = gutter + 3
    role: Role = "good" if kind.startswith("fix") else ""
    full = f"{kind}: {text}" if kind else text
    lines = wrapped(full, style.width and max(style.width - start, _LEAST))
    if kind:
        lines = _painted(lines, kind, role, "", style)
    head = " " * (gutter + 1) + style.paint("=", "frame") + " " + lines[0]
    return [head, *(" " * start + line for line in lines[1:])]


def brief(diagnostic: Diagnostic, placements: Placements, style: Style) -> str:
    """One finding in one line: `team.vega.yaml:12:9: warning[unused-agent]: message`."""
    label = style.paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    location = locate(diagnostic.span, placements)
    where = f"{place(location)}: " if location else ""
    return f"{where}{label}: {visible(' '.join(diagnostic.message.split()))}"
