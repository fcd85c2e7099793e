"""Texts over several lines, moved as a whole; their values stay as they are."""

import re

from vegac.formatting.lines import Line, split

_DIGIT = re.compile(r"^[|>][+-]?([1-9])")


def block_scalar(source: str, old: int, new: int) -> tuple[list[Line], int]:
    """The lines of a literal or folded scalar whose parent moves from column `old` to `new`, the
    first being what stands on the parent's line; and how much of `source` they are.

    Blank lines behind it are no part of it, unless it keeps them.
    """
    (header, header_end), *content = split(source)
    if content and not content[-1][1] and not content[-1][0].strip(" "):
        content.pop()  # the indentation of what follows
    keeps = "+" in header.partition("#")[0]
    digit = _DIGIT.match(header)
    if digit:
        indent = max(old, 0) + int(digit[1])
    else:
        texts = (text for text, _ in content if text.strip(" "))
        indent = next((_spaces(text) for text in texts), 1 << 30)
    count = len(content)
    while count and not keeps and _is_blank(content[count - 1][0], indent):
        count -= 1
    shift = new - old
    lines = [Line(header.rstrip(" \t"), header_end, "code")]
    length = len(header) + len(header_end)
    for text, end in content[:count]:
        # A text without a final line end must not get one, unless it drops it anyway.
        open_end = not end and "-" not in header.partition("#")[0]
        kind = "kept" if keeps or open_end else "inside"
        lines.append(Line(_moved(text, shift, indent), end, kind))
        length += len(text) + len(end)
    return lines, length


def _moved(text: str, shift: int, indent: int) -> str:
    if shift < 0:
        return text[min(_spaces(text), -shift) :]
    return text if _is_blank(text, indent) else " " * shift + text


def _is_blank(text: str, indent: int) -> bool:
    """Whether a line holds nothing: spaces beyond the indentation are something."""
    return not text.strip(" ") and len(text) <= indent


def _spaces(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def flow_scalar(source: str, style: str, old: int, new: int) -> list[Line]:
    """The lines of a plain or quoted scalar whose parent moves from column `old` to `new`."""
    lines: list[Line] = []
    for index, (text, end) in enumerate(split(source)):
        bare = text.lstrip(" \t") if index else text
        if end and not (style == '"' and _escaped_blank(bare)):
            bare = bare.rstrip(" \t")
        if index and bare:
            column = len(text) - len(text.lstrip(" \t"))
            column = column + new - old if column > old else new + 2
            bare = " " * column + bare
        lines.append(Line(bare, end, "inside" if index else "code"))
    return lines


def _escaped_blank(text: str) -> bool:
    """Whether the blanks at the end of a line follow a backslash, which makes them count."""
    return text.rstrip(" \t").endswith("\\")
