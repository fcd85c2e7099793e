"""What the HTTP providers share: the SDK client's life, and its failures as `ModelError`s.

Both SDKs are made by one generator and have the same shape. Requests and replies travel as plain
JSON values: a reply is checked here and not taken on trust, and it can be stored as it is.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ..errors import ModelError, ModelErrorKind
from ..tools.deadline import deadline
from .base import Response, StreamEvent, Usage

if TYPE_CHECKING:
    from collections.abc import Generator

Json = dict[str, Any]
E = TypeVar("E", bound=BaseException)

READ_TIMEOUT = 600.0
"""Seconds without a byte from the provider after which a call has timed out."""
CONNECT_TIMEOUT = 10.0
CALL_TIMEOUT = 3600.0
"""Seconds for one call in all: a provider that sends a byte now and then does not hold it open."""

_KINDS: dict[int, ModelErrorKind] = {
    401: "authentication",
    403: "authentication",
    408: "timeout",
    409: "temporary",
    425: "temporary",
    429: "rate_limit",
    499: "temporary",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}

_TYPES: dict[str, ModelErrorKind] = {
    "authentication_error": "authentication",
    "permission_error": "authentication",
    "rate_limit_error": "rate_limit",
    "rate_limit_exceeded": "rate_limit",
    "insufficient_quota": "authentication",
    "overloaded_error": "overloaded",
    "timeout_error": "timeout",
    "api_error": "temporary",
    "server_error": "temporary",
    "invalid_request_error": "invalid_request",
    "not_found_error": "invalid_request",
    "request_too_large": "invalid_request",
}


_NO_TEMPERATURE = re.compile(r"temperature.*(deprecated|support)", re.DOTALL)


class Client(Protocol):
    """What is used of an SDK's client."""

    async def post(
        self,
        path: str,
        *,
        cast_to: type[Any],
        body: object = ...,
        stream: bool = ...,
        stream_cls: Any = ...,
    ) -> Any: ...

    async def close(self) -> None: ...


class Transport:
    """Posts JSON through an SDK's client and turns every failure into a `ModelError`.

    `provider` names the service in messages, `key_name` the variable that holds its key.
    """

    __slots__ = (
        "_call_timeout",
        "_client",
        "_closed",
        "_key_name",
        "_path",
        "_provider",
        "_refusing",
        "_stream_cls",
    )

    def __init__(
        self,
        client: Client,
        stream_cls: Any,
        path: str,
        *,
        provider: str,
        key_name: str,
        call_timeout: float = CALL_TIMEOUT,
    ) -> None:
        self._call_timeout = call_timeout
        self._client = client
        self._stream_cls = stream_cls
        self._path = path
        self._provider = provider
        self._key_name = key_name
        self._closed = False
        self._refusing: set[str] = set()

    async def post(self, body: Json, path: str = "") -> Json:
        """The reply to one request, a JSON object. `path` replaces the usual one."""
        async with self._limited():
            return self.checked(await self._send(body, path or self._path))

    @asynccontextmanager
    async def events(self, body: Json) -> "AsyncGenerator[AsyncIterator[Json]]":
        """The data of the events that answer a streaming request, each a JSON object."""
        async with self._limited():
            options = {"stream": True, "stream_cls": self._stream_cls}
            stream = await self._send(body, self._path, **options)
            try:
                yield self._iterate(stream, body)
            finally:
                await stream.close()

    @asynccontextmanager
    async def _limited(self) -> "AsyncGenerator[None]":
        try:
            async with deadline(self._call_timeout):
                yield
        except TimeoutError:
            raise unseen(
                ModelError(
                    f"{self._provider} did not complete its reply within {self._call_timeout:g} s",
                    kind="timeout",
                )
            ) from None
        except asyncio.CancelledError as cancelled:
            unseen(cancelled)
            raise

    async def _send(self, body: Json, path: str, **options: Any) -> Any:
        """Post the body; without its temperature if the model refuses to be given one.

        The compiler has warned of that, and a program must not fail over it. The refusal is not
        billed, and is remembered.
        """
        if body["model"] in self._refusing:
            body = _without_temperature(body)
        try:
            with self._failures(body):
                return await self._client.post(path, cast_to=object, body=body, **options)
        except ModelError as refusal:
            if "temperature" not in body or not _NO_TEMPERATURE.search(refusal.message):
                raise
        self._refusing.add(body["model"])
        body = _without_temperature(body)
        with self._failures(body):
            return await self._client.post(path, cast_to=object, body=body, **options)

    async def _iterate(self, stream: Any, body: Json) -> AsyncIterator[Json]:
        with self._failures(body):
            async for event in stream:
                yield self.checked(event)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._client.close()

    def checked(self, value: object) -> Json:
        """`value` if it is a JSON object; else the reply is malformed."""
        if isinstance(value, dict):
            return cast("Json", value)
        raise self.malformed(f"expected a JSON object, got {str(value)[:80]!r}")

    def malformed(self, detail: str) -> ModelError:
        """The error for a reply that is not what the API promises."""
        return unseen(
            ModelError(
                f"{self._provider} sent a reply that cannot be read: {detail}", kind="temporary"
            )
        )

    def cut(self, usage: Usage | None) -> ModelError:
        """The error for a stream that ended too early; `usage` is what is known to be billed."""
        error = ModelError(
            f"{self._provider} ended the reply before it was complete", kind="temporary"
        )
        return billed(unseen(error), usage)

    @contextmanager
    def _failures(self, body: Json) -> "Generator[None]":
        try:
            yield
        except (ModelError, GeneratorExit):
            raise
        except Exception as failure:
            raise self._translate(failure, body) from failure

    def _translate(self, failure: Exception, body: Json) -> ModelError:
        import httpx2

        status = getattr(failure, "status_code", None)
        if isinstance(status, int) and getattr(failure, "response", None) is not None:
            return self._status_error(failure, status, body)
        name = type(failure).__name__
        if isinstance(failure, httpx2.TimeoutException) or name == "APITimeoutError":
            late = ModelError(f"{self._provider} did not answer in time", kind="timeout")
            return late if _never_sent(failure) else unseen(late)
        if name == "APIError":  # an error event inside a stream
            return self._status_error(failure, 200, body)
        if isinstance(failure, httpx2.DecodingError):
            return self.malformed(str(failure)[:200])
        if isinstance(failure, httpx2.HTTPError) or name == "APIConnectionError":
            cause = failure.__cause__ or failure
            detail = str(cause) or type(cause).__name__
            lost = ModelError(f"cannot reach {self._provider}: {detail}", kind="temporary")
            return lost if _never_sent(failure) else unseen(lost)
        if isinstance(failure, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
            return self.malformed(str(failure)[:200])
        return ModelError(
            f"the request to {self._provider} could not be made: {failure}", kind="invalid_request"
        )

    def _status_error(self, failure: Exception, status: int, body: Json) -> ModelError:
        detail = _error_object(getattr(failure, "body", None))
        said = str(detail.get("message") or "").strip()
        kind = _TYPES.get(str(detail.get("type"))) if status == 200 else _KINDS.get(status)
        if detail.get("code") == "insufficient_quota":
            kind = "authentication"
        if kind is None:
            kind = "temporary" if status >= 500 or status == 200 else "invalid_request"
        response = getattr(failure, "response", None)
        return ModelError(
            self._sentence(kind, status, said, body),
            kind=kind,
            retry_after=None if response is None else retry_after(response.headers),
            status=None if status == 200 else status,
        )

    def _sentence(self, kind: ModelErrorKind, status: int, said: str, body: Json) -> str:
        model = body.get("model")
        after = f": {said}" if said else ""
        number = "" if status == 200 else f" (HTTP {status})"
        if kind == "authentication":
            return f"{self._provider} refuses the key in {self._key_name}{number}{after}"
        if kind == "rate_limit":
            return f"{self._provider} says that '{model}' is called too often{number}{after}"
        if kind == "overloaded":
            return f"{self._provider} is overloaded{number}{after}"
        if kind == "timeout":
            return f"{self._provider} did not answer in time{number}{after}"
        if status == 404:
            return f"{self._provider} does not know the model '{model}'{number}{after}"
        if kind == "invalid_request":
            return f"{self._provider} refuses the request to '{model}'{number}{after}"
        return f"{self._provider} failed{number}{after}"


def _without_temperature(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "temperature"}


def unseen(error: E) -> E:
    """`error`, of a call that may be billed without anybody knowing for how much; budgets charge
    all that they reserved for it, unless its usage is known after all (`billed`)."""
    error.__dict__["unseen"] = True
    return error


def _never_sent(failure: Exception) -> bool:
    """Whether no connection came about."""
    import httpx2

    cause = failure if isinstance(failure, httpx2.HTTPError) else failure.__cause__
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def billed(error: ModelError, usage: Usage | None) -> ModelError:
    """`error`, with the tokens that a call used before it failed; budgets charge them."""
    if usage is not None:
        error.__dict__["usage"] = usage
    return error


async def whole(stream: AsyncIterator[StreamEvent]) -> Response:
    """The response at the end of a stream."""
    response: Response | None = None
    async for event in stream:
        if isinstance(event, Response):
            response = event
    assert response is not None  # a stream ends in its Response or raises
    return response


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a response asks to wait: `retry-after-ms`, or `Retry-After` in either form."""
    try:
        return max(float(headers["retry-after-ms"]) / 1000, 0.0)
    except (KeyError, ValueError):
        pass
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def tool_arguments(text: str) -> Json | None:
    """A tool call's arguments from their JSON text; None if that is no JSON object."""
    if not text.strip():
        return {}
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return cast("Json", value) if isinstance(value, dict) else None


def _error_object(body: object) -> Json:
    if isinstance(body, dict):
        inner = cast("Json", body).get("error", cast("Json", body))
        if isinstance(inner, dict):
            return cast("Json", inner)
        return {"message": str(inner)}
    return {"message": str(body)[:300]} if body else {}
