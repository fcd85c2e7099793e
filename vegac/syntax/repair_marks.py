"""Repairs of quotes, brackets, escapes and other signs within a line."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from vegac.syntax.lines import Line
from vegac.syntax.mending import Change
from vegac.syntax.scenes import Repair, Scene, content_before, line_index, quote_value
from vegac.syntax.yaml_findings import MIXED_HOLE, quoted

_HOLE = re.compile(r"\{\{.*?\}\}|<<.*?>>")
_HOLE_OPEN = re.compile(r"\{\{|<<")
_FLOW_END = re.compile(r"[,\]}]")
_NEAR = 1_000
"""How far from a problem its cure is looked for within a line: lines may be very long."""
_BAD_START = re.compile(r"[@`%*&!|>]")
_PAIRS = {"[": "]", "{": "}"}
_OPENERS = {"]": "[", "}": "{"}
_SLIP = re.compile(
    r"[\[{\"'](?:[ \t]+\S|-[ \t])|:(?:[ \t]+(?=\w[\w .-]*:(?:[ \t\r\n]|\Z)|- )|-[ \t])"
)
_STRAY = re.compile(r"[\]}\"'][\[{:\"'](?=[ \t,\]}]|$)", re.M)
_NO_DASH_SPACE = re.compile(r"-[^\s\d.-]")
_BLOCK_HEADER = re.compile(r"[|>][+-]?[1-9]?[+-]?")


def slips(scene: Scene) -> Iterator[Repair]:
    """A character before the blanks that indent a line, put there by a slip of the finger."""
    text = scene.text
    for index in dict.fromkeys((scene.here, scene.near, content_before(scene, scene.here))):
        line = scene.lines[index or 0]
        for place in (line.content, line.content + 1):
            if _SLIP.match(text, place) and (place == line.content or text[place - 1] == "-"):
                yield Repair(
                    f"`{text[place]}` does not belong here",
                    place,
                    place + 1,
                    (Change(place, place + 1, ""),),
                    "remove it",
                    f"remove `{text[place]}`",
                    safe=False,
                )
        if _NO_DASH_SPACE.match(text, line.key_start):
            yield Repair(
                "the `-` of a list item must be followed by a space",
                line.key_start,
                line.key_start + 1,
                (Change(line.key_start + 1, line.key_start + 1, " "),),
                "insert a space after `-`",
                "insert a space",
            )


def quotes(scene: Scene) -> Iterator[Repair]:
    """Quotes that are never closed, or closed by the opening quote of a later text."""
    text = scene.text
    starts: list[int] = []
    context = scene.context
    if context is not None and text[context : context + 1] in ("'", '"') and not _escaped(scene):
        starts.append(context)
    last = scene.lines[max(scene.here - 1, 0)].start
    starts.extend(start for start, end in reversed(scene.trace.quoted) if end >= last)
    for start in starts:
        quote = text[start]
        line = scene.lines[line_index(scene.lines, start)]
        message = "this quote is never closed"
        hint = f"close it with {quote}"
        title = "close the quote"
        ends = [line.end if line.stop < start + 1 else line.stop]
        if text[ends[0] - 1] == ":":
            # The quote opens a key.
            ends.insert(0, ends[0] - 1)
        closers = re.search(r"[\]} \t]+$", text[start + 1 : ends[-1]])
        if closers:
            ends.extend(
                start + 1 + index
                for index in range(closers.start(), closers.end())
                if text[start + 1 + index] in "]}"
            )
            # Inside brackets the text more likely ends before those that close them.
            if any(opened < start for opened in scene.trace.open):
                ends = [*ends[1:], ends[0]]
        if scene.trace.open:
            ends.extend(
                start + 1 + match.start()
                for match in re.finditer(r",[ \t]", text[start + 1 : line.stop])
            )
        ends.append(_block_end(scene, start))
        for end in ends:
            change = Change(end, end, quote)
            yield Repair(message, start, start + 1, (change,), hint, title)
        yield Repair(
            message,
            start,
            start + 1,
            (Change(start, start + 1, ""),),
            f"close it with {quote}, or remove it",
        )
        yield from quote_value(line, text, message, (start, start + 1), hint)


def _block_end(scene: Scene, start: int) -> int:
    """Where the lines end that are indented more than the one of `start`."""
    index = line_index(scene.lines, start)
    indent = scene.lines[index].key_start - scene.lines[index].start
    end = scene.lines[index].stop
    for line in scene.lines[index + 1 :]:
        if line.blank:
            continue
        if line.indent <= indent:
            break
        end = line.stop
    return end


def _escaped(scene: Scene) -> bool:
    return "\\" in scene.text[max(scene.problem - 2, 0) : scene.problem + 1]


def escapes(scene: Scene) -> Iterator[Repair]:
    r"""A backslash in double quotes before what is no escape: `"\d+"`."""
    context = scene.context
    if context is None or scene.text[context : context + 1] != '"' or not _escaped(scene):
        return
    start = scene.text.rfind("\\", context, scene.problem + 1)
    if start < 0:
        return
    written = scene.text[start : start + 2]
    line = scene.lines[line_index(scene.lines, start)]
    places = [
        context + 1 + match.start()
        for match in re.finditer(
            r"\\.",
            scene.text[context + 1 : line.end],
        )
        if match[0][1] not in '0abt\tnvfrexuU "/\\N_LP'
    ]
    for chosen in (tuple(places), (start,)):
        yield Repair(
            f"`{written}` means nothing in double quotes",
            start,
            start + 2,
            tuple(Change(place, place, "\\") for place in chosen),
            f"write `\\{written}`, or use single quotes",
            "double the backslash",
        )


def holes(scene: Scene) -> Iterator[Repair]:
    """Values with a hole that YAML cannot read without quotes."""
    text = scene.text
    for index in dict.fromkeys((scene.here, scene.near)):
        line = scene.lines[index]
        if not _HOLE_OPEN.search(text, line.value, line.end):
            continue
        for mixed in islice(MIXED_HOLE.finditer(text, line.value, line.end), _NEAR // 100):
            close = "}}" if mixed[2] else ">>"
            start, end = mixed.end() - 2, mixed.end()
            yield Repair(
                f"a hole that opens with `{mixed[0][:2]}` closes with `{close}`",
                start,
                end,
                (Change(start, end, close),),
                f"write `{close}`",
                f"write `{close}`",
            )
        message = "a text with a hole needs quotes here"
        hint = "put the value in quotes"
        if line.colon is not None or line.key_start > line.content:
            first = text[line.value : line.value + 1]
            if first not in "[{\"'" or text.startswith("{{", line.value):
                yield from quote_value(line, text, message, None, hint)
        segments = [
            (start, end)
            for start, end in dict.fromkeys(_flow_segments(scene, line))
            if text[start] not in "\"'"
        ]
        hit = [pair for pair in segments if pair[0] <= scene.problem <= pair[1]]
        for chosen in (hit, segments):
            changes = tuple(Change(start, end, quoted(text[start:end])) for start, end in chosen)
            if changes and all(a.end <= b.start for a, b in pairwise(changes)):
                yield Repair(
                    message, changes[0].start, changes[0].end, changes, hint, "put it in quotes"
                )


def _flow_segments(scene: Scene, line: Line) -> Iterator[tuple[int, int]]:
    """The items of flow collections around the holes of a line near the problem."""
    text = scene.text
    first = max(line.value, scene.problem - _NEAR)
    last = min(line.end, scene.problem + _NEAR)
    reach = first
    for match in _HOLE.finditer(text, first, last):
        start, end = match.span()
        openers = [text.rfind(opener, first, start) for opener in "[{,"]
        colon = text.rfind(": ", first, start)
        start = max(first, *(place + 1 for place in openers), colon + 2 if colon >= 0 else 0)
        while text[start] == " ":
            start += 1
        if end > reach:
            closer = _FLOW_END.search(text, end, line.stop)
            reach = closer.start() if closer else max(end, line.stop)
        yield start, len(text[:reach].rstrip(" \t"))


def brackets(scene: Scene) -> Iterator[Repair]:
    """Brackets without their partner."""
    text = scene.text
    line = scene.line
    for place in dict.fromkeys((scene.problem, line.stop - 1)):
        # Something between or behind the brackets of a flow collection.
        if line.value < place <= line.stop and _STRAY.match(text, place - 1):
            yield Repair(
                f"`{text[place]}` does not belong here",
                place,
                place + 1,
                (Change(place, place + 1, ""),),
                "remove it",
                f"remove `{text[place]}`",
                safe=False,
            )
    opened = [*scene.trace.open]
    if scene.context is not None and text[scene.context : scene.context + 1] in _PAIRS:
        opened.append(scene.context)
    seen: set[int] = set()
    for start in reversed(opened):
        if start in seen or start >= len(text):
            continue
        seen.add(start)
        bracket = text[start]
        closer = _PAIRS.get(bracket, "")
        line = scene.lines[line_index(scene.lines, start)]
        message = f"this `{bracket}` is never closed"
        hint = f"close it with `{closer}`"
        if scene.char in _OPENERS and scene.char != closer:
            change = Change(scene.problem, scene.problem, closer)
            yield Repair(message, start, start + 1, (change,), hint, f"insert `{closer}`")
            change = Change(scene.problem, scene.problem + 1, closer)
            message = f"`{scene.char}` cannot close `{bracket}`"
            place = scene.problem
            yield Repair(message, place, place + 1, (change,), hint, f"write `{closer}`")
        # As many brackets as this line leaves open.
        missing = _unclosed(text[start : line.stop])
        here = scene.lines[scene.here].stop
        for end in dict.fromkeys((line.stop, _block_end(scene, start), here)):
            for inserted in dict.fromkeys((missing or closer, closer)):
                if end > start:
                    change = Change(end, end, inserted)
                    title = f"insert `{inserted}`"
                    yield Repair(message, start, start + 1, (change,), hint, title)
        if not missing:
            message = f"what follows this `{bracket}` cannot be read"
            hint = "put the text in quotes"
        change = Change(start, start + 1, "")
        yield Repair(message, start, start + 1, (change,), f"{hint}, or remove `{bracket}`")
        yield from quote_value(line, text, message, (start, start + 1), hint)
    if scene.char in _OPENERS:
        yield Repair(
            f"nothing is open that this `{scene.char}` could close",
            scene.problem,
            scene.problem + 1,
            (Change(scene.problem, scene.problem + 1, ""),),
            "remove it, or put the text in quotes",
            f"remove `{scene.char}`",
            safe=False,
        )


def _unclosed(text: str) -> str:
    """The closing brackets that a piece of flow style lacks, quoted texts aside."""
    stack: list[str] = []
    for match in re.finditer(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\[\]{}]", text):
        char = match[0]
        if char in _PAIRS:
            stack.append(_PAIRS[char])
        elif char in _OPENERS and stack and stack[-1] == char:
            stack.pop()
    return "".join(reversed(stack))


def forbidden_starts(scene: Scene) -> Iterator[Repair]:
    """A value that starts with a character that YAML keeps for itself."""
    text = scene.text
    for place in dict.fromkeys((scene.context, scene.problem)):
        if place is None or not _BAD_START.match(text, place):
            continue
        line = scene.lines[line_index(scene.lines, place)]
        header = _BLOCK_HEADER.match(text, place)
        if header and place == line.value:
            yield Repair(
                f"after `{header[0]}` the text starts on the next line",
                header.end(),
                line.stop,
                (Change(header.end(), line.stop, ""),),
                "remove this, or put the text in quotes",
            )
        message = f"a text that starts with `{text[place]}` needs quotes"
        where = (place, place + 1)
        if place == line.value:
            yield from quote_value(line, text, message, where, "put the text in quotes")
        else:
            end = place
            while end < line.stop and text[end] not in ",]}":
                end += 1
            change = Change(place, end, quoted(text[place:end]))
            hint = "put the text in quotes"
            yield Repair(message, *where, (change,), hint, hint)
