"""Writes expression trees as text."""

import re
from typing import Final

from vegac.syntax.expression_tree import NUMBER
from vegac.syntax.expressions import (
    Argument,
    Binary,
    Compare,
    Conditional,
    ErrorExpr,
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
)

# How tightly each form binds; a part that binds less than its place needs gets parentheses.
_TERNARY, _OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _FILTERED, _UNARY, _POSTFIX = range(10)
_SUMS: Final = ("+", "-")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_NOT_BARE: Final = frozenset(" ()[]{}|:")


def unparse(expr: Expr) -> str:
    """The text of `expr`, in one spelling and with no more parentheses than needed.

    Parsing it gives the same tree, offsets aside. An `ErrorExpr` in it is written as nothing.
    """
    return _write(expr)[0]


def _at(expr: Expr, level: int) -> str:
    text, own = _write(expr)
    return text if own >= level else f"({text})"


def _write(expr: Expr) -> tuple[str, int]:
    # Chains lean left and may be hundreds of links long: they are written in a loop.
    links: list[Expr] = []
    while isinstance(expr, Binary | Filter | Field | Index | Slice):
        links.append(expr)
        expr = expr.left if isinstance(expr, Binary) else expr.value
    text, level = _write_base(expr)
    for link in reversed(links):
        needed, suffix = _link(link)
        text = (text if level >= needed else f"({text})") + suffix
        level = needed
    return text, level


def _link(expr: Expr) -> tuple[int, str]:
    """How tightly the left side of a chain's link must bind, and what follows it."""
    match expr:
        case Binary(operator=operator, right=right) if operator in _SUMS:
            return _SUM, f" {operator} {_at(right, _TERM)}"
        case Binary(operator=operator, right=right):
            return _TERM, f" {operator} {_at(right, _FILTERED)}"
        case Filter(name=name, arguments=arguments, call=True):
            return _FILTERED, f" | {name}({_items([item.value for item in arguments])})"
        case Filter(name=name, arguments=arguments):
            return _FILTERED, f" | {name}" + "".join(f":{_argument(item)}" for item in arguments)
        case Field(name=name):
            return _POSTFIX, f".{name}"
        case Index(index=index):
            return _POSTFIX, f"[{_at(index, _TERNARY)}]"
        case Slice(lower=lower, upper=upper):
            first = _before_punctuation(lower) if lower is not None else ""
            last = _at(upper, _TERNARY) if upper is not None else ""
            return _POSTFIX, f"[{first}:{last}]"
        case _:
            raise TypeError(f"no link of a chain: {expr!r}")


def _write_base(expr: Expr) -> tuple[str, int]:
    match expr:
        case Name(name=name):
            return name, _POSTFIX
        case Literal_(value=value):
            return _literal(value), _POSTFIX
        case ListLiteral(items=items):
            return f"[{_items(items)}]", _POSTFIX
        case MapLiteral(keys=keys, values=values):
            pairs = [
                f"{_key(key)}: {_before_punctuation(value)}"
                for key, value in zip(keys, values, strict=True)
            ]
            return f"{{{', '.join(pairs)}}}", _POSTFIX
        case Negate(operand=operand):
            return f"-{_at(operand, _UNARY)}", _UNARY
        case Not(operand=operand):
            return f"not {_at(operand, _NOT)}", _NOT
        case Compare(operator=operator, left=left, right=right, rest=rest):
            links = [(operator, right), *rest]
            tail = "".join(f" {sign} {_at(part, _SUM)}" for sign, part in links)
            return f"{_at(left, _SUM)}{tail}", _COMPARE
        case Logical(operator="and", operands=operands):
            return " and ".join(_at(part, _NOT) for part in operands), _AND
        case Logical(operands=operands):
            return " or ".join(_at(part, _AND) for part in operands), _OR
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            head = f"{_at(then, _OR)} if {_at(condition, _OR)}"
            return f"{head} else {_at(otherwise, _TERNARY)}", _TERNARY
        case ErrorExpr():
            return "", _POSTFIX
        case _:
            raise TypeError(f"unknown expression: {expr!r}")


def _items(items: tuple[Expr, ...] | list[Expr]) -> str:
    return ", ".join(_before_punctuation(item) for item in items)


def _before_punctuation(expr: Expr) -> str:
    """An expression before a comma or colon, which a bare argument at its end must not swallow."""
    text = _at(expr, _TERNARY)
    return f"{text} " if "|" in text else text


def _literal(value: str | int | float | bool | None) -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _key(key: str) -> str:
    return key if _IDENTIFIER.fullmatch(key) else quote(key)


def quote(text: str) -> str:
    """`text` as a string literal, in single quotes unless it has some and no double quotes."""
    mark = '"' if "'" in text and '"' not in text else "'"
    return mark + "".join(_escape(char, mark) for char in text) + mark


def _escape(char: str, special: str = "") -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char in special:
        return f"\\{char}"
    return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


def _argument(argument: Argument) -> str:
    value = argument.value
    if isinstance(value, Literal_):
        if argument.bare:
            return _bare(value.value)
        if isinstance(value.value, str):
            return quote(value.value)
    return f"({_at(value, _TERNARY)})"


def _bare(value: str | int | float | bool | None) -> str:
    """A word without quotes: what would end it, or make it another value, is escaped."""
    if not isinstance(value, str):
        return _literal(value)
    text = ""
    for char in value:
        doubled = char in "<>" and text.endswith(char)
        odd = char in _NOT_BARE or doubled
        text += f"\\u{ord(char):04x}" if odd else _escape(char, "'\"")
    if text in ("true", "false", "null") or NUMBER.fullmatch(text):
        text = f"\\u{ord(text[0]):04x}{text[1:]}"
    return text
