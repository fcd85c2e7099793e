"""The filters of the language: `value | name:arg` is `filters.name(value, arg)`.

Names that Python or this module needs otherwise end in an underscore (`map_`, `if_`, `json_`).
Every filter checks its receiver and its arguments and raises `ExpressionError`; the compiler finds
most of that before a run, from the table in `vega_grammar.filters`.
"""

import re
from collections.abc import Sequence
from functools import reduce
from math import isfinite, trunc
from operator import add
from typing import Any, NoReturn, TypeVar, cast, overload

from . import values
from .conditions import DECIMAL, INTEGER, holds
from .elements import MISSING, comparable, identity, part
from .errors import ExpressionError
from .kinds import is_integer, is_list, is_map, is_number
from .text import text, to_json
from .values import describe, equal

T = TypeVar("T")

# --- checks of receivers and arguments -----------------------------------------------------------


def _refuse(name: str, needs: str, value: object, cure: str = "") -> NoReturn:
    message = f"the filter `{name}` needs {needs}, but got {describe(value)}"
    raise ExpressionError(f"{message}; {cure}" if cure else message)


def _string(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        _refuse(name, "a string", value, "give it a value first with `| default:...`")
    _refuse(name, "a string", value, "turn it into text first with `| string`")


def _list(name: str, value: object) -> list[Any]:
    if is_list(value):
        return value
    if isinstance(value, str):
        cure = "make a list with `| split`, or parse the text with `| json`"
        _refuse(name, "a list", value, cure)
    if value is None:
        _refuse(name, "a list", value, "give it a value first with `| default([])`")
    _refuse(name, "a list", value)


def _sequence(name: str, value: object) -> Sequence[Any]:
    if is_list(value) or isinstance(value, str):
        return value
    _refuse(name, "a list or a string", value)


def _number(name: str, value: object) -> int | float:
    if is_number(value):
        return value
    if isinstance(value, str):
        _refuse(name, "a number", value, "convert it first with `| int` or `| float`")
    _refuse(name, "a number", value)


def _argument(name: str, what: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):  # what the bare words `3` and `true` are
        return text(value)
    raise ExpressionError(f"the filter `{name}` needs a string as {what}, not {describe(value)}")


def _whole(name: str, what: str, value: object, low: int | None = None, high: int = 0) -> int:
    if not is_integer(value):
        raise ExpressionError(
            f"the filter `{name}` needs a whole number as {what}, not {describe(value)}"
        )
    if low is not None and (value < low or (high and value > high)):
        span = f"from {low} to {high}" if high else f"{low} or more"
        raise ExpressionError(f"the filter `{name}` needs {what} {span}, not {text(value)}")
    return value


# --- strings -------------------------------------------------------------------------------------


def upper(value: Any) -> str:
    """The text in capitals."""
    return _string("upper", value).upper()


def lower(value: Any) -> str:
    """The text in small letters."""
    return _string("lower", value).lower()


def trim(value: Any) -> str:
    """The text without the space around it."""
    return _string("trim", value).strip()


_WORD_START = re.compile(r"([-\s({\[<]+)")


def title(value: Any) -> str:
    """Every word with a capital, the rest small; words start after space, `-` and brackets."""
    pieces = _WORD_START.split(_string("title", value))
    return "".join([piece[:1].upper() + piece[1:].lower() for piece in pieces])


def capitalize(value: Any) -> str:
    """The first letter as a capital, all others small."""
    return _string("capitalize", value).capitalize()


def truncate(value: Any, n: Any) -> str:
    """The first `n` characters, then `...` when there were more."""
    whole = _string("truncate", value)
    n = _whole("truncate", "the length", n, 0)
    return whole if len(whole) <= n else whole[:n] + "..."


def replace(value: Any, old: Any, new: Any) -> str:
    """Every `old` replaced by `new`."""
    return _string("replace", value).replace(
        _argument("replace", "the text to replace", old), _argument("replace", "replacement", new)
    )


def split(value: Any, separator: Any = None) -> list[str]:
    """The pieces between separators; without a separator, the words."""
    whole = _string("split", value)
    if separator is None:
        return whole.split()
    separator = _argument("split", "separator", separator)
    if not separator:
        raise ExpressionError("the filter `split` needs a separator that is not empty")
    return whole.split(separator)


def lines(value: Any) -> int:
    """How many lines the text has; 0 when it is empty, and a line end at the end adds none."""
    return len(_string("lines", value).splitlines())


def words(value: Any) -> int:
    """How many words the text has."""
    return len(_string("words", value).split())


def chars(value: Any) -> int:
    """How many characters (code points) the text has."""
    return len(_string("chars", value))


def indent(value: Any, n: Any = 4, first: Any = False) -> str:
    """Every line but empty ones and the first (unless `first`) moved right by `n` spaces."""
    rows = _string("indent", value).split("\n")
    space = " " * _whole("indent", "the width", n, 0, 1000)
    start = 0 if first else 1
    moved = [space + row if row and row != "\r" else row for row in rows[start:]]
    return "\n".join(rows[:start] + moved)


def startswith(value: Any, s: Any) -> bool:
    """Whether the text starts with `s`."""
    return _string("startswith", value).startswith(_argument("startswith", "the start", s))


def endswith(value: Any, s: Any) -> bool:
    """Whether the text ends with `s`."""
    return _string("endswith", value).endswith(_argument("endswith", "the end", s))


def contains(value: Any, s: Any) -> bool:
    """Whether `s` is part of the text, an element of the list or a key of the map."""
    if isinstance(value, str):
        return _argument("contains", "the text to look for", s) in value
    if is_list(value) or is_map(value):
        return values.contains(s, value)
    _refuse("contains", "a string, a list or a map", value)


def match_(value: Any, pattern: Any) -> bool:
    """Whether the regular expression matches somewhere in the text."""
    from .patterns import search

    return search(_argument("match", "pattern", pattern), _string("match", value))


def regex_replace(value: Any, pattern: Any, replacement: Any) -> str:
    """Every match of the regular expression replaced; `\\1` stands for the first group."""
    from .patterns import substitute

    return substitute(
        _argument("regex_replace", "pattern", pattern),
        _argument("regex_replace", "replacement", replacement),
        _string("regex_replace", value),
    )


def urlencode(value: Any) -> str:
    """Percent-encoded for a URL, `/` kept; a map becomes a query (`a=1&b=x+y`)."""
    from urllib.parse import quote, quote_plus

    if is_map(value):
        return "&".join(
            f"{quote_plus(text(key), errors='replace')}={quote_plus(text(item), errors='replace')}"
            for key, item in value.items()
        )
    if isinstance(value, str) or is_number(value):
        return quote(text(value), errors="replace")
    _refuse("urlencode", "a string, a number or a map", value)


def slug(value: Any) -> str:
    """Small letters and digits with `-` between the words.

    Accents go from Latin letters; letters and digits of other scripts stay as they are.
    """
    from unicodedata import category, normalize

    decomposed = normalize("NFKD", normalize("NFKD", _string("slug", value)).casefold())
    kept: list[str] = []
    for char in decomposed:
        if char.isalnum():
            kept.append(char)
        elif category(char)[0] == "M":
            if kept and kept[-1] != "-" and not kept[-1].isascii():
                kept.append(char)
        elif char not in "'’" and kept and kept[-1] != "-":
            kept.append("-")
    return normalize("NFC", "".join(kept).strip("-"))


# --- lists ---------------------------------------------------------------------------------------


def join(value: Any, separator: Any = ", ") -> str:
    """The text of all elements with a separator between them."""
    return _argument("join", "separator", separator).join(map(text, _list("join", value)))


def first(value: Sequence[T]) -> T | None:
    """The first element, or null of an empty list."""
    elements = _sequence("first", value)
    return elements[0] if elements else None


def last(value: Sequence[T]) -> T | None:
    """The last element, or null of an empty list."""
    elements = _sequence("last", value)
    return elements[-1] if elements else None


def length(value: Any) -> int:
    """How many elements, characters or keys there are."""
    if isinstance(value, str) or is_list(value) or is_map(value):
        return len(value)
    _refuse("length", "a list, a string or a map", value)


def reverse(value: T) -> T:
    """The elements or characters in reverse order."""
    return cast("T", _sequence("reverse", value)[::-1])


def sort(value: T) -> T:
    """The elements from the least to the greatest: all numbers, or all strings."""
    elements = comparable("sort", _list("sort", value))
    return cast("T", sorted(elements))


def unique(value: T) -> T:
    """Each element once, at its first place."""
    seen: dict[Any, Any] = {}
    for element in _list("unique", value):
        seen.setdefault(identity(element), element)
    return cast("T", list(seen.values()))


def slice_(value: T, start: Any, end: Any = None) -> T:
    """The elements from `start` up to but without `end`; negative counts from the end."""
    elements = _sequence("slice", value)
    low = None if start is None else _whole("slice", "the start", start)
    high = None if end is None else _whole("slice", "the end", end)
    return cast("T", elements[low:high])


def map_(value: Any, field: Any, default: Any = MISSING) -> list[Any]:
    """One field of every element; `default` where an element lacks it."""
    found: list[Any] = []
    for place, element in enumerate(_list("map", value)):
        item = part("map", element, field, place)
        if item is MISSING:
            if default is MISSING:
                raise ExpressionError(
                    f"element {place} of the list has no field '{text(field)}': "
                    f"{describe(element)}; give the value for such elements with "
                    f"`| map:{text(field)}:VALUE`"
                )
            item = default
        found.append(item)
    return found


def where(value: T, field: Any, wanted: Any = MISSING) -> T:
    """The elements whose field equals a value; without one, those where the field is true."""
    kept: list[Any] = []
    for place, element in enumerate(_list("where", value)):
        item = part("where", element, field, place)
        if item is not MISSING and (item if wanted is MISSING else equal(item, wanted)):
            kept.append(element)
    return cast("T", kept)


def sum_(value: Any) -> Any:
    """The sum of the numbers, added from left to right as `+` does; 0 of none."""
    elements = _list("sum", value)
    for place, element in enumerate(elements):
        if not is_number(element):
            raise ExpressionError(
                f"the filter `sum` needs numbers, but element {place} is {describe(element)}"
            )
    try:
        # Python's own `sum` rounds floats in another way since 3.12.
        return values.finite(reduce(add, elements, 0), "sum")
    except OverflowError:
        raise ExpressionError("the sum is too large a number") from None


def min_(value: Sequence[T]) -> T | None:
    """The least of the numbers or strings; null of none."""
    elements = comparable("min", _list("min", value))
    return min(elements) if elements else None


def max_(value: Sequence[T]) -> T | None:
    """The greatest of the numbers or strings; null of none."""
    elements = comparable("max", _list("max", value))
    return max(elements) if elements else None


# --- conditional ---------------------------------------------------------------------------------


def default(value: T | None, other: T) -> T:
    """The value, or `other` when it is null or an empty string, list or map (not 0 or false)."""
    empty = value is None or (isinstance(value, (str, list, dict, tuple)) and not value)
    return other if empty else cast("T", value)


@overload
def if_(value: Any, condition: Any, then: T) -> T | None: ...
@overload
def if_(value: Any, condition: Any, then: T, otherwise: T) -> T: ...
def if_(value: Any, condition: Any, then: Any, otherwise: Any = None) -> Any:
    """`then` when the condition holds for the value, else `otherwise`.

    The condition is empty (whether the value is true), an operator and a literal (`>0`, `==done`),
    or a boolean.
    """
    return then if holds(value, condition) else otherwise


# --- types ---------------------------------------------------------------------------------------


def json_(value: Any) -> Any:
    """The value that the text writes in JSON; one code fence around it is ignored."""
    from .parsing import parse_json

    return parse_json(_string("json", value))


def yaml_(value: Any) -> Any:
    """The value that the text writes in YAML; one code fence around it is ignored."""
    from .parsing import parse_yaml

    return parse_yaml(_string("yaml", value))


def tojson(value: Any, indent: Any = None) -> str:
    """The value written in JSON: compact, or with `indent` spaces a level."""
    if indent is not None:
        indent = _whole("tojson", "the indentation", indent, 0, 16)
    return to_json(value, indent)


def int_(value: Any) -> int:
    """A whole number from a number or the text of one; decimals are cut off."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        word = value.strip()
        if INTEGER.fullmatch(word):
            try:
                return int(word)
            except ValueError:
                raise ExpressionError("the text holds a number with too many digits") from None
        value = _float("int", word, value)
    if isinstance(value, float):
        if isfinite(value):
            return trunc(value)
        raise ExpressionError("an infinite number has no whole part")
    _refuse("int", "a number or its text", value)


def float_(value: Any) -> float:
    """A float from a number or the text of one."""
    if isinstance(value, str):
        return _float("float", value.strip(), value)
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            raise ExpressionError("the number is too large for a float") from None
    _refuse("float", "a number or its text", value)


def _float(name: str, word: str, shown: str) -> float:
    if DECIMAL.fullmatch(word):
        number = float(word)
        if isfinite(number):
            return number
    raise ExpressionError(
        f"the filter `{name}` needs the text of a number, but got {describe(shown)}"
    )


def string(value: Any) -> str:
    """The value as a template shows it."""
    return text(value)


_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0", ""))


def bool_(value: Any) -> bool:
    """true or false: words such as `yes` and `off` by their meaning, other values by truth."""
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ExpressionError(
        f"the filter `bool` needs true/yes/on/1 or false/no/off/0, but got {describe(value)}"
    )


def round_(value: Any, n: Any = None) -> Any:
    """The number rounded to `n` decimals, or to a whole number; halves go to the even neighbour."""
    number = _number("round", value)
    if n is None:
        return round(number)
    return round(number, _whole("round", "the decimals", n, -400, 400))


def abs_(value: T) -> T:
    """The number without its sign."""
    return cast("T", abs(_number("abs", value)))
