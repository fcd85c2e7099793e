"""Typing of filters: the rules of `vega_grammar.filters` applied to types."""

from functools import lru_cache

from vega_grammar.filters import FilterSpec
from vegac.semantics.operators import element, field, is_number, is_string
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    MAP,
    NULL,
    NUMBER,
    STRING,
    ListOf,
    MapOf,
    Record,
    Type,
    join,
    members,
    optional,
    union,
    without_null,
)

_WORDS: dict[str, Type] = {
    "any": ANY,
    "string": STRING,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "null": NULL,
    "list": ListOf(ANY),
    "map": MAP,
    "list[string]": ListOf(STRING),
    "list[number]": ListOf(NUMBER),
    "list[any]": ListOf(ANY),
}


def receives(spec: FilterSpec, receiver: Type) -> bool:
    """Whether some value of `receiver` (null aside) is what the filter takes."""
    return _receives(spec.receivers, receiver)


@lru_cache(maxsize=1024)
def _receives(words: tuple[str, ...], receiver: Type) -> bool:
    return any(_fits(word, member) for member in members(receiver) for word in words)


def _fits(word: str, type_: Type) -> bool:
    if type_ == ANY or word == "any":
        return True
    match word:
        case "string":
            return is_string(type_)
        case "number":
            return is_number(type_)
        case "boolean":
            return type_ == BOOLEAN
        case "null":
            return type_ == NULL
        case "list":
            return isinstance(type_, ListOf)
        case "map":
            return isinstance(type_, MapOf | Record)
        case _:
            if not isinstance(type_, ListOf):
                return False
            inner = word.removeprefix("list[").removesuffix("]")
            found = members(type_.element)
            return type_.element == union(()) or any(_fits(inner, member) for member in found)


def takes_null(spec: FilterSpec) -> bool:
    """Whether null is a fine receiver."""
    return "any" in spec.receivers or "null" in spec.receivers


@lru_cache(maxsize=1024)
def parameter_takes(word: str, type_: Type) -> bool:
    """Whether an argument of `type_` can be what a parameter of type `word` wants."""
    match word:
        case "any":
            return True
        case "string" | "separator" | "regex" | "replacement":
            # A bare number or boolean, as in `replace:1:2`, counts as its text.
            return any(m in (ANY, BOOLEAN) or is_string(m) or is_number(m) for m in members(type_))
        case "field":
            return any(m in (ANY, INTEGER) or is_string(m) for m in members(type_))
        case "condition":
            return any(m in (ANY, BOOLEAN) or is_string(m) for m in members(type_))
        case "integer":
            return any(m in (ANY, INTEGER, NUMBER) for m in members(type_))
        case "boolean":
            return any(m in (ANY, BOOLEAN) for m in members(type_))
        case _:
            return True


def result(
    spec: FilterSpec, receiver: Type, arguments: list[Type], first_constant: object = None
) -> Type:
    """The type that the filter gives."""
    known = _WORDS.get(spec.result)
    if known is not None:
        return known
    match spec.result:
        case "same":
            fitting = union(
                m for m in members(receiver) if any(_fits(word, m) for word in spec.receivers)
            )
            return fitting if fitting != union(()) else ANY
        case "element":
            found = [
                STRING if is_string(m) else element(m) or ANY
                for m in members(without_null(receiver))
            ]
            inner = union(found)
            return ANY if inner == union(()) else optional(inner)
        case "field":
            return ListOf(element_field(receiver, first_constant))
        case "sum":
            inner = union(element(m) or ANY for m in members(receiver))
            return INTEGER if inner in (INTEGER, union(())) else NUMBER
        case "round":
            return INTEGER if not arguments else NUMBER
        case "default":
            value = without_null(receiver)
            return join(value, arguments[0]) if arguments else value
        case "branches":
            return union((*arguments[1:3], *([NULL] if len(arguments) < 3 else [])))
        case _:
            return ANY


def missing_field(receiver: Type, path: object) -> tuple[str, list[str]] | None:
    """The first name of a path that the elements of `receiver` surely lack, and what they have."""
    if not isinstance(path, str):
        return None
    found = union(element(member) or ANY for member in members(without_null(receiver)))
    for name in path.split("."):
        records = [member for member in members(without_null(found)) if isinstance(member, Record)]
        if not records or len(records) < len(members(without_null(found))):
            return None
        if any(record.field(path) is not None for record in records):
            return None
        inner = field(found, name)
        if inner is None:
            return name, [known for record in records for known, _ in record.fields]
        found = inner
    return None


def element_field(receiver: Type, name: object) -> Type:
    """The type of a field of a list's elements; any where that is not known."""
    if not isinstance(name, str) or "." in name:
        return ANY
    found = [
        field(inner, name) or ANY
        for member in members(receiver)
        for inner in members(element(member) or ANY)
    ]
    return union(found) if found else ANY
