"""Python functions as tools."""

import asyncio
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack, cast

from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.text import text
from vega_runtime.tools.definition import Args, OtherOptions, Tool, ToolContext, ToolOptions
from vega_runtime.tools.schema import Param, check_object
from vega_runtime.tools.signature import Signature, whole_function


class ToolDef(Tool):
    """A tool with declared parameters and a function that gets them all, and the context.

    ToolDef("add", add, description="Add", params={"a": Param("integer", required=True)})
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Args, ToolContext], Any],
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.function = function

    async def run(self, args: Args, context: ToolContext) -> str:
        try:
            result = self.function(args, context)
            if inspect.isawaitable(result):
                result = await result
        except ToolError:
            raise
        except (Exception, SystemExit) as problem:  # which would end the event loop too
            raise _failure(problem) from problem
        return text(plain(result))


class FunctionTool(Tool):
    """A function: a plain one runs in a thread, an async one is awaited.

    Name, description and schema come from the function unless they are given. A parameter that is
    annotated `ToolContext` gets the context. Raises TypeError for a function that no model could
    call.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        confirm: bool = False,
        capabilities: Sequence[str] = (),
    ) -> None:
        self.signature = Signature(function, injected=(ToolContext,))
        whole = whole_function(function)
        name = name or str(getattr(whole, "__name__", type(whole).__name__))
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
            raise TypeError(
                f"models take no tool called '{name}': give it a name of letters, digits, _ and -"
            )
        super().__init__(
            name,
            description=description or self.signature.description,
            params={},
            confirm=confirm,
            capabilities=capabilities,
        )
        self.function = function

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.signature.schema

    def check(self, arguments: Mapping[str, Any]) -> Args:
        properties = self.signature.schema["properties"]
        required = self.signature.schema.get("required", ())
        given = {
            name: value
            for name, value in arguments.items()
            # Null for a parameter with a default means its default, unless null has a meaning.
            if value is not None or name in required or _takes_null(properties.get(name, {}))
        }
        return self.signature.arguments(check_object(self.name, self.signature.schema, given))

    async def run(self, args: Args, context: ToolContext) -> str:
        injected = dict.fromkeys(self.signature.injected, context)
        call = self.function
        if not inspect.iscoroutinefunction(call) and not inspect.isroutine(call):
            call = call.__call__  # an object's method tells whether it is async
        try:
            if inspect.iscoroutinefunction(call):
                result = await call(**args, **injected)
            else:
                result = await asyncio.to_thread(call, **args, **injected)
                if inspect.isawaitable(result):
                    result = await result
        except ToolError:
            raise
        except (Exception, SystemExit) as problem:  # which would end the event loop too
            raise _failure(problem) from problem
        return text(plain(result))


def innermost(problem: BaseException) -> BaseException:
    """The first failure of a group: that there were others is of no use to a model."""
    while isinstance(problem, BaseExceptionGroup):
        problem = cast("BaseExceptionGroup[BaseException]", problem).exceptions[0]
    return problem


def _failure(problem: BaseException) -> ToolError:
    problem = innermost(problem)
    if isinstance(problem, ToolError):
        return problem
    return ToolError(f"{type(problem).__name__}: {problem}")


def _takes_null(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", ())
    return kinds == "null" or "null" in kinds or any(map(_takes_null, schema.get("anyOf", ())))


class BuiltinTool(Tool):
    """A function of a module, `package.module:callable`, imported when a run starts.

    The folder of the program is on the import path, after everything else. Description and params
    that are given here win over the function's own.
    """

    def __init__(
        self,
        name: str,
        *,
        function: str,
        description: str = "",
        params: Mapping[str, Param] | None = None,
        **options: Unpack[OtherOptions],
    ) -> None:
        super().__init__(name, description=description, params=params or {}, **options)
        self.function = function
        self._tool: FunctionTool | None = None

    def prepare(self, context: ToolContext) -> None:
        super().prepare(context)
        if self._tool is None:
            root = str(context.root.resolve())
            if root not in sys.path:
                sys.path.append(root)
            self._tool = FunctionTool(self._imported(), name=self.name)
            self.description = self.description or self._tool.description

    def _imported(self) -> Callable[..., Any]:
        module_name, colon, path = self.function.partition(":")
        where = f"tool {self.name}: function {self.function!r}"
        if not colon or not path or not module_name:
            raise ConfigError(f"{where} must be written as package.module:callable")
        try:
            target: Any = importlib.import_module(module_name)
        except ModuleNotFoundError as problem:
            raise ConfigError(
                f"{where}: no module named '{problem.name}' (looked on the import path and in the"
                " folder of the program)"
            ) from problem
        except Exception as problem:
            raise ConfigError(
                f"{where} cannot be imported: {type(problem).__name__}: {problem}"
            ) from problem
        for part in path.split("."):
            if not hasattr(target, part):
                raise ConfigError(f"{where}: there is no '{part}' in {module_name}")
            target = getattr(target, part)
        if not callable(target):
            raise ConfigError(f"{where} is not callable")
        try:
            Signature(target, injected=(ToolContext,))
        except TypeError as problem:
            raise ConfigError(f"{where} cannot be a tool: {problem}") from problem
        return target

    @property
    def _ready(self) -> FunctionTool:
        if self._tool is None:
            self.prepare(ToolContext())
        assert self._tool is not None
        return self._tool

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of its parameters: those that are declared, else the function's own."""
        return super().parameters if self.params else self._ready.parameters

    def check(self, arguments: Mapping[str, Any]) -> Args:
        if not self.params:
            return self._ready.check(arguments)
        given = super().check(arguments)
        accepted = {name: value for name, value in given.items() if value is not None}
        return self._ready.check(accepted)

    async def run(self, args: Args, context: ToolContext) -> str:
        return await self._ready.run(args, context)


def _text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        import base64

        return base64.b64encode(value).decode()


def plain(value: Any) -> Any:
    """A result with dataclasses and enums as JSON values, and bytes as text or base64."""
    import dataclasses
    from enum import Enum

    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return _text_of(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}  # pyright: ignore
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]  # pyright: ignore
    return value
