"""Failures in words: what Python raised in a compiled module, as an error with a source place."""

import re
from types import TracebackType
from typing import Any

from .errors import ErrorInfo, ExpressionError, Place, VegaError
from .program import Program

_HELPERS = (
    "conditions.py",
    "durations.py",
    "elements.py",
    "filters.py",
    "kinds.py",
    "loops.py",
    "parsing.py",
    "patterns.py",
    "text.py",
    "values.py",
    "yaml_data.py",
)
"""Modules of the runtime that evaluate expressions: what they raise is the expression's fault."""


def placed(error: VegaError, program: Program | None) -> VegaError:
    """`error`, with its place in the source filled in where that can be told."""
    if error.place is None and program is not None:
        if error.site:
            error.place = program.sites.get(error.site)
        if error.place is None:
            error.place = _traced(error.__traceback__, program)[0]
    return error


def translated(error: Exception, program: Program | None) -> Exception:
    """A failure of the program as a `VegaError` with its place.

    What Python raised while the module's own code ran becomes an ExpressionError. An exception from
    anywhere else is a defect of the runtime or of a library, and stays what it is.
    """
    if isinstance(error, VegaError):
        return placed(error, program)
    if program is None:
        return error
    place, own = _traced(error.__traceback__, program)
    if not own:
        return error
    failure = ExpressionError(_message(error, program), place=place)
    failure.__cause__ = error
    failure.__traceback__ = error.__traceback__
    return failure


def info(error: VegaError) -> ErrorInfo:
    """What the program sees of a failure; `step` is the step's own name: neither its workflow nor
    the blocks around it, and no number among equals."""
    step = (error.site or "").partition("/")[2].rpartition("/")[2].partition("#")[0]
    return ErrorInfo(error.message, error.type, step)


def _message(error: Exception, program: Program) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is not None and last.tb_frame.f_code.co_filename == program.module_file:
        from .operands import failed_operation

        return failed_operation(last) or explain(error)
    return explain(error)


def _traced(trace: TracebackType | None, program: Program) -> tuple[Place | None, bool]:
    """The place of the last line of the module on the way to the error, and whether the error
    arose there (or in a helper that evaluates expressions) and not further down."""
    place: Place | None = None
    own = False
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename == program.module_file:
            place = _place_of_line(program, code, trace.tb_lineno)
            own = True
        elif own:
            own = _is_helper(code.co_filename)
        trace = trace.tb_next
    return place, own


def _is_helper(filename: str) -> bool:
    folder, _, name = filename.replace("\\", "/").rpartition("/")
    return name in _HELPERS and folder.endswith("vega_runtime")


def _place_of_line(program: Program, code: Any, line: int) -> Place | None:
    places = program.lines
    for candidate in range(line, code.co_firstlineno - 1, -1):
        if candidate in places:
            return places[candidate]
    return None


# What Python says, in the language's words

_NAMES = {
    "NoneType": "null",
    "string": "a text",
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "bool": "a boolean",
    "list": "a list",
    "dict": "a map",
    "tuple": "a list",
    "ErrorInfo": "an error",
    "Loop": "a loop",
}
_VERBS = {
    "+": "add {0} and {1}",
    "-": "subtract {1} from {0}",
    "*": "multiply {0} and {1}",
    "/": "divide {0} by {1}",
    "//": "divide {0} by {1}",
    "%": "divide {0} by {1}",
}
_OPERANDS = r"unsupported operand type\(s\) for (\S+?)=?: '(\w+)' and '(\w+)'"
_SAID = (
    (r"can only concatenate (\w+) \(not \"(\w+)\"\) to \w+", "cannot add {0} and {1}"),
    (
        r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'",
        "cannot compare {1} with {2} ({0})",
    ),
    (r"bad operand type for unary \S+: '(\w+)'", "cannot negate {0}"),
    (r"'(\w+)' object is not subscriptable", "{0} has no fields or elements"),
    (r"'(\w+)' object is not iterable", "{0} has no elements"),
    (r"argument of type '(\w+)' is not (?:a container or )?iterable", "{0} has no elements"),
    (r"object of type '(\w+)' has no len\(\)", "{0} has no length"),
    (
        r"(list|string) (?:indices|index) must be integers.*, not '?(\w+)'?",
        "{0} takes a whole number as a position, not {1}",
    ),
    (r"'(\w+)' object has no attribute '(\w+)'", "{0} has no field '{1}'"),
)
"""What Python says of wrong types, and how to say it."""


def explain(error: Exception) -> str:
    """What a native exception means to the author of an expression."""
    said = str(error)
    if isinstance(error, KeyError):
        key = error.args[0] if error.args else ""
        return f"there is no field {key!r}"
    if isinstance(error, IndexError):
        return said if said.startswith("there is no") else "there is no element at that position"
    if isinstance(error, ZeroDivisionError):
        return "division by zero"
    if isinstance(error, RecursionError):
        return "the value is nested too deeply"
    if isinstance(error, OverflowError):
        return "the number is too large"
    if isinstance(error, TypeError | AttributeError):
        return _explain_type(said)
    return said or type(error).__name__


def _explain_type(said: str) -> str:
    if found := re.search(_OPERANDS, said):
        words = _VERBS.get(found[1], f"use {found[1]} on {{0}} and {{1}}")
        return f"cannot {words}".format(_named(found[2]), _named(found[3]))
    for pattern, words in _SAID:
        if found := re.search(pattern, said):
            return words.format(*map(_named, found.groups()))
    return said


def _named(word: str) -> str:
    return _NAMES.get(word, word)
