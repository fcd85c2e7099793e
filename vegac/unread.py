"""What follows from places of a program that could not be understood.

An input that is read in an expression that does not parse has a reader after all: that nothing
reads it is no news before the expression is mended.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements
from vegac.source.span import Span
from vegac.syntax.document import BLOCKS
from vegac.syntax.nodes import Mapping, Node
from vegac.syntax.nodes import Sequence as ListNode
from vegac.syntax.reader import FileTree

_LEFT_OUT = frozenset(
    {
        "ambiguous-step",
        "bad-name",
        "comment-in-text",
        "limit-exceeded",
        "missing-key",
        "missing-send",
        "no-steps",
        "not-a-mapping",
        "syntax-error",
        "unknown-key",
        "unknown-workflow",
        "wrong-type",
        "yaml-syntax",
    }
)
"""Findings of places that are not, or not wholly, part of the program that is judged."""
_STEPS_LEFT_OUT = frozenset({"ambiguous-step", "missing-key", "wrong-type"})
"""Those among them after which a step may set nothing."""
_OF_NAMES = ("undefined-variable", "implicit-input")
_OF_STEPS = ("unused-agent", "unused-tool")
_OF_LOOPS = "until-never-changes"


class _Place(Struct, eq=False):
    """A part of a file, as offsets into its text."""

    path: str
    text: str
    start: int
    end: int
    code: str
    key: str

    @property
    def has_lost_steps(self) -> bool:
        """Whether steps are missing here that nobody has written yet, or written wrongly."""
        return self.code == "no-steps" or (self.code == "wrong-type" and self.key in BLOCKS)

    def holds(self, other: Location) -> bool:
        return self.path == other.file.path and self.start <= other.start and other.end <= self.end

    def mentions(self, name: str, declared: Location) -> bool:
        """Whether the name stands here, elsewhere than where it is declared."""
        pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
        return any(
            self.path != declared.file.path
            or not declared.start <= match.start() < max(declared.end, declared.start + 1)
            for match in pattern.finditer(self.text, self.start, self.end)
        )


def without_echoes(
    findings: Sequence[Diagnostic], placements: Placements, trees: Iterable[FileTree]
) -> list[Diagnostic]:
    """The findings but those that only say what others have left out."""
    if not any(_is_echo(finding) for finding in findings):
        return list(findings)
    roots = {tree.file.path: tree.root for tree in trees}
    places = [
        _place(finding, placements, roots) for finding in findings if finding.code in _LEFT_OUT
    ]
    unknown = {finding.subject for finding in findings if finding.code in _OF_NAMES}
    return [
        finding
        for finding in findings
        if not (_is_echo(finding) and _explained(finding, placements, places))
        and not (finding.code == _OF_LOOPS and finding.subject in unknown)
    ]


def _is_echo(finding: Diagnostic) -> bool:
    return finding.code in (*_OF_NAMES, _OF_LOOPS) or finding.code.startswith("unused-")


def _explained(finding: Diagnostic, placements: Placements, places: Iterable[_Place]) -> bool:
    declared = placements.locate(finding.span)
    if finding.code == _OF_LOOPS:
        return any(place.holds(declared) for place in places)
    if finding.code in _OF_STEPS and any(place.has_lost_steps for place in places):
        return True
    undefined = finding.code in _OF_NAMES
    return any(
        place.mentions(finding.subject, declared)
        for place in places
        if finding.subject and (not undefined or place.code in _STEPS_LEFT_OUT)
    )


def _place(finding: Diagnostic, placements: Placements, roots: dict[str, Mapping | None]) -> _Place:
    """The entry or the item of a list around a finding, with the finding itself."""
    location = placements.locate(finding.span)
    path = location.file.path
    start, end, key = location.start, location.end, ""
    root = roots.get(path)
    around = list(_around(root, finding.span)) if root is not None else []
    if around:
        first, last, key = around[-1]
        base = location.start - finding.span.start
        start, end = min(start, base + first), max(end, base + last)
    return _Place(path, location.file.text, start, end, finding.code, key)


def _around(root: Node, span: Span) -> Iterator[tuple[int, int, str]]:
    """The entries and items that hold a span, outermost first, as offsets in its unit, with the key
    of an entry."""
    node: Node | None = root
    while node is not None:
        parts = _parts(node)
        node = None
        for unit, start, end, inner, key in parts:
            if unit == span.unit and start <= span.start and span.end <= end:
                yield start, end, key
            elif unit == span.unit or not span.unit.startswith(f"{unit}/"):
                continue
            node = inner
            break


def _parts(node: Node) -> Iterator[tuple[str, int, int, Node, str]]:
    """The entries of a map or the items of a list: their unit, and where they stand in it."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            key, value = entry.key, entry.value
            if key.chunk is value.chunk and not entry.merged:
                yield key.chunk.unit, key.start, max(key.end, value.end), value, key.value
            else:
                yield value.chunk.unit, value.start, value.end, value, key.value
    elif isinstance(node, ListNode):
        for item in node.items:
            yield item.chunk.unit, item.start, item.end, item, ""
