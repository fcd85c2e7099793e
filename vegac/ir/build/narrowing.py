"""What a condition says about variables when it holds, or does not."""

from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, ERROR, NULL, Type, may_be_null, without_null


def path_of(expr: ir.Expr) -> str:
    """A variable's name, `v/note` for a field of one, `env/NAME`, "" for all else."""
    match expr:
        case ir.Variable(name=name):
            return name
        case ir.EnvValue(name=name):
            return f"env/{name}"
        case ir.Field(value=value, name=name):
            outer = path_of(value)
            return f"{outer}/{name}" if outer else ""
        case _:
            return ""


def refinements(condition: ir.Expr, truth: bool) -> list[tuple[str, Type]]:
    """The variables and fields whose type is narrower where `condition` is `truth`."""
    match condition:
        case ir.Variable(name=name, type=type_) if type_ == ANY:
            # Also of a misspelt variable, which has that type: nothing more is said of it here.
            return [(name, ANY)]
        case ir.Variable(name=name, type=type_) if may_be_null(type_) and type_ != NULL:
            value = without_null(type_)
            if truth:
                return [(name, value)]
            return [(name, NULL)] if value == ERROR else []
        case ir.Field(type=type_) | ir.EnvValue(type=type_) if (
            truth and may_be_null(type_) and type_ != NULL
        ):
            path = path_of(condition)
            return [(path, without_null(type_))] if path else []
        case ir.Not(operand=operand):
            return refinements(operand, not truth)
        case ir.Logical(operator="and", operands=operands) if truth:
            return [found for operand in operands for found in refinements(operand, True)]
        case ir.Logical(operator="or", operands=operands) if not truth:
            return [found for operand in operands for found in refinements(operand, False)]
        case ir.Compare(operator="==" | "!=" as operator, left=left, right=right):
            variable, other = (left, right) if path_of(left) else (right, left)
            return _of_equality(variable, other, (operator == "==") == truth)
        case _:
            return []


def _of_equality(variable: ir.Expr, other: ir.Expr, equal: bool) -> list[tuple[str, Type]]:
    """What it says that `variable` equals `other`, or does not."""
    path, type_ = path_of(variable), variable.type
    if not path or type_ == NULL:
        return []
    if not (isinstance(other, ir.Const) and other.value is None):
        known = equal and other.type != ANY and not may_be_null(other.type)
        return [(path, without_null(type_))] if known and may_be_null(type_) else []
    if isinstance(variable, ir.Variable):
        if not equal:
            return [(path, without_null(type_))]
        return [(path, NULL)] if may_be_null(type_) else []
    return [] if equal or not may_be_null(type_) else [(path, without_null(type_))]
