"""Regular expressions whose time grows without measure."""

import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.source.findings import Findings

_FILTERS = ("match", "regex_replace")
_MANY = 16
"""A repeat with at most so many rounds is no danger."""


def check_patterns(workflow: Contents, findings: Findings) -> None:
    """`slow-pattern`: a repeat inside a repeat that may divide a text in many ways."""
    for call in workflow.parts(ir.FilterCall):
        if call.name in _FILTERS:
            _check(call.arguments[:1], findings)


def _check(arguments: tuple[ir.Expr, ...], findings: Findings) -> None:
    for pattern in arguments:
        if (
            isinstance(pattern, ir.Const)
            and isinstance(pattern.value, str)
            and is_slow(pattern.value)
        ):
            findings.report(
                "slow-pattern",
                pattern.span,
                "this pattern takes a time that doubles with each character of some texts",
                hint="avoid a repeat inside a repeat, such as `(a+)+`",
            )


def is_slow(pattern: str) -> bool:
    """Whether a pattern holds a repeat of what may itself be divided in many ways, with something
    behind it that may fail."""
    try:
        with warnings.catch_warnings(action="ignore"):
            items = import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, RecursionError, ImportError):
        return False
    return _sequence(list(items), followed=False)


# A parsed pattern is a list of pairs: an operation (which prints as its name) and its operand.


def _sequence(items: list[Any], followed: bool) -> bool:
    behind = followed
    for operation, operand in reversed(items):
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT"):
            _, most, body = operand
            # What a repeat does over, it tries in every way once something behind it fails.
            if most > _MANY and behind and _ambiguous(list(body)):
                return True
        if any(_sequence(inner, behind) for inner in _parts(operation, operand)):
            return True
        behind = behind or _can_fail((operation, operand))
    return False


def _parts(operation: Any, operand: Any) -> Iterator[list[Any]]:
    match str(operation):
        case "MAX_REPEAT" | "MIN_REPEAT":
            yield list(operand[2])
        case "SUBPATTERN":
            yield list(operand[3])
        case "BRANCH":
            for branch in operand[1]:
                yield list(branch)
        case _:
            pass


def _ambiguous(body: list[Any]) -> bool:
    """Whether one text may be one round of `body` or several: it holds a repeat, and everything
    around that may be empty."""
    filled = [index for index, item in enumerate(body) if not _may_be_empty(item)]
    for index, (operation, operand) in enumerate(body):
        if filled not in ([], [index]):
            continue
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT" if operand[1] > _MANY:
                return True
            case "SUBPATTERN" if _ambiguous(list(operand[3])):
                return True
            case "BRANCH" if any(_ambiguous(list(branch)) for branch in operand[1]):
                return True
            case _:
                pass
    return False


def _may_be_empty(item: Any) -> bool:
    operation, operand = item
    match str(operation):
        case "MAX_REPEAT" | "MIN_REPEAT":
            return operand[0] == 0 or all(_may_be_empty(part) for part in operand[2])
        case "SUBPATTERN":
            return all(_may_be_empty(part) for part in operand[3])
        case "BRANCH":
            return any(all(_may_be_empty(part) for part in branch) for branch in operand[1])
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return True
        case _:
            return False


def _can_fail(item: Any) -> bool:
    return str(item[0]) == "AT" or not _may_be_empty(item)
