"""What may be wrong where YAML gives up, and the change that would cure each.

The order of the proposals is that of likelihood; the first one that lets YAML read on is taken for
the author's mistake. Messages never repeat the parser's own words.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from vegac.syntax.compose import quoted
from vegac.syntax.lines import Line
from vegac.syntax.mending import Change, Trace

_HOLE = re.compile(r"\{\{.*?\}\}|<<.*?>>")
_HOLE_OPEN = re.compile(r"\{\{|<<")
_BAD_START = re.compile(r"[@`%*&!|>,\]}]")
_PAIRS = {"[": "]", "{": "}"}
_OPENERS = {"]": "[", "}": "{"}
_NO_COLON_SPACE = re.compile(r"[\w.-]+:(?=[^\s:/])")
_GLUED = re.compile(r"(?<=\S)[ \t]{2,}(?=(?:- )*[\w\"'<{][^:#]*:(?:[ \t]|$)|- )")
_SLIP = re.compile(r"[\[{:\"'](?:[ \t]+\S|-[ \t])")
_NO_DASH_SPACE = re.compile(r"-[^\s\d.-]")
_SPACE = re.compile(r"[ \t]+")
_BLOCK_HEADER = re.compile(r"[|>][+-]?[1-9]?[+-]?")


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


def proposals(scene: Scene) -> Iterator[Repair]:
    """Every cure worth trying, likeliest first."""
    yield from _tabs(scene)
    yield from _slips(scene)
    yield from _quotes(scene)
    yield from _escapes(scene)
    yield from _holes(scene)
    yield from _brackets(scene)
    yield from _forbidden_start(scene)
    yield from _colons(scene)
    yield from _indentation(scene)
    yield from _values(scene)
    yield from _losing(scene)


def _tabs(scene: Scene) -> Iterator[Repair]:
    """Tabs in the indentation: of all lines of the chunk at once, or of this one."""
    tabbed = [line for line in scene.lines if "\t" in scene.text[line.start : line.key_start]]
    if not tabbed:
        return
    hit = [line for line in tabbed if line in (scene.line, scene.lines[scene.near])] or tabbed
    for lines in (tabbed, hit[:1]):
        tab = scene.text.index("\t", hit[0].start)
        for width in (0, 2, 4, 8, 1):
            changes = tuple(
                Change(
                    line.start,
                    line.key_start,
                    scene.text[line.start : line.key_start].replace("\t", " " * width),
                )
                for line in lines
            )
            yield Repair(
                "this line is indented by a tab, which YAML does not take",
                tab,
                tab + 1,
                changes,
                "indent by spaces",
                "indent by spaces",
                safe=False,
            )


def _slips(scene: Scene) -> Iterator[Repair]:
    """A character before the blanks that indent a line, put there by a slip of the finger."""
    text = scene.text
    for index in dict.fromkeys((scene.here, scene.near, _content_before(scene, scene.here))):
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


def _quotes(scene: Scene) -> Iterator[Repair]:
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
        closers = re.search(r"[\]} \t]+$", text[start + 1 : ends[0]])
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
        yield from _quote_value(line, text, message, (start, start + 1), hint)


def _escaped(scene: Scene) -> bool:
    return "\\" in scene.text[max(scene.problem - 2, 0) : scene.problem + 1]


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


def _escapes(scene: Scene) -> Iterator[Repair]:
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


def _holes(scene: Scene) -> Iterator[Repair]:
    """Values with a hole that YAML cannot read without quotes."""
    text = scene.text
    for index in dict.fromkeys((scene.here, scene.near)):
        line = scene.lines[index]
        if not _HOLE_OPEN.search(text, line.value, line.end):
            continue
        message = "a text with a hole needs quotes here"
        hint = "put the value in quotes"
        if line.colon is not None or line.key_start > line.content:
            first = text[line.value : line.value + 1]
            if first not in "[{\"'" or text.startswith("{{", line.value):
                yield from _quote_value(line, text, message, None, hint)
        segments = [
            _flow_segment(text, line, line.value + match.start(), line.value + match.end())
            for match in _HOLE.finditer(text[line.value : line.end])
        ]
        segments = [
            (start, end) for start, end in dict.fromkeys(segments) if text[start] not in "\"'"
        ]
        hit = [pair for pair in segments if pair[0] <= scene.problem <= pair[1]]
        for chosen in (hit, segments):
            changes = tuple(Change(start, end, quoted(text[start:end])) for start, end in chosen)
            if changes and all(a.end <= b.start for a, b in pairwise(changes)):
                yield Repair(
                    message, changes[0].start, changes[0].end, changes, hint, "put it in quotes"
                )


def _flow_segment(text: str, line: Line, start: int, end: int) -> tuple[int, int]:
    """The item of a flow collection around a hole."""
    while start > line.value and text[start - 1] not in "[{,":
        if text[start - 1] == " " and text[start - 2] == ":":
            break
        start -= 1
    while text[start] == " ":
        start += 1
    while end < line.stop and text[end] not in ",]}":
        end += 1
    return start, len(text[:end].rstrip(" \t"))


def _brackets(scene: Scene) -> Iterator[Repair]:
    """Brackets without their partner."""
    text = scene.text
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
        for end in dict.fromkeys(
            (line.stop, _block_end(scene, start), scene.lines[scene.here].stop)
        ):
            for inserted in dict.fromkeys((missing or closer, closer)):
                if end > start:
                    change = Change(end, end, inserted)
                    title = f"insert `{inserted}`"
                    yield Repair(message, start, start + 1, (change,), hint, title)
        yield Repair(
            message,
            start,
            start + 1,
            (Change(start, start + 1, ""),),
            f"{hint}, or remove it",
        )
        yield from _quote_value(line, text, message, (start, start + 1), hint)
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


def _forbidden_start(scene: Scene) -> Iterator[Repair]:
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
            yield from _quote_value(line, text, message, where, "put the text in quotes")
        elif text[place] not in ",]}":
            end = place
            while end < line.stop and text[end] not in ",]}":
                end += 1
            change = Change(place, end, quoted(text[place:end]))
            hint = "put the text in quotes"
            yield Repair(message, *where, (change,), hint, hint)


def _colons(scene: Scene) -> Iterator[Repair]:
    """Keys without a colon, and texts with one."""
    text = scene.text
    for index in dict.fromkeys((scene.here, scene.near)):
        line = scene.lines[index]
        glued = _GLUED.search(text[line.start : line.end])
        if glued:
            yield Repair(
                "two entries stand on one line",
                line.start + glued.end(),
                line.start + glued.end() + 1,
                (Change(line.start + glued.start(), line.start + glued.start(), "\n"),),
                "start the second one on a line of its own",
                "start a new line",
            )
    line = scene.line
    if line.colon is not None and line.colon < line.stop - 1 and text[line.stop - 1] == ":":
        key = text[line.key_start : line.stop - 1].rstrip()
        yield Repair(
            "a key that holds `: ` needs quotes",
            line.colon,
            line.colon + 1,
            (Change(line.key_start, line.key_start + len(key), quoted(key)),),
            "put the key in quotes",
            "put the key in quotes",
        )
    if line.colon is not None and line.value < scene.problem <= line.stop:
        yield from _quote_value(
            line,
            text,
            "a text that holds `: ` needs quotes",
            (scene.problem, scene.problem + 1) if scene.char == ":" else None,
            "put the text in quotes",
        )
    before = _content_before(scene, scene.here)
    for index in dict.fromkeys((before, scene.near, scene.here)):
        if index is not None and scene.lines[index].colon is None:
            yield from _missing_colon(scene, index)
    if before is None or scene.lines[before].colon is None:
        return
    above = scene.lines[before]
    first = text[above.value : above.stop]
    # One word above is rather a value, and this line an entry that stands too far to the right.
    if line.indent > above.indent and first[:1] not in ("|", ">", "[", "{") and " " in first:
        yield Repair(
            "a text over several lines that holds `: ` or ` #` needs `|` before it",
            above.value,
            above.stop,
            (Change(above.value, above.value, "|\n" + " " * line.indent),),
            "write `|` after the colon and the text below",
        )


def _missing_colon(scene: Scene, index: int) -> Iterator[Repair]:
    """A line that should be a key, or `key: value`, but has no colon to say so."""
    text = scene.text
    line = scene.lines[index]
    if line.blank:
        return
    word = text[line.key_start : line.stop]
    if len(word) > 200:
        return
    place = (line.key_start, line.stop)
    following = _content_after(scene, index)
    deeper = following is not None and scene.lines[following].indent > line.indent
    inner = _NO_COLON_SPACE.match(word)
    if inner:
        end = line.key_start + inner.end()
        yield Repair(
            "a key's colon must be followed by a space",
            end - 1,
            end,
            (Change(end, end, " "),),
            "insert a space after the colon",
            "insert a space",
        )
    end_of_key = Repair(
        f"the colon after `{word}` is missing",
        *place,
        (Change(line.stop, line.stop, ":"),),
        "write `:` after the key",
        "insert `:`",
    )
    if deeper:
        yield end_of_key
    space = _SPACE.search(word)
    if space:
        start = line.key_start + space.start()
        yield Repair(
            f"the colon after `{word[: space.start()]}` is missing",
            *place,
            (Change(start, start, ":"),),
            "write `:` after the key",
            "insert `:`",
            safe=False,
        )
    yield end_of_key


def _indentation(scene: Scene) -> Iterator[Repair]:
    """Lines that stand at a column where nothing can go on."""
    text = scene.text
    for index in dict.fromkeys((scene.here, _content_before(scene, scene.here))):
        if index is None or index == 0:
            continue
        line = scene.lines[index]
        for column in _columns(scene, index):
            if column == line.indent:
                continue
            block = _same_block(scene, index)
            shift = column - line.indent
            message = "this line is indented differently from the lines around it"
            place = (line.content, max(line.stop, line.content + 1))
            hint = f"indent it by {column} spaces"
            title = f"indent by {column} spaces"
            changes = (Change(line.start, line.content, " " * column),)
            yield Repair(message, *place, changes, hint, title, safe=False)
            if len(block) > 1:
                moved = tuple(
                    Change(other.start, other.content, " " * max(other.indent + shift, 0))
                    for other in block
                )
                yield Repair(message, *place, moved, hint, title, safe=False)
        if not text.startswith("-", line.content) and line.colon is not None:
            previous = _content_before(scene, index)
            if previous is not None:
                for column in _item_columns(scene, index):
                    change = Change(line.start, line.content, " " * column + "- ")
                    yield Repair(
                        "the `-` of this list item is missing",
                        line.content,
                        max(line.stop, line.content + 1),
                        (change,),
                        "write `- ` before it",
                        "insert `- `",
                        safe=False,
                    )


def _item_columns(scene: Scene, index: int) -> list[int]:
    """The columns of the list items around that this line may belong to, nearest first."""
    columns: list[int] = []
    for line in (*scene.lines[index + 1 : index + 40], *reversed(scene.lines[:index])):
        if line.key_start > line.content and line.indent not in columns:
            columns.append(line.indent)
    own = scene.lines[index].indent
    return sorted(columns, key=lambda column: abs(column + 2 - own))[:3]


def _columns(scene: Scene, index: int) -> list[int]:
    """The indentations of the lines around, nearest to the line's own first."""
    own = scene.lines[index].indent
    columns: dict[int, None] = {}
    above = _content_before(scene, index)
    if above is not None:
        line = scene.lines[above]
        columns[line.indent] = None
        columns[line.key_start - line.start] = None
        columns[line.indent + 2] = None
    below = _content_after(scene, index)
    if below is not None:
        columns[scene.lines[below].indent] = None
    for line in reversed(scene.lines[max(0, index - 60) : index]):
        if not line.blank:
            columns[line.indent] = None
            columns[line.key_start - line.start] = None
    return sorted(columns, key=lambda column: abs(column - own))[:8]


def _same_block(scene: Scene, index: int) -> list[Line]:
    """A line with those below that are indented at least as much."""
    indent = scene.lines[index].indent
    block = [scene.lines[index]]
    for line in scene.lines[index + 1 :]:
        if not line.blank and line.indent < indent:
            break
        block.append(line)
    return [line for line in block if not line.blank]


def _values(scene: Scene) -> Iterator[Repair]:
    """Quotes around the whole value, whatever it is that YAML stumbles over."""
    for index in dict.fromkeys((scene.here, scene.near)):
        line = scene.lines[index]
        if scene.text[line.value : line.value + 1] not in ("[", "{", "|", ">"):
            message = "this text cannot be read without quotes"
            yield from _quote_value(line, scene.text, message, None, "put the text in quotes")


def _quote_value(
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
            yield Repair(message, *where, (change,), hint, "put the value in quotes")


def _losing(scene: Scene) -> Iterator[Repair]:
    """Last resorts: leave out the value, the line, its block, the step around it."""
    message = "this line does not fit what stands around it"
    seen: set[tuple[int, int]] = set()
    for index in dict.fromkeys((scene.here, scene.near, _content_before(scene, scene.here))):
        if index is None:
            continue
        line = scene.lines[index]
        place = (line.content, max(line.stop, line.content + 1))
        ranges: list[tuple[int, int]] = []
        if line.colon is not None and line.value < line.stop:
            ranges.append((line.value, line.end))
        ranges.append((line.start, line.end))
        block = _same_block(scene, index)
        ranges.append((line.start, block[-1].end if block else line.end))
        ranges.extend(_steps_around(scene, index))
        for start, end in ranges:
            if (start, end) not in seen and (start > 0 or index > 0):
                seen.add((start, end))
                change = Change(start, end, "")
                yield Repair(message, *place, (change,), loses=True)


def _steps_around(scene: Scene, index: int) -> Iterator[tuple[int, int]]:
    """The list items around a line, from the innermost."""
    indent = scene.lines[index].indent + 1
    for number in range(index, -1, -1):
        line = scene.lines[number]
        if line.blank or line.indent >= indent or line.key_start == line.content:
            continue
        indent = line.indent
        end = line.end
        for other in scene.lines[number + 1 :]:
            if not other.blank and other.indent <= indent:
                break
            end = other.end
        yield line.start, end


def _content_before(scene: Scene, index: int) -> int | None:
    for number in range(index - 1, -1, -1):
        if not scene.lines[number].blank:
            return number
    return None


def _content_after(scene: Scene, index: int) -> int | None:
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
