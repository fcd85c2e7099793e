"""The inputs of a workflow: what it declares, and the check of what it is given."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, cast

from .errors import InputError


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class Input:
    """One input: a type, and what narrows it.

    `type` is one of string, number, integer, boolean, array, object, any, `list[T]`, `map[T]`. An
    input without a default is required; with `required=False` and no default it is null.
    """

    __slots__ = ("default", "description", "enum", "max", "min", "type")

    def __init__(
        self,
        type: str = "any",  # noqa: A002
        *,
        default: Any = MISSING,
        required: bool | None = None,
        enum: Sequence[Any] | None = None,
        min: float | None = None,  # noqa: A002
        max: float | None = None,  # noqa: A002
        description: str = "",
    ) -> None:
        self.type = type
        self.default = None if default is MISSING and required is False else default
        self.enum = tuple(enum) if enum is not None else None
        self.min = min
        self.max = max
        self.description = description

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING

    def __repr__(self) -> str:
        return f"Input({self.type!r}, default={self.default!r})"


def validate_inputs(
    declared: Mapping[str, Input], given: Mapping[str, Any], usage: str = ""
) -> dict[str, Any]:
    """The values of all declared inputs, defaults filled in and 3.0 turned to 3 for integers.

    Raises InputError that lists every problem, followed by `usage`.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, spec in declared.items():
        if name not in given:
            if spec.default is MISSING:
                problems.append(f"the input '{name}' is missing ({_wanted(spec)})")
            else:
                values[name] = deepcopy(spec.default)  # the caller may change a list or map
            continue
        value = given[name]
        if isinstance(value, Unreadable):
            problems.append(f"the input '{name}' {value.problem}")
            continue
        if value is None and spec.default is None:
            values[name] = None
            continue
        value, problem = fit(value, spec.type)
        problem = problem or _narrowed(value, spec)
        if problem:
            problems.append(f"the input '{name}' {problem}")
        values[name] = value
    problems += [unknown_input(name, declared) for name in given if name not in declared]
    if problems:
        raise InputError("\n".join([*problems, usage] if usage else problems))
    return values


def unknown_input(name: str, declared: Mapping[str, Input]) -> str:
    """The message for an input that a workflow does not have."""
    if not declared:
        return f"there is no input '{name}': the workflow takes none"
    from difflib import get_close_matches

    near = get_close_matches(name, declared, 1)
    if near:
        return f"there is no input '{name}'; did you mean '{near[0]}'?"
    return f"there is no input '{name}'; the inputs are {', '.join(declared)}"


class Unreadable:
    """What stands for a text that is no value of its input's type: `problem` says why."""

    __slots__ = ("problem",)

    def __init__(self, problem: str) -> None:
        self.problem = problem


def raw_inputs(declared: Mapping[str, Input], given: Mapping[str, str]) -> dict[str, Any]:
    """Values from texts of the command line, each read as its declared type wants it.

    Numbers, `true`/`false`, JSON for arrays, objects, lists and maps; for `any` JSON where the text
    is JSON, else the text. Unknown names, and texts that cannot be read, stay for `validate_inputs`
    to report, together with all else that is wrong.
    """
    values: dict[str, Any] = {}
    for name, text in given.items():
        spec = declared.get(name)
        try:
            values[name] = _read(text, spec.type if spec else "string")
        except ValueError as error:
            values[name] = Unreadable(str(error))
    return values


def usage_line(file: str, workflow: str, declared: Mapping[str, Input]) -> str:
    """How to start a workflow: `usage: vegac run FILE review --task TEXT [--rounds INTEGER=3]`."""
    parts = [f"usage: vegac run {file} {workflow}"]
    for name, spec in declared.items():
        value = "|".join(map(str, spec.enum)) if spec.enum else _placeholder(spec.type)
        if spec.required:
            parts.append(f"--{name} {value}")
        elif spec.default is None:
            parts.append(f"[--{name} {value}]")
        else:
            parts.append(f"[--{name} {value}={_json(spec.default)}]")
    return " ".join(parts)


# Types

_BASES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("a text", lambda value: isinstance(value, str)),
    "number": (
        "a number",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "integer": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
    ),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "object": ("a map", lambda value: isinstance(value, dict)),
    "any": ("any value", lambda _: True),
}
_EXACT: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
}
"""The classes whose values fit a type as they are."""
_GENERIC = re.compile(r"(list|map)\[(.*)\]\Z", re.DOTALL)


def describe(type_name: str) -> str:
    """A type in words: `a list of numbers` reads `a list, each a number`."""
    generic = _GENERIC.match(type_name)
    if generic is None:
        return _BASES.get(type_name, ("any value", None))[0]
    outer = "a list" if generic[1] == "list" else "a map"
    return outer if generic[2] == "any" else f"{outer}, each {describe(generic[2])}"


def fit(value: Any, type_name: str) -> tuple[Any, str]:
    """The value as the type wants it, and what is wrong with it ("" for nothing)."""
    generic = _GENERIC.match(type_name)
    if generic is None:
        if type_name == "integer" and isinstance(value, float) and value.is_integer():
            return int(value), ""
        wanted, accepts = _BASES.get(type_name, _BASES["any"])
        problem = "" if accepts(value) else f"must be {wanted}, not {shown(value)}"
        return cast("Any", value), problem
    kind, inner = generic[1], generic[2]
    if kind == "list":
        if not isinstance(value, list):
            return value, f"must be {describe(type_name)}, not {shown(value)}"
        items = cast("list[Any]", value)
        keys: Sequence[Any] = range(len(items))
    else:
        if not isinstance(value, dict):
            return value, f"must be {describe(type_name)}, not {shown(value)}"
        entries = cast("dict[str, Any]", value)
        keys, items = list(entries), list(entries.values())
    fitted: list[Any] = []
    if set(map(type, items)) <= _EXACT.get(inner, frozenset()):
        fitted = items.copy()
    else:
        for key, item in zip(keys, items, strict=True):
            element, problem = fit(item, inner)
            if problem:
                return cast("Any", value), f"at {_json(key)} {problem}"
            fitted.append(element)
    whole: Any = fitted if kind == "list" else dict(zip(keys, fitted, strict=True))
    return whole, ""


def shown(value: Any) -> str:
    """A value for a message, cut to a readable length."""
    text = _json(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _narrowed(value: Any, spec: Input) -> str:
    if spec.enum is not None and not any(_same(value, option) for option in spec.enum):
        return f"must be one of {', '.join(map(str, spec.enum))}, not {shown(value)}"
    measure: float | None = None
    unit = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        measure = value
    elif isinstance(value, str | list):
        measure = len(cast("str | list[Any]", value))
        unit = " characters" if isinstance(value, str) else " elements"
    if measure is None:
        return ""
    had = f"has {measure}" if unit else f"is {measure}"
    if spec.min is not None and measure < spec.min:
        return f"{had}{unit}, and the least is {spec.min}"
    if spec.max is not None and measure > spec.max:
        return f"{had}{unit}, and the most is {spec.max}"
    return ""


def _same(value: Any, option: Any) -> bool:
    return value == option and isinstance(value, bool) == isinstance(option, bool)


def _wanted(spec: Input) -> str:
    wanted = f"one of {', '.join(map(str, spec.enum))}" if spec.enum else describe(spec.type)
    return f"{wanted}: {spec.description}" if spec.description else wanted


def _placeholder(type_name: str) -> str:
    base = type_name.partition("[")[0]
    if base in ("array", "object", "list", "map"):
        return "JSON"
    return {"string": "TEXT", "boolean": "true|false", "any": "VALUE"}.get(base, base.upper())


# Texts of the command line


def _read(text: str, type_name: str) -> Any:
    base = type_name.partition("[")[0]
    if base in ("number", "integer"):
        return _number(text, type_name)
    if base == "boolean":
        if text.strip().lower() not in ("true", "false"):
            raise ValueError(f"must be true or false, not {shown(text)}")
        return text.strip().lower() == "true"
    if base in ("array", "object", "list", "map"):
        from .parsing import strict_json

        try:
            return strict_json(text)
        except ValueError as error:
            raise ValueError(
                f"must be {describe(type_name)} as JSON, not {shown(text)}: {error}"
            ) from None
    if base == "any":
        from .parsing import strict_json

        try:
            return strict_json(text)
        except ValueError:
            return text
    return text


_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*\Z", re.ASCII)


def _number(text: str, type_name: str) -> int | float:
    if not _NUMBER.match(text):
        raise ValueError(f"must be {describe(type_name)}, not {shown(text)}")
    try:
        return int(text)
    except ValueError:
        value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"is too large: {shown(text)}")
    return value


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)
