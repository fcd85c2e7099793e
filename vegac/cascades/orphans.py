"""Names that are lost: one mistake where something gives a name makes every use of it unknown.

What should have given the name may be empty or of the wrong kind, or it gives another name, which
nothing reads. Nothing is left out that is not told by the finding that stays.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, field, structs

from vega_grammar import keys as grammar
from vegac.cascades.finder import Finder
from vegac.source.diagnostic import Diagnostic, Label
from vegac.source.file import Placements
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.document import BLOCKS
from vegac.syntax.nodes import Mapping, Node, Scalar
from vegac.syntax.nodes import Sequence as ListNode
from vegac.syntax.reader import FileTree

_VARIABLES = frozenset({"implicit-input", "maybe-unset", "undefined-variable"})
_UNREAD = frozenset({"unused-input", "unused-param", "unused-variable"})
_GAPS = frozenset(
    {
        "bad-name",
        "missing-key",
        "missing-send",
        "no-steps",
        "not-a-mapping",
        "syntax-error",
        "unknown-agent",
        "unknown-key",
        "wrong-type",
        "yaml-syntax",
    }
)
_STRAY = frozenset({"not-a-mapping", "unknown-agent", "unknown-key", "yaml-syntax"})
"""Those of them after which what stands there is no loop, though it may be meant as one."""
_GIVING = frozenset({"set", "inputs", "for", "parallel", "repeat", "recall", "ask", *BLOCKS})
"""Keys below which names are given, any number of them."""
_OPTIONS = frozenset(
    {
        *grammar.COMMON,
        *grammar.SEND,
        *grammar.WORKFLOW,
        *(key for table in grammar.STEPS.values() for key in table),
        *(key for name in ("REPEAT", "RECALL", "REMEMBER", "ELIF") for key in grammar.TABLES[name]),
    }
) - {"set", "inputs", *BLOCKS, *grammar.STEPS}
_NO_KEY = re.compile(r"[ \t]*(?:- +)*:(?=[ \t\r\n]|$)")
"""A line whose key is missing."""
_MISSING = re.compile(r" is (?:empty|missing)\b")
"""How messages say that there is no name where one should stand."""
_MOST = 5
"""How many other places a finding names."""


class _Gaps(Struct):
    """What is missing in a definition: where something stands that may have given any names, how
    many single names were lost, which may be (`given`), whether a text is missing that may have
    read some, and whether a loop may be missing."""

    starts: list[int] = field(default_factory=list[int])
    names: int = 0
    unread: bool = False
    loops: bool = False
    given: set[str] = field(default_factory=set[str])


def without_orphans(
    findings: Sequence[Diagnostic], placements: Placements, trees: Iterable[FileTree]
) -> list[Diagnostic]:
    """The findings but those of names that another one explains, and of further uses of a name."""
    codes = {one.code for one in findings}
    if "unknown-agent" in codes:
        findings = [one for one in findings if one.code != "no-agents"]
    if codes.isdisjoint(_VARIABLES | _UNREAD):
        return list(findings)
    gaps = _gaps(findings, placements, trees)
    kept = [one for one in findings if not _lost(one, gaps, placements)]
    subjects: dict[str, set[str]] = {}
    for one in kept:
        if _may_be_lost(one, gaps):
            subjects.setdefault(one.span.unit, set()).add(one.subject)
    alone = {unit for unit, names in subjects.items() if len(names) <= gaps[unit].names}
    kept = [one for one in kept if not (_may_be_lost(one, gaps) and one.span.unit in alone)]
    return _paired(_once(kept, placements))


def _may_be_lost(finding: Diagnostic, gaps: dict[str, _Gaps]) -> bool:
    """Whether the name of a finding may be one that a broken `save` or `for` would give, however
    near it is to another one."""
    return finding.code in _VARIABLES and bool(finding.subject) and finding.span.unit in gaps


def _is_orphan(finding: Diagnostic) -> bool:
    known = finding.code in _VARIABLES and bool(finding.subject)
    return known and not finding.suggestions and not finding.fixes


def _gaps(
    findings: Sequence[Diagnostic], placements: Placements, trees: Iterable[FileTree]
) -> dict[str, _Gaps]:
    """By definition, what is missing in it."""
    finders = {tree.file.path: Finder(tree.root) for tree in trees if tree.root is not None}
    gaps: dict[str, _Gaps] = {}
    for finding in findings:
        if finding.code not in _GAPS or finding.severity != "error" or finding.suggestions:
            continue
        place = placements.locate(finding.span)
        finder = finders.get(place.file.path)
        part = finder.around(finding.span) if finder is not None else None
        if part is None:
            continue
        gap = gaps.setdefault(finding.span.unit, _Gaps())
        gap.loops = gap.loops or finding.code in _STRAY
        if finding.code == "unknown-agent":
            continue
        if finding.code == "unknown-key":
            if isinstance(part.node, Scalar):
                gap.given.add(part.node.value)
            continue
        if finding.code == "yaml-syntax":
            if _NO_KEY.match(place.file.text, place.file.text.rfind("\n", 0, place.start) + 1):
                gap.names += 1
                gap.starts.append(place.start)
            continue
        if finding.code == "syntax-error":
            gap.names += part.key.startswith("for ")
            gap.unread = gap.unread or _MISSING.search(finding.message) is not None
            continue
        hollow = _is_hollow(part.node)
        gap.unread = gap.unread or hollow or finding.code == "missing-send"
        if part.key == "save":
            gap.names += 1
        elif part.key in _GIVING or (hollow and part.key not in _OPTIONS):
            gap.starts.append(place.start)
    return gaps


def _is_hollow(node: Node) -> bool:
    """Whether nothing is said that could name something."""
    match node:
        case Scalar():
            return node.style == "plain" and not isinstance(resolve_plain(node.value), str)
        case Mapping():
            return not node.entries
        case ListNode():
            return not node.items
        case _:
            return False


def _lost(finding: Diagnostic, gaps: dict[str, _Gaps], placements: Placements) -> bool:
    """Whether what gave the name of a finding, or what read it, may be what is missing."""
    gap = gaps.get(finding.span.unit)
    if gap is None:
        return False
    if finding.code in _UNREAD:
        return gap.unread and not finding.suggestions
    if not _is_orphan(finding):
        return False
    if finding.subject in gap.given or (finding.subject == "loop" and gap.loops):
        return True
    return bool(gap.starts) and min(gap.starts) < placements.locate(finding.span).start


def _once(findings: Sequence[Diagnostic], placements: Placements) -> list[Diagnostic]:
    """Each variable once in each workflow, with the other places that have it."""
    groups: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for one in findings:
        if _is_orphan(one):
            groups.setdefault((one.code, one.subject, one.span.unit), []).append(one)
    told: dict[int, Diagnostic] = {}
    dropped: set[int] = set()
    for group in groups.values():
        if len(group) == 1:
            continue
        group.sort(key=lambda one: _order(one, placements))
        first, *others = group
        labels = tuple(Label(one.span, "and here") for one in others[:_MOST])
        told[id(first)] = structs.replace(first, labels=(*first.labels, *labels))
        dropped.update(id(one) for one in others)
    return [told.get(id(one), one) for one in findings if id(one) not in dropped]


def _order(finding: Diagnostic, placements: Placements) -> tuple[str, int]:
    place = placements.locate(finding.span)
    return place.file.path, place.start


def _paired(findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """One name that nothing gives, with the one that nothing reads in the same definition."""
    lost: dict[str, list[Diagnostic]] = {}
    unread: dict[str, list[Diagnostic]] = {}
    for one in findings:
        if _is_orphan(one):
            lost.setdefault(one.span.unit, []).append(one)
        elif one.code in _UNREAD:
            unread.setdefault(one.span.unit, []).append(one)
    told: dict[int, Diagnostic] = {}
    dropped: set[int] = set()
    for unit, group in lost.items():
        others = unread.get(unit, [])
        if len({one.subject for one in group}) == len(others) == 1:
            label = Label(others[0].span, f"nothing reads '{others[0].subject}'")
            told[id(group[0])] = structs.replace(group[0], labels=(*group[0].labels, label))
            dropped.add(id(others[0]))
    return [told.get(id(one), one) for one in findings if id(one) not in dropped]
