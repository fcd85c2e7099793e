"""From the names and tools of an agent to what a model sees and what runs."""

import asyncio
import fnmatch
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

from vega_runtime.errors import ConfigError, VegaError
from vega_runtime.models.base import ToolCall, ToolResult, ToolSchema
from vega_runtime.tools.catalog import ALIASES, BUILTIN_TOOLS, builtin_tool
from vega_runtime.tools.definition import Tool, ToolContext
from vega_runtime.tools.functions import FunctionTool, innermost

Middleware = Callable[
    [ToolCall, ToolContext, Callable[[], Awaitable[ToolResult]]], Awaitable[ToolResult]
]
"""Around a call: gets the call, the context and what makes the call; gives the result."""

F = TypeVar("F", bound=Callable[..., Any])
_YES = ("yes", "y", "true", "ok", "approve", "approved", "allow")


class ToolSet:
    """The tools that an agent may call in a run."""

    def __init__(self, tools: Mapping[str, Tool], middleware: Sequence[Middleware] = ()) -> None:
        self._tools = dict(tools)
        self._middleware = tuple(middleware)

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def get(self, name: str) -> Tool | None:
        """The tool that a call of this name runs."""
        if name in self._tools:
            return self._tools[name]
        for alias, known in ALIASES.items():
            for one, other in ((alias, known), (known, alias)):
                if name == one and other in self._tools:
                    return self._tools[other]
        return None

    def schemas(self) -> list[ToolSchema]:
        """The tools as a model sees them."""
        return [tool.schema for tool in self._tools.values()]

    async def call(self, call: ToolCall, context: ToolContext) -> ToolResult:
        """Run one call. A failure is a result that says so; only cancellation is raised."""

        async def run() -> ToolResult:
            return await self._run(call, context)

        step = run
        for middleware in reversed(self._middleware):
            step = _around(middleware, call, context, step)
        try:
            return await step()
        except Exception as problem:
            return _failed(call, _message(problem))

    async def _run(self, call: ToolCall, context: ToolContext) -> ToolResult:
        tool = self.get(call.name)
        if tool is None:
            names = ", ".join(self._tools) or "none"
            return _failed(call, f"there is no tool '{call.name}' (tools: {names})")
        try:
            args = tool.check(call.arguments)
            if tool.confirm and (refusal := await _refusal(tool, call, context)):
                return _failed(call, refusal)
            return ToolResult(call.id, await tool.run(args, context))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return _failed(call, f"{call.name} gave up: something that it waited for was cancelled")
        except Exception as problem:
            return _failed(call, _message(problem))


def _around(
    middleware: Middleware,
    call: ToolCall,
    context: ToolContext,
    inner: Callable[[], Awaitable[ToolResult]],
) -> Callable[[], Awaitable[ToolResult]]:
    async def step() -> ToolResult:
        return await middleware(call, context, inner)

    return step


def _failed(call: ToolCall, message: str) -> ToolResult:
    return ToolResult(call.id, message, is_error=True)


def _message(problem: Exception) -> str:
    cause = innermost(problem)
    if isinstance(cause, VegaError):
        return cause.message
    return f"{type(cause).__name__}: {cause}"


async def _refusal(tool: Tool, call: ToolCall, context: ToolContext) -> str | None:
    """Why a call may not run, after asking a person; None if it may."""
    if context.ask is None:
        return f"{tool.name} needs a person's approval, and there is nobody to ask"
    from vega_runtime.text import text

    answer = await context.ask(f"Allow {tool.name} {text(dict(call.arguments))}?", ("yes", "no"))
    if answer.strip().lower() in _YES:
        return None
    return f"a person refused this call of {tool.name}"


def resolve(
    tools: Iterable[str | Tool | Callable[..., Any]],
    context: ToolContext,
    available: Mapping[str, Tool] | None = None,
) -> ToolSet:
    """The tools that an agent lists: names of built-in ones, tools, or functions.

    Names are looked up in `available` first (registered ones, and those of MCP servers, where
    `server__*` takes several). A tool hides a built-in one of its name. Raises ConfigError that
    lists every name that is not known, and what a tool needs and cannot have.
    """
    others: Mapping[str, Tool] = {} if available is None else available
    middleware = available.middleware if isinstance(available, Tools) else ()
    found: dict[str, Tool] = {}
    own: dict[str, Tool] = {}
    problems: list[str] = []
    for entry in tools:
        if isinstance(entry, Tool):
            try:
                own[entry.name] = found[entry.name] = entry.with_env(context.env)
            except ConfigError as problem:
                problems.append(problem.message)
        elif not isinstance(entry, str):
            try:
                tool = FunctionTool(entry)
            except TypeError as problem:
                problems.append(f"{entry!r} cannot be a tool: {problem}")
                continue
            own[tool.name] = found[tool.name] = tool
        elif "*" in entry:
            matching = [name for name in others if fnmatch.fnmatchcase(name, entry)]
            found.update((name, others[name]) for name in matching if name not in found)
        elif entry in others:
            found.setdefault(entry, others[entry])
        elif ALIASES.get(entry, entry) in BUILTIN_TOOLS:
            found.setdefault(entry, builtin_tool(entry))
        else:
            known = ", ".join(sorted({*others, *BUILTIN_TOOLS}))
            problems.append(f"there is no tool '{entry}' (tools: {known})")
    for tool in found.values():
        try:
            tool.prepare(context)
        except ConfigError as problem:
            problems.append(problem.message)
    if problems:
        raise ConfigError("\n".join(problems))
    return ToolSet({**found, **own}, middleware)


class Tools(Mapping[str, Tool]):
    """Tools by name, for Python programs: functions, definitions, and what stands around calls.

    tools = Tools()

    @tools.register
    def add(a: int, b: int) -> int:
        "Add two numbers."
        return a + b

    await tools.execute("add", {"a": 1, "b": 2})
    """

    def __init__(self, *tools: Tool | Callable[..., Any] | str) -> None:
        self._tools: dict[str, Tool] = {}
        self.middleware: tuple[Middleware, ...] = ()
        for tool in tools:
            self.add(tool)

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def add(self, tool: Tool | Callable[..., Any] | str) -> Tool:
        """Add a tool, a function, or a built-in tool by its name; one of the same name goes.

        Raises KeyError for an unknown name, TypeError for a function that cannot be a tool.
        """
        if isinstance(tool, str):
            tool = builtin_tool(tool)
        elif not isinstance(tool, Tool):
            tool = FunctionTool(tool)
        self._tools[tool.name] = tool
        return tool

    @overload
    def register(self, function: F) -> F: ...

    @overload
    def register(
        self,
        function: None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        confirm: bool = False,
        capabilities: Sequence[str] = (),
    ) -> Callable[[F], F]: ...

    def register(self, function: Any = None, **options: Any) -> Any:
        """Register a function, as a decorator or called; gives the function back."""

        def add(target: Callable[..., Any]) -> Callable[..., Any]:
            self.add(FunctionTool(target, **options))
            return target

        return add if function is None else add(function)

    def load_file(self, path: Path | str) -> list[Tool]:
        """Add the tools that a YAML file holds (see `written`), and give them back.

        Raises ConfigError that names the file, the tool and what is wrong; nothing is added then.
        """
        from vega_runtime.tools.written import load_tools

        found = load_tools(Path(path))
        for tool in found:
            self.add(tool)
        return found

    def load_directory(self, folder: Path | str, pattern: str = "**/*.yaml") -> list[Tool]:
        """Add the tools of all YAML files beneath a folder, in order of their paths.

        Raises ConfigError as `load_file` does, for a folder that is not there, and where two files
        have a tool of one name; nothing is added then.
        """
        from vega_runtime.tools.written import load_tools

        folder = Path(folder)
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {folder} with tools")
        places: dict[str, Path] = {}
        found: list[Tool] = []
        for path in sorted(folder.glob(pattern)):
            for tool in load_tools(path):
                if tool.name in places:
                    raise ConfigError(f"{places[tool.name]} and {path} both hold '{tool.name}'")
                places[tool.name] = path
                found.append(tool)
        for tool in found:
            self.add(tool)
        return found

    def use(self, middleware: Middleware) -> None:
        """Put something around every call, inside what was added before."""
        self.middleware = (*self.middleware, middleware)

    def filter(self, *patterns: str) -> "Tools":
        """The tools whose names fit one of the globs, with the same middleware."""
        chosen = Tools(
            *(
                tool
                for name, tool in self._tools.items()
                if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
            )
        )
        chosen.middleware = self.middleware
        return chosen

    def schema(self) -> list[ToolSchema]:
        """The tools as a model sees them."""
        return [tool.schema for tool in self._tools.values()]

    async def execute(
        self, name: str, arguments: Mapping[str, Any], context: ToolContext | None = None
    ) -> ToolResult:
        """Call a tool by its name. A failure is a result that says so."""
        context = context or ToolContext()
        call = ToolCall(f"call-{name}", name, arguments)
        tool_set = ToolSet(self._tools, self.middleware)
        if name in self._tools:
            self._tools[name].prepare(context)
        return await tool_set.call(call, context)
