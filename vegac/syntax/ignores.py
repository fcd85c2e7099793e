"""Comments that silence findings: `# vegac: ignore[code, ...]`."""

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

from msgspec import Struct
from yaml.error import MarkedYAMLError
from yaml.events import ScalarEvent, StreamEndEvent

from vegac.source.file import SourceFile
from vegac.syntax.chunks import cut
from vegac.syntax.hole_masks import mask_holes
from vegac.syntax.reader import legible
from vegac.syntax.yaml_parser import event_parser

_IGNORE = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*vegac:[ \t]*ignore(?:\[([^\]\r\n]*)\]|(?=[ \t]*$))", re.M
)
_LINE_END = re.compile("[\r\n\x85\u2028\u2029]|$")


class Ignore(Struct, frozen=True):
    """A silencing comment at `start:end` of the file's text; `line` counts from 1."""

    line: int
    codes: tuple[str, ...]
    start: int
    end: int


def ignores(file: SourceFile) -> list[Ignore]:
    """The silencing comments of a file, in order; the same words inside a text are none."""
    if "vegac:" not in file.text:
        return []
    text, _ = legible(file.text, "")
    matches = list(_IGNORE.finditer(text))
    if not matches:
        return []
    scalars = _Ranges(_scalars(text, [match.start() for match in matches]))
    return [
        Ignore(
            file.position(match.start()).line,
            tuple(code for code in re.split(r"[,\s]+", match[1] or "") if code),
            match.start(),
            match.end(),
        )
        for match in matches
        if match.start() not in scalars
    ]


class _Ranges:
    """Ranges of a text, to be asked for places in them."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        ranges.sort()
        self._starts = [start for start, _ in ranges]
        self._ends = list(accumulate((end for _, end in ranges), max))

    def __contains__(self, place: int) -> bool:
        index = bisect_right(self._starts, place) - 1
        return index >= 0 and place < self._ends[index]


def _scalars(text: str, places: list[int]) -> list[tuple[int, int]]:
    """The content of the scalars in those pieces of a file that hold one of the places, which are
    in order."""
    parts = cut("", text) or []
    pieces = [piece for part in parts for piece in (part.piece, *part.members)]
    bounds = [(piece.start, piece.end) for piece in pieces] or [(0, len(text))]
    found: list[tuple[int, int]] = []
    for start, end in bounds:
        first = bisect_left(places, start)
        if first < len(places) and places[first] < end:
            found.extend((start + first, start + last) for first, last in _content(text[start:end]))
    return found


def _content(text: str) -> list[tuple[int, int]]:
    """The content of each scalar of a piece, as far as it is YAML."""
    next_event = event_parser(mask_holes(text).text).get_event
    found: list[tuple[int, int]] = []
    try:
        while (event := next_event()).__class__ is not StreamEndEvent:
            if event.__class__ is ScalarEvent:
                start: int = event.start_mark.index
                if event.style in ("|", ">"):
                    # A comment may stand behind the sign of a block scalar.
                    header = _LINE_END.search(text, start)
                    start = header.start() if header else start
                found.append((start, event.end_mark.index))
    except MarkedYAMLError:
        pass
    return found
