"""OpenAI-compatible endpoints, against a server on loopback."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.mock_http import Reply
from tests.e2e.mock_openai import MockOpenAI, chunks, completion, error
from vega_runtime.errors import ModelError
from vega_runtime.models.base import (
    Attachment,
    Message,
    Model,
    Request,
    Response,
    TextDelta,
    ToolResult,
    ToolSchema,
    Usage,
)
from vega_runtime.models.openai import body_of
from vega_runtime.models.registry import model_for

HELLO = Request("gpt-test", (Message("user", "Hello"),), max_tokens=100)
SEARCH = ToolSchema("search", "Searches", {"type": "object", "properties": {"q": {}}})
BOTH = pytest.mark.parametrize("streamed", [False, True])


@pytest.fixture
def api() -> Iterator[MockOpenAI]:
    with MockOpenAI(key="test-key") as mock:
        yield mock


@pytest.fixture
async def model(api: MockOpenAI):
    env = {"OPENAI_API_KEY": "test-key", "OPENAI_BASE_URL": api.url}
    model = model_for("gpt-test", env=env)
    yield model
    await model.close()
    await model.close()


async def ask(model: Model, request: Request, streamed: bool) -> Response:
    if not streamed:
        return await model.generate(request)
    seen = [event async for event in model.stream(request)]
    response = seen[-1]
    assert isinstance(response, Response)
    if response.stop_reason != "refusal":
        texts = [event.text for event in seen if isinstance(event, TextDelta)]
        assert "".join(texts) == response.text
    return response


@BOTH
async def test_a_text(api: MockOpenAI, model: Model, streamed: bool) -> None:
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 8},
    }
    api.add(Reply(completion("Grüße, 世界 and more", usage=usage)))
    request = Request(
        "gpt-test", HELLO.messages, system="Be brief.", max_tokens=100, temperature=0.3
    )
    response = await ask(model, request, streamed)
    assert response.text == "Grüße, 世界 and more"
    assert response.stop_reason == "end_turn"
    assert response.usage == Usage(12, 9, cache_read_tokens=8)
    assert response.model == "gpt-test"
    body = api.bodies[0]
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]
    assert body["max_tokens"] == 100
    assert body["temperature"] == 0.3


def test_openais_own_endpoint_wants_another_name_for_the_limit() -> None:
    assert "max_completion_tokens" in body_of(HELLO, official=True)
    assert "max_tokens" in body_of(HELLO, official=False)


@BOTH
async def test_parallel_tool_calls_and_their_results(
    api: MockOpenAI, model: Model, streamed: bool
) -> None:
    calls = [("search", {"q": "größe", "n": [1, {"a": None}]}), ("search", {})]
    api.add(Reply(completion("Let me look", tools=calls)))
    request = Request("gpt-test", (Message("user", "find"),), tools=(SEARCH,))
    response = await ask(model, request, streamed)
    assert response.stop_reason == "tool_use"
    assert [(call.name, dict(call.arguments)) for call in response.tool_calls] == calls
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == 2

    results = tuple(
        ToolResult(id_, f"found {index}", is_error=index == 1) for index, id_ in enumerate(ids)
    )
    said = Message("assistant", response.text, response.tool_calls)
    more = (*request.messages, said, Message("user", "go on", tool_results=results))
    await ask(model, Request("gpt-test", more, tools=(SEARCH,)), streamed)
    _, assistant, first, second, user = api.bodies[1]["messages"]
    assert [call["id"] for call in assistant["tool_calls"]] == ids
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == calls[0][1]
    assert first == {"role": "tool", "tool_call_id": ids[0], "content": "found 0"}
    assert second["content"] == "Error: found 1"
    assert user == {"role": "user", "content": "go on"}
    assert api.bodies[1]["tools"][0]["function"]["name"] == "search"


async def test_attachments_schemas_and_parameters(api: MockOpenAI, model: Model) -> None:
    files = (
        Attachment("a.png", "image/png", b"\x89PNG"),
        Attachment("b.pdf", "application/pdf", b"%PDF"),
    )
    request = Request(
        "gpt-test",
        (Message("user", "See", attachments=files),),
        params={"top_p": 0.5},
        output_schema={"type": "object", "properties": {}},
    )
    assert (await model.generate(request)).text.strip() == "See"
    body = api.bodies[0]
    image, document, text = body["messages"][0]["content"]
    assert image["image_url"]["url"] == "data:image/png;base64,iVBORw=="
    assert document["file"]["filename"] == "b.pdf"
    assert text["text"] == "See"
    assert body["top_p"] == 0.5
    assert body["response_format"]["json_schema"]["schema"]["additionalProperties"] is False


@BOTH
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "tool_use"),
    ],
)
async def test_stop_reasons(
    api: MockOpenAI, model: Model, given: str, expected: str, streamed: bool
) -> None:
    api.add(Reply(completion("x", finish_reason=given)))
    assert (await ask(model, HELLO, streamed)).stop_reason == expected


@BOTH
async def test_a_refusal(api: MockOpenAI, model: Model, streamed: bool) -> None:
    api.add(Reply(completion(refusal="I will not.")))
    response = await ask(model, HELLO, streamed)
    assert (response.text, response.stop_reason) == ("I will not.", "refusal")


@BOTH
async def test_calls_that_end_in_stop_are_calls(
    api: MockOpenAI, model: Model, streamed: bool
) -> None:
    api.add(Reply(completion(tools=[("search", {})], finish_reason="stop")))
    assert (await ask(model, HELLO, streamed)).stop_reason == "tool_use"


@BOTH
async def test_calls_with_broken_arguments(api: MockOpenAI, model: Model, streamed: bool) -> None:
    api.add(
        Reply(completion(tools=[("search", '{"q": "tru')], finish_reason="length")),
        Reply(completion(tools=[("search", '{"q": "tru')])),
    )
    cut = await ask(model, HELLO, streamed)
    assert (cut.tool_calls, cut.stop_reason) == ((), "max_tokens")
    with pytest.raises(ModelError) as caught:
        await ask(model, HELLO, streamed)
    assert caught.value.kind == "temporary"


async def test_a_long_reply_is_fetched_as_a_stream(api: MockOpenAI, model: Model) -> None:
    long = Request("gpt-test", HELLO.messages, max_tokens=64_000)
    assert (await model.generate(long)).text == "Hello"
    assert api.bodies[0]["stream"] is True
    assert api.bodies[0]["stream_options"] == {"include_usage": True}


async def test_an_endpoint_without_a_key() -> None:
    with MockOpenAI() as api:
        model = model_for("llama3", env={"OPENAI_BASE_URL": api.url})
        reply = await model.generate(Request("llama3", HELLO.messages))
        assert reply.text == "Hello"
        assert api.bodies[0]["model"] == "llama3"
        await model.close()


async def test_an_agents_own_endpoint(api: MockOpenAI) -> None:
    model = model_for("llama3", base_url=api.url, env={"OPENAI_API_KEY": "test-key"})
    assert (await model.generate(Request("llama3", HELLO.messages))).text == "Hello"
    await model.close()


# Failures


async def test_an_empty_account_is_not_tried_again(api: MockOpenAI, model: Model) -> None:
    api.add(error(429, "You exceeded your current quota", code="insufficient_quota"))
    with pytest.raises(ModelError, match="quota") as caught:
        await model.generate(HELLO)
    assert caught.value.kind == "authentication"


@pytest.mark.parametrize(
    "body",
    [
        {"choices": []},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"content": 3}}]},
        {"choices": [{"message": {"tool_calls": ["x"]}}]},
        {"error": {"message": "upstream is gone"}},
    ],
)
async def test_a_body_of_another_shape(api: MockOpenAI, model: Model, body: dict) -> None:
    api.add(Reply(body))
    with pytest.raises(ModelError, match="cannot be read") as caught:
        await model.generate(HELLO)
    assert caught.value.kind == "temporary"


async def test_an_error_inside_a_stream(api: MockOpenAI, model: Model) -> None:
    reply = completion("text")
    failure = {"error": {"message": "the reason", "type": "server_error"}}
    api.add(Reply(reply, events=[*chunks(reply)[:2], (None, failure)]))
    with pytest.raises(ModelError, match="the reason") as caught:
        await ask(model, HELLO, streamed=True)
    assert caught.value.kind == "temporary"
