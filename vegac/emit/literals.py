"""Literals of emitted code: the only way in which a user's text enters it."""

import re
from collections.abc import Mapping, Sequence

WRAP = 80
"""Columns that a piece of a long text takes at most, where it has spaces to break at."""

_SPECIAL = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TOKEN = re.compile(r"[^ \n]*(?: +|\n+)|[^ \n]+")


def string(value: str) -> str:
    """The literal of a string: printable, one line, quoted as a formatter would."""
    quote = preferred_quote(value)
    return f"{quote}{escaped(value, quote)}{quote}"


def preferred_quote(*texts: str) -> str:
    """Double quotes, unless single ones save escapes."""
    double = sum(text.count('"') for text in texts)
    single = sum(text.count("'") for text in texts)
    return "'" if double > single else '"'


def escaped(value: str, quote: str, braces: bool = False) -> str:
    """The text between the quotes; `braces` doubles braces for an f-string."""
    if value.isascii() and value.isprintable() and "\\" not in value and quote not in value:
        return value.replace("{", "{{").replace("}", "}}") if braces else value
    return "".join(_escape(char, quote, braces) for char in value)


def _escape(char: str, quote: str, braces: bool) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char == quote:
        return "\\" + char
    if braces and char in "{}":
        return char * 2
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def number(value: float) -> str:
    """The literal of a number."""
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return f'float("{value}")'
    return repr(value).replace("e+", "e")


def constant(value: str | float | bool | None) -> str:
    """The literal of a constant."""
    if isinstance(value, str):
        return string(value)
    if value is None or isinstance(value, bool):
        return repr(value)
    return number(value)


def comment(text: str) -> str:
    """Text that may stand in a comment: one printable line."""
    return "".join(char if char.isprintable() else _escape(char, "", False) for char in text)


def docstring(text: str) -> list[str]:
    """The lines of a docstring, without indentation."""
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    if not lines:
        return []
    first, *rest = map(_docstring_line, lines)
    if first.startswith('"'):
        first = "\\" + first
    if rest:
        return [f'"""{first}', *rest, '"""']
    if lines[0].endswith('"') and len(lines[0]) > 1 and not first.endswith('\\"\\"\\"'):
        first = f'{first[:-1]}\\"'
    return [f'"""{first}"""']


def _docstring_line(line: str) -> str:
    # Python 3.13 and later compile no docstring with half a surrogate pair, escaped or not.
    return escaped(_SURROGATE.sub("\ufffd", line), "").replace('"""', '\\"\\"\\"')


def rows(parts: Sequence[str | int], sizes: Mapping[int, int]) -> list[list[str | int]]:
    """A text cut into rows: at its line ends, and at spaces and holes where a line is long.

    A hole is a number; `sizes` says how many columns it takes.
    """
    found: list[list[str | int]] = [[]]
    width = 0
    may_break = False
    for part in parts:
        for token in [part] if isinstance(part, int) else _TOKEN.findall(part):
            size = sizes[token] if isinstance(token, int) else len(token.rstrip(" "))
            if (may_break or isinstance(token, int)) and width + size > WRAP and width:
                found.append([])
                width = 0
            row = found[-1]
            if isinstance(token, str) and row and isinstance(row[-1], str):
                row[-1] += token
            else:
                row.append(token)
            width += sizes[token] if isinstance(token, int) else len(token)
            may_break = isinstance(token, int) or token[-1] in " \n"
            if isinstance(token, str) and token[-1] == "\n":
                found.append([])
                width = 0
    return [row for row in found if row]
