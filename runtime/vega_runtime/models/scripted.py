"""A model that says what a test's script tells it to say."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

from ..errors import ConfigError, ModelError, UnmatchedCall
from .base import Message, Request, Response, StreamEvent, TextDelta, ToolCall, Usage

_ERRORS = {
    "rate_limit": "the rate limit is reached",
    "overloaded": "the model is overloaded",
    "timeout": "the model did not answer in time",
    "temporary": "the model is out of order for the moment",
    "authentication": "the key was refused",
    "invalid_request": "the request was refused",
}


class Entry:
    """One entry of a script.

    `match` is a substring or a `/regular expression/` of the latest message: its text, or the
    results of tools in it. `times` is how often it can be used, None without end; `delay` is in
    seconds.
    """

    __slots__ = ("agent", "delay", "error", "left", "match", "reply", "usage")

    def __init__(
        self,
        reply: Any = None,
        *,
        agent: str | None = None,
        match: str | None = None,
        error: str | None = None,
        times: int | None = 1,
        delay: float = 0.0,
        usage: Usage | None = None,
    ) -> None:
        self.agent = agent
        self.match = match
        self.reply = reply
        self.error = error
        self.left = times
        self.delay = delay
        self.usage = usage

    def fits(self, agent: str, message: str) -> bool:
        if self.left == 0 or (self.agent is not None and self.agent != agent):
            return False
        match = self.match
        if match is None:
            return True
        if len(match) > 1 and match[0] == match[-1] == "/":
            return re.search(match[1:-1], message) is not None
        return match in message


class ScriptedModel:
    """Answers each request with the first entry that fits and is not used up.

    `requests` are those that were answered, in order. A request that nothing fits raises
    UnmatchedCall, which no `catch` takes.
    """

    def __init__(self, entries: Sequence[Entry | Mapping[str, Any]] = ()) -> None:
        self._entries = [item if isinstance(item, Entry) else entry_from(item) for item in entries]
        self.requests: list[Request] = []

    async def generate(self, request: Request) -> Response:
        latest = request.messages[-1]
        said = text_of(latest)
        entry = next((one for one in self._entries if one.fits(request.agent, said)), None)
        if entry is None:
            raise UnmatchedCall(self._unmatched(request, said))
        if entry.left is not None:
            entry.left -= 1
        self.requests.append(request)
        number = len(self.requests)
        if entry.delay:
            await asyncio.sleep(entry.delay)
        if entry.error is not None:
            raise ModelError(_ERRORS[entry.error], kind=cast("Any", entry.error))
        return _response(entry, request, said, number)

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        response = await self.generate(request)
        for piece in re.findall(r"\s*\S+\s*", response.text) or [response.text]:
            if piece:
                yield TextDelta(piece)
        yield response

    async def close(self) -> None:
        """Nothing to release."""

    def unused(self) -> list[Entry]:
        """Entries with a limited number of uses that were not all used."""
        return [entry for entry in self._entries if entry.left]

    def _unmatched(self, request: Request, said: str) -> str:
        left = [entry for entry in self._entries if entry.left != 0]
        lines = [
            f"the script has no reply for this call of {request.agent or request.model}:",
            *(f"    {line}" for line in said.splitlines() or [""]),
        ]
        if not left:
            lines.append("all entries are used up" if self._entries else "it has no entries")
        lines += [
            f"  left: agent {entry.agent or 'any'}, match {entry.match or 'any'!r}"
            for entry in left[:10]
        ]
        return "\n".join(lines)


def text_of(message: Message) -> str:
    """What the other side said last: the text, and what tools returned."""
    if not message.tool_results:
        return message.text
    return "\n".join([*(result.content for result in message.tool_results), message.text]).strip()


def _response(entry: Entry, request: Request, said: str, number: int) -> Response:
    reply = entry.reply
    usage = entry.usage
    if isinstance(reply, Mapping):
        fields = cast("Mapping[str, Any]", reply)
        text = str(fields.get("text", ""))
        calls = tuple(
            ToolCall(str(call.get("id", f"call_{number}_{position}")), call["name"],
                     call.get("arguments") or {})
            for position, call in enumerate(fields.get("tool_calls") or (), 1)
        )  # fmt: skip
        stop = fields.get("stop_reason") or ("tool_use" if calls else "end_turn")
        if fields.get("usage") is not None:
            usage = Usage(**fields["usage"])
    else:
        text = said if reply == "echo" else "" if reply is None else str(reply)
        calls, stop = (), "end_turn"
    if usage is None:
        usage = _estimate(request, text)
    return Response(
        text, calls, stop_reason=stop, usage=usage, model=request.model, id=f"scripted-{number}"
    )


def _estimate(request: Request, reply: str) -> Usage:
    """Tokens for a script that does not give them: four characters each."""
    sent = len(request.system) + sum(len(text_of(message)) for message in request.messages)
    return Usage(-(-sent // 4), -(-len(reply) // 4))


_KEYS = ("agent", "match", "reply", "error", "times", "delay", "usage")
_USAGE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def entry_from(data: Mapping[str, Any]) -> Entry:
    """An entry as a test writes it; `delay` in seconds or as a duration text like "50ms".

    Raises ConfigError for a key or a value that an entry cannot have.
    """
    unknown = [key for key in data if key not in _KEYS]
    if unknown:
        raise ConfigError(f"an entry of a script has no '{unknown[0]}'; it has {', '.join(_KEYS)}")
    error = data.get("error")
    if error is not None and error not in _ERRORS:
        raise ConfigError(f"a script has no error '{error}'; there are {', '.join(_ERRORS)}")
    times = data.get("times", 1)
    if times != "always" and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ConfigError(f"`times` is a whole number from 1 or `always`, not {times!r}")
    usage = data.get("usage")
    return Entry(
        data.get("reply"),
        agent=data.get("agent"),
        match=None if data.get("match") is None else str(data["match"]),
        error=error,
        times=None if times == "always" else times,
        delay=_seconds(data.get("delay", 0)),
        usage=None if usage is None else _usage(usage),
    )


def _usage(data: Mapping[str, Any]) -> Usage:
    unknown = [key for key in data if key not in _USAGE]
    if unknown:
        raise ConfigError(f"`usage` has no '{unknown[0]}'; it has {', '.join(_USAGE)}")
    return Usage(**data)


def _seconds(value: Any) -> float:
    if isinstance(value, str):
        from ..durations import parse_duration

        try:
            return parse_duration(value)
        except ValueError as error:
            raise ConfigError(f"`delay`: {error}") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigError(f"`delay` is a duration such as 50ms, not {value!r}")
    return float(value)
