"""Messages between clients and servers: over the standard streams, TCP and WebSockets.

A server works off one message at a time. What has arrived meanwhile waits in its inbox, where
requests can be cancelled; findings are published once nothing waits any more, so that a burst of
edits is answered once.
"""

import asyncio
import gc
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

log = logging.getLogger(__name__)
Receive = Callable[[], Awaitable[bytes | str | None]]
"""The next message, or None once the client has gone."""
LIMIT = 64 * 1024 * 1024
"""The longest message, in bytes."""
BUSY_SECONDS = 1.0
"""How long findings may wait for other messages."""
REST_SECONDS = 1.0
SWEEP_MESSAGES = 1000
"""When garbage is looked for: after a pause, and at the latest after so many messages."""
PATIENCE_SECONDS = 5.0
"""How long a client may read nothing at the end."""
WATCH_SECONDS = 2.0
"""How often a server looks whether the process that started it is still there."""


class Wire(LanguageServerProtocol):
    """The protocol, whose texts only the session keeps."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        yield from self._handled(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        yield from self._handled(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        yield from self._handled(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def _handled(self, method: str, params: Any) -> Any:
        features = cast("dict[str, Any]", self.fm.features)  # pyright: ignore[reportUnknownMemberType]
        handler = features.get(method)
        if handler is not None:
            yield handler, (params,), None

    def refuse(self, number: int | str | None, code: int, message: str) -> None:
        """Answer a request with an error."""
        error: dict[str, Any] = {"code": code, "message": message}
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": error})


class Server(Protocol):
    """What a transport needs of a server."""

    @property
    def protocol(self) -> Wire: ...

    def idle(self) -> None:
        """Nothing waits: time for what nobody has asked for."""
        ...


class Inbox:
    """The messages of one client, worked off one by one."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.waiting: deque[dict[str, Any]] = deque()
        self.closed = False
        self.initialized = False
        self.ended = False
        """Whether the client has asked for the end."""
        self.handled = 0
        """How many messages came since the last look for garbage."""
        self.news = asyncio.Event()

    async def listen(self, receive: Receive) -> None:
        """Take in what comes until the client has gone."""
        try:
            while (body := await receive()) is not None:
                self._take(body)
        except (OSError, EOFError) as error:
            log.info("the client is gone: %s", error)
        finally:
            self.closed = True
            self.news.set()

    def _take(self, body: bytes | str) -> None:
        try:
            message = json.loads(body)
        except ValueError as error:
            log.warning("a message that is no JSON: %s", error)
            self.server.protocol.refuse(None, types.ErrorCodes.ParseError, "this is no JSON")
            return
        for part in message if isinstance(message, list) else [message]:  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(part, dict):
                self.server.protocol.refuse(
                    None, types.ErrorCodes.InvalidRequest, "a message is an object"
                )
            elif part.get("method") != "$/cancelRequest" or not self._cancel(part):  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
                self.waiting.append(part)  # pyright: ignore[reportUnknownArgumentType]
        self.news.set()

    def _cancel(self, message: dict[str, Any]) -> bool:
        """Answer a request that still waits as cancelled; tells whether there was one."""
        params = message.get("params")
        number = params.get("id") if isinstance(params, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        for waiting in self.waiting:
            if "method" in waiting and number is not None and waiting.get("id") == number:
                self.waiting.remove(waiting)
                code = types.LSPErrorCodes.RequestCancelled
                self.server.protocol.refuse(number, code, "the request was cancelled")  # pyright: ignore[reportUnknownArgumentType]
                return True
        return False

    async def work(self) -> int:
        """Answer until the end; the exit code."""
        loop = asyncio.get_running_loop()
        idle = loop.time()
        while True:
            while not self.waiting:
                if self.closed:
                    return 0 if self.ended else 1
                self.news.clear()
                self.server.idle()
                idle = loop.time()
                await self._rest()
            message = self.waiting.popleft()
            if message.get("method") == types.EXIT:
                return 0 if self.ended else 1
            self._handle(message)
            if loop.time() - idle > BUSY_SECONDS:
                self.server.idle()
                idle = loop.time()
            # Let in what has arrived meanwhile: it may cancel what waits.
            for _ in range(3):
                await asyncio.sleep(0)

    async def _rest(self) -> None:
        """Wait for the next message; a pause is a good time to look for garbage, which takes long
        where much is known."""
        if self.handled:
            try:
                await asyncio.wait_for(self.news.wait(), REST_SECONDS)
            except TimeoutError:
                self._sweep()
        await self.news.wait()

    def _sweep(self) -> None:
        self.handled = 0
        gc.collect()

    def _handle(self, message: dict[str, Any]) -> None:
        wire = self.server.protocol
        self.handled += 1
        if self.handled >= SWEEP_MESSAGES:
            self._sweep()
        method, number = message.get("method"), message.get("id")
        asks = method is not None and number is not None
        if method == types.INITIALIZE:
            self.initialized = True
        elif asks and (self.ended or not self.initialized):
            code = (
                types.ErrorCodes.InvalidRequest
                if self.ended
                else types.ErrorCodes.ServerNotInitialized
            )
            wire.refuse(number, code, "the server is not at work")
            return
        try:
            structured: Any = wire.structure_message({"jsonrpc": wire.VERSION, **message})
            wire.handle_message(structured)
        except Exception as error:
            log.warning("a message that cannot be understood: %s", error)
            if asks:
                wire.refuse(
                    number, types.ErrorCodes.InvalidParams, "the parameters are not understood"
                )
        if method == types.SHUTDOWN:
            self.ended = True


async def converse(server: Server, receive: Receive) -> int:
    """Serve a client until it is done or gone; the exit code."""
    inbox = Inbox(server)
    listening = asyncio.create_task(inbox.listen(receive))
    try:
        return await inbox.work()
    finally:
        listening.cancel()


async def message_of(reader: asyncio.StreamReader) -> bytes | None:
    """The next message of a stream; None at its end."""
    length: int | None = None
    while True:
        line = await reader.readline()
        if not line:
            return None
        name, _, value = line.decode("ascii", "replace").partition(":")
        if name.strip().lower() == "content-length" and value.strip().isdecimal():
            length = int(value)
        if not line.strip() and length is not None:
            if length > LIMIT:
                raise EOFError(f"a message of {length} bytes is too long")
            try:
                return await reader.readexactly(length)
            except asyncio.IncompleteReadError:
                return None


# --- standard streams -----------------------------------------------------------------------------


def serve_streams(server: LanguageServer) -> int:
    """Serve over the standard streams; the exit code."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    # What anything else prints must not get between the messages.
    sys.stdout = sys.stderr

    async def run() -> int:
        reader = await _reading(stdin)
        writer = await _writing(stdout)
        server.protocol.set_writer(writer)
        code = await converse(_checked(server), lambda: message_of(reader))
        await _drained(writer)
        return code

    return asyncio.run(run())


async def _reading(stream: Any) -> asyncio.StreamReader:
    """A reader of a pipe; where that cannot be awaited, of what a thread reads."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    try:
        if os.name == "nt":
            raise ValueError("pipes cannot be awaited here")
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stream)
    except ValueError:

        def pump() -> None:
            while data := stream.read1(65536):
                loop.call_soon_threadsafe(reader.feed_data, data)
            loop.call_soon_threadsafe(reader.feed_eof)

        import threading

        threading.Thread(target=pump, daemon=True).start()
    return reader


async def _writing(stream: Any) -> Any:
    """A writer that never waits for the client, where the stream can do that."""
    if os.name == "nt":
        return _Plain(stream)
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, stream)
    except ValueError:
        return _Plain(stream)
    return transport


async def _drained(writer: Any) -> None:
    """Wait until the client has what was written, as long as it reads."""
    loop = asyncio.get_running_loop()
    left, since = 0, loop.time()
    while isinstance(writer, asyncio.WriteTransport) and not writer.is_closing():
        size = writer.get_write_buffer_size()
        if size != left:
            left, since = size, loop.time()
        if not size or loop.time() - since > PATIENCE_SECONDS:
            break
        await asyncio.sleep(0.01)


class _Plain:
    """Writes to a stream as it is."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        self.stream.flush()

    def close(self) -> None:
        self.stream.flush()


def _checked(server: LanguageServer) -> Any:
    assert isinstance(server.protocol, Wire)
    return server


# --- sockets --------------------------------------------------------------------------------------


def serve_tcp(create: Callable[[], LanguageServer], host: str, port: int) -> int:
    """Serve one client that connects, and end with it; the exit code. Raises OSError where the
    address cannot be had."""

    async def run() -> int:
        outcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        taken = False

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal taken
            if taken:
                writer.close()
                return
            taken = True
            server = create()
            server.protocol.set_writer(writer)  # pyright: ignore[reportArgumentType]
            try:
                code = await converse(_checked(server), lambda: message_of(reader))
            finally:
                writer.close()
            if not outcome.done():
                outcome.set_result(code)

        async with await asyncio.start_server(connected, host, port, limit=2**20) as listener:
            tell(listener.sockets, "tcp")
            return await outcome

    return asyncio.run(run())


def serve_websockets(create: Callable[[], LanguageServer], host: str, port: int) -> int:
    """Serve all clients that connect, until interrupted. Raises OSError where the address cannot
    be had."""

    from websockets.asyncio.server import serve

    async def run() -> int:
        async with serve(
            lambda connection: _talk(create(), connection),
            host,
            port,
            process_request=_judge,
            max_size=LIMIT,
        ) as listener:
            tell(listener.sockets, "ws")
            await listener.serve_forever()
        return 0

    return asyncio.run(run())


def _judge(connection: "ServerConnection", request: "Request") -> "Response | None":
    """Refuse the pages of other sites, which any browser on this machine may show."""
    origin = request.headers.get("Origin")
    if origin is None or urlsplit(origin).hostname in ("localhost", "127.0.0.1", "::1"):
        return None
    return connection.respond(403, "pages of other sites are not served\n")


async def _talk(server: LanguageServer, connection: "ServerConnection") -> None:
    from websockets.exceptions import ConnectionClosed

    async def receive() -> bytes | str | None:
        try:
            return await connection.recv()
        except ConnectionClosed:
            return None

    server.protocol.set_writer(_Texts(connection), include_headers=False)
    await converse(_checked(server), receive)


class _Texts:
    """Sends messages as texts, in order."""

    def __init__(self, connection: "ServerConnection") -> None:
        self.connection = connection
        self.last: asyncio.Future[None] | None = None

    def write(self, data: bytes) -> None:
        self.last = asyncio.ensure_future(self._send(data.decode(), self.last))

    async def _send(self, text: str, before: "asyncio.Future[None] | None") -> None:
        from websockets.exceptions import ConnectionClosed

        if before is not None:
            await before
        try:
            await self.connection.send(text)
        except ConnectionClosed:
            log.info("the client is gone")

    def close(self) -> None:
        """The connection ends with the conversation."""


def tell(sockets: Any, scheme: str) -> None:
    """Say where the server listens: with port 0 nobody else knows."""
    for socket in sockets:
        host, port = socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"vegac lsp listens on {scheme}://{shown}:{port}", file=sys.stderr, flush=True)


# --- the process that started this one ------------------------------------------------------------


async def watch(process: int) -> None:
    """End once a process has gone: it can no longer say so itself."""
    if os.name == "nt":
        return
    while True:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            log.info("the process %d that started this one is gone", process)
            os._exit(1)
        except OSError:
            return
        await asyncio.sleep(WATCH_SECONDS)
