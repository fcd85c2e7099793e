"""JSON Schema of a Python function's parameters, and arguments turned into what it takes."""

import dataclasses
import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from vega_runtime.errors import ToolError

_PLAIN: Mapping[Any, Mapping[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
    bytes: {"type": "string", "contentEncoding": "base64"},
    Path: {"type": "string"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
}
_FROM_TEXT: Mapping[Any, Callable[[str], Any]] = {
    Path: Path,
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}
_FIELD_NOTES = tuple(
    getattr(typing, name)
    for name in ("Required", "NotRequired", "ReadOnly")
    if hasattr(typing, name)  # `ReadOnly` is new in Python 3.13
)


class Signature:
    """A function as a tool: its description, the schema of its arguments, and how to call it.

    A parameter whose annotation is in `injected` is not part of the schema. Raises TypeError for
    a parameter that no model could give (positional-only, or of a type without a JSON form).
    """

    def __init__(self, function: Callable[..., Any], injected: Sequence[type] = ()) -> None:
        whole = whole_function(function)
        self.description, about = read_docstring(inspect.getdoc(whole) or "")
        self.injected: list[str] = []
        self._types: dict[str, Any] = {}
        hints = _hints(whole)
        definitions: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        required: list[str] = []
        others: Any = False
        for name, parameter in _parameters(function).items():
            hint = hints.get(name, Any)
            if hint in injected:
                self.injected.append(name)
                continue
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise TypeError(f"parameter '{name}' can only be given by position")
            if parameter.kind is parameter.VAR_POSITIONAL:
                raise TypeError(f"parameter '*{name}' has no name that a model could use")
            schema = schema_of(hint, definitions)
            if parameter.kind is parameter.VAR_KEYWORD:
                others = schema
                continue
            if name in about:
                schema.setdefault("description", about[name])
            if parameter.default is parameter.empty:
                required.append(name)
            else:
                with_default = _json_default(parameter.default)
                if with_default is not None:
                    schema["default"] = with_default
            self._types[name] = hint
            properties[name] = schema
        self.schema: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "additionalProperties": others,
        }
        if required:
            self.schema["required"] = required
        if definitions:
            self.schema["$defs"] = definitions

    def arguments(self, checked: Mapping[str, Any]) -> dict[str, Any]:
        """Checked JSON arguments as Python values. Raises ToolError for one that does not fit."""
        try:
            return {
                name: build(self._types[name], value) if name in self._types else value
                for name, value in checked.items()
            }
        except (TypeError, ValueError) as problem:
            raise ToolError(f"bad arguments: {problem}") from None


def whole_function(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that a partial one is made of: it has the name, the types and the docstring."""
    while isinstance(function, functools.partial):
        function = cast("functools.partial[Any]", function).func
    return function


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except ValueError as problem:  # some functions that are written in C have none
        raise TypeError(str(problem)) from None


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return typing.get_type_hints(target, include_extras=True)
    except NameError as problem:
        raise TypeError(f"an annotation cannot be read: {problem}") from None


def schema_of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a type; classes with fields go to `definitions`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        schema = schema_of(arguments[0], definitions)
        texts = [extra for extra in arguments[1:] if isinstance(extra, str)]
        return {**schema, "description": texts[0]} if texts else schema
    if origin in _FIELD_NOTES:
        return schema_of(arguments[0], definitions)
    if _is_alias(hint):
        return _named(hint, definitions)
    try:
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
    except TypeError:  # not hashable
        pass
    if origin is Literal:
        return _enumeration(arguments)
    if origin in (Union, types.UnionType):
        return _union([schema_of(option, definitions) for option in arguments])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration([member.value for member in hint])
    if isinstance(hint, typing.NewType):
        return schema_of(hint.__supertype__, definitions)
    if isinstance(hint, typing.TypeVar):
        return schema_of(hint.__bound__, definitions) if hint.__bound__ else {}
    base = cast("Any", origin or hint)
    if _has_fields(base):
        return _record(base, definitions)
    if not isinstance(base, type):
        raise TypeError(f"type {hint!r} has no JSON form")
    if issubclass(base, tuple) and arguments and arguments[-1] is not Ellipsis:
        items = [schema_of(item, definitions) for item in arguments]
        size = len(items)
        return {"type": "array", "prefixItems": items, "minItems": size, "maxItems": size}
    if issubclass(base, Mapping):
        inner = schema_of(arguments[1], definitions) if len(arguments) == 2 else {}
        return {"type": "object", **({"additionalProperties": inner} if inner else {})}
    if issubclass(base, Sequence | set | frozenset) or base.__module__ == "collections.abc":
        inner = schema_of(arguments[0], definitions) if arguments else {}
        unique = {"uniqueItems": True} if issubclass(base, set | frozenset) else {}
        return {"type": "array", **({"items": inner} if inner else {}), **unique}
    raise TypeError(f"type {hint!r} has no JSON form")


def _is_alias(hint: Any) -> bool:
    """Whether a type is an alias of the statement `type` (Python 3.12), or of its backport."""
    return type(get_origin(hint) or hint).__name__ == "TypeAliasType"


def _aliased(hint: Any) -> Any:
    """What an alias stands for, with its parameters filled in."""
    alias: Any = get_origin(hint) or hint
    try:
        value = alias.__value__
    except NameError as problem:
        raise TypeError(f"an annotation cannot be read: {problem}") from None
    given = dict(zip(alias.__type_params__, get_args(hint), strict=False))
    if isinstance(value, typing.TypeVar):
        return given.get(value, value)
    open_ones: Sequence[Any] = getattr(value, "__parameters__", ())
    if not given or not open_ones:
        return value
    return value[tuple(given.get(parameter, Any) for parameter in open_ones)]


def _named(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = re.sub(r"\W+", "_", str(hint)).strip("_")
    if name not in definitions:
        definitions[name] = {}  # stands for itself in a recursive type
        definitions[name] = schema_of(_aliased(hint), definitions)
    return {"$ref": f"#/$defs/{name}"}


def _enumeration(values: Sequence[Any]) -> dict[str, Any]:
    plain = [value.value if isinstance(value, Enum) else value for value in values]
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    kinds = {names[type(value)] for value in plain if type(value) in names}
    schema: dict[str, Any] = {"enum": plain}
    return {"type": kinds.pop(), **schema} if len(kinds) == 1 else schema


def _union(options: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if all(set(option) == {"type"} for option in options):
        names = [option["type"] for option in options]
        return {"type": names[0] if len(names) == 1 else names}
    return {"anyOf": list(options)}


def _has_fields(kind: Any) -> bool:
    return typing.is_typeddict(kind) or (isinstance(kind, type) and dataclasses.is_dataclass(kind))


def _record(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # stands for itself in a recursive type
        hints = typing.get_type_hints(kind, include_extras=True)
        description, about = read_docstring(_own_docstring(kind))
        defaults: dict[str, Any] = {}
        if dataclasses.is_dataclass(kind):
            fields = [field for field in dataclasses.fields(kind) if field.init]
            names = [field.name for field in fields]
            required = [field.name for field in fields if _required(field)]
            defaults = {field.name: field.default for field in fields}
        else:
            names = list(hints)
            needed = cast("frozenset[str]", getattr(kind, "__required_keys__", frozenset[str]()))
            required = [key for key in names if key in needed]
        properties: dict[str, Any] = {}
        for key in names:
            properties[key] = schema_of(hints[key], definitions)
            if key in about:
                properties[key].setdefault("description", about[key])
            default = _json_default(defaults.get(key))
            if default is not None:
                properties[key]["default"] = default
        definitions[name] = {
            "type": "object",
            **({"description": description} if description else {}),
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _own_docstring(kind: Any) -> str:
    doc = inspect.cleandoc(kind.__doc__ or "")
    # A dataclass without one gets its signature.
    return "" if doc.startswith(f"{kind.__name__}(") else doc


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _json_default(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple) and all(
        isinstance(item, str | int | float | bool) for item in cast("Sequence[Any]", value)
    ):
        return list(cast("Sequence[Any]", value))
    return None


def build(hint: Any, value: Any) -> Any:
    """A checked JSON value as a value of a type. Raises TypeError or ValueError."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated or origin in _FIELD_NOTES:
        return build(arguments[0], value)
    if _is_alias(hint):
        return build(_aliased(hint), value)
    if origin in (Union, types.UnionType):
        return _build_union(arguments, value)
    if isinstance(hint, typing.NewType):
        return build(hint.__supertype__, value)
    if hint in (int, float):
        return _number(hint, value)
    if hint is bytes:
        import base64

        return base64.b64decode(value, validate=True)
    base: Any = origin or hint
    if not isinstance(base, type):
        return value
    return _build_class(base, arguments, value)


def _number(hint: Any, value: Any) -> Any:
    return value if isinstance(value, bool) else hint(value)


def _build_class(base: Any, arguments: Sequence[Any], value: Any) -> Any:
    if base in _FROM_TEXT:
        return _FROM_TEXT[base](value)
    if issubclass(base, Enum):
        return base(value)
    if _has_fields(base):
        hints = typing.get_type_hints(base, include_extras=True)
        fields = {key: build(hints[key], item) for key, item in value.items() if key in hints}
        return base(**fields)
    if issubclass(base, tuple):
        same = len(arguments) == 2 and arguments[1] is Ellipsis
        hints_of = [arguments[0]] * len(value) if same else arguments or [Any] * len(value)
        return tuple(build(hint, item) for hint, item in zip(hints_of, value, strict=True))
    if len(arguments) == 2 and isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value).items()
        return {key: build(arguments[1], item) for key, item in entries}
    if isinstance(value, list) and base is not object:
        items = cast("list[Any]", value)
        built = [build(arguments[0], item) for item in items] if arguments else items
        kind = cast("Callable[[list[Any]], Any]", base)
        return kind(built) if issubclass(base, set | frozenset) else built
    return cast("Any", value)


def _build_union(options: Sequence[Any], value: Any) -> Any:
    from vega_runtime.tools.schema import fits

    problem: Exception = TypeError(f"{value!r} fits none of the types")
    for option in options:
        definitions: dict[str, Any] = {}
        schema = schema_of(option, definitions)
        if fits({**schema, "$defs": definitions}, value):
            try:
                return build(option, value)
            except (TypeError, ValueError) as error:
                problem = error
    raise problem


_GOOGLE_SECTION = re.compile(r"(Args|Arguments|Parameters|Attributes):\s*$")
_GOOGLE_PARAM = re.compile(r"(\s+)\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")
_SPHINX_PARAM = re.compile(r":(?:param|parameter|arg|ivar)\s+(?:[^:]*\s)?\*{0,2}(\w+):\s*(.*)$")
_OTHER_SECTION = re.compile(r"(Returns?|Raises|Yields?|Examples?|Notes?|Warnings?|Todo)\s*:\s*$")
_SPHINX_OTHER = re.compile(r":(returns?|rtype|raises?|type|yields?)\b")


_NUMPY_PARAMS = ("Parameters", "Other Parameters", "Attributes")
_NUMPY_OTHERS = (
    *("Returns", "Yields", "Receives", "Raises", "Warns", "Warnings", "See Also", "Notes"),
    *("References", "Examples", "Methods"),
)
_UNDERLINE = re.compile(r"-{3,}\s*$")
_NUMPY_PARAM = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?$")


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The description, and what is said of each parameter (in the style of Google, Sphinx or
    NumPy)."""
    description: list[str] = []
    about: dict[str, str] = {}
    section, current, depth = "description", "", 0
    lines = text.splitlines()
    for number, line in enumerate(lines):
        bare = line.strip()
        under = lines[number + 1].strip() if number + 1 < len(lines) else ""
        if bare in (*_NUMPY_PARAMS, *_NUMPY_OTHERS) and _UNDERLINE.match(under):
            section, current = ("numpy" if bare in _NUMPY_PARAMS else "other"), ""
        elif section == "numpy":
            found = None if line[:1].isspace() else _NUMPY_PARAM.match(bare)
            if found and not _UNDERLINE.match(bare):
                current = found[1]
                about.update((name.strip(" *"), "") for name in current.split(","))
            elif bare and current:
                for name in (one.strip(" *") for one in current.split(",")):
                    about[name] = f"{about[name]} {bare}".strip()
        elif _GOOGLE_SECTION.match(line):
            section, depth = "args", 0
        elif _OTHER_SECTION.match(line) or _SPHINX_OTHER.match(bare):
            section = "other"
        elif found := _SPHINX_PARAM.match(bare):
            section, current = "sphinx", found[1]
            about[current] = found[2]
        elif section == "args":
            found = _GOOGLE_PARAM.match(line)
            if found and (not depth or len(found[1]) <= depth):
                depth, current = len(found[1]), found[2]
                about[current] = found[3]
            elif bare and not line[0].isspace():
                section = "description"
                description.append(bare)
            elif bare and current:
                about[current] = f"{about[current]} {bare}".strip()
        elif section == "sphinx" and bare and line[0].isspace():
            about[current] = f"{about[current]} {bare}".strip()
        elif section == "description":
            description.append(line)
    return "\n".join(description).strip(), about
