"""Plain values and types: which a constant has, whether it is what a declaration asks for."""

from collections.abc import Mapping
from typing import cast

from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    NEVER,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Record,
    Type,
    members,
)


def is_of_type(value: object, type_: Type) -> bool:
    """Whether a constant is a value of a type. Whole numbers count as integers (`3.0`)."""
    return any(_is_of_member(value, member) for member in members(type_))


def _is_of_member(value: object, type_: Type) -> bool:
    match type_:
        case ListOf(element):
            return isinstance(value, list | tuple) and all(
                is_of_type(item, element) for item in cast("list[object]", value)
            )
        case MapOf(inner):
            return isinstance(value, Mapping) and all(
                is_of_type(item, inner) for item in cast("dict[str, object]", value).values()
            )
        case Record():
            return isinstance(value, Mapping)
        case Enum(values):
            return value in values
        case _ if type_ == ANY:
            return True
        case _ if type_ == NULL:
            return value is None
        case _ if type_ == STRING:
            return isinstance(value, str)
        case _ if type_ == BOOLEAN:
            return isinstance(value, bool)
        case _ if type_ == NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _ if type_ == INTEGER:
            whole = isinstance(value, float) and value.is_integer()
            return whole or (isinstance(value, int) and not isinstance(value, bool))
        case _:
            return False


def type_of_constant(value: object) -> Type:
    """The type of a literal."""
    return _CONSTANT_TYPES.get(type(value), STRING)


_CONSTANT_TYPES: dict[type, Type] = {
    type(None): NULL,
    bool: BOOLEAN,
    int: INTEGER,
    float: NUMBER,
}


def map_type(keys: tuple[str, ...], types: list[Type]) -> Type:
    """The type of a map with these entries."""
    if not keys:
        return MapOf(NEVER)
    return Record(tuple(dict(zip(keys, types, strict=True)).items()))
