"""Repairs of keys, colons and indentation, and what is left out where nothing else helps."""

import re
from collections.abc import Iterator

from vega_grammar import keys as grammar
from vegac.syntax.mending import Change
from vegac.syntax.scenes import (
    Repair,
    Scene,
    content_after,
    content_before,
    quote_value,
    same_block,
)
from vegac.syntax.yaml_findings import OTHER_SIGN, quoted

_NO_COLON_SPACE = re.compile(r"[\w.-]+:(?=[^\s:/])")
_GLUED = re.compile(r"(?<=\S)[ \t]{2,}(?=(?:- )*[\w\"'<{][^:#]*:(?:[ \t]|$)|- )")
_SPACE = re.compile(r"[ \t]+")
_OTHER_END = re.compile(r"[ \t]*(=>?|;)$")
_KNOWN = frozenset(key for table in grammar.TABLES.values() for key in table)
"""Keys that mean something somewhere: a line with one is hardly the rest of a text."""


def tabs(scene: Scene) -> Iterator[Repair]:
    """Tabs in the indentation: of all lines of the chunk at once, or of this one."""
    tabbed = [line for line in scene.lines if "\t" in scene.text[line.start : line.key_start]]
    if not tabbed:
        return
    hit = [line for line in tabbed if line in (scene.line, scene.lines[scene.near])] or tabbed
    for lines in (tabbed, hit[:1]):
        tab = scene.text.index("\t", hit[0].start)
        # A tab among spaces slipped in; tabs alone stand for some spaces each.
        spaces = " " in scene.text[hit[0].start : hit[0].content]
        for width in (0, 2, 4, 8, 1) if spaces else (2, 4, 8, 1, 0):
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


def colons(scene: Scene) -> Iterator[Repair]:
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
    following = content_after(scene, scene.here)
    deeper = following is not None and scene.lines[following].indent > line.key_start - line.start
    ended = line.colon is not None and line.colon < line.stop - 1 and text[line.stop - 1] == ":"
    if line.colon is not None and ended and deeper:
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
        value = text[line.value : line.stop]
        behind = value[:1] in ("'", '"') and ": " not in value
        yield from quote_value(
            line,
            text,
            "a text that goes on behind a quote needs quotes around all of it"
            if behind
            else "a text that ends with `:` needs quotes"
            if ended and ": " not in value
            else "a text that holds `: ` needs quotes",
            (scene.problem, scene.problem + 1) if scene.char == ":" else None,
            "put the text in quotes",
        )
    before = content_before(scene, scene.here)
    for index in dict.fromkeys((before, scene.near, scene.here)):
        if index is not None and scene.lines[index].colon is None:
            yield from _missing_colon(scene, index)
    if before is None or scene.lines[before].colon is None:
        return
    above = scene.lines[before]
    first = text[above.value : above.stop]
    if line.key in _KNOWN and line.key_start == line.content:
        yield from indentation(scene)
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
    following = content_after(scene, index)
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
    if word.startswith(":"):
        yield Repair(
            "the key before this `:` is missing",
            line.key_start,
            line.key_start + 1,
            (Change(line.key_start, line.key_start, "_"),),
            "write the key before it",
        )
        return
    other = OTHER_SIGN.match(word)
    if other and (deeper or other.end() < len(word)):
        start, end = (line.key_start + place for place in (other.end(1), other.end()))
        yield _in_place_of(other[2], other[1], place, Change(start, end, ":"))
    ending = _OTHER_END.search(word) if deeper else None
    if ending:
        change = Change(line.key_start + ending.start(), line.stop, ":")
        yield _in_place_of(ending[1], word[: ending.start()], place, change)
    end_of_key = Repair(
        f"the colon after `{word}` is missing",
        *place,
        (Change(line.stop, line.stop, ":"),),
        "write `:` after the key",
        "insert `:`",
    )
    space = _SPACE.search(word)
    sure = space is not None and word[: space.start()] in _KNOWN
    if deeper and not sure:
        yield end_of_key
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


def _in_place_of(sign: str, key: str, place: tuple[int, int], change: Change) -> Repair:
    return Repair(
        f"the colon after `{key}` is missing",
        *place,
        (change,),
        f"write `:` instead of `{sign}`",
        "write `:`",
        safe=key in _KNOWN,
    )


def misplaced(tabbed: bool) -> str:
    """What is wrong with a line that stands at another column than its neighbours."""
    if tabbed:
        return "this line is indented by a tab, which YAML does not take"
    return "this line is indented differently from the lines around it"


def indentation(scene: Scene) -> Iterator[Repair]:
    """Lines that stand at a column where nothing can go on."""
    text = scene.text
    for index in dict.fromkeys((scene.here, content_before(scene, scene.here))):
        if index is None or index == 0:
            continue
        line = scene.lines[index]
        for column in _columns(scene, index):
            if column == line.indent:
                continue
            block = same_block(scene, index)
            shift = column - line.indent
            message = misplaced("\t" in text[line.start : line.content])
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
            previous = content_before(scene, index)
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
    above = content_before(scene, index)
    if above is not None:
        line = scene.lines[above]
        columns[line.indent] = None
        columns[line.key_start - line.start] = None
        columns[line.indent + 2] = None
    below = content_after(scene, index)
    if below is not None:
        columns[scene.lines[below].indent] = None
    for line in reversed(scene.lines[max(0, index - 60) : index]):
        if not line.blank:
            columns[line.indent] = None
            columns[line.key_start - line.start] = None
    return sorted(columns, key=lambda column: abs(column - own))[:8]


def values(scene: Scene) -> Iterator[Repair]:
    """Quotes around the whole value, whatever it is that YAML stumbles over."""
    for index in dict.fromkeys((scene.here, scene.near)):
        line = scene.lines[index]
        if scene.text[line.value : line.value + 1] not in ("[", "{", "|", ">"):
            message = "this text cannot be read without quotes"
            yield from quote_value(line, scene.text, message, None, "put the text in quotes")


def losing(scene: Scene) -> Iterator[Repair]:
    """Last resorts: leave out the value, the line, its block, the step around it."""
    message = "this line does not fit what stands around it"
    seen: set[tuple[int, int]] = set()
    for index in dict.fromkeys((scene.here, scene.near, content_before(scene, scene.here))):
        if index is None:
            continue
        line = scene.lines[index]
        place = (line.content, max(line.stop, line.content + 1))
        ranges: list[tuple[int, int]] = []
        if line.colon is not None and line.value < line.stop:
            ranges.append((line.value, line.end))
        ranges.append((line.start, line.end))
        block = same_block(scene, index)
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
