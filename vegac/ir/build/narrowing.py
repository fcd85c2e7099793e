"""What a condition says about variables when it holds, or does not."""

from vegac.ir import nodes as ir
from vegac.semantics.types import NULL, Type, may_be_null, without_null


def refinements(condition: ir.Expr, truth: bool) -> list[tuple[str, Type]]:
    """The variables whose type is narrower where `condition` is `truth`."""
    match condition:
        case ir.Variable(name=name, type=type_) if truth and may_be_null(type_) and type_ != NULL:
            return [(name, without_null(type_))]
        case ir.Not(operand=operand):
            return refinements(operand, not truth)
        case ir.Logical(operator="and", operands=operands) if truth:
            return [found for operand in operands for found in refinements(operand, True)]
        case ir.Logical(operator="or", operands=operands) if not truth:
            return [found for operand in operands for found in refinements(operand, False)]
        case ir.Compare(operator="==" | "!=" as operator, left=left, right=right):
            variable, other = (left, right) if isinstance(left, ir.Variable) else (right, left)
            if (
                isinstance(variable, ir.Variable)
                and isinstance(other, ir.Const)
                and other.value is None
                and (operator == "!=") == truth
                and variable.type != NULL
            ):
                return [(variable.name, without_null(variable.type))]
            return []
        case _:
            return []
