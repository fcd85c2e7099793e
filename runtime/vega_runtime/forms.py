"""The forms that a step can ask a reply to have: `format:` and `schema:`.

A form reads the text of a reply and gives its value. If the whole reply is one code fence, the
fence is taken off first; text around a fence is not ignored, since the reply was to be the value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from .errors import ExpressionError, FormatError
from .kinds import is_integer, is_list, is_map, is_number
from .parsing import parse_json, parse_yaml, strip_fence
from .values import describe

T = TypeVar("T", covariant=True)


class Form(Generic[T]):
    """A form of replies.

    `parse` gives the value of a reply or raises `FormatError`, whose message the model can act on.
    `instructions` tells a model what to write. `json_schema` is there for providers that can hold a
    model to one.
    """

    __slots__ = ("instructions", "json_schema", "name", "parse")

    def __init__(
        self,
        name: str,
        parse: Callable[[str], T],
        instructions: str,
        json_schema: Mapping[str, Any] | None = None,
    ) -> None:
        self.name: Final = name
        self.parse: Final = parse
        self.instructions: Final = instructions
        self.json_schema: Final = json_schema

    def __repr__(self) -> str:
        return f"Form({self.name!r})"


# --- the forms of `format` -----------------------------------------------------------------------


def _json(reply: str) -> Any:
    try:
        return parse_json(reply, "the reply")
    except ExpressionError as problem:
        raise FormatError(problem.message) from None


def _yaml(reply: str) -> Any:
    try:
        return parse_yaml(reply, "the reply")
    except ExpressionError as problem:
        raise FormatError(problem.message) from None


_INTEGER = re.compile(r"[+-]?[0-9]{1,1000}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")


def _number(reply: str) -> int | float:
    word = strip_fence(reply).strip()
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        number = float(word)
        if number not in (float("inf"), float("-inf")):
            return number
    raise _mismatch(reply, "a number such as 42 or 3.5 (no unit, no thousands separators)")


_BOOLEANS = {"yes": True, "true": True, "no": False, "false": False}


def _boolean(reply: str) -> bool:
    word = strip_fence(reply).strip().rstrip(".!").lower()
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    raise _mismatch(reply, "yes, no, true or false")


def _mismatch(reply: str, wanted: str) -> FormatError:
    shown = describe(reply.strip()) if reply.strip() else "it is empty"
    return FormatError(f"the reply must be {wanted} and nothing else, but it is {shown}")


_BULLET = re.compile(r"(?P<space>\s*)(?:[-*+•–]|\(?[0-9]{1,6}[.)])\s+(?P<item>\S.*)")


def _list(reply: str) -> list[Any]:
    body = strip_fence(reply).strip("\r\n")
    inner = body.strip()
    if inner.startswith("[") and inner.endswith("]"):
        return _json(inner)
    rows = [row.rstrip() for row in body.splitlines() if row.strip()]
    if not rows:
        raise FormatError("the reply must be a list, but it is empty (an empty list is written [])")
    if not any(map(_BULLET.fullmatch, rows)):
        return [row.strip() for row in rows]
    return _bullets(rows)


def _bullets(rows: list[str]) -> list[Any]:
    """The items of lines with bullets; what is indented under an item belongs to it."""
    items: list[Any] = []
    margin = 0
    for row in rows:
        found = _BULLET.fullmatch(row)
        indent = len(row) - len(row.lstrip())
        if not items and found is not None:
            margin = indent
        if found is not None and indent <= margin:
            items.append(found["item"])
        elif items and indent > margin:
            items[-1] += "\n" + row.strip()
        else:
            raise FormatError(
                f"the reply must be a list, one item a line, but {describe(row.strip())} is no "
                "item like the others (put `- ` before each item and write nothing else)"
            )
    return items


_NOTHING_ELSE = "Write nothing before or after it."

TEXT: Final[Form[str]] = Form("text", lambda reply: reply, "")
JSON: Final[Form[Any]] = Form("json", _json, f"Reply with one valid JSON value. {_NOTHING_ELSE}")
YAML: Final[Form[Any]] = Form("yaml", _yaml, f"Reply with one YAML document. {_NOTHING_ELSE}")
NUMBER: Final[Form[int | float]] = Form(
    "number", _number, "Reply with one number, such as 42 or 3.5, and nothing else."
)
BOOLEAN: Final[Form[bool]] = Form(
    "boolean", _boolean, "Reply with one word, yes or no, and nothing else."
)
LIST: Final[Form[list[Any]]] = Form(
    "list",
    _list,
    f"Reply with a JSON array, or with one item a line, each after `- `. {_NOTHING_ELSE}",
)


# --- replies with a schema -----------------------------------------------------------------------


def record(schema: Mapping[str, Any]) -> Form[Any]:
    """The form of a JSON object with these fields.

    A field's type is a word (`string number integer boolean any null array list object map`),
    `list[T]`, `map[T]`, or a map of fields; `?` after a word lets the field be null or absent (then
    it is null in the value). Fields that the schema does not name are kept.

    Raises ValueError for a type that does not exist.
    """
    shape = json_schema(schema)

    def parse(reply: str) -> Any:
        value = _json(reply)
        problems: list[str] = []
        value = _fit(value, schema, "", problems)
        if problems:
            shown = "; ".join(problems[:8])
            more = f"; and {len(problems) - 8} more" if len(problems) > 8 else ""
            raise FormatError(f"the reply does not fit its schema: {shown}{more}")
        return value

    instructions = f"Reply with one JSON object of the form {_example(schema)}. {_NOTHING_ELSE}"
    return Form("record", parse, instructions, shape)


_WORDS: dict[str, tuple[str, str, Callable[[Any], bool]]] = {
    # word: (its JSON Schema type, in a message, test)
    "string": ("string", "a string", lambda value: isinstance(value, str)),
    "number": ("number", "a number", is_number),
    "integer": ("integer", "a whole number", is_integer),
    "boolean": ("boolean", "true or false", lambda value: isinstance(value, bool)),
    "null": ("null", "null", lambda value: value is None),
    "array": ("array", "a list", is_list),
    "list": ("array", "a list", is_list),
    "object": ("object", "an object", is_map),
    "map": ("object", "an object", is_map),
    "any": ("", "any value", lambda _: True),
}
_GENERIC = re.compile(r"\s*(list|map)\[(.+)\]\s*", re.DOTALL)


def _split_optional(type_: Any) -> tuple[Any, bool]:
    if isinstance(type_, str) and type_.rstrip().endswith("?"):
        return type_.rstrip()[:-1], True
    return type_, False


def _fit(value: Any, type_: Any, path: str, problems: list[str]) -> Any:
    """The value as the type wants it; what does not fit is added to `problems`."""
    type_, optional = _split_optional(type_)
    if value is None and optional:
        return None
    if isinstance(type_, Mapping):
        return _fit_record(value, cast("Mapping[str, Any]", type_), path, problems)
    generic = _GENERIC.fullmatch(type_)
    if generic is None:
        if type_.strip() == "integer" and isinstance(value, float) and value.is_integer():
            return int(value)
        _, wanted, accepts = _WORDS[type_.strip()]
        if not accepts(value):
            problems.append(_problem(path, wanted, value))
        return value
    inner = generic[2]
    if generic[1] == "list":
        if is_list(value):
            return [
                _fit(item, inner, f"{path}[{place}]", problems) for place, item in enumerate(value)
            ]
        problems.append(_problem(path, "a list", value))
    elif is_map(value):
        return {key: _fit(item, inner, _join(path, key), problems) for key, item in value.items()}
    else:
        problems.append(_problem(path, "an object", value))
    return value


def _fit_record(value: Any, fields: Mapping[str, Any], path: str, problems: list[str]) -> Any:
    if not is_map(value):
        problems.append(_problem(path, f"an object with the fields {', '.join(fields)}", value))
        return value
    fitted = dict(value)
    for name, type_ in fields.items():
        if name in value:
            fitted[name] = _fit(value[name], type_, _join(path, name), problems)
        elif _split_optional(type_)[1]:
            fitted[name] = None
        else:
            problems.append(f"the field '{_join(path, name)}' is missing ({_wanted(type_)})")
    return fitted


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _problem(path: str, wanted: str, value: object) -> str:
    where = f"the field '{path}'" if path else "it"
    return f"{where} must be {wanted}, not {describe(value)}"


def _wanted(type_: Any) -> str:
    if not isinstance(type_, str):
        return "an object"
    generic = _GENERIC.fullmatch(type_)
    return _WORDS[(generic[1] if generic else type_).strip()][1]


def _example(type_: Any) -> str:
    """A schema as a model reads it: `{"name": string, "tags": [string, ...]}`."""
    type_, optional = _split_optional(type_)
    if isinstance(type_, Mapping):
        fields = cast("Mapping[str, Any]", type_)
        return "{" + ", ".join(f'"{key}": {_example(item)}' for key, item in fields.items()) + "}"
    generic = _GENERIC.fullmatch(type_)
    if generic is None:
        shown = "any value" if type_.strip() == "any" else type_.strip()
    elif generic[1] == "list":
        shown = f"[{_example(generic[2])}, ...]"
    else:
        shown = "{any key: " + _example(generic[2]) + ", ...}"
    return f"{shown} or null" if optional else shown


def json_schema(type_: Any) -> dict[str, Any]:
    """The JSON Schema of a schema or a type. Raises ValueError for a type that does not exist."""
    type_, optional = _split_optional(type_)
    if isinstance(type_, Mapping):
        fields = cast("Mapping[str, Any]", type_)
        return {
            "type": "object",
            "properties": {name: json_schema(item) for name, item in fields.items()},
            "required": list(fields),
            "additionalProperties": False,
        }
    if not isinstance(type_, str):
        raise ValueError(f"{type_!r} is no type of a field")
    generic = _GENERIC.fullmatch(type_)
    if generic is not None:
        inner = json_schema(generic[2])
        if generic[1] == "list":
            shape: dict[str, Any] = {"type": "array", "items": inner}
        else:
            shape = {"type": "object", "additionalProperties": inner}
    elif type_.strip() in _WORDS:
        word = _WORDS[type_.strip()][0]
        shape = {"type": word} if word else {}
    else:
        raise ValueError(f"there is no type '{type_}'")
    return {"anyOf": [shape, {"type": "null"}]} if optional and shape else shape
