"""Workflows: async functions of a run that can be called like any other."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from .agent import Agent
from .errors import Cancelled, raise_failure
from .events import RunEnded, RunStarted
from .failures import translated
from .inputs import Input, usage_line, validate_inputs
from .options import RunOptions
from .program import Program
from .run import Run, Scope
from .session import Session

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Coroutine[Any, Any, Any]])


class Workflow(Generic[P, R]):
    """A workflow. `await workflow(...)` runs it; inside a run, use `run.call`.

    `inputs` None means that the inputs are not declared and not checked. `rename` maps inputs to
    parameters of another name, where an input's own is none in Python. `tools` are those that
    single messages name, beside those of the agents. `timeout` (seconds) and `budget` (US dollars)
    hold for each call.
    """

    def __init__(
        self,
        program: Program,
        name: str,
        fn: Callable[Concatenate[Run, P], Coroutine[Any, Any, R]],
        *,
        agents: Sequence[Agent] = (),
        tools: Sequence[Any] = (),
        inputs: Mapping[str, Input] | None = None,
        rename: Mapping[str, str] | None = None,
        timeout: float | None = None,
        budget: float | None = None,
        description: str = "",
    ) -> None:
        self.program = program
        self.name = name
        self.fn: Callable[..., Coroutine[Any, Any, R]] = fn
        self.agents = tuple(agents)
        self.tools = tuple(tools)
        self.inputs: Mapping[str, Input] = inputs or {}
        self.timeout = timeout
        self.budget = budget
        self.description = description or (fn.__doc__ or "").partition("\n")[0]
        self._checked = inputs is not None or _takes_none(fn)
        self._parameters = rename or {}
        self._input_of = {parameter: name for name, parameter in self._parameters.items()}
        self.__name__ = fn.__name__
        self.__doc__ = fn.__doc__
        self.__module__ = fn.__module__
        self.__wrapped__ = fn

    def __repr__(self) -> str:
        return f"<workflow {self.name} of {self.program.file}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        """Run the workflow with default options.

        Raises InputError that lists everything wrong with the inputs, ConfigError for what is not
        set up, and the errors of the run.
        """
        return self._start(args, kwargs, RunOptions())

    def with_options(self, options: RunOptions) -> Callable[P, Coroutine[Any, Any, R]]:
        """The workflow as a function that runs it with these options."""

        def start(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
            return self._start(args, kwargs, options)

        return start

    async def execute(self, inputs: Mapping[str, Any], options: RunOptions | None = None) -> R:
        """Run the workflow with inputs by name; what `vegac run` does."""
        return await self._start((), inputs, options or RunOptions())

    def validate(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The values of all inputs, defaults included. Raises InputError with every problem."""
        if not self._checked:
            return dict(raw)
        return validate_inputs(self.inputs, raw, self.usage)

    @property
    def usage(self) -> str:
        """How to start the workflow from a command line."""
        return usage_line(self.program.file, self.name, self.inputs)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The checked inputs of a call, by parameter."""
        if args:
            import inspect

            kwargs = inspect.signature(self.fn).bind(None, *args, **kwargs).arguments
            kwargs = dict(list(kwargs.items())[1:])
        if not self._parameters:
            return self.validate(kwargs)
        values = self.validate({self._input_of.get(key, key): kwargs[key] for key in kwargs})
        return {self._parameters.get(name, name): value for name, value in values.items()}

    async def _start(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], options: RunOptions
    ) -> R:
        values = self.bind(args, kwargs)
        try:
            async with Session(self.program, options) as session:
                session.admit(self)
                if session.observers:
                    return await self._observed(session, values)
                return await self._within(session, values)
        except Exception as error:
            raise_failure(translated(error, self.program))

    async def _within(self, session: Session, values: dict[str, Any]) -> R:
        run = Run(session)
        timeout = session.options.timeout
        if timeout is None:
            return await run.enter("", self, values)
        async with Scope(run, self.name, timeout, None):
            return await run.enter("", self, values)

    async def _observed(self, session: Session, values: dict[str, Any]) -> R:
        clock = asyncio.get_running_loop().time
        session.emit(RunStarted(session.run_id, self.name))
        started = clock()
        output: Any = None
        failure: BaseException | None = None
        try:
            output = await self._within(session, values)
            return output
        except asyncio.CancelledError:
            failure = Cancelled("the run was cancelled")
            raise
        except Exception as error:
            failure = translated(error, self.program)
            raise
        finally:
            session.emit(
                RunEnded(
                    session.run_id,
                    self.name,
                    output,
                    failure,
                    clock() - started,
                    session.usage,
                    session.cost,
                )
            )


def _takes_none(fn: Callable[..., Any]) -> bool:
    """Whether a workflow's function has no parameter but the run."""
    code = fn.__code__
    variadic = 0x04 | 0x08  # CO_VARARGS and CO_VARKEYWORDS; `inspect` is slow to import
    return code.co_argcount + code.co_kwonlyargcount == 1 and not code.co_flags & variadic


def workflow(
    program: Program,
    name: str,
    *,
    agents: Sequence[Agent] = (),
    tools: Sequence[Any] = (),
    inputs: Mapping[str, Input] | None = None,
    rename: Mapping[str, str] | None = None,
    timeout: float | None = None,
    budget: float | None = None,
    description: str = "",
) -> Callable[[Callable[Concatenate[Run, P], Coroutine[Any, Any, R]]], Workflow[P, R]]:
    """Make a workflow of an async function whose first parameter is the run.

    `agents` are all that it and the workflows it calls may send to; for the rest see `Workflow`.
    """

    def decorate(fn: Callable[Concatenate[Run, P], Coroutine[Any, Any, R]]) -> Workflow[P, R]:
        made = Workflow(
            program,
            name,
            fn,
            agents=agents,
            tools=tools,
            inputs=inputs,
            rename=rename,
            timeout=timeout,
            budget=budget,
            description=description,
        )
        program.workflows[name] = made
        program.module_file = fn.__code__.co_filename
        return made

    return decorate


def branch(*, effects: int | None = None) -> Callable[[F], F]:
    """Mark a function as a branch of a group. `effects` is the number of its effects if known."""

    def decorate(fn: F) -> F:
        fn.__dict__["effects"] = effects
        return fn

    return decorate
