"""One request to a model, and the layers around it.

The agent's retry (and fallback model) > circuit breaker > rate limits > budgets > call. A layer
that is not configured is not entered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .agent import TRANSIENT
from .errors import CircuitOpen, ModelError, RateLimited, VegaError
from .events import Chunk, ModelCalled, ModelStarted, Retrying
from .models.base import Request, Response, TextDelta, Usage

if TYPE_CHECKING:
    from .agent import Retry
    from .member import Target
    from .ratelimit import Limiter
    from .step import Step


async def answer(step: "Step", request: Request) -> Response:
    """The model's response, or the fallback model's when the retries on the first are used up."""
    member = step.member
    if member.plain:
        return await _call(step, member.target, request)
    try:
        return await _persist(step, member.target, request)
    except (ModelError, CircuitOpen, RateLimited) as error:
        fallback = member.fallback
        if fallback is None or (isinstance(error, ModelError) and error.kind not in TRANSIENT):
            raise
        step.session.notice(
            f"{member.agent.name} goes on with {fallback.name}: {member.target.name} does not "
            f"answer ({error.message})"
        )
    request = replace(request, model=fallback.name, base_url=fallback.base_url)
    return await _persist(step, fallback, request)


async def answer_of(step: "Step", target: "Target", request: Request) -> Response:
    """The response of another model than the agent's, with the agent's retries and limits."""
    return await _persist(step, target, request)


async def again_and_again(
    step: "Step",
    attempt: "Callable[[], Awaitable[Any]]",
    retry: "Retry",
    also: tuple[type[BaseException], ...] = (),
) -> Any:
    """Try until it works, the error is none to try again on, or the attempts are used up."""
    from .retry import next_delay

    number = 1
    while True:
        try:
            return await attempt()
        except VegaError as error:
            delay = next_delay(retry, number, error, step.session.random, also)
            if delay is None:
                raise
            if step.watched:
                step.emit(Retrying(step.site, step.key, number, delay, error))
        await asyncio.sleep(delay)
        number += 1


async def _persist(step: "Step", target: "Target", request: Request) -> Response:
    retry = step.member.retry
    if retry is None:
        return await _guard(step, target, request)
    return await again_and_again(step, lambda: _guard(step, target, request), retry)


async def _guard(step: "Step", target: "Target", request: Request) -> Response:
    """The call behind the circuit breaker and the rate limits."""
    member = step.member
    if member.breaker is not None and target is member.target:
        with member.breaker.guard():
            return await _limit(step, target, request, member.limiters)
    return await _limit(step, target, request, member.limiters)


async def _limit(
    step: "Step", target: "Target", request: Request, limiters: "tuple[Limiter, ...]"
) -> Response:
    if not limiters:
        return await _call(step, target, request)
    from .budget import most_input_tokens

    # A byte is at most a token, and in most texts a quarter of one.
    async with limiters[0].slot(most_input_tokens(request) // 4, step.caller) as report:
        response = await _limit(step, target, request, limiters[1:])
        report(_tokens(response.usage))
        return response


async def _call(step: "Step", target: "Target", request: Request) -> Response:
    """The call itself, paid from every budget around it."""
    session = step.session
    if session.turn is not None:
        await session.turn(step.run.order)
    if not step.ledgers:
        return await _send(step, target, request)
    from .budget import check_cut, reserved
    from .models.prices import price_of

    price = price_of(request.model)
    async with reserved(step.ledgers, request, price, notify=session.notice) as grant:
        response = await _send(step, target, grant.request)
        grant.settle(response.usage)
    check_cut(grant, response)
    return response


async def _send(step: "Step", target: "Target", request: Request) -> Response:
    meter, watched = step.meter, step.watched
    if meter is None and not watched:
        return await target.model.generate(request)
    session, site, key, agent = step.session, step.site, step.key, request.agent
    step.calls += 1
    if watched:
        step.emit(ModelStarted(site, key, agent, request.model, request, step.calls == 1))
    clock = asyncio.get_running_loop().time
    started = clock()
    response: Response | None = None
    failure: BaseException | None = None
    try:
        if step.stream:
            response = await _stream(step, target, request)
        else:
            response = await target.model.generate(request)
        return response
    except BaseException as error:
        failure = error
        raise
    finally:
        usage = response.usage if response is not None else getattr(failure, "usage", None)
        cost = _cost(request.model, usage)
        if usage is not None:
            step.usage += usage
            session.usage += usage
            step.cost = _plus(step.cost, cost)
            session.cost = _plus(session.cost, cost)
        duration = clock() - started
        if meter is not None:
            meter.model_called(usage, cost, duration)
        if watched:
            step.emit(
                ModelCalled(
                    site, key, agent, request.model, request, response, failure, usage, cost,
                    duration,
                )
            )  # fmt: skip


async def _stream(step: "Step", target: "Target", request: Request) -> Response:
    response: Response | None = None
    async for event in target.model.stream(request):
        if isinstance(event, TextDelta):
            step.emit(Chunk(step.site, step.key, event.text))
        else:
            response = event
    if response is None:
        raise ModelError(f"the reply of {request.model} ended early", kind="temporary")
    return response


def _tokens(usage: Usage) -> int:
    return (
        usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens
    )


def _cost(model: str, usage: Usage | None) -> int | None:
    if usage is None:
        return 0
    from .models.prices import price_of

    price = price_of(model)
    return None if price is None else price.cost(usage)


def _plus(total: int | None, cost: int | None) -> int | None:
    return None if total is None or cost is None else total + cost
