"""OpenAI's models, and every endpoint that speaks its chat completions API."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from ..errors import ModelError
from .anthropic import closed
from .base import (
    Attachment,
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

OFFICIAL = "https://api.openai.com/v1"

_STOP_REASONS: dict[object, StopReason] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}

_STREAM_FROM_TOKENS = 16_384
"""Longer replies are fetched as a stream: an idle connection might be dropped before they end."""


class OpenAIModel:
    """Calls of a chat completions API. One connection pool, for one event loop."""

    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        read_timeout: float = READ_TIMEOUT,
        call_timeout: float = CALL_TIMEOUT,
    ) -> None:
        import httpx2
        from openai import AsyncOpenAI, AsyncStream

        url = (base_url or OFFICIAL).rstrip("/")
        host = urlsplit(url).netloc.rpartition("@")[2]
        self._official = host == urlsplit(OFFICIAL).netloc
        client = AsyncOpenAI(
            api_key=api_key or "none",  # local endpoints ask for none, the SDK does
            base_url=url,
            timeout=httpx2.Timeout(read_timeout, connect=CONNECT_TIMEOUT),
            max_retries=0,  # retries are the run's
        )
        self._transport = Transport(
            cast("Any", client),
            AsyncStream[object],
            "/chat/completions",
            provider="OpenAI" if self._official else f"the endpoint {host}",
            key_name="OPENAI_API_KEY",
            call_timeout=call_timeout,
        )

    async def generate(self, request: Request) -> Response:
        if request.max_tokens > _STREAM_FROM_TOKENS:
            return await whole(self.stream(request))
        reply = await self._transport.post(body_of(request, official=self._official))
        if reply.get("error"):  # some gateways answer so with status 200
            raise self._transport.malformed(str(reply["error"])[:200])
        return _Reply(self._transport, reply).response()

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        body = body_of(request, official=self._official)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        collected = _Collected(self._transport)
        try:
            async with self._transport.events(body) as events:
                async for event in events:
                    text = collected.add(event)
                    if text:
                        yield TextDelta(text)
        except ModelError as failure:
            raise billed(failure, collected.usage) from failure.__cause__
        yield _Reply(self._transport, collected.whole()).response()

    async def close(self) -> None:
        await self._transport.close()


class _Collected:
    """A streamed reply, put together from its chunks into what a plain reply would have been."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head: Json = {}
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[int, Json] = {}
        self._usage: Json | None = None
        self._finish: str | None = None

    @property
    def usage(self) -> Usage | None:
        return None if self._usage is None else _usage(self._usage)

    def add(self, chunk: Json) -> str:
        """Take a chunk in, and return the text it adds."""
        try:
            return self._add(chunk)
        except (KeyError, IndexError, TypeError, AttributeError) as failure:
            raise self._transport.malformed(str(chunk)[:200]) from failure

    def _add(self, chunk: Json) -> str:
        if chunk.get("error"):
            raise self._transport.malformed(str(chunk["error"])[:200])
        self._head = self._head or {"id": chunk.get("id"), "model": chunk.get("model")}
        self._usage = chunk.get("usage") or self._usage
        added = ""
        choices: list[Json] = chunk.get("choices") or []
        for choice in choices:
            delta: Json = choice.get("delta") or {}
            added += delta.get("content") or ""
            self._refusals.append(delta.get("refusal") or "")
            calls: list[Json] = delta.get("tool_calls") or []
            for call in calls:
                self._call(call)
            self._finish = choice.get("finish_reason") or self._finish
        self._texts.append(added)
        return added

    def _call(self, piece: Json) -> None:
        index = piece.get("index")
        if index is None:  # some endpoints send whole calls, without numbers
            index = len(self._calls)
        call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        call["id"] = piece.get("id") or call["id"]
        function: Json = piece.get("function") or {}
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""

    def whole(self) -> Json:
        """The reply as the API would have sent it in one piece."""
        if self._finish is None:
            raise self._transport.cut(self.usage)
        message = {
            "content": "".join(self._texts),
            "refusal": "".join(self._refusals) or None,
            "tool_calls": [
                {"id": call["id"], "type": "function", "function": call}
                for _, call in sorted(self._calls.items())
            ],
        }
        choice = {"message": message, "finish_reason": self._finish}
        return self._head | {"choices": [choice], "usage": self._usage}


class _Reply:
    """A whole reply, checked while it is read."""

    def __init__(self, transport: Transport, reply: Json) -> None:
        self._transport = transport
        self._reply = reply

    def response(self) -> Response:
        match self._reply:
            case {"choices": [{"message": {**message}} as choice, *_]}:
                return self._response(cast("Json", message), cast("Json", choice))
            case _:
                raise self._transport.malformed(str(self._reply)[:200])

    def _response(self, message: Json, choice: Json) -> Response:
        finish = choice.get("finish_reason")
        stop = _STOP_REASONS.get(finish, "end_turn")
        calls = self._calls(message.get("tool_calls"), cut=stop == "max_tokens")
        if calls and stop == "end_turn":
            stop = "tool_use"  # some endpoints say "stop" all the same
        text = message.get("content") or ""
        if not isinstance(text, str):
            raise self._transport.malformed(str(text)[:200])
        if message.get("refusal"):
            text, stop = text or str(message["refusal"]), "refusal"
        return Response(
            text=text,
            tool_calls=calls,
            stop_reason=stop,
            usage=_usage(self._reply.get("usage") or {}),
            model=str(self._reply.get("model") or ""),
            id=str(self._reply.get("id") or ""),
        )

    def _calls(self, given: object, *, cut: bool) -> tuple[ToolCall, ...]:
        calls: list[ToolCall] = []
        for index, call in enumerate(cast("list[object]", given or [])):
            match call:
                case {"function": {"name": str(name)}}:
                    written: object = cast("Json", call)["function"].get("arguments") or ""
                case _:
                    raise self._transport.malformed(str(call)[:200])
            if isinstance(written, dict):  # some endpoints do not send a string
                arguments = cast("Json", written)
            else:
                arguments = tool_arguments(str(written))
            if arguments is None:
                if cut:
                    continue  # the limit fell into the middle of the call
                raise self._transport.malformed("the arguments of a tool call are no JSON")
            id_ = cast("Json", call).get("id") or f"call_{index}"
            calls.append(ToolCall(str(id_), name, arguments))
        return tuple(calls)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details: Json = usage.get("prompt_tokens_details") or {}
    cached = int(details.get("cached_tokens") or 0)
    written = int(details.get("cache_write_tokens") or 0)
    prompt = int(usage.get("prompt_tokens") or 0)  # with what the cache served and stored
    return Usage(
        input_tokens=max(prompt - cached - written, 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
        cache_read_tokens=cached,
        cache_write_tokens=written,
    )


# Requests


def body_of(request: Request, *, official: bool) -> Json:
    """The JSON body of a chat completions request."""
    messages = _messages(request.messages)
    if request.system:
        messages.insert(0, {"role": "system", "content": request.system})
    body: Json = {
        "model": request.model,
        "messages": messages,
        # OpenAI's newer models refuse the old name, other endpoints do not know the new one.
        "max_completion_tokens" if official else "max_tokens": request.max_tokens,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.output_schema is not None:
        schema = {"name": "reply", "schema": closed(request.output_schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body | dict(request.params)


def _messages(messages: Sequence[Message]) -> list[Json]:
    result: list[Json] = []
    for message in messages:
        if message.role == "assistant":
            if message.text or message.tool_calls:
                result.append(_assistant(message))
            continue
        for answer in message.tool_results:
            content = f"Error: {answer.content}" if answer.is_error else answer.content
            result.append({"role": "tool", "tool_call_id": answer.call_id, "content": content})
        if message.attachments:
            parts = [*(_attachment(file) for file in message.attachments), _text(message.text)]
            result.append({"role": "user", "content": parts})
        elif message.text or not message.tool_results:
            result.append({"role": "user", "content": message.text})
    return result


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _attachment(file: Attachment) -> Json:
    data = f"data:{file.media_type};base64,{base64.b64encode(file.data).decode('ascii')}"
    if file.media_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": data}}
    return {"type": "file", "file": {"filename": file.name, "file_data": data}}


def _assistant(message: Message) -> Json:
    result: Json = {"role": "assistant", "content": message.text or None}
    if message.tool_calls:
        result["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(dict(call.arguments), ensure_ascii=False),
                },
            }
            for call in message.tool_calls
        ]
    return result


def _tool(tool: ToolSchema) -> Json:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}
