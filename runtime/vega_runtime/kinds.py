"""What kind of value of the language a Python object is."""

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number (booleans are not)."""
    return isinstance(value, (int, float)) and value is not True and value is not False


def is_integer(value: object) -> TypeGuard[int]:
    """Whether it is a whole number (booleans are not)."""
    return isinstance(value, int) and value is not True and value is not False


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a list (a tuple from Python code counts as one)."""
    return isinstance(value, (list, tuple))


def is_map(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a map."""
    return isinstance(value, dict)


def kind(value: object) -> str:
    """The type of a value in the language's words: `string`, `number`, `list`..."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (list, tuple)):
        return "list"
    if isinstance(value, Mapping):
        return "map"
    return type(value).__name__
