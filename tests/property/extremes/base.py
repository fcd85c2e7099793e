"""How files are made that are extreme in one way each: as long, deep, dense or wrong as their size
allows."""

import random
from collections.abc import Callable

Shape = Callable[[int], str]
"""A text of about as many bytes as it is given."""

AGENT = "agents: {A: {model: claude-haiku-4-5, system: s}}\n"
SHAPES: dict[str, Shape] = {}
TEST_SHAPES: dict[str, Shape] = {}
"""Files of tests."""


def shape(make: Shape) -> Shape:
    SHAPES[make.__name__] = make
    return make


def of_tests(make: Shape) -> Shape:
    TEST_SHAPES[make.__name__] = make
    return make


def filled(size: int, head: str, item: Callable[[int], str], tail: str = "") -> str:
    """`head`, as many items as fit, and `tail`."""
    room = size - len((head + tail).encode())
    parts: list[str] = []
    while True:
        part = item(len(parts))
        room -= len(part.encode())
        if room < 0:
            return head + "".join(parts) + tail
        parts.append(part)


def steps(size: int, item: Callable[[int], str], inputs: str = "", tail: str = "") -> str:
    """A workflow of as many steps as fit; an item is a line at the place of a step."""
    head = f"{AGENT}workflows:\n  w:\n{inputs}    steps:\n"
    return filled(size, head, lambda i: f"    - {item(i)}\n", tail)


def misspelt(number: int) -> str:
    """One of many words that are alike."""
    word = f"variable_{number:05d}"
    at = number % (len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def scrambled(number: int, length: int = 9) -> str:
    return "".join(random.Random(number).choices("abcdefghijklmnopqrstuvwxyz", k=length))
