"""Anthropic's models, against a server on loopback."""

import warnings
from collections.abc import Iterator

import pytest

from tests.e2e.mock_anthropic import MockAnthropic, error, error_event, events, message, token_count
from tests.e2e.mock_http import Reply
from vega_runtime.errors import ModelError
from vega_runtime.models.anthropic import AnthropicModel
from vega_runtime.models.base import (
    Attachment,
    Message,
    Model,
    Request,
    Response,
    TextDelta,
    ToolCall,
    ToolResult,
    ToolSchema,
    Usage,
)
from vega_runtime.models.registry import model_for

HELLO = Request("claude-haiku-4-5", (Message("user", "Hello"),), max_tokens=100)
SEARCH = ToolSchema("search", "Searches", {"type": "object", "properties": {"q": {}}})
BOTH = pytest.mark.parametrize("streamed", [False, True])


@pytest.fixture
def api() -> Iterator[MockAnthropic]:
    with MockAnthropic(key="test-key") as mock:
        yield mock


@pytest.fixture
async def model(api: MockAnthropic):
    env = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": api.url}
    model = model_for("claude-haiku-4-5", env=env)
    yield model
    await model.close()
    await model.close()


async def ask(model: Model, request: Request, streamed: bool) -> Response:
    if not streamed:
        return await model.generate(request)
    seen = [event async for event in model.stream(request)]
    response = seen[-1]
    assert isinstance(response, Response)
    assert "".join(event.text for event in seen[:-1] if isinstance(event, TextDelta)) == (
        response.text
    )
    return response


@BOTH
async def test_a_text(api: MockAnthropic, model: Model, streamed: bool) -> None:
    usage = {
        "input_tokens": 3,
        "output_tokens": 9,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2,
    }
    api.add(Reply(message("Grüße, 世界 and more", usage=usage)))
    response = await ask(model, HELLO, streamed)
    assert response.text == "Grüße, 世界 and more"
    assert response.stop_reason == "end_turn"
    assert response.usage == Usage(3, 9, cache_read_tokens=4, cache_write_tokens=2)
    assert response.model == "claude-haiku-4-5"
    assert response.id.startswith("msg_")
    body = api.bodies[0]
    assert body["messages"] == [{"role": "user", "content": "Hello"}]
    assert body["max_tokens"] == 100
    for absent in ("temperature", "system", "tools", "output_config"):
        assert absent not in body


@BOTH
async def test_options_reach_the_api(api: MockAnthropic, model: Model, streamed: bool) -> None:
    request = Request(
        "claude-haiku-4-5",
        (Message("user", "x"),),
        system="Be brief.",
        temperature=0.3,
        params={"top_p": 0.5},
        output_schema={"type": "object", "properties": {"a": {"type": "string"}}},
    )
    await ask(model, request, streamed)
    body = api.bodies[0]
    assert body["system"] == "Be brief."
    assert body["temperature"] == 0.3
    assert body["top_p"] == 0.5
    schema = body["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False


@BOTH
async def test_a_model_that_refuses_a_temperature_is_called_without(
    api: MockAnthropic, model: Model, streamed: bool
) -> None:
    api.add(error(400, "`temperature` is deprecated for this model."))
    request = Request("claude-sonnet-5", (Message("user", "hi"),), temperature=0.3)
    for _ in range(2):
        assert (await ask(model, request, streamed)).text == "hi"
    sent = [body.get("temperature") for body in api.bodies]
    assert sent == [0.3, None, None]  # and the refusal is remembered


@pytest.mark.parametrize(
    ("thinking", "temperature"),
    [
        ({"type": "adaptive"}, None),
        ({"type": "enabled", "budget_tokens": 2000}, None),
        ({"type": "disabled"}, 0.3),
        (None, 0.3),
    ],
)
async def test_a_model_that_thinks_is_sent_no_temperature(
    api: MockAnthropic, model: Model, thinking: dict | None, temperature: float | None
) -> None:
    params = {} if thinking is None else {"thinking": thinking}
    await model.generate(
        Request("claude-haiku-4-5", HELLO.messages, temperature=0.3, params=params)
    )
    assert api.bodies[0].get("temperature") == temperature
    assert api.bodies[0].get("thinking") == thinking


@pytest.mark.parametrize(
    ("max_tokens", "expected"),
    [
        (4096, {"type": "enabled", "budget_tokens": 3000}),
        (2000, {"type": "enabled", "budget_tokens": 1999}),
        (1024, None),
    ],
)
async def test_thinking_stays_below_a_lowered_limit(
    api: MockAnthropic, model: Model, max_tokens: int, expected: dict | None
) -> None:
    params = {"thinking": {"type": "enabled", "budget_tokens": 3000}}
    request = Request("claude-haiku-4-5", HELLO.messages, max_tokens=max_tokens, params=params)
    await model.generate(request)
    assert api.bodies[0].get("thinking") == expected
    assert request.params == {"thinking": {"type": "enabled", "budget_tokens": 3000}}


async def test_tokens_are_counted_by_the_api(api: MockAnthropic, model: AnthropicModel) -> None:
    api.add(Reply(token_count(2095)), error(429, "slow down"), Reply({"tokens": 3}))
    request = Request(
        "claude-haiku-4-5", HELLO.messages, "Be brief.", (SEARCH,), 100, 0.5, {"top_p": 0.5}
    )
    assert await model.count_tokens(request) == 2095
    assert api.received[0].path == "/v1/messages/count_tokens"
    assert set(api.bodies[0]) == {"model", "messages", "system", "tools"}
    for kind in ("rate_limit", "temporary"):
        with pytest.raises(ModelError) as caught:
            await model.count_tokens(request)
        assert caught.value.kind == kind


async def test_a_temperature_out_of_range_is_an_error(api: MockAnthropic, model: Model) -> None:
    api.add(error(400, "temperature: range: 0..1"))
    request = Request("claude-haiku-4-5", (Message("user", "hi"),), temperature=1.5)
    with pytest.raises(ModelError, match="range"):
        await model.generate(request)


@BOTH
async def test_parallel_tool_calls_and_their_results(
    api: MockAnthropic, model: Model, streamed: bool
) -> None:
    calls = [("search", {"q": "größe", "n": [1, {"a": None}]}), ("search", {})]
    api.add(Reply(message("Let me look", tools=calls, thinking="Two searches")))
    request = Request("claude-haiku-4-5", (Message("user", "find"),), tools=(SEARCH,))
    response = await ask(model, request, streamed)
    assert response.stop_reason == "tool_use"
    assert [(call.name, dict(call.arguments)) for call in response.tool_calls] == calls

    results = tuple(
        ToolResult(call.id, f"found {index}", is_error=index == 1)
        for index, call in enumerate(response.tool_calls)
    )
    said = Message("assistant", response.text, response.tool_calls, raw=response.raw)
    more = Request(
        "claude-haiku-4-5",
        (*request.messages, said, Message("user", tool_results=results)),
        tools=(SEARCH,),
    )
    await ask(model, more, streamed)
    _, assistant, user = api.bodies[1]["messages"]
    # The thinking goes back as it came, signature included.
    assert assistant["content"][0] == {
        "type": "thinking",
        "thinking": "Two searches",
        "signature": "c2lnbmVk",
    }
    assert [block["type"] for block in assistant["content"][1:]] == [
        "text",
        "tool_use",
        "tool_use",
    ]
    assert assistant["content"][2]["input"] == calls[0][1]
    first, second = user["content"]
    assert first["tool_use_id"] == response.tool_calls[0].id
    assert first["content"] == "found 0"
    assert "is_error" not in first
    assert second["is_error"] is True
    assert second["cache_control"] == {"type": "ephemeral"}  # the next round repeats all of it
    tool = api.bodies[1]["tools"][0]
    assert tool == {
        "name": "search",
        "description": "Searches",
        "input_schema": {"type": "object", "properties": {"q": {}}},
    }


async def test_another_providers_turn_is_sent_as_text_and_calls(
    api: MockAnthropic, model: Model
) -> None:
    said = Message("assistant", "hm", (ToolCall("c1", "search", {"q": "x"}),), raw={"openai": 1})
    answer = Message("user", tool_results=(ToolResult("c1", "y"),))
    request = Request("claude-haiku-4-5", (Message("user", "a"), said, answer))
    await model.generate(request)
    assert api.bodies[0]["messages"][1]["content"] == [
        {"type": "text", "text": "hm"},
        {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "x"}},
    ]


async def test_long_instructions_are_cached_with_the_tools(
    api: MockAnthropic, model: Model
) -> None:
    request = Request(
        "claude-haiku-4-5", (Message("user", "x"),), system="rule. " * 2000, tools=(SEARCH,)
    )
    await model.generate(request)
    system = api.bodies[0]["system"]
    assert system[0]["cache_control"] == {"type": "ephemeral"}
    assert system[0]["text"] == request.system


async def test_attachments(api: MockAnthropic, model: Model) -> None:
    files = (
        Attachment("a.png", "image/png", b"\x89PNG"),
        Attachment("b.pdf", "application/pdf", b"%PDF"),
    )
    await model.generate(Request("claude-haiku-4-5", (Message("user", "See", attachments=files),)))
    image, document, text = api.bodies[0]["messages"][0]["content"]
    assert image["type"] == "image"
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}
    assert document["type"] == "document"
    assert text == {"type": "text", "text": "See"}


@BOTH
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("end_turn", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("refusal", "refusal"),
        ("pause_turn", "end_turn"),
        ("model_context_window_exceeded", "max_tokens"),
    ],
)
async def test_stop_reasons(
    api: MockAnthropic, model: Model, given: str, expected: str, streamed: bool
) -> None:
    api.add(Reply(message("x", stop_reason=given)))
    assert (await ask(model, HELLO, streamed)).stop_reason == expected


async def test_a_long_reply_is_fetched_as_a_stream(api: MockAnthropic, model: Model) -> None:
    long = Request("claude-haiku-4-5", (Message("user", "Hello"),), max_tokens=64_000)
    assert (await model.generate(long)).text == "Hello"
    assert api.bodies[0]["stream"] is True


async def test_a_deprecated_model_is_the_compilers_matter(api: MockAnthropic, model: Model) -> None:
    old = Request("claude-sonnet-4-5", (Message("user", "Hello"),), max_tokens=100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (await model.generate(old)).text == "Hello"


# Failures


async def test_an_unknown_model_is_named(api: MockAnthropic, model: Model) -> None:
    api.add(error(404, "model: claude-nope"))
    with pytest.raises(ModelError, match="does not know the model 'claude-nope'"):
        await model.generate(Request("claude-nope", HELLO.messages))


@pytest.mark.parametrize(
    "change",
    [
        {"content": None},
        {"content": "text"},
        {"usage": None},
        {"content": [{"type": "tool_use", "id": "a", "name": "b", "input": "c"}]},
    ],
)
async def test_a_body_of_another_shape(api: MockAnthropic, model: Model, change: dict) -> None:
    api.add(Reply(message("x") | change))
    with pytest.raises(ModelError, match="cannot be read") as caught:
        await model.generate(HELLO)
    assert caught.value.kind == "temporary"


@pytest.mark.parametrize("after", [0, 1, 3, 5])
async def test_a_stream_cut_in_the_middle(api: MockAnthropic, model: Model, after: int) -> None:
    api.add(Reply(message("a longer text", usage={"input_tokens": 77}), cut=after))
    with pytest.raises(ModelError) as caught:
        await ask(model, HELLO, streamed=True)
    assert caught.value.kind == "temporary"
    usage = getattr(caught.value, "usage", None)
    assert usage is None if after == 0 else usage.input_tokens == 77


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", "overloaded"),
        ("rate_limit_error", "rate_limit"),
        ("api_error", "temporary"),
        ("invalid_request_error", "invalid_request"),
    ],
)
async def test_an_error_inside_a_stream(
    api: MockAnthropic, model: Model, kind: str, expected: str
) -> None:
    reply = message("some text")
    api.add(Reply(reply, events=[*events(reply)[:4], error_event(kind, "the reason")]))
    with pytest.raises(ModelError, match="the reason") as caught:
        await ask(model, HELLO, streamed=True)
    assert caught.value.kind == expected


async def test_a_tool_call_cut_by_max_tokens_is_left_out(api: MockAnthropic, model: Model) -> None:
    reply = message("x", tools=[("search", {"q": "long enough"})], stop_reason="max_tokens")
    stream = events(reply)
    arguments = [item for item in stream if item[0] == "content_block_delta"]
    stream.remove(arguments[-1])
    api.add(Reply(reply, events=stream))
    response = await ask(model, HELLO, streamed=True)
    assert response.stop_reason == "max_tokens"
    assert response.tool_calls == ()
    assert [block["type"] for block in response.raw["anthropic"]] == ["text"]
