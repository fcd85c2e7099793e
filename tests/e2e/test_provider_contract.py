"""What every provider of models promises, checked with each of them.

`Desk`s tell a provider what to reply: a mock of its HTTP API, the script of a test, or a recording.
The embedded model says what it wants; it takes part where that does not matter.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import mock_anthropic, mock_openai
from tests.e2e.mock_anthropic import MockAnthropic
from tests.e2e.mock_http import MockApi, Reply
from tests.e2e.mock_openai import MockOpenAI
from vega_runtime import Agent, Retry, Run, RunOptions, program, workflow
from vega_runtime.budget import Ledger, reserved
from vega_runtime.errors import ModelError
from vega_runtime.models.anthropic import AnthropicModel
from vega_runtime.models.base import (
    Message,
    Model,
    Request,
    Response,
    StreamEvent,
    TextDelta,
    ToolResult,
    ToolSchema,
    Usage,
)
from vega_runtime.models.download import installed
from vega_runtime.models.openai import OpenAIModel
from vega_runtime.models.prices import price_of
from vega_runtime.models.record import Recorder, Recording, Replay
from vega_runtime.models.registry import model_for
from vega_runtime.models.scripted import ScriptedModel

SEARCH = ToolSchema(
    "search", "Searches", {"type": "object", "properties": {"q": {"type": "string"}}}
)
USAGE = Usage(12, 9, cache_read_tokens=8)
BOTH = pytest.mark.parametrize("streamed", [False, True])
KINDS = [
    "rate_limit",
    "overloaded",
    "timeout",
    "temporary",
    "authentication",
    "invalid_request",
]


@dataclass
class Said:
    """What a provider is told to reply."""

    text: str = ""
    tools: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    stop: str | None = None
    usage: Usage = USAGE
    error: str | None = None


class Desk:
    """A provider and the way to tell it what to say; `scripted` False where there is none."""

    scripted = True
    name = "test-model"
    model: Model

    def says(self, *replies: Said) -> None:
        raise NotImplementedError


class HttpDesk(Desk):
    """A provider that calls a mock of its API."""

    api: MockApi

    def says(self, *replies: Said) -> None:
        self.api.add(*(self.error(said) if said.error else self.reply(said) for said in replies))

    def reply(self, said: Said, **how: Any) -> Reply:
        return Reply(self.body(said), **how)

    def body(self, said: Said) -> dict[str, Any]:
        raise NotImplementedError

    def error(self, said: Said) -> Reply:
        raise NotImplementedError

    def limited(self, **limits: float) -> Model:
        """The provider with other time limits."""
        raise NotImplementedError


STATUS = {
    "rate_limit": 429,
    "overloaded": 503,
    "timeout": 408,
    "temporary": 500,
    "authentication": 401,
    "invalid_request": 400,
}


class AnthropicDesk(HttpDesk):
    name = "claude-haiku-4-5"
    key = "ANTHROPIC_API_KEY"

    def __init__(self, api: MockAnthropic) -> None:
        self.api = api
        env = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": api.url}
        self.model = model_for(self.name, env=env)

    def body(self, said: Said) -> dict[str, Any]:
        stops = {"max_tokens": "max_tokens", "refusal": "refusal"}
        usage = {
            "input_tokens": said.usage.input_tokens,
            "output_tokens": said.usage.output_tokens,
            "cache_read_input_tokens": said.usage.cache_read_tokens,
        }
        return mock_anthropic.message(
            said.text,
            tools=said.tools,
            stop_reason=stops.get(said.stop or ""),
            usage=usage,
            model=self.name,
        )

    def error(self, said: Said) -> Reply:
        return mock_anthropic.error(STATUS[said.error or ""], "the reason")

    def limited(self, **limits: float) -> Model:
        return AnthropicModel(api_key="test-key", base_url=self.api.url, **limits)


class OpenAIDesk(HttpDesk):
    name = "gpt-test"
    key = "OPENAI_API_KEY"

    def __init__(self, api: MockOpenAI) -> None:
        self.api = api
        env = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": api.url}
        self.model = model_for(self.name, env=env)

    def body(self, said: Said) -> dict[str, Any]:
        stops = {"max_tokens": "length", "refusal": "content_filter"}
        usage = {
            "prompt_tokens": said.usage.input_tokens + said.usage.cache_read_tokens,
            "completion_tokens": said.usage.output_tokens,
            "prompt_tokens_details": {"cached_tokens": said.usage.cache_read_tokens},
        }
        return mock_openai.completion(
            said.text,
            tools=said.tools,
            finish_reason=stops.get(said.stop or ""),
            usage=usage,
            model=self.name,
        )

    def error(self, said: Said) -> Reply:
        return mock_openai.error(STATUS[said.error or ""], "the reason")

    def limited(self, **limits: float) -> Model:
        return OpenAIModel(api_key="test-key", base_url=self.api.url, **limits)


def entry(said: Said) -> dict[str, Any]:
    if said.error:
        return {"error": said.error}
    calls = [{"name": name, "arguments": given} for name, given in said.tools]
    usage = {name: getattr(said.usage, name) for name in Usage.__dataclass_fields__}
    reply: dict[str, Any] = {"text": said.text, "tool_calls": calls, "usage": usage}
    if said.stop:
        reply["stop_reason"] = said.stop
    return {"reply": reply}


class ScriptedDesk(Desk):
    name = "scripted"

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self.model = ScriptedModel()

    def says(self, *replies: Said) -> None:
        self._entries += [entry(said) for said in replies]
        self.model = ScriptedModel(self._entries)


class Replaying:
    """Records each call with a script, and then answers it from the recording."""

    def __init__(self, script: ScriptedModel, folder: Path) -> None:
        self._script = script
        self._folder = folder
        self._count = 0

    async def _replay(self, request: Request) -> Replay:
        self._count += 1
        path = self._folder / f"{self._count}.jsonl"
        # A failure is in the recording too.
        with Recording(path) as recording, contextlib.suppress(ModelError):
            await Recorder(self._script, recording).generate(request)
        return Replay(path)

    async def generate(self, request: Request) -> Response:
        return await (await self._replay(request)).generate(request)

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        async for event in (await self._replay(request)).stream(request):
            yield event

    async def close(self) -> None:
        await self._script.close()


class ReplayDesk(Desk):
    name = "replayed"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.says()

    def says(self, *replies: Said) -> None:
        script = ScriptedModel([entry(said) for said in replies])
        self.model = Replaying(script, self._folder)


class LocalDesk(Desk):
    scripted = False
    name = "local/smollm2"

    def __init__(self) -> None:
        pytest.importorskip("xllamacpp")
        if installed("smollm2", os.environ) is None:
            pytest.skip("the embedded model is not fetched here (vegac models pull)")
        self.model = model_for(self.name, env=os.environ)


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    match request.param:
        case "anthropic":
            with MockAnthropic(key="test-key") as api:
                yield AnthropicDesk(api)
        case "openai":
            with MockOpenAI(key="test-key") as api:
                yield OpenAIDesk(api)
        case "scripted":
            yield ScriptedDesk()
        case "replay":
            yield ReplayDesk(tmp_path)
        case _:
            yield LocalDesk()


@pytest.fixture
async def desk(made: Desk) -> AsyncIterator[Any]:
    yield made
    await made.model.close()
    await made.model.close()  # safe to call twice


HTTP = pytest.mark.parametrize("made", ["anthropic", "openai"], indirect=True)
SCRIPTED = pytest.mark.parametrize(
    "made", ["anthropic", "openai", "scripted", "replay"], indirect=True
)
EVERY = pytest.mark.parametrize(
    "made",
    [
        "anthropic",
        "openai",
        "scripted",
        "replay",
        pytest.param("local", marks=pytest.mark.local_model),
    ],
    indirect=True,
)


def hello(desk: Desk, text: str = "Hello", **options: Any) -> Request:
    options.setdefault("max_tokens", 100)
    return Request(desk.name, (Message("user", text),), **options)


async def ask(model: Model, request: Request, streamed: bool) -> Response:
    if not streamed:
        return await model.generate(request)
    *pieces, response = [event async for event in model.stream(request)]
    assert isinstance(response, Response)
    texts = [piece.text for piece in pieces if isinstance(piece, TextDelta)]
    assert len(texts) == len(pieces)
    assert "".join(texts) == response.text
    return response


# Replies


@EVERY
@BOTH
async def test_a_text_with_its_usage(desk: Desk, streamed: bool) -> None:
    if desk.scripted:
        desk.says(Said("Grüße, 世界 and more"))
    response = await ask(desk.model, hello(desk), streamed)
    assert response.stop_reason in ("end_turn", "max_tokens")
    assert response.tool_calls == ()
    assert response.model
    assert response.id
    if desk.scripted:
        assert (response.text, response.stop_reason) == ("Grüße, 世界 and more", "end_turn")
        assert response.usage == USAGE
    else:
        assert response.text
        assert response.usage.input_tokens > 0
        assert response.usage.output_tokens > 0


@EVERY
async def test_streaming_gives_what_generating_gives(desk: Desk) -> None:
    calls = [("search", {"q": "größe", "n": [1, {"a": None}]}), ("search", {})]
    if desk.scripted:
        desk.says(*[Said("one two three")] * 2, *[Said("Look", calls)] * 2)
    for _ in range(2 if desk.scripted else 1):
        whole, streamed = [await ask(desk.model, hello(desk), how) for how in (False, True)]
        assert whole.text == streamed.text
        assert whole.stop_reason == streamed.stop_reason
        assert whole.usage == streamed.usage
        assert [(call.name, call.arguments) for call in whole.tool_calls] == [
            (call.name, call.arguments) for call in streamed.tool_calls
        ]


@EVERY
@BOTH
async def test_a_reply_is_cut_at_its_limit(desk: Desk, streamed: bool) -> None:
    if desk.scripted:
        desk.says(Said("Once upon a", stop="max_tokens"))
    request = hello(desk, "Write a long story.", max_tokens=5)
    response = await ask(desk.model, request, streamed)
    assert response.stop_reason == "max_tokens"
    assert response.text
    if not desk.scripted:
        assert response.usage.output_tokens == 5


@SCRIPTED
@BOTH
async def test_a_refusal_is_a_reply(desk: Desk, streamed: bool) -> None:
    desk.says(Said("No.", stop="refusal"))
    response = await ask(desk.model, hello(desk), streamed)
    assert (response.text, response.stop_reason) == ("No.", "refusal")


@SCRIPTED
@BOTH
async def test_an_empty_reply(desk: Desk, streamed: bool) -> None:
    desk.says(Said(""))
    response = await ask(desk.model, hello(desk), streamed)
    assert (response.text, response.stop_reason) == ("", "end_turn")


@SCRIPTED
@BOTH
async def test_parallel_tool_calls_and_their_results(desk: Desk, streamed: bool) -> None:
    calls = [("search", {"q": "größe", "n": [1, {"a": None}]}), ("search", {})]
    desk.says(Said("Let me look", calls), Said("Found."))
    request = hello(desk, tools=(SEARCH,))
    response = await ask(desk.model, request, streamed)
    assert response.stop_reason == "tool_use"
    assert response.text == "Let me look"
    assert [(call.name, dict(call.arguments)) for call in response.tool_calls] == calls
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == 2
    results = tuple(ToolResult(id_, "found", is_error=id_ == ids[1]) for id_ in ids)
    said = Message("assistant", response.text, response.tool_calls, raw=response.raw)
    talk = (*request.messages, said, Message("user", tool_results=results))
    after = await ask(desk.model, Request(desk.name, talk, tools=(SEARCH,)), streamed)
    assert (after.text, after.tool_calls, after.stop_reason) == ("Found.", (), "end_turn")


@SCRIPTED
async def test_a_reply_of_one_provider_goes_on_with_another(desk: Desk, tmp_path: Path) -> None:
    """The blocks of another provider do not travel, what was said does."""
    desk.says(Said("Look", [("search", {"q": "a"})]), Said("Done."))
    first = await desk.model.generate(hello(desk))
    other = "anthropic" if isinstance(desk, OpenAIDesk) else "openai"
    said = Message("assistant", first.text, first.tool_calls, raw={other: [{"type": "odd"}]})
    found = Message("user", tool_results=(ToolResult(first.tool_calls[0].id, "b"),))
    talk = (*hello(desk).messages, said, found)
    assert (await desk.model.generate(Request(desk.name, talk))).text == "Done."
    if isinstance(desk, HttpDesk):
        assert "odd" not in str(desk.api.bodies[1])


@HTTP
async def test_many_calls_at_once(desk: HttpDesk) -> None:
    replies = await asyncio.gather(
        *(desk.model.generate(hello(desk, f"number {index}")) for index in range(50))
    )
    assert [reply.text for reply in replies] == [f"number {index}" for index in range(50)]


# Failures


@SCRIPTED
@BOTH
@pytest.mark.parametrize("kind", KINDS)
async def test_every_class_of_error(desk: Desk, kind: str, streamed: bool) -> None:
    desk.says(Said(error=kind))
    with pytest.raises(ModelError) as caught:
        await ask(desk.model, hello(desk), streamed)
    assert caught.value.kind == kind
    assert caught.value.message
    if isinstance(desk, HttpDesk):
        assert "the reason" in caught.value.message
        assert len(desk.api.received) == 1  # the SDK's own retries are off


@HTTP
@BOTH
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request"),
        (401, "authentication"),
        (403, "authentication"),
        (404, "invalid_request"),
        (408, "timeout"),
        (409, "temporary"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (425, "temporary"),
        (429, "rate_limit"),
        (500, "temporary"),
        (502, "temporary"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
    ],
)
async def test_statuses(desk: HttpDesk, status: int, kind: str, streamed: bool) -> None:
    desk.api.add(desk.api.error(status, "the reason"))
    with pytest.raises(ModelError, match="the reason") as caught:
        await ask(desk.model, hello(desk), streamed)
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert len(desk.api.received) == 1


@HTTP
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"error": null}', b"[]"])
async def test_an_error_without_words(desk: HttpDesk, body: bytes) -> None:
    desk.api.add(Reply(body, 502))
    with pytest.raises(ModelError, match="502") as caught:
        await desk.model.generate(hello(desk))
    assert caught.value.kind == "temporary"


@HTTP
@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("-3", 0.0)]
)
async def test_retry_after(desk: HttpDesk, value: str, seconds: float | None) -> None:
    for status in (429, 503, 529):
        error = desk.api.error(status, "no")
        desk.api.add(Reply(error.body, status, {"retry-after": value}))
        with pytest.raises(ModelError) as caught:
            await desk.model.generate(hello(desk))
        assert caught.value.retry_after == seconds


@HTTP
async def test_retry_after_a_date(desk: HttpDesk) -> None:
    date = {"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}
    desk.api.add(Reply(desk.api.error(429, "no").body, 429, date))
    with pytest.raises(ModelError) as caught:
        await desk.model.generate(hello(desk))
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 1e9


@HTTP
@BOTH
async def test_a_refused_key_names_its_variable_and_is_not_shown(
    desk: AnthropicDesk | OpenAIDesk, streamed: bool
) -> None:
    desk.api.key = "another"
    with pytest.raises(ModelError, match=desk.key) as caught:
        await ask(desk.model, hello(desk), streamed)
    assert caught.value.kind == "authentication"
    assert "test-key" not in str(caught.value)


@HTTP
@BOTH
async def test_a_server_that_is_not_there(desk: HttpDesk, streamed: bool) -> None:
    desk.api.__exit__(None, None, None)
    with pytest.raises(ModelError, match="cannot reach") as caught:
        await ask(desk.model, hello(desk), streamed)
    assert caught.value.kind == "temporary"
    desk.api = type(desk.api)()
    desk.api.__enter__()


@HTTP
@BOTH
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"id": "msg',
        b"<html>oops</html>",
        b"[1, 2]",
        b'"text"',
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"choices": [{}], "content": 3, "usage": 4}',
        b"[" * 100_000,
    ],
)
async def test_a_malformed_body(desk: HttpDesk, body: bytes, streamed: bool) -> None:
    desk.api.add(Reply(body))
    with pytest.raises(ModelError) as caught:
        await ask(desk.model, hello(desk), streamed)
    assert caught.value.kind == "temporary"
    assert len(caught.value.message) < 500


@HTTP
async def test_a_body_cut_short(desk: HttpDesk) -> None:
    desk.api.add(desk.reply(Said("x" * 500), cut=100))
    with pytest.raises(ModelError) as caught:
        await desk.model.generate(hello(desk))
    assert caught.value.kind == "temporary"


@HTTP
@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5])
async def test_a_stream_cut_in_the_middle(desk: HttpDesk, after: int) -> None:
    desk.api.add(desk.reply(Said("a longer text, in pieces"), cut=after))
    with pytest.raises(ModelError) as caught:
        await ask(desk.model, hello(desk), streamed=True)
    assert caught.value.kind == "temporary"


@HTTP
async def test_a_stream_that_ends_without_its_end(desk: HttpDesk) -> None:
    reply = desk.reply(Said("text"))
    assert isinstance(reply.body, dict)
    desk.api.add(Reply(reply.body, events=desk.api.as_events(reply.body)[:2]))
    with pytest.raises(ModelError, match="before it was complete") as caught:
        await ask(desk.model, hello(desk), streamed=True)
    assert caught.value.kind == "temporary"


@HTTP
@pytest.mark.parametrize("bad", ["{not json", "[]", "3", "null", '{"choices": [3], "type": 3}'])
async def test_a_malformed_event(desk: HttpDesk, bad: str) -> None:
    reply = desk.reply(Said("text"))
    assert isinstance(reply.body, dict)
    before = desk.api.as_events(reply.body)[:2]
    name = "message_delta" if isinstance(desk, AnthropicDesk) else None
    desk.api.add(Reply(reply.body, events=[*before, (name, bad)]))
    with pytest.raises(ModelError) as caught:
        await ask(desk.model, hello(desk), streamed=True)
    assert caught.value.kind == "temporary"


# Time


@HTTP
@BOTH
async def test_a_server_that_falls_silent_times_out(desk: HttpDesk, streamed: bool) -> None:
    desk.api.add(desk.reply(Said("never"), cut=2, stall=True))
    model = desk.limited(read_timeout=0.2)
    with pytest.raises(ModelError, match="did not answer in time") as caught:
        await ask(model, hello(desk), streamed)
    assert caught.value.kind == "timeout"
    await model.close()


@HTTP
@BOTH
async def test_a_server_that_drips_bytes_does_not_hold_a_call_open(
    desk: HttpDesk, streamed: bool
) -> None:
    desk.api.add(desk.reply(Said("never"), cut=2, drip=True))
    model = desk.limited(call_timeout=0.5)
    with pytest.raises(ModelError, match=r"did not complete its reply within 0\.5 s") as caught:
        await ask(model, hello(desk), streamed)
    assert caught.value.kind == "timeout"
    assert await asyncio.to_thread(desk.api.dropped.wait, 20)
    await model.close()


@HTTP
@BOTH
async def test_cancelling_closes_the_connection(desk: HttpDesk, streamed: bool) -> None:
    desk.api.add(desk.reply(Said("never"), cut=2, stall=True))
    task = asyncio.create_task(ask(desk.model, hello(desk), streamed))
    await asyncio.to_thread(desk.api.arrived.acquire)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(desk.api.dropped.wait, 20)


@HTTP
async def test_a_reader_that_leaves_closes_the_connection(desk: HttpDesk) -> None:
    desk.api.add(desk.reply(Said("a longer text"), cut=6, stall=True))
    stream: Any = desk.model.stream(hello(desk))
    assert isinstance(await anext(stream), TextDelta)
    await stream.aclose()
    assert await asyncio.to_thread(desk.api.dropped.wait, 20)


@HTTP
async def test_a_storm_of_overload_passes(desk: HttpDesk) -> None:
    """Thirty agents at once, two overloads for each: all get through, and no call is made twice."""
    retry = Retry(max_attempts=20, initial=0.01, max=0.02, jitter=0.5)
    agent = Agent("A", model=desk.name, retry=retry)

    @workflow(program("storm.vega.yaml"), "w", agents=[agent])
    async def w(run: Run) -> list[str]:
        async with run.group("w/g") as group:
            branches = [group.start(index, one, index) for index in range(30)]
        return [branch.value for branch in branches]

    async def one(run: Run, index: int) -> str:
        return await run.send("w/g/one", agent, f"number {index}")

    desk.api.add(*(desk.api.error(529, "overloaded") for _ in range(60)))
    env = {
        "ANTHROPIC_API_KEY": "test-key",
        "ANTHROPIC_BASE_URL": desk.api.url,
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": desk.api.url,
    }
    assert await w.with_options(RunOptions(env=env))() == [f"number {n}" for n in range(30)]
    assert len(desk.api.received) == 90


# What budgets are charged for a call that did not tell its usage

COSTLY = "claude-haiku-4-5"


async def spent(desk: AnthropicDesk, streamed: bool = False, model: Model | None = None) -> int:
    """What one call cost a budget, in micro-dollars, and never more than was reserved for it."""
    ledger = Ledger(1_000_000, "block", "test")
    price = price_of(COSTLY)
    assert price is not None
    with contextlib.suppress(ModelError, asyncio.CancelledError):
        async with reserved([ledger], hello(desk), price) as grant:
            response = await ask(model or desk.model, grant.request, streamed)
            grant.settle(response.usage)
    assert ledger.reserved == 0
    assert ledger.spent <= grant.micros
    return ledger.spent


ANTHROPIC = pytest.mark.parametrize("made", ["anthropic"], indirect=True)
WHOLE = 500
"""Less than all that is reserved for the call, more than any true cost here."""


@ANTHROPIC
@BOTH
async def test_a_call_that_is_cancelled_may_be_billed(desk: AnthropicDesk, streamed: bool) -> None:
    desk.api.add(desk.reply(Said("never"), cut=0, stall=True))
    task = asyncio.create_task(spent(desk, streamed))
    await asyncio.to_thread(desk.api.arrived.acquire)
    task.cancel()
    assert await task > WHOLE


@ANTHROPIC
async def test_a_call_that_times_out_may_be_billed(desk: AnthropicDesk) -> None:
    desk.api.add(*[desk.reply(Said("never"), cut=2, stall=True)] * 2)
    for limits in ({"read_timeout": 0.2}, {"call_timeout": 0.2}):
        model = desk.limited(**limits)
        assert await spent(desk, model=model) > WHOLE
        await model.close()


@ANTHROPIC
@BOTH
async def test_a_reply_that_cannot_be_read_may_be_billed(
    desk: AnthropicDesk, streamed: bool
) -> None:
    desk.api.add(Reply(b"<html>"), desk.reply(Said("x" * 500), cut=0))
    assert await spent(desk, streamed) > WHOLE
    assert await spent(desk, streamed) > WHOLE


@ANTHROPIC
async def test_what_is_known_of_a_cut_stream_is_billed(desk: AnthropicDesk) -> None:
    desk.api.add(desk.reply(Said("a longer text"), cut=4))
    assert 0 < await spent(desk, streamed=True) < WHOLE


@ANTHROPIC
@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_call_is_not_billed(desk: AnthropicDesk, kind: str) -> None:
    desk.says(Said(error=kind))
    assert await spent(desk) == 0


@ANTHROPIC
async def test_a_call_without_a_connection_is_not_billed(desk: AnthropicDesk) -> None:
    desk.api.__exit__(None, None, None)
    assert await spent(desk) == 0
    desk.api = MockAnthropic()
    desk.api.__enter__()
