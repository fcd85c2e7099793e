"""Python identifiers for the names of a program."""

import keyword
import re
import unicodedata
from collections.abc import Iterable

from vegac.emit.runtime_names import RUNTIME_NAMES, TYPING_NAMES

BUILTINS = frozenset(
    [
        "abs",
        "bool",
        "dict",
        "enumerate",
        "float",
        "int",
        "len",
        "list",
        "max",
        "min",
        "object",
        "range",
        "str",
        "sum",
        "super",
        "tuple",
        "type",
        "zip",
    ]
)
"""Built-in names that emitted code may use. Others may well be a variable's name (`input`)."""

RESERVED = (
    frozenset(keyword.kwlist)
    | BUILTINS
    | frozenset(RUNTIME_NAMES)
    | TYPING_NAMES
    | {"PROGRAM", "run", "args", "_"}
)

_INVALID = re.compile(r"\W")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Names:
    """Identifiers of one scope: each given once, clear of `reserved` and of each other.

    Which suffix a name gets depends only on the names asked for before it.
    """

    def __init__(self, reserved: Iterable[str] = RESERVED) -> None:
        self._reserved = frozenset(reserved)
        self._taken = set(self._reserved)

    def take(self, wanted: str, separator: str = "_") -> str:
        """`wanted`, or with a suffix if it is taken: `class_`, `name_2`."""
        found = wanted
        if found in self._reserved:
            found = f"{wanted}_"
        number = 2
        while found in self._taken:
            found = f"{wanted}{separator}{number}"
            number += 1
        self._taken.add(found)
        return found

    def reserve(self, names: Iterable[str]) -> None:
        self._taken.update(names)

    def copy_reserved(self) -> "Names":
        """A new scope with the same reserved names and none taken."""
        return Names(self._reserved)

    def __contains__(self, name: str) -> bool:
        return name in self._taken


def identifier(name: str, fallback: str) -> str:
    """A name as an identifier, still in its own case. Never begins with two underscores."""
    text = unicodedata.normalize("NFKC", _INVALID.sub("_", name))
    text = unicodedata.normalize("NFKC", _INVALID.sub("_", text))
    if text.startswith("__"):
        text = "_" + text.lstrip("_")
    if text[:1].isdigit():
        text = f"{fallback}_{text}"
    if not text.strip("_"):
        return text if text == "_" else fallback
    return text if text.isidentifier() else _plain(text, fallback)


def _plain(text: str, fallback: str) -> str:
    kept = "".join(char for char in text if f"a{char}".isidentifier())
    return kept if kept.isidentifier() else fallback


def variable(name: str) -> str:
    """The local of a workflow's variable; names in capitals would count as constants."""
    found = identifier(name, "value")
    return found.lower() if is_constant(found) else found


def function(name: str) -> str:
    """The function of a workflow."""
    return identifier(name, "workflow").lstrip("_") or "workflow"


def constant(name: str, fallback: str) -> str:
    """The constant of an agent or a tool: `CodeReviewer` and `code-reviewer` are CODE_REVIEWER."""
    text = identifier(name, fallback).strip("_") or fallback
    found = unicodedata.normalize("NFKC", _HUMP.sub("_", text).upper())
    return found if found.isidentifier() else fallback.upper()


def class_name(name: str) -> str:
    """A class: `code-review` is CodeReview."""
    words = [word for word in identifier(name, "Record").split("_") if word]
    return "".join(word[:1].upper() + word[1:] for word in words) or "Record"


def is_constant(name: str) -> bool:
    """Whether a type checker takes the name for a constant, which may be set once only."""
    return name.isupper() and name.isascii()
