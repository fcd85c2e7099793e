"""Conditions that are decided before the program runs."""

import operator
from collections.abc import Callable
from typing import cast

from vegac.analysis.branches import shape
from vegac.analysis.contents import Contents
from vegac.analysis.quoted_holes import hole_in
from vegac.ir import nodes as ir
from vegac.ir.traverse import reads_clock, walk
from vegac.semantics.types import ANY, ListOf, MapOf, Record
from vegac.source.findings import Findings


def check_conditions(contents: Contents, findings: Findings) -> None:
    """`constant-condition`: conditions without anything that varies, and texts that are never
    empty."""
    workflow = contents.workflow
    known = {*workflow.variables, *(declared.name for declared in workflow.inputs)}
    for choice in contents.all(ir.If):
        _check(choice.condition, "this condition", known, findings)
    for loop in contents.all(ir.Repeat):
        if loop.until is not None:
            _check(loop.until, "`until`", known, findings)


def _check(condition: ir.Expr, what: str, known: set[str], findings: Findings) -> None:
    truth = _constant_truth(condition)
    if truth is None:
        return
    if any(isinstance(part, ir.Const) and hole_in(part.value, known) for part in walk(condition)):
        return  # said as `hole-in-string`
    findings.report(
        "constant-condition",
        condition.span,
        f"{what} is always {'true' if truth else 'false'}",
        hint="test something that a run can change",
    )


def _constant_truth(condition: ir.Expr) -> bool | None:
    """Whether a condition always holds or never does; None where that depends on the run."""
    match condition:
        case ir.Const(value=value) if condition.type != ANY:
            return bool(value)
        case ir.Template(parts=parts) if any(isinstance(part, str) for part in parts):
            return True
        case ir.ListValue(items=items, type=ListOf()):
            return bool(items)
        case ir.MapValue(keys=keys, type=MapOf() | Record()):
            return bool(keys)
        case ir.Not(operand=operand):
            inner = _constant_truth(operand)
            return None if inner is None else not inner
        case ir.Compare(left=ir.Const() as left, right=ir.Const() as right, operator=sign):
            return _compared(left.value, right.value, sign)
        case ir.Logical(operator=word, operands=operands):
            truths = [_constant_truth(operand) for operand in operands]
            decisive = word == "or"
            if decisive in truths or _exclude(operands, "!=" if decisive else "=="):
                return decisive
            return None if None in truths else not decisive
        case _:
            return None


def _exclude(operands: tuple[ir.Expr, ...], sign: str) -> bool:
    """Whether one value is compared with several constants: it cannot equal two of them, and
    always differs from one."""
    seen: dict[str, set[object]] = {}
    for operand in operands:
        if not isinstance(operand, ir.Compare) or operand.operator != sign:
            continue
        for constant, other in ((operand.left, operand.right), (operand.right, operand.left)):
            varies = not isinstance(other, ir.Const) and not reads_clock(other)
            if isinstance(constant, ir.Const) and varies:
                seen.setdefault(shape(other), set()).add(shape(constant))
    return any(len(constants) > 1 for constants in seen.values())


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compared(left: object, right: object, sign: str) -> bool | None:
    """How two constants compare; None where that is a mistake of another kind."""
    numbers = _is_number(left) and _is_number(right)
    if sign in ("==", "!="):
        same_kind = numbers or type(left) is type(right)
        return (left == right) == (sign == "==") if same_kind else None
    if sign in _ORDERS and (numbers or (isinstance(left, str) and isinstance(right, str))):
        return _ORDERS[sign](cast("float", left), cast("float", right))
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
