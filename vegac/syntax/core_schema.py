"""What plain scalars mean (YAML 1.2 core schema, decimal numbers only), and trees as values."""

import re

from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence

Json = bool | int | float | str | None | list["Json"] | dict[str, "Json"]

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# Leading zeros (0644, postcodes) and a plus sign (telephone numbers) make text, not a number. The
# cap on digits keeps clear of Python's limit for converting text to int.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_FLOAT = re.compile(r"-?(?:(?:0|[1-9][0-9]{0,999})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,9})?")


def resolve_plain(value: str) -> bool | int | float | str | None:
    """The value of a plain scalar: null, a boolean, a decimal number, else the text itself."""
    if value in _WORDS:
        return _WORDS[value]
    if value[0] not in "-.0123456789":
        return value
    if _INTEGER.fullmatch(value):
        return int(value)
    if _FLOAT.fullmatch(value):
        number = float(value)
        return value if number in (float("inf"), float("-inf")) else number
    return value


def scalar_value(scalar: Scalar) -> bool | int | float | str | None:
    """The value of a scalar: its text, unless it is plain and without a tag."""
    if scalar.style == "plain" and not scalar.tag:
        return resolve_plain(scalar.value)
    return scalar.value


def to_value(node: Node) -> Json:
    """The plain value of a literal tree; text keeps its holes, an unreadable place is None."""
    if isinstance(node, Scalar):
        return scalar_value(node)
    if isinstance(node, Sequence):
        return [to_value(item) for item in node.items]
    if isinstance(node, Mapping):
        return {entry.key.value: to_value(entry.value) for entry in node.entries}
    return None
