"""The pages about diagnostics."""

import re
from pathlib import Path

from vegac.cli.problem import Problem
from vegac.source.registry import CODES
from vegac.source.suggest import did_you_mean

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "docs" / "diagnostics", _PACKAGE.parent / "docs" / "diagnostics")
"""Where the pages are in an installed package, and in a checkout."""


def page(code: str) -> str:
    """The page about a diagnostic, as Markdown. Raises Problem for an unknown one."""
    name = code.strip().strip("[]")
    if name not in CODES:
        near = did_you_mean(name, CODES)
        hint = near[:1].upper() + near[1:] if near else "'vegac explain' lists all of them."
        raise Problem(f"there is no diagnostic '{code}'", hint=hint)
    for folder in _FOLDERS:
        try:
            return _shown((folder / f"{name}.md").read_text(encoding="utf-8"))
        except OSError:
            continue
    declared = CODES[name]
    about = (
        "This version never reports it; settings and comments may name it already."
        if declared.planned
        else f"Severity: {declared.severity}. Since version {declared.since}."
    )
    return f"# {name}\n\n{declared.summary}\n\n{about}\n"


def _shown(text: str) -> str:
    """A page without its comments, which are for the tests of the page."""
    return re.sub(r"<!--.*?-->\n+", "", text, flags=re.DOTALL)


def catalogue() -> str:
    """All diagnostics, a line each."""
    longest = max(map(len, CODES))
    return "".join(
        f"{name:<{longest}}  {code.severity:<7}  {code.summary}\n"
        for name, code in sorted(CODES.items())
        if not code.planned
    )
