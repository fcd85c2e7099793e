"""What a tool is: a name, parameters, and something to run with the arguments."""

import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, Required, TypedDict, Unpack, cast

from vega_runtime.env import EnvText, env_texts, resolve_env
from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.models.base import ToolSchema
from vega_runtime.text import text
from vega_runtime.tools.sandbox import Sandbox
from vega_runtime.tools.schema import Param, object_schema, validate_arguments

Args = Mapping[str, Any]
"""The arguments of one call: every declared name is there, an absent optional one is None."""


class Joined:
    """Several templates written one after the other."""

    __slots__ = ("parts",)

    def __init__(self, *parts: "Template") -> None:
        self.parts = parts


Template = str | EnvText | Callable[[Args], Any] | Joined
"""A text, a text from the environment, or a function of the arguments."""


def render(template: Any, args: Args, env: Mapping[str, str]) -> Any:
    """The value of a template, or of a list or map with templates inside."""
    if isinstance(template, Joined):
        return "".join(render_text(part, args, env) for part in template.parts)
    if isinstance(template, EnvText):
        try:
            return template.resolve(env)
        except KeyError as name:
            raise ToolError(f"the environment variable {name.args[0]} is not set") from None
    if callable(template):
        return template(args)
    if isinstance(template, Mapping):
        items = cast("Mapping[str, Any]", template)
        return {key: render(value, args, env) for key, value in items.items()}
    if isinstance(template, list | tuple):
        return [render(value, args, env) for value in cast("Sequence[Any]", template)]
    return template


def render_text(template: Any, args: Args, env: Mapping[str, str]) -> str:
    """The text of a template; null is the empty text."""
    return text(render(template, args, env))


def texts_of(template: Any) -> Iterator[EnvText]:
    """Every text from the environment inside a template."""
    parts = template.parts if isinstance(template, Joined) else template
    if isinstance(parts, Mapping):
        parts = tuple(cast("Mapping[str, Any]", parts).values())
    if isinstance(parts, list | tuple):
        for part in cast("Sequence[Any]", parts):
            yield from texts_of(part)
    elif isinstance(parts, EnvText):
        yield parts


class Memory(Protocol):
    """The store behind `remember` and `recall`, as the memory tools use it."""

    async def store(self, key: str, value: Any) -> None: ...

    async def search(self, query: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The best matches first, each with at least `key` and `value`."""
        ...


Ask = Callable[[str, Sequence[str]], Awaitable[str]]
"""Asks a person a question with choices; gives the answer."""


def _no_environment() -> Mapping[str, str]:
    return os.environ


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may use of the run that calls it.

    `env` is the run's environment (with secrets: it never reaches a command as it is), `root` the
    folder of the program, `idempotency_key` the same for a call that is made again after a crash.
    """

    sandbox: Sandbox | None = None
    env: Mapping[str, str] = field(default_factory=_no_environment)
    memory: Memory | None = None
    ask: Ask | None = None
    idempotency_key: str | None = None
    root: Path = field(default_factory=Path)

    def files(self) -> Sandbox:
        """The sandbox. Raises ToolError where a run has none."""
        if self.sandbox is None:
            raise ToolError("this run has no sandbox, so there are no files to work with")
        return self.sandbox


class OtherOptions(TypedDict, total=False):
    """What every tool may be given.

    `capabilities` are words of `fs:read fs:write net exec`; `confirm` has a person approve each
    call; the others narrow what a call may touch.
    """

    confirm: bool
    capabilities: Sequence[str]
    allowed_paths: Sequence[str]
    allowed_commands: Sequence[str]
    allowed_hosts: Sequence[str]


class ToolOptions(OtherOptions):
    """What every tool is given besides its name."""

    description: Required[str]
    params: Required[Mapping[str, Param]]


_OPTIONS = (
    "description",
    "params",
    "allowed_paths",
    "allowed_commands",
    "allowed_hosts",
    "timeout",
    "retry",
)
"""Attributes of tools that may come from the environment as they are."""


class Tool(ABC):
    """A tool: subclasses say what `run` does."""

    templates: ClassVar[tuple[str, ...]] = ()
    """Names of the attributes that hold templates."""
    limits: ClassVar[tuple[str, ...]] = ()
    """Which of `allowed_paths`, `allowed_commands` and `allowed_hosts` the tool can keep to."""
    usual_capabilities: ClassVar[tuple[str, ...]] = ()
    """Those of a tool that names none."""

    def __init__(self, name: str, **options: Unpack[ToolOptions]) -> None:
        self.name = name
        self.description = options["description"]
        self.params = dict(options["params"])
        self.confirm = options.get("confirm", False)
        self.capabilities = tuple(options.get("capabilities", self.usual_capabilities))
        self.allowed_paths = tuple(options.get("allowed_paths", ()))
        self.allowed_commands = tuple(options.get("allowed_commands", ()))
        self.allowed_hosts = tuple(options.get("allowed_hosts", ()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of the arguments."""
        return object_schema(self.params)

    @property
    def schema(self) -> ToolSchema:
        """The tool as a model sees it."""
        return ToolSchema(self.name, self.description, self.parameters)

    def env_texts(self) -> Iterator[EnvText]:
        """Every text from the environment that a call may need, to report missing ones early."""
        for name in self.templates:
            yield from texts_of(getattr(self, name))
        yield from env_texts(self._options())

    def _options(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name in _OPTIONS}

    def with_env(self, env: Mapping[str, str]) -> "Tool":
        """The tool with its options, such as a description, read from the environment; templates
        read it with each call. Raises ConfigError for what is missing there or no number."""
        options = {n: value for n, value in self._options().items() if any(env_texts(value))}
        if not options:
            return self
        made = copy(self)
        try:
            vars(made).update(resolve_env(options, env))
        except KeyError as name:
            problem = f"the environment variable {name.args[0]} is not set"
            raise ConfigError(f"{problem}; the tool {self.name} needs it") from None
        except ValueError as problem:
            raise ConfigError(f"{problem}; the tool {self.name} needs it") from None
        return made

    def prepare(self, context: ToolContext) -> None:  # noqa: ARG002
        """Get ready before the first call. Raises ConfigError when that cannot work.

        A limit that the tool cannot keep to is an error, for somebody relies on it.
        """
        for limit in ("allowed_paths", "allowed_commands", "allowed_hosts"):
            if getattr(self, limit) and limit not in self.limits:
                raise ConfigError(f"tool {self.name}: {limit} has no effect on a tool of this type")

    def remark(self) -> str | None:
        """What a person should know of the tool as it is on this system, said once in a run."""
        return None

    def check(self, arguments: Mapping[str, Any]) -> Args:
        """The arguments with defaults filled in. Raises ToolError that names what is wrong."""
        return validate_arguments(self.name, self.params, arguments)

    @abstractmethod
    async def run(self, args: Args, context: ToolContext) -> str:
        """The result as text. Raises ToolError."""
