"""Finds where a hole ends.

A hole ends at the close of its own kind outside strings and brackets, and a quote opens a string
only where an atom or an argument may start: so the scanner follows an expression just closely
enough to know that, whether the expression is right or wrong.
"""

import re
from enum import Enum, auto
from typing import Final

from vegac.syntax.expressions import MAX_LENGTH

# Nothing in which a close could stand: names, numbers, most operators, filters whose arguments are
# words or strings.
_PLAIN: Final = (
    r"(?:[\w., +*/%=-]++"
    r"|\| *+(?:\w++(?::(?:'[^'\\\n\r]*+'|\"[^\"\\\n\r]*+\"|[\w.,/-]++))*+)?)*+"
)
PLAIN_HOLE: Final = re.compile(rf"<<{_PLAIN}>>|\{{\{{{_PLAIN}\}}\}}")
"""A hole on one line that ends where it seems to, as nearly all do."""
_SPACE: Final = re.compile(r"\s+")
_STRING: Final = re.compile(r"'(?:[^'\\]|\\[\s\S])*+'|\"(?:[^\"\\]|\\[\s\S])*+\"")
_WORD: Final = re.compile(r"\w+")
_BARE: Final = re.compile(r"(?:[^ '\"()\[\]{}|:\\]|\\[nt\\'\"u])+")
_BARE_IN_ANGLE: Final = re.compile(r"(?:[^ '\"()\[\]{}|:\\>]|>(?!>)|\\[nt\\'\"u])+")
_ANGLE_HOLE: Final = re.compile(r"<<[^>]*>>")
_OPERATOR_WORDS: Final = frozenset(("and", "or", "not", "in", "if", "else"))
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}


class _Place(Enum):
    """What may stand next."""

    OPERAND = auto()  # an atom
    OPERATOR = auto()  # an operator, after a complete operand
    FIELD = auto()  # a word, after `.`
    FILTER = auto()  # a word, after `|`
    ARGUMENTS = auto()  # as OPERATOR, or the colon of a filter's argument
    ARGUMENT = auto()  # an argument


class _Open:
    """A bracket or nested hole that is open: what closes it, and what may stand after it."""

    __slots__ = ("after", "closer", "position")

    def __init__(self, closer: str, position: int, after: _Place) -> None:
        self.closer = closer
        self.position = position
        self.after = after


def find_close(value: str, start: int, limit: int, close: str) -> int:
    """Where the close (`>>` or `}}`) of the hole whose text starts at `start` stands, or -1.

    Nothing at or after `limit` belongs to the hole. Beyond the length that an expression may have,
    the first close will do.
    """
    angle = close == ">>"
    far = min(limit, start + 2 * MAX_LENGTH)
    end = min(limit, start + MAX_LENGTH + len(close))
    place = _Place.OPERAND
    stack: list[_Open] = []
    missed: list[tuple[int, tuple[int, ...]]] = []  # closes inside brackets
    position = start
    while position < end:
        space = _SPACE.match(value, position, limit)
        if space:
            position = space.end()
            continue
        char = value[position]
        if value.startswith(close, position, limit):
            if not stack or (not angle and stack[-1].closer != "}"):
                return position
            if angle and stack[-1].closer != close:
                missed.append((position, tuple(item.position for item in stack)))
        if place is _Place.ARGUMENT and value[position - 1] == ":":
            in_angle = stack[-1].closer == ">>" if stack else angle
            if not _ANGLE_HOLE.match(value, position, limit):
                bare = (_BARE_IN_ANGLE if in_angle else _BARE).match(value, position, limit)
                if bare:
                    position, place = bare.end(), _Place.ARGUMENTS
                    continue
        if char in "'\"":
            string = None
            if place in (_Place.OPERAND, _Place.ARGUMENT):
                string = _STRING.match(value, position, far)
            # A quote without its partner opens nothing.
            position = string.end() if string else position + 1
            place = _after_operand(place)
        elif char in _CLOSERS:
            stack.append(_Open(_CLOSERS[char], position, _after_operand(place)))
            position, place = position + 1, _Place.OPERAND
        elif char in ")]}":
            if stack and stack[-1].closer == char:
                place = stack.pop().after
            position += 1
        elif value.startswith(">>", position, limit) and stack and stack[-1].closer == ">>":
            place = stack.pop().after
            position += 2
        elif value.startswith("<<", position, limit) and place in (
            _Place.OPERAND,
            _Place.ARGUMENT,
        ):
            stack.append(_Open(">>", position, _after_operand(place)))
            position, place = position + 2, _Place.OPERAND
        elif word := _WORD.match(value, position, limit):
            place = _after_word(place, word[0])
            position = word.end()
        else:
            place = _after_punctuation(place, char, value[position - 1])
            position += 1
    if end < limit:
        return _far_close(value, position, limit, close)
    # A bracket that nothing closes holds nothing.
    opened = tuple(item.position for item in stack)
    for position, inside in missed:
        if opened[: len(inside)] == inside:
            return position
    return -1


def _after_operand(place: _Place) -> _Place:
    return _Place.ARGUMENTS if place is _Place.ARGUMENT else _Place.OPERATOR


def _after_word(place: _Place, word: str) -> _Place:
    if place is _Place.FILTER:
        return _Place.ARGUMENTS
    if word in _OPERATOR_WORDS and place is not _Place.FIELD:
        return _Place.OPERAND
    return _after_operand(place)


def _after_punctuation(place: _Place, char: str, before: str) -> _Place:
    if char == "|":
        return _Place.FILTER
    if char == ".":
        return _Place.FIELD
    if char == ":" and place in (_Place.ARGUMENTS, _Place.ARGUMENT) and not before.isspace():
        return _Place.ARGUMENT
    return _Place.OPERAND


def _far_close(value: str, position: int, limit: int, close: str) -> int:
    found = value.find(close, position, limit)
    if close == "}}" and found >= 0 and value.find("{{", position, found) >= 0:
        return -1  # that one belongs to another hole
    return found
