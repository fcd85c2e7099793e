"""Anthropic's models through its SDK."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

from ..errors import ModelError
from .base import (
    Message,
    Request,
    Response,
    StopReason,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolSchema,
    Usage,
)
from .transport import (
    CALL_TIMEOUT,
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    Json,
    Transport,
    billed,
    tool_arguments,
    whole,
)

_STOP_REASONS: dict[object, StopReason] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "tool_use": "tool_use",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
    "pause_turn": "end_turn",
    "model_context_window_exceeded": "max_tokens",
}

_CACHE_FROM_BYTES = 4096
"""Instructions and tools shorter than this (about 1,000 tokens) cannot be cached by most models."""

_STREAM_FROM_TOKENS = 16_384
"""Longer replies are fetched as a stream: an idle connection might be dropped before they end."""

_COUNTED = ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config")
"""What the endpoint that counts tokens takes of a request."""

_LEAST_THINKING = 1024
"""Tokens of thinking below which the API takes no budget for it."""

_EPHEMERAL = {"type": "ephemeral"}


class AnthropicModel:
    """Calls of Anthropic's Messages API. One connection pool, for one event loop."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str | None = None,
        read_timeout: float = READ_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
    ) -> None:
        import httpx2
        from anthropic import AsyncAnthropic, AsyncStream

        client = AsyncAnthropic(
            api_key=api_key,
            auth_token=auth_token,
            # Given always, so that the SDK does not look into the process's own environment.
            base_url=base_url or "https://api.anthropic.com",
            timeout=httpx2.Timeout(read_timeout, connect=CONNECT_TIMEOUT),
            max_retries=0,  # retries are the run's
            open_telemetry=False,  # and so are the spans
        )
        self._transport = Transport(
            cast("Any", client),
            AsyncStream[object],
            "/v1/messages",
            provider="Anthropic",
            key_name="ANTHROPIC_API_KEY" if api_key is not None else "ANTHROPIC_AUTH_TOKEN",
            call_timeout=call_timeout,
        )

    async def generate(self, request: Request) -> Response:
        if request.max_tokens > _STREAM_FROM_TOKENS:
            return await whole(self.stream(request))
        return self._response(await self._transport.post(body_of(request)))

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        body = body_of(request) | {"stream": True}
        reply = _Reply(self._transport)
        try:
            async with self._transport.events(body) as events:
                async for event in events:
                    text = reply.add(event)
                    if text:
                        yield TextDelta(text)
        except ModelError as failure:
            raise billed(failure, reply.usage) from failure.__cause__
        yield self._response(reply.whole())

    async def count_tokens(self, request: Request) -> int:
        """How many input tokens the request has, as the API counts them. Nothing is billed."""
        whole_body = body_of(request)
        body = {name: value for name, value in whole_body.items() if name in _COUNTED}
        reply = await self._transport.post(body, "/v1/messages/count_tokens")
        counted = reply.get("input_tokens")
        if not isinstance(counted, int):
            raise self._transport.malformed(str(reply)[:200])
        return counted

    async def close(self) -> None:
        await self._transport.close()

    def _response(self, reply: Json) -> Response:
        content = reply.get("content")
        usage = reply.get("usage")
        if not isinstance(content, list) or not isinstance(usage, dict):
            raise self._transport.malformed(str(reply)[:200])
        texts: list[str] = []
        calls: list[ToolCall] = []
        for block in cast("list[object]", content):
            match block:
                case {"type": "text", "text": str(text)}:
                    texts.append(text)
                case {"type": "tool_use", "id": str(id_), "name": str(name), "input": dict()}:
                    calls.append(ToolCall(id_, name, cast("Json", block)["input"]))
                case {"type": "text" | "tool_use"}:
                    raise self._transport.malformed(str(block)[:200])
                case _:
                    pass  # thinking and the like: they travel in `raw`
        return Response(
            text="".join(texts),
            tool_calls=tuple(calls),
            stop_reason=_STOP_REASONS.get(reply.get("stop_reason"), "end_turn"),
            usage=_usage(cast("Json", usage)),
            model=str(reply.get("model") or ""),
            id=str(reply.get("id") or ""),
            raw={"anthropic": content},
        )


class _Reply:
    """A streamed reply, put together from its events into what a plain reply would have been."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._message: Json | None = None
        self._blocks: list[Json] = []
        self._arguments: dict[int, list[str]] = {}
        self._done = False

    @property
    def usage(self) -> Usage | None:
        """What is known to be used so far."""
        return None if self._message is None else _usage(self._message["usage"])

    def add(self, event: Json) -> str:
        """Take an event in, and return the text it adds."""
        try:
            return self._add(event)
        except (KeyError, IndexError, TypeError, AttributeError) as failure:
            raise self._transport.malformed(str(event)[:200]) from failure

    def _add(self, event: Json) -> str:
        match event.get("type"):
            case "message_start":
                self._message = dict(event["message"])
                self._message["usage"] = dict(self._message["usage"])
            case "content_block_start":
                self._blocks.append(dict(event["content_block"]))
                return str(self._blocks[-1].get("text") or "")
            case "content_block_delta":
                return self._delta(event["index"], event["delta"])
            case "message_delta":
                _started(self._message)["stop_reason"] = event["delta"]["stop_reason"]
                given: Json = event.get("usage") or {}
                # Counts are totals so far; those that do not apply are left out or null.
                counts = {name: value for name, value in given.items() if value is not None}
                _started(self._message)["usage"].update(counts)
            case "message_stop":
                self._done = True
            case _:
                pass
        return ""

    def _delta(self, index: int, delta: Json) -> str:
        block = self._blocks[index]
        match delta["type"]:
            case "text_delta":
                block["text"] += delta["text"]
                return delta["text"]
            case "input_json_delta":
                self._arguments.setdefault(index, []).append(delta["partial_json"])
            case "thinking_delta":
                block["thinking"] += delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "citations_delta":
                block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
            case _:
                pass
        return ""

    def whole(self) -> Json:
        """The reply as the API would have sent it in one piece."""
        if not self._done or self._message is None:
            raise self._transport.cut(self.usage)
        cut = self._message.get("stop_reason") == "max_tokens"
        blocks: list[Json] = []
        for index, block in enumerate(self._blocks):
            if index in self._arguments:
                block["input"] = tool_arguments("".join(self._arguments[index]))
                if block["input"] is None:
                    if cut:
                        continue  # the limit fell into the middle of the call
                    raise self._transport.malformed("the arguments of a tool call are no JSON")
            blocks.append(block)
        return self._message | {"content": blocks}


def _started(message: Json | None) -> Json:
    if message is None:
        raise KeyError("message_start")
    return message


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=int(usage.get("input_tokens") or 0),
        output_tokens=int(usage.get("output_tokens") or 0),
        cache_read_tokens=int(usage.get("cache_read_input_tokens") or 0),
        cache_write_tokens=int(usage.get("cache_creation_input_tokens") or 0),
    )


# Requests


def body_of(request: Request) -> Json:
    """The JSON body of a request to the Messages API."""
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": _messages(request.messages),
    }
    tools = [_tool(tool) for tool in request.tools]
    if _size(request) >= _CACHE_FROM_BYTES:
        # One mark caches everything before it too: the tools come before the instructions.
        if request.system:
            body["system"] = [{"type": "text", "text": request.system, "cache_control": _EPHEMERAL}]
        else:
            tools[-1]["cache_control"] = _EPHEMERAL
    elif request.system:
        body["system"] = request.system
    if tools:
        body["tools"] = tools
    if request.messages and request.messages[-1].tool_results:
        _mark_last(body["messages"])
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.output_schema is not None:
        schema = closed(request.output_schema)
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return _thinking(body | dict(request.params))


def _thinking(body: Json) -> Json:
    """Keep to what thinking demands: no temperature of its own, and less thinking than reply."""
    match body.get("thinking"):
        case {"type": "enabled" | "adaptive"} as thinking:
            body.pop("temperature", None)
            wanted = cast("Json", thinking).get("budget_tokens")
            if isinstance(wanted, int) and wanted >= body["max_tokens"]:
                # A budget has lowered `max_tokens`.
                if body["max_tokens"] > _LEAST_THINKING:
                    body["thinking"] = {**thinking, "budget_tokens": body["max_tokens"] - 1}
                else:
                    del body["thinking"]
        case _:
            pass
    return body


def _size(request: Request) -> int:
    return len(request.system) + sum(
        len(tool.description) + len(str(tool.parameters)) for tool in request.tools
    )


def _mark_last(messages: list[Json]) -> None:
    """Cache the conversation of a tool loop: its next round repeats all of it."""
    content = messages[-1]["content"]
    if isinstance(content, list) and content:
        blocks = cast("list[Json]", content)
        blocks[-1] = blocks[-1] | {"cache_control": _EPHEMERAL}


def _messages(messages: Sequence[Message]) -> list[Json]:
    result: list[Json] = []
    for message in messages:
        content = _user(message) if message.role == "user" else _assistant(message)
        if content:  # the API refuses a message without content
            result.append({"role": message.role, "content": content})
    return result


def _user(message: Message) -> str | list[Json]:
    if not message.tool_results and not message.attachments:
        return message.text
    blocks: list[Json] = []
    for answer in message.tool_results:  # must come first
        block: Json = {
            "type": "tool_result",
            "tool_use_id": answer.call_id,
            "content": answer.content,
        }
        if answer.is_error:
            block["is_error"] = True
        blocks.append(block)
    for file in message.attachments:
        source = {
            "type": "base64",
            "media_type": file.media_type,
            "data": base64.b64encode(file.data).decode("ascii"),
        }
        if file.media_type == "application/pdf":
            blocks.append({"type": "document", "title": file.name, "source": source})
        else:
            blocks.append({"type": "image", "source": source})
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    return blocks


def _assistant(message: Message) -> str | list[Json]:
    match message.raw:
        case {"anthropic": list()}:
            return message.raw["anthropic"]
        case _:
            pass
    if not message.tool_calls:
        return message.text
    content: list[Json] = [{"type": "text", "text": message.text}] if message.text else []
    return content + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)}
        for call in message.tool_calls
    ]


def _tool(tool: ToolSchema) -> Json:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.parameters),
    }


def closed(schema: Any) -> Any:
    """A JSON Schema whose objects allow no other fields, as structured output demands."""
    if isinstance(schema, Mapping):
        node = cast("Mapping[str, Any]", schema)
        result = {name: closed(value) for name, value in node.items()}
        if node.get("type") == "object" and "additionalProperties" not in node:
            result["additionalProperties"] = False
        return result
    if isinstance(schema, list):
        return [closed(item) for item in cast("list[Any]", schema)]
    return schema
