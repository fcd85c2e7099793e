"""Conditions that together cover every value: which values a place is left with, and whether a
condition holds for all of them.

A place is a variable or a field of one (`narrowing.path_of`). Its values are those of an enum, the
booleans and null; of any other type it is known whether they count as true.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from vegac.ir import nodes as ir
from vegac.ir.build.narrowing import path_of
from vegac.semantics.flow import Flow, Value
from vegac.semantics.types import ANY, BOOLEAN, NULL, Enum, Type, members

MAX_VALUES = 256
"""Of an enum with more values nothing is known, so that each condition is judged at once."""

_TRUTHS: frozenset[Value] = frozenset((("truth", True), ("truth", False)))
"""The values of other types: those that count as true, and those that do not."""


Values = frozenset[Value]


class Split(NamedTuple):
    """The values of a place with which a condition may hold, and those with which it may not. Other
    things decide about values in both."""

    true: Values
    false: Values


def covers_rest(flow: Flow, condition: ir.Expr, splits: dict[str, Split]) -> bool:
    """Whether `condition` holds for every value that the conditions before it have left over.

    Then nothing but that is asked in it, so that it can do without being evaluated again.
    """
    return any(
        not split.false and flow.left(path) is not None and _asks_only(condition, path)
        for path, split in splits.items()
    )


def restricted(splits: dict[str, Split], truth: bool) -> list[tuple[str, Values]]:
    """The places that have fewer values where the condition is `truth`, with those values."""
    if truth:
        return [(path, split.true) for path, split in splits.items() if split.false - split.true]
    return [(path, split.false) for path, split in splits.items() if split.true - split.false]


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


def split_by(flow: Flow, condition: ir.Expr) -> dict[str, Split]:
    """How a condition splits the values of the places about which it says something."""
    if path := path_of(condition):
        values = _values(flow, path, condition.type)
        true = frozenset(v for v in values if (v[1] if isinstance(v, tuple) else v))
        return {path: Split(true, values - true)}
    match condition:
        case ir.Not(operand=operand):
            return {
                path: Split(split.false, split.true)
                for path, split in split_by(flow, operand).items()
            }
        case ir.Logical(operator=word, operands=operands):
            return _combined([split_by(flow, operand) for operand in operands], word == "or")
        case ir.Compare(operator="==" | "!=" as sign, left=left, right=right):
            place, other = (left, right) if path_of(left) else (right, left)
            return _one_of(flow, place, [other], sign == "==")
        case ir.Compare(
            operator="in" | "not in" as sign, left=left, right=ir.ListValue(items=items)
        ):
            return _one_of(flow, left, items, sign == "in")
        case _:
            return {}


def _combined(operands: list[dict[str, Split]], any_of: bool) -> dict[str, Split]:
    """How operands of `or`, or of `and`, split values together."""
    found: dict[str, Split] = {}
    for path in dict.fromkeys(path for splits in operands for path in splits):
        splits = [splits[path] for splits in operands if path in splits]
        values = splits[0].true | splits[0].false
        # An operand that says nothing of the place may hold, or not, with each of its values.
        weak = values if len(splits) < len(operands) else frozenset[Value]()
        if any_of:
            true = weak.union(*(split.true for split in splits))
            false = values.intersection(*(split.false for split in splits))
        else:
            true = values.intersection(*(split.true for split in splits))
            false = weak.union(*(split.false for split in splits))
        if true != false:
            found[path] = Split(true, false)
    return found


def _one_of(
    flow: Flow, place: ir.Expr, constants: Iterable[ir.Expr], truth: bool
) -> dict[str, Split]:
    """How it splits the values of a place that it is, or is not, one of some constants."""
    path = path_of(place)
    if not path:
        return {}
    values = _values(flow, path, place.type)
    equal: set[Value] = set()
    unsure: set[Value] = set()
    for constant in constants:
        # Of type `any` it stands for what could not be understood.
        if not isinstance(constant, ir.Const) or constant.type == ANY:
            unsure |= values
            continue
        value = constant.value
        if isinstance(value, str | bool | None) and value in values:
            equal.add(value)
        unsure |= values & {("truth", bool(value))}
    true, false = values & (equal | unsure), values - equal
    return {path: Split(true, false) if truth else Split(false, true)}


def _values(flow: Flow, path: str, type_: Type) -> Values:
    """The values that a place may have, as far as they can be told apart."""
    known = _values_of(type_)
    left = flow.left(path)
    return known & left or known if left is not None else known


@lru_cache(maxsize=64)
def _values_of(type_: Type) -> Values:
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
