"""HTTP tools against real servers on loopback, and against everything they must not reach."""

import asyncio
import gzip
import ipaddress
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools import (
    HttpTool,
    Joined,
    Param,
    Tool,
    ToolContext,
    ToolRetry,
    builtin_tool,
    quote,
    resolve,
)
from vega_runtime.tools.addresses import host_matches, is_public
from vega_runtime.virtual_time import run_virtual


@dataclass
class Server:
    """A server on loopback that remembers what it was asked."""

    url: str
    port: int
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.requests]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.requests.append((self.command, self.path, headers, body))
        self.seen.asked.set()
        url = urlsplit(self.path)
        name, _, rest = url.path.strip("/").partition("/")
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        action = getattr(self, f"do_{name}", None)
        if action is None:
            self.reply(200, b"hello")
        else:
            action(rest, query)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_echo(self, _: str, __: dict[str, str]) -> None:
        method, path, headers, body = self.seen.requests[-1]
        answer = {"method": method, "path": path, "headers": headers, "body": body.decode()}
        self.reply(200, json.dumps(answer).encode(), Content_Type="application/json")

    def do_status(self, rest: str, query: dict[str, str]) -> None:
        extra = {"Retry_After": query["retry"]} if "retry" in query else {}
        self.reply(int(rest), b"what went wrong" + b"." * 2000, **extra)

    def do_redirect(self, rest: str, query: dict[str, str]) -> None:
        self.reply(int(rest or 302), b"", Location=query["to"])

    def do_nowhere(self, _: str, __: dict[str, str]) -> None:
        self.reply(302, b"no location")

    def do_flaky(self, rest: str, _: dict[str, str]) -> None:
        tried = sum(path.startswith("/flaky") for path in self.seen.paths)
        self.reply(200 if tried > int(rest) else 503, b"attempt %d" % tried, Retry_After="0")

    def do_stall(self, _: str, __: dict[str, str]) -> None:
        self.connection.recv(1)  # until the client leaves
        self.seen.left.set()
        self.close_connection = True

    def do_trickle(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"a few")
        self.wfile.flush()
        self.do_stall(_, __)

    def do_endless(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.seen.left.set()
        self.close_connection = True

    def do_bomb(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, gzip.compress(b"0" * 200_000_000, 1), Content_Encoding="gzip")

    def do_gzip(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, gzip.compress("größe".encode()), Content_Encoding="gzip")

    def do_notgzip(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, b"plain", Content_Encoding="gzip")

    def do_brotli(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, b"plain", Content_Encoding="br")

    def do_latin(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, "größe".encode("latin-1"), Content_Type="text/plain; charset=iso-8859-1")

    def do_binary(self, _: str, __: dict[str, str]) -> None:
        self.reply(200, b"\x89PNG\0\0", Content_Type="image/png")

    def do_broken(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"cut")
        self.close_connection = True

    def do_garbage(self, _: str, __: dict[str, str]) -> None:
        self.wfile.write(b"this is no HTTP\r\n\r\n")
        self.close_connection = True

    def do_search(self, _: str, query: dict[str, str]) -> None:
        results = [
            {"title": f"{query['q']} {i}", "url": f"https://example.com/{i}", "snippet": "text"}
            for i in range(int(query["n"]) + 3)
        ]
        self.reply(200, json.dumps({"results": results}).encode())


def start(tls: ssl.SSLContext | None = None) -> tuple[ThreadingHTTPServer, Server]:
    class Own(Handler):
        pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    http.daemon_threads = True
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    port = http.server_address[1]
    scheme = "http" if tls is None else "https"
    Own.seen = Server(f"{scheme}://localhost:{port}", port)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}).start()
    return http, Own.seen


@pytest.fixture
def server() -> Iterator[Server]:
    http, seen = start()
    yield seen
    http.shutdown()
    http.server_close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost` with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(path.with_name("key.pem")), "-out", str(path)),
        ],
        check=True,
        capture_output=True,
    )
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[Server]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    http, seen = start(tls)
    yield seen
    http.shutdown()
    http.server_close()


async def call(tool: Tool, context: ToolContext | None = None, /, **arguments: Any) -> ToolResult:
    context = context or ToolContext(env={})
    return await resolve([tool], context).call(ToolCall("1", tool.name, arguments), context)


async def get(url: str, *allowed: str, **options: Any) -> ToolResult:
    """What the built-in `http_get` gives."""
    return await call(builtin_tool("http_get", allowed_hosts=allowed), url=url, **options)


def own(server: Server, path: str, **options: Any) -> HttpTool:
    return HttpTool("own", description="a tool", params={}, url=f"{server.url}{path}", **options)


async def test_a_tool_of_the_program(server: Server) -> None:
    tool = HttpTool(
        "save",
        description="Save an item",
        params={
            "id": Param(required=True),
            "tags": Param("list[string]"),
            "count": Param("integer", default=3),
            "note": Param(),
        },
        method="POST",
        url=lambda a: f"{server.url}/echo/{quote(a['id'])}/x",
        headers={"Authorization": Joined("Bearer ", lambda a: "t0ken"), "X-Count": "1"},
        query={"q": lambda a: a["id"], "n": lambda a: a["note"], "t": lambda a: a["tags"]},
        body={"id": lambda a: a["id"], "n": [1, lambda a: a["count"]], "note": lambda a: a["note"]},
    )
    result = await call(tool, id="a/../b? &#ü", tags=["x y", "z"])
    assert not result.is_error
    echo = json.loads(result.content)
    path, _, query = echo["path"].partition("?")
    assert path == "/echo/a%2F..%2Fb%3F%20%26%23%C3%BC/x"
    assert parse_qs(query) == {"q": ["a/../b? &#ü"], "t": ["x y", "z"]}
    assert echo["method"] == "POST"
    assert json.loads(echo["body"]) == {"id": "a/../b? &#ü", "n": [1, 3], "note": None}
    assert echo["headers"]["authorization"] == "Bearer t0ken"
    assert echo["headers"]["content-type"] == "application/json"
    assert echo["headers"]["host"] == f"localhost:{server.port}"


@pytest.mark.parametrize("value", [".", ".."])
async def test_a_value_does_not_climb_in_the_path(server: Server, value: str) -> None:
    tool = HttpTool(
        "t",
        description="",
        params={"id": Param(required=True)},
        url=lambda a: f"{server.url}/api/{quote(a['id'])}/secret",
    )
    result = await call(tool, id=value)
    assert result.is_error
    assert "'..'" in result.content
    assert server.requests == []


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_methods(server: Server, method: Any) -> None:
    result = await call(own(server, "/echo", method=method))
    assert json.loads(result.content)["method"] == method


async def test_a_text_body_and_a_key_for_repeated_calls(server: Server) -> None:
    tool = own(server, "/echo", method="POST", body=lambda a: "plain")
    result = await call(tool, ToolContext(env={}, idempotency_key="run/step/1"))
    echo = json.loads(result.content)
    assert echo["body"] == "plain"
    assert echo["headers"]["content-type"] == "text/plain; charset=utf-8"
    assert echo["headers"]["idempotency-key"] == "run/step/1"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
async def test_a_header_value_stays_one_header(server: Server, value: str) -> None:
    tool = HttpTool(
        "t",
        description="",
        params={"v": Param(required=True)},
        url=server.url,
        headers={"X-Value": lambda a: a["v"]},
    )
    result = await call(tool, v=value)
    assert result.is_error
    assert "control character" in result.content
    assert server.requests == []


async def test_built_in_get_and_post(server: Server) -> None:
    assert (await get(f"{server.url}/x", "localhost")).content == "hello"
    post = builtin_tool("http_post", allowed_hosts=("localhost",))
    result = await call(post, url=f"{server.url}/echo", body={"a": [1]}, headers={"X-A": "b"})
    echo = json.loads(result.content)
    assert (echo["method"], echo["body"]) == ("POST", '{"a":[1]}')
    assert echo["headers"]["x-a"] == "b"


async def test_a_bad_status_is_told_with_the_beginning_of_the_body(server: Server) -> None:
    result = await call(own(server, "/status/404"))
    assert result.is_error
    assert result.content.startswith("HTTP 404 Not Found: what went wrong")
    assert len(result.content) < 600


async def test_retries_until_it_works(server: Server) -> None:
    tool = own(server, "/flaky/2", retry=ToolRetry(attempts=3, backoff=0.01))
    assert (await call(tool)).content == "attempt 3"


async def test_retries_are_used_up(server: Server) -> None:
    tool = own(server, "/flaky/9", retry=ToolRetry(attempts=2, backoff=0.01))
    result = await call(tool)
    assert result.is_error
    assert "503" in result.content
    assert len(server.requests) == 2


async def test_what_is_wrong_for_good_is_not_retried(server: Server) -> None:
    await call(own(server, "/status/400", retry=ToolRetry(attempts=3, backoff=0.01)))
    assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["/stall", "/trickle"])
async def test_a_slow_server_ends_at_the_time_limit(server: Server, path: str) -> None:
    result = await call(own(server, path, timeout=0.3))
    assert result.is_error
    assert "within 0.3 s" in result.content
    assert await asyncio.to_thread(server.left.wait, 20)


def test_the_clock_of_a_test_stands_still_while_a_request_is_open(server: Server) -> None:
    async def play() -> tuple[str, float]:
        result = await call(own(server, "/x"))
        return result.content, asyncio.get_running_loop().time()

    assert run_virtual(play()) == ("hello", 0.0)


async def test_cancelling_closes_the_connection(server: Server) -> None:
    task = asyncio.create_task(call(own(server, "/stall")))
    await asyncio.to_thread(server.asked.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(server.left.wait, 20)


async def test_an_endless_body_is_cut(server: Server) -> None:
    result = await call(own(server, "/endless"))
    assert not result.is_error
    assert result.content.endswith(f"\n[cut after {1024 * 1024} bytes]")
    assert await asyncio.to_thread(server.left.wait, 20)


async def test_a_small_body_that_inflates_is_cut(server: Server) -> None:
    result = await call(own(server, "/bomb"))
    assert result.content.endswith(f"[cut after {1024 * 1024} bytes]")
    assert len(result.content) < 1024 * 1024 + 100


@pytest.mark.parametrize(
    ("path", "content"),
    [("/gzip", "größe"), ("/latin", "größe"), ("/binary", "[6 bytes of image/png, not text]")],
)
async def test_bodies_become_text(server: Server, path: str, content: str) -> None:
    assert (await call(own(server, path))).content == content


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/notgzip", "not encoded"),
        ("/brotli", "'br'"),
        ("/broken", "failed"),
        ("/garbage", "failed"),
        ("/nowhere", "HTTP 302"),
    ],
)
async def test_broken_answers_are_errors_in_words(server: Server, path: str, message: str) -> None:
    result = await call(own(server, path))
    assert result.is_error
    assert message in result.content
    assert "Traceback" not in result.content


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = await get(f"http://localhost:{port}/", "localhost")
    assert result.is_error
    assert "cannot connect" in result.content


async def test_an_unknown_host() -> None:
    result = await get("http://no-such-host.invalid/")
    assert result.is_error
    assert "cannot be found" in result.content


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "x"), (308, "POST", "x")],
)
async def test_redirects(server: Server, status: int, method: str, body: str) -> None:
    tool = own(server, f"/redirect/{status}?to=/echo", method="POST", body="x")
    echo = json.loads((await call(tool)).content)
    assert (echo["method"], echo["body"]) == (method, body)


async def test_a_redirect_in_circles(server: Server) -> None:
    to = "/redirect/302?to=/redirect/302"
    result = await call(own(server, f"/redirect/302?to={quote(to)}"))
    assert result.is_error
    assert len(server.requests) <= 6


async def test_redirects_without_end(server: Server) -> None:
    path = "/echo"
    for _ in range(8):
        path = f"/redirect/302?to={quote(path)}"
    result = await call(own(server, path))
    assert result.is_error
    assert "more than 5 redirects" in result.content
    assert len(server.requests) == 6


async def test_a_redirect_to_another_private_host_is_refused(server: Server) -> None:
    http, other = start()
    try:
        for target in (f"http://127.0.0.1:{other.port}/", f"http://[::1]:{other.port}/", other.url):
            result = await call(own(server, f"/redirect/302?to={quote(target)}"))
            assert result.is_error
            assert "allowed_hosts" in result.content
        assert other.requests == []
        # The same host as the program's, but by its address.
        same = quote(f"http://127.0.0.1:{server.port}/echo")
        assert (await call(own(server, f"/redirect/302?to={same}"))).is_error
    finally:
        http.shutdown()
        http.server_close()


async def test_an_allowed_redirect_leaves_the_secrets_behind(server: Server) -> None:
    http, other = start()
    try:
        tool = own(
            server,
            f"/redirect/307?to={quote(other.url + '/echo')}",
            headers={"Authorization": "Bearer secret", "X-Api-Key": "secret", "Accept": "a/b"},
            allowed_hosts=("localhost",),
        )
        headers = json.loads((await call(tool)).content)["headers"]
        assert "secret" not in str(headers)
        assert headers["accept"] == "a/b"
        assert server.requests[0][2]["authorization"] == "Bearer secret"
    finally:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://localhost/x", "gopher://localhost/", "javascript:1", "//"],
)
async def test_a_redirect_to_another_scheme_is_refused(server: Server, target: str) -> None:
    result = await call(own(server, f"/redirect/302?to={quote(target)}"))
    assert result.is_error
    assert "root:" not in result.content


async def test_a_certificate_that_is_not_trusted(secure: Server) -> None:
    result = await call(own(secure, "/x"))
    assert result.is_error
    assert "certificate" in result.content
    assert "not trusted" in result.content
    assert secure.requests == []


async def test_a_certificate_that_is_trusted(secure: Server, certificate: Path) -> None:
    context = ToolContext(env={"SSL_CERT_FILE": str(certificate)})
    assert (await call(own(secure, "/x"), context)).content == "hello"


async def test_a_certificate_for_another_name(secure: Server, certificate: Path) -> None:
    context = ToolContext(env={"SSL_CERT_FILE": str(certificate)})
    tool = HttpTool("t", description="", params={}, url=f"https://127.0.0.1:{secure.port}/")
    result = await call(tool, context)
    assert result.is_error
    assert "certificate" in result.content


async def test_a_redirect_out_of_tls_is_refused(
    secure: Server, server: Server, certificate: Path
) -> None:
    context = ToolContext(env={"SSL_CERT_FILE": str(certificate)})
    target = quote(server.url)
    tool = own(secure, f"/redirect/302?to={target}", allowed_hosts=("localhost",))
    result = await call(tool, context)
    assert result.is_error
    assert "unencrypted" in result.content
    assert server.requests == []


PRIVATE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1",
    "127.0.0.1.",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0x0.1",
    "127.0.0.01",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:101::1]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[100::1]",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "169.254.0.1",
    "2852039166",
    "0xa9fea9fe",
    "[::ffff:169.254.169.254]",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "１２７.0.0.1",
    "127。0。0。1",
    "ⓛocalhost",
    "①②⑦.0.0.1",
]


@pytest.mark.parametrize("host", PRIVATE)
async def test_private_addresses_are_refused(server: Server, host: str) -> None:
    result = await get(f"http://{host}:{server.port}/x")
    assert result.is_error
    assert "refused" in result.content or "cannot be found" in result.content, result.content
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@127.0.0.1:{port}/",
        "http://user:pass@localhost:{port}/",
        "http://example.com\\@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@example.com/",
        "http://127.0.0.1:{port}#@example.com/",
        "http://127.0.0.1:{port}?@example.com/",
        "http:///127.0.0.1:{port}/",
        "http:127.0.0.1:{port}/",
        "http:\\\\127.0.0.1:{port}\\",
        "HTTP://127.0.0.1:{port}/",
        " http://127.0.0.1:{port}/",
        "http://127.0.0.1\t:{port}/",
        "http://127.0.0.1%00:{port}/",
        "http://127.0.0.1%0d%0aX:{port}/",
        "http://%31%32%37.0.0.1:{port}/",
        "http://[::1:{port}/",
        "http://127.0.0.1:{port}:80/",
        "http://127.0.0.1:99999/",
        "http://",
        "",
        "127.0.0.1:{port}",
        "//127.0.0.1:{port}/",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/_GET",
        "dict://127.0.0.1:{port}/",
        "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "data:text/plain,hello",
        "ws://127.0.0.1:{port}/",
    ],
)
async def test_tricks_with_urls_are_refused(server: Server, url: str) -> None:
    result = await get(url.replace("{port}", str(server.port)))
    assert result.is_error
    assert server.requests == []


async def test_the_address_that_was_checked_is_the_one_connected(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked and private when it is looked up again."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in ("rebind.example", b"rebind.example"):
            return real(host, port, *args, **options)
        asked.append("rebind.example")
        address = "192.52.193.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    tool = builtin_tool("http_get")
    tool.timeout = 0.3  # type: ignore[attr-defined]
    result = await call(tool, url=f"http://rebind.example:{server.port}/")
    assert result.is_error
    assert asked == ["rebind.example"]
    assert server.requests == []


async def test_one_private_answer_among_public_ones_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def mixed(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in ("mixed.example", b"mixed.example"):
            return real(host, port, *args, **options)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("192.52.193.1", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    result = await get(f"http://mixed.example:{server.port}/")
    assert result.is_error
    assert "127.0.0.1" in result.content
    assert server.requests == []


async def test_a_list_of_hosts_is_all_that_is_reached(server: Server) -> None:
    assert not (await get(server.url, f"localhost:{server.port}")).is_error
    for allowed in ("example.com", f"localhost:{server.port + 1}", "*.localhost", "127.0.0.1"):
        result = await get(server.url, allowed)
        assert result.is_error
        assert allowed in result.content
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("host", "allowed", "expected"),
    [
        ("example.com", "example.com", True),
        ("EXAMPLE.com.", "example.com", True),
        ("a.example.com", "example.com", False),
        ("a.example.com", "*.example.com", True),
        ("example.com", "*.example.com", False),
        ("evilexample.com", "*.example.com", False),
        ("example.com.evil.com", "*.example.com", False),
        ("example.com", "example.com:8080", False),
        ("::1", "[::1]", True),
        ("::1", "::1", True),
        ("::1", "[::1]:443", True),
        ("::1", "[::1]:80", False),
    ],
)
def test_lists_of_hosts(host: str, allowed: str, expected: bool) -> None:
    assert host_matches(host, 443, [allowed]) is expected


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111"),
        *("2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"),
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_web_search(server: Server) -> None:
    env = {
        "VEGA_SEARCH_URL": f"{server.url}/search?q={{query}}&n={{limit}}",
        "VEGA_SEARCH_KEY": "k3y",
    }
    result = await call(builtin_tool("web_search"), ToolContext(env=env), query="a & b", limit=2)
    assert result.content == (
        "a & b 0\nhttps://example.com/0\ntext\n\na & b 1\nhttps://example.com/1\ntext"
    )
    assert server.requests[0][2]["authorization"] == "Bearer k3y"


async def test_web_search_that_is_not_set_up() -> None:
    result = await call(builtin_tool("web_search"), query="x")
    assert result.is_error
    assert "VEGA_SEARCH_URL" in result.content


async def test_a_search_service_that_does_not_answer_with_json(server: Server) -> None:
    env = {"VEGA_SEARCH_URL": f"{server.url}/x?{{query}}"}
    result = await call(builtin_tool("web_search"), ToolContext(env=env), query="x")
    assert result.is_error
    assert "JSON" in result.content
