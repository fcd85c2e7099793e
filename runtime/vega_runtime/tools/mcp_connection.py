"""One connection to an MCP server: opened and closed by a task of its own, shared by all calls.

Everything here runs in the loop of a `Background`.
"""

import asyncio
import contextlib
import logging
import os
import re
import sys
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.tools.background import OWN_PROCESSES, Processes, has_ended, signal_group

if TYPE_CHECKING:
    import mcp
    import mcp.types
    from mcp.client import Transport

MAX_TOOLS = 500
"""Tools that are taken of one server at most."""
START_TIMEOUT = 60.0
"""Seconds that a server may take to start, unless its calls may take longer."""
_MAX_PAGES = 100
_CONNECT_TIMEOUT = 10.0
_GRACE = 1.0
"""Seconds that a process has to end after its input is closed, and again after SIGTERM."""
_LAST_WORDS = 6
"""Lines of a process's standard error that are shown where it fails."""
_CLOSED = -32000
_TIMED_OUT = -32001


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is and how it is reached. `timeout` is that of a call, in seconds; `env` and
    `headers` may hold secrets."""

    name: str
    transport: Literal["stdio", "http", "sse"]
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str = "."
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 60.0

    @property
    def start_timeout(self) -> float:
        return max(START_TIMEOUT, self.timeout)

    @property
    def shown(self) -> str:
        """The server for messages, without what may be secret."""
        if self.transport == "stdio":
            return f"the MCP server '{self.name}'"
        host = urlsplit(self.url).netloc.rpartition("@")[2]
        return f"the MCP server '{self.name}' at {host}"


class Gone(ToolError):
    """The connection is lost; a new one may work."""


class Forgotten(Gone):
    """The server did not take the call, for it does not know the connection any more."""


class Connection:
    """A connection that is open from `open` until `close` or until it breaks."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.tools: list[mcp.types.Tool] = []
        self._client: mcp.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._processes: Processes = []
        self._failure: BaseException | None = None
        self._said: deque[str] = deque(maxlen=_LAST_WORDS)
        self._timeouts = 0

    @property
    def broken(self) -> bool:
        """Whether calls cannot succeed any more."""
        return self._client is None or any(map(has_ended, self._processes))

    async def open(self) -> None:
        """Connect, and read the list of tools. Raises ConfigError that says what is wrong."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live(ready))
        try:
            async with asyncio.timeout(self.endpoint.start_timeout):
                await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            await self.close()
            seconds = self.endpoint.start_timeout
            raise self._refused(f"did not answer within {seconds:g} s") from None
        except asyncio.CancelledError:
            await self.close()
            raise
        if not ready.cancelled():
            return
        await self.close()
        failure = _first(self._failure)
        if isinstance(failure, ConfigError):
            raise failure
        raise self._refused("ended at once" if failure is None else _reason(failure))

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> "mcp.types.CallToolResult":
        """The result of a call. Raises Gone where the connection broke, else ToolError."""
        from mcp import MCPError

        client = self._client
        if client is None:
            raise Gone(f"{self.endpoint.shown} has ended")
        try:
            result = await client.call_tool(
                tool, dict(arguments), read_timeout_seconds=self.endpoint.timeout
            )
        except MCPError as problem:
            # Servers use these codes too, with words of their own.
            if problem.code == _TIMED_OUT and problem.message.endswith("timed out"):
                raise self._timed_out(tool) from None
            if problem.code == _CLOSED and problem.message == "Connection closed":
                raise self._lost(tool) from None
            if self.endpoint.transport != "stdio" and "session" in problem.message.lower():
                raise Forgotten(f"{self.endpoint.shown} has forgotten the session") from None
            raise ToolError(_short(problem.message) or "the server gives no reason") from None
        except (RuntimeError, ValueError) as problem:
            # The SDK's words for a result that does not fit what the server promised.
            raise ToolError(
                f"{self.endpoint.shown} sent a result that cannot be used: {_short(str(problem))}"
            ) from None
        except Exception as problem:
            raise self._lost(tool, _reason(_first(problem) or problem)) from None
        self._timeouts = 0
        return result

    async def close(self) -> None:
        """End the connection and the server's processes. Never takes longer than a few seconds."""
        self._client = None
        self._closing.set()
        task = self._task
        if task is None:
            return
        for hard in (False, True):
            await asyncio.wait({task}, timeout=_GRACE)
            if task.done():
                break
            for process in self._processes:
                signal_group(process.get_pid(), hard=hard)
        else:
            await asyncio.wait({task}, timeout=_GRACE)
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE)

    # The task

    async def _live(self, ready: asyncio.Future[None]) -> None:
        """Hold the connection open. It is entered and left here, as its scopes demand."""
        OWN_PROCESSES.set(self._processes)
        _quiet()
        from mcp import Client
        from mcp.types import Implementation

        try:
            async with self._transport() as transport:
                client = Client(
                    transport,
                    read_timeout_seconds=self.endpoint.start_timeout,
                    client_info=Implementation(name="vega", version=_version()),
                    cache=None,
                )
                async with client:
                    self.tools = await self._listed(client)
                    self._client = client
                    if not ready.done():
                        ready.set_result(None)
                    await self._closing.wait()
        except Exception as problem:
            self._failure = problem
        finally:
            self._client = None
            for process in self._processes:
                # What the server started and left behind.
                signal_group(process.get_pid(), hard=True)
            if not ready.done():
                ready.cancel()

    async def _listed(self, client: "mcp.Client") -> "list[mcp.types.Tool]":
        tools: list[mcp.types.Tool] = []
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools += page.tools
            cursor = page.next_cursor
            if cursor is None or len(tools) >= MAX_TOOLS:
                return tools[:MAX_TOOLS]
        raise ConfigError(f"{self.endpoint.shown} has a list of tools that does not end")

    @asynccontextmanager
    async def _transport(self) -> "AsyncGenerator[Transport]":
        endpoint = self.endpoint
        if endpoint.transport == "stdio":
            from mcp import StdioServerParameters, stdio_client

            parameters = StdioServerParameters(
                command=endpoint.command,
                args=list(endpoint.args),
                env=dict(endpoint.env),
                cwd=endpoint.cwd,
                encoding_error_handler="replace",
            )
            with _listening(self._said) as errors:
                yield stdio_client(parameters, errlog=errors)
        elif endpoint.transport == "sse":
            from mcp.client.sse import sse_client

            yield sse_client(
                endpoint.url,
                headers=dict(endpoint.headers),
                timeout=_CONNECT_TIMEOUT,
                sse_read_timeout=24 * 3600.0,  # calls have their own limit
            )
        else:
            import httpx2
            from mcp.client.streamable_http import streamable_http_client

            silent = endpoint.start_timeout + _CONNECT_TIMEOUT  # calls have their own limit
            limits = httpx2.Timeout(silent, connect=_CONNECT_TIMEOUT)
            async with httpx2.AsyncClient(headers=dict(endpoint.headers), timeout=limits) as http:
                yield streamable_http_client(endpoint.url, http_client=http)

    # What to say

    def _timed_out(self, tool: str) -> ToolError:
        self._timeouts += 1
        message = (
            f"{self.endpoint.shown} did not answer the call of '{tool}' within "
            f"{self.endpoint.timeout:g} s"
        )
        # Once may be the call; twice in a row is the server.
        return Gone(message) if self._timeouts > 1 else ToolError(message)

    def _lost(self, tool: str, why: str = "") -> Gone:
        self._client = None
        how = "ended" if self.endpoint.transport == "stdio" else "cannot be reached any more"
        because = f" ({why})" if why else ""
        return Gone(
            f"{self.endpoint.shown} {how} during the call of '{tool}'{because}; whether the call "
            "took effect is not known"
        )

    def _refused(self, what: str) -> ConfigError:
        said = "".join(f"\n    {line}" for line in self._said)
        tail = f"; it said:{said}" if said else ""
        return ConfigError(f"{self.endpoint.shown} {what}{tail}")


@contextlib.contextmanager
def _listening(said: deque[str]) -> Any:
    """A file for a process's standard error, whose last lines are kept."""
    if sys.platform == "win32":
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
            yield nowhere
        return
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    log = logging.getLogger("vega.mcp")

    def read() -> None:
        try:
            data = os.read(reading, 65536)
        except BlockingIOError:
            return
        if not data:
            loop.remove_reader(reading)
        for line in data.decode(errors="replace").splitlines():
            if line.strip():
                said.append(line.rstrip()[:300])
                log.debug("%s", line.rstrip()[:300])

    loop.add_reader(reading, read)
    try:
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            yield file
            read()
    finally:
        loop.remove_reader(reading)
        os.close(reading)


def _quiet() -> None:
    """Without a configured logging, the SDK's tracebacks would go to standard error."""
    logger = logging.getLogger("mcp")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())


def _version() -> str:
    from vega_runtime.version import RUNTIME_VERSION

    return str(RUNTIME_VERSION)


def _first(failure: BaseException | None) -> BaseException | None:
    """The first of the exceptions that belong together."""
    while isinstance(failure, BaseExceptionGroup):
        failure = cast("BaseExceptionGroup[BaseException]", failure).exceptions[0]
    return failure


def _reason(failure: BaseException) -> str:
    """Why a connection failed."""
    if isinstance(failure, FileNotFoundError):
        return f"cannot be started: there is no '{failure.filename}'"
    if isinstance(failure, PermissionError):
        return f"cannot be started: '{failure.filename}' is not executable"
    name = type(failure).__name__
    if getattr(failure, "code", None) == _CLOSED:
        return "ended before it answered"
    if getattr(failure, "code", None) == _TIMED_OUT:
        return "did not answer in time"
    response = getattr(failure, "response", None)
    status = getattr(response, "status_code", None)
    if status is not None:
        return f"refuses the connection: HTTP {status}"
    if "Connect" in name:
        return "cannot be reached"
    if name == "ValidationError":
        return "does not speak the protocol as it should"
    return f"failed: {_short(str(failure)) or name}"


_ADDRESS = re.compile(r"(https?://)[^\s/'\"]*@|(\?)[^\s'\"]*")


def _short(text: str) -> str:
    """A foreign message in one line, without what an address may hold of secrets."""
    line = " ".join(_ADDRESS.sub(r"\1\2", text).split())
    return line if len(line) <= 300 else line[:297] + "..."
