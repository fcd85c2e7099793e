"""What happens to the text of a program: slips of the finger, lines moved, values mixed up."""

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
LONGEST = 100_000
"""The most characters that a text grows to."""

FRAGMENTS = (
    *("<<", ">>", "{{", "}}", "<<x>>", "{{ x }}", "\\<<", "<<: *a", "&a ", "*a", "!raw ", "!!str "),
    *(": ", ":", " #", "# vegac: ignore[", "- ", "-", "? ", "[", "]", "{", "}", ",", '"', "'"),
    *("\\", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.2\n", "\n", "\r\n", "\r", "\t", "  ", " "),
    *(
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "é",
        "😀",
        "\U0001f469\u200d\U0001f52c",
        "\u0301",
    ),
    *("\x1b", "if", "if: ", "then:", "else:", "elif:", "for x in xs:", "for: ", "parallel: "),
    *("repeat:", "do:", "set:", "try:", "catch:", "finally:", "workflow: ", "with: ", "return: "),
    *("fail: ", "ask: ", "remember:", "recall:", "save: x", "name: x", "timeout: 5s", "budget: $1"),
    *("retry: 3", "max: ", "agents:", "workflows:", "tools:", "settings:", "include: [x.yaml]"),
    *("tests:", "vega: 1", "null", "true", "yes", "0", "-1", "1e999", "3.5", "${X}", "${X:-y}"),
    *("$0.50", "1h30m", "$${", "result", "error", "loop", "loop.index", "input", "item"),
    *("env.A_KEY", "steps.x.output", "x | ", "| default:1", "| upper", "x.y", "xs[0]", "a < b < c"),
    *("1 / 0", "not ", "(", ")", "==", "extends: ", "system: ", "model: ", "schema: {a: string}"),
    *("format: json", "context: fresh"),
)
_SCALAR = re.compile(r"(?<=: )\S.*|(?<=- )[^\s-].*")


class Chance(Protocol):
    """Decides what happens."""

    def number(self, low: int, high: int) -> int:
        """Both ends may be."""
        ...

    def pick(self, options: Sequence[T]) -> T: ...

    def characters(self) -> str:
        """One to three, any at all."""
        ...


def accident(chance: Chance, text: str) -> str:
    """A text after one accident."""
    return chance.pick(_ACCIDENTS)(chance, text)[:LONGEST]


def _place(chance: Chance, text: str) -> int:
    return chance.number(0, len(text))


def _delete(chance: Chance, text: str) -> str:
    start = _place(chance, text)
    return text[:start] + text[start + chance.number(1, 12) :]


def _insert(chance: Chance, text: str) -> str:
    start = _place(chance, text)
    more = chance.characters() if chance.number(0, 2) == 0 else chance.pick(FRAGMENTS)
    return text[:start] + more + text[start:]


def _replace(chance: Chance, text: str) -> str:
    start = _place(chance, text)
    return text[:start] + chance.pick(FRAGMENTS) + text[start + 1 :]


def _lines(chance: Chance, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    start = chance.number(0, len(lines) - 1)
    end = start + chance.number(1, 6)
    block = lines[start:end]
    match chance.pick(("delete", "duplicate", "move", "indent", "dedent", "reverse")):
        case "delete":
            return "".join(lines[:start] + lines[end:])
        case "duplicate":
            return "".join(lines[:end] + block * chance.number(1, 30) + lines[end:])
        case "move":
            rest = lines[:start] + lines[end:]
            place = chance.number(0, len(rest))
            return "".join(rest[:place] + block + rest[place:])
        case "indent":
            by = chance.pick((" ", "  ", "\t", "- ", "    "))
            return "".join(lines[:start] + [by + line for line in block] + lines[end:])
        case "dedent":
            return "".join(lines[:start] + [line[2:] for line in block] + lines[end:])
        case _:
            return "".join(lines[:start] + block[::-1] + lines[end:])


def _swap(chance: Chance, text: str) -> str:
    """Two scalars change places, or one is copied over the other."""
    found = list(_SCALAR.finditer(text))
    if len(found) < 2:
        return text
    places = [chance.number(0, len(found) - 1) for _ in range(2)]
    first, second = found[min(places)], found[max(places)]
    if first is second:
        return text
    one = second[0]
    other = first[0] if chance.number(0, 1) else second[0]
    between = text[first.end() : second.start()]
    return text[: first.start()] + one + between + other + text[second.end() :]


def _nest(chance: Chance, text: str) -> str:
    start = _place(chance, text)
    piece = chance.pick(("[", "{", "(", "{a: ", "[a, ", "- ", "- - ", "a:\n ", "<<", "{{"))
    return text[:start] + piece * chance.number(2, 200) + text[start:]


def _line_ends(chance: Chance, text: str) -> str:
    return text.replace("\n", chance.pick(("\r\n", "\r", "\n\n", " \n", "\t\n")))


_ACCIDENTS = (_delete, _insert, _replace, _lines, _lines, _swap, _swap, _nest, _line_ends)


def swell(chance: Chance, text: str) -> str:
    """A piece of the text very often, up to the size of a large program."""
    start = _place(chance, text)
    piece = text[start : start + chance.number(1, 60)] or chance.pick(FRAGMENTS)
    space = max(LONGEST - len(text), 0) // len(piece)
    return (text[:start] + piece * chance.number(0, space) + text[start:])[:LONGEST]
