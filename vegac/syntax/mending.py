"""A text that is changed step by step, with the way back to its first form."""

from bisect import bisect_right

from msgspec import Struct
from yaml.error import MarkedYAMLError
from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from vegac.syntax.compose import HOPELESS_DEPTH, Failure, failure
from vegac.syntax.hole_masks import mask_holes
from vegac.syntax.yaml_parser import event_parser


class Change(Struct, frozen=True):
    """Replace `text[start:end]` by `text`."""

    start: int
    end: int
    text: str


class Mended:
    """A text after changes; `back` leads from its offsets to those of the first text."""

    def __init__(self, text: str, before: "Mended | None" = None) -> None:
        self.text = text
        self._before = before
        self._starts = [0]
        self._sources = [0]
        self._limits = [len(text)]

    def apply(self, changes: tuple[Change, ...]) -> "Mended":
        """The text after further changes (which do not overlap)."""
        parts: list[str] = []
        starts: list[int] = []
        sources: list[int] = []
        limits: list[int] = []
        position = length = 0

        def add(piece: str, source: int, limit: int) -> None:
            nonlocal length
            if piece:
                parts.append(piece)
                starts.append(length)
                sources.append(source)
                limits.append(limit)
                length += len(piece)

        for change in sorted(changes, key=lambda change: change.start):
            add(self.text[position : change.start], position, change.start)
            add(change.text, change.start, change.end)
            position = change.end
        add(self.text[position:], position, len(self.text))
        after = Mended("".join(parts), self)
        after._starts, after._sources, after._limits = starts or [0], sources or [0], limits or [0]
        return after

    def back(self, offset: int) -> int:
        """Where an offset lies in the first text; for what was put in, the place it was put."""
        mended: Mended | None = self
        while mended is not None:
            index = max(bisect_right(mended._starts, offset) - 1, 0)
            steps = offset - mended._starts[index]
            offset = min(mended._sources[index] + steps, mended._limits[index])
            mended = mended._before
        return offset

    def back_range(self, start: int, end: int) -> tuple[int, int]:
        """A range in the first text, never turned around."""
        first = self.back(start)
        last = self.back(end - 1) + 1 if end > start else first
        return first, max(first, min(last, max(first, self.back(end))))


class Trace(Struct, frozen=True):
    """How far YAML got: the failure, quoted scalars over several lines, and brackets left open.
    `looked` is what `Masked.looked` says."""

    failure: Failure | None
    quoted: tuple[tuple[int, int], ...]
    open: tuple[int, ...]
    looked: int


def trace(text: str) -> Trace:
    """Reads `text` as YAML up to its first mistake."""
    masked = mask_holes(text)
    next_event = event_parser(masked.text).get_event
    quoted: list[tuple[int, int]] = []
    flows: list[int] = []
    try:
        while True:
            event = next_event()
            kind = event.__class__
            if kind is ScalarEvent:
                if event.style in ("'", '"') and event.start_mark.line != event.end_mark.line:
                    quoted.append((event.start_mark.index, event.end_mark.index))
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                flows.append(event.start_mark.index if event.flow_style else -1)
                if len(flows) > HOPELESS_DEPTH:
                    return Trace(Failure(event.start_mark.index, None, True), (), (), masked.looked)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                flows.pop()
            elif kind is StreamEndEvent:
                return Trace(None, (), (), masked.looked)
    except MarkedYAMLError as error:
        opened = tuple(start for start in flows if start >= 0)
        return Trace(failure(error, len(text)), tuple(quoted), opened, masked.looked)
