"""The operators of the language on values whose type is known only at run time.

Emitted code uses Python's own operators where types are known. These functions hold the same
meaning for `any`, and raise `ExpressionError` with a message for people where Python would fail or
do something that the language does not mean: a boolean is not a number, `%` does not format, a
result is never infinite.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, cast

from .errors import ExpressionError
from .kinds import is_integer, is_list, is_map, is_number, kind
from .text import fields, text

_MAX_BITS = 14_000
"""About 4,200 decimal digits: the most that Python writes out; guards loops that keep squaring."""


# --- values in messages ---------------------------------------------------------------------------


def describe(value: object) -> str:
    """A value in a message: its type and the start of its text."""
    word = kind(value)
    if value is None:
        return word
    if isinstance(value, str):
        return f"the string {_shorten(repr(value[:60]), len(value) > 60)}"
    if (is_list(value) or is_map(value)) and len(value) > 20:
        return f"a {word} of {len(value)} elements"
    return f"the {word} {_shorten(text(value))}"


def _shorten(shown: str, cut: bool = False, limit: int = 48) -> str:
    if len(shown) <= limit and not cut:
        return shown
    quote = shown[0] if shown[:1] in "'\"" else ""
    return f"{shown[: limit - 1].rstrip(quote or None)}…{quote}"


# --- arithmetic ----------------------------------------------------------------------------------


def add(left: Any, right: Any) -> Any:
    """`left + right`: numbers add, strings join, lists join."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if is_list(left) and is_list(right):
        return [*left, *right]
    if is_number(left) and is_number(right):
        return _compute(operator.add, "+", left, right)
    if isinstance(left, str) or isinstance(right, str):
        cure = "to join text, write a template or turn the other side into text with `| string`"
    else:
        cure = "+ needs two numbers, two strings or two lists"
    raise ExpressionError(f"cannot add {describe(left)} and {describe(right)}; {cure}")


def sub(left: Any, right: Any) -> Any:
    """`left - right` of two numbers."""
    return _arithmetic(operator.sub, "-", left, right)


def mul(left: Any, right: Any) -> Any:
    """`left * right` of two numbers."""
    return _arithmetic(operator.mul, "*", left, right)


def div(left: Any, right: Any) -> Any:
    """`left / right` of two numbers, as a float."""
    return _arithmetic(_divide, "/", left, right)


def floordiv(left: Any, right: Any) -> Any:
    """`left // right` of two numbers, rounded down."""
    return _arithmetic(_divide_down, "//", left, right)


def mod(left: Any, right: Any) -> Any:
    """`left % right` of two numbers; the sign is that of `right`."""
    return _arithmetic(operator.mod, "%", left, right)


def neg(value: Any) -> Any:
    """`-value` of a number."""
    if is_number(value):
        return -value
    raise ExpressionError(f"cannot negate {describe(value)}; - needs a number")


def _divide(left: float, right: float) -> float:
    return left / right


def _divide_down(left: float, right: float) -> float:
    return left // right


def _arithmetic(function: Callable[[Any, Any], Any], symbol: str, left: Any, right: Any) -> Any:
    if is_number(left) and is_number(right):
        return _compute(function, symbol, left, right)
    wrong = right if is_number(left) else left
    cure = "convert it with `| int` or `| float`" if isinstance(wrong, str) else "it needs numbers"
    raise ExpressionError(
        f"cannot compute {describe(left)} {symbol} {describe(right)}; "
        f"{symbol} needs two numbers, and {describe(wrong)} is none"
        + (f" ({cure})" if isinstance(wrong, str) else "")
    )


def _compute(
    function: Callable[[Any, Any], Any], symbol: str, left: int | float, right: int | float
) -> Any:
    try:
        if function is operator.mul and isinstance(left, int) and isinstance(right, int):
            _check_bits(left.bit_length() + right.bit_length(), symbol)
        return finite(function(left, right), symbol)
    except ZeroDivisionError:
        raise ExpressionError(
            f"division by zero: {_shorten(text(left))} {symbol} {text(right)}"
        ) from None
    except OverflowError:
        raise _too_large(symbol) from None


def finite(result: Any, symbol: str) -> Any:
    """A computed number as it is; `ExpressionError` if it is infinite or absurdly long."""
    if isinstance(result, float):
        if not isfinite(result):
            raise _too_large(symbol)
    elif isinstance(result, int):
        _check_bits(result.bit_length(), symbol)
    return result


def _check_bits(bits: int, symbol: str) -> None:
    if bits > _MAX_BITS:
        raise _too_large(symbol)


def _too_large(symbol: str) -> ExpressionError:
    return ExpressionError(f"the result of {symbol} is too large a number")


# --- comparison ----------------------------------------------------------------------------------


def equal(left: Any, right: Any) -> bool:
    """`left == right`, deep; `1 == 1.0`, but a boolean equals no number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_list(left):
        return is_list(right) and len(left) == len(right) and all(map(equal, left, right))
    if is_map(left):
        return (
            is_map(right)
            and len(left) == len(right)
            and all(key in right and equal(value, right[key]) for key, value in left.items())
        )
    return bool(left == right)


def less(left: Any, right: Any) -> bool:
    """`left < right` of two numbers or two strings."""
    return _order(operator.lt, "<", left, right)


def less_equal(left: Any, right: Any) -> bool:
    """`left <= right` of two numbers or two strings."""
    return _order(operator.le, "<=", left, right)


def greater(left: Any, right: Any) -> bool:
    """`left > right` of two numbers or two strings."""
    return _order(operator.gt, ">", left, right)


def greater_equal(left: Any, right: Any) -> bool:
    """`left >= right` of two numbers or two strings."""
    return _order(operator.ge, ">=", left, right)


def _order(function: Callable[[Any, Any], bool], symbol: str, left: Any, right: Any) -> bool:
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return function(left, right)
    message = f"cannot compare {describe(left)} {symbol} {describe(right)}; "
    if (is_number(left), is_number(right)) != (False, False) and "string" in (
        kind(left),
        kind(right),
    ):
        message += "turn the string into a number with `| int` or `| float`"
    else:
        message += f"{symbol} needs two numbers or two strings"
    raise ExpressionError(message)


def contains(needle: Any, haystack: Any) -> bool:
    """`needle in haystack`: part of a string, element of a list, or key of a map."""
    if isinstance(haystack, str):
        if isinstance(needle, str):
            return needle in haystack
        raise ExpressionError(
            f"cannot look for {describe(needle)} in a string; turn it into text with `| string`"
        )
    if is_list(haystack) or is_map(haystack):
        if isinstance(needle, str):
            return needle in haystack
        return any(equal(needle, element) for element in haystack)
    raise ExpressionError(
        f"cannot look for {describe(needle)} in {describe(haystack)}; "
        "`in` needs a string, a list or a map on its right"
    )


# --- parts of a value ----------------------------------------------------------------------------


def field(value: Any, name: str) -> Any:
    """`value.name`: an entry of a map."""
    if is_map(value):
        if name in value:
            return value[name]
        raise _no_key(value, name)
    record = _record(value)
    if record is not None and name in record:
        return record[name]
    if record is not None:
        raise _no_key(record, name)
    message = f"cannot read the field '{name}' of {describe(value)}"
    if value is None:
        message += "; give it a value with `default`, or test it first"
    elif isinstance(value, str):
        message += "; if the text is JSON, parse it first with `| json`"
    elif isinstance(value, list):
        message += f"; take an element first ([0]), or the field of all with `| map:{name}`"
    raise ExpressionError(message)


def index(value: Any, place: Any) -> Any:
    """`value[place]`: an element of a list or string (negative counts from the end), or an entry of
    a map."""
    if is_list(value) or isinstance(value, str):
        if not is_integer(place):
            raise ExpressionError(
                f"cannot take element {describe(place)} of {_sequence(value)}; "
                "it needs a whole number" + (" (`| int`)" if isinstance(place, float) else "")
            )
        try:
            return value[place]
        except IndexError:
            raise ExpressionError(
                f"there is no element {_shorten(text(place))} in {_sequence(value)}"
            ) from None
    if is_map(value):
        if isinstance(place, str) or is_number(place):
            if place in value:
                return cast("dict[Any, Any]", value)[place]
            raise _no_key(value, place)
        raise ExpressionError(f"a map has no key {describe(place)}; keys are strings")
    if isinstance(place, str):
        return field(value, place)
    raise ExpressionError(f"cannot take element {describe(place)} of {describe(value)}")


def slice_(value: Any, start: Any, end: Any) -> Any:
    """`value[start:end]` of a list or string; null stands for an end that is left out."""
    for bound in (start, end):
        if bound is not None and not is_integer(bound):
            raise ExpressionError(
                f"cannot slice up to {describe(bound)}; the ends of a slice are whole numbers"
            )
    if is_list(value) or isinstance(value, str):
        return value[start:end]
    raise ExpressionError(f"cannot slice {describe(value)}; a slice needs a list or a string")


def slice_if_any(value: Any, start: Any, end: Any) -> Any:
    """`value[start:end]` where `value` may be missing, under `default`: that of null is null."""
    return None if value is None else slice_(value, start, end)


def dig(value: Any, *path: Any) -> Any:
    """The value at the end of a path of fields and indexes, or null when anything is missing."""
    for step in path:
        if is_map(value):
            try:
                value = value.get(step)
            except TypeError:  # a list as a key
                return None
        elif is_list(value) or isinstance(value, str):
            if not is_integer(step) or not -len(value) <= step < len(value):
                return None
            value = value[step]
        else:
            record = _record(value)
            if record is None or not isinstance(step, str):
                return None
            value = record.get(step)
    return value


def _record(value: object) -> Mapping[str, Any] | None:
    """The fields of an object of the runtime (a loop's state, an error) or of a dataclass."""
    if value is None or isinstance(value, (str, int, float, list, tuple, set, frozenset)):
        return None
    found = fields(value)
    return found if is_map(found) else None


def _no_key(entries: Mapping[Any, Any], name: object) -> ExpressionError:
    shown = repr(name) if isinstance(name, str) else text(name)
    keys = ", ".join(_shorten(text(key), limit=30) for key in list(entries)[:8])
    if len(entries) > 8:
        keys += f" and {len(entries) - 8} more"
    there = f"it has: {keys}" if keys else "it is empty"
    return ExpressionError(f"the map has no key {_shorten(shown)}; {there}")


def _sequence(value: Any) -> str:
    if isinstance(value, str):
        return f"{describe(value)} ({len(value)} characters)"
    size = len(cast("Sequence[Any]", value))
    return "an empty list" if not size else f"a list of {size} element{'s' * (size != 1)}"


# --- iteration and names -------------------------------------------------------------------------


def iterate(value: Any) -> Iterable[Any]:
    """What `for x in value` goes through: the elements of a list, or the keys of a map."""
    if is_list(value):
        return value
    if is_map(value):
        return list(value)
    message = f"cannot loop over {describe(value)}; `for` needs a list or a map"
    if isinstance(value, str):
        message += " (make one with `| split`, or parse it with `| json`)"
    raise ExpressionError(message)


def several(value: Any) -> Iterable[Any]:
    """The elements of a list, or the one value that is no list."""
    return value if is_list(value) else [value]


def pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    """What `for key, item in value` goes through: the entries of a map, or the elements of a list
    with their positions from 0."""
    if is_map(value):
        return value.items()
    if is_list(value):
        return enumerate(value)
    raise ExpressionError(f"cannot loop over {describe(value)}; `for` needs a list or a map")


def lookup(names: Mapping[str, Any], name: str) -> Any:
    """A variable whose name was computed by a `save`."""
    if name in names:
        return names[name]
    there = ", ".join(list(names)[:8]) if names else "none"
    raise ExpressionError(f"the variable '{name}' has not been set; set so far: {there}")


# --- a value where one type is needed ------------------------------------------------------------


def string(value: Any) -> str:
    """The value, which must be a string."""
    return value if isinstance(value, str) else _wrong("a string", value)


def number(value: Any) -> int | float:
    """The value, which must be a number."""
    return value if is_number(value) else _wrong("a number", value)


def integer(value: Any) -> int:
    """The value, which must be a whole number."""
    return value if is_integer(value) else _wrong("a whole number", value)


def boolean(value: Any) -> bool:
    """The value, which must be true or false."""
    return value if isinstance(value, bool) else _wrong("true or false", value)


def list_(value: Any) -> list[Any]:
    """The value, which must be a list."""
    return cast("list[Any]", value) if isinstance(value, list) else _wrong("a list", value)


def map_(value: Any) -> dict[str, Any]:
    """The value, which must be a map."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else _wrong("a map", value)


def _wrong(wanted: str, value: object) -> Any:
    raise ExpressionError(f"expected {wanted}, but got {describe(value)}")
