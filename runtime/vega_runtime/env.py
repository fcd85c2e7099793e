"""Values from the environment: `${NAME}` and `${NAME:-default}`, read when a run starts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_]\w*)(?::-((?:[^{}]|\{[^{}]*\})*))?\}")


class EnvText:
    """A text with `${NAME}` in it. `$${` stands for a literal `${`."""

    __slots__ = ("template",)

    def __init__(self, template: str) -> None:
        self.template = template

    def missing(self, env: Mapping[str, str]) -> list[str]:
        """The names that are neither set nor have a default."""
        return [
            found[1]
            for found in _REFERENCE.finditer(self.template)
            if found[1] and found[2] is None and found[1] not in env
        ]

    def resolve(self, env: Mapping[str, str]) -> str:
        """The text with values in place. A default also stands in for an empty value.

        Values are not looked through for further references. Raises KeyError for a missing name.
        """

        def value(found: "re.Match[str]") -> str:
            name, default = found[1], found[2]
            if name is None:
                return "${"
            if default is None:
                return env[name]
            return env.get(name) or default

        return _REFERENCE.sub(value, self.template)

    def __repr__(self) -> str:
        return f"env_text({self.template!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvText) and other.template == self.template

    def __hash__(self) -> int:
        return hash((EnvText, self.template))


def env_text(template: str) -> EnvText:
    """A text whose `${NAME}` and `${NAME:-default}` are read from the environment of each run."""
    return EnvText(template)


def env_texts(value: Any) -> Iterator[EnvText]:
    """Every `EnvText` inside a value: in lists and maps too."""
    if isinstance(value, EnvText):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from env_texts(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[Any]", value):
            yield from env_texts(item)


def resolve_env(value: Any, env: Mapping[str, str]) -> Any:
    """`value` with every `EnvText` in it replaced by its text."""
    if isinstance(value, EnvText):
        return value.resolve(env)
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {key: resolve_env(item, env) for key, item in items}
    if isinstance(value, list):
        return [resolve_env(item, env) for item in cast("list[Any]", value)]
    if isinstance(value, tuple):
        return tuple(resolve_env(item, env) for item in cast("tuple[Any, ...]", value))
    return value
