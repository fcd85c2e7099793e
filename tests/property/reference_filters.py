"""The filters of the language, after the language reference alone."""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from tests.property import plain_yaml
from tests.property.reference_values import (
    MISSING,
    Failure,
    Unspecified,
    compare,
    contained,
    equal,
    is_number,
    list_,
    measured,
    number,
    part_of,
    slice_of,
    string,
    whole,
)


class Shows(Protocol):
    """What filters need of the evaluator: the text form of values."""

    def text(self, value: Any) -> str: ...


def word(self: Shows, value: Any) -> str:
    """A text given to a filter; bare numbers and booleans count as theirs."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return self.text(value)
    raise Failure


def within(value: Any, low: int, high: int) -> int:
    if not low <= whole(value) <= high:
        raise Failure
    return whole(value)


def title(self: Shows, value: Any) -> str:
    found = ""
    start = True
    for char in string(value):
        found += char.upper() if start else char.lower()
        start = bool(re.match(r"[-\s({\[<]", char))
    if found.lower() != value.lower() or len(found) != len(value):
        raise Unspecified  # letters that depend on their neighbours, or become two
    return found


def truncate(self: Shows, value: Any, n: Any) -> str:
    n = within(n, 0, 10**9)
    return string(value) if len(string(value)) <= n else string(value)[:n] + "..."


def replace(self: Shows, value: Any, old: Any, new: Any) -> str:
    return string(value).replace(word(self, old), word(self, new))


def split(self: Shows, value: Any, *separator: Any) -> list[str]:
    if not separator:
        return string(value).split()
    by = word(self, separator[0])
    if not by:
        raise Failure
    return string(value).split(by)


def indent(self: Shows, value: Any, n: Any = 4, first: Any = False) -> str:
    rows = string(value).split("\n")
    space = " " * within(n, 0, 1000)
    return "\n".join(
        row if (number == 0 and not first) or row in ("", "\r") else space + row
        for number, row in enumerate(rows)
    )


def contains(self: Shows, value: Any, needle: Any) -> bool:
    if isinstance(value, str):
        return word(self, needle) in value
    return contained(needle, value)


def pattern(self: Shows, value: Any) -> re.Pattern[str]:
    try:
        return re.compile(word(self, value))
    except re.error:
        raise Failure from None


def regex_replace(self: Shows, value: Any, by: Any, replacement: Any) -> str:
    try:
        return pattern(self, by).sub(word(self, replacement), string(value))
    except (re.error, IndexError):
        raise Failure from None


def urlencode(self: Shows, value: Any) -> str:
    if isinstance(value, dict):
        return "&".join(
            f"{quote_plus(key)}={quote_plus(self.text(item))}" for key, item in value.items()
        )
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Failure
    return quote(self.text(value))


def slug(self: Shows, value: Any) -> str:
    words: list[str] = [""]
    for char in unicodedata.normalize("NFKD", string(value)):
        if ord(char) > 0x36F and char != "\u2019":
            raise Unspecified  # other scripts than Latin
        if char.isalnum():
            words[-1] += char.casefold()
        elif not unicodedata.combining(char) and char not in "'\u2019" and words[-1]:
            words.append("")
    return "-".join(part for part in words if part)


def join(self: Shows, value: Any, separator: Any = ", ") -> str:
    return word(self, separator).join([self.text(item) for item in list_(value)])


def end_of(value: Any, place: int) -> Any:
    if not isinstance(value, list | str):
        raise Failure
    return value[place] if value else None


def length(self: Shows, value: Any) -> int:
    if not isinstance(value, list | str | dict):
        raise Failure
    return len(value)


def reverse(self: Shows, value: Any) -> Any:
    if not isinstance(value, list | str):
        raise Failure
    return value[::-1]


def comparable(value: Any) -> list[Any]:
    elements = list_(value)
    if not all(map(is_number, elements)) and not all(isinstance(item, str) for item in elements):
        raise Failure
    return elements


def unique(self: Shows, value: Any) -> list[Any]:
    kept: list[Any] = []
    for element in list_(value):
        if not any(equal(element, other) for other in kept):
            kept.append(element)
    return kept


def slice_filter(self: Shows, value: Any, start: Any, end: Any = None) -> Any:
    low = None if start is None else whole(start)
    return slice_of(value, low, None if end is None else whole(end))


def field_of(self: Shows, element: Any, key: Any) -> Any:
    """What `map` and `where` read of an element."""
    if isinstance(element, str | int | float):
        raise Failure
    if isinstance(key, str):
        if isinstance(element, dict) and key in element:
            return element[key]
        for name in key.split("."):
            element = part_of(element, name)
        return element
    if isinstance(element, dict):
        return element.get(str(whole(key)), MISSING)
    return part_of(element, whole(key))


def map_(self: Shows, value: Any, key: Any, *otherwise: Any) -> list[Any]:
    found = [field_of(self, element, key) for element in list_(value)]
    if any(item is MISSING for item in found) and not otherwise:
        raise Failure
    return [otherwise[0] if item is MISSING else item for item in found]


def where(self: Shows, value: Any, key: Any, *wanted: Any) -> list[Any]:
    kept: list[Any] = []
    for element in list_(value):
        found = field_of(self, element, key)
        if found is not MISSING and (equal(found, wanted[0]) if wanted else found):
            kept.append(element)
    return kept


def sum_(self: Shows, value: Any) -> Any:
    try:
        # One after the other: Python's `sum` rounds in another way since 3.12.
        return measured(reduce(add, map(number, list_(value)), 0))
    except OverflowError:
        raise Unspecified from None


def default(self: Shows, value: Any, otherwise: Any) -> Any:
    return otherwise if value is None or value in ("", [], {}) else value


def condition(self: Shows, value: Any, says: Any) -> bool:
    if isinstance(says, bool):
        return says
    says = string(says).strip()
    if not says:
        return bool(value)
    operator = says[:2] if says[:2] in ("==", "!=", "<=", ">=") else says[:1]
    literal = says[len(operator) :].strip()
    if operator not in ("==", "!=", "<=", ">=", "<", ">") or not literal:
        raise Failure
    return compare(operator, value, condition_literal(literal))


def condition_literal(literal: str) -> Any:
    if literal in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[literal]
    if len(literal) > 1 and literal[0] in "'\"" and literal[-1] == literal[0]:
        return literal[1:-1]
    found = written_number(literal)
    return literal if found is None else found


def written_number(shown: str) -> int | float | None:
    """The number that a text writes, None if it writes none."""
    if not shown.isascii() and any(char.isdecimal() for char in shown):
        raise Unspecified
    if re.fullmatch(r"[+-]?[0-9]+", shown):
        return int(shown)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", shown):
        return float(shown)
    return None


def if_(self: Shows, value: Any, says: Any, then: Any, otherwise: Any = None) -> Any:
    return then if condition(self, value, says) else otherwise


def unfenced(value: str) -> str:
    """The inside of a code fence."""
    found = re.fullmatch(r"\s*(```|~~~)\w*\n(.*?)\n?\1\s*", value, re.DOTALL)
    if found is None:
        return value
    if found[1] in found[2]:
        raise Unspecified
    return found[2]


def json_(self: Shows, value: Any) -> Any:
    def refuse(_: str) -> None:
        raise Failure

    try:
        return finite(json.loads(unfenced(string(value)), parse_constant=refuse))
    except ValueError:
        raise Failure from None


def finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            raise Failure
        case list():
            return [finite(item) for item in value]
        case dict():
            return {key: finite(item) for key, item in value.items()}
        case _:
            return value


def yaml_(self: Shows, value: Any) -> Any:
    try:
        return plain_yaml.load(unfenced(string(value)))
    except plain_yaml.Refused:
        raise Failure from None


def tojson(self: Shows, value: Any, indent: Any = None) -> str:
    if indent is None:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    indent = within(indent, 0, 16)
    return json.dumps(value, ensure_ascii=False, separators=(",", ": "), indent=indent)


def converted(value: Any) -> int | float:
    if isinstance(value, str):
        found = written_number(value.strip())
        if found is None or not math.isfinite(found):
            raise Failure
        return found
    if isinstance(value, int | float):
        return value
    raise Failure


def bool_(self: Shows, value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    said = value.strip().lower()
    if said not in ("true", "yes", "on", "1", "false", "no", "off", "0", ""):
        raise Failure
    return said in ("true", "yes", "on", "1")


def round_(self: Shows, value: Any, n: Any = None) -> Any:
    if n is None:
        return round(number(value))
    return round(number(value), within(n, -400, 400))


FILTERS: dict[str, Callable[..., Any]] = {
    "upper": lambda self, value: string(value).upper(),
    "lower": lambda self, value: string(value).lower(),
    "trim": lambda self, value: string(value).strip(),
    "title": title,
    "capitalize": lambda self, value: string(value).capitalize(),
    "truncate": truncate,
    "replace": lambda self, value, old, new: string(value).replace(
        word(self, old), word(self, new)
    ),
    "split": split,
    "lines": lambda self, value: len(string(value).splitlines()),
    "words": lambda self, value: len(string(value).split()),
    "chars": lambda self, value: len(string(value)),
    "indent": indent,
    "startswith": lambda self, value, start: string(value).startswith(word(self, start)),
    "endswith": lambda self, value, end: string(value).endswith(word(self, end)),
    "contains": contains,
    "match": lambda self, value, by: pattern(self, by).search(string(value)) is not None,
    "regex_replace": regex_replace,
    "urlencode": urlencode,
    "slug": slug,
    "join": join,
    "first": lambda self, value: end_of(value, 0),
    "last": lambda self, value: end_of(value, -1),
    "length": length,
    "reverse": reverse,
    "sort": lambda self, value: sorted(comparable(value)),
    "unique": unique,
    "slice": slice_filter,
    "map": map_,
    "where": where,
    "sum": sum_,
    "min": lambda self, value: min(comparable(value), default=None),
    "max": lambda self, value: max(comparable(value), default=None),
    "default": default,
    "if": if_,
    "json": json_,
    "yaml": yaml_,
    "tojson": tojson,
    "int": lambda self, value: int(converted(value)),
    "float": lambda self, value: float(converted(value)),
    "string": lambda self, value: self.text(value),
    "bool": bool_,
    "round": round_,
    "abs": lambda self, value: abs(number(value)),
}
