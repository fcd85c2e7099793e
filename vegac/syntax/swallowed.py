"""What a key or a text swallowed for want of a sign: the value of a key in a flow mapping, for its
colon or a space is missing, or the quote behind a text, for the one before it is missing."""

import re
from collections.abc import Iterator

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.nodes import Chunk, Scalar

# `key value` and `key:value` where YAML sees a key alone.
_SWALLOWED = re.compile(r"([A-Za-z_][\w-]*)(?:(:)(?!//)|[ \t]+)([^\r\n]+)")
_UNOPENED = re.compile(r"[^\"\r\n]*[^\"\s\d]\"")
_QUOTED = re.compile(r"\"([^\"\\]*)\"|'([^']*)'")


def parted(chunk: Chunk, source: str, key: Scalar) -> tuple[Scalar, Scalar, Diagnostic] | None:
    """The key and the value that a key without a value holds, with the finding about it."""
    found = _SWALLOWED.fullmatch(source, key.start, key.end)
    whole = len(key.value) == key.end - key.start
    if found is None or not whole or source[key.end : key.end + 1] == ":":
        return None
    word, at = found[1], found.end(1)
    if found[2]:
        message, hint = "a key's colon must be followed by a space", "insert a space after it"
        place = Span(chunk.unit, at, at + 1)
        fix = Fix("insert a space", (Edit(Span(chunk.unit, at + 1, at + 1), " "),))
    else:
        message, hint = f"the colon after `{word}` is missing", "write `:` after the key"
        place = Span(chunk.unit, key.start, at)
        fix = Fix("insert `:`", (Edit(Span(chunk.unit, at, at), ":"),))
    finding = Diagnostic("yaml-syntax", "error", message, place, hint=hint, fixes=(fix,))
    begin, text = found.start(3), found[3]
    quotes = _QUOTED.fullmatch(text)
    if quotes is None:
        value = Scalar(chunk, begin, key.end, text, "plain")
    else:
        style = "double" if text[0] == '"' else "single"
        value = Scalar(chunk, begin, key.end, text[1:-1], style)
    return Scalar(chunk, key.start, at, word, "plain"), value, finding


def unopened(text: Scalar) -> Iterator[Diagnostic]:
    """The finding for a plain text with a double quote at its end and none before."""
    if _UNOPENED.fullmatch(text.value) is not None:
        unit = text.chunk.unit
        yield Diagnostic(
            "yaml-syntax",
            "warning",
            "the quote at the end belongs to this text, for none is opened before it",
            Span(unit, text.end - 1, text.end),
            hint='write `"` before the text, too',
            fixes=(Fix('insert `"`', (Edit(Span(unit, text.start, text.start), '"'),), "unsafe"),),
        )
