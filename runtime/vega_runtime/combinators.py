"""Small patterns for Python programmers: pipelines, fan-outs, routers and batches of agents.

A worker is a process, whose reply is its result, or a function, async or not. Everything that is
started ends before a pattern returns, and the first failure cancels the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import raise_failure

if TYPE_CHECKING:
    from .process import Process

T = TypeVar("T")
R = TypeVar("R")


async def apply(worker: "Process | Callable[[Any], Any]", value: Any) -> Any:
    """What a worker makes of a value."""
    if callable(worker):
        result = worker(value)
        return await result if isawaitable(result) else result
    return await worker.send(value if isinstance(value, str) else str(value))


async def pipeline(value: Any, *stages: "Process | Callable[[Any], Any]") -> Any:
    """Pass a value through all stages, each of which gets the result of the one before."""
    for stage in stages:
        value = await apply(stage, value)
    return value


async def parallel(value: Any, *workers: "Process | Callable[[Any], Any]") -> list[Any]:
    """Give one value to all workers at once; their results, in the workers' order."""
    calls = [lambda worker=worker: apply(worker, value) for worker in workers]
    return await _gather(calls, max(len(calls), 1), False)


async def fan_out(
    values: Iterable[Any],
    *workers: "Process | Callable[[Any], Any]",
    limit: int = 10,
    aggregate: "Process | Callable[[Any], Any] | None" = None,
) -> Any:
    """Share values out among workers, at most `limit` at once; the results in the values' order.

    The worker that is free first gets the next value. `aggregate` makes one result of them: a
    function of the list, or a process that gets the texts with an empty line between them.
    Raises ValueError without a worker.
    """
    if not workers:
        raise ValueError("fan_out needs at least one worker")
    free: asyncio.Queue[Any] = asyncio.Queue()
    # A function may run any number of times at once, a process answers one message at a time.
    rounds = -(-limit // len(workers)) if all(callable(one) for one in workers) else 1
    for _ in range(rounds):
        for worker in workers:
            free.put_nowait(worker)

    async def one(value: Any) -> Any:
        worker = await free.get()
        try:
            return await apply(worker, value)
        finally:
            free.put_nowait(worker)

    results = await batch(values, one, limit=limit)
    if aggregate is None:
        return results
    if callable(aggregate):
        return await apply(aggregate, results)
    return await aggregate.send("\n\n".join(map(str, results)))


async def router(
    value: Any,
    choose: "Process | Callable[[Any], Any]",
    routes: "Mapping[str, Process | Callable[[Any], Any]]",
    default: "Process | Callable[[Any], Any] | None" = None,
) -> Any:
    """Let `choose` name the route for a value, and return what the worker there makes of it.

    Names are compared without regard to case and to space around them. Raises LookupError for a
    name that is no route where there is no `default`.
    """
    name = str(await apply(choose, value)).strip().casefold()
    known = {route.casefold(): worker for route, worker in routes.items()}
    worker = known.get(name, default)
    if worker is None:
        raise LookupError(f"'{name}' is none of the routes {', '.join(routes)}")
    return await apply(worker, value)


async def batch(
    values: Iterable[T],
    worker: "Process | Callable[[T], Any]",
    *,
    limit: int = 10,
    return_exceptions: bool = False,
) -> list[Any]:
    """What a worker makes of each value, at most `limit` at once, in the order of the values.

    The first failure cancels the others and is raised; with `return_exceptions` it stands in the
    list in place of a result.
    """
    calls = [lambda value=value: apply(worker, value) for value in values]
    return await _gather(calls, limit, return_exceptions)


async def _gather(
    calls: Sequence[Callable[[], Awaitable[Any]]], limit: int, return_exceptions: bool
) -> list[Any]:
    """The results of all calls, in order, at most `limit` at once."""
    if limit < 1:
        raise ValueError(f"at least one must run at a time, not {limit}")
    results: list[Any] = [None] * len(calls)
    ahead = iter(enumerate(calls))

    async def work() -> None:
        for position, call in ahead:
            try:
                results[position] = await call()
            except Exception as failure:
                if not return_exceptions:
                    raise
                results[position] = failure

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(limit, len(calls))):
                group.create_task(work())
    except ExceptionGroup as failures:
        raise_failure(failures.exceptions[0])
    return results
