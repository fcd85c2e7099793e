"""A mock of Anthropic's Messages API. Its replies are checked against the SDK's own types."""

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

from tests.e2e.mock_http import Json, MockApi, Reply, exhaust

_ids = count(1)

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def message(
    text: str = "",
    *,
    tools: Sequence[tuple[str, Json]] = (),
    thinking: str | None = None,
    stop_reason: str | None = None,
    usage: Json | None = None,
    model: str = "claude-haiku-4-5",
) -> Json:
    """A reply of the API: a text, calls of tools as (name, input), thinking before them."""
    content: list[Json] = []
    if thinking is not None:
        content.append({"type": "thinking", "thinking": thinking, "signature": "c2lnbmVk"})
    if text:
        content.append({"type": "text", "text": text, "citations": None})
    for name, given in tools:
        content.append(
            {"type": "tool_use", "id": f"toolu_{next(_ids)}", "name": name, "input": given}
        )
    reply = {
        "id": f"msg_{next(_ids)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason or ("tool_use" if tools else "end_turn"),
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5} | (usage or {}),
    }
    _adapter("Message").validate_python(reply, strict=False)
    return reply


def token_count(tokens: int) -> Json:
    """What the endpoint that counts tokens replies."""
    reply = {"input_tokens": tokens}
    _adapter("MessageTokensCount").validate_python(reply, strict=True)
    return reply


def error(
    status: int, text: str = "no", *, kind: str | None = None, retry_after: str | None = None
) -> Reply:
    """An error as the API reports it."""
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return Reply(_error(kind or _ERROR_TYPES.get(status, "api_error"), text), status, headers)


def error_event(kind: str, text: str = "no") -> tuple[str, Json]:
    """An error in the middle of a stream."""
    return "error", _error(kind, text)


def events(reply: Json) -> list[tuple[str | None, Any]]:
    """The events that stream a reply: texts and arguments come in pieces, with a ping between."""
    start = reply | {
        "content": [],
        "stop_reason": None,
        "usage": reply["usage"] | {"output_tokens": 1},
    }
    result: list[Json] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(reply["content"]):
        empty, deltas = _pieces(block)
        result.append({"type": "content_block_start", "index": index, "content_block": empty})
        result += [
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        ]
        result.append({"type": "content_block_stop", "index": index})
    result += [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reply["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": reply["usage"]["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    for event in result:
        _adapter("RawMessageStreamEvent").validate_python(event, strict=False)
    named: list[tuple[str | None, Any]] = [(event["type"], event) for event in result]
    named.insert(1, ("ping", {"type": "ping"}))
    return named


class MockAnthropic(MockApi):
    """Answers what its script does not with an echo of the latest message's text."""

    path = "/v1/messages"
    other_paths = ("/v1/messages/count_tokens",)

    def default(self, body: Json) -> Reply:
        content = body["messages"][-1]["content"]
        if not isinstance(content, str):
            texts = [block.get("text") or block.get("content") or "" for block in content]
            content = " ".join(text for text in texts if isinstance(text, str))
        return Reply(message(content or "nothing", model=body["model"]))

    def check(self, body: Json) -> None:
        exhaust(_request().validate_python(body))

    def error(self, status: int, message: str) -> Reply:
        return error(status, message)

    def as_events(self, body: Json) -> list[tuple[str | None, Any]]:
        return events(body)


def _pieces(block: Json) -> tuple[Json, list[Json]]:
    match block["type"]:
        case "text":
            deltas = [{"type": "text_delta", "text": part} for part in _split(block["text"])]
            return block | {"text": ""}, deltas
        case "thinking":
            deltas = [
                {"type": "thinking_delta", "thinking": part} for part in _split(block["thinking"])
            ]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return block | {"thinking": "", "signature": ""}, deltas
        case _:
            import json

            text = json.dumps(block["input"]) if block["input"] else ""
            parts = ["", *_split(text)]
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
            return block | {"input": {}}, deltas


def _split(text: str, size: int = 7) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _error(kind: str, text: str) -> Json:
    body = {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}
    if kind != "request_too_large":  # documented, but not in the SDK's union
        _adapter("ErrorResponse").validate_python(body, strict=False)
    return body


@cache
def _adapter(name: str) -> Any:
    import anthropic.types
    import pydantic

    return pydantic.TypeAdapter(getattr(anthropic.types, name))


@cache
def _request() -> Any:
    import pydantic
    from anthropic.types.message_count_tokens_params import MessageCountTokensParams
    from anthropic.types.message_create_params import (
        MessageCreateParamsNonStreaming,
        MessageCreateParamsStreaming,
    )

    return pydantic.TypeAdapter(
        MessageCreateParamsNonStreaming | MessageCreateParamsStreaming | MessageCountTokensParams
    )


if __name__ == "__main__":
    MockAnthropic().serve_forever()
