"""Types of the language as annotations of Python, and what fits where for a type checker."""

import keyword
from collections.abc import Iterable

from vegac.emit.imports import Imports
from vegac.emit.literals import constant
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    LIST,
    LOOP,
    MAP,
    NEVER,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Record,
    Type,
    Union,
    members,
)

LONGEST = 60
"""Columns of an annotation above which a wider, shorter one stands in for it."""

_WORDS: dict[Type, str] = {
    STRING: "str",
    INTEGER: "int",
    NUMBER: "float",
    BOOLEAN: "bool",
    NULL: "None",
}


class Annotations:
    """Writes annotations. `records` are the classes of those records that have one."""

    def __init__(self, imports: Imports, records: dict[Record, str]) -> None:
        self._imports = imports
        self.records = records

    def text(self, type_: Type) -> str:
        """The annotation of a declared type, with its imports."""
        if type_ in _WORDS:
            return _WORDS[type_]
        match type_:
            case ListOf(element):
                return f"list[{self.text(element)}]"
            case MapOf(value):
                return f"dict[str, {self.text(value)}]"
            case Enum(values):
                return f"{self._imports.typing('Literal')}[{', '.join(map(constant, values))}]"
            case Record():
                return self._record(type_)
            case _ if len(members(type_)) > 1:
                texts = dict.fromkeys(map(self.text, members(type_)))
                if "None" in texts:
                    del texts["None"]
                    texts["None"] = None
                return " | ".join(texts)
            case _:
                return self._imports.typing("Any")

    def _record(self, record: Record) -> str:
        if record in (LOOP, ERROR):
            return self._imports.runtime(record.name)
        if record in self.records:
            return self.records[record]
        return f"dict[str, {self._imports.typing('Any')}]"

    def declared(self, type_: Type) -> Type:
        """The type that a declaration gives: as it is, or wider where it would be long to write."""
        found = normal(type_, self.records)
        if _length(found) <= LONGEST:
            return found
        found = normal(_without_enums(found), self.records)
        return found if _length(found) <= LONGEST else ANY


def normal(type_: Type, records: dict[Record, str]) -> Type:
    """A type as a checker sees it: records without a class are maps of anything."""
    match type_:
        case ListOf(element):
            return ListOf(ANY if element == NEVER else normal(element, records))
        case MapOf(value):
            return MapOf(ANY if value == NEVER else normal(value, records))
        case Record() if type_ not in (LOOP, ERROR) and type_ not in records:
            return MAP
        case _ if type_ == NEVER:
            return ANY
        case _ if len(members(type_)) > 1:
            return either(normal(member, records) for member in members(type_))
        case _:
            return type_


def _without_enums(type_: Type) -> Type:
    match type_:
        case Enum():
            return STRING
        case ListOf(element):
            return ListOf(_without_enums(element))
        case MapOf(value):
            return MapOf(_without_enums(value))
        case _ if len(members(type_)) > 1:
            return either(_without_enums(member) for member in members(type_))
        case _:
            return type_


def _length(type_: Type) -> int:
    return len(Annotations(Imports(), {}).text(type_))


def fits(source: Type, target: Type) -> bool:
    """Whether a checker takes a `source` where a `target` is declared. Lists and dicts do not vary
    with what is in them, and a TypedDict is no dict."""
    if ANY in (source, target) or source in (target, NEVER):
        return True
    if len(members(source)) > 1:
        return all(fits(member, target) for member in members(source))
    if len(members(target)) > 1:
        return any(fits(source, member) for member in members(target))
    match source, target:
        case ListOf(a), ListOf(b):
            return _same(a, b)
        case MapOf(a), MapOf(b):
            return _same(a, b)
        case Enum(values), Enum(allowed):
            return set(values) <= set(allowed)
        case Enum(), _:
            return target == STRING
        case Record(fields), Record():
            return {key for key, _ in fields} == {key for key, _ in target.fields} and all(
                _same(type_, target.field(key) or ANY) for key, type_ in fields
            )
        case _:
            return source == INTEGER and target == NUMBER


def _same(a: Type, b: Type) -> bool:
    if ANY in (a, b) or a in (b, NEVER):
        return True
    match a, b:
        case ListOf(x), ListOf(y):
            return _same(x, y)
        case MapOf(x), MapOf(y):
            return _same(x, y)
        case _:
            return False


def holds_any(type_: Type) -> bool:
    """Whether a checker knows nothing of some part of a value."""
    match type_:
        case ListOf(element):
            return holds_any(element)
        case MapOf(value):
            return holds_any(value)
        case _:
            return type_ in (ANY, NEVER) or any(
                holds_any(member) for member in members(type_) if member != type_
            )


def either(types: Iterable[Type]) -> Type:
    """What a checker sees of a value that is one of several: lists stay apart, as they do not vary
    with their elements; `any` takes all in."""
    found: list[Type] = []
    for type_ in types:
        if type_ == ANY:
            return ANY
        found += (member for member in members(type_) if member not in (NEVER, *found))
    if NUMBER in found and INTEGER in found:
        found.remove(INTEGER)
    if not found:
        return NEVER
    return found[0] if len(found) == 1 else Union(tuple(found))


def not_null(type_: Type) -> Type:
    """The type without null, otherwise as it is."""
    return either(member for member in members(type_) if member != NULL)


# --- kinds of types -------------------------------------------------------------------------------


def is_text(type_: Type) -> bool:
    """Whether every value is a string."""
    return all(member == STRING or isinstance(member, Enum) for member in members(type_))


def is_number(type_: Type) -> bool:
    """Whether every value is a number; booleans are none."""
    return all(member in (INTEGER, NUMBER) for member in members(type_))


def is_list(type_: Type) -> bool:
    """Whether every value is a list."""
    return all(isinstance(member, ListOf) for member in members(type_))


def is_dict(type_: Type) -> bool:
    """Whether every value is a dict with keys of any name for a checker."""
    return isinstance(type_, MapOf)


def element_of(type_: Type) -> Type:
    match type_:
        case ListOf(element):
            return ANY if element == NEVER else element
        case MapOf(value):
            return ANY if value == NEVER else value
        case _ if is_text(type_):
            return STRING
        case _ if is_list(type_):
            return either(element_of(member) for member in members(type_))
        case _:
            return ANY


def may_be_none(type_: Type) -> bool:
    return type_ == ANY or NULL in members(type_)


def is_field_name(name: str) -> bool:
    """Whether a field of a record can be written in the body of a class."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


__all__ = [
    "LIST",
    "Annotations",
    "element_of",
    "fits",
    "holds_any",
    "is_dict",
    "is_field_name",
    "is_list",
    "is_number",
    "is_text",
    "may_be_none",
    "normal",
]
