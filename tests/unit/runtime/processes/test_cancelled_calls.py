"""Cancelling reaches the connection: a server on loopback sees that it is closed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vega_runtime import Agent, Orchestrator, Process, ProcessEnded, RunOptions

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class Silent:
    """A server that takes requests and never answers, or stops in mid-answer."""

    def __init__(self, begins: bool) -> None:
        self.begins = begins
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if self.begins:
            writer.write(HEAD)
            await writer.drain()
        self.asked.set()
        try:
            while await reader.read(1 << 16):
                pass
        except ConnectionError:
            pass
        self.gone.set()
        writer.close()


async def cancel(process: Process, server: Silent) -> None:
    task = asyncio.create_task(process.send("hello"))
    await server.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def kill(process: Process, server: Silent) -> None:
    task = asyncio.create_task(process.send("hello"))
    await server.asked.wait()
    process.kill()
    with pytest.raises(ProcessEnded):
        await task


async def leave_stream(process: Process, server: Silent) -> None:
    async with process.stream("hello"):
        await server.asked.wait()


async def shut_down(process: Process, server: Silent) -> None:
    process.send_async("hello")
    await server.asked.wait()
    await process.orchestrator.shutdown()


@pytest.mark.parametrize("how", [cancel, kill, leave_stream, shut_down])
@pytest.mark.parametrize("begins", [False, True])
@pytest.mark.parametrize("model", ["claude-haiku-4-5", "openai/some-model"])
async def test_the_server_sees_the_connection_close(
    model: str, begins: bool, how: Callable[[Process, Silent], Awaitable[Any]]
) -> None:
    silent = Silent(begins)
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    env = {
        "ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url,
        "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"{url}/v1" if "openai" in model else "",
    }  # fmt: skip
    async with server, Orchestrator(options=RunOptions(env=env)) as o:
        await how(o.spawn(Agent("A", model=model)), silent)
        await asyncio.wait_for(silent.gone.wait(), 60)
