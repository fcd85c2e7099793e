"""YAML texts as the `yaml` filter reads them, by PyYAML's own composer and the core schema."""

import math
import re
from typing import Any

import yaml

_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)


class Refused(Exception):
    """The text is no YAML, or holds more than plain data."""


def load(text: str) -> Any:
    """The value of a text. Raises `Refused`."""
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError):
        raise Refused from None
    return None if root is None else _value(root)


def _value(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise Refused
        keys = [key.value for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise Refused
        return {key.value: _value(item) for key, item in node.value}
    return node.value if node.style else _plain(node.value)


def _plain(word: str) -> Any:
    if word in _WORDS:
        return _WORDS[word]
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", word):
        return int(word)
    if re.fullmatch(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", word):
        found = float(word)
        return found if math.isfinite(found) else word
    return word
