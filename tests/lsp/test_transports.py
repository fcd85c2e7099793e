"""The ways in which an editor talks to the server, and how they end."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from lsp_wire import PATIENCE, Wire, start
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

PROGRAM = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
workflows:
  main:
    steps:
      - Coder: Write on <<topic>>
"""
URI = "file:///nowhere/a.vega.yaml"


async def begin(folder: Path, *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vegac", "lsp", *options),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )


async def port_of(process: asyncio.subprocess.Process) -> int:
    """The port that the server says it listens on."""
    assert process.stderr is not None
    line = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
    found = re.fullmatch(rb"vegac lsp listens on \w+://127\.0\.0\.1:(\d+)\n", line)
    assert found, line
    return int(found[1])


async def end(process: asyncio.subprocess.Process) -> int:
    """The exit code of a server that ends by itself, without a traceback."""
    try:
        code = await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        process.kill()
        raise
    if process.stderr is not None:
        assert b"Traceback" not in await process.stderr.read()
    return code


async def over_tcp(port: int) -> Wire:
    return Wire(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))


async def work(wire: Wire) -> None:
    """What any client does first."""
    found = await wire.initialize()
    assert found["serverInfo"]["name"] == "vega"
    wire.open(URI, PROGRAM)
    codes = [item["code"] for item in await wire.diagnostics(URI, 1)]
    assert codes == ["implicit-input"]


# --- standard streams -----------------------------------------------------------------------------


async def test_standard_streams_end_in_good_order(tmp_path: Path) -> None:
    process, wire = await start(tmp_path, "--stdio", stderr=asyncio.subprocess.PIPE)
    await work(wire)
    await wire.close()
    assert await end(process) == 0


async def test_an_exit_without_shutdown_is_a_failure(tmp_path: Path) -> None:
    process, wire = await start(tmp_path)
    await work(wire)
    wire.notify("exit", None)
    assert await end(process) == 1


async def test_after_shutdown_nothing_is_answered_but_exit(tmp_path: Path) -> None:
    process, wire = await start(tmp_path)
    _, early = wire.request("workspace/symbol", {"query": ""})
    assert (await asyncio.wait_for(early, PATIENCE))["error"]["code"] == -32002
    await work(wire)
    await wire.ask("shutdown", None)
    _, late = wire.request("workspace/symbol", {"query": ""})
    assert (await asyncio.wait_for(late, PATIENCE))["error"]["code"] == -32600
    wire.notify("exit", None)
    assert await end(process) == 0


async def test_the_server_ends_when_its_client_is_gone(tmp_path: Path) -> None:
    process, wire = await start(tmp_path, stderr=asyncio.subprocess.PIPE)
    await work(wire)
    wire.writer.close()
    assert await end(process) == 1


async def test_the_server_ends_when_its_client_reads_no_more(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vegac", "lsp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    os.close(writing)
    os.close(reading)
    assert process.stdin is not None
    request = {"id": 1, "method": "initialize", "params": {"capabilities": {}}}
    body = json.dumps({"jsonrpc": "2.0", **request}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    process.stdin.close()
    assert await end(process) == 1


async def test_the_server_ends_with_the_process_that_it_is_for(tmp_path: Path) -> None:
    """Somebody else may hold the pipe open still."""
    editor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE
    )
    process, wire = await start(tmp_path)
    params = {"processId": editor.pid, "rootUri": None, "capabilities": {}}
    await wire.ask("initialize", params)
    assert editor.stdin is not None
    editor.stdin.close()
    await editor.wait()
    assert await end(process) == 1


async def test_an_interrupt_ends_it_quietly(tmp_path: Path) -> None:
    process, wire = await start(tmp_path, stderr=asyncio.subprocess.PIPE)
    await work(wire)
    process.send_signal(signal.SIGINT)
    assert await end(process) == 130


async def test_a_file_may_be_the_input(tmp_path: Path) -> None:
    messages = [
        {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}) for message in messages]
    (tmp_path / "in").write_text(
        "".join(f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies), newline=""
    )
    with (tmp_path / "in").open("rb") as given, (tmp_path / "out").open("wb") as taken:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vegac", "lsp", stdin=given, stdout=taken, cwd=tmp_path
        )
        assert await end(process) == 0
    assert '"name": "vega"' in (tmp_path / "out").read_text()


async def test_messages_that_are_none_are_refused(tmp_path: Path) -> None:
    process, wire = await start(tmp_path)
    await work(wire)
    refused: list[Any] = []
    take = wire._take

    async def note(message: dict[str, Any]) -> None:
        if message.get("id", 0) is None:
            refused.append(message["error"]["code"])
        else:
            await take(message)

    wire._take = note  # type: ignore[method-assign]
    for body in (b"{", b"7", b'"text"'):
        wire.writer.write(b"Content-Length: %d\r\nX-Other: 1\r\n\r\n%b" % (len(body), body))
    for params in (None, [], {"textDocument": 3}, {"textDocument": {"uri": URI}}):
        _, answer = wire.request("textDocument/hover", params)
        assert (await asyncio.wait_for(answer, PATIENCE))["error"]["code"] == -32602
    _, unknown = wire.request("vega/noSuchThing", {})
    assert (await asyncio.wait_for(unknown, PATIENCE))["error"]["code"] == -32601
    wire.notify("vega/noSuchNotice", {})
    wire.notify("textDocument/didChange", {"textDocument": "?"})
    assert refused == [-32700, -32600, -32600]
    wire.change(URI, 2, {"text": PROGRAM.replace("<<topic>>", "tea")})
    assert await wire.diagnostics(URI, 2) == []
    await wire.close()
    assert await end(process) == 0


# --- TCP ------------------------------------------------------------------------------------------


async def test_tcp_serves_one_client_and_ends_with_it(tmp_path: Path) -> None:
    process = await begin(tmp_path, "--tcp", "127.0.0.1:0")
    port = await port_of(process)
    wire = await over_tcp(port)
    await work(wire)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()
    await wire.close()
    assert await end(process) == 0


async def test_tcp_ends_when_the_connection_is_lost(tmp_path: Path) -> None:
    process = await begin(tmp_path, "--tcp", "127.0.0.1:0")
    wire = await over_tcp(await port_of(process))
    await work(wire)
    wire.writer.transport.abort()
    assert await end(process) == 1


# --- WebSockets -----------------------------------------------------------------------------------


async def asked(connection: Any, number: int, method: str, params: Any) -> Any:
    await connection.send(
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    )
    while True:
        message = json.loads(await asyncio.wait_for(connection.recv(), PATIENCE))
        if message.get("id") == number:
            return message["result"]


async def test_websockets_serve_several_clients_until_interrupted(tmp_path: Path) -> None:
    process = await begin(tmp_path, "--ws", "127.0.0.1:0")
    address = f"ws://127.0.0.1:{await port_of(process)}"
    async with connect(address) as one, connect(address, origin="http://localhost:8080") as two:
        for connection in (one, two):
            found = await asked(connection, 1, "initialize", {"capabilities": {}})
            assert found["serverInfo"]["name"] == "vega"
        item = {"uri": URI, "languageId": "vega", "version": 1, "text": PROGRAM}
        opened = {"method": "textDocument/didOpen", "params": {"textDocument": item}}
        await one.send(json.dumps({"jsonrpc": "2.0", **opened}))
        message = json.loads(await asyncio.wait_for(one.recv(), PATIENCE))
        assert [found["code"] for found in message["params"]["diagnostics"]] == ["implicit-input"]
        # The other client has its own texts.
        symbols = {"textDocument": {"uri": URI}}
        assert await asked(one, 2, "textDocument/documentSymbol", symbols)
        assert not await asked(two, 2, "textDocument/documentSymbol", symbols)
    async with connect(address) as third:
        await asked(third, 1, "initialize", {"capabilities": {}})
    process.send_signal(signal.SIGINT)
    assert await end(process) == 130


async def test_pages_of_other_sites_are_refused(tmp_path: Path) -> None:
    process = await begin(tmp_path, "--ws", "127.0.0.1:0")
    address = f"ws://127.0.0.1:{await port_of(process)}"
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address, origin="https://example.com")
    process.send_signal(signal.SIGINT)
    assert await end(process) == 130


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--tcp", "--ws"])
async def test_a_port_that_is_taken(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await begin(tmp_path, option, f"127.0.0.1:{port}")
        assert process.stderr is not None
        errors = await asyncio.wait_for(process.stderr.read(), PATIENCE)
        assert await end(process) == 2
        assert f"cannot listen on '127.0.0.1:{port}'".encode() in errors
        assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stdio", "--tcp", "127.0.0.1:1"], "take one of"),
        (["--tcp", "nowhere"], "is no address"),
        (["--tcp", "127.0.0.1:99999"], "is no address"),
        (["--ws", "no.such.host.invalid:1"], "cannot listen on"),
        (["--log-level", "loud"], "there is no log level"),
    ],
)
async def test_wrong_options(tmp_path: Path, options: list[str], message: str) -> None:
    process = await begin(tmp_path, *options)
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert message in errors.decode()
    assert "Traceback" not in errors.decode()
