"""Types as programs write them: `string`, `list[number]`, `map[list[string]]`."""

import re

from vega_grammar.keys import INPUT_TYPES
from vega_grammar.synonyms import TYPES
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Primitive,
    Record,
    Type,
    Union,
)
from vegac.source.suggest import did_you_mean, nearest

WORDS: dict[str, Type] = {
    "string": STRING,
    "number": NUMBER,
    "integer": INTEGER,
    "boolean": BOOLEAN,
    "array": LIST,
    "object": MAP,
    "any": ANY,
    "null": NULL,
}
"""The types of one word."""
GENERIC = ("list", "map")
MAX_NESTING = 64
"""How deep types may stand in each other, like all of YAML."""


def parse_type(text: str) -> Type | None:
    """The type that `text` writes, or None, as for one that is nested too deep."""
    return _parse(text, MAX_NESTING)


def _parse(text: str, levels: int) -> Type | None:
    text = text.strip()
    if text in WORDS:
        return WORDS[text]
    if text in GENERIC:
        return LIST if text == "list" else MAP
    for word, make in (("list[", ListOf), ("map[", MapOf)):
        if levels and text.startswith(word) and text.endswith("]"):
            inner = _parse(text[len(word) : -1], levels - 1)
            return make(inner) if inner else None
    return None


def types_like(text: str) -> tuple[str, ...]:
    """The types that a word was meant for: what is spelt like it, or what others call so."""
    near = nearest(text, (*INPUT_TYPES, *GENERIC))
    if near:
        return tuple(near)
    own = re.sub(r"\w+", lambda word: TYPES.get(word[0].lower(), word[0]), text)
    return (own,) if own != text and parse_type(own) is not None else ()


def type_hint(text: str, near: tuple[str, ...], others: str) -> str:
    """What to write for a word that is no type; `others` are all that there are."""
    meant = did_you_mean(text, near) or "".join(f"did you mean '{word}'?" for word in near)
    return meant or f"types are {others}, list[T] and map[T]"


def article(type_: Type) -> str:
    """How a sentence speaks of a value of this type: "a string", "an integer", "null"."""
    match type_:
        case Primitive("any"):
            return "a value of any type"
        case Primitive("null"):
            return "null"
        case Primitive("integer"):
            return "an integer"
        case Primitive(name):
            return f"a {name}"
        case ListOf(Primitive("any" | "never")):
            return "a list"
        case ListOf(element):
            return f"a list of {plural(element)}"
        case MapOf() | Record():
            return "a map"
        case Enum(values):
            return "one of " + ", ".join(f"'{value}'" for value in values)
        case Union(members):
            return " or ".join(article(member) for member in members)
        case _:
            return str(type_)


def plural(type_: Type) -> str:
    match type_:
        case Primitive("null"):
            return "nulls"
        case Primitive("any"):
            return "values"
        case Primitive(name):
            return f"{name}s"
        case Enum():
            return "strings"
        case ListOf():
            return "lists"
        case MapOf() | Record():
            return "maps"
        case _:
            return f"({type_})"
