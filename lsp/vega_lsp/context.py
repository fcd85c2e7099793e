"""Where a cursor stands, told by the text alone: it works in files that do not parse."""

import re
from typing import Literal

from msgspec import Struct, field

# An optional row of dashes, a key, its colon and what follows.
_LINE = re.compile(
    r"(?P<indent>[ ]*)(?P<dashes>(?:-[ ]+)*)"
    r"(?:(?P<key>'[^']*'|\"[^\"]*\"|[^\s#'\"\[\]{},|>&*!-][^:\r\n]*?|-[^\s:][^:\r\n]*?)"
    r"(?P<colon>[ ]*:(?=\s|$)[ ]*)(?P<value>.*))?"
)
_EMPTY = re.compile(r"\s*(?:[&!]\S*\s*)*(?:#.*)?$")
_BLOCK = re.compile(r"\s*(?:[&!]\S*\s*)*[|>][-+0-9]*\s*(?:#.*)?$")
_OPEN = re.compile(r"<<(?!:)|\{\{")
_REACH = 2000
"""How far back an expression may begin, in characters."""
_STEP_LISTS = {"then", "else", "steps", "try", "catch", "finally", "do", "on_timeout", "parallel"}

Shape = Literal["keys", "value", "expression", "text"]


class Context(Struct):
    """A place in a file.

    `path` are the keys around it, outermost first; a step counts with its main key. `siblings` are
    the other keys of the mapping. `shape` says what may be written: a key (of the mapping at
    `path`), the value of the last key, an expression that starts at `start`, or free text.
    `word` is what stands before the cursor of the thing to be written.
    """

    shape: Shape
    path: list[str]
    siblings: dict[str, str] = field(default_factory=dict[str, str])
    word: str = ""
    start: int = 0
    in_list: bool = False
    """Whether a dash stands directly before the place."""
    in_flow: bool = False
    """Whether braces or brackets are around the place."""
    levels: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """For each key of `path` the others of its mapping that stand before it, with their values."""


class _Line(Struct):
    column: int
    dash: int
    """The column of the first dash, or -1."""
    key: str
    value: str


def context_at(text: str, offset: int) -> Context:
    """What the cursor at an offset is about."""
    start = text.rfind("\n", 0, offset) + 1
    hole = _open_hole(text, offset)
    before = text[start:offset]
    match = _LINE.match(before)
    assert match is not None
    column = len(match["indent"]) + len(match["dashes"] or "")
    dash = len(match["indent"]) if match["dashes"] else -1
    above = text[:start].splitlines()
    path, levels, siblings, inside = _around(above, column, dash)
    if hole is not None:
        if match["key"] and inside < 0:
            path, levels = [*path, _bare(match["key"])], [*levels, siblings]
        opening = ((match["value"] or "") if inside < 0 else _value(above[inside]))[:1]
        word = _unquoted(text[hole:offset], opening)
        return Context("expression", path, siblings, word, hole, levels=levels)
    if inside >= 0:
        opening = _flow_value(text, above, inside)
        if opening < 0:
            return Context("text", path, siblings, levels=levels)
        value = text[opening:offset].replace("\n", " ").replace("\r", " ")
        return _in_value(Context("value", path, levels[-1], value, opening, levels=levels))
    siblings.update(_below(text, offset, column))
    if match["key"] is None and before[column : column + 1] in ("{", "[") and dash >= 0:
        return _in_value(Context("value", path, {}, before[column:], start + column, levels=levels))
    if match["key"] is None:
        return Context(
            "keys", path, siblings, before[column:], start + column, dash >= 0, levels=levels
        )
    path, value = [*path, _bare(match["key"])], match["value"]
    levels = [*levels, siblings]
    return _in_value(Context("value", path, siblings, value, offset - len(value), levels=levels))


def _value(line: str) -> str:
    found = _read(line)
    return found.value if found is not None else ""


def _unquoted(text: str, opening: str) -> str:
    """The text of an expression as YAML reads it inside quotes; only quotes matter here."""
    if opening == "'":
        return text.replace("''", "'")
    return text.replace('\\"', '"') if opening in ('"', "{", "[") else text


def _flow_value(text: str, above: list[str], line: int) -> int:
    """Where a value in flow style begins that goes over several lines, or -1."""
    found = _read(above[line])
    if found is None or not found.value.startswith(("{", "[")) or found.value.startswith("{{"):
        return -1
    start = sum(len(part) for part in text.splitlines(keepends=True)[:line])
    return start + above[line].index(found.value)


def _in_value(context: Context) -> Context:
    """The place inside a value in flow style, or after an opening quote."""
    value = context.word
    opening = value[:1]
    if opening in "'\"" and opening:
        context.word, context.start = value[1:], context.start + 1
    elif opening in "[{" and opening and not value.startswith("{{"):
        last = max(value.rfind(sign) for sign in "[{,")
        part = value[last + 1 :].lstrip()
        opening = _innermost(value)
        context.in_list, context.in_flow = opening == "[" or value.startswith("[{"), True
        context.siblings = {} if opening == "{" else context.siblings
        found = re.match(r"([^:]*):[ ]+(.*)", part)
        for other in re.finditer(r"[{,]\s*([\w-]+):", value):
            context.siblings[other[1]] = ""
        if opening == "{" and found is None:
            context.shape, context.word = "keys", part
            context.in_list = context.in_list and not context.siblings
        elif found is not None:
            context.path.append(_bare(found[1]))
            context.levels.append(context.siblings)
            context.word = found[2]
        else:
            context.word = part
        context.start += len(value) - len(context.word)
    return context


def _innermost(value: str) -> str:
    """The last bracket that is open."""
    depth = 0
    for char in reversed(value):
        if char in "]}":
            depth += 1
        elif char in "[{":
            if depth == 0:
                return char
            depth -= 1
    return value[:1]


def _open_hole(text: str, offset: int) -> int | None:
    """Where the expression of the hole around an offset begins."""
    begin = max(0, offset - _REACH)
    part = text[begin:offset]
    blank = max(part.rfind("\n\n"), part.rfind("\n\r\n"))
    found: int | None = None
    for match in _OPEN.finditer(part, max(blank, 0)):
        close = ">>" if match[0] == "<<" else "}}"
        rest = part[match.end() :]
        escaped = part[match.start() - 1 : match.start()] == "\\"
        if close not in rest and not escaped and _goes_on(text, begin + match.start(), rest):
            found = begin + match.end()
    return found


def _goes_on(text: str, opening: int, rest: str) -> bool:
    """Whether the lines after an opening still belong to its text."""
    before = text[text.rfind("\n", 0, opening) + 1 : opening]
    line = _read(before)
    column = line.column if line is not None else len(before) - len(before.lstrip(" ")) - 1
    following = rest.split("\n")[1:]
    return len(following) <= 3 and not any(
        len(other) - len(other.lstrip(" ")) <= column or _read(other) is not None
        for other in following
    )


def _around(
    above: list[str], column: int, dash: int
) -> tuple[list[str], list[dict[str, str]], dict[str, str], int]:
    """The keys around a line with the others of their mappings, the others of its own mapping, and
    the line whose text it goes on with (or -1)."""
    path: list[str] = []
    levels: list[dict[str, str]] = []
    siblings: dict[str, str] = {}
    current = siblings
    own, limit, first = column, column if dash < 0 else dash + 1, True
    open_item = dash < 0
    inside = -1
    for index in range(len(above) - 1, -1, -1):
        line = above[index]
        bare = line.lstrip()
        indent = len(line) - len(bare)
        if not bare or (indent > own and indent >= limit) or bare[0] == "#":
            continue  # nothing, or what lies deeper
        found = _read(line)
        if found is None:
            continue
        if open_item and found.column == own and found.key:
            current[found.key] = found.value
            if found.dash >= 0 and not first:
                # The step that holds the block: its main key says what the block means.
                path.insert(0, found.key)
                levels.insert(0, dict[str, str]())
            if found.dash >= 0:
                open_item, limit = False, found.dash + 1
            continue
        if found.column < limit and found.key:
            if first and column > found.column and not _EMPTY.match(found.value):
                inside = index
            current = dict[str, str]()
            path.insert(0, found.key)
            levels.insert(0, current)
            first = False
            own = found.column
            open_item = found.dash < 0
            limit = found.dash + 1 if found.dash >= 0 else found.column
            if found.column == 0:
                break
    return path, levels, siblings, inside


def _read(line: str) -> _Line | None:
    match = _LINE.match(line)
    if match is None or (match["key"] is None and not match["dashes"]):
        return None
    indent, dashes = len(match["indent"]), len(match["dashes"] or "")
    key = _bare(match["key"]) if match["key"] else ""
    return _Line(indent + dashes, indent if dashes else -1, key, match["value"] or "")


def _below(text: str, offset: int, column: int) -> dict[str, str]:
    """The keys of the same mapping that follow."""
    found: dict[str, str] = {}
    end = text.find("\n", offset)
    for line in text[end + 1 :].splitlines() if end >= 0 else []:
        if not line.strip():
            continue
        read = _read(line)
        indent = len(line) - len(line.lstrip(" "))
        if indent < column or (read is not None and read.dash >= 0 and read.dash <= column):
            break
        if read is not None and read.column == column and read.key:
            found[read.key] = read.value
    return found


def _bare(key: str) -> str:
    return key[1:-1] if key[:1] in ("'", '"') and key[-1:] == key[:1] else key.strip()
