"""What `vegac playground` serves: a page and, behind it, the language server over a WebSocket.

One process owns the socket, on the loopback interface only. Every address begins with a random
token, which the page's own addresses carry on as they are relative; a request without it, for
another host (as after DNS rebinding) or from the page of another origin is refused.
"""

import asyncio
import gc
import json
import logging
import mimetypes
import secrets
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from msgspec import Struct
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from vegac.cli.problem import Problem

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page")
SCRATCH = "playground.vega.yaml"
"""The name of a program that is in no file."""
MAX_MESSAGE = 8 * 2**20
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "img-src 'self' data:",
    "connect-src 'self' {sockets}",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

log = logging.getLogger(__name__)


class Content(Struct, frozen=True):
    """What is answered at an address."""

    type: str
    data: bytes


def page(folder: Path = PAGE) -> dict[str, Content]:
    """The files of the page by their addresses. Raises Problem where it is not built."""
    if not (folder / "index.html").is_file():
        raise Problem(
            "the playground's page is not built",
            hint="In a clone, run 'npm ci && npm run build' in the folder 'editors/playground'.",
        )
    found: dict[str, Content] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            found[name] = Content(_type_of(path), path.read_bytes())
    found[""] = found["index.html"]
    return found


def _type_of(path: Path) -> str:
    if path.suffix in (".js", ".mjs"):
        return "text/javascript; charset=utf-8"  # what the system's table says may be anything
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def beginning(file: Path | None) -> Content:
    """What the page begins with: the program of a file, or none. Raises Problem."""
    path = (file or Path(SCRATCH)).absolute()
    text = None
    if file is not None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise Problem(f"cannot read '{file}': {reason}") from None
    start = {"uri": path.as_uri(), "name": path.name, "text": text}
    return Content("application/json", json.dumps(start).encode())


def run(file: Path | None, port: int, announce: Callable[[str], None]) -> None:
    """Serve until the process is interrupted; `announce` gets the address. Raises Problem."""
    contents = page()
    contents["start.json"] = beginning(file)
    gc.enable()
    try:
        asyncio.run(_run(Site(contents, secrets.token_urlsafe(24)), port, announce))
    except OSError as error:
        raise Problem(f"cannot listen on port {port}: {error.strerror or error}") from None


async def _run(site: "Site", port: int, announce: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: an interrupt ends the loop by itself
            break
    async with await site.listen(port):
        announce(site.address)
        await stop.wait()


class Site:
    """The page and the language server behind one socket."""

    def __init__(self, contents: dict[str, Content], token: str) -> None:
        self.contents = contents
        self.token = token
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/{self.token}/"

    async def listen(self, port: int) -> Server:
        """Begin to serve; port 0 lets the system choose. Raises OSError."""
        quiet = logging.getLogger("vegac.playground.connections")
        quiet.propagate = False
        quiet.addHandler(logging.NullHandler())
        server = await serve(
            _talk,
            HOST,
            port,
            process_request=self.answer,
            max_size=MAX_MESSAGE,
            logger=quiet,
            server_header=None,
        )
        self.port = next(iter(server.sockets)).getsockname()[1]
        return server

    def answer(self, _: ServerConnection, request: Request) -> Response | None:
        """The answer to a request; None lets a WebSocket open."""
        names = (f"{HOST}:{self.port}", f"localhost:{self.port}")
        if request.headers.get_all("Host") not in ([names[0]], [names[1]]):
            return _plain(403, "Forbidden", "this is another host")
        path = request.path.partition("?")[0]
        token, slash, name = path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return _plain(403, "Forbidden", "the address lacks the token that 'vegac' printed")
        if name == "lsp":
            origins = request.headers.get_all("Origin")
            if origins not in ([f"http://{names[0]}"], [f"http://{names[1]}"]):
                return _plain(403, "Forbidden", "this is the page of another origin")
            return None
        if not slash:
            moved = _plain(308, "Permanent Redirect", "")
            moved.headers["Location"] = f"/{self.token}/"
            return moved
        content = self.contents.get(name)
        if content is None:
            return _plain(404, "Not Found", "there is no such file")
        response = _response(200, "OK", content)
        sockets = " ".join(f"ws://{host}" for host in names)
        response.headers["Content-Security-Policy"] = "; ".join(_POLICY).format(sockets=sockets)
        return response


def _plain(status: int, reason: str, text: str) -> Response:
    return _response(status, reason, Content("text/plain; charset=utf-8", f"{text}\n".encode()))


def _response(status: int, reason: str, content: Content) -> Response:
    headers = Headers(_HEADERS)
    headers["Content-Type"] = content.type
    headers["Content-Length"] = str(len(content.data))
    return Response(status, reason, headers, content.data)


class _Writer:
    """Sends the server's messages as texts, which is what scripts of a page read."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection

    def write(self, data: bytes) -> Awaitable[None]:
        return self.connection.send(data.decode())

    def close(self) -> Awaitable[None]:
        return self.connection.close()


async def _talk(connection: ServerConnection) -> None:
    """A language server for one page, until the page leaves."""
    from vega_lsp.server import create

    protocol: Any = create().protocol
    protocol.set_writer(_Writer(connection), include_headers=False)
    try:
        async for data in connection:
            try:
                message = json.loads(data, object_hook=protocol.structure_message)
            except Exception:
                log.warning("a message that cannot be read")
                continue
            if getattr(message, "method", "") == "exit":  # would end the whole process
                break
            protocol.handle_message(message)
    except ConnectionClosed:
        pass
