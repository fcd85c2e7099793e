"""Budgets: reserved before a call, settled after it, never overspent."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime.budget import Ledger, Once, most_input_tokens, reserved
from vega_runtime.errors import BudgetExceeded, ModelError
from vega_runtime.models.base import (
    Attachment,
    Message,
    Request,
    Response,
    ToolCall,
    ToolSchema,
    Usage,
)
from vega_runtime.models.prices import FREE, Price

CENT = 10_000
# $1 and $2 per million tokens: a token costs one or two micro-dollars.
PRICE = Price(1_000_000, 2_000_000, 1_000_000, 100_000)


def ask(max_tokens: int = 1000, text: str = "") -> Request:
    return Request("m", (Message("user", text),), max_tokens=max_tokens)


INPUT = most_input_tokens(ask())


async def test_a_call_is_reserved_and_then_settled_at_its_true_cost() -> None:
    ledger = Ledger(CENT)
    async with reserved([ledger], ask(), PRICE) as grant:
        assert ledger.reserved == INPUT + 2000
        assert ledger.remaining() == CENT - INPUT - 2000
        assert not grant.lowered
        assert grant.settle(Usage(10, 5)) == 20
    assert (ledger.spent, ledger.reserved, ledger.remaining()) == (20, 0, CENT - 20)
    assert grant.cost == 20


async def test_every_enclosing_budget_is_charged() -> None:
    scopes = [Ledger(CENT, site="run"), Ledger(None, site="agent"), Ledger(CENT // 2, site="step")]
    async with reserved(scopes, ask(), PRICE) as grant:
        grant.settle(Usage(100, 100))
    assert [scope.spent for scope in scopes] == [300, 300, 300]
    assert [scope.reserved for scope in scopes] == [0, 0, 0]


async def test_max_tokens_is_lowered_to_what_is_left() -> None:
    ledger = Ledger(INPUT + 2 * 400 + 1)
    async with reserved([ledger], ask(1000), PRICE) as grant:
        assert grant.request.max_tokens == 400
        assert grant.lowered is ledger
        grant.settle(Usage(INPUT, 400))
    assert ledger.spent <= INPUT + 2 * 400 + 1


async def test_a_reply_cut_by_the_lowering_exceeds_the_budget_and_keeps_its_text() -> None:
    ledger = Ledger(INPUT + 2 * 400, site="w/draft")
    async with reserved([ledger], ask(1000), PRICE) as grant:
        response = Response("so far", stop_reason="max_tokens", usage=Usage(10, 400))
        grant.settle(response.usage)
        with pytest.raises(BudgetExceeded, match="cut at 400 tokens") as caught:
            grant.check_cut(response)
    assert caught.value.text == "so far"
    assert caught.value.scope is ledger
    assert caught.value.site == "w/draft"


async def test_a_reply_cut_by_its_own_limit_is_no_budget_matter() -> None:
    async with reserved([Ledger(CENT)], ask(1000), PRICE) as grant:
        grant.check_cut(Response("x", stop_reason="max_tokens", usage=Usage(10, 1000)))


async def test_too_little_for_256_tokens_fails_before_the_call() -> None:
    ledger = Ledger(INPUT + 2 * 256 - 1, site="w")
    with pytest.raises(BudgetExceeded, match="budget") as caught:
        async with reserved([ledger], ask(1000), PRICE):
            pytest.fail("the call was made")
    assert caught.value.scope is ledger
    assert (ledger.spent, ledger.reserved) == (0, 0)


async def test_an_agents_own_limit_below_256_is_the_least() -> None:
    ledger = Ledger(INPUT + 2 * 100)
    async with reserved([ledger], ask(100), PRICE) as grant:
        assert grant.request.max_tokens == 100
        assert not grant.lowered


async def test_what_does_not_fit_waits_until_others_settle() -> None:
    ledger = Ledger(INPUT + 2000)
    order: list[str] = []
    release = asyncio.Event()

    async def first() -> None:
        async with reserved([ledger], ask(), PRICE) as grant:
            order.append("first begins")
            await release.wait()
            order.append("first ends")
            grant.settle(Usage(1, 0))

    async def second() -> None:
        async with reserved([ledger], ask(800), PRICE) as grant:
            order.append("second begins")
            assert not grant.lowered
            grant.settle(Usage(1, 0))

    async with asyncio.TaskGroup() as group:
        group.create_task(first())
        group.create_task(second())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert order == ["first begins"]
        release.set()
    assert order == ["first begins", "first ends", "second begins"]


async def test_waiting_ends_in_failure_when_the_money_is_gone() -> None:
    ledger = Ledger(INPUT + 2000)

    async def spend(ready: asyncio.Event) -> None:
        async with reserved([ledger], ask(), PRICE) as grant:
            await ready.wait()
            grant.settle(Usage(INPUT, 1000))

    ready = asyncio.Event()
    spender = asyncio.create_task(spend(ready))
    await asyncio.sleep(0)

    async def wait_for_room() -> None:
        async with reserved([ledger], ask(), PRICE):
            pytest.fail("the call was made")

    waiter = asyncio.create_task(wait_for_room())
    await asyncio.sleep(0)
    ready.set()
    await spender
    with pytest.raises(BudgetExceeded):
        await waiter
    assert (ledger.spent, ledger.reserved, ledger.open) == (INPUT + 2000, 0, 0)


async def test_a_cancelled_wait_leaves_the_others_their_turn() -> None:
    ledger = Ledger(2 * INPUT + 3000)
    began: list[str] = []

    async def call(name: str, tokens: int, done: asyncio.Event) -> None:
        async with reserved([ledger], ask(tokens), PRICE) as grant:
            began.append(name)
            await done.wait()
            grant.settle(Usage(0, 0))

    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(call("first", 1000, done))
        await asyncio.sleep(0)
        large = group.create_task(call("large", 1000, done))
        await asyncio.sleep(0)
        group.create_task(call("small", 400, done))  # fits, but must not pass the large one
        await asyncio.sleep(0)
        assert began == ["first"]
        large.cancel()
        while len(began) < 2:  # noqa: ASYNC110 - the order within the loop is what is tested
            await asyncio.sleep(0)
        assert began == ["first", "small"]
        done.set()
    assert (ledger.spent, ledger.reserved, ledger.open) == (0, 0, 0)


async def test_waiting_for_ones_own_budget_does_not_hold_up_others() -> None:
    run, agent = Ledger(CENT), Ledger(INPUT + 2000)
    done = asyncio.Event()
    began: list[str] = []

    async def call(name: str, ledgers: list[Ledger]) -> None:
        async with reserved(ledgers, ask(), PRICE) as grant:
            began.append(name)
            await done.wait()
            grant.settle(Usage(1, 1))

    async with asyncio.TaskGroup() as group:
        group.create_task(call("first", [run, agent]))
        await asyncio.sleep(0)
        group.create_task(call("second", [run, agent]))
        await asyncio.sleep(0)
        group.create_task(call("other", [run]))
        await asyncio.sleep(0)
        assert began == ["first", "other"]
        done.set()
    assert began == ["first", "other", "second"]


async def test_a_failed_call_gives_its_money_back() -> None:
    ledger = Ledger(CENT)
    with pytest.raises(ModelError):
        async with reserved([ledger], ask(), PRICE):
            raise ModelError("overloaded", kind="overloaded")
    assert (ledger.spent, ledger.reserved, ledger.open) == (0, 0, 0)


async def test_a_broken_stream_is_charged_what_it_used() -> None:
    ledger = Ledger(CENT)
    failure = ModelError("cut")
    failure.__dict__["usage"] = Usage(100, 10)
    with pytest.raises(ModelError):
        async with reserved([ledger], ask(), PRICE):
            raise failure
    assert ledger.spent == 120


async def test_warn_lets_calls_pass_and_says_so_once() -> None:
    said: list[str] = []
    ledger = Ledger(100, on_exceed="warn", site="agent Coder")
    for _ in range(3):
        async with reserved([ledger], ask(), PRICE, notify=said.append) as grant:
            assert not grant.lowered
            grant.settle(Usage(100, 0))
    assert ledger.spent == 300
    assert len(said) == 1
    assert "agent Coder" in said[0]


async def test_allow_says_nothing() -> None:
    said: list[str] = []
    ledger = Ledger(100, on_exceed="allow")
    async with reserved([ledger], ask(), PRICE, notify=said.append) as grant:
        grant.settle(Usage(1000, 0))
    assert ledger.spent == 1000
    assert said == []


async def test_an_unknown_price_is_said_once_and_never_guessed() -> None:
    said: list[str] = []
    once = Once(said.append)
    ledger = Ledger(1)
    for _ in range(2):
        async with reserved([ledger], ask(), None, notify=once) as grant:
            assert grant.settle(Usage(1000, 1000)) is None
    assert grant.cost is None
    assert ledger.spent == 0
    assert len(said) == 1
    assert "'m'" in said[0]


async def test_a_free_model_needs_no_money() -> None:
    ledger = Ledger(0)
    async with reserved([ledger], ask(), FREE) as grant:
        assert grant.settle(Usage(1000, 1000)) == 0


async def test_200_parallel_calls_do_not_overspend_a_dollar_by_a_cent() -> None:
    ledger = Ledger(1_000_000)
    price = Price(3_000_000, 15_000_000, 3_750_000, 300_000)
    most = 0
    failed = 0

    async def call(index: int) -> None:
        nonlocal most, failed
        try:
            async with reserved([ledger], ask(1000, "x" * (index % 50)), price) as grant:
                for _ in range(index % 3):
                    await asyncio.sleep(0)
                most = max(most, ledger.spent + ledger.reserved)
                tokens = grant.request.max_tokens
                grant.settle(Usage(50 + index % 50, tokens - index % 2))
        except BudgetExceeded:
            failed += 1

    async with asyncio.TaskGroup() as group:
        for index in range(200):
            group.create_task(call(index))
    assert ledger.spent <= 1_000_000
    assert most <= 1_000_000
    assert failed > 0
    assert ledger.spent > 950_000  # and it was used
    assert (ledger.reserved, ledger.open, ledger.waiting) == (0, 0, [])


CALLS = st.lists(
    st.tuples(
        st.sets(st.integers(0, 3), min_size=1),  # the ledgers it charges
        st.integers(1, 3000),  # max_tokens
        st.integers(0, 300),  # bytes of text
        st.floats(0, 1),  # the share of its bound that it uses
        st.integers(0, 4),  # how long it takes
        st.sampled_from(["settle", "settle", "fail", "cancel"]),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(CALLS, st.lists(st.integers(0, 20_000), min_size=4, max_size=4))
def test_no_mix_of_calls_overspends_or_hangs(calls: list[tuple], limits: list[int]) -> None:
    asyncio.run(asyncio.wait_for(_mix(calls, limits), 20))


async def _mix(calls: list[tuple], limits: list[int]) -> None:
    ledgers = [Ledger(limit) for limit in limits]

    def check() -> None:
        for ledger, limit in zip(ledgers, limits, strict=True):
            assert 0 <= ledger.spent + ledger.reserved <= limit

    async def call(
        which: set[int], tokens: int, size: int, share: float, steps: int, how: str
    ) -> None:
        request = ask(tokens, "é" * (size // 2))
        charged = [ledgers[index] for index in sorted(which)]
        try:
            async with reserved(charged, request, PRICE) as grant:
                check()
                assert min(256, tokens) <= grant.request.max_tokens <= tokens
                for _ in range(steps):
                    await asyncio.sleep(0)
                if how == "fail":
                    raise ModelError("no")
                bound = most_input_tokens(grant.request)
                used = Usage(int(bound * share), int(grant.request.max_tokens * share))
                grant.settle(used)
                check()
        except (BudgetExceeded, ModelError):
            pass
        check()

    tasks = [asyncio.create_task(call(*given)) for given in calls]
    for _ in range(2):
        await asyncio.sleep(0)
    for task, given_ in zip(tasks, calls, strict=True):
        if given_[5] == "cancel":
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, asyncio.CancelledError)
    for ledger in ledgers:
        assert (ledger.reserved, ledger.open, ledger.waiting) == (0, 0, [])


async def test_calls_are_granted_in_the_order_they_came() -> None:
    ledger = Ledger(INPUT + 2000)
    order: list[int] = []

    async def call(index: int) -> None:
        async with reserved([ledger], ask(), PRICE) as grant:
            order.append(index)
            await asyncio.sleep(0)
            grant.settle(Usage(0, 0))

    async with asyncio.TaskGroup() as group:
        for index in range(20):
            group.create_task(call(index))
    assert order == list(range(20))


# The bound of the input


@given(st.text(), st.text(), st.text())
def test_the_bound_counts_every_byte(system: str, text: str, answer: str) -> None:
    messages = (Message("user", text), Message("assistant", answer))
    request = Request("m", messages, system=system)
    size = sum(len(part.encode("utf-8", "surrogatepass")) for part in (system, text, answer))
    assert most_input_tokens(request) >= size


def test_the_bound_counts_tools_calls_and_results() -> None:
    plain = most_input_tokens(ask())
    tool = ToolSchema("search", "d" * 500, {"type": "object", "properties": {"q": {}}})
    with_tool = Request("m", (Message("user"),), tools=(tool,))
    assert most_input_tokens(with_tool) > plain + 500
    call = Message("assistant", tool_calls=(ToolCall("1", "search", {"q": "z" * 300}),))
    assert most_input_tokens(Request("m", (call,))) > plain + 300
    raw = Message("assistant", raw={"anthropic": [{"type": "thinking", "signature": "s" * 900}]})
    assert most_input_tokens(Request("m", (raw,))) > plain + 900


def pdf(pages: int, *, compressed: bool) -> bytes:
    objects = b"<< /Type /Pages /Count %d >>" % pages
    objects += b"<< /Type /Page /Parent 1 0 R >>" * pages
    if not compressed:
        return b"%PDF-1.4\n" + objects
    packed = zlib.compress(objects)
    head = b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n"
    return b"%PDF-1.7\n" + head + packed + b"\nendstream"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_pdf_is_bounded_by_its_pages(compressed: bool) -> None:
    def bound(pages: int) -> int:
        file = Attachment("a.pdf", "application/pdf", pdf(pages, compressed=compressed))
        return most_input_tokens(Request("m", (Message("user", attachments=(file,)),)))

    assert bound(3) - bound(2) == bound(2) - bound(1) >= 7_000


def test_a_pdf_that_cannot_be_read_counts_as_the_longest() -> None:
    file = Attachment("a.pdf", "application/pdf", b"%PDF garbage")
    bound = most_input_tokens(Request("m", (Message("user", attachments=(file,)),)))
    assert bound >= 600 * 7_000


def test_an_image_has_a_bound() -> None:
    file = Attachment("a.png", "image/png", b"\x89PNG")
    bound = most_input_tokens(Request("m", (Message("user", attachments=(file,)),)))
    assert 4_784 < bound < 10_000


async def test_a_lowering_budget_between_others_is_found() -> None:
    run, agent = Ledger(CENT), Ledger(INPUT + 2 * 300)
    async with AsyncExitStack() as stack:
        enter: Callable[..., Awaitable] = stack.enter_async_context
        grant = await enter(reserved([run, agent], ask(1000), PRICE))
        assert grant.lowered is agent
        assert run.reserved == agent.reserved == INPUT + 600
