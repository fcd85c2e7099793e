"""What characters look like on a terminal: how many columns they take, and harmless stand-ins.

Text from files and file names is shown to people, so nothing in it may move the cursor, change
colours or reorder what is read: control and bidirectional characters are made visible.
"""

import re
from unicodedata import category, east_asian_width

_PARTS = re.compile(" +|[^ ]+")
_TAB = 4
_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"


def cells(text: str) -> list[tuple[str, int]]:
    """For each character of a line what is shown for it, and how many columns that takes.

    Tabs advance to the next multiple of 4. Combining characters, and whatever a joiner or a skin
    tone fuses with the character before it, take none.
    """
    if text.isascii() and text.isprintable():
        return [(char, 1) for char in text]
    shown: list[tuple[str, int]] = []
    column = 0
    previous = ""
    for char in text:
        if char == "\t":
            width = _TAB - column % _TAB
            shown.append((" " * width, width))
        elif char == _EMOJI_STYLE and shown and shown[-1][1] == 1 and not previous.isascii():
            width = 1
            shown.append((char, width))
        else:
            stand_in, width = _cell(char)
            joined = previous == _JOINER and stand_in == char and not char.isascii()
            if joined or (_is_skin_tone(char) and shown and shown[-1][1] == 2):
                width = 0
            shown.append((stand_in, width))
        column += width
        previous = char
    return shown


def visible(text: str) -> str:
    """Text with stand-ins for characters that would act on the terminal; line feeds stay."""
    if text.isprintable():
        return text
    return "".join(char if char == "\n" else "".join(s for s, _ in cells(char)) for char in text)


def width(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(columns for _, columns in cells(text))


def folded(line: str, columns: int) -> list[str]:
    """A line as several of at most `columns` columns, broken at blanks where there are any."""
    lines: list[str] = []
    row, taken = "", 0
    for part in _PARTS.findall(line):
        wanted = width(part)
        if taken + wanted <= columns:
            row, taken = row + part, taken + wanted
            continue
        if row.strip(" "):
            lines.append(row.rstrip(" "))
        row, taken = "", 0
        if part[0] == " ":
            continue
        for char, wide in cells(part):
            if taken + wide > columns and row:
                lines.append(row)
                row, taken = "", 0
            row, taken = row + char, taken + wide
    if row.strip(" "):
        lines.append(row.rstrip(" "))
    return lines or [""]


def _cell(char: str) -> tuple[str, int]:
    code = ord(char)
    if 32 <= code < 127:
        return char, 1
    if code < 32:
        return chr(0x2400 + code), 1
    if code == 127:
        return "\u2421", 1
    kind = category(char)
    if kind in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char not in (_JOINER, "\u200c", "\u00ad"):
        name = f"<U+{code:04X}>"
        return name, len(name)
    if kind in ("Mn", "Me", "Cf") or 0x1160 <= code <= 0x11FF:
        return char, 0
    return char, 2 if east_asian_width(char) in ("W", "F") else 1


def _is_skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"
