"""Parameters, their JSON Schema, and checking arguments against it."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from vega_runtime.errors import ToolError


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""No default."""

_NAMED: Final[Mapping[str, dict[str, Any]]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "array": {"type": "array"},
    "object": {"type": "object"},
    "any": {},
}
_GENERIC: Final = re.compile(r"(list|map)\[(.+)\]")


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a tool.

    `type` is one of `string number integer boolean array object any`, `list[T]` or `map[T]`.
    `glob` leaves the value open to the shell's patterns in an exec tool.
    """

    type: str = "string"
    description: str = ""
    required: bool = False
    default: Any = MISSING
    enum: Sequence[Any] = ()
    glob: bool = False

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the parameter. Raises ValueError for an unknown type."""
        schema = type_schema(self.type)
        if self.description:
            schema["description"] = self.description
        if self.enum:
            schema["enum"] = list(self.enum)
        if self.default is not MISSING:
            schema["default"] = self.default
        return schema


def type_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a type's name. Raises ValueError for an unknown one."""
    name = name.strip()
    if name in _NAMED:
        return dict(_NAMED[name])
    generic = _GENERIC.fullmatch(name)
    if generic is None:
        raise ValueError(f"unknown type '{name}'")
    inner = type_schema(generic[2])
    if generic[1] == "list":
        return {"type": "array", "items": inner}
    return {"type": "object", "additionalProperties": inner}


def object_schema(params: Mapping[str, Param]) -> dict[str, Any]:
    """The JSON Schema of all parameters together."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: param.schema() for name, param in params.items()},
        "additionalProperties": False,
    }
    if required := [name for name, param in params.items() if param.required]:
        schema["required"] = required
    return schema


def validate_arguments(
    tool: str, params: Mapping[str, Param], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments with defaults filled in and None for what is absent.

    Raises ToolError with every problem in one message.
    """
    values: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for name, param in params.items():
        value = arguments.get(name)
        if value is None and not (param.required and name in arguments):
            values[name] = None if param.default is MISSING else param.default
        if value is not None or (param.required and name in arguments):
            given[name] = value
    given.update({name: value for name, value in arguments.items() if name not in params})
    values.update(check_object(tool, object_schema(params), given))
    return values


def check_object(
    tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Check arguments against the JSON Schema of an object. Raises ToolError with all problems."""
    problems = list(_problems(schema, arguments, "", schema))
    if problems:
        raise ToolError(f"bad arguments for {tool}: " + "; ".join(problems))
    return {name: _whole(schema, name, value) for name, value in arguments.items()}


def _whole(schema: Mapping[str, Any], name: str, value: Any) -> Any:
    """3.0 for an integer is 3: models write both."""
    wanted = schema.get("properties", {}).get(name, {}).get("type")
    return int(value) if wanted == "integer" and isinstance(value, float) else value


def _problems(
    schema: Mapping[str, Any], value: Any, where: str, root: Mapping[str, Any]
) -> list[str]:
    """What is wrong with a value; keywords that are not known say nothing."""
    if "$ref" in schema:
        return _problems(_resolve(schema["$ref"], root), value, where, root)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            options = cast("Sequence[Mapping[str, Any]]", schema[keyword])
            found = [_problems(option, value, where, root) for option in options]
            if [] in found:
                return []
            # The option that comes closest tells most: the one that fails deepest.
            return max(found, key=lambda problems: problems[0].count(".") + problems[0].count("["))
    if "allOf" in schema:
        parts = cast("Sequence[Mapping[str, Any]]", schema["allOf"])
        nested = [problem for part in parts for problem in _problems(part, value, where, root)]
        if nested:
            return nested
    wanted = schema.get("type")
    types: list[str] = [wanted] if isinstance(wanted, str) else list(wanted or ())
    if types and not any(_is(name, value) for name in types):
        return [
            f"{_name(where)} must be {' or '.join(_ARTICLES[t] for t in types)}, not {_show(value)}"
        ]
    if "enum" in schema and not any(_same(value, option) for option in schema["enum"]):
        words = ", ".join(_show(option) for option in schema["enum"])
        return [f"{_name(where)} must be one of {words}, not {_show(value)}"]
    if "const" in schema and not _same(value, schema["const"]):
        return [f"{_name(where)} must be {_show(schema['const'])}, not {_show(value)}"]
    if isinstance(value, Mapping):
        return _object_problems(schema, cast("Mapping[str, Any]", value), where, root)
    if isinstance(value, list | tuple):
        return _array_problems(schema, cast("Sequence[Any]", value), where, root)
    return _scalar_problems(schema, value, where)


def _object_problems(
    schema: Mapping[str, Any], value: Mapping[str, Any], where: str, root: Mapping[str, Any]
) -> list[str]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    problems: list[str] = []
    for name in schema.get("required", ()):
        if name not in value:
            about = properties.get(name, {}).get("description", "")
            problems.append(
                f"'{_join(where, name)}' is required" + (f" ({about})" if about else "")
            )
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        at = _join(where, name)
        if name in properties:
            problems += _problems(properties[name], item, at, root)
        elif others is False:
            known = ", ".join(properties) or "none"
            problems.append(f"there is no '{at}' (known: {known})")
        elif isinstance(others, Mapping):
            problems += _problems(cast("Mapping[str, Any]", others), item, at, root)
    return problems


def _array_problems(
    schema: Mapping[str, Any], value: Sequence[Any], where: str, root: Mapping[str, Any]
) -> list[str]:
    prefix: Sequence[Mapping[str, Any]] = schema.get("prefixItems", ())
    problems: list[str] = []
    if len(value) < schema.get("minItems", 0):
        problems.append(f"{_name(where)} needs at least {schema['minItems']} items")
    if len(value) > schema.get("maxItems", math.inf):
        problems.append(f"{_name(where)} may have at most {schema['maxItems']} items")
    for index, item in enumerate(value):
        inner = prefix[index] if index < len(prefix) else schema.get("items")
        if isinstance(inner, Mapping):
            found = _problems(cast("Mapping[str, Any]", inner), item, f"{where}[{index}]", root)
            problems += found
    return problems


def _scalar_problems(schema: Mapping[str, Any], value: Any, where: str) -> list[str]:
    problems: list[str] = []
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            problems.append(f"{_name(where)} needs at least {schema['minLength']} characters")
        if len(value) > schema.get("maxLength", math.inf):
            problems.append(f"{_name(where)} may have at most {schema['maxLength']} characters")
        if "pattern" in schema and re.search(schema["pattern"], value) is None:
            problems.append(f"{_name(where)} must match {schema['pattern']}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if value < schema.get("minimum", -math.inf):
            problems.append(f"{_name(where)} must be at least {schema['minimum']}")
        if value > schema.get("maximum", math.inf):
            problems.append(f"{_name(where)} must be at most {schema['maximum']}")
    return problems


_ARTICLES: Final[Mapping[str, str]] = {
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


def _is(name: str, value: Any) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "array":
            return isinstance(value, list | tuple)
        case "object":
            return isinstance(value, Mapping)
        case _:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            if isinstance(value, float) and not math.isfinite(value):
                return False
            return name == "number" or isinstance(value, int) or value.is_integer()


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON values are: true is not 1."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _resolve(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            found = cast("Mapping[str, Any]", found).get(part, {})
    return found


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _name(where: str) -> str:
    return f"'{where}'" if where else "the value"


def _show(value: Any) -> str:
    try:
        shown = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value fits a JSON Schema."""
    return not _problems(schema, value, "", schema)
