"""What a line of a compiled module was about when Python refused it.

Python's own messages name no values ("list index out of range"). The position that a traceback
keeps for the failed operation, and the variables of its frame, tell which values they were; doing
the operation once more the way untyped values do it gives the message that names them.
"""

import ast
import linecache
from collections.abc import Callable, Mapping
from itertools import islice
from types import TracebackType
from typing import Any

from .errors import ErrorInfo, ExpressionError
from .loops import Loop

_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
}
_COMPARED: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.In: "contains",
    ast.NotIn: "contains",
}


def failed_operation(trace: TracebackType) -> str | None:
    """The message of the operation that failed in the frame of `trace`, None if it is unclear."""
    text = _source(trace)
    if text is None:
        return None
    frame = trace.tb_frame
    variables = {**frame.f_globals, **frame.f_locals}
    try:
        node = ast.parse(f"({text})", mode="eval").body
        _again(node, variables)
    except ExpressionError as error:
        return error.message
    except Exception:
        return None
    return None


def _source(trace: TracebackType) -> str | None:
    """The text of the operation that the frame was doing."""
    code = trace.tb_frame.f_code
    found = next(islice(code.co_positions(), trace.tb_lasti // 2, None), None)
    if found is None:
        return None
    line, end_line, column, end_column = found
    if line is None or end_line is None or column is None or end_column is None:
        return None
    lines = [
        linecache.getline(code.co_filename, number).encode() for number in range(line, end_line + 1)
    ]  # columns of code positions count bytes
    lines[-1] = lines[-1][:end_column]
    lines[0] = lines[0][column:]
    return b"".join(lines).decode("utf-8", "replace")


def _again(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    from . import values

    def call(name: str, *operands: ast.expr) -> Any:
        function: Callable[..., Any] = getattr(values, name)
        return function(*(_value(operand, variables) for operand in operands))

    match node:
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _value(value, variables)
        case ast.Subscript(value=value, slice=place):
            return call("index", value, place)
        case ast.BinOp(left=left, op=op, right=right):
            return call(_BINARY[type(op)], left, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return call("neg", operand)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return call(_COMPARED[type(op)], left, right)
        case _:
            return None


def _value(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    """The value of an expression that does nothing but look things up."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return variables[name]
        case ast.Subscript(value=inner, slice=place):
            return _value(inner, variables)[_value(place, variables)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, variables)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, variables) + _value(right, variables)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left, variables) - _value(right, variables)
        case ast.Attribute(value=inner, attr=name):
            owner = _value(inner, variables)
            if isinstance(owner, Loop | ErrorInfo):
                return getattr(owner, name)
            raise LookupError
        case _:
            raise LookupError
