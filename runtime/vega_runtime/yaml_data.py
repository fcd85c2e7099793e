"""Reading YAML that a model or a tool wrote, by the same rules as program files.

Works on the parser's events and not through a loader: no tag can build an object, depth and the
growth by aliases are limited, and plain scalars mean what they mean in a program.
"""

import re
from typing import Any, NoReturn, cast

import yaml

from .errors import ExpressionError
from .parsing import excerpt

MAX_DEPTH = 64
MAX_ALIASED = 10_000
"""How many values aliases may add: a few lines of them can otherwise stand for gigabytes."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Leading zeros (0644, postcodes) and a plus sign (telephone numbers) make text, not a number.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_FLOAT = re.compile(r"-?(?:(?:0|[1-9][0-9]{0,999})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,9})?")

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
}


def resolve_plain(word: str) -> Any:
    """The value of a plain scalar: null, a boolean, a decimal number, else the text itself."""
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.fullmatch(word):
        return int(word)
    if _FLOAT.fullmatch(word):
        number = float(word)
        return word if number in (float("inf"), float("-inf")) else number
    return word


def load(text: str, subject: str = "the text") -> Any:
    """The value of a YAML text of one document; null when it is empty.

    Raises `ExpressionError` that quotes the place: for what is not YAML, duplicate keys, keys that
    are not scalars, tags of other types, and more nesting or aliases than the limits.
    """
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(text, subject)
    parse: Any = cast("Any", yaml).parse
    try:
        for event in parse(text, Loader=loader):
            reader.take(event)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reader.refuse(problem.problem or "it cannot be read", mark)
    except (yaml.YAMLError, ValueError) as problem:
        first = str(problem).splitlines()[0]
        raise ExpressionError(f"{subject} is not valid YAML: {first}") from None
    return reader.result


class _Container:
    """A list or map that is being read; `values` counts what it holds, at all depths."""

    __slots__ = ("anchor", "key", "target", "values")

    def __init__(self, target: list[Any] | dict[str, Any], anchor: str | None) -> None:
        self.target = target
        self.anchor = anchor
        self.key: str | None = None
        self.values = 1


class _Reader:
    def __init__(self, text: str, subject: str) -> None:
        self.text = text
        self.subject = subject
        self.result: Any = None
        self.documents = 0
        self.open: list[_Container] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                value = event.value if self._awaits_key() else self._scalar(event)
                self._add(value, 1, event)
                if event.anchor:
                    self.anchors[event.anchor] = (value, 1)
            case yaml.SequenceStartEvent():
                self._begin([], "seq", event)
            case yaml.MappingStartEvent():
                self._begin({}, "map", event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                done = self.open.pop()
                if done.anchor:
                    self.anchors[done.anchor] = (done.target, done.values)
                self._add(done.target, done.values, event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.refuse("it holds more than one document", event.start_mark)
            case _:
                pass

    def refuse(self, problem: str, mark: Any) -> NoReturn:
        """Raise the error, with the place of `mark`."""
        place = ""
        if mark is not None:
            rows = self.text.splitlines(keepends=True)
            start = sum(map(len, rows[: mark.line])) + mark.column
            place = f" at line {mark.line + 1}, column {mark.column + 1}{excerpt(self.text, start)}"
        raise ExpressionError(f"{self.subject} is not valid YAML: {problem}{place}") from None

    def _awaits_key(self) -> bool:
        return (
            bool(self.open)
            and isinstance(self.open[-1].target, dict)
            and (self.open[-1].key is None)
        )

    def _begin(self, target: list[Any] | dict[str, Any], tag: str, event: Any) -> None:
        if event.tag not in (None, "!", _TAG + tag):
            self.refuse(f"the tag {event.tag} is not allowed", event.start_mark)
        if self._awaits_key():
            self.refuse("a key must be a text", event.start_mark)
        if len(self.open) >= MAX_DEPTH:
            self.refuse(f"it is nested more than {MAX_DEPTH} levels deep", event.start_mark)
        self.open.append(_Container(target, event.anchor))

    def _add(self, value: Any, size: int, event: Any) -> None:
        if not self.open:
            self.result = value
            return
        above = self.open[-1]
        above.values += size
        if isinstance(above.target, list):
            above.target.append(value)
        elif above.key is None:
            if value in above.target:
                self.refuse(f"the key '{value}' stands twice in a map", event.start_mark)
            above.key = value
        else:
            above.target[above.key] = value
            above.key = None

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            self.refuse(f"no value before it is named &{event.anchor}", event.start_mark)
        value, size = self.anchors[event.anchor]
        if self._awaits_key() and not isinstance(value, str):
            self.refuse("a key must be a text", event.start_mark)
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            self.refuse(f"its aliases stand for more than {MAX_ALIASED} values", event.start_mark)
        self._add(value, size, event)

    def _scalar(self, event: Any) -> Any:
        word = cast("str", event.value)
        if event.tag is None:
            return resolve_plain(word) if event.implicit[0] else word
        if event.tag in ("!", _TAG + "str"):
            return word
        value = resolve_plain(word)
        types = _SCALAR_TAGS.get(event.tag.removeprefix(_TAG))
        if types is None:
            self.refuse(f"the tag {event.tag} is not allowed", event.start_mark)
        if type(value) not in types:
            self.refuse(f"'{word}' does not fit its tag {event.tag}", event.start_mark)
        return float(value) if float in types else value
