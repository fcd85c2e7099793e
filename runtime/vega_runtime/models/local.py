"""Models that run inside this process: llama.cpp, through the extra `local`."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

from ..errors import ConfigError, ModelError
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
from .download import FILES, Progress, fetch, installed
from .transport import whole

Json = dict[str, Any]

PREFIX = "local/"

DEFAULT_SYSTEM = "You answer briefly and correctly."
"""Without instructions a small model rambles."""

_SLOTS = 2
_CONTEXT = 8192  # of all slots together
_LONGEST_REPLY = 512  # small models ramble on until they are stopped
_SEED = 42
_LONGEST_STRING = 600
"""Characters of a string in structured output; without a limit a small model may never end one."""


class _Server(Protocol):
    """What is used of llama.cpp's server. `on_chunk` returns True to stop."""

    def handle_chat_completions(self, body: Json, on_chunk: Any = None) -> Any: ...


def check_local(name: str, env: Mapping[str, str]) -> str | None:
    """What keeps an embedded model from running, in one line with the cure; None if nothing does.

    A file that still has to be fetched is no problem.
    """
    try:
        _find(name, env)
    except ConfigError as error:
        return error.message
    if find_spec("xllamacpp") is None:
        return f"the model '{name}' needs the extra 'local': pip install 'vegac[local]'"
    return None


def notice_of(name: str) -> str | None:
    """What to tell a user once who runs with this model."""
    model = FILES.get(name.removeprefix(PREFIX))
    return None if model is None else model.notice


class LocalModel:
    """One loaded model. It is fetched (if pip has it) and loaded at the first call.

    `on_progress(done_bytes, total_bytes)` is called from another thread while the file is fetched.
    Two calls run at once, the others wait in turn.
    """

    def __init__(
        self, name: str, env: Mapping[str, str], on_progress: Progress | None = None
    ) -> None:
        self._name = name
        self._env = env
        self._on_progress = on_progress
        self._threads = ThreadPoolExecutor(_SLOTS, thread_name_prefix="local-model")
        self._loading = asyncio.Lock()
        self._server: _Server | None = None
        self._stops: set[threading.Event] = set()

    async def generate(self, request: Request) -> Response:
        return await whole(self.stream(request))

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        body = body_of(request)
        server = await self._loaded()
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[Json | None] = asyncio.Queue()
        stop = threading.Event()

        def take(chunk: Any) -> bool:
            if not stop.is_set():
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return stop.is_set()

        def work() -> None:
            try:
                if not stop.is_set():
                    server.handle_chat_completions(body, take)
            finally:
                if not stop.is_set():
                    loop.call_soon_threadsafe(chunks.put_nowait, None)

        reply = _Reply(request)
        self._stops.add(stop)
        done = loop.run_in_executor(self._threads, work)
        try:
            while (chunk := await chunks.get()) is not None:
                text = reply.add(chunk)
                if text:
                    yield TextDelta(text)
            await done
        except ValueError as failure:
            raise ModelError(
                f"the embedded model refuses the request: {failure}", kind="invalid_request"
            ) from failure
        finally:
            stop.set()
            self._stops.discard(stop)
            if not done.done():
                done.cancel()
        response = reply.response()
        if request.tools and response.text:
            yield TextDelta(response.text)
        yield response

    async def close(self) -> None:
        for stop in self._stops:
            stop.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._server = None

    async def _loaded(self) -> _Server:
        if self._server is None:
            async with self._loading:
                if self._server is None:
                    self._server = await self._load()
        return self._server

    async def _load(self) -> _Server:
        stop = threading.Event()
        self._stops.add(stop)

        def work() -> _Server:
            path = _find(self._name, self._env)
            if path is None:
                name = self._name.removeprefix(PREFIX)
                path = fetch(name, self._env, self._on_progress, stop)
            return _start(path, self._env)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            stop.set()  # when this wait is cancelled, so is the download
            self._stops.discard(stop)


def _find(name: str, env: Mapping[str, str]) -> Path | None:
    """The model's file; None if it is to be fetched. Raises ConfigError for what there is not."""
    wanted = name.removeprefix(PREFIX)
    if wanted in FILES:
        return installed(wanted, env)
    path = Path(wanted).expanduser()
    if path.suffix.lower() != ".gguf":
        known = ", ".join(f"{PREFIX}{model}" for model in FILES)
        raise ConfigError(
            f"there is no embedded model '{name}': known are {known}, and any file local/PATH.gguf"
        )
    if not path.is_file():
        raise ConfigError(f"the model file {path} of '{name}' does not exist")
    return path


def _start(path: Path, env: Mapping[str, str]) -> _Server:
    """Load a model; takes about a second. The seams to an untyped extension module are all here."""
    import secrets

    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigError(f"{path} is not a GGUF model file")
    try:
        import xllamacpp  # pyright: ignore[reportMissingTypeStubs, reportMissingImports]
    except ImportError as failure:
        raise ConfigError(
            f"cannot load the extra 'local' ({failure}): pip install 'vegac[local]'; on Linux it "
            "also needs the system library libgomp (Debian: apt install libgomp1)"
        ) from failure
    library = cast("Any", xllamacpp)
    params = library.CommonParams()
    params.model.path = str(path)
    params.n_parallel, params.n_ctx = _SLOTS, _CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _thread_count(env)
    params.verbosity = -1
    # The library opens a port on loopback that nobody but this process should use.
    params.api_keys = [secrets.token_hex(16)]
    try:
        return library.Server(params)
    except Exception as failure:
        raise ConfigError(f"cannot load the model file {path}: {failure}") from failure


def _thread_count(env: Mapping[str, str]) -> int:
    if env.get("CI"):
        return 1  # with all cores busy, more threads are slower
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, cores // 2)


class _Reply:
    """A reply put together from its chunks."""

    def __init__(self, request: Request) -> None:
        self._tools = bool(request.tools)
        self._model = request.model
        self._texts: list[str] = []
        self._finish = ""
        self._usage = Usage()
        self._id = ""

    def add(self, chunk: Json) -> str:
        """Take a chunk in, and return the text to pass on."""
        if "error" in chunk:
            raise _error(chunk["error"])
        self._id = str(chunk.get("id") or self._id)
        usage = chunk.get("usage")
        if usage:
            self._usage = Usage(usage["prompt_tokens"], usage["completion_tokens"])
        text = ""
        for choice in chunk.get("choices") or ():
            text += choice["delta"].get("content") or ""
            self._finish = choice.get("finish_reason") or self._finish
        self._texts.append(text)
        return "" if self._tools else text  # with tools, the text is JSON until it is complete

    def response(self) -> Response:
        text = "".join(self._texts)
        stop: StopReason = "max_tokens" if self._finish == "length" else "end_turn"
        calls: tuple[ToolCall, ...] = ()
        if self._tools:
            text, calls = _choice(text, self._id)
            stop = "tool_use" if calls else stop
        return Response(text, calls, stop, self._usage, self._model, self._id)


def _choice(text: str, reply_id: str) -> tuple[str, tuple[ToolCall, ...]]:
    """What the model chose of `_tool_schema`: a text or a tool call."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text, ()  # cut by max_tokens
    match value:
        case {"tool": str(name), "arguments": dict()}:
            return "", (ToolCall(f"{reply_id}-0", name, value["arguments"]),)
        case {"reply": str(reply)}:
            return reply, ()
        case _:
            return text, ()


def _error(error: Any) -> ModelError:
    details = cast("Json", error) if isinstance(error, dict) else {"message": str(error)}
    message = str(details.get("message") or "unknown error")
    if details.get("type") == "exceed_context_size_error":
        return ModelError(
            f"the conversation is too long for the embedded model ({message}); shorten it, or use "
            "`context: fresh`",
            kind="invalid_request",
        )
    code = details.get("code")
    refused = isinstance(code, int) and 400 <= code < 500
    return ModelError(
        f"the embedded model failed: {message}",
        kind="invalid_request" if refused else "temporary",
    )


# Requests


def body_of(request: Request) -> Json:
    """The request in the form of OpenAI's chat API, as far as llama.cpp follows it."""
    if any(message.attachments for message in request.messages):
        raise ModelError(
            "the embedded model reads text alone, no attachments", kind="invalid_request"
        )
    system = request.system or DEFAULT_SYSTEM
    body: Json = {
        "max_tokens": min(request.max_tokens, _LONGEST_REPLY),
        "temperature": 0 if request.temperature is None else request.temperature,
        "seed": _SEED,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        # llama.cpp ignores `tools` for such models: the schema leaves the choice to the model.
        system = f"{system}\n\n{_explained(request.tools)}"
        body["response_format"] = _format(_tool_schema(request.tools))
    elif request.output_schema is not None:
        body["response_format"] = _format(request.output_schema)
    body["messages"] = [{"role": "system", "content": system}, *_messages(request.messages)]
    return body | dict(request.params)


def _messages(messages: Sequence[Message]) -> list[Json]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    result: list[Json] = []
    for message in messages:
        parts = [
            f"Result of {names.get(answer.call_id, 'the tool')}"
            f"{' (failed)' if answer.is_error else ''}: {answer.content}"
            for answer in message.tool_results
        ]
        if message.text:
            parts.append(message.text)
        parts += [
            json.dumps({"tool": call.name, "arguments": dict(call.arguments)}, ensure_ascii=False)
            for call in message.tool_calls
        ]
        result.append({"role": message.role, "content": "\n".join(parts)})
    return result


def _explained(tools: Sequence[ToolSchema]) -> str:
    lines = [
        f"- {tool.name}: {tool.description} Arguments: "
        f"{json.dumps(tool.parameters.get('properties', {}), ensure_ascii=False)}"
        for tool in tools
    ]
    return (
        'Answer with {"reply": "your answer"}, or call one tool with {"tool": name, "arguments": '
        "{...}}. Tools:\n" + "\n".join(lines)
    )


def _tool_schema(tools: Sequence[ToolSchema]) -> Json:
    choices: list[Json] = [
        _object(tool={"const": tool.name}, arguments=dict(tool.parameters)) for tool in tools
    ]
    return {"anyOf": [_object(reply={"type": "string"}), *choices]}


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _format(schema: Mapping[str, Any]) -> Json:
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": bounded(schema)}}


def bounded(schema: Any) -> Any:
    """The schema with a length limit on every string that has none."""
    if isinstance(schema, Mapping):
        node = cast("Mapping[str, Any]", schema)
        result = {name: bounded(value) for name, value in node.items()}
        if node.get("type") == "string" and not node.keys() & {"maxLength", "enum", "const"}:
            result["maxLength"] = _LONGEST_STRING
        return result
    if isinstance(schema, list):
        return [bounded(item) for item in cast("list[Any]", schema)]
    return schema
