"""What follows from a place where a program is not built as it was meant: that is no news.

Where a line stands at the wrong column or a bracket is missing, keys seem to be unknown or missing
around it, and names to be undefined wherever they are used.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from vega_grammar import keys as grammar
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.outline import Block, Cover, Outlines

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
_STRAY = frozenset(
    {"bad-name", "duplicate-key", "no-steps", "not-a-mapping", "unknown-key", "wrong-type"}
)
"""Those of them after which what stands there is not part of the program."""
_NAMES = frozenset(
    {
        "implicit-input",
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
_KEY = re.compile(r"\A[ \t]*['\"]?\Z")
_DECLARING = re.compile(
    r"(?:\A[ \t]*(?:- +)*(?::[ \t]*)?|[{,\[][ \t]*|\b(?:save|name):?[ \t]*"
    r"|\bfor +(?:\w+, *)?)['\"]?\Z"
)
"""What stands before a name that is declared there."""
_STEPS = re.compile(r"^[ \t]*steps\b")
_SETTINGS = re.compile(r"settings\b")
_MODEL = re.compile(r"\bdefault_model\b")
_DEFINITION = re.compile(r"(agent|workflow|tool) '([^']*)' is a map")


class _LeftOut:
    """Lines that are not part of the program: what they may declare."""

    def __init__(self, cover: Cover) -> None:
        self._cover = cover
        self._lines: dict[tuple[str, bool], set[tuple[str, int]]] = {}

    def declares(self, finding: Diagnostic, path: str, line: int) -> bool:
        """Whether something on another line could give the name that a finding is about: a key; for
        a variable also a `save`, a `for` and an item."""
        definition = finding.code in _OF_DEFINITIONS
        key = finding.subject, definition
        found = self._lines.get(key)
        if found is None:
            before = _KEY if definition else _DECLARING
            found = self._lines[key] = self._cover.lines(finding.subject, before)
        return len(found) > ((path, line) in found)


class _Swallowed:
    """Keys that are unknown because they begin with a known one."""

    def __init__(self, strays: Iterable[Diagnostic]) -> None:
        self._keys = sorted({one.subject for one in strays if one.code == "unknown-key"})
        self._known: dict[str, bool] = {}

    def hold(self, missing: str) -> bool:
        """Whether a key that is missing is the beginning of one of them."""
        known = self._known.get(missing)
        if known is None:
            known = self._known[missing] = bool(missing) and self._begin(missing)
        return known

    def _begin(self, missing: str) -> bool:
        for at in range(bisect_left(self._keys, missing), len(self._keys)):
            key = self._keys[at]
            if not key.startswith(missing):
                return False
            if re.match(r"\W", key[len(missing) :]):
                return True
        return False


def without_ripples(findings: Sequence[Diagnostic], placements: Placements) -> list[Diagnostic]:
    """The findings but those that follow from another one."""
    errors = [one for one in findings if one.severity == "error"]
    breaks = [one for one in errors if one.code == "yaml-syntax"]
    strays = [one for one in errors if one.code in _STRAY]
    if not breaks and not strays:
        return list(findings)
    outlines = Outlines()

    def below(finding: Diagnostic) -> Block:
        place = placements.locate(finding.span)
        return outlines.of(place).below(place)

    def around(finding: Diagnostic) -> Block:
        place = placements.locate(finding.span)
        return outlines.of(place).around(place)

    broken_blocks = [around(one) for one in breaks]
    below_strays = [below(one) for one in strays]
    hollow_blocks = [below(one) for one in strays if _is_hollow(one)]
    inner = (Block(one.path, one.first + 1, one.last) for one in hollow_blocks)
    broken, hollow = Cover(broken_blocks, outlines), Cover(inner, outlines)
    left_out_lines = Cover((*broken_blocks, *below_strays), outlines)
    left_out, swallowed = _LeftOut(left_out_lines), _Swallowed(strays)
    fields = [one for one in strays if _is_field(one)]
    field = below(fields[0]) if fields else None
    field_ids = {id(one) for one in fields}
    tops = {(block.path, block.first) for block in broken_blocks}
    broken_lines = {placements.locate(one.span).position.line - 1 for one in breaks}
    unread = {block.path for block in (*broken_blocks, *hollow_blocks)}
    lacks_steps = broken.matches(_STEPS)
    lacks_settings = (
        left_out_lines.matches(_MODEL)
        or any(map(_in_settings, strays))
        or any(
            _SETTINGS.match(outlines.by_path[block.path].lines[block.first])
            for block in (*broken_blocks, *below_strays)
        )
    )

    def follows(finding: Diagnostic) -> bool:
        code = finding.code
        place = placements.locate(finding.span)
        path, line = place.file.path, place.position.line - 1
        if field is not None and finding is not fields[0] and field.path == path:
            # The fields that stand below it are those of the definition before.
            if code == "yaml-syntax":
                return field.first <= line <= field.last
            if _is_hollow(finding) and line != field.first:
                return True
        if code == "yaml-syntax" or id(finding) in field_ids:
            return False
        if code.startswith("unused-") and code != "unused-ignore":
            return path in unread
        if field is not None and _in_field(finding):
            return True
        inside = hollow.holds(path, line)
        if code == "shadowed-name":
            return inside or broken.holds(path, line)
        if code in _NAMES and finding.subject:
            if code == "unknown-agent" and line in broken_lines and not finding.suggestions:
                return True
            return inside or left_out.declares(finding, path, line)
        if code == "loop-without-max":
            return (path, line) in tops
        if code not in _BUILT:
            return False
        if code == "no-steps" and lacks_steps:
            return True
        if code == "ambiguous-step" and line in broken_lines:
            return True
        if code.startswith("missing-") and swallowed.hold(finding.subject):
            return True
        if field is not None and code in ("missing-system", "no-steps", "no-agents"):
            return True
        if code == "missing-model" and lacks_settings:
            return True
        if not finding.suggestions and broken.holds(path, line):
            return True
        return inside

    return [finding for finding in findings if not follows(finding)]


def _is_hollow(finding: Diagnostic) -> bool:
    """Whether a whole definition says nothing."""
    if finding.code == "no-steps":
        return finding.message.startswith("workflow ")
    return finding.code == "not-a-mapping" and _DEFINITION.match(finding.message) is not None


def _in_settings(finding: Diagnostic) -> bool:
    """Whether a key of the settings is none, and nobody knows which one was meant."""
    settings = finding.span.unit.partition("#")[2].partition("/")[0] == "settings"
    return finding.code == "unknown-key" and settings and not finding.suggestions


def _in_field(finding: Diagnostic) -> bool:
    """Whether a finding is about what a definition holds that bears the name of a field."""
    section, _, name = finding.span.unit.rpartition("#")[2].partition("/")
    if finding.code not in _BUILT or finding.code == "yaml-syntax":
        return False
    return name in _FIELDS.get(section.removesuffix("s"), ())


def _is_field(finding: Diagnostic) -> bool:
    """Whether a definition that is none bears the name of a field: a line stands too far left."""
    found = _DEFINITION.match(finding.message) if finding.code == "not-a-mapping" else None
    return found is not None and found[2] in _FIELDS[found[1]]
