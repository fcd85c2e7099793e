"""Tools of MCP servers, through the protocol's official SDK (the extra `mcp`).

A server is a command that talks over its standard input and output, or an address. Its tools are
named `server__tool`. Servers are started before the first call that may need them and end with the
run; one that dies is started again.
"""

import asyncio
import hashlib
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vega_runtime.env import resolve_env
from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.text import text
from vega_runtime.tools.background import Background
from vega_runtime.tools.definition import Args, Tool, ToolContext
from vega_runtime.tools.mcp_connection import Connection, Endpoint, Forgotten, Gone
from vega_runtime.tools.process import clean_environment

if TYPE_CHECKING:
    import mcp.types
    from jsonschema.protocols import Validator

    from vega_runtime.agent import Agent
    from vega_runtime.settings import McpServer
    from vega_runtime.workflow import Workflow

DEFAULT_TIMEOUT = 60.0
"""Seconds for a call of a server that names no time."""
MAX_RESULT = 1024 * 1024
"""Characters of a result that a model gets."""
MAX_RESTARTS = 3
"""How often a server is started again within `RESTART_WINDOW` seconds."""
RESTART_WINDOW = 60.0
INSTALL = "pip install 'vegac[mcp]'"
_LONGEST_NAME = 64


def missing_package() -> str | None:
    """What to say where the SDK is not installed; None where it is."""
    if find_spec("mcp") is not None:
        return None
    return f"MCP servers need the package 'mcp', which is not installed: {INSTALL}"


def is_mcp_name(name: object) -> bool:
    """Whether an entry of a list of tools names tools of a server."""
    return isinstance(name, str) and "__" in name


class McpServers:
    """The servers of a run. `close` it; `say` is told once of what is wrong with a server's tools.

    `tools` are those of the servers that were started so far.
    """

    def __init__(
        self,
        servers: Sequence["McpServer"],
        env: Mapping[str, str],
        root: Path,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.tools: dict[str, Tool] = {}
        self._declared = {server.name: server for server in servers}
        self._env = env
        self._root = root
        self._say = say
        self._background = Background("vega-mcp")
        self._servers: dict[str, _Server] = {}
        self._prepared: set[str] = set()
        self._starting = asyncio.Lock()
        self._killed = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None

    def names_for(self, tools: Iterable[Any] | None) -> list[str]:
        """The servers that a list of tools needs; None stands for the tools of all servers."""
        if tools is None:
            return list(self._declared)
        found = [entry.partition("__")[0] for entry in tools if is_mcp_name(entry)]
        return [name for name in dict.fromkeys(found) if name in self._declared]

    def declared(self, names: Iterable[str]) -> list["McpServer"]:
        """The declarations of some servers."""
        return [self._declared[name] for name in names]

    def entries(self, tools: tuple[Any, ...] | None) -> tuple[Any, ...]:
        """A list of tools as `resolve` takes it: names as models see them."""
        if tools is None:
            return tuple(f"{name}__*" for name in self._declared)
        return tuple(_known_as(entry) if is_mcp_name(entry) else entry for entry in tools)

    def check(self, tools: Iterable[Any]) -> list[str]:
        """What is wrong with names of tools, for servers that have been started."""
        problems: list[str] = []
        for entry in tools:
            server = str(entry).partition("__")[0] if is_mcp_name(entry) else ""
            if server in self._servers and "*" not in entry and _known_as(entry) not in self.tools:
                own = [name for name in self.tools if name.startswith(f"{server}__")]
                known = ", ".join(own) or "none"
                reason = self._servers[server].left_out.get(entry)
                why = f": {reason}" if reason else f" (its tools: {known})"
                problems.append(f"the MCP server '{server}' has no usable tool '{entry}'{why}")
        return problems

    async def prepare(self, workflow: "Workflow[Any, Any]", agents: "Iterable[Agent]") -> None:
        """Start all servers that a workflow's messages and its agents need; see `need`."""
        if workflow.name not in self._prepared:
            lists = [agent.tools for agent in agents]
            entries = [entry for tools in (*lists, workflow.tools) for entry in self.entries(tools)]
            await self.need(entries)
            self._prepared.add(workflow.name)

    async def need(self, tools: Iterable[Any] | None) -> None:
        """Start the servers that a list of tools names, all at once.

        Raises ConfigError that lists every server that cannot be used, and names of tools that a
        server does not have.
        """
        entries = None if tools is None else tuple(tools)
        names = [name for name in self.names_for(entries) if name not in self._servers]
        if names:
            async with self._starting:
                await self._start([name for name in names if name not in self._servers])
        if entries is not None and (problems := self.check(entries)):
            raise ConfigError("\n".join(problems))

    async def close(self) -> None:
        """End all connections and processes, also while the caller is being cancelled."""
        if self._ending is None:
            if self._background.idle:
                return
            self._ending = asyncio.ensure_future(self._end())
        try:
            await asyncio.wait({self._ending})
        except asyncio.CancelledError:
            self._background.kill()
            self._killed.set()
            raise

    async def _end(self) -> None:
        async def close_all() -> None:
            await asyncio.gather(*(server.close() for server in self._servers.values()))

        closing = asyncio.ensure_future(self._background.run(close_all()))
        killed = asyncio.ensure_future(self._killed.wait())
        try:
            await asyncio.wait({closing, killed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            killed.cancel()
            await self._background.stop()
            closing.cancel()  # a loop that was killed may never have begun it

    async def _start(self, names: Sequence[str]) -> None:
        if names and (problem := missing_package()):
            raise ConfigError(problem)
        started = {name: self._server(self._declared[name]) for name in names}

        async def open_all() -> list[BaseException | None]:
            opening = (server.open() for server in started.values())
            return await asyncio.gather(*opening, return_exceptions=True)

        results = await self._background.run(open_all())
        problems: list[str] = []
        for server, failure in zip(started.values(), results, strict=True):
            if isinstance(failure, ConfigError):
                problems.append(failure.message)
            elif failure is not None:
                problems.append(f"{server.endpoint.shown} cannot be used: {failure}")
            else:
                self._servers[server.endpoint.name] = server
                for tool in server.found(self._background, self._say):
                    self.tools[tool.name] = tool
        if problems:
            raise ConfigError("\n".join(problems))

    def _server(self, declared: "McpServer") -> "_Server":
        try:
            server = resolve_env(declared, self._env)
        except KeyError as name:
            raise ConfigError(
                f"the environment variable {name.args[0]} is not set; the MCP server "
                f"'{declared.name}' needs it"
            ) from None
        clean = clean_environment(self._env, self._env.get("HOME") or str(Path.home()))
        return _Server(
            Endpoint(
                name=server.name,
                transport=server.transport,
                command=str(server.command or ""),
                args=tuple(text(word) for word in server.args),
                env={**clean, **_texts(server.env)},
                cwd=str(self._root),
                url=str(server.url or ""),
                headers=_texts(server.headers),
                timeout=server.timeout or DEFAULT_TIMEOUT,
            )
        )


class _Server:
    """A server and its present connection. Coroutines run in the background loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.left_out: dict[str, str] = {}
        self._connection = Connection(endpoint)
        self._lock: asyncio.Lock | None = None
        self._restarts: deque[float] = deque(maxlen=MAX_RESTARTS)

    async def open(self) -> None:
        self._lock = asyncio.Lock()
        await self._connection.open()

    async def close(self) -> None:
        await self._connection.close()

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> "mcp.types.CallToolResult":
        """The result of a call; a dead server is started again first. Raises ToolError."""
        connection = await self._living()
        try:
            return await connection.call(tool, arguments)
        except Forgotten:
            await self._drop(connection)
            return await (await self._living()).call(tool, arguments)
        except Gone:
            await self._drop(connection)
            raise

    def found(self, background: Background, say: Callable[[str], None]) -> list[Tool]:
        """The tools that the server has; `say` is told of those that no model could use."""
        tools: dict[str, Tool] = {}
        for listed in self._connection.tools:
            name = f"{self.endpoint.name}__{listed.name}"
            shown = _known_as(name)
            problem = _schema_problem(listed.input_schema)
            if shown in tools:
                problem = "it has another tool of that name"
            if problem:
                self.left_out[name] = problem
                say(f"the tool '{name}' of an MCP server is left out: {problem}")
                continue
            tools[shown] = McpTool(shown, listed, self, background)
        return list(tools.values())

    async def _drop(self, connection: Connection) -> None:
        if connection is self._connection:
            await connection.close()

    async def _living(self) -> Connection:
        assert self._lock is not None
        async with self._lock:
            if self._connection.broken:
                now = time.monotonic()
                if len(self._restarts) == MAX_RESTARTS and now - self._restarts[0] < RESTART_WINDOW:
                    raise ToolError(
                        f"{self.endpoint.shown} keeps ending; it was started {MAX_RESTARTS} times "
                        f"again within {RESTART_WINDOW:g} s and is given up for a while"
                    )
                self._restarts.append(now)
                await self._connection.close()
                fresh = Connection(self.endpoint)
                try:
                    await fresh.open()
                except ConfigError as problem:
                    raise ToolError(problem.message) from None
                self._connection = fresh
            return self._connection


class McpTool(Tool):
    """A tool of an MCP server. What it is given is checked against the schema that it showed."""

    usual_capabilities = ("fs:read", "fs:write", "net", "exec")

    def __init__(
        self, name: str, listed: "mcp.types.Tool", server: _Server, background: Background
    ) -> None:
        description = listed.description or listed.title or listed.name
        super().__init__(name, description=description, params={})
        self._listed = listed.name
        self._parameters: dict[str, Any] = {"properties": {}, **listed.input_schema}
        self._server = server
        self._background = background
        self._validator: Validator | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self._parameters

    def check(self, arguments: Mapping[str, Any]) -> Args:
        if self._validator is None:
            self._validator = _validator(self._parameters)
        try:
            errors = [_problem(error) for error in self._validator.iter_errors(dict(arguments))]
        except Exception as problem:  # a reference that leads nowhere, or round and round
            raise ToolError(
                f"{self._server.endpoint.shown} gives '{self._listed}' a schema that cannot be "
                f"used: {type(problem).__name__}"
            ) from None
        if errors:
            raise ToolError(f"bad arguments for {self.name}: " + "; ".join(errors[:5]))
        return arguments

    async def run(self, args: Args, context: ToolContext) -> str:  # noqa: ARG002
        result = await self._background.run(self._server.call(self._listed, args))
        said = _said(result)
        if result.is_error:
            raise ToolError(said or "the tool failed and gave no reason")
        return said or "(no output)"


def _texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: text(value) for key, value in (values or {}).items()}


def _known_as(name: str) -> str:
    """A tool's name as model APIs take it; a wildcard stays one."""
    fit = re.sub(r"[^A-Za-z0-9_*?-]", "_", name)
    if len(fit) <= _LONGEST_NAME or "*" in fit:
        return fit
    return f"{fit[: _LONGEST_NAME - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _validator(schema: Mapping[str, Any]) -> "Validator":
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry

    kind = cast("Any", validator_for(schema, default=Draft202012Validator))
    nowhere = cast("Any", Registry)()  # references do not lead out of the schema
    return kind(schema, registry=nowhere)


def _schema_problem(schema: Mapping[str, Any]) -> str | None:
    """Why a model could not be given a schema."""
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    if schema.get("type") != "object":
        return "its schema is not one of an object"
    try:
        cast("Any", validator_for(schema, default=Draft202012Validator)).check_schema(schema)
    except SchemaError as problem:
        return f"its schema is no JSON Schema ({problem.message[:120]})"
    except RecursionError:
        return "its schema is nested too deeply"
    return None


def _problem(error: Any) -> str:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    message = str(error.message)
    message = message if len(message) <= 200 else message[:197] + "..."
    return f"'{where.lstrip('.')}': {message}" if where else message


def _said(result: "mcp.types.CallToolResult") -> str:
    """A result as text; what is no text is named."""
    parts = [_shown(block) for block in result.content]
    said = "\n".join(part for part in parts if part)
    if not said and result.structured_content is not None:
        said = json.dumps(result.structured_content, ensure_ascii=False)
    if len(said) > MAX_RESULT:
        said = f"{said[:MAX_RESULT]}\n[cut after {MAX_RESULT} characters]"
    return said


def _shown(block: Any) -> str:
    match block.type:
        case "text":
            return str(block.text)
        case "image" | "audio":
            return f"[{block.type} of type {block.mime_type}, {len(block.data) * 3 // 4} bytes]"
        case "resource_link":
            return f"[{block.name}: {block.uri}]"
        case "resource":
            inner = block.resource
            held = getattr(inner, "text", None)
            return str(held) if held is not None else f"[{inner.uri}, not text]"
        case other:
            return f"[{other}]"
