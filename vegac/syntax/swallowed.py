"""What a key or a text swallowed for want of a sign: the value of a key in a flow mapping, for its
colon or a space is missing, or the quote behind a text, for the one before it is missing."""

import re
from collections.abc import Iterator

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.nodes import Chunk, Scalar
from vegac.syntax.yaml_findings import OTHER_SIGN

# `key value` and `key:value` where YAML sees a key alone.
_SWALLOWED = re.compile(r"([A-Za-z_][\w-]*)(?:(:)(?!//)|[ \t]*(?:=>?|:=|;)[ \t]+|[ \t]+)([^\r\n]+)")
_UNOPENED = re.compile(r"[^\"\r\n]*[^\"\s\d]\"")
_QUOTED = re.compile(r"\"([^\"\\]*)\"|'([^']*)'")
# `key "text: text"`, where the colon in the text makes a key of all before it.
_CUT = re.compile(r"(\w[\w.-]*(?: \w[\w.-]*)*)[ \t]*(=>?|:=|;)?[ \t]+(\"[^\"\\\r\n]*\")")


def parted(chunk: Chunk, source: str, key: Scalar) -> tuple[Scalar, Scalar, Diagnostic] | None:
    """The key and the value that a key without a value holds, with the finding about it."""
    found = _SWALLOWED.fullmatch(source, key.start, key.end)
    whole = len(key.value) == key.end - key.start
    if found is None or not whole or source[key.end : key.end + 1] == ":":
        return None
    word, at = found[1], found.end(1)
    begin = found.start(3)
    other = OTHER_SIGN.match(source, key.start, key.end)
    if other:
        begin = (
            other.end()
            + len(source[other.end() : key.end])
            - len(source[other.end() : key.end].lstrip(" \t"))
        )
        message, hint = f"the colon after `{word}` is missing", f"write `:` instead of `{other[2]}`"
        place = Span(chunk.unit, key.start, at)
        fix = Fix("write `:`", (Edit(Span(chunk.unit, at, other.end()), ":"),))
    elif found[2]:
        message, hint = "a key's colon must be followed by a space", "insert a space after it"
        place = Span(chunk.unit, at, at + 1)
        fix = Fix("insert a space", (Edit(Span(chunk.unit, at + 1, at + 1), " "),))
    else:
        message, hint = f"the colon after `{word}` is missing", "write `:` after the key"
        place = Span(chunk.unit, key.start, at)
        fix = Fix("insert `:`", (Edit(Span(chunk.unit, at, at), ":"),))
    finding = Diagnostic("yaml-syntax", "error", message, place, hint=hint, fixes=(fix,))
    text = source[begin : key.end]
    quotes = _QUOTED.fullmatch(text)
    if quotes is None:
        value = Scalar(chunk, begin, key.end, text, "plain")
    else:
        style = "double" if text[0] == '"' else "single"
        value = Scalar(chunk, begin, key.end, text[1:-1], style)
    return Scalar(chunk, key.start, at, word, "plain"), value, finding


def cut(
    chunk: Chunk, source: str, key: Scalar, value: Scalar
) -> tuple[Scalar, Scalar, Diagnostic] | None:
    """The key and the text that were meant where the colon of a quoted text makes a key."""
    found = _CUT.fullmatch(source, key.start, value.end)
    if found is None:
        return None
    word, at = found[1], found.end(1)
    end = found.end(2) if found[2] else at
    finding = Diagnostic(
        "yaml-syntax",
        "error",
        f"the colon after `{word}` is missing",
        Span(chunk.unit, key.start, at),
        hint=f"write `:` instead of `{found[2]}`" if found[2] else "write `:` after the key",
        fixes=(Fix("insert `:`", (Edit(Span(chunk.unit, at, end), ":"),)),),
    )
    text = Scalar(chunk, found.start(3), value.end, found[3][1:-1], "double")
    return Scalar(chunk, key.start, at, word, "plain"), text, finding


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
