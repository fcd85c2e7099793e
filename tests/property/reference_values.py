"""Values of the language and their operators, after the language reference alone."""

import json
import math
from typing import Any


class Failure(Exception):
    """The expression has no value; the reasons are not told apart."""


class Unspecified(Exception):
    """The reference does not say what happens here: infinite results, digits of other scripts."""


class _Missing:
    pass


MISSING: Any = _Missing()


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> Any:
    if not is_number(value):
        raise Failure
    return value


def whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Failure
    return value


def string(value: Any) -> str:
    if not isinstance(value, str):
        raise Failure
    return value


def list_(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Failure
    return value


def text_of(value: Any) -> str:
    """What a template shows."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same to the last detail: `1`, `1.0` and `true` are three values,
    and the entries of a map have an order."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(map(same, left.values(), right.values()))
    return bool(left == right)


def equal(left: Any, right: Any) -> bool:
    """`==` of the language."""
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    return bool(left == right)


def binary(operator: str, left: Any, right: Any) -> Any:
    if operator == "+":
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        if isinstance(left, list) and isinstance(right, list):
            return left + right
    left, right = number(left), number(right)
    try:
        match operator:
            case "+":
                found = left + right
            case "-":
                found = left - right
            case "*":
                found = left * right
            case "/":
                found = left / right
            case "//":
                found = left // right
            case _:
                found = left % right
    except ZeroDivisionError:
        raise Failure from None
    except OverflowError:
        raise Unspecified from None
    return measured(found)


def measured(found: Any) -> Any:
    if isinstance(found, float) and not math.isfinite(found):
        raise Unspecified
    if isinstance(found, int) and found.bit_length() > 10_000:
        raise Unspecified
    return found


def compare(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
        case "in":
            return contained(left, right)
        case "not in":
            return not contained(left, right)
    if not (is_number(left) and is_number(right)):
        left, right = string(left), string(right)
    match operator:
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)


def contained(needle: Any, container: Any) -> bool:
    match container:
        case str():
            return string(needle) in container
        case list():
            return any(equal(needle, element) for element in container)
        case dict():
            return isinstance(needle, str) and needle in container
        case _:
            raise Failure


def part_of(owner: Any, key: Any) -> Any:
    """An entry of a map or an element of a list or string, `MISSING` where there is none."""
    if isinstance(owner, dict):
        return owner.get(key, MISSING) if isinstance(key, str) else MISSING
    if isinstance(owner, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return owner[key] if -len(owner) <= key < len(owner) else MISSING
    return MISSING


def slice_of(value: Any, start: int | None, end: int | None) -> Any:
    if not isinstance(value, list | str):
        raise Failure
    return value[start:end]
