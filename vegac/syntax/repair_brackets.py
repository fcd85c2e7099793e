"""Repairs of lines with brackets: what is missing between a key and its value, or before one."""

import re
from collections.abc import Iterator

from vega_grammar import keys as grammar
from vegac.syntax.lines import Line
from vegac.syntax.mending import Change
from vegac.syntax.scenes import Repair, Scene, content_before
from vegac.syntax.yaml_findings import OTHER_SIGN, quoted

_KEY_BEFORE = re.compile(r"([\w.-]+)(?:(:)(?=[\[{\"'])|[ \t]+(?=[\[{](?![{<])))")
"""A key at the start of a line with a bracket or a quote behind it, a colon without a space or
nothing between them."""
_KEY_INSIDE = re.compile(r"[{,][ \t]*([\w.-]+)(?:(:)(?=[\[{\"'])|[ \t]+(?=[\[{\"']))")
"""The same in a flow collection."""
_VALUE = re.compile(r"[ \t]+[\[{\"'&*|>]")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|<<.*?>>|\{\{.*?\}\}")
_FLOW_VALUE = re.compile(r"[{,][ \t]*([\w.-]+):[ \t]+(?![\[{\"'&*|>!#<\s])")
_FLOW_KEY = re.compile(r",[ \t]*[\w.-]+:[ \t]")
_JOINT = re.compile(r"(^|[ \t;]+)([\w.-]+):[ \t]")
_KEYS = frozenset(key for table in grammar.TABLES.values() for key in table)
_BRACKET = re.compile(r"[\[\]{}]")
_PAIRS = {"}": "{", "]": "["}
_LONG = 2_000


def separators(scene: Scene) -> Iterator[Repair]:
    """Colons and spaces that are missing before a value in brackets or quotes."""
    text = scene.text
    for line in _lines(scene):
        found = _KEY_BEFORE.match(text, line.key_start, line.stop)
        if found and not (line.key_start == line.content and found[1] == "-"):
            yield _separated(found)
        other = OTHER_SIGN.match(text, line.key_start, line.stop)
        if other and _VALUE.match(text, other.end(), line.stop):
            yield _separated(other)
        for found in _KEY_INSIDE.finditer(_masked(line, text)):
            yield _separated(found, line.start)


def openers(scene: Scene) -> Iterator[Repair]:
    """A bracket that is closed at the end of a value, and was not opened before it."""
    text = scene.text
    for line in _lines(scene):
        last = text[line.stop - 1 : line.stop]
        if last not in _PAIRS or line.colon is None or line.value >= line.stop - 1:
            continue
        opener = _PAIRS[last]
        written = _QUOTED.sub("", text[line.value : line.stop])
        if written.count(last) <= written.count(opener) or text[line.value] in "[{|>&*":
            continue
        yield Repair(
            f"the `{opener}` before this value is missing",
            line.value,
            line.stop,
            (Change(line.value, line.value, opener),),
            f"write `{opener}` before it",
            f"insert `{opener}`",
            safe=False,
        )


def texts_in_flow(scene: Scene) -> Iterator[Repair]:
    """Plain texts with brackets or colons in them, between the braces of a map on one line, and
    entries without a comma between them."""
    text = scene.text
    for line in _lines(scene):
        masked = _masked(line, text)
        for found in _FLOW_VALUE.finditer(masked):
            before, start = _open(masked[: found.start(1)]), found.end()
            following = _FLOW_KEY.search(masked, start)
            end = following.start() if following else _before_closers(masked, before)
            value = masked[start:end].rstrip()
            while value[-1:] in _PAIRS and _open(value) < 0:  # they close a map around it
                value = value[:-1].rstrip()
            if not before:
                continue
            joint = _JOINT.search(value)
            if joint and joint[1] and joint[2] in _KEYS:
                at = line.start + start + joint.start(1)
                yield Repair(
                    f"the comma before `{joint[2]}` is missing",
                    at + len(joint[1]),
                    at + len(joint[1]) + len(joint[2]),
                    (Change(at, at + len(joint[1]), ", "),),
                    "write `,` between the entries of a map",
                    "insert `,`",
                )
            if not joint and not _BRACKET.search(value):
                continue
            start, end = line.start + start, line.start + start + len(value)
            yield Repair(
                "a text that holds `: ` needs quotes"
                if joint
                else "a text with brackets needs quotes here",
                start,
                end,
                (Change(start, end, quoted(text[start:end])),),
                "put the value in quotes",
                "put it in quotes",
            )


def _open(text: str) -> int:
    """How many brackets a piece of a line leaves open."""
    return sum(text.count(opener) - text.count(closer) for closer, opener in _PAIRS.items())


def _before_closers(text: str, number: int) -> int:
    """Where the last closing brackets of a line begin."""
    end = len(text.rstrip().removesuffix(",").rstrip())
    while number > 0 and text[end - 1 : end] in _PAIRS:
        end -= 1
        number -= 1
    return end if number == 0 else -1


def _lines(scene: Scene) -> Iterator[Line]:
    before = content_before(scene, scene.here)
    for index in dict.fromkeys((scene.here, scene.near, before)):
        if index is not None:
            line = scene.lines[index]
            if not line.blank and line.stop - line.start <= _LONG:
                yield line


def _masked(line: Line, text: str) -> str:
    """A line without what its quoted texts hold."""

    def blank(match: re.Match[str]) -> str:
        return match[0][0] + "_" * (len(match[0]) - 2) + match[0][-1]

    return _QUOTED.sub(blank, text[line.start : line.stop])


def _separated(found: re.Match[str], base: int = 0) -> Repair:
    key = found[1]
    start, end = base + found.start(1), base + found.end(1)
    if found[2] and found[2] != ":":
        return Repair(
            f"the colon after `{key}` is missing",
            start,
            found.end() + base,
            (Change(end, found.end() + base, ":"),),
            f"write `:` instead of `{found[2]}`",
            "write `:`",
        )
    if found[2]:
        return Repair(
            "a key's colon must be followed by a space",
            end,
            end + 1,
            (Change(end + 1, end + 1, " "),),
            "insert a space after the colon",
            "insert a space",
        )
    return Repair(
        f"the colon after `{key}` is missing",
        start,
        end,
        (Change(end, end, ":"),),
        "write `:` after the key",
        "insert `:`",
    )
