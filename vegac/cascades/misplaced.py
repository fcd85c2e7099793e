"""A line or a block that stands at the wrong column, told as that one mistake.

Whether it is one shows when it is moved: if the program is built as it should be then, all that is
wrong only as it stands follows from its place.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.file import Placements, SourceFile
from vegac.source.span import Span
from vegac.syntax.lines import Line, split_lines
from vegac.syntax.mending import trace
from vegac.syntax.reader import legible

_BUILT = frozenset(
    {
        "ambiguous-step",
        "bad-name",
        "duplicate-key",
        "missing-description",
        "missing-key",
        "missing-send",
        "missing-system",
        "no-steps",
        "not-a-mapping",
        "unknown-key",
        "wrong-type",
        "yaml-syntax",
    }
)
"""Findings about how a program is built."""
_LONGEST = 16_000
_READ = 200_000
_CHECKED = 30_000
"""How many characters of moved texts are read, and checked: each check takes some milliseconds."""
_AROUND = 30
_MOST_ENDS = 9
_MOST = 50
"""How many findings one line may make."""
_PLACES = 4
"""How many findings are looked at for the line."""


class _Move(Struct, frozen=True):
    """The lines from `first` to `last`, and the column where the first one should stand."""

    first: int
    last: int
    column: int


def without_misplaced(
    findings: list[Diagnostic],
    placements: Placements,
    file: SourceFile,
    check: Callable[[str], Sequence[Diagnostic]],
) -> list[Diagnostic]:
    """The findings, those that vanish when one line is moved replaced by one about that line.

    `check` gives the findings of another text in place of the file.
    """
    built = [
        one
        for one in findings
        if one.severity == "error"
        and one.code in _BUILT
        and placements.locate(one.span).file.text == file.text
    ]
    several = len(built) > 1 or (len(findings) > 1 and bool(built))
    if not several or len(built) > _MOST or len(file.text) > _LONGEST or "\t" in file.text:
        return findings
    text = legible(file.text, "")[0]
    lines = split_lines(text)
    numbers = [placements.locate(one.span).position.line - 1 for one in built[:_PLACES]]
    best: tuple[int, _Move, Sequence[Diagnostic]] | None = None
    left = _CHECKED
    for move in _readable(text, lines, numbers):
        left -= len(file.text)
        if left < 0 and best is not None:
            break
        after = check(_moved(file.text, lines, move))
        if not any(one.code in _BUILT and one.severity == "error" for one in after) and (
            best is None or len(after) < best[0]
        ):
            best = len(after), move, after
        if left < 0 or (best is not None and not best[0]):
            break
    if best is None or best[0] > len(findings) - 2:
        return findings
    known = {(one.code, one.message) for one in best[2]}
    kept = [one for one in findings if (one.code, one.message) in known]
    finding = _finding(file, lines, best[1])
    start = finding.span.start
    before = [one for one in kept if placements.locate(one.span).start < start]
    return [*before, finding, *kept[len(before) :]]


def _readable(text: str, lines: list[Line], numbers: Sequence[int]) -> Iterator[_Move]:
    """The moves after which the text is sound YAML."""
    left = _READ
    for move in _moves(lines, numbers):
        left -= len(text)
        if left < 0:
            return
        if trace(_moved(text, lines, move)).failure is None:
            yield move


def _moves(lines: list[Line], numbers: Sequence[int]) -> Iterator[_Move]:
    """What may have to be moved: lines at the findings, those next to them and those above."""
    places: dict[int, None] = {}
    for number in numbers:
        if number < len(lines):
            before, after = _content(lines, number, -1), _content(lines, number, 1)
            places.update(dict.fromkeys((number, before, after)))
    for number in numbers:
        places.update(dict.fromkeys(_above(lines, number)[:3]))
    seen: set[_Move] = set()
    for place in places:
        if not 0 <= place < len(lines) or lines[place].blank:
            continue
        ends = _ends(lines, place)
        for column in _columns(lines, place):
            # What is moved to the left has taken in what stood behind it.
            wider = column > lines[place].indent
            for end in (*ends, *_before(lines, place, column)) if wider else ends[:2]:
                move = _Move(place, end, column)
                if move not in seen:
                    seen.add(move)
                    yield move


def _content(lines: list[Line], number: int, step: int) -> int:
    """The next line that is not blank in a direction; one beyond the end if there is none."""
    at = number + step
    while 0 <= at < len(lines) and lines[at].blank:
        at += step
    return at


def _above(lines: list[Line], number: int) -> list[int]:
    """The lines above that are indented less and less."""
    found: list[int] = []
    if number >= len(lines):
        return found
    indent = lines[number].indent
    for at in range(number - 1, -1, -1):
        if not lines[at].blank and lines[at].indent < indent:
            found.append(at)
            indent = lines[at].indent
    return found


def _last(lines: list[Line], first: int) -> int:
    """The last line below one that is indented more."""
    last = first
    for at in range(first + 1, len(lines)):
        if lines[at].blank:
            continue
        if lines[at].indent <= lines[first].indent:
            break
        last = at
    return last


def _ends(lines: list[Line], first: int) -> list[int]:
    """Where a block that begins at a line may end: with all that is indented more, with the line
    itself, or before one of the lines that stand as the next one does."""
    last = _last(lines, first)
    child = _content(lines, first, 1)
    ends: dict[int, None] = {last: None, first: None}
    for at in range(child + 1, last + 1):
        if not lines[at].blank and lines[at].indent <= lines[child].indent:
            ends[at - 1] = None
            if len(ends) > _MOST_ENDS:
                break
    return list(ends)


def _before(lines: list[Line], first: int, column: int) -> list[int]:
    """Where the lines end that stand before the last ones at a column."""
    last = _last(lines, first)
    found = (at - 1 for at in range(last, first + 1, -1) if lines[at].indent == column)
    return list(islice(found, 2))


def _columns(lines: list[Line], number: int) -> list[int]:
    """Where a line may have to stand: at the columns of lines around, the nearest first."""
    own = lines[number].indent
    around = [*_above(lines, number), _content(lines, number, -1), _content(lines, number, 1)]
    after = _content(lines, _last(lines, number), 1)
    columns: set[int] = set()
    for at in (*around, after):
        if 0 <= at < len(lines):
            line = lines[at]
            key = line.key_start - line.start
            columns |= {line.indent, key, line.indent + 2, key + 2}
    near = lines[max(0, number - _AROUND) : number + _AROUND]
    columns |= {line.indent for line in near if not line.blank}
    return sorted(columns - {own}, key=lambda column: abs(column - own))[:8]


def _moved(text: str, lines: list[Line], move: _Move) -> str:
    shift = move.column - lines[move.first].indent
    parts = [text[: lines[move.first].start]]
    for at in range(move.first, move.last + 1):
        line = lines[at]
        end = lines[at + 1].start if at + 1 < len(lines) else len(text)
        indent = line.indent if line.blank else max(line.indent + shift, 0)
        parts.append(" " * indent + text[line.content : end])
    end = lines[move.last + 1].start if move.last + 1 < len(lines) else len(text)
    return "".join((*parts, text[end:]))


def _finding(file: SourceFile, lines: list[Line], move: _Move) -> Diagnostic:
    unit = f"{file.path}#"
    shift = move.column - lines[move.first].indent
    edits = tuple(
        Edit(Span(unit, line.start, line.content), " " * max(line.indent + shift, 0))
        for line in lines[move.first : move.last + 1]
        if not line.blank
    )
    line = lines[move.first]
    more = " with the lines below it" if len(edits) > 1 else ""
    return Diagnostic(
        "yaml-syntax",
        "error",
        "this line stands at the wrong column",
        Span(unit, line.content, line.stop),
        hint=f"indent it by {move.column} spaces{more}",
        fixes=(Fix(f"indent by {move.column} spaces", edits, "unsafe"),),
    )
