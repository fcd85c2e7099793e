"""Expressions in the manner of other languages, put into Vega's own words."""

import re

from vegac.syntax.expression_parser import parse_expression

# Where the hint of a problem names an operator, that is the cure.
_OPERATOR = re.compile(r"write '([a-z]+|[=!<>%/]+)'")
_MOST = 20  # operators of one expression


def cured(text: str) -> str | None:
    """An expression with its foreign operators (`&&`, `=`, `AND`) replaced; None where it has none
    or has other mistakes, too."""
    for _ in range(_MOST):
        parsed = parse_expression(text)
        if not parsed.problems:
            return text
        problem = parsed.problems[0]
        match = _OPERATOR.fullmatch(problem.hint)
        if match is None:
            return None
        before, after = text[: problem.start], text[problem.end :]
        word = match[1]
        if word.isalpha():
            # `a&&b` would become one word.
            word = " " * (before[-1:].isalnum() or before.endswith((")", "]", "_"))) + word
            word += " " * (not after.startswith(" "))
        text = before + word + after
    return None
