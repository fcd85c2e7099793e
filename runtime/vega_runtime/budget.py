"""Budgets: money is reserved before a model call and settled after it.

A `Ledger` is one budget (of a run, a workflow's call, a block, a step or an agent). Each call
charges every ledger around it. A reservation is an upper bound of what the call can cost, so that
the calls that run together cannot overspend together: one that does not fit waits until others
settle, and when nothing is left to wait for, its `max_tokens` is lowered to what the budget still
buys.
"""

import asyncio
import math
from bisect import insort
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from itertools import count
from types import TracebackType
from typing import Literal

from .errors import BudgetExceeded
from .models.base import Request, Response, Usage
from .models.prices import Price, format_money
from .request_size import most_input_tokens as most_input_tokens

OnExceed = Literal["block", "warn", "allow"]
Notify = Callable[[str], None]

MINIMUM_TOKENS = 256
"""A budget does not cut a reply below this many tokens (or the agent's own limit, if lower)."""


class Ledger:
    """One budget and what has been charged to it, in micro-dollars.

    `limit_micros` None only counts. `on_exceed`: "block" keeps calls within the limit, "warn" lets
    them pass and says so once, "allow" lets them pass. `site` is the place of the scope (an
    agent's name for an agent's budget); it is what `BudgetExceeded` reports.
    """

    __slots__ = ("_warned", "limit", "on_exceed", "open", "reserved", "site", "spent", "waiting")

    size = staticmethod(most_input_tokens)

    def __init__(
        self, limit_micros: int | None, on_exceed: OnExceed = "block", site: str = ""
    ) -> None:
        self.limit = limit_micros
        self.on_exceed = on_exceed
        self.site = site
        self.spent = 0
        self.reserved = 0
        self.open = 0
        """How many reservations are open."""
        self.waiting: list[_Ticket] = []
        """Reservations that do not fit here yet, oldest first."""
        self._warned = False

    def remaining(self) -> int | None:
        """What is neither spent nor reserved, in micro-dollars; None without a limit."""
        return None if self.limit is None else self.limit - self.spent - self.reserved

    def used(self) -> int:
        """What has been spent, in micro-dollars. Open reservations are in `reserved`."""
        return self.spent

    @property
    def blocks(self) -> bool:
        return self.limit is not None and self.on_exceed == "block"

    def __repr__(self) -> str:
        limit = "none" if self.limit is None else format_money(self.limit)
        return f"Ledger({self.site!r}, limit={limit}, spent={format_money(self.spent)})"

    def left(self) -> int:
        """What a reservation may still take, where there is a limit."""
        return (self.limit or 0) - self.spent - self.reserved

    def reservation(
        self,
        ledgers: "Sequence[Ledger]",
        request: Request,
        price: Price | None,
        tokens: int,
        notify: Notify | None,
    ) -> "reserved":
        """A reservation in several ledgers, of which this is one, for a request of so many tokens
        of input."""
        return reserved(ledgers, request, price, MINIMUM_TOKENS, notify, tokens)

    def charge(self, micros: int, notify: Notify | None) -> None:
        """Add to what is spent, and tell of a limit that only warns."""
        self.spent += micros
        if (
            self.on_exceed == "warn"
            and self.limit is not None
            and self.spent > self.limit
            and not self._warned
        ):
            self._warned = True
            if notify is not None:
                notify(
                    f"the budget of {format_money(self.limit)}{_of(self)} is used up "
                    f"({format_money(self.spent)} spent); the run goes on"
                )


class Grant:
    """A reservation. `request` is what may be sent; `lowered` says that its `max_tokens` was cut.

    `cost` is None while the call is open and for a model without a known price.
    """

    __slots__ = ("_ledgers", "_notify", "_open", "_price", "cost", "lowered", "micros", "request")

    def __init__(
        self,
        request: Request,
        price: Price | None,
        ledgers: Sequence[Ledger],
        micros: int,
        lowered: Ledger | None,
        notify: Notify | None,
    ) -> None:
        self.request = request
        self.lowered = lowered
        """The ledger that made `max_tokens` smaller, or None."""
        self.micros = micros
        """What is reserved in each ledger."""
        self.cost: int | None = None
        self._price = price
        self._ledgers = ledgers
        self._notify = notify
        self._open = True

    def settle(self, usage: Usage) -> int | None:
        """Replace the reservation by the true cost and return it (micro-dollars, None: unknown).

        Only the first call counts. A call that ends without settling costs nothing.
        """
        if self._open:
            self._close()
            if self._price is not None:
                self.cost = self._price.cost(usage)
                for ledger in self._ledgers:
                    ledger.charge(self.cost, self._notify)
            _wake(self._ledgers)
        return self.cost

    def end(self, error: BaseException | None) -> None:
        """Settle with what an error says was used, or give the reservation back."""
        usage = getattr(error, "usage", None)
        if isinstance(usage, Usage):
            self.settle(usage)
        elif getattr(error, "unseen", False):
            self.forfeit()
        self.release()

    def forfeit(self) -> None:
        """Charge all that was reserved: the call may be billed, and nobody knows for how much."""
        if self._open:
            self._close()
            if self.micros:
                self.cost = self.micros
                for ledger in self._ledgers:
                    ledger.charge(self.micros, self._notify)
            _wake(self._ledgers)

    def release(self) -> None:
        """Give the reservation back without a charge. Does nothing after `settle`."""
        if self._open:
            self._close()
            _wake(self._ledgers)

    def check_cut(self, response: Response) -> None:
        """Raise BudgetExceeded if the reply was cut by a `max_tokens` that the budget had lowered.

        The error's `text` is what the model said so far; it is in the message too, for a `catch`
        sees nothing else. Call after `settle`.
        """
        ledger = self.lowered
        if ledger is not None and response.stop_reason == "max_tokens":
            so_far = f"; the text so far: {response.text}" if response.text else ""
            raise _exceeded(
                ledger,
                f"the reply was cut at {self.request.max_tokens} tokens, all that the budget of "
                f"{format_money(ledger.limit or 0)}{_of(ledger)} could still pay{so_far}",
                response.text,
            )

    def _close(self) -> None:
        self._open = False
        if self.micros:
            for ledger in self._ledgers:
                ledger.reserved -= self.micros
                ledger.open -= 1


class Once:
    """Passes each message on once, however often it is said."""

    __slots__ = ("_said", "_say")

    def __init__(self, say: Notify) -> None:
        self._say = say
        self._said: set[str] = set()

    def __call__(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self._say(message)


class reserved:  # noqa: N801 - used like a function: `async with reserved(...) as grant`
    """Reserve the most that `request` can cost in every ledger, for the time of the call.

    Inside, send `grant.request` and call `grant.settle(response.usage)`. Leaving without settling
    gives the reservation back, but charges the `usage` that an error carries, if it does, and the
    whole reservation if the error is `unseen`: the provider got the request and may bill it.

    With `price` None nothing can be bounded: the call passes, and `notify` is told so (wrap it in
    `Once`). Raises BudgetExceeded when not even `minimum` tokens of reply can be paid; its `scope`
    is the ledger that cannot.
    """

    __slots__ = ("_grant", "_ledgers", "_minimum", "_notify", "_price", "_request", "_tokens")

    def __init__(
        self,
        ledgers: Sequence[Ledger],
        request: Request,
        price: Price | None,
        minimum: int = MINIMUM_TOKENS,
        notify: Notify | None = None,
        tokens: int = -1,
    ) -> None:
        self._ledgers = ledgers
        self._request = request
        self._price = price
        self._minimum = minimum
        self._notify = notify
        self._tokens = most_input_tokens(request) if tokens < 0 else tokens

    def at_once(self) -> Grant | None:
        """The reservation if it fits everywhere and passes nobody."""
        ledgers, request, price = self._ledgers, self._request, self._price
        if price is None:
            if self._notify is not None:
                limited = any(ledger.blocks for ledger in ledgers)
                self._notify(unpriced(request.model, limited))
            return _take((), request, None, 0, None, self._notify)
        whole = -1
        for ledger in ledgers:
            if ledger.limit is not None and ledger.on_exceed == "block":
                if whole < 0:
                    whole = price.most(self._tokens, request.max_tokens)
                if ledger.waiting or whole > ledger.limit - ledger.spent - ledger.reserved:
                    return None
        return _take(ledgers, request, price, max(whole, 0), None, self._notify)

    async def in_turn(self) -> Grant:
        """The reservation when it fits, after those that came before. Raises BudgetExceeded."""
        assert self._price is not None
        ledgers, request, notify = self._ledgers, self._request, self._notify
        return await _queue(ledgers, request, self._price, self._tokens, self._minimum, notify)

    async def __aenter__(self) -> Grant:
        self._grant = self.at_once() or await self.in_turn()
        return self._grant

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._grant.end(error)


def unpriced(model: str, limited: bool = False) -> str:
    """What to say of a model that is not in the price table."""
    consequence = "its calls do not count against budgets" if limited else "its cost is unknown"
    return f"no price is known for the model '{model}': {consequence}"


# Scopes


_around: ContextVar[tuple[Ledger, ...]] = ContextVar("vega_budgets", default=())


def around() -> tuple[Ledger, ...]:
    """The budgets whose `async with` this code is in, from the outside, each once."""
    inside = _around.get()
    return inside if len(inside) < 2 else tuple(dict.fromkeys(inside))


def ledger_of(limit: float, site: str, on_exceed: OnExceed = "block") -> Ledger:
    """A budget of so many US dollars, infinity for one that only counts. Raises ValueError."""
    if not limit >= 0:  # so that what is no number is refused too
        raise ValueError(f"a budget is 0 US dollars or more, not {limit}")
    return Ledger(None if limit == math.inf else round(limit * 1_000_000), on_exceed, site)


class budget:  # noqa: N801 - used like a function: `async with budget(10.00) as money`
    """A budget of so many US dollars for every message that is sent inside the `async with`.

    Tasks that are started inside belong to it too, and scopes nest: a call is paid from all that
    are around it. `on_exceed` is "block" (a call that cannot be paid raises BudgetExceeded),
    "warn" (a warning is logged, once) or "allow" (it only counts). Several tasks may enter the
    same budget, and one may enter it again. Raises ValueError for a limit below 0.
    """

    __slots__ = ("ledger",)

    def __init__(self, limit: float, on_exceed: OnExceed = "block", name: str = "") -> None:
        if on_exceed not in ("block", "warn", "allow"):
            raise ValueError(f"on_exceed is block, warn or allow, not {on_exceed!r}")
        self.ledger = ledger_of(limit, name, on_exceed)

    def remaining(self) -> float:
        """US dollars that are neither spent nor reserved by calls that are under way."""
        left = self.ledger.remaining()
        return math.inf if left is None else left / 1_000_000

    def used(self) -> float:
        """US dollars that were spent."""
        return self.ledger.used() / 1_000_000

    async def __aenter__(self) -> "budget":
        _around.set((*_around.get(), self.ledger))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not with a token: several tasks may be inside of one budget, and leave it as they like.
        inside = list(_around.get())
        if self.ledger in inside:
            inside.reverse()
            inside.remove(self.ledger)
            _around.set(tuple(reversed(inside)))


# Reservations


class _Ticket:
    """A reservation that waits for its turn in the ledgers it does not fit in."""

    __slots__ = ("attempt", "future", "granted", "number", "waits")

    def __init__(
        self,
        number: int,
        attempt: "Callable[[_Ticket], Grant | None]",
        future: asyncio.Future[None],
    ) -> None:
        self.number = number
        self.attempt = attempt
        self.future = future
        self.granted: Grant | None = None
        self.waits: list[Ledger] = []

    def __lt__(self, other: "_Ticket") -> bool:
        return self.number < other.number


_numbers = count()


async def _queue(
    ledgers: Sequence[Ledger],
    request: Request,
    price: Price,
    tokens: int,
    minimum: int,
    notify: Notify | None,
) -> Grant:
    limits = [ledger for ledger in ledgers if ledger.blocks]
    attempt = partial(_attempt, ledgers, limits, request, price, tokens, minimum, notify)
    ticket = _Ticket(next(_numbers), attempt, asyncio.get_running_loop().create_future())
    ticket.granted = attempt(ticket)
    if ticket.granted is None:
        try:
            await ticket.future
        except BaseException:
            if ticket.granted is not None:
                ticket.granted.release()
            else:
                _wake(_withdraw(ticket))
            raise
    assert ticket.granted is not None
    return ticket.granted


def _attempt(
    ledgers: Sequence[Ledger],
    limits: Sequence[Ledger],
    request: Request,
    price: Price,
    tokens: int,
    minimum: int,
    notify: Notify | None,
    ticket: _Ticket,
) -> Grant | None:
    """Grant the reservation, or queue it where it must wait; BudgetExceeded when it never fits."""
    least = price.most(tokens, min(minimum, request.max_tokens))
    reply = request.max_tokens
    lowered: Ledger | None = None
    for ledger in limits:
        # Spent money never comes back, so waiting cannot help a call that is too dear already.
        if least > (ledger.limit or 0) - ledger.spent:
            raise _exceeded(ledger, _too_dear(ledger, request, least))
        if ledger.open == 0 and price.most(tokens, reply) > ledger.left():
            reply = price.affordable(tokens, ledger.left())
            lowered = ledger
    need = price.most(tokens, reply)
    for ledger in limits:
        behind = bool(ledger.waiting) and ledger.waiting[0].number < ticket.number
        if behind or need > ledger.left():
            insort(ledger.waiting, ticket)
            ticket.waits.append(ledger)
    if ticket.waits:
        return None
    if lowered is not None:
        request = replace(request, max_tokens=reply)
    return _take(ledgers, request, price, need, lowered, notify)


def _take(
    ledgers: Sequence[Ledger],
    request: Request,
    price: Price | None,
    micros: int,
    lowered: Ledger | None,
    notify: Notify | None,
) -> Grant:
    if micros:  # a free call gives nothing back, so nobody should wait for it
        for ledger in ledgers:
            ledger.reserved += micros
            ledger.open += 1
    return Grant(request, price, ledgers, micros, lowered, notify)


def _wake(ledgers: Sequence[Ledger]) -> None:
    """Give waiting reservations, oldest first, what has become free in these ledgers.

    A reservation stands only in the queues of ledgers it does not fit in, so one that waits for its
    agent's budget holds up nobody at the run's.
    """
    changed = list(ledgers)
    for ledger in changed:  # grows while it runs
        queue = ledger.waiting
        while queue:
            ticket = queue[0]
            left = _withdraw(ticket)
            if ticket.future.done():
                continue
            try:
                ticket.granted = ticket.attempt(ticket)
            except BudgetExceeded as failure:
                ticket.future.set_exception(failure)
            else:
                if ticket.granted is not None:
                    ticket.future.set_result(None)
            changed += [
                other for other in left if other not in ticket.waits and other is not ledger
            ]
            if ledger in ticket.waits:
                break  # still does not fit here, and nobody passes it


def _withdraw(ticket: _Ticket) -> list[Ledger]:
    """Take a reservation out of its queues, and return these ledgers."""
    left = ticket.waits
    for ledger in left:
        ledger.waiting.remove(ticket)
    ticket.waits = []
    return left


def _too_dear(ledger: Ledger, request: Request, least: int) -> str:
    return (
        f"the budget of {format_money(ledger.limit or 0)}{_of(ledger)} does not allow this call of "
        f"'{request.model}': {format_money(ledger.spent)} is spent, and the call may cost "
        f"{format_money(least)} or more"
    )


def _of(ledger: Ledger) -> str:
    return f" of {ledger.site}" if ledger.site else ""


def _exceeded(ledger: Ledger, message: str, text: str = "") -> BudgetExceeded:
    return BudgetExceeded(message, site=ledger.site or None, scope=ledger, text=text)
