"""What is known of the place where YAML gives up, and what might be done about it."""

import re
from collections.abc import Iterator

from msgspec import Struct

from vegac.syntax.lines import Line
from vegac.syntax.mending import Change, Trace
from vegac.syntax.yaml_findings import quoted

_ENTRIES = re.compile(r"\{[ \t]*(?:[\w.-]+|\"[\w.-]+\"|'[\w.-]+')[ \t]*:[ \t]")


class Repair(Struct, frozen=True):
    """A possible mistake at `start:end`, and the changes that mend the text for reading on.

    `fix` is the title under which the changes are offered to the author, empty if they only serve
    to read on. `loses` marks changes that take text away.
    """

    message: str
    start: int
    end: int
    changes: tuple[Change, ...]
    hint: str = ""
    fix: str = ""
    safe: bool = True
    loses: bool = False


class Scene(Struct, frozen=True):
    """A text that fails as YAML: where, and the lines that matter.

    `here` is the index of the line of the problem (of the last one with content before it, if that
    one is blank), `near` the index of the one where its construct starts.
    """

    text: str
    lines: list[Line]
    problem: int
    context: int | None
    here: int
    near: int
    trace: Trace

    @property
    def char(self) -> str:
        return self.text[self.problem : self.problem + 1]

    @property
    def line(self) -> Line:
        return self.lines[self.here]


def quote_value(
    line: Line, text: str, message: str, place: tuple[int, int] | None, hint: str
) -> Iterator[Repair]:
    """Quotes around a line's value."""
    if line.colon is None and line.key_start == line.content:
        return
    start = line.value if line.colon is not None else line.key_start
    for end in dict.fromkeys((line.stop, line.end)):
        written = text[start:end].rstrip()
        if written:
            change = Change(start, start + len(written), quoted(written))
            where = place or (start, start + len(written))
            # Entries in braces are rather a map with a mistake than a text.
            safe = _ENTRIES.match(written) is None
            yield Repair(message, *where, (change,), hint, "put the value in quotes", safe)


def same_block(scene: Scene, index: int) -> list[Line]:
    """A line with those below that are indented at least as much."""
    indent = scene.lines[index].indent
    block = [scene.lines[index]]
    for line in scene.lines[index + 1 :]:
        if not line.blank and line.indent < indent:
            break
        block.append(line)
    return [line for line in block if not line.blank]


def content_before(scene: Scene, index: int) -> int | None:
    for number in range(index - 1, -1, -1):
        if not scene.lines[number].blank:
            return number
    return None


def content_after(scene: Scene, index: int) -> int | None:
    for number in range(index + 1, len(scene.lines)):
        if not scene.lines[number].blank:
            return number
    return None


def line_index(lines: list[Line], offset: int) -> int:
    """The index of the line that holds a place."""
    low, high = 0, len(lines) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if lines[middle].start <= offset:
            low = middle
        else:
            high = middle - 1
    return low
