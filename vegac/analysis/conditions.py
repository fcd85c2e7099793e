"""Conditions that are decided before the program runs."""

from vegac.ir import nodes as ir
from vegac.ir.traverse import statements
from vegac.semantics.types import ANY, ListOf, MapOf, Record
from vegac.source.findings import Findings


def check_conditions(program: ir.Program, findings: Findings) -> None:
    """`constant-condition`: conditions without anything that varies, and texts that are never
    empty."""
    for workflow in program.workflows:
        for statement in statements(workflow.body):
            match statement:
                case ir.If(condition=condition):
                    _check(condition, "this condition", findings)
                case ir.Repeat(until=until) if until is not None:
                    _check(until, "`until`", findings)
                case _:
                    pass


def _check(condition: ir.Expr, what: str, findings: Findings) -> None:
    truth = _constant_truth(condition)
    if truth is None:
        return
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
        case ir.Compare(left=ir.Const() as left, right=ir.Const() as right, operator=operator):
            if operator in ("==", "!=") and type(left.value) is type(right.value):
                return (left.value == right.value) == (operator == "==")
            return None
        case ir.Logical(operator=operator, operands=operands):
            truths = [_constant_truth(operand) for operand in operands]
            decisive = operator == "or"
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case _:
            return None
