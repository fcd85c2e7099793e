"""MCP servers, made with the SDK, as processes and over HTTP on loopback."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import McpServer
from vega_runtime.env import env_text
from vega_runtime.errors import ConfigError
from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools import ToolContext, mcp_connection
from vega_runtime.tools.mcp import MAX_RESTARTS, McpServers
from vega_runtime.tools.registry import resolve
from vega_runtime.virtual_time import run_virtual

SERVER = str(Path(__file__).with_name("mcp_server.py"))
LIAR = str(Path(__file__).with_name("mcp_liar.py"))
SECRETS = {"ANTHROPIC_API_KEY": "sk-ant-secret", "OPENAI_API_KEY": "sk-secret", "MY_TOKEN": "t"}
Call = Callable[..., Awaitable[ToolResult]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def stdio(name: str = "calc", /, *, timeout: float = 60.0, **env: str) -> McpServer:
    return McpServer(name, command=sys.executable, args=(SERVER, "stdio"), env=env, timeout=timeout)


def liar(lie: str) -> McpServer:
    return McpServer("liar", command=sys.executable, args=(LIAR, lie), timeout=60.0)


class Started:
    """Servers that are started, and a way to call their tools as a run does."""

    def __init__(self, servers: McpServers, said: list[str]) -> None:
        self.servers = servers
        self.said = said

    async def call(self, name: str, /, **arguments: Any) -> ToolResult:
        tools = resolve(self.servers.entries(None), ToolContext(), self.servers.tools)
        return await tools.call(ToolCall("1", name, arguments), ToolContext())

    async def said_by(self, name: str, /, **arguments: Any) -> str:
        result = await self.call(name, **arguments)
        assert not result.is_error, result.content
        return result.content

    async def refused_by(self, name: str, /, **arguments: Any) -> str:
        result = await self.call(name, **arguments)
        assert result.is_error, result.content
        return result.content


@asynccontextmanager
async def started(
    *servers: McpServer, root: Path | None = None, tools: tuple[str, ...] | None = None
) -> AsyncGenerator[Started]:
    said: list[str] = []
    env = {**os.environ, **SECRETS}
    own = McpServers(servers, env, root or Path.cwd(), said.append)
    try:
        await own.need(tools)
        yield Started(own, said)
    finally:
        await own.close()


@contextlib.contextmanager
def web_server(kind: str, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a server in a process of its own, and the process."""
    process = subprocess.Popen(
        [sys.executable, SERVER, kind, str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with web_server("http") as (url, _):
        yield url


@pytest.fixture(params=["stdio", "http"])
def server(request: pytest.FixtureRequest) -> McpServer:
    """The same server over both transports."""
    if request.param == "stdio":
        return stdio()
    return McpServer("calc", "http", url=request.getfixturevalue("address"), timeout=60.0)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def until(holds: Callable[[], bool]) -> None:
    """Return when something holds; the test's time limit guards it."""
    while not holds():  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    await until(lambda: not alive(pid))


# Tools


async def test_tools_have_the_name_of_their_server(server: McpServer) -> None:
    async with started(server) as mcp:
        tools = resolve(("calc__*",), ToolContext(), mcp.servers.tools)
        schemas = {schema.name: schema for schema in tools.schemas()}
        assert schemas["calc__add"].description == "Add two numbers."
        assert schemas["calc__add"].parameters["required"] == ["a"]
        assert "calc__strange_name_with_spaces" in schemas
        assert mcp.said == []


async def test_calls_and_their_results(server: McpServer) -> None:
    async with started(server) as mcp:
        assert await mcp.said_by("calc__add", a=40) == "42"
        assert '"x": 4' in await mcp.said_by("calc__move", point={"x": 1}, by=[3, 4])
        assert await mcp.said_by("calc__strange_name_with_spaces") == "strange"
        assert await mcp.said_by("calc__picture") == "[image of type image/png, 9 bytes]"
        assert await mcp.said_by("calc__nothing") in ("(no output)", "null", '{"result": null}')
        assert "fail" in await mcp.refused_by("calc__fail")


async def test_arguments_are_checked_before_the_server_sees_them(server: McpServer) -> None:
    async with started(server) as mcp:
        assert "'a'" in await mcp.refused_by("calc__add", a="four")
        assert "'a' is a required property" in await mcp.refused_by("calc__add")
        assert "'point.x'" in await mcp.refused_by("calc__move", point={"x": "1"}, by=[1])


async def test_many_calls_at_once(server: McpServer) -> None:
    async with started(server) as mcp:
        calls = [mcp.said_by("calc__add", a=number, b=0) for number in range(50)]
        assert await asyncio.gather(*calls) == [str(number) for number in range(50)]


async def test_a_long_result_is_cut() -> None:
    async with started(stdio()) as mcp:
        said = await mcp.said_by("calc__long")
        assert said.endswith("[cut after 1048576 characters]")


async def test_a_server_cannot_ask_the_person(server: McpServer) -> None:
    async with started(server) as mcp:
        said = await mcp.refused_by("calc__ask_person")
        assert "answered" not in said
        assert await mcp.said_by("calc__add", a=1) == "3"


async def test_a_long_name_is_shortened() -> None:
    async with started(stdio()) as mcp:
        (name,) = [name for name in mcp.servers.tools if name.startswith("calc__long_")]
        assert len(name) == 64
        assert await mcp.said_by(name) == "a long name"
        await mcp.servers.need(["calc__long_" + "x" * 90])


async def test_sse() -> None:
    with web_server("sse") as (url, _):
        async with started(McpServer("calc", "sse", url=url, timeout=60.0)) as mcp:
            assert await mcp.said_by("calc__add", a=1) == "3"


async def test_several_servers_and_lists_of_tools(address: str) -> None:
    two = (stdio("one"), McpServer("two", "http", url=address, timeout=60.0))
    async with started(*two, tools=("two__add", "read_file")) as mcp:
        assert {name.partition("__")[0] for name in mcp.servers.tools} == {"two"}
        await mcp.servers.need(["one__*"])
        tools = resolve(("one__ad*", "two__add"), ToolContext(), mcp.servers.tools)
        assert [schema.name for schema in tools.schemas()] == ["one__add", "two__add"]
        with pytest.raises(ConfigError, match=r"'one' has no usable tool 'one__ad'.*one__add"):
            await mcp.servers.need(["one__ad"])


def test_a_virtual_clock_stands_still_during_a_call() -> None:
    async def main() -> tuple[str, float]:
        async with started(stdio()) as mcp:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(5):
                said = await mcp.said_by("calc__add", a=1)
            await asyncio.sleep(3600)
            return said, loop.time()

    said, now = run_virtual(main())
    assert said == "3"
    assert 3600 <= now < 3700


# Environment


async def test_a_process_sees_no_secrets_and_runs_in_the_programs_folder(tmp_path: Path) -> None:
    server = McpServer(
        "calc",
        command=sys.executable,
        args=(SERVER, "stdio"),
        env={"OWN": env_text("${MY_TOKEN}"), "COUNT": 3},
        timeout=60.0,
    )
    async with started(server, root=tmp_path) as mcp:
        folder, *names = (await mcp.said_by("calc__where")).split()
        assert folder == str(tmp_path)
        assert not SECRETS.keys() & set(names)
        assert "PATH" in names
        assert await mcp.said_by("calc__variable", name="OWN") == "t"
        assert await mcp.said_by("calc__variable", name="COUNT") == "3"


@pytest.mark.parametrize("command", ["./serve", "serve"])
async def test_a_command_of_the_programs_folder_or_of_the_path(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "serve"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SERVER}" stdio\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    async with started(McpServer("calc", command=command, timeout=60.0), root=tmp_path) as mcp:
        assert await mcp.said_by("calc__add", a=1) == "3"


async def test_headers_reach_the_server_and_stay_out_of_messages() -> None:
    received: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        server = McpServer(
            "web",
            "http",
            url=f"http://user:pass@127.0.0.1:{port}/mcp?key=hidden",
            headers={"X-Access": env_text("Bearer ${MY_TOKEN}")},
            timeout=60.0,
        )
        with pytest.raises(ConfigError) as caught:
            async with started(server):
                pass
    assert "X-Access: Bearer t" in received[0]
    assert f"'web' at 127.0.0.1:{port}" in caught.value.message
    assert not any(word in caught.value.message for word in ("Bearer", "pass", "hidden"))


# Servers that cannot be used


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (McpServer("gone", command="no-such-command-here"), "there is no 'no-such-command-here'"),
        (McpServer("gone", command="./nothing"), "there is no './nothing'"),
        (McpServer("gone", command=SERVER), "is not executable"),
        (stdio("gone", MCP_REFUSE="1"), "\n    no license found"),
        (stdio("gone", MCP_SILENT="1", timeout=1.0), "did not answer within 2 s"),
        (McpServer("gone", command="true", timeout=60.0), "ended"),
        (McpServer("gone", command="yes", timeout=1.0), "did not answer"),
        (McpServer("gone", "http", url="http://127.0.0.1:1/mcp"), "cannot be reached"),
        (McpServer("gone", "http", url="http://no-such-host.invalid/mcp"), "cannot be reached"),
        (McpServer("gone", "sse", url="http://127.0.0.1:1/sse"), "cannot be reached"),
    ],
)
async def test_a_server_that_cannot_be_used_is_told_before_the_first_call(
    server: McpServer, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if server.timeout == 1.0:
        monkeypatch.setattr(mcp_connection, "START_TIMEOUT", 2.0)
    with pytest.raises(ConfigError) as caught:
        async with started(server):
            pass
    assert caught.value.message.startswith("the MCP server 'gone'")
    assert message in caught.value.message


async def test_all_servers_that_fail_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        async with started(McpServer("a", command="no-a"), McpServer("b", command="no-b")):
            pass
    assert [line.split()[3] for line in caught.value.message.splitlines()] == ["'a'", "'b'"]


async def test_a_page_that_is_no_mcp_server(tmp_path: Path) -> None:
    page = b"<html>hello</html>"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\n\r\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.encode() + page)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        server = McpServer("web", "http", url=f"http://127.0.0.1:{port}/", timeout=60.0)
        with pytest.raises(ConfigError, match="the MCP server 'web'"):
            async with started(server):
                pass


# Servers that die or hang


async def test_a_server_that_dies_is_started_again() -> None:
    async with started(stdio()) as mcp:
        first = await mcp.said_by("calc__process")
        said = await mcp.refused_by("calc__die")
        assert "ended during the call of 'die'" in said
        assert "not known" in said
        assert await mcp.said_by("calc__process") != first


async def test_a_server_that_ended_between_two_calls_is_started_again() -> None:
    async with started(stdio()) as mcp:
        first = int(await mcp.said_by("calc__process"))
        os.kill(first, 9)
        await gone(first)
        assert int(await mcp.said_by("calc__process")) != first


@pytest.mark.slow
async def test_a_server_that_keeps_dying_is_given_up() -> None:
    async with started(stdio()) as mcp:
        for _ in range(MAX_RESTARTS + 1):
            await mcp.refused_by("calc__die")
        assert "keeps ending" in await mcp.refused_by("calc__add", a=1)


async def test_calls_that_were_open_when_the_server_died_all_end(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with started(stdio()) as mcp:
        waiting = asyncio.create_task(mcp.refused_by("calc__hang", mark=str(mark)))
        await until(mark.exists)
        await mcp.refused_by("calc__die")
        assert "ended during the call of 'hang'" in await waiting
        assert await mcp.said_by("calc__add", a=1) == "3"


async def test_a_call_that_hangs_times_out_and_the_server_goes_on() -> None:
    async with started(stdio(timeout=5.0)) as mcp:
        before = await mcp.said_by("calc__process")
        assert "did not answer the call of 'hang' within 5 s" in await mcp.refused_by("calc__hang")
        assert await mcp.said_by("calc__process") == before


@pytest.mark.slow
async def test_a_server_that_hangs_again_is_started_again() -> None:
    async with started(stdio(timeout=5.0)) as mcp:
        before = int(await mcp.said_by("calc__process"))
        await mcp.refused_by("calc__hang")
        await mcp.refused_by("calc__hang")
        assert int(await mcp.said_by("calc__process")) != before
        await gone(before)


async def test_an_http_server_that_comes_back_is_reached_again() -> None:
    with web_server("http") as (url, process):
        port = int(url.split(":")[2].partition("/")[0])
        server = McpServer("calc", "http", url=url, timeout=60.0)
        async with started(server) as mcp:
            assert await mcp.said_by("calc__add", a=1) == "3"
            process.kill()
            await asyncio.to_thread(process.wait)
            assert "calc" in await mcp.refused_by("calc__add", a=1)
            with web_server("http", port):
                assert await mcp.said_by("calc__add", a=2) == "4"


# Servers that lie


@pytest.mark.parametrize("lie", ["no schema", "list", "wrong", "twice"])
async def test_a_tool_whose_schema_is_none_is_left_out(lie: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        if lie in ("no schema", "list"):
            # The SDK refuses the whole list.
            with pytest.raises(ConfigError, match="does not speak the protocol as it should"):
                await stack.enter_async_context(started(liar(lie)))
            return
        mcp = await stack.enter_async_context(started(liar(lie)))
        assert await mcp.said_by("liar__good", a=1) == "good"
        assert len(mcp.said) == 1
        assert "is left out" in mcp.said[0]
        if lie != "twice":
            with pytest.raises(ConfigError, match="no usable tool 'liar__lying': its schema"):
                await mcp.servers.need(["liar__lying"])


@pytest.mark.parametrize("lie", ["round", "away"])
async def test_a_schema_that_cannot_be_followed_is_an_error_of_the_tool(lie: str) -> None:
    async with started(liar(lie)) as mcp:
        assert "a schema that cannot be used" in await mcp.refused_by("liar__lying", a=1)
        assert await mcp.said_by("liar__good", a=1) == "good"


@pytest.mark.parametrize("lie", ["content", "structured", "missing", "unknown block"])
async def test_a_result_that_is_not_what_was_promised(lie: str) -> None:
    async with started(liar(lie)) as mcp:
        assert "a result that cannot be used" in await mcp.refused_by("liar__lying", a=1)
        assert await mcp.said_by("liar__good", a=1) == "good"


async def test_noise_between_the_messages_is_passed_over(capfd: Any) -> None:
    async with started(liar("garbage")) as mcp:
        assert await mcp.said_by("liar__good", a=1) == "good"
    assert capfd.readouterr().err == ""


async def test_an_error_of_the_server_is_one_of_the_tool() -> None:
    async with started(liar("error")) as mcp:
        assert await mcp.refused_by("liar__good", a=1) == "the disk is full"


async def test_a_list_of_tools_without_end() -> None:
    with pytest.raises(ConfigError, match="a list of tools that does not end"):
        async with started(liar("endless")):
            pass


# The end


async def test_cancelling_a_call_ends_it_at_once_and_hurts_no_other(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with started(stdio()) as mcp:
        task = asyncio.create_task(mcp.call("calc__hang", mark=str(mark)))
        await until(mark.exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await mcp.said_by("calc__add", a=1) == "3"


async def test_processes_and_threads_end_with_the_run(tmp_path: Path) -> None:
    child = tmp_path / "child"
    before = threading.active_count()
    async with started(stdio(MCP_CHILD=str(child))) as mcp:
        pid = int(await mcp.said_by("calc__process"))
        assert alive(pid)
        assert alive(int(child.read_text()))
    await gone(pid)
    await gone(int(child.read_text()))
    assert not [one for one in threading.enumerate() if one.name == "vega-mcp"]
    assert threading.active_count() <= before + 1  # a thread of the pool that waited


async def test_a_process_that_does_not_want_to_end_is_killed() -> None:
    async with started(stdio(MCP_STUBBORN="1")) as mcp:
        pid = int(await mcp.said_by("calc__process"))
    await gone(pid)


@pytest.mark.parametrize("turns", [0, 1, 3])
async def test_a_cancelled_end_still_kills(turns: int) -> None:
    own = McpServers([stdio(MCP_STUBBORN="1")], os.environ, Path.cwd())
    await own.need(None)
    tools = resolve(("calc__process",), ToolContext(), own.tools)
    pid = int((await tools.call(ToolCall("1", "calc__process", {}), ToolContext())).content)
    ending = asyncio.create_task(own.close())
    await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    await gone(pid)
    await own.close()
    await own.close()
    assert not [one for one in threading.enumerate() if one.name == "vega-mcp"]


@pytest.mark.slow
async def test_no_descriptor_stays_open() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    async with started(stdio()) as mcp:
        await mcp.said_by("calc__add", a=1)
    before = descriptors()
    for _ in range(2):
        async with started(stdio()) as mcp:
            await mcp.said_by("calc__add", a=1)
    assert descriptors() <= before
