"""The tokens of a YAML text, holes that stand as values included."""

from typing import Any

from msgspec import Struct
from yaml.error import MarkedYAMLError
from yaml.tokens import (
    AliasToken,
    AnchorToken,
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    DocumentStartToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    StreamEndToken,
    StreamStartToken,
    TagToken,
    ValueToken,
)

from vegac.syntax.hole_masks import Mask, Masked, mask_holes
from vegac.syntax.yaml_parser import event_parser

_KINDS: dict[type, str] = {
    StreamStartToken: "start",
    StreamEndToken: "end",
    DocumentStartToken: "---",
    BlockMappingStartToken: "map",
    BlockSequenceStartToken: "seq",
    BlockEndToken: "close",
    BlockEntryToken: "-",
    KeyToken: "key",
    ValueToken: ":",
    FlowEntryToken: ",",
    FlowMappingStartToken: "{",
    FlowMappingEndToken: "}",
    FlowSequenceStartToken: "[",
    FlowSequenceEndToken: "]",
    ScalarToken: "scalar",
    AliasToken: "alias",
    AnchorToken: "anchor",
    TagToken: "tag",
}


class Token(Struct):
    """A token at `start:end`. The kinds `map`, `seq`, `close` and `key` mark structure and take no
    room. `style` is that of a scalar: `plain`, `'`, `"`, `|`, `>`, or `hole` for an unquoted
    `{{...}}`."""

    kind: str
    start: int
    end: int
    style: str = ""


def scan(text: str) -> list[Token] | None:
    """The tokens of `text`, with a last one of kind `end`; None for what is not understood here:
    broken YAML, several documents, directives, explicit keys (`? key`)."""
    masked = mask_holes(text)
    while True:
        tokens = _scan(masked)
        if tokens is None:
            return None
        inside = _misplaced(tokens, masked)
        if not inside:
            return tokens
        masked = masked.without(inside)


def _scan(masked: Masked) -> list[Token] | None:
    next_token: Any = event_parser(masked.text).get_token
    tokens: list[Token] = []
    try:
        while True:
            read: Any = next_token()
            token_type: type = read.__class__
            kind = _KINDS.get(token_type)
            start, end = read.start_mark.index, read.end_mark.index
            second = kind == "---" and bool(tokens)
            if kind is None or second or (kind == "key" and end > start):
                return None
            style = ""
            if kind == "scalar":
                style = read.style or "plain"
                mask = masked.masks.get(start)
                if style == "plain" and mask is not None and mask.end == end:
                    style = "hole"
            if kind != "start":
                tokens.append(Token(kind, start, end, style))
            if kind == "end":
                return tokens
    except MarkedYAMLError:
        return None


def _misplaced(tokens: list[Token], masked: Masked) -> list[Mask]:
    """What was taken for holes though it lies inside of a text, where quotes count."""
    found: list[Mask] = []
    for token in tokens:
        if token.kind != "scalar" or token.style == "hole":
            continue
        for mask in masked.inside(token.start, token.end):
            source = masked.source[mask.start : mask.end]
            several_lines = "\n" in source or "\r" in source
            if several_lines or (token.style not in "|>" and mask.risky):
                found.append(mask)
    return found
