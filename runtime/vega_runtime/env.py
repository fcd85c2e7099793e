"""Values from the environment: `${NAME}` and `${NAME:-default}`, read when a run starts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, cast, overload

from .frozen import Frozen

EnvType = Literal["string", "integer", "number", "duration", "money"]

_REFERENCE = r"\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\}"


class EnvText:
    """A text with `${NAME}` in it, that may stand for a number, for a duration (then it is a number
    of seconds) or for money (of US dollars). `$${` is a literal `${`."""

    __slots__ = ("maximum", "minimum", "template", "type")

    def __init__(
        self,
        template: str,
        type: EnvType = "string",  # noqa: A002
        minimum: float | None = None,
        maximum: float | None = None,
    ) -> None:
        self.template = template
        self.type: EnvType = type
        self.minimum = minimum
        self.maximum = maximum

    def missing(self, env: Mapping[str, str]) -> list[str]:
        """The names that are neither set nor have a default."""
        return [
            found[1]
            for found in re.finditer(_REFERENCE, self.template)
            if found[1] and found[2] is None and found[1] not in env
        ]

    def resolve(self, env: Mapping[str, str]) -> Any:
        """The text, or the number that it stands for. A default also stands in for an empty value.

        Values are not looked through for further references. Raises KeyError for a missing name,
        ValueError for what is no number.
        """

        def value(found: "re.Match[str]") -> str:
            name, default = found[1], found[2]
            if name is None:
                return "${"
            if default is None:
                return env[name]
            return env.get(name) or default

        text = re.sub(_REFERENCE, value, self.template)
        if self.type == "string":
            return text
        if self.type in ("duration", "money"):
            return self._measured(text)
        try:
            number = int(text) if self.type == "integer" else float(text)
        except ValueError:
            wanted = "a whole number" if self.type == "integer" else "a number"
            raise ValueError(f"{self.template} must be {wanted}, not '{text}'") from None
        # Written so that nan is refused too.
        if self.minimum is not None and not number >= self.minimum:
            raise ValueError(f"{self.template} must be {self.minimum:g} or more, not {text}")
        if self.maximum is not None and not number <= self.maximum:
            raise ValueError(f"{self.template} must be {self.maximum:g} or less, not {text}")
        return number

    def _measured(self, text: str) -> float:
        from .durations import MICROS, parse_duration, parse_money

        try:
            return parse_duration(text) if self.type == "duration" else parse_money(text) / MICROS
        except ValueError as problem:
            raise ValueError(f"{self.template}: {problem}") from None

    def __repr__(self) -> str:
        return f"env_text({self.template!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvText) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    def __hash__(self) -> int:
        return hash((EnvText, self.template, self.type))


@overload
def env_text(template: str) -> EnvText: ...
@overload
def env_text(
    template: str,
    type: Literal["integer", "number", "duration", "money"],
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any: ...
def env_text(
    template: str,
    type: EnvType = "string",  # noqa: A002
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:
    """A text whose `${NAME}` and `${NAME:-default}` are read from the environment of each run.

    With `type`, it stands for a number in a range, a duration or money, wherever an option takes
    one.
    """
    return EnvText(template, type, minimum, maximum)


class FileText:
    """The text of a file, read when a run starts. `path` is relative to the program's folder."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"file_text({self.path!r})"


def file_text(path: str) -> FileText:
    """The text of a file, relative to the program's folder, as a system prompt."""
    return FileText(path)


def env_texts(value: Any) -> Iterator[EnvText]:
    """Every `EnvText` inside a value: in options, lists and maps too."""
    if isinstance(value, EnvText):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from env_texts(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from env_texts(item)
    elif isinstance(value, Frozen):
        yield from env_texts(list(value.fields().values()))
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        yield from env_texts([getattr(value, name) for name in value.__dataclass_fields__])


def resolve_env(value: Any, env: Mapping[str, str]) -> Any:
    """`value` with every `EnvText` in it replaced by what it stands for."""
    if isinstance(value, EnvText):
        return value.resolve(env)
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {key: resolve_env(item, env) for key, item in items}
    if isinstance(value, list):
        return [resolve_env(item, env) for item in cast("list[Any]", value)]
    if isinstance(value, tuple):
        return tuple(resolve_env(item, env) for item in cast("tuple[Any, ...]", value))
    if isinstance(value, Frozen) and next(env_texts(value), None) is not None:
        return value.replace(**resolve_env(value.fields(), env))
    if next(env_texts(value), None) is not None:  # a dataclass, such as a tool's parameter
        plain = cast("Any", value)
        names: Iterable[str] = plain.__dataclass_fields__
        return type(plain)(**{name: resolve_env(getattr(plain, name), env) for name in names})
    return value
