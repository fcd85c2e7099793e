"""Colours for programs: a lexer for Pygments, which Sphinx, MkDocs, Jupyter and `rich` use."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
)

from vega_grammar import keys

Token = tuple[int, Any, str]

_CONTROL = frozenset(keys.STEPS) | {"then", "elif", "else", "catch", "finally", "on_timeout"}
_KNOWN = frozenset(key for table in keys.TABLES.values() for key in table) | {
    key for table in (*keys.STEPS.values(), *keys.IMPLEMENTATION.values()) for key in table
}
_CONDITIONS = frozenset({"if", "until", "for"})

_DOUBLE = r'"(?:[^"\\]|\\.)*"?'
_SINGLE = r"'(?:[^']|'')*'?"
_KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'"
    r"|<<(?=\s*:\s)|(?!<<|[-?:](?:\s|$)|[\[\]{},#&*!|>@`%\"'])(?:(?!\s#)[^\n])*?)"
    r"(?P<space>[ \t]*)(?P<colon>:)(?=\s|$)"
)
_FLOW_KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\n]|'')*'|[^\s\[\]{},\"'#][^\[\]{},\n]*?)"
    r"(?P<space>[ \t]*)(?P<colon>:)(?=[\s,\]}]|$)"
)
_HEADER = re.compile(r"[|>][-+0-9]*(?=[ \t]*(?:#[^\n]*)?(?:\n|$))")
_MARKER = re.compile(r"(?:---|\.\.\.)(?=\s|$)")
_MARK = re.compile(r"(?P<anchor>[&*][^\s,\[\]{}]+)|(?P<tag>![^\s,\[\]{}]*)")
_PLAIN = re.compile(r"(?:(?!\s#)[^\n])+")
_FLOW_PLAIN = re.compile(
    r"(?:<<(?:(?!<<|>>)[^\n])*>>|\{\{(?:(?!\}\}).)*\}\}|(?!\s#|:(?:\s|[,\]}]))[^\n,\[\]{}])+", re.S
)
_CONSTANT = re.compile(r"true|false|null|~", re.I)
_NUMBER = re.compile(r"-?\$?\d+(?:\.\d+)?(?:e[-+]?\d+)?|(?:\d+(?:\.\d+)?(?:ms|s|m|h))+", re.I)

_STRINGS = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_PART = rf"{_STRINGS}|[^'\"\n<>]|<(?!<)|>(?!>)"
_HOLE = re.compile(
    rf"<<(?:{_PART}|<<(?:{_PART})*>>)*>>|<<(?:(?!<<)[^\n])*?>>"
    rf"|\{{\{{(?:{_STRINGS}|[^'\"}}]|\}}(?!\}}))*\}}\}}|\{{\{{.*?\}}\}}",
    re.S,
)
_EXPRESSION = re.compile(
    rf"""(?P<space>\s+)
    |(?P<string>{_STRINGS}|\\".*?\\")
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<pipe>\|)(?P<gap>\s*)(?P<filter>[A-Za-z_]\w*)(?P<bare>(?::(?![\s('"<{{])[^\s'"()\[\]{{}}|:>]+)*)
    |(?P<dot>\.)(?P<field>[A-Za-z_]\w*)
    |(?P<word>(?:and|or|not|in|if|else)\b)
    |(?P<constant>(?:true|false|null)\b)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<hole><<|>>|\{{\{{|\}}\}})
    |(?P<operator>[=!<>]=|//|[-+*/%<>|])
    |(?P<punctuation>[\[\](){{}},:.])
    |(?P<other>.)""",
    re.S | re.X,
)
_TYPES = {
    "space": Whitespace,
    "string": String,
    "number": Number,
    "pipe": Operator,
    "gap": Whitespace,
    "filter": Name.Function,
    "bare": String.Symbol,
    "dot": Punctuation,
    "field": Name.Attribute,
    "word": Operator.Word,
    "constant": Keyword.Constant,
    "name": Name.Variable,
    "hole": String.Interpol,
    "operator": Operator,
    "punctuation": Punctuation,
    "other": Text,
}


class VegaLexer(Lexer):
    """YAML with Vega's keys, steps and expressions. No text is an error to it."""

    name = "Vega"
    aliases: ClassVar[Sequence[str]] = ["vega"]
    filenames: ClassVar[Sequence[str]] = ["*.vega.yaml", "*.vega.test.yaml"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-vega"]
    priority = 0.1  # before YAML, whose pattern such files fit too

    @staticmethod
    def analyse_text(text: str) -> float:
        """How likely a text is a program."""
        return 0.6 if re.search(r"^(?:workflows|agents):\s", text, re.M) else 0.0

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """Every character of `text`, in order."""
        at = 0
        while at < len(text):
            for token in _line(text, at):
                yield token
                at = token[0] + len(token[2])


# --- YAML -----------------------------------------------------------------------------------------


def _line(text: str, at: int) -> Iterator[Token]:
    """The tokens of the entry that begins with a line, up to the end of its last line."""
    start = at
    at = _skip(text, at, " \t")
    yield from _some(start, Whitespace, text[start:at])
    parent = -1  # nothing below the top of a file is further to the left
    marker = _MARKER.match(text, at) if at == start else None
    if marker:
        yield at, Punctuation, marker[0]
        at = marker.end()
    in_list = False
    while re.match(r"-(?=\s|$)", text[at : at + 2]):
        parent, in_list = at - start, True
        after = _skip(text, at + 1, " \t")
        yield at, Punctuation, "-"
        yield from _some(at + 1, Whitespace, text[at + 1 : after])
        at = after
    key = _KEY.match(text, at)
    word = ""
    if key:
        parent, word = at - start, key["key"]
        yield from _key(key, at, in_list)
        at = key.end()
    yield from _value(text, at, parent, word)


def _key(key: re.Match[str], at: int, in_list: bool) -> Iterator[Token]:
    word = key["key"]
    first = re.match(r"\S+", word)
    if word in _CONTROL:
        yield at, Keyword, word
    elif word.startswith("for "):
        yield at, Keyword, "for"
        yield from _expression(word, 3, len(word), at)
    elif in_list and word not in _KNOWN and word[0] not in "\"'<" and first:
        yield at, Name.Class, first[0]
        yield from _some(at + first.end(), Name.Tag, word[first.end() :])
    else:
        yield at, Name.Tag, word
    yield from _some(at + len(word), Whitespace, key["space"])
    yield key.start("colon"), Punctuation, ":"


def _value(text: str, at: int, parent: int, key: str) -> Iterator[Token]:
    """What follows on a line, with the further lines of a text or a flow collection."""
    raw = False
    while at < len(text):
        char = text[at]
        mark = _MARK.match(text, at)
        header = _HEADER.match(text, at)
        if char == "\n":
            yield at, Whitespace, char
            return
        if char in " \t\r":
            end = _skip(text, at, " \t\r")
            token: Token = at, Whitespace, text[at:end]
        elif char == "#" and (at == 0 or text[at - 1].isspace()):
            token = at, Comment.Single, text[at : _line_end(text, at)]
        elif header:
            yield at, Punctuation, header[0]
            yield from _block(text, header.end(), parent, raw)
            return
        elif mark:
            token = at, Name.Label if mark["anchor"] else Keyword.Type, mark[0]
            raw = raw or mark[0] == "!raw"
        elif char in "\"'":
            yield from _quoted(text, at, key, raw)
            at = _quoted_end(text, at)
            continue
        elif char in "[{" and not text.startswith("{{", at):
            for inner in _flow(text, at):
                yield inner
                at = inner[0] + len(inner[2])
            continue
        else:
            plain = _PLAIN.match(text, at)
            end = plain.end() if plain else at + 1
            yield from _plain(text, at, end, key, raw)
            at = end
            continue
        yield token
        at = token[0] + len(token[2])


def _block(text: str, at: int, parent: int, raw: bool) -> Iterator[Token]:
    """The rest of a header's line, and the lines that are further to the right than its owner."""
    end = _line_end(text, at)
    gap = _skip(text, at, " \t")
    yield from _some(at, Whitespace, text[at:gap])
    yield from _some(gap, Comment.Single, text[gap:end])
    at = end
    if at < len(text):
        yield at, Whitespace, "\n"
        at += 1
    start = at
    while at < len(text):
        end = _line_end(text, at)
        line = text[at:end]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= parent:
            break
        at = min(end + 1, len(text))
    yield from _holes(text, start, at, String.Heredoc, raw)


def _quoted(text: str, at: int, key: str, raw: bool = False) -> Iterator[Token]:
    end = _quoted_end(text, at)
    kind = String.Double if text[at] == '"' else String.Single
    if key in _CONDITIONS and end - at > 1:
        yield at, kind, text[at]
        yield from _expression(text, at + 1, end - 1)
        yield end - 1, kind, text[end - 1]
    else:
        yield from _holes(text, at, end, kind, raw)


def _quoted_end(text: str, at: int) -> int:
    found = re.compile(_DOUBLE if text[at] == '"' else _SINGLE, re.S).match(text, at)
    assert found is not None  # a quote stands here
    return found.end()


def _plain(text: str, at: int, end: int, key: str, raw: bool = False) -> Iterator[Token]:
    value = text[at:end].strip()
    if key in _CONDITIONS:
        yield from _expression(text, at, end)
    elif _CONSTANT.fullmatch(value):
        yield at, Keyword.Constant, text[at:end]
    elif _NUMBER.fullmatch(value):
        yield at, Number, text[at:end]
    else:
        yield from _holes(text, at, end, Literal.Scalar.Plain, raw)


def _flow(text: str, at: int) -> Iterator[Token]:
    """A flow collection; `{{` begins a hole unless a key's place says otherwise."""
    depth, key = 0, ""
    while at < len(text):
        char = text[at]
        if char in " \t\r\n":
            end = _skip(text, at, " \t\r\n")
            token: Token = at, Whitespace, text[at:end]
        elif char == "#" and text[at - 1].isspace():
            token = at, Comment.Single, text[at : _line_end(text, at)]
        elif char in "[{" and not text.startswith("{{", at):
            depth, key = depth + 1, ""
            token = at, Punctuation, char
        elif char in "]}":
            depth, key = depth - 1, ""
            token = at, Punctuation, char
        elif char in ",:":
            key = "" if char == "," else key
            token = at, Punctuation, char
        elif not key and (found := _FLOW_KEY.match(text, at)):
            key = found["key"]
            yield from _key(found, at, in_list=depth == 1)
            at = found.end()
            continue
        else:
            end = _quoted_end(text, at) if char in "\"'" else _flow_plain_end(text, at)
            yield from (_quoted(text, at, key) if char in "\"'" else _plain(text, at, end, key))
            at = end
            continue
        yield token
        at = token[0] + len(token[2])
        if depth == 0:
            return


def _flow_plain_end(text: str, at: int) -> int:
    plain = _FLOW_PLAIN.match(text, at)
    return plain.end() if plain else at + 1


# --- expressions ----------------------------------------------------------------------------------


def _holes(text: str, at: int, end: int, kind: Any, raw: bool = False) -> Iterator[Token]:
    """A text, in which holes are expressions unless it is `!raw`."""
    found = None if raw else _HOLE.search(text, at, end)
    while found is not None:
        start, stop = found.span()
        before = text[at:start]
        if (len(before) - len(before.rstrip("\\"))) % 2:
            found = _HOLE.search(text, start + 2, end)
            continue
        yield from _some(at, kind, before)
        yield start, String.Interpol, text[start : start + 2]
        yield from _expression(text, start + 2, stop - 2)
        yield stop - 2, String.Interpol, text[stop - 2 : stop]
        at = stop
        found = _HOLE.search(text, at, end)
    yield from _some(at, kind, text[at:end])


def _expression(text: str, at: int, end: int, base: int = 0) -> Iterator[Token]:
    """The tokens of `text[at:end]`; `base` is where `text` begins."""
    for match in _EXPRESSION.finditer(text, at, end):
        for name, part in match.groupdict().items():
            yield from _some(base + match.start(name), _TYPES[name], part or "")


# --- characters -----------------------------------------------------------------------------------


def _some(at: int, kind: Any, text: str) -> Iterator[Token]:
    if text:
        yield at, kind, text


def _skip(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
