"""The conditions of the filter `if`: nothing, or an operator and a literal such as `>0`."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import values
from .errors import ExpressionError

CONDITION = r"\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<literal>\S(?:.*\S)?))?\s*"
INTEGER = re.compile(r"[+-]?\d+")
DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": values.equal,
    "!=": lambda left, right: not values.equal(left, right),
    "<": values.less,
    "<=": values.less_equal,
    ">": values.greater,
    ">=": values.greater_equal,
}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


def holds(value: Any, condition: object) -> bool:
    """Whether a condition holds for a value.

    The condition is empty or null (whether the value is true), a boolean (itself), or an operator
    and a literal. Raises `ExpressionError` for any other, and where the two cannot be compared.
    """
    if isinstance(condition, bool):
        return condition
    if condition is None:
        return bool(value)
    if not isinstance(condition, str):
        shown = values.describe(condition)
        raise ExpressionError(f"the filter `if` needs a condition such as '>0', not {shown}")
    compare, literal = _parse(condition)
    return bool(value) if compare is None else compare(value, literal)


@lru_cache(maxsize=256)
def _parse(condition: str) -> tuple[Callable[[Any, Any], bool] | None, Any]:
    found = re.fullmatch(CONDITION, condition, re.DOTALL)
    if found is None:
        raise ExpressionError(
            f"the filter `if` does not understand the condition '{condition}'; write nothing, "
            "or one of == != < <= > >= and a literal, such as '>0'"
        )
    if found["operator"] is None:
        return None, None
    return _COMPARE[found["operator"]], _literal(found["literal"])


def _literal(word: str) -> Any:
    if word in _WORDS:
        return _WORDS[word]
    if len(word) > 1 and word[0] in "'\"" and word[-1] == word[0]:
        return word[1:-1]
    if len(word) < 4000 and INTEGER.fullmatch(word):
        return int(word)
    if DECIMAL.fullmatch(word):
        return float(word)
    return word
