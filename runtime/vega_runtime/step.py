"""One send: the message, the rounds of model and tool calls, and the limits around them.

The layers, from the outside: `total_timeout` > `retry` > `timeout` of the step, then for each
request the agent's retry (and fallback model) > breaker > limiter > budget > call. A layer that is
not configured is not entered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .agent import TRANSIENT
from .conversation import EMPTY, Conversation
from .errors import (
    CircuitOpen,
    FormatError,
    ModelError,
    RateLimited,
    VegaError,
)
from .events import Chunk, ModelCalled, ModelStarted, Retrying, StepEnded, StepStarted
from .models.base import Message, Request, Response, TextDelta, Usage
from .scopes import Deadline

if TYPE_CHECKING:
    from .agent import Retry
    from .budget import Ledger
    from .forms import Form
    from .member import Member, Target
    from .process import Process
    from .ratelimit import Limiter
    from .run import Run


NO_USAGE = Usage()


class Step:
    """A send on its way."""

    __slots__ = (
        "attach",
        "calls",
        "cost",
        "form",
        "fresh",
        "key",
        "ledgers",
        "member",
        "message",
        "process",
        "retry",
        "run",
        "session",
        "site",
        "timeout",
        "tools",
        "total_timeout",
        "usage",
    )

    def __init__(
        self,
        run: "Run",
        site: str,
        member: "Member",
        process: "Process",
        message: str,
        ledgers: "tuple[Ledger, ...]",
    ) -> None:
        self.run = run
        self.session = run.session
        self.site = site
        self.member = member
        self.process = process
        self.message = message
        self.ledgers = ledgers
        self.timeout: float | None = None
        self.total_timeout: float | None = None
        self.retry: Retry | None = None
        self.form: Form[Any] | None = None
        self.tools: tuple[Any, ...] | None = None
        self.fresh = False
        self.attach: tuple[str, ...] = ()
        self.calls = 0
        self.key = ""
        self.usage = NO_USAGE
        self.cost: int | None = 0


async def perform(step: Step) -> Any:
    """Send, with the step's own limits around it; errors carry the step's site."""
    try:
        if step.total_timeout is not None:
            async with Deadline(step.total_timeout, step.site):
                return await _attempts(step)
        return await _attempts(step)
    except VegaError as error:
        if error.site is None or "/" not in error.site:
            error.site = step.site
        raise


async def observed(step: Step) -> Any:
    """`perform`, with events at its start and its end."""
    session, agent = step.session, step.member.agent.name
    step.key = step.run.key(step.site)
    clock = asyncio.get_running_loop().time
    session.emit(StepStarted(step.site, step.key, agent, step.message))
    started = clock()
    reply: Any = None
    failure: BaseException | None = None
    try:
        reply = await perform(step)
        return reply
    except BaseException as error:
        failure = error
        raise
    finally:
        duration = clock() - started
        session.emit(
            StepEnded(step.site, step.key, agent, reply, failure, duration, step.usage, step.cost)
        )


async def _attempts(step: Step) -> Any:
    if step.retry is None:
        return await _attempt(step)
    return await again_and_again(step, lambda: _attempt(step), step.retry, also=(FormatError,))


async def _attempt(step: Step) -> Any:
    if step.timeout is None:
        return await turn(step)
    async with Deadline(step.timeout, step.site):
        return await turn(step)


async def again_and_again(
    step: Step,
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
            if step.session.observers:
                step.session.emit(Retrying(step.site, step.key, number, delay, error))
        await asyncio.sleep(delay)
        number += 1


# The conversation


async def turn(step: Step) -> Any:
    """Say the message to the agent's process and return its reply. A failure leaves no trace."""
    process = step.process
    async with process.lock:
        before = EMPTY if step.fresh else process.conversation
        reply, process.conversation = await _converse(step, before)
        return reply


async def _converse(step: Step, before: Conversation) -> tuple[Any, Conversation]:
    form = step.form
    system = _system(step)
    talk = before.then(Message("user", step.message))
    asked_again: Conversation | None = None
    while True:
        response = await _answer(step, _request(step, system, talk))
        talk = talk.then(Message("assistant", response.text, response.tool_calls, raw=response.raw))
        if form is None:
            return response.text, talk
        try:
            value = form.parse(response.text)
        except FormatError as error:
            if asked_again is not None:
                raise
            asked_again = talk = talk.then(Message("user", _repair(error, form)))
            continue
        if asked_again is not None and talk.before_last() is asked_again:
            # The bad reply and the request to repair it are of no use to later turns.
            talk = asked_again.before_last().before_last().then(talk[-1])
        return value, talk


def _system(step: Step) -> str:
    """The instructions for this message: the agent's own, and the form that the reply must have."""
    system = step.member.system
    if not isinstance(system, str):
        system = system(step.run)
    if step.form is None or not step.form.instructions:
        return system
    return f"{system}\n\n{step.form.instructions}" if system else step.form.instructions


def _request(step: Step, system: str, talk: Conversation) -> Request:
    member = step.member
    target = member.target
    return Request(
        model=target.name,
        messages=talk,
        system=system,
        max_tokens=member.max_tokens,
        temperature=member.temperature,
        params=member.params,
        base_url=target.base_url,
        agent=member.agent.name,
    )


def _repair(error: FormatError, form: "Form[Any]") -> str:
    return f"Your reply could not be used: {error.message}\n\n{form.instructions}".rstrip()


# The call


async def _answer(step: Step, request: Request) -> Response:
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


async def _persist(step: Step, target: "Target", request: Request) -> Response:
    retry = step.member.retry
    if retry is None:
        return await _guard(step, target, request)
    return await again_and_again(step, lambda: _guard(step, target, request), retry)


async def _guard(step: Step, target: "Target", request: Request) -> Response:
    """The call behind the circuit breaker and the rate limits."""
    member = step.member
    if member.breaker is not None and target is member.target:
        with member.breaker.guard():
            return await _limit(step, target, request, member.limiters)
    return await _limit(step, target, request, member.limiters)


async def _limit(
    step: Step, target: "Target", request: Request, limiters: "tuple[Limiter, ...]"
) -> Response:
    if not limiters:
        return await _call(step, target, request)
    from .budget import most_input_tokens

    # A byte is at most a token, and in most texts a quarter of one.
    async with limiters[0].slot(most_input_tokens(request) // 4) as report:
        response = await _limit(step, target, request, limiters[1:])
        report(_tokens(response.usage))
        return response


async def _call(step: Step, target: "Target", request: Request) -> Response:
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


async def _send(step: Step, target: "Target", request: Request) -> Response:
    if not step.session.observers:
        return await target.model.generate(request)
    session, site, key, agent = step.session, step.site, step.key, request.agent
    step.calls += 1
    session.emit(ModelStarted(site, key, agent, request.model, request, step.calls == 1))
    clock = asyncio.get_running_loop().time
    started = clock()
    response: Response | None = None
    failure: BaseException | None = None
    try:
        if session.options.stream:
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
        session.emit(
            ModelCalled(
                site, key, agent, request.model, request, response, failure, usage, cost,
                clock() - started,
            )
        )  # fmt: skip


async def _stream(step: Step, target: "Target", request: Request) -> Response:
    response: Response | None = None
    async for event in target.model.stream(request):
        if isinstance(event, TextDelta):
            step.session.emit(Chunk(step.site, step.key, event.text))
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
