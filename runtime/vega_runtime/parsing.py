"""Reading data that a model or a tool wrote: JSON and YAML, with errors that quote the place."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

from .errors import ExpressionError

_FENCE = re.compile(r"(```+|~~~+)[^`]*")


def strip_fence(text: str) -> str:
    """The inside of the one code fence that the whole text is, or else the text itself."""
    rows = text.strip().split("\n")
    opening = _FENCE.fullmatch(rows[0])
    if opening is None or len(rows) < 2:
        return text
    fence = opening[1]
    inner = rows[1:-1]
    if rows[-1].strip() != fence or any(row.lstrip().startswith(fence) for row in inner):
        return text
    return "\n".join(inner)


def parse_json(text: str, subject: str = "the text") -> Any:
    """The value of a JSON text. Raises `ExpressionError` that quotes the place."""
    body = strip_fence(text)
    if not body.strip():
        raise ExpressionError(f"{subject} is empty, which is not valid JSON")
    try:
        return _DECODER.decode(body)
    except json.JSONDecodeError as problem:
        raise ExpressionError(
            f"{subject} is not valid JSON: {problem.msg} at line {problem.lineno}, column "
            f"{problem.colno}{excerpt(body, problem.pos)}"
        ) from None
    except RecursionError:
        raise ExpressionError(f"{subject} is not valid JSON: it is nested too deeply") from None
    except ValueError as problem:
        raise ExpressionError(f"{subject} is not valid JSON: {problem}") from None


def strict_json(text: str) -> Any:
    """The value of a JSON text as people and programs write it, without a code fence. Raises
    ValueError, also for what Python would let pass: `NaN`, numbers without end."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def excerpt(text: str, position: int) -> str:
    """What stands at a position, for a message."""
    if position >= len(text):
        return f", at the end of the text, after {text[-20:]!r}"
    return f", near {text[max(0, position - 10) : position + 20]!r}"


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON value")


def _float(word: str) -> float:
    number = float(word)
    if not isfinite(number):
        raise ValueError(f"the number {word[:20]} is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_float)


def parse_yaml(text: str, subject: str = "the text") -> Any:
    """The value of a YAML text, read by the rules of program files.

    Plain scalars are null, `true`/`false`, decimal numbers, or else strings (dates too); keys are
    strings; tags other than YAML's own for these types are refused. Raises `ExpressionError`.
    """
    from .yaml_data import load

    return load(strip_fence(text), subject)
