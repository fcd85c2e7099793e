"""Recordings: the calls of a run, one JSON line each, and their replay without calling a model.

A line is `{"request": ..., "response": ...}`, `{"request": ..., "error": ...}`, or a value the run
read elsewhere, `{"noted": [kind, key, value]}`. Requests hold what was asked, never a key;
attachments stand as their SHA-256.
"""

import difflib
import hashlib
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit, urlunsplit

from ..errors import ConfigError, ModelError, UnmatchedCall
from .base import Message, Model, Request, Response, StreamEvent, TextDelta, ToolCall, Usage

Json = dict[str, Any]

_SECRET_WORDS = ("key", "token", "secret", "password", "authorization", "cookie")
_DIFF_LINES = 24


class Recording:
    """A recording being written. Every line is on disk when the call that made it returns."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n")
        except OSError as failure:
            raise ConfigError(f"cannot write the recording {path}: {failure}") from failure

    def call(self, request: Request, outcome: Response | ModelError) -> None:
        """Write one call and how it ended."""
        if isinstance(outcome, Response):
            self._write({"request": request_data(request), "response": _response_data(outcome)})
        else:
            self._write({"request": request_data(request), "error": _error_data(outcome)})

    def note(self, kind: str, key: str, value: Any) -> Any:
        """Write a value that a replay must see again (a date, an answer), and return it."""
        self._write({"noted": [kind, key, value]})
        return value

    def _write(self, line: Json) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Recorder:
    """A model whose calls go into a recording."""

    def __init__(self, model: Model, recording: Recording) -> None:
        self._model = model
        self._recording = recording

    async def generate(self, request: Request) -> Response:
        try:
            response = await self._model.generate(request)
        except ModelError as failure:
            self._recording.call(request, failure)
            raise
        self._recording.call(request, response)
        return response

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        try:
            async for event in self._model.stream(request):
                if isinstance(event, Response):
                    self._recording.call(request, event)
                yield event
        except ModelError as failure:
            self._recording.call(request, failure)
            raise

    async def close(self) -> None:
        await self._model.close()


class Replay:
    """The model that answers from a recording.

    A request gets the reply that an equal one got; equal ones get their replies in order. One that
    was not recorded, or not so often, raises UnmatchedCall and shows how it differs from the
    nearest. Raises ConfigError for a file that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._calls: dict[str, deque[Json]] = defaultdict(deque)
        self._noted: dict[tuple[str, str], deque[Any]] = defaultdict(deque)
        for line in _read(path):
            match line:
                case {"noted": [str(kind), str(key), value]}:
                    self._noted[kind, key].append(value)
                case _:
                    self._calls[_canonical(line["request"])].append(line)

    async def generate(self, request: Request) -> Response:
        data = request_data(request)
        left = self._calls.get(_canonical(data))
        if not left:
            raise UnmatchedCall(self._unmatched(data))
        line = left.popleft()
        if "error" in line:
            raise _error(line["error"])
        return _response(line["response"])

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        response = await self.generate(request)
        if response.text:
            yield TextDelta(response.text)
        yield response

    def noted(self, kind: str, key: str) -> Any:
        """The next recorded value of this kind and key. Raises UnmatchedCall if there is none."""
        left = self._noted.get((kind, key))
        if not left:
            raise UnmatchedCall(
                f"{self._path} has no (further) recorded {kind} for {key}: the program has changed "
                "since it was recorded"
            )
        return left.popleft()

    async def close(self) -> None:
        pass

    def _unmatched(self, data: Json) -> str:
        agent = data.get("agent", "")
        recorded = self._calls.get(_canonical(data))
        if recorded is not None:
            return (
                f"the call of {agent or data['model']} was made more often than {self._path} has "
                "replies for it"
            )
        left = [line["request"] for lines in self._calls.values() for line in lines]
        candidates = [other for other in left if other.get("agent", "") == agent] or left
        if not candidates:
            return f"all calls in {self._path} are used up; this one is new: {_shown(data)[-1]}"
        # The next one in the order of the recording wins among equally near ones.
        ours = _shown(data)
        nearest = max(candidates, key=lambda other: _likeness(_shown(other), ours))
        return (
            f"{self._path} holds no such call of {agent or data['model']}; "
            f"the nearest differs (- recorded, + now):\n{_difference(_shown(nearest), ours)}"
        )


def request_data(request: Request) -> Json:
    """A request as it stands in a recording: its JSON form, without defaults and secrets."""
    data: Json = {
        "agent": request.agent,
        "model": request.model,
        "system": request.system,
        "messages": [_message_data(message) for message in request.messages],
        "tools": [
            {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
            for tool in request.tools
        ],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "params": _without_secrets(request.params),
        "base_url": _without_user(request.base_url),
        "output_schema": request.output_schema,
    }
    return {name: value for name, value in data.items() if value not in ("", [], {}, None)}


def _message_data(message: Message) -> Json:
    data: Json = {
        "role": message.role,
        "text": message.text,
        "tool_calls": [_call_data(call) for call in message.tool_calls],
        "tool_results": [
            {"call_id": answer.call_id, "content": answer.content, "is_error": answer.is_error}
            for answer in message.tool_results
        ],
        "attachments": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "sha256": hashlib.sha256(file.data).hexdigest(),
            }
            for file in message.attachments
        ],
    }
    return {name: value for name, value in data.items() if value != []}


def _call_data(call: ToolCall) -> Json:
    return {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}


def _response_data(response: Response) -> Json:
    usage = response.usage
    return {
        "text": response.text,
        "tool_calls": [_call_data(call) for call in response.tool_calls],
        "stop_reason": response.stop_reason,
        "usage": {name: getattr(usage, name) for name in _USAGE if getattr(usage, name)},
        "model": response.model,
        "id": response.id,
    }


_USAGE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def _response(data: Json) -> Response:
    return Response(
        text=data["text"],
        tool_calls=tuple(ToolCall(**call) for call in data["tool_calls"]),
        stop_reason=data["stop_reason"],
        usage=Usage(**data["usage"]),
        model=data["model"],
        id=data["id"],
    )


def _error_data(error: ModelError) -> Json:
    return {
        "message": error.message,
        "kind": error.kind,
        "retry_after": error.retry_after,
        "status": error.status,
    }


def _error(data: Json) -> ModelError:
    return ModelError(
        data["message"],
        kind=data["kind"],
        retry_after=data["retry_after"],
        status=data["status"],
    )


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: "***" if _is_secret(name) and isinstance(inner, str) else _without_secrets(inner)
            for name, inner in cast("Mapping[str, Any]", value).items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in cast("list[Any]", value)]
    return value


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def _without_user(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def _read(path: Path) -> Iterator[Json]:
    try:
        # Not splitlines(): a text may hold other line ends than ours.
        lines = path.read_text("utf-8", errors="surrogatepass").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigError(f"cannot read the recording {path}: {failure}") from failure
    if lines == [""]:
        return  # a run that made no call
    for number, text in enumerate(lines, 1):
        try:
            line: Any = json.loads(text)
        except ValueError:
            line = None
        match line:
            case {"noted": [str(), str(), _]}:
                yield cast("Json", line)
            case {"request": dict(), "response": dict()} | {"request": dict(), "error": dict()}:
                yield cast("Json", line)
            case _ if number == len(lines) and number > 1 and line is None:
                return  # the run was killed while it wrote its last line
            case _:
                raise ConfigError(f"line {number} of {path} is not a recorded call")


def _canonical(data: Json) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# Showing differences


def _shown(data: Json) -> list[str]:
    """A request as lines of text, so that differences are readable."""
    return [line for name, value in data.items() for line in _field(name, value)]


def _field(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        first, *rest = value.splitlines() or [""]
        yield f"{name}: {first}"
        yield from (f"  {line}" for line in rest)
    elif isinstance(value, dict):
        for key, inner in cast("Json", value).items():
            yield from _field(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from _field(f"{name}[{index}]", inner)
    else:
        yield f"{name}: {json.dumps(value)}"


def _likeness(one: list[str], other: list[str]) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _difference(recorded: list[str], now: list[str]) -> str:
    lines = list(difflib.unified_diff(recorded, now, lineterm="", n=1))[2:]
    shown = [_clipped(line) for line in lines if not line.startswith("@@")]
    if len(shown) > _DIFF_LINES:
        shown = [*shown[:_DIFF_LINES], f"... and {len(shown) - _DIFF_LINES} more lines"]
    return "\n".join(shown)


def _clipped(line: str, longest: int = 160) -> str:
    return line if len(line) <= longest else line[: longest - 3] + "..."
