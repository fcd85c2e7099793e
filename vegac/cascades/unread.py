"""What follows from places of a program that could not be understood.

An input that is read in an expression that does not parse has a reader after all: that nothing
reads it is no news before the expression is mended.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from vegac.cascades.finder import Finder
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements
from vegac.syntax.document import BLOCKS
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
        "unclosed-hole",
        "unknown-agent",
        "unknown-key",
        "unknown-workflow",
        "wrong-type",
        "yaml-syntax",
    }
)
"""Findings of places that are not, or not wholly, part of the program that is judged."""
_STEPS_LEFT_OUT = frozenset({"ambiguous-step", "missing-key", "wrong-type"})
"""Those among them after which a step may set nothing."""
_WITH_STEPS = ("if", "parallel", "repeat")
_WORD = re.compile(r"[\w-]+")
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
        if self.code == "missing-key":
            return self.key in _WITH_STEPS
        return self.code == "no-steps" or (self.code == "wrong-type" and self.key in BLOCKS)

    def holds(self, other: Location) -> bool:
        return self.path == other.file.path and self.start <= other.start and other.end <= self.end


class _LeftOut:
    """The places that are left out, by the words in them."""

    def __init__(self, places: Sequence[_Place]) -> None:
        # Very many findings may lie in one place, such as one long text.
        places = list({(one.path, one.start, one.end, one.code): one for one in places}.values())
        self.places = places
        self.lost_steps = any(place.has_lost_steps for place in places)
        self._by_word: dict[str, list[tuple[_Place, int]]] = {}
        for place in places:
            for word in _WORD.finditer(place.text, place.start, place.end):
                self._by_word.setdefault(word[0], []).append((place, word.start()))

    def mention(self, name: str, declared: Location, codes: frozenset[str]) -> bool:
        """Whether the name stands in such a place, elsewhere than where it is declared."""
        own = range(declared.start, max(declared.end, declared.start + 1))
        return any(
            place.code in codes and not (place.path == declared.file.path and at in own)
            for place, at in self._by_word.get(name, ())
        )


def without_echoes(
    findings: Sequence[Diagnostic], placements: Placements, trees: Iterable[FileTree]
) -> list[Diagnostic]:
    """The findings but those that only say what others have left out."""
    if not any(_is_echo(finding) for finding in findings):
        return list(findings)
    finders = {tree.file.path: Finder(tree.root) for tree in trees if tree.root is not None}
    left_out = _LeftOut(
        [_place(finding, placements, finders) for finding in findings if finding.code in _LEFT_OUT]
    )
    unknown = {finding.subject for finding in findings if finding.code in _OF_NAMES}
    return [
        finding
        for finding in findings
        if not (_is_echo(finding) and _explained(finding, placements, left_out))
        and not (finding.code == _OF_LOOPS and finding.subject in unknown)
    ]


def _is_echo(finding: Diagnostic) -> bool:
    return finding.code in (*_OF_NAMES, _OF_LOOPS) or finding.code.startswith("unused-")


def _explained(finding: Diagnostic, placements: Placements, left_out: _LeftOut) -> bool:
    declared = placements.locate(finding.span)
    if finding.code == _OF_LOOPS:
        return any(place.holds(declared) for place in left_out.places)
    if finding.code in _OF_STEPS and left_out.lost_steps:
        return True
    codes = _STEPS_LEFT_OUT if finding.code in _OF_NAMES else _LEFT_OUT
    return left_out.mention(finding.subject, declared, codes)


def _place(finding: Diagnostic, placements: Placements, finders: dict[str, Finder]) -> _Place:
    """The entry or the item of a list around a finding, with the finding itself."""
    location = placements.locate(finding.span)
    path = location.file.path
    start, end, key = location.start, location.end, ""
    around = finders[path].around(finding.span) if path in finders else None
    if around is not None:
        base = location.start - finding.span.start
        start, end = min(start, base + around.start), max(end, base + around.end)
        key = around.key
    return _Place(path, location.file.text, start, end, finding.code, key)
