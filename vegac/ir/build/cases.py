"""Conditions that together cover every value: which values a place is left with, and whether a
condition holds for all of them.

A place is a variable or a field of one (`narrowing.path_of`). Its values are those of an enum, the
booleans and null; of any other type it is known whether they count as true.
"""

from vegac.ir import nodes as ir
from vegac.ir.build.narrowing import path_of
from vegac.ir.traverse import walk
from vegac.semantics.flow import Flow, Value
from vegac.semantics.types import ANY, BOOLEAN, NULL, Enum, Type, members

MAX_VALUES = 256
"""Of an enum with more values nothing is known, so that each condition is judged at once."""

_TRUTHS: frozenset[Value] = frozenset((("truth", True), ("truth", False)))
"""The values of other types: those that count as true, and those that do not."""


def restrict(flow: Flow, condition: ir.Expr, truth: bool) -> list[tuple[str, frozenset[Value]]]:
    """The places that have fewer values where `condition` is `truth`, with those values."""
    found: list[tuple[str, frozenset[Value]]] = []
    for path, type_ in _places(condition).items():
        before = _values(flow, path, type_)
        after = frozenset(v for v in before if _truth(condition, path, v) in (truth, None))
        if len(after) < len(before):
            found.append((path, after))
    return found


def covers_rest(flow: Flow, condition: ir.Expr) -> bool:
    """Whether `condition` holds for every value that the conditions before it have left over.

    Then nothing but that is asked in it, so that it can do without being evaluated again.
    """
    places = _places(condition)
    path, type_ = next(iter(places.items()), ("", NULL))
    if flow.left(path) is None or not _asks_only(condition, path):
        return False
    return all(_truth(condition, path, value) for value in _values(flow, path, type_))


def _places(condition: ir.Expr) -> dict[str, Type]:
    """The places that a condition names, those inside others left out."""
    found: dict[str, Type] = {}
    for part in walk(condition):  # what is inside a part comes behind it
        path = path_of(part)
        if path and not any(known.startswith(f"{path}/") for known in found):
            found.setdefault(path, part.type)
    return found


def _asks_only(condition: ir.Expr, path: str) -> bool:
    """Whether a condition only compares a place with constants."""
    if path_of(condition) == path:
        return True
    match condition:
        case ir.Const():
            return True
        case ir.Not(operand=operand):
            return _asks_only(operand, path)
        case ir.Logical(operands=operands) | ir.ListValue(items=operands):
            return all(_asks_only(operand, path) for operand in operands)
        case ir.Compare(operator="==" | "!=" | "in" | "not in", left=left, right=right):
            return _asks_only(left, path) and _asks_only(right, path)
        case _:
            return False


def _values(flow: Flow, path: str, type_: Type) -> frozenset[Value]:
    """The values that a place may have, as far as they can be told apart."""
    known = _values_of(type_)
    left = flow.left(path)
    return known & left or known if left is not None else known


def _values_of(type_: Type) -> frozenset[Value]:
    found: set[Value] = set()
    for member in members(type_):
        match member:
            case Enum(values) if len(values) <= MAX_VALUES:
                found.update(values)
            case _ if member == BOOLEAN:
                found.update((True, False))
            case _ if member == NULL:
                found.add(None)
            case _:
                return _TRUTHS
    return frozenset(found)


def _truth(condition: ir.Expr, path: str, value: Value) -> bool | None:
    """Whether a condition holds where a place has this value; None where other things decide."""
    if path_of(condition) == path:
        return value[1] if isinstance(value, tuple) else bool(value)
    match condition:
        case ir.Not(operand=operand):
            inner = _truth(operand, path, value)
            return None if inner is None else not inner
        case ir.Logical(operator=word, operands=operands):
            truths = [_truth(operand, path, value) for operand in operands]
            decisive = word == "or"
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case ir.Compare(operator="==" | "!=" as sign, left=left, right=right):
            equal = _equal(left, right, path, value)
            return None if equal is None else equal == (sign == "==")
        case ir.Compare(
            operator="in" | "not in" as sign, left=left, right=ir.ListValue(items=items)
        ):
            found = [_equal(left, item, path, value) for item in items]
            if True in found:
                return sign == "in"
            return None if None in found else sign == "not in"
        case _:
            return None


def _equal(left: ir.Expr, right: ir.Expr, path: str, value: Value) -> bool | None:
    """Whether two operands are equal, one of which is the place and the other a constant."""
    constant = right if path_of(left) == path else left
    if path not in (path_of(left), path_of(right)) or not isinstance(constant, ir.Const):
        return None
    if constant.type == ANY:
        return None  # it stands for what could not be understood
    if isinstance(value, tuple):
        return False if bool(constant.value) != value[1] else None
    return type(value) is type(constant.value) and value == constant.value
