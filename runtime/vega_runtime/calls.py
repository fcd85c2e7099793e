"""One request to a model, and the layers around it.

The agent's retry (and fallback model) > circuit breaker > rate limits > budgets > call. A layer
that is not configured is not entered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .agent import TRANSIENT
from .errors import CircuitOpen, ModelError, RateLimited, VegaError, raise_failure
from .events import Chunk, ModelCalled, ModelStarted, Retrying
from .models.base import Request, Response, TextDelta

if TYPE_CHECKING:
    from .agent import Retry
    from .member import Target
    from .ratelimit import Limiter
    from .step import Step


async def answer(step: "Step", request: Request) -> Response:
    """The model's response, or the fallback model's when the retries on the first are used up."""
    member = step.member
    step.size = -1
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
    step.size = -1
    return await _persist(step, target, request)


async def again_and_again(
    step: "Step",
    attempt: "Callable[[], Awaitable[Any]]",
    retry: "Retry",
    also: tuple[type[BaseException], ...] = (),
    failure: VegaError | None = None,
) -> Any:
    """Try until it works, the error is none to try again on, or the attempts are used up.

    `failure` is that of a first attempt that was made already.
    """
    from .retry import next_delay

    number = 1
    while True:
        try:
            if failure is not None:
                raise_failure(failure)
            return await attempt()
        except VegaError as error:
            failure = None
            delay = next_delay(retry, number, error, step.session.random, also)
            if delay is None:
                raise
            if step.watched:
                step.emit(Retrying(step.site, step.key, number, delay, error))
        await asyncio.sleep(delay)
        number += 1


async def _persist(step: "Step", target: "Target", request: Request) -> Response:
    member = step.member
    work = _limit if target.limiters else _call
    if member.breaker is not None and target is member.target:
        work = _guard
    if member.retry is None:
        return await work(step, target, request)
    try:
        return await work(step, target, request)
    except VegaError as error:
        failure = error
    return await again_and_again(
        step, lambda: work(step, target, request), member.retry, failure=failure
    )


async def _guard(step: "Step", target: "Target", request: Request) -> Response:
    """The call behind the circuit breaker and the rate limits."""
    member = step.member
    breaker = member.breaker
    assert breaker is not None
    opened = breaker.enter()
    try:
        work = _limit if target.limiters else _call
        response = await work(step, target, request)
    except BaseException as error:
        breaker.leave(opened, error)
        raise
    breaker.leave(opened, None)
    return response


async def _limit(
    step: "Step", target: "Target", request: Request, limiters: "tuple[Limiter, ...]" = ()
) -> Response:
    """The call when all rate limits allow it: by default those of the agent and the model."""
    limiters = limiters or target.limiters
    limiter = limiters[0]
    tokens = 0
    if limiter.counts_tokens:
        if step.size < 0:
            step.size = limiter.size(request)
        # A byte is at most a token, and in most texts a quarter of one.
        tokens = step.size // 4
    if not limiter.take_now(tokens):
        await limiter.take(tokens, step.caller)
    try:
        if len(limiters) == 1:
            response = await _call(step, target, request)
        else:
            response = await _limit(step, target, request, limiters[1:])
    except ModelError as error:
        limiter.failed(error)
        raise
    usage = response.usage
    limiter.correct(
        tokens,
        usage.input_tokens
        + usage.output_tokens
        + usage.cache_read_tokens
        + usage.cache_write_tokens,
    )
    return response


async def _call(step: "Step", target: "Target", request: Request) -> Response:
    """The call itself, paid from every budget around it."""
    session = step.session
    if session.turn is not None:
        await session.turn(step.run.order)
    ledgers = step.ledgers
    if not ledgers:
        return await _send(step, target, request)
    ledger = ledgers[0]
    if step.size < 0:
        step.size = ledger.size(request)
    reservation = ledger.reservation(ledgers, request, target.price, step.size, session.notice)
    grant = reservation.at_once() or await reservation.in_turn()
    try:
        response = await _send(step, target, grant.request)
        grant.settle(response.usage)
    except BaseException as error:
        grant.end(error)
        raise
    if grant.lowered is not None:
        grant.check_cut(response)
    return response


async def _send(step: "Step", target: "Target", request: Request) -> Response:
    meter, watched = step.meter, step.watched
    if meter is None and not watched:
        return await target.model.generate(request)
    step.calls += 1
    if watched:
        step.emit(
            ModelStarted(
                step.site, step.key, request.agent, request.model, request, step.calls == 1
            )
        )
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
        cost = target.cost(usage)
        duration = clock() - started
        if meter is not None:
            meter.model_called(usage, cost, duration)
        if watched:
            if usage is not None:
                session = step.session
                step.usage += usage
                session.usage += usage
                step.cost = _plus(step.cost, cost)
                session.cost = _plus(session.cost, cost)
            step.emit(
                ModelCalled(
                    step.site, step.key, request.agent, request.model, request, response, failure,
                    usage, cost, duration,
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


def _plus(total: int | None, cost: int | None) -> int | None:
    return None if total is None or cost is None else total + cost
