"""Reading data that a model or a tool wrote: JSON and YAML, with errors that quote the place."""

import json
import re
from math import isfinite
from typing import Any, NoReturn

from vega_runtime.errors import ExpressionError

_FENCE = re.compile(
    r"\s*(?P<fence>```+|~~~+)[^\n`]*\n(?P<body>.*?)\n?[ \t]*(?P=fence)\s*", re.DOTALL
)
_MAX_DEPTH = 64


def strip_fence(text: str) -> str:
    """The inside of the one code fence that the whole text is, or else the text itself."""
    found = _FENCE.fullmatch(text)
    return found["body"] if found else text


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises `ExpressionError` that quotes the place."""
    body = strip_fence(text)
    try:
        return _DECODER.decode(body)
    except json.JSONDecodeError as problem:
        raise ExpressionError(
            f"the text is not valid JSON: {problem.msg} at line {problem.lineno}, column "
            f"{problem.colno}{excerpt(body, problem.pos)}"
        ) from None
    except RecursionError:
        raise ExpressionError("the JSON is nested too deeply") from None
    except ValueError as problem:
        raise ExpressionError(f"the text is not valid JSON: {problem}") from None


def excerpt(text: str, position: int) -> str:
    """What stands at a position, for a message."""
    if not text.strip():
        return " (the text is empty)"
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


def parse_yaml(text: str) -> Any:
    """The value of a YAML text, read by the rules of program files.

    Plain scalars are null, `true`/`false`, decimal numbers, or else strings (dates too); keys are
    strings; tags other than YAML's own for these types are refused. Raises `ExpressionError`.
    """
    from vega_runtime.yaml_events import load

    return load(strip_fence(text))
