"""Operators on values that are Python already: its own where types are known, else checked ones."""

from typing import Any

from vegac.emit import annotations as types
from vegac.emit.code import (
    Atom,
    Code,
    Level,
    ListDisplay,
    Operation,
    Parentheses,
    Star,
    Unary,
    at_least,
    call,
    operation,
    unplaced,
)
from vegac.emit.function import Function, Value, plain
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    LOOP,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    Record,
    Type,
    members,
    union,
)


def dynamic(f: Function, expr: ir.Expr, function: str, *arguments: Code) -> Value:
    """A call of a function of the runtime whose result a checker knows nothing of."""
    return plain(call(f.runtime(function), *arguments), expr.type, ANY)


def list_of(items: tuple[Value, ...]) -> Value:
    """A list display."""
    static = ListOf(types.either(item.static for item in items))
    code = ListDisplay(tuple(item.code for item in items))
    return Value(code, ListOf(union(item.type for item in items)), static, items=items)


# --- numbers, strings, lists ---------------------------------------------------------------------


def negative(code: Code) -> Code:
    bare = unplaced(code)
    if isinstance(bare, Unary) and bare.operator == "-":
        return without_parentheses(bare.operand)
    return Unary("-", at_least(code, Level.AWAIT))


def without_parentheses(code: Code) -> Code:
    """The code inside parentheses, where those that are needed will be put again."""
    return code.value if isinstance(code, Parentheses) else code


def unknown_literal(*operands: Value) -> frozenset[Any] | None:
    """What a checker knows of a result of literals: something, but not told which."""
    return frozenset() if all(operand.literals is not None for operand in operands) else None


_ARITHMETIC = {
    "+": (Level.SUM, "values.add"),
    "-": (Level.SUM, "values.sub"),
    "*": (Level.TERM, "values.mul"),
    "/": (Level.TERM, "values.div"),
    "//": (Level.TERM, "values.floordiv"),
    "%": (Level.TERM, "values.mod"),
}


def arithmetic(f: Function, expr: ir.Binary, left: Value, right: Value) -> Value:
    """`left + right` and its like."""
    level, function = _ARITHMETIC[expr.operator]
    unknown = ANY in (left.static, right.static)
    literals = unknown_literal(left, right)
    if types.is_number(left.type) and types.is_number(right.type):
        both_whole = left.type == right.type == INTEGER
        type_ = INTEGER if both_whole and expr.operator != "/" else NUMBER
        code = operation(level, left.code, expr.operator, right.code)
        return Value(code, type_, ANY if unknown else type_, literals)
    if expr.operator == "+":
        if types.is_text(left.type) and types.is_text(right.type):
            code = operation(level, left.code, "+", right.code)
            return Value(code, STRING, ANY if unknown else STRING, literals)
        if types.is_list(left.type) and types.is_list(right.type):
            return _joined_lists(left, right)
    return dynamic(f, expr, function, left.code, right.code)


def _joined_lists(left: Value, right: Value) -> Value:
    type_ = union((left.type, right.type))
    if left.items is None and right.items is None and _is_uniform(left) and _is_uniform(right):
        parts = (left.static, right.static)
        static = ANY if ANY in parts else ListOf(types.either(map(types.element_of, parts)))
        return plain(operation(Level.SUM, left.code, "+", right.code), type_, static)
    items = (*_spread(left), *_spread(right))
    code = ListDisplay(tuple(item.code for item in items))
    static = ListOf(types.either(item.static for item in items))
    return Value(code, type_, static, items=items)


def _is_uniform(found: Value) -> bool:
    """Whether a checker sees one type, and not one for each choice: sums of those have as many
    types as there are pairs."""
    return all(choice.static == found.static and _is_uniform(choice) for choice in found.choices)


def _spread(found: Value) -> tuple[Value, ...]:
    if found.items is not None:
        return found.items
    element = types.element_of(found.type)
    static = ANY if found.static == ANY else types.element_of(found.static)
    return (Value(Star(at_least(found.code, Level.SUM)), element, static),)


# --- comparison ----------------------------------------------------------------------------------


_OPPOSITE = {"in": "not in", "not in": "in", "is": "is not", "is not": "is", "==": "!=", "!=": "=="}


def negated(code: Code) -> Code:
    """`not code`, as a person would write it."""
    bare = unplaced(code)
    if isinstance(bare, Operation) and bare.own_level == Level.COMPARE:
        opposite = _OPPOSITE.get(bare.operators[0])
        if opposite is not None:
            return Operation(Level.COMPARE, bare.operands, (opposite,))
    if isinstance(bare, Unary) and bare.operator == "not ":
        operand = bare.operand
        if isinstance(operand, Atom) and operand.text in ("True", "False"):
            return operand
        return call("bool", without_parentheses(operand))
    return Unary("not ", at_least(code, Level.NOT))


def as_boolean(found: Value) -> Code:
    """Whether a value counts as true, as a boolean."""
    return found.code if found.static == BOOLEAN else call("bool", found.code)


_ORDER = {
    "<": "values.less",
    "<=": "values.less_equal",
    ">": "values.greater",
    ">=": "values.greater_equal",
}


def comparison(f: Function, operator: str, left: Value, right: Value) -> Value:
    """`left == right` and its like."""
    if operator in ("==", "!="):
        return _yes_or_no(_equality(f, left, right, operator))
    if operator in ("in", "not in"):
        return _yes_or_no(_containment(f, left, right, operator))
    for kind in (types.is_number, types.is_text):
        if kind(left.type) and kind(right.type):
            return _yes_or_no(operation(Level.COMPARE, left.code, operator, right.code))
    return _yes_or_no(call(f.runtime(_ORDER[operator]), left.code, right.code))


def _yes_or_no(code: Code) -> Value:
    return Value(code, BOOLEAN, BOOLEAN)


def _equality(f: Function, left: Value, right: Value, operator: str) -> Code:
    for one, other in ((left, right), (right, left)):
        if _is_none(one) and not _is_none(other) and _may_or_may_not_be_none(other):
            word = "is" if operator == "==" else "is not"
            return operation(Level.COMPARE, other.code, word, one.code)
    if _comparable(left, right):
        return operation(Level.COMPARE, left.code, operator, right.code)
    code = call(f.runtime("values.equal"), left.code, right.code)
    return code if operator == "==" else Unary("not ", code)


def _is_none(found: Value) -> bool:
    return isinstance(found.code, Atom) and found.code.text == "None"


def _may_or_may_not_be_none(found: Value) -> bool:
    return found.static == ANY or (NULL in members(found.static) and found.static != NULL)


def _comparable(left: Value, right: Value) -> bool:
    """Whether Python's `==` means the same (no booleans inside), and a checker does not find that
    the two can never be equal."""
    if not (_is_scalar(left.type) and _is_scalar(right.type)):
        return False
    if _is_none(left) or _is_none(right):
        return False
    if ANY in (left.static, right.static):
        return True
    ours, theirs = _possible(left), _possible(right)
    if ours is not None and theirs is not None:
        return bool(ours & theirs)
    return bool(_kinds(left.static) & _kinds(right.static))


def _is_scalar(type_: Type) -> bool:
    return type_ != NULL and all(
        member in (STRING, INTEGER, NUMBER, NULL) or isinstance(member, Enum)
        for member in members(type_)
    )


def _possible(found: Value) -> frozenset[Any] | None:
    """All values that a checker knows it to have."""
    if found.literals is not None:
        return found.literals
    words = [member for member in members(found.static) if isinstance(member, Enum)]
    if len(words) == len(members(found.static)):
        return frozenset(word for enum in words for word in enum.values)
    return None


def _kinds(type_: Type) -> set[str]:
    found: set[str] = set()
    for member in members(type_):
        if member in (INTEGER, NUMBER):
            found.add("number")
        elif member != NULL:
            found.add("text")
    return found


def _containment(f: Function, needle: Value, haystack: Value, operator: str) -> Code:
    if _contained_natively(needle, haystack):
        return operation(Level.COMPARE, needle.code, operator, haystack.code)
    code = call(f.runtime("values.contains"), needle.code, haystack.code)
    return code if operator == "in" else Unary("not ", code)


def _contained_natively(needle: Value, haystack: Value) -> bool:
    if types.is_text(haystack.type):
        return types.is_text(needle.type)
    if types.is_dict(haystack.type) or isinstance(haystack.type, Record):
        return types.is_text(needle.type) and haystack.type not in (LOOP, ERROR)
    if not types.is_list(haystack.type) or haystack.items is not None:
        return False
    element = types.element_of(haystack.type)
    return any(kind(needle.type) and kind(element) for kind in (types.is_text, types.is_number))
