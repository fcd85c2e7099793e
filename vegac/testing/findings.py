"""Comparing the findings of the check with those that a test expects."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.testing.cases import ExpectedFinding


class Found(Struct, frozen=True):
    """A finding with its place in the program."""

    finding: Diagnostic
    line: int
    column: int


class Pair(Struct, frozen=True):
    """A finding that was expected, found, or both."""

    state: Literal["ok", "missing", "unexpected"]
    expected: ExpectedFinding | None
    found: Found | None


def found_in(diagnostics: Sequence[Diagnostic], placements: Placements) -> list[Found]:
    """The findings with their places, in the order given."""
    result: list[Found] = []
    for finding in diagnostics:
        position = placements.locate(finding.span).position
        result.append(Found(finding, position.line, position.column))
    return result


def align(expected: Sequence[ExpectedFinding], found: Sequence[Found]) -> list[Pair]:
    """The two lists side by side with as few differences as possible; the order counts.

    A finding of severity info that is not expected is left out: it is no difference.
    """
    width = len(found)
    costs = [[0] * (width + 1) for _ in range(len(expected) + 1)]
    for row in range(len(expected), -1, -1):
        for column in range(width, -1, -1):
            costs[row][column] = min(_ways(costs, expected, found, row, column), default=0)
    pairs: list[Pair] = []
    row = column = 0
    while row < len(expected) or column < width:
        best = costs[row][column]
        if (
            row < len(expected)
            and column < width
            and costs[row + 1][column + 1] == best
            and agrees(expected[row], found[column])
        ):
            pairs.append(Pair("ok", expected[row], found[column]))
            row, column = row + 1, column + 1
        elif row < len(expected) and costs[row + 1][column] + 1 == best:
            pairs.append(Pair("missing", expected[row], None))
            row += 1
        else:
            if _weight(found[column]):
                pairs.append(Pair("unexpected", None, found[column]))
            column += 1
    return pairs


def _ways(
    costs: list[list[int]],
    expected: Sequence[ExpectedFinding],
    found: Sequence[Found],
    row: int,
    column: int,
) -> list[int]:
    ways: list[int] = []
    if row < len(expected):
        ways.append(costs[row + 1][column] + 1)
        if column < len(found) and agrees(expected[row], found[column]):
            ways.append(costs[row + 1][column + 1])
    if column < len(found):
        ways.append(costs[row][column + 1] + _weight(found[column]))
    return ways


_BEYOND_THE_REFERENCE = frozenset(
    [
        "text-order",
        "never-matches",
        "slow-pattern",
        "hole-in-string",
        "hole-in-key",
        "max-tokens-too-large",
        "refused-parameter",
        "reserved-parameter",
        "same-fallback",
        "delegation-without-team",
        "unused-param",
        "duplicate-value",
        "required-with-default",
        "default-not-a-choice",
        "single-attempt",
        "timeout-never-reached",
        "budget-never-reached",
        "nothing-to-save",
        "unused-result",
        "unset-error",
        "text-as-condition",
        "repeated-condition",
        "until-never-changes",
        "loop-runs-once",
        "loop-changes-list",
    ]
)
"""Warnings that the language's reference does not name: like infos, they count where listed."""


def _weight(found: Found) -> int:
    finding = found.finding
    if finding.severity == "info":
        return 0
    return int(finding.severity == "error" or finding.code not in _BEYOND_THE_REFERENCE)


def agrees(expected: ExpectedFinding, found: Found) -> bool:
    """Whether a finding is what was expected. Hints, notes and labels count for `contains`."""
    finding = found.finding
    said = "\n".join(
        (
            finding.message,
            finding.hint,
            *finding.notes,
            *(label.message for label in finding.labels),
        )
    )
    return (
        expected.code == finding.code
        and expected.severity in (None, finding.severity)
        and expected.line in (None, found.line)
        and expected.column in (None, found.column)
        and (expected.contains is None or expected.contains in said)
    )


def describe(pairs: Sequence[Pair]) -> list[str]:
    """A line for each pair."""
    rows: list[tuple[str, str, str]] = []
    for pair in pairs:
        if pair.found is not None:
            place = f"{pair.found.line}:{pair.found.column}"
            finding = pair.found.finding
            rows.append((pair.state, place, f"{finding.severity}[{finding.code}]"))
            if pair.state == "unexpected":
                hint = f" ({finding.hint})" if finding.hint else ""
                rows[-1] = (*rows[-1][:2], f"{rows[-1][2]}: {finding.message}{hint}")
        elif pair.expected is not None:
            rows.append((pair.state, *_wanted(pair.expected)))
    widths = [max((len(row[index]) for row in rows), default=0) for index in (0, 1)]
    return [f"{state:<{widths[0]}}  {place:<{widths[1]}}  {what}" for state, place, what in rows]


def _wanted(expected: ExpectedFinding) -> tuple[str, str]:
    line = "?" if expected.line is None else str(expected.line)
    column = "" if expected.column is None else f":{expected.column}"
    severity = f"{expected.severity}[{expected.code}]" if expected.severity else expected.code
    contains = "" if expected.contains is None else f" that contains '{expected.contains}'"
    return line + column, severity + contains
