"""Results for people: a table as the tests go by, then what went wrong."""

from collections.abc import Iterable, Sequence

from vegac.source.render.canvas import Role, Style
from vegac.source.render.cells import visible, width
from vegac.testing.difference import plain, side_by_side, stated
from vegac.testing.results import Mismatch, Result

_LONGEST_NAME = 60


class Table:
    """The rows of a table whose tests are known beforehand: (file, case) of each. `update`: the
    expectations that can be are going to be rewritten."""

    def __init__(self, tests: Iterable[tuple[str, str]], style: Style, update: bool) -> None:
        self._update = update
        pairs = [(_cell(file), _cell(name)) for file, name in tests]
        self._style = style
        self._file = max((width(file) for file, _ in pairs), default=0)
        self._name = max((width(name) for _, name in pairs), default=0)
        self._last = ""

    def row(self, result: Result) -> str:
        """A line: the file (once), the test, how it went, and its seconds."""
        file = _cell(result.file)
        shown = "" if file == self._last else file
        self._last = file
        name = _cell(result.name)
        state, role = _state(result, self._update)
        painted = self._style.paint(state, role)
        pad = " " * (7 - len(state))
        return (
            f"{shown}{' ' * (self._file - width(shown))}  {name}{' ' * (self._name - width(name))}"
            f"  {painted}{pad}  {result.seconds:7.3f}"
        )


def _state(result: Result, update: bool) -> tuple[str, Role]:
    if result.passed:
        return "ok", "good"
    return ("updated", "warning") if update and result.can_update else ("failed", "error")


def _cell(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 3] + "..."


def failure(result: Result, style: Style, seen: set[str] | None = None) -> str:
    """Everything that is wrong in a failed test. Problems in `seen` were told before: of them only
    the first line is repeated; new ones are added."""
    name = f"{result.file}: {result.name}" if result.name else result.file
    lines = [style.paint(f"FAILED {visible(' '.join(name.split()))}", "strong")]
    for problem in result.problems:
        lines += _problem(problem, seen if seen is not None else set())
    for mismatch in result.mismatches:
        lines += [f"  {line}".rstrip() for line in describe(mismatch, style)]
    if result.printed:
        lines += [f"  {line}".rstrip() for line in stated("printed by the run", result.printed)]
    return "\n".join(lines)


def _problem(problem: str, seen: set[str]) -> list[str]:
    lines = problem.split("\n")
    if len(lines) > 1 and problem in seen:
        return [f"  {lines[0]} (as above)"]
    seen.add(problem)
    return [f"  {line}".rstrip() for line in lines]


def describe(mismatch: Mismatch, style: Style) -> list[str]:
    """What a value is and what it was expected to be."""
    at = f" ({mismatch.place})" if mismatch.place else ""
    if mismatch.relation == "equal":
        verb = "differ" if mismatch.what.startswith(("calls", "messages")) else "differs"
        head = f"{visible(mismatch.what)} {verb}{at}"
        body = side_by_side(mismatch.expected, mismatch.got, style)
    elif mismatch.relation == "be absent":
        head = f"{visible(mismatch.what)} should not exist{at}"
        body = stated("got", mismatch.got)
    else:
        head = f"{visible(mismatch.what)} does not {_SAYS[mismatch.relation]}{at}"
        body = [
            *stated(_LABELS[mismatch.relation], mismatch.expected),
            *stated("got", mismatch.got),
        ]
    return [head, *(f"  {line}" for line in body)]


_SAYS = {
    "contain": "contain what is expected",
    "match": "match the pattern",
    "satisfy": "make the expression true",
    "be at most": "stay within the limit",
    "be present": "exist",
    "fail": "fail",
}
_LABELS = {
    "contain": "expected to contain",
    "match": "expected to match",
    "satisfy": "expression",
    "be at most": "expected at most",
    "be present": "expected",
    "fail": "expected",
}


def summary(results: Sequence[Result], style: Style, update: bool = False) -> str:
    """ "12 passed, 1 failed"."""
    passed = sum(result.passed for result in results)
    updated = sum(result.can_update for result in results) if update else 0
    failed = len(results) - passed - updated
    parts: list[str] = []
    if passed or not (failed or updated):
        parts.append(style.paint(f"{passed} passed", "" if failed else "good"))
    if updated:
        parts.append(style.paint(f"{updated} updated", "warning"))
    if failed:
        parts.append(style.paint(f"{failed} failed", "error"))
    return ", ".join(parts)


def message(result: Result) -> str:
    """The first thing that is wrong, in one line."""
    if result.problems:
        return " ".join(result.problems[0].split("\n", 1)[0].split())
    first = result.mismatches[0]
    return " ".join(f"{describe(first, Style())[0]}: got {plain(first.got)}".split())[:300]
