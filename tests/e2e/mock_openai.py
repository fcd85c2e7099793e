"""A mock of OpenAI's chat completions API. Its replies are checked against the SDK's own types."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

from tests.e2e.mock_http import Json, MockApi, Reply, exhaust

_ids = count(1)


def completion(
    text: str | None = None,
    *,
    tools: Sequence[tuple[str, Json | str]] = (),
    finish_reason: str | None = None,
    usage: Json | None = None,
    refusal: str | None = None,
    model: str = "gpt-test",
) -> Json:
    """A reply of the API: a text, calls of tools as (name, arguments or their raw text)."""
    reply_message: Json = {"role": "assistant", "content": text, "refusal": refusal}
    if tools:
        reply_message["tool_calls"] = [
            {
                "id": f"call_{next(_ids)}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for name, given in tools
        ]
    reply = {
        "id": f"chatcmpl-{next(_ids)}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": reply_message,
                "finish_reason": finish_reason or ("tool_calls" if tools else "stop"),
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15} | (usage or {}),
    }
    _adapter("ChatCompletion").validate_python(reply, strict=False)
    return reply


def error(
    status: int,
    text: str = "no",
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    retry_after: str | None = None,
) -> Reply:
    """An error as the API reports it."""
    headers = {} if retry_after is None else {"retry-after": retry_after}
    body = {"error": {"message": text, "type": kind, "param": None, "code": code}}
    return Reply(body, status, headers)


def chunks(reply: Json) -> list[tuple[str | None, Any]]:
    """The events that stream a reply, in pieces, with the usage last."""
    choice = reply["choices"][0]
    reply_message = choice["message"]
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": part} for part in _split(reply_message["content"] or "")]
    if reply_message["refusal"]:
        deltas.append({"refusal": reply_message["refusal"]})
    for index, call in enumerate(reply_message.get("tool_calls", ())):
        function = {"name": call["function"]["name"], "arguments": ""}
        head = {"index": index, "id": call["id"], "type": "function", "function": function}
        deltas.append({"tool_calls": [head]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in _split(call["function"]["arguments"])
        ]
    base = {key: reply[key] for key in ("id", "created", "model")}
    base["object"] = "chat.completion.chunk"
    result = [
        base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    result += [base | {"choices": [last]}, base | {"choices": [], "usage": reply["usage"]}]
    for event in result:
        _adapter("ChatCompletionChunk").validate_python(event, strict=False)
    return [*((None, event) for event in result), (None, "[DONE]")]


class MockOpenAI(MockApi):
    """Answers what its script does not with an echo of the latest message's text."""

    path = "/chat/completions"
    prefix = "/v1"

    def default(self, body: Json) -> Reply:
        content = body["messages"][-1]["content"]
        if isinstance(content, list):
            content = " ".join(part.get("text", "") for part in content)
        return Reply(completion(content or "nothing", model=body["model"]))

    def check(self, body: Json) -> None:
        exhaust(_request().validate_python(body))

    def error(self, status: int, message: str) -> Reply:
        return error(status, message)

    def as_events(self, body: Json) -> list[tuple[str | None, Any]]:
        return chunks(body)


def _split(text: str, size: int = 7) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@cache
def _adapter(name: str) -> Any:
    import openai.types.chat
    import pydantic

    return pydantic.TypeAdapter(getattr(openai.types.chat, name))


@cache
def _request() -> Any:
    import pydantic
    from openai.types.chat.completion_create_params import (
        CompletionCreateParamsNonStreaming,
        CompletionCreateParamsStreaming,
    )

    return pydantic.TypeAdapter(
        CompletionCreateParamsNonStreaming | CompletionCreateParamsStreaming
    )


if __name__ == "__main__":
    MockOpenAI().serve_forever()
