"""What a condition says about variables when it holds, or does not."""

from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, ERROR, NULL, Type, may_be_null, without_null


def refinements(condition: ir.Expr, truth: bool) -> list[tuple[str, Type]]:
    """The variables whose type is narrower where `condition` is `truth`."""
    match condition:
        case ir.Variable(name=name, type=type_) if type_ == ANY:
            # Also of a misspelt variable, which has that type: nothing more is said of it here.
            return [(name, ANY)]
        case ir.Variable(name=name, type=type_) if may_be_null(type_) and type_ != NULL:
            value = without_null(type_)
            if truth:
                return [(name, value)]
            return [(name, NULL)] if value == ERROR else []
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
                and variable.type != NULL
            ):
                if (operator == "!=") == truth:
                    return [(variable.name, without_null(variable.type))]
                if may_be_null(variable.type):
                    return [(variable.name, NULL)]
            return []
        case _:
            return []
