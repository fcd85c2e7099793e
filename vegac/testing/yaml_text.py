"""Writing values as YAML, the way a person would in a test file."""

import json
import re
from typing import Any, cast

from vegac.semantics.literals import YAML_BOOLEANS
from vegac.syntax.core_schema import resolve_plain

_PLAIN = re.compile(r"[^\W\d](?:[\w ./()+-]*[\w./()+-])?")
_WIDTH = 80


def flow_text(value: Any, style: str = "plain") -> str:
    """A value on one line. A text keeps the quotes of `style` if it can."""
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value).items()
        return "{" + ", ".join(f"{_text(str(k))}: {flow_text(v)}" for k, v in entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, str):
        return _text(value, style)
    return json.dumps(value)


def _text(text: str, style: str = "plain") -> str:
    if style == "single" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style != "double" and _is_plain(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in quoted)


def _is_plain(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and text.isprintable()
        and isinstance(resolve_plain(text), str)
        and text.lower() not in YAML_BOOLEANS
    )


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def literal_text(text: str) -> list[str] | None:
    """A text as the lines of a literal block, without indentation: its header and its lines.

    None for a text that such a block cannot hold as it is.
    """
    body = text.rstrip("\n")
    if not body or body[0] in " \t\n" or body.isspace():
        return None
    if not all(char == "\n" or char == "\t" or char.isprintable() for char in text):
        return None
    ends = len(text) - len(body)
    header = "|-" if ends == 0 else "|" if ends == 1 else "|+"
    return [header, *body.split("\n"), *[""] * max(ends - 1, 0)]


def block_text(value: Any) -> list[str]:
    """A map or list in block style, as lines; what is short in it stays on one line."""
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in cast("dict[Any, Any]", value).items():
            lines += _member(f"{_text(str(key))}:", item, "  ")
    else:
        for item in cast("list[Any]", value):
            lines += _member("-", item, "  ")
    return lines


def _member(head: str, item: Any, pad: str) -> list[str]:
    if isinstance(item, str) and "\n" in item:
        literal = literal_text(item)
        if literal is not None:
            return [f"{head} {literal[0]}", *((pad + line) if line else "" for line in literal[1:])]
    short = flow_text(item)
    if not isinstance(item, dict | list) or not item or len(short) <= _WIDTH:
        return [f"{head} {short}"]
    inner = block_text(item)
    if head == "-":
        return [f"- {inner[0]}", *(pad + line for line in inner[1:])]
    return [head, *(pad + line for line in inner)]
