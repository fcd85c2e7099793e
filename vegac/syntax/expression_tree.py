"""Builds the expression tree while the parser reads: one small function for each grammar rule."""

import re
from typing import Any, Final

from msgspec import Struct

from vegac.syntax.expressions import (
    Argument,
    Binary,
    Compare,
    Conditional,
    Expr,
    Field,
    Filter,
    Index,
    ListLiteral,
    Literal_,
    Logical,
    MapLiteral,
    Name,
    Negate,
    Not,
    Slice,
    SyntaxProblem,
)
from vegac.syntax.lalr import Build, Token

Parts = list[Any]

NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?![dD][89a-fA-F])([0-9a-fA-F]{4})|([\s\S]?))"
)
_ESCAPED: Final = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


class Group(Struct):
    """An expression in parentheses (or a hole): its parts keep their own range."""

    start: int
    end: int
    inner: Expr


class Mistake(Exception):
    """Something that fits the grammar but means nothing, such as an unknown escape."""

    def __init__(self, problem: SyntaxProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def ungroup(part: Any) -> Expr:
    return part.inner if part.__class__ is Group else part


def unescape(text: str, offset: int) -> str:
    """`text` with its escapes undone. Raises `Mistake`; `offset` is where `text` starts."""
    if "\\" not in text:
        return text

    def replacement(match: re.Match[str]) -> str:
        high, low, code, char = match.groups()
        if high:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        if code:
            return chr(int(code, 16))
        if char in _ESCAPED:
            return _ESCAPED[char]
        start = offset + match.start()
        if char == "u":
            message = "'\\u' needs four hexadecimal digits that name a character"
            hint = "such as '\\u00e9'; characters beyond FFFF are a pair, or stand as they are"
        else:
            message = f"unknown escape '\\{char}'"
            hint = (
                f"write '\\\\{char}' for a backslash; the escapes are \\n \\t \\\\ \\' \\\" \\uXXXX"
            )
        raise Mistake(SyntaxProblem(start, offset + match.end(), message, hint))

    return _ESCAPE.sub(replacement, text)


def _number(text: str, start: int) -> int | float:
    if text.lstrip("-").isdigit():
        return int(text)
    value = float(text)
    if value in (float("inf"), float("-inf")):
        message = f"the number {text} is too large"
        raise Mistake(
            SyntaxProblem(start, start + len(text), message, "the limit is about 1.8e308")
        )
    return value


def _name(parts: Parts) -> Expr:
    text, start, end = parts[0]
    return Name(start, end, text)


def _number_literal(parts: Parts) -> Expr:
    text, start, end = parts[0]
    return Literal_(start, end, _number(text, start))


def _string(parts: Parts) -> Expr:
    text, start, end = parts[0]
    return Literal_(start, end, unescape(text[1:-1], start + 1))


def _constant(parts: Parts) -> Expr:
    text, start, end = parts[0]
    return Literal_(start, end, _CONSTANTS[text])


def _group(parts: Parts) -> Group:
    return Group(parts[0][1], parts[-1][2], ungroup(parts[1]))


def _list(parts: Parts) -> Expr:
    return ListLiteral(parts[0][1], parts[-1][2], tuple(parts[1]))


def _empty_list(parts: Parts) -> Expr:
    return ListLiteral(parts[0][1], parts[1][2], ())


def _map(parts: Parts) -> Expr:
    keys, values = parts[1]
    return MapLiteral(parts[0][1], parts[-1][2], tuple(keys), tuple(values))


def _empty_map(parts: Parts) -> Expr:
    return MapLiteral(parts[0][1], parts[1][2], (), ())


def _first(parts: Parts) -> list[Any]:
    return [ungroup(parts[0])]


def _append(parts: Parts) -> list[Any]:
    parts[0].append(ungroup(parts[-1]))
    return parts[0]


def _first_pair(parts: Parts) -> tuple[list[str], list[Expr]]:
    return [parts[0]], [ungroup(parts[2])]


def _append_pair(parts: Parts) -> tuple[list[str], list[Expr]]:
    keys, values = parts[0]
    keys.append(parts[2])
    values.append(ungroup(parts[4]))
    return parts[0]


def _word_key(parts: Parts) -> str:
    return parts[0][0]


def _string_key(parts: Parts) -> str:
    text, start, _ = parts[0]
    return unescape(text[1:-1], start + 1)


def _field(parts: Parts) -> Expr:
    value, _, (name, start, end) = parts
    return Field(value.start, end, ungroup(value), name, start)


def _index(parts: Parts) -> Expr:
    value, _, index, close = parts
    return Index(value.start, close[2], ungroup(value), ungroup(index))


def _slice(parts: Parts) -> Expr:
    value, _, lower, _, upper, close = parts
    return Slice(value.start, close[2], ungroup(value), ungroup(lower), ungroup(upper))


def _slice_from(parts: Parts) -> Expr:
    value, _, lower, _, close = parts
    return Slice(value.start, close[2], ungroup(value), ungroup(lower), None)


def _slice_to(parts: Parts) -> Expr:
    value, _, _, upper, close = parts
    return Slice(value.start, close[2], ungroup(value), None, ungroup(upper))


def _slice_all(parts: Parts) -> Expr:
    value = parts[0]
    return Slice(value.start, parts[-1][2], ungroup(value), None, None)


def _negative(parts: Parts) -> Expr:
    return Negate(parts[0][1], parts[1].end, ungroup(parts[1]))


def _negation(parts: Parts) -> Expr:
    return Not(parts[0][1], parts[1].end, ungroup(parts[1]))


def _binary(parts: Parts) -> Expr:
    left, (operator, at, _), right = parts
    return Binary(left.start, right.end, operator, ungroup(left), ungroup(right), at)


class _Link(Struct):
    """The second half of a comparison."""

    operator: Any
    at: int
    right: Any


def _link(parts: Parts) -> _Link:
    return _Link(parts[0][0], parts[0][1], parts[1])


def _link_not_in(parts: Parts) -> _Link:
    return _Link("not in", parts[0][1], parts[2])


def _comparison(parts: Parts) -> Expr:
    left, links = parts
    first = links[0]
    return Compare(
        left.start,
        links[-1].right.end,
        first.operator,
        ungroup(left),
        ungroup(first.right),
        first.at,
        tuple((link.operator, ungroup(link.right)) for link in links[1:]),
    )


def _logical(parts: Parts) -> Expr:
    left, (operator, _, _), right = parts
    # A chain is one node: `a and b and c`. Parentheses (a Group here) keep theirs apart.
    if isinstance(left, Logical) and left.operator == operator:
        operands = (*left.operands, ungroup(right))
    else:
        operands = (ungroup(left), ungroup(right))
    return Logical(left.start, right.end, operator, operands)


def _conditional(parts: Parts) -> Expr:
    then, _, condition, _, otherwise = parts
    return Conditional(
        then.start, otherwise.end, ungroup(then), ungroup(condition), ungroup(otherwise)
    )


class _ArgumentPart(Struct):
    """An argument and where it ends, its quotes or parentheses included."""

    argument: Argument
    end: int


def _bare_argument(parts: Parts) -> _ArgumentPart:
    return _ArgumentPart(Argument(bare_word(parts[1]), bare=True), parts[1][2])


def bare_word(token: Token) -> Expr:
    """The literal that a word without quotes stands for."""
    text, start, end = token
    if text in _CONSTANTS:
        return Literal_(start, end, _CONSTANTS[text])
    if NUMBER.fullmatch(text):
        return Literal_(start, end, _number(text, start))
    return Literal_(start, end, unescape(text, start))


def _empty_argument(parts: Parts) -> _ArgumentPart:
    end = parts[0][2]
    return _ArgumentPart(Argument(Literal_(end, end, ""), bare=True), end)


def _string_argument(parts: Parts) -> _ArgumentPart:
    return _ArgumentPart(Argument(_string(parts[1:])), parts[1][2])


def _number_argument(parts: Parts) -> _ArgumentPart:
    return _ArgumentPart(Argument(_number_literal(parts[1:])), parts[1][2])


def _group_argument(parts: Parts) -> _ArgumentPart:
    return _ArgumentPart(Argument(ungroup(parts[2])), parts[-1][2])


def _filter(parts: Parts) -> Expr:
    value, _, (name, start, end) = parts
    return Filter(value.start, end, ungroup(value), name, (), start)


def _filter_arguments(parts: Parts) -> Expr:
    value, _, (name, start, _), arguments = parts
    given = tuple(part.argument for part in arguments)
    return Filter(value.start, arguments[-1].end, ungroup(value), name, given, start)


def _filter_call(parts: Parts) -> Expr:
    value, _, (name, start, _) = parts[:3]
    items: list[Expr] = parts[4] if len(parts) == 6 else []
    given = tuple(Argument(item) for item in items)
    return Filter(value.start, parts[-1][2], ungroup(value), name, given, start, call=True)


BUILDERS: Final[dict[str, Build]] = {
    "append": _append,
    "append_pair": _append_pair,
    "bare_argument": _bare_argument,
    "binary": _binary,
    "comparison": _comparison,
    "conditional": _conditional,
    "empty_argument": _empty_argument,
    "empty_list": _empty_list,
    "empty_map": _empty_map,
    "false": _constant,
    "field": _field,
    "filter": _filter,
    "filter_arguments": _filter_arguments,
    "filter_call": _filter_call,
    "first": _first,
    "first_pair": _first_pair,
    "group": _group,
    "group_argument": _group_argument,
    "index": _index,
    "link": _link,
    "link_not_in": _link_not_in,
    "list": _list,
    "logical": _logical,
    "map": _map,
    "name": _name,
    "negation": _negation,
    "negative": _negative,
    "null": _constant,
    "number": _number_literal,
    "number_argument": _number_argument,
    "slice": _slice,
    "slice_all": _slice_all,
    "slice_from": _slice_from,
    "slice_to": _slice_to,
    "string": _string,
    "string_argument": _string_argument,
    "string_key": _string_key,
    "true": _constant,
    "word_key": _word_key,
}
