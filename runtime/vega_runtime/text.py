"""The text form of values: what a template shows for a value in a hole."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cache
from math import isfinite
from typing import Any, cast

from .errors import ErrorInfo, ExpressionError


def text(value: object) -> str:
    """The text of a value in a template.

    A string is itself; `true`, `false`; integers without a point; floats in the shortest form
    that reads back as the same number; null is empty; lists and maps are compact JSON. An error
    is its message. Raises `ExpressionError` for what has no finite text.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        try:
            return int.__repr__(value)
        except ValueError:  # Python's limit on the digits of one number
            raise ExpressionError("the number is too large to be written") from None
    if isinstance(value, float):
        if not isfinite(value):
            raise ExpressionError("the number is too large to be written")
        return float.__repr__(value)
    if isinstance(value, (dict, list, tuple)) and not isinstance(value, ErrorInfo):
        return to_json(cast("object", value))
    return str(value)


def to_json(value: object, indent: int | None = None) -> str:
    """JSON of a value, in UTF-8 characters and insertion order; compact without `indent`.

    A float without a JSON form (infinity) is null. Raises `ExpressionError` for a value that
    holds itself or is nested too deeply.
    """
    encode = _encoder(indent)
    try:
        try:
            return encode(value)
        except (TypeError, ValueError):
            return encode(_plain(value, ()))
    except RecursionError:
        raise ExpressionError("the value is nested too deeply to be written as JSON") from None
    except ValueError:
        raise ExpressionError("the value holds a number too large to be written") from None


@cache
def _encoder(indent: int | None) -> Callable[[object], str]:
    from json import JSONEncoder

    return JSONEncoder(
        ensure_ascii=False,
        separators=(",", ":") if indent is None else (",", ": "),
        allow_nan=False,
        default=fields,
        indent=indent,
    ).encode


def fields(value: object) -> Any:
    """A value of a Python class as plain data: an object with fields as a map of them, a set as a
    list, anything else as its text."""
    as_json = getattr(value, "as_json", None)
    if as_json is not None:
        return as_json()
    names: Iterable[str] = getattr(value, "__dataclass_fields__", ())
    if names:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Set):
        return list(cast("Set[object]", value))
    return str(value)


def _plain(value: object, above: tuple[int, ...]) -> Any:
    """A copy that JSON can write: infinities as null, keys as strings; the slow way."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if id(value) in above:
        raise ExpressionError("the value holds itself, so it cannot be written as JSON")
    above = (*above, id(value))
    if isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {_key(key): _plain(item, above) for key, item in items}
    if isinstance(value, (list, tuple)):
        return [_plain(item, above) for item in cast("Sequence[object]", value)]
    return _plain(fields(value), above)


def _key(key: object) -> str:
    return "null" if key is None else text(key)
