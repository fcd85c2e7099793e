"""What is wrong with the arguments of filters that are written in a program."""

import re
import warnings

from vega_grammar.filters import CONDITION, Parameter


def constant_problem(parameter: Parameter, value: object) -> str:
    """Why a parameter cannot have a value, "" where it can."""
    match parameter.type:
        case "integer" if isinstance(value, int | float):
            return _integer_problem(parameter, value)
        case "regex" if isinstance(value, str):
            try:
                with warnings.catch_warnings(action="ignore"):
                    re.compile(value)
            except (re.error, OverflowError, RecursionError) as error:
                return f"this is no regular expression: {error}"
        case "separator" if value == "":
            return "the separator is empty"
        case "condition" if isinstance(value, str) and not re.fullmatch(CONDITION, value):
            return "a condition is empty, or an operator and a literal such as `>0`"
        case _:
            pass
    return ""


def _integer_problem(parameter: Parameter, value: float) -> str:
    if not isinstance(value, int):
        return f"{parameter.doc}; this is no whole number"
    low, high = parameter.low, parameter.high
    fits = (low is None or value >= low) and (high is None or value <= high)
    return "" if fits else f"{parameter.doc}; this is {value}"


def replacement_problem(pattern: object, replacement: object) -> str:
    """Why a replacement is none for a regular expression, "" where it is or nothing is known."""
    if not isinstance(pattern, str) or not isinstance(replacement, str):
        return ""
    try:
        re.sub(pattern, replacement, "")
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        return f"it does not fit the pattern: {error}"
    return ""
