"""Changes of files as unified diffs."""

import io
import sys
from difflib import unified_diff

from vegac.source.render.canvas import Role, Style, style_of

_ROLES: dict[str, Role] = {"-": "error", "+": "good", "@": "label"}


def diff(path: str, before: str, after: str) -> str:
    """What changes in a file, as `patch` reads it, in colour where output is; "" for no change."""
    style = style_of(sys.stdout)
    lines = unified_diff(_lines(before), _lines(after), path, path)
    return "".join(_shown(line, number, style) for number, line in enumerate(lines))


def _shown(line: str, number: int, style: Style) -> str:
    role: Role = "strong" if number < 2 else _ROLES.get(line[0], "")
    if line.endswith("\n"):
        return style.paint(line[:-1], role) + "\n"
    return style.paint(line, role) + "\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    # `str.splitlines` knows more line ends than `patch`.
    return list(io.StringIO(text, newline="\n"))
