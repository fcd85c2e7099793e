"""Reads the keys of steps: the first word of an agent step, and the header of `for`."""

import re
from typing import Final

from msgspec import Struct

from vegac.syntax.expression_parser import KEYWORDS, parse_expression
from vegac.syntax.expressions import Compare, SyntaxProblem

_FOR: Final = re.compile(r"\s*for(?:\s+|\Z)")
_NAMES_IN: Final = re.compile(r"\s*([A-Za-z_]\w*)(?:\s*,\s*([A-Za-z_]\w*))?\s+in(?!\w)")
_ANY_NAMES_IN: Final = re.compile(r"\s*(\S.*?)\s+in(?!\w)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
_TWO_WORDS: Final = re.compile(r"\s*([A-Za-z_]\w*)\s+(?:(of|over|from|=|:)(?=\s)|([A-Za-z_]\w*))")
_WORD: Final = re.compile(r"\S+")
_FORM: Final = "write 'for item in items', or 'for key, value in map'"


class ForHeader(Struct, frozen=True):
    """The header of a `for`: its variables, each with its offset, and what it goes through.

    `text[start:end]` is the expression of the collection (a hole is allowed around it, as around
    any part of an expression). Without names the loop's variable is `item`.
    """

    names: tuple[tuple[str, int], ...]
    start: int
    end: int


def parse_for_header(text: str) -> ForHeader | SyntaxProblem:
    """Reads `for item in items`, or the same without its `for`, or a collection alone.

    The expression of the collection is not judged here: it is for `parse_expression`.
    """
    keyword = _FOR.match(text)
    begin = keyword.end() if keyword else 0
    end = len(text.rstrip())
    if begin >= end:
        return SyntaxProblem(0, len(text), "this `for` goes through nothing", _FORM)
    header = _NAMES_IN.match(text, begin)
    if header is not None:
        return _with_names(text, header, end)
    odd = _ANY_NAMES_IN.match(text, begin)
    if odd is not None and _is_header(text[begin:end]):
        return _bad_names(text, *odd.span(1))
    words = _TWO_WORDS.match(text, begin)
    if words is not None and words[1] not in KEYWORDS:
        if words[2]:
            hint = f"write 'in' where '{words[2]}' stands"
            return SyntaxProblem(*words.span(2), "the word 'in' is missing here", hint)
        if words[3] not in KEYWORDS:
            hint = f"write '{words[1]} in {words[3]}'"
            return SyntaxProblem(
                words.start(1), words.end(3), "the word 'in' is missing here", hint
            )
    start = end - len(text[begin:end].lstrip())
    return ForHeader((), start, end)


def first_word(text: str) -> tuple[str, int, int]:
    """The first word of a key, where it starts and where it ends (empty if there is none)."""
    match = _WORD.search(text)
    if match is None:
        return "", len(text), len(text)
    return match[0], match.start(), match.end()


def _with_names(text: str, header: re.Match[str], end: int) -> ForHeader | SyntaxProblem:
    names = [(header[group], header.start(group)) for group in (1, 2) if header[group]]
    for name, start in names:
        if name in KEYWORDS:
            message = f"'{name}' is a word of the language, so it cannot name a variable"
            return SyntaxProblem(start, start + len(name), message, "take another name")
    if len(names) == 2 and names[0][0] == names[1][0]:
        name, start = names[1]
        message = f"both variables are named '{name}'"
        return SyntaxProblem(start, start + len(name), message, "take another name for one")
    if header.end() >= end:
        start = header.end() - len("in")
        message = "the collection is missing after 'in'"
        return SyntaxProblem(start, header.end(), message, _FORM)
    start = end - len(text[header.end() : end].lstrip())
    return ForHeader(tuple(names), start, end)


def _is_header(text: str) -> bool:
    """Whether a text with an `in` is a bad header rather than a collection alone."""
    parsed = parse_expression(text)
    if not parsed.problems:
        return isinstance(parsed.expr, Compare) and parsed.expr.operator in ("in", "not in")
    return True


def _bad_names(text: str, start: int, end: int) -> SyntaxProblem:
    names = text[start:end]
    each = re.match(r"(each|every|all)\s+(?=[A-Za-z_])", names)
    if each is not None:
        hint = f"leave out '{each[1]}'"
        return SyntaxProblem(start, start + len(each[1]), f"no '{each[1]}' stands here", hint)
    if names[0] in "([" and names[-1] in ")]":
        hint = f"write '{names[1:-1].strip()} in ...'"
        return SyntaxProblem(start, end, "the variables stand without brackets", hint)
    if names.startswith(("<<", "{{")):
        hint = "write the bare name"
        return SyntaxProblem(start, end, "a variable of `for` is a name, not a hole", hint)
    words = [word.strip() for word in names.split(",")]
    if len(words) > 2 and all(_NAME.fullmatch(word) for word in words):
        return SyntaxProblem(start, end, "a `for` has one or two variables", _FORM)
    if "" in words:
        return SyntaxProblem(start, end, "a variable is missing beside the comma", _FORM)
    bad = next((word for word in words if not _NAME.fullmatch(word)), names)
    at = start + names.index(bad)
    if len(words) == 1 and " " in bad:
        return SyntaxProblem(at, at + len(bad), f"'{bad}' is more than one name", _FORM)
    hint = "a name has letters, digits and '_', and starts with no digit"
    return SyntaxProblem(at, at + len(bad), f"'{bad}' cannot name a variable", hint, "bad-name")
