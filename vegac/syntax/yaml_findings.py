"""Findings about YAML that more than one step makes."""

import re

from vegac.source.diagnostic import Diagnostic, Label
from vegac.source.span import Span
from vegac.syntax.nodes import Scalar

OTHER_SIGNS = r"[ \t]*(=>?|:=|;|\uff1a)(?=[ \t\r\n]|$)"
"""What stands for the colon behind a key in other formats, or is next to it on the keyboard."""
OTHER_SIGN = re.compile(r"([\w.-]+)" + OTHER_SIGNS)

MIXED_HOLE = re.compile(r"(?:<<[^<>{}\r\n]*(\}\})|\{\{[^<>{}\r\n]*(>>))")
"""A hole that closes with the sign of the other kind."""

# Levels of nesting that a file may have.
MAX_DEPTH = 64


def too_deep(unit: str, offset: int) -> Diagnostic:
    """The finding for nesting beyond the limit."""
    message = f"more than {MAX_DEPTH} levels of nesting"
    return Diagnostic("limit-exceeded", "error", message, Span(unit, offset, offset + 1))


def duplicate_key(first: Scalar, second: Scalar) -> Diagnostic:
    """The finding for a key that was given before in the same mapping."""
    return Diagnostic(
        "duplicate-key",
        "error",
        f"the key '{second.value}' appears twice here; the first one counts",
        second.span,
        hint="remove or rename one of them",
        labels=(Label(first.span, "first given here"),),
    )


def quoted(text: str) -> str:
    """`text` as a quoted YAML scalar on one line: single quotes unless it holds some."""
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
