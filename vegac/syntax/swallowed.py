"""Keys of flow mappings that swallowed their values, for want of a colon or a space."""

import re

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.nodes import Chunk, Scalar

# `key value` and `key:value` where YAML sees a key alone.
_SWALLOWED = re.compile(r"([A-Za-z_][\w-]*)(?:(:)(?!//)|[ \t]+)([^\r\n]+)")
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
