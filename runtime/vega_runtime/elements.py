"""What filters of lists need to know about the elements."""

from typing import Any

from .errors import ExpressionError
from .kinds import is_integer, is_list, is_map, is_number
from .text import fields, text
from .values import describe, field, index

MISSING: Any = object()
"""Stands for a field that an element does not have, or an argument that was not given."""


def comparable(name: str, elements: list[Any]) -> list[Any]:
    """The list, whose elements must be all numbers or all strings for the filter `name`."""
    kinds = set(map(type, elements))
    if kinds <= {int, float} or kinds == {str}:
        return elements
    strings = isinstance(elements[0], str)
    for place, element in enumerate(elements):
        is_string = isinstance(element, str)
        if not (is_string or is_number(element)):
            raise ExpressionError(
                f"the filter `{name}` needs numbers or strings, "
                f"but element {place} is {describe(element)}"
            )
        if is_string != strings:
            raise ExpressionError(
                f"the filter `{name}` cannot compare numbers with strings: element 0 is "
                f"{describe(elements[0])}, element {place} is {describe(element)}"
            )
    return elements


def part(name: str, element: object, key: object, place: int) -> Any:
    """A field of the element at `place` by its name, path or index; `MISSING` when it has none."""
    if isinstance(element, (str, int, float)):
        raise ExpressionError(
            f"the filter `{name}` needs a list of maps, but element {place} is {describe(element)}"
        )
    if isinstance(key, str):
        if is_map(element):
            if key in element:
                return element[key]
            if "." not in key:
                return MISSING
        found: Any = element
        for step in key.split("."):
            try:
                found = field(found, step)
            except ExpressionError:
                return MISSING
        return found
    if is_integer(key):
        if is_map(element):
            return element.get(text(key), MISSING)
        try:
            return index(element, key)
        except ExpressionError:
            return MISSING
    raise ExpressionError(f"the filter `{name}` needs a field's name, not {describe(key)}")


def identity(value: Any) -> Any:
    """A key that is equal for two values exactly when the language calls them equal."""
    if value is True or value is False:
        return (bool, value)
    if is_list(value):
        return (list, *map(identity, value))
    if is_map(value):
        return (dict, frozenset((key, identity(item)) for key, item in value.items()))
    if value is None or isinstance(value, (str, int, float)):
        return value
    return (type(value), identity(fields(value)))
