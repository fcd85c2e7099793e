"""HTTP requests that reach only what they may: checked addresses, limits, careful redirects."""

import codecs
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from vega_runtime.errors import ToolError
from vega_runtime.tools.addresses import host_matches, resolve_host
from vega_runtime.tools.deadline import deadline

if TYPE_CHECKING:
    import ssl

    import httpx

MAX_BODY = 1024 * 1024
"""Bytes of a response's body that are read."""
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_TEXT_TYPES = ("text/", "application/json", "application/xml", "+json", "+xml", "javascript")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request. With `allowed_hosts` only those are reached, be they private or not.

    `own_host` trusts the host of `url` itself, as one that the program wrote.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, Any] | None = None
    content: bytes | None = None
    allowed_hosts: Sequence[str] = ()
    own_host: bool = False
    certificates: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: `cut` tells that the body was longer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    cut: bool

    @property
    def text(self) -> str:
        """The body as text; a remark in place of one that is not."""
        kind = self.headers.get("content-type", "")
        if b"\0" in self.body[:4096] and not any(name in kind for name in _TEXT_TYPES):
            return f"[{len(self.body)} bytes of {kind or 'unknown type'}, not text]"
        text = self.body.decode(_charset(kind), errors="replace").removeprefix("\ufeff")
        if self.cut:
            text += f"\n[cut after {len(self.body)} bytes]"
        return text


class TemporaryFailure(ToolError):
    """A failure that another attempt may cure. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


async def fetch(request: Outgoing, seconds: float) -> Reply:
    """Send a request, follow redirects, read the body up to `MAX_BODY`.

    `seconds` is for all of it. Raises ToolError, of class TemporaryFailure where trying again may
    help; a status that is no success is none of its business.
    """
    try:
        async with deadline(seconds):
            return await _follow(request)
    except TimeoutError:
        message = f"no complete response from {_shown(request.url)} within {seconds:g} s"
        raise TemporaryFailure(message) from None


async def _follow(request: Outgoing) -> Reply:
    import httpx

    for _ in range(MAX_REDIRECTS + 1):
        url = _parsed(request)
        reply = await _send(request, url)
        location = reply.headers.get("location")
        if reply.status not in _REDIRECTS or location is None:
            return reply
        target = urljoin(str(url), location)
        request = _redirected(request, reply.status, url, target)
        try:
            same = _origin(httpx.URL(target)) == _origin(url)
        except httpx.InvalidURL:
            same = False
        if not same:
            kept = ("accept", "content-type")
            headers = {k: v for k, v in request.headers.items() if k.lower() in kept}
            request = replace(request, headers=headers, own_host=False)
    raise ToolError(f"{_shown(request.url)}: more than {MAX_REDIRECTS} redirects")


def _redirected(request: Outgoing, status: int, url: "httpx.URL", target: str) -> Outgoing:
    if url.scheme == "https" and target.lower().startswith("http:"):
        raise ToolError(f"{_shown(str(url))} redirects to an unencrypted address, which is refused")
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        request = replace(request, method="GET", content=None)
    return replace(request, url=target, query=None)


def _origin(url: "httpx.URL") -> tuple[str, str, int]:
    return url.scheme, url.host.lower(), _port(url)


def _port(url: "httpx.URL") -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _parsed(request: Outgoing) -> "httpx.URL":
    import httpx

    try:
        url = httpx.URL(request.url)
        if request.query:
            url = url.copy_merge_params(request.query)
    except (httpx.InvalidURL, ValueError, TypeError) as problem:
        raise ToolError(f"{_shown(request.url)} is refused: {problem}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ToolError(f"{_shown(request.url)} is refused: it must start with http:// or https://")
    if url.userinfo:
        raise ToolError(f"{url.host}: a user name or password in a URL is refused")
    return url


async def _send(request: Outgoing, url: "httpx.URL") -> Reply:
    """Send one request to an address that was checked, and to no other."""
    import httpx

    port = _port(url)
    listed = host_matches(url.host, port, request.allowed_hosts)
    if request.allowed_hosts and not listed and not request.own_host:
        allowed = ", ".join(request.allowed_hosts)
        raise ToolError(f"the host '{url.host}' is refused (allowed_hosts: {allowed})")
    addresses = await resolve_host(url.host, port, private=listed or request.own_host)
    transport = httpx.AsyncHTTPTransport(
        verify=_tls(request.certificates) if url.scheme == "https" else False, trust_env=False
    )
    async with transport:
        for index, address in enumerate(addresses):
            try:
                return await _exchange(transport, request, url, address)
            except httpx.ConnectError as problem:
                if index + 1 == len(addresses) or _is_certificate(problem):
                    raise _failure(url, problem) from None
            except httpx.HTTPError as problem:
                raise _failure(url, problem) from None
    raise AssertionError("a host has at least one address")


async def _exchange(
    transport: "httpx.AsyncHTTPTransport", request: Outgoing, url: "httpx.URL", address: str
) -> Reply:
    import httpx

    headers = {
        "accept": "*/*",
        "user-agent": "vega",
        **{name.lower(): value for name, value in request.headers.items()},
        "host": url.netloc.decode("ascii"),
        "accept-encoding": "identity",
        "connection": "close",
    }
    extensions: dict[str, Any] = {"timeout": {}}
    if url.scheme == "https":
        extensions["sni_hostname"] = url.raw_host.decode("ascii")
    outgoing = httpx.Request(
        request.method,
        url.copy_with(host=address),
        headers=headers,
        content=request.content,
        extensions=extensions,
    )
    response = await transport.handle_async_request(outgoing)
    try:
        body, cut = await _body(response)
    finally:
        await response.aclose()
    return Reply(response.status_code, response.reason_phrase, response.headers, body, cut)


async def _body(response: "httpx.Response") -> tuple[bytes, bool]:
    """The body, unpacked within the limit: a small response may inflate to a huge one."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise ToolError(f"the response is encoded as '{encoding}', which was not asked for")
    unpacker = zlib.decompressobj(47) if encoding not in ("identity", "") else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += chunk if unpacker is None else unpacker.decompress(chunk, MAX_BODY + 1)
        except zlib.error:
            raise ToolError("the response is not encoded as it says") from None
        if len(body) > MAX_BODY:
            return bytes(body[:MAX_BODY]), True
    return bytes(body), False


def _failure(url: "httpx.URL", problem: "httpx.HTTPError") -> ToolError:
    import httpx

    where = _shown(f"{url.scheme}://{url.netloc.decode('ascii')}")
    if _is_certificate(problem):
        return ToolError(f"the certificate of {where} is not trusted: {_certificate(problem)}")
    if isinstance(problem, httpx.ConnectError):
        return TemporaryFailure(f"cannot connect to {where}: {problem or 'refused'}")
    if isinstance(problem, httpx.LocalProtocolError):
        return ToolError(f"the request to {where} cannot be written: {problem}")
    return TemporaryFailure(
        f"the connection to {where} failed: {problem or type(problem).__name__}"
    )


def _is_certificate(problem: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(problem)


def _certificate(problem: Exception) -> str:
    reason = str(problem).partition("certificate verify failed: ")[2]
    return reason.partition(" (_ssl")[0] or "it cannot be verified"


@cache
def _tls(certificates: str | None) -> "ssl.SSLContext":
    import ssl

    context = ssl.create_default_context(cafile=certificates)
    if (
        certificates is None
        and not context.get_ca_certs()
        and not ssl.get_default_verify_paths().cafile
    ):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _charset(kind: str) -> str:
    name = kind.partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        return codecs.lookup(name).name if name else "utf-8"
    except LookupError:
        return "utf-8"


def _shown(url: str) -> str:
    bare = url.partition("?")[0]
    return bare if len(bare) <= 120 else bare[:117] + "..."
