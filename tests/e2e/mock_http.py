"""A scripted HTTP API on loopback: what the mocks of the model providers share.

The server runs in threads of this process (or alone: `python -m tests.e2e.mock_anthropic`). Each
request takes the next `Reply` of the script; after the last one the mock answers by itself.
"""

import json
import select
import socket
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]


@dataclass
class Reply:
    """How one request is answered.

    `body` is the whole reply as a JSON value, sent as events to a streaming request, or bytes sent
    as they are. `cut` breaks the connection after so many events (of a stream) or bytes. `stall`
    sends nothing more from there and waits until the client leaves. `drip` sends what is left from
    there without end, a byte at a time. `events` replaces the events.
    """

    body: Json | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: bool = False
    drip: bool = False
    events: list[tuple[str | None, Any]] | None = None


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: Json


class MockApi(ABC):
    """A context manager: `url` is the endpoint, `received` what came in, in order."""

    path = "/"
    prefix = ""
    other_paths: tuple[str, ...] = ()

    def __init__(self, replies: Iterable[Reply] = (), *, key: str | None = None) -> None:
        self.script: deque[Reply] = deque(replies)
        self.key = key
        self.received: list[Received] = []
        self.arrived = threading.Semaphore(0)
        self.problems: list[str] = []
        """What was wrong with requests, as the SDK's own types see it."""
        self.dropped = threading.Event()
        """Set when a client leaves while its answer stalls."""
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self.prefix}"

    @property
    def bodies(self) -> list[Json]:
        return [request.body for request in self.received]

    def add(self, *replies: Reply) -> None:
        self.script.extend(replies)

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        if error is None:
            assert not self.problems, self.problems[0]

    def serve_forever(self) -> None:
        with self:
            print(self.url, flush=True)
            self._closing.wait()

    # What a provider's mock says

    @abstractmethod
    def default(self, body: Json) -> Reply: ...

    @abstractmethod
    def check(self, body: Json) -> None:
        """Raise ValueError for a request that the API would not take."""

    @abstractmethod
    def error(self, status: int, message: str) -> Reply: ...

    @abstractmethod
    def as_events(self, body: Json) -> list[tuple[str | None, Any]]: ...

    def answer(self, request: Received) -> Reply:
        with self._lock:
            self.received.append(request)
            self.arrived.release()
            known = (self.prefix + self.path, *self.other_paths)
            if request.path not in known:
                return self.error(404, f"no such path: {request.path}")
            given = request.headers.get("x-api-key") or request.headers.get("authorization", "")
            if self.key is not None and given.removeprefix("Bearer ") != self.key:
                return self.error(401, "invalid API key")
            try:
                self.check(request.body)
            except ValueError as problem:
                self.problems.append(f"{problem} in {request.body}")
            if self.script:
                return self.script.popleft()
        return self.default(request.body)


def exhaust(value: object) -> None:
    """Visit all of what a type adapter gave: it validates what is iterable while it is read."""
    if isinstance(value, Mapping):
        for item in value.values():
            exhaust(item)
    elif not isinstance(value, str | bytes) and isinstance(value, Iterable):
        for item in value:
            exhaust(item)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    api: MockApi

    def handle_error(self, *_: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that leaves is no fault
            super().handle_error(*_)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        body = json.loads(self.rfile.read(length) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        api = self.server.api
        reply = api.answer(Received(self.path, headers, body))
        streamed = bool(body.get("stream")) and reply.status == 200
        try:
            if streamed and not isinstance(reply.body, bytes):
                self._stream(api, reply, reply.body)
            else:
                self._plain(api, reply)
        except (BrokenPipeError, ConnectionResetError):
            api.dropped.set()
            self.close_connection = True

    def _plain(self, api: MockApi, reply: Reply) -> None:
        data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        length = 10**9 if reply.drip else len(data)
        self._head(reply, "application/json", {"content-length": str(length)})
        self.wfile.write(data if reply.cut is None else data[: reply.cut])
        if reply.drip:
            self._drip(api, lambda: self.wfile.write(b" "))
        if reply.stall:
            self._stall(api)
        if reply.cut is not None:
            self._break()

    def _stream(self, api: MockApi, reply: Reply, body: Json) -> None:
        self._head(reply, "text/event-stream", {"transfer-encoding": "chunked"})
        events = reply.events if reply.events is not None else api.as_events(body)
        for name, data in events[: reply.cut]:
            text = data if isinstance(data, str) else json.dumps(data)
            lines = f"event: {name}\ndata: {text}\n\n" if name else f"data: {text}\n\n"
            self._chunk(lines.encode())
        if reply.drip:
            self._drip(api, lambda: self._chunk(b":\n\n"))
        if reply.stall:
            self._stall(api)
        if reply.cut is not None:
            self._break()
        else:
            self._chunk(b"")

    def _head(self, reply: Reply, kind: str, more: Mapping[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in ({"content-type": kind} | dict(more) | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def _stall(self, api: MockApi) -> None:
        while not api._closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                api.dropped.set()
                self.close_connection = True
                return

    def _drip(self, api: MockApi, send: Callable[[], object]) -> None:
        while not api._closing.wait(0.02):
            send()
            self.wfile.flush()

    def _break(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        pass
