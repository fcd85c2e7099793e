"""Tools that make an HTTP request of the program."""

import asyncio
import email.utils
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast
from urllib.parse import quote as _percent_encode
from urllib.parse import unquote, urlsplit

from vega_runtime.errors import ToolError
from vega_runtime.text import text, to_json
from vega_runtime.tools.definition import (
    Args,
    Template,
    Tool,
    ToolContext,
    ToolOptions,
    render,
    render_text,
)
from vega_runtime.tools.fetch import Outgoing, Reply, TemporaryFailure, fetch

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
if TYPE_CHECKING:
    Content = Template | float | None | Mapping[str, "Content"] | Sequence["Content"]
    """JSON with templates inside: for a checker, their `args` would be unknown in an `Any`."""
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_LONGEST_WAIT = 60.0
_SHOWN_OF_ERROR = 500


@dataclass(frozen=True, slots=True)
class ToolRetry:
    """How often a request is made at most, and the seconds before the second attempt, which double.

    A `Retry-After` of the server wins, up to a minute.
    """

    attempts: int = 3
    backoff: float = 1.0


def quote(value: Any) -> str:
    """A value as one segment of a URL's path, or as a part of its query: all else is encoded."""
    return _percent_encode(text(value), safe="", errors="strict")


class HttpTool(Tool):
    """Makes one request and gives the body of the response.

    Holes in `url` pass through `quote`; the host is the program's, so it may be a private one.
    `query` leaves out null. `body` is sent as JSON, a text as it is. `timeout` (seconds) is for
    one attempt with its redirects. With `allowed_hosts` redirects reach only those.
    """

    templates = ("url", "headers", "query", "body")
    limits = ("allowed_hosts",)
    usual_capabilities = ("net",)

    def __init__(
        self,
        name: str,
        *,
        url: Template,
        method: Method = "GET",
        headers: Mapping[str, Template] | None = None,
        query: "Mapping[str, Content] | None" = None,
        body: "Content" = None,
        timeout: float = 30.0,
        retry: ToolRetry | None = None,
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.method: Method = method
        self.url = url
        self.headers = dict(headers or {})
        self.query = dict(query or {})
        self.body = body
        self.timeout = timeout
        self.retry = retry

    async def run(self, args: Args, context: ToolContext) -> str:
        headers = {
            name: header(name, render_text(value, args, context.env))
            for name, value in self.headers.items()
        }
        query = {name: render(value, args, context.env) for name, value in self.query.items()}
        content = json_content(render(self.body, args, context.env), headers)
        if context.idempotency_key and self.method != "GET":
            headers.setdefault("Idempotency-Key", context.idempotency_key)
        request = Outgoing(
            self.method,
            self._address(args, context),
            headers,
            {name: query_value(value) for name, value in query.items() if value is not None},
            content,
            self.allowed_hosts,
            own_host=True,
            certificates=context.env.get("SSL_CERT_FILE") or None,
        )
        return (await with_retry(request, self.timeout, self.retry)).text

    def _address(self, args: Args, context: ToolContext) -> str:
        try:
            url = render_text(self.url, args, context.env)
        except UnicodeEncodeError:
            raise ToolError("a value in the URL holds half a surrogate pair") from None
        if not isinstance(self.url, str) and any(
            unquote(part) in (".", "..") for part in urlsplit(url).path.split("/")
        ):
            raise ToolError("a value of '.' or '..' in the path of the URL is refused")
        return url


async def with_retry(request: Outgoing, seconds: float, retry: ToolRetry | None) -> Reply:
    """Fetch, and again after a failure that may pass. Raises ToolError, also for a bad status."""
    attempts = max(1, retry.attempts) if retry else 1
    wait = retry.backoff if retry else 0.0
    for left in range(attempts - 1, -1, -1):
        try:
            return _successful(await fetch(request, seconds))
        except TemporaryFailure as failure:
            if not left:
                raise ToolError(failure.message) from None
            await asyncio.sleep(wait if failure.retry_after is None else failure.retry_after)
            wait *= 2
    raise AssertionError("there is at least one attempt")


def _successful(reply: Reply) -> Reply:
    if 200 <= reply.status < 300:
        return reply
    beginning = reply.text[:_SHOWN_OF_ERROR].strip()
    message = f"HTTP {reply.status} {reply.reason}".strip()
    if beginning:
        message += f": {beginning}"
    if reply.status in _TRANSIENT:
        raise TemporaryFailure(message, _retry_after(reply.headers.get("retry-after")))
    raise ToolError(message)


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def header(name: str, value: str) -> str:
    """A value that may stand in a header. Raises ToolError for one with a line end in it."""
    if any(ord(character) < 32 and character != "\t" for character in name + value):
        raise ToolError(f"the header {name!r} is refused: it holds a control character")
    if not name.isascii() or not name or any(c in name for c in ' ():,;<=>?@[\\]{}/"'):
        raise ToolError(f"{name!r} is not the name of a header")
    return value


def json_content(body: Any, headers: dict[str, str]) -> bytes | None:
    """The bytes of a body: a text as it is, all else as JSON. Adds the content type it has."""
    if body is None:
        return None
    kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    try:
        return (body if isinstance(body, str) else to_json(body)).encode()
    except UnicodeEncodeError:
        raise ToolError("the body holds half a surrogate pair") from None


def query_value(value: Any) -> str | list[str]:
    """A value of a query: a list is the parameter several times."""
    if isinstance(value, list):
        return [text(item) for item in cast("list[Any]", value)]
    return text(value)
