"""What follows from a place where a program is not built as it was meant: that is no news.

Where a line stands at the wrong column or a bracket is missing, keys seem to be unknown or missing
around it, and names to be undefined wherever they are used.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from vega_grammar import keys as grammar
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements

_BUILT = frozenset(
    {
        "ambiguous-step",
        "bad-name",
        "duplicate-key",
        "missing-key",
        "missing-description",
        "missing-model",
        "missing-send",
        "missing-system",
        "no-agents",
        "no-steps",
        "not-a-mapping",
        "syntax-error",
        "unclosed-hole",
        "unknown-key",
        "unknown-value",
        "wrong-type",
    }
)
"""Findings about how a part of a program is built."""
_STRAY = frozenset({"bad-name", "no-steps", "not-a-mapping", "unknown-key", "wrong-type"})
"""Those of them after which what stands there is not part of the program."""
_NAMES = frozenset(
    {
        "maybe-unset",
        "missing-input",
        "shadowed-name",
        "undefined-variable",
        "unknown-agent",
        "unknown-input",
        "unknown-tool",
        "unknown-workflow",
        "until-never-changes",
    }
)
_FIELDS = {
    kind: frozenset(table)
    for kind, table in (
        ("agent", grammar.AGENT),
        ("workflow", grammar.WORKFLOW),
        ("tool", grammar.TOOL),
    )
}
_OF_DEFINITIONS = frozenset({"unknown-agent", "unknown-tool", "unknown-workflow"})
_KEY = r"^[ \t]*"
_DECLARING = r"(?:^[ \t]*(?:- +)*|[{,\[][ \t]*|\b(?:save|name):?[ \t]*|\bfor +(?:\w+, *)?)"
_STEPS = re.compile(r"(?m)^[ \t]*steps\b")
_SETTINGS = re.compile(r"\Asettings\b|\bdefault_model\b")
_DEFINITION = re.compile(r"(agent|workflow|tool) '([^']*)' is a map")


class _Block(Struct, frozen=True):
    """Some lines of a file, the first and the last counted from 0, and their text."""

    path: str
    first: int
    last: int
    text: str

    def holds(self, place: Location) -> bool:
        line = place.position.line - 1
        return place.file.path == self.path and self.first <= line <= self.last

    def declares(self, finding: Diagnostic, place: Location) -> bool:
        """Whether something on another line here could give the name that a finding is about: a
        key; for a variable also a `save`, a `for` and an item."""
        before = _KEY if finding.code in _OF_DEFINITIONS else _DECLARING
        pattern = rf"(?m){before}['\"]?{re.escape(finding.subject)}(?![\w-])"
        own = place.position.line - 1 - self.first if place.file.path == self.path else -1
        return any(
            self.text.count("\n", 0, found.start()) != own
            for found in re.finditer(pattern, self.text)
        )


def without_ripples(findings: Sequence[Diagnostic], placements: Placements) -> list[Diagnostic]:
    """The findings but those that follow from another one."""
    errors = [one for one in findings if one.severity == "error"]
    breaks = [one for one in errors if one.code == "yaml-syntax"]
    strays = [one for one in errors if one.code in _STRAY]
    if not breaks and not strays:
        return list(findings)
    broken = [_around(placements.locate(one.span)) for one in breaks]
    fields = [one for one in strays if _is_field(one)]
    field = _below(placements.locate(fields[0].span)) if fields else None
    hollow = [_below(placements.locate(one.span)) for one in strays if _is_hollow(one)]
    left_out = [*broken, *(_below(placements.locate(one.span)) for one in strays)]
    broken_lines = {placements.locate(one.span).position.line for one in breaks}
    unread = {block.path for block in (*broken, *hollow)}

    def follows(finding: Diagnostic) -> bool:
        code = finding.code
        place = placements.locate(finding.span)
        line = place.position.line - 1
        if field is not None and finding is not fields[0] and field.path == place.file.path:
            # The fields that stand below it are those of the definition before.
            if code == "yaml-syntax":
                return field.holds(place)
            if _is_hollow(finding) and line != field.first:
                return True
        if code == "yaml-syntax" or finding in fields:
            return False
        if code.startswith("unused-") and code != "unused-ignore":
            return place.file.path in unread
        inside = any(block.holds(place) and line > block.first for block in hollow)
        if code == "shadowed-name":
            return inside or any(block.holds(place) for block in broken)
        if code in _NAMES and finding.subject:
            return inside or any(block.declares(finding, place) for block in left_out)
        if code not in _BUILT:
            return False
        if code == "no-steps" and any(_STEPS.search(block.text) for block in broken):
            return True
        if code == "ambiguous-step" and place.position.line in broken_lines:
            return True
        if code.startswith("missing-") and _swallowed(finding, strays):
            return True
        if field is not None and code in ("missing-system", "no-steps", "no-agents"):
            return True
        if code == "missing-model" and any(_SETTINGS.search(block.text) for block in left_out):
            return True
        if not finding.suggestions and any(block.holds(place) for block in broken):
            return True
        return inside

    return [finding for finding in findings if not follows(finding)]


def _swallowed(missing: Diagnostic, strays: Sequence[Diagnostic]) -> bool:
    """Whether a key that is missing is the beginning of one that is unknown."""
    pattern = rf"{re.escape(missing.subject)}\W"
    return bool(missing.subject) and any(
        one.code == "unknown-key" and re.match(pattern, one.subject) for one in strays
    )


def _is_hollow(finding: Diagnostic) -> bool:
    """Whether a whole definition says nothing."""
    if finding.code == "no-steps":
        return finding.message.startswith("workflow ")
    return finding.code == "not-a-mapping" and _DEFINITION.match(finding.message) is not None


def _is_field(finding: Diagnostic) -> bool:
    """Whether a definition that is none bears the name of a field: a line stands too far left."""
    found = _DEFINITION.match(finding.message) if finding.code == "not-a-mapping" else None
    return found is not None and found[2] in _FIELDS[found[1]]


def _around(place: Location) -> _Block:
    """The lines that stand with that of a place below one line, and that line."""
    lines = place.file.text.splitlines()
    here = min(place.position.line, len(lines)) - 1
    indent = _indent(lines[here]) if lines else 0
    first = here
    while first > 0 and (
        not lines[first].strip() or _indent(lines[first]) >= indent or not _opens(lines[first])
    ):
        first -= 1
    return _block(place, lines, first if indent else here, here)


def _below(place: Location) -> _Block:
    """The line of a place, and those that are indented more below it."""
    lines = place.file.text.splitlines()
    here = min(place.position.line, len(lines)) - 1
    return _block(place, lines, here, here)


def _block(place: Location, lines: list[str], first: int, here: int) -> _Block:
    last = here
    column = _indent(lines[first]) if lines else 0
    for number in range(here + 1, len(lines)):
        if lines[number].strip():
            if _indent(lines[number]) <= column:
                break
            last = number
    return _Block(place.file.path, first, last, "\n".join(lines[first : last + 1]))


def _opens(line: str) -> bool:
    """Whether lines may stand below this one: if not, it is the one that stands wrong."""
    return line.rstrip().endswith((":", "|", ">", "-", "+", "[", "{"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
