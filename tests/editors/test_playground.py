"""What `vegac playground` serves, and to whom."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from vegac.cli.playground import Content, Site, beginning, page
from vegac.cli.problem import Problem

TOKEN = "secret-token"
PROGRAM = """\
agents:
  Writer: {model: claude-haiku-4-5, system: You write.}
workflows:
  write:
    inputs: {topic: string}
    steps:
      - Writer drafts: {send: "About <<topic>>", save: text}
    output: <<text>>
"""


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    contents = {
        "": Content("text/html; charset=utf-8", b"<p>the page"),
        "assets/a.js": Content("text/javascript; charset=utf-8", b"'script'"),
    }
    found = Site(contents, TOKEN)
    async with await found.listen(0):
        yield found


async def get(found: Site, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{found.port}{path}", headers=headers)


# --- who is answered ------------------------------------------------------------------------------


async def test_the_address_with_the_token_is_answered() -> None:
    async with site() as found:
        answer = await get(found, f"/{TOKEN}/")
        assert (answer.status_code, answer.text) == (200, "<p>the page")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert f"ws://127.0.0.1:{found.port}" in policy
        assert (await get(found, f"/{TOKEN}/assets/a.js")).text == "'script'"
        assert (await get(found, f"/{TOKEN}/?x=1")).status_code == 200
        assert (await get(found, f"/{TOKEN}")).headers["Location"] == f"/{TOKEN}/"


@pytest.mark.parametrize("path", ["/", "/assets/a.js", "/wrong/", f"/{TOKEN}x/", "/lsp", "//"])
async def test_other_addresses_are_refused(path: str) -> None:
    async with site() as found:
        assert (await get(found, path)).status_code == 403


@pytest.mark.parametrize("path", ["no.js", "../playground.py", "%2e%2e/x", "assets", "assets/"])
async def test_there_are_no_other_files(path: str) -> None:
    async with site() as found:
        reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
        host = f"127.0.0.1:{found.port}"
        writer.write(f"GET /{TOKEN}/{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        line = await reader.readline()
        writer.close()
        assert b" 404 " in line


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"])
async def test_another_host_is_refused(host: str) -> None:
    async with site() as found:
        assert (await get(found, f"/{TOKEN}/", Host=host)).status_code == 403
        assert (await get(found, f"/{TOKEN}/", Host=f"localhost:{found.port}")).status_code == 200


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("http://evil.example", f"/{TOKEN}/lsp"),
        (None, f"/{TOKEN}/lsp"),
        ("null", f"/{TOKEN}/lsp"),
        ("http://127.0.0.1:{port}", "/wrong/lsp"),
        ("https://127.0.0.1:{port}", f"/{TOKEN}/lsp"),
    ],
)
async def test_pages_of_other_origins_reach_no_server(origin: str | None, path: str) -> None:
    async with site() as found:
        sent: Any = origin and origin.format(port=found.port)
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{found.port}{path}", origin=sent, proxy=None)
        assert refused.value.response.status_code == 403


async def test_it_listens_on_loopback_alone() -> None:
    async with site() as found:
        assert found.address == f"http://127.0.0.1:{found.port}/{TOKEN}/"
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.2", found.port)


# --- the server behind it -------------------------------------------------------------------------


class Page:
    """A page that talks to the server."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.notes: list[dict[str, Any]] = []
        self.last = 0

    async def send(self, method: str, params: Any, **more: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params, **more}
        await self.connection.send(json.dumps(message))

    async def request(self, method: str, params: Any) -> Any:
        self.last += 1
        await self.send(method, params, id=self.last)
        while True:
            message = json.loads(await self.connection.recv())
            if message.get("id") == self.last and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self.notes.append(message)

    async def command(self, name: str, uri: str) -> Any:
        given = {"command": name, "arguments": [uri]}
        return await self.request("workspace/executeCommand", given)

    async def findings(self, version: int) -> list[dict[str, Any]]:
        """The findings that the server tells by itself."""
        while True:
            message = self.notes.pop(0) if self.notes else json.loads(await self.connection.recv())
            params = message.get("params")
            told = message.get("method") == "textDocument/publishDiagnostics"
            if told and params["version"] == version:
                return params["diagnostics"]


@asynccontextmanager
async def talking(found: Site) -> AsyncIterator[Page]:
    origin: Any = f"http://127.0.0.1:{found.port}"
    address = f"ws://127.0.0.1:{found.port}/{TOKEN}/lsp"
    async with connect(address, origin=origin, proxy=None) as connection:
        talk = Page(connection)
        given = {"processId": None, "rootUri": None, "capabilities": {}}
        answer = await talk.request("initialize", given)
        assert answer["capabilities"]["hoverProvider"]
        await talk.send("initialized", {})
        yield talk


async def test_findings_python_and_steps(tmp_path: Path) -> None:
    uri = (tmp_path / "playground.vega.yaml").as_uri()
    async with site() as found, talking(found) as talk:
        document = {"uri": uri, "languageId": "vega", "version": 1, "text": PROGRAM}
        await talk.send("textDocument/didOpen", {"textDocument": document})
        assert await talk.findings(1) == []
        module = await talk.command("vega.python", uri)
        assert 'f"About {topic}"' in module["text"]
        python_line = next(
            number for number, line in enumerate(module["text"].split("\n")) if "About" in line
        )
        assert module["lines"][str(python_line)] == 6
        (graph,) = await talk.command("vega.graph", uri)
        assert graph["workflow"] == "write"
        assert "Writer" in graph["svg"]
        changed = PROGRAM.replace("<<topic>>", "<<topik>>")
        versioned = {"uri": uri, "version": 2}
        await talk.send(
            "textDocument/didChange",
            {"textDocument": versioned, "contentChanges": [{"text": changed}]},
        )
        assert [item["code"] for item in await talk.findings(2)] == ["undefined-variable"]
        assert await talk.command("vega.python", uri) is None


async def test_nothing_is_said_of_what_is_no_program(tmp_path: Path) -> None:
    uri = (tmp_path / "playground.vega.yaml").as_uri()
    async with site() as found, talking(found) as talk:
        assert await talk.command("vega.python", uri) is None
        assert await talk.command("vega.graph", uri) == []
        document = {"uri": uri, "languageId": "vega", "version": 1, "text": "a: [b"}
        await talk.send("textDocument/didOpen", {"textDocument": document})
        assert await talk.command("vega.python", uri) is None
        assert await talk.command("vega.graph", uri) == []


async def test_a_page_cannot_end_the_server_for_others(tmp_path: Path) -> None:
    async with site() as found:
        async with talking(found) as talk:
            await talk.send("exit", None)
            await talk.connection.wait_closed()
        async with talking(found) as talk:
            await talk.connection.send("no JSON")
            await talk.send("no/such/method", {})
            assert await talk.command("vega.graph", tmp_path.as_uri()) == []
        async with talking(found), talking(found) as second:
            assert await second.command("vega.graph", tmp_path.as_uri()) == []


# --- what it begins with --------------------------------------------------------------------------


def test_a_page_that_is_not_built(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="not built") as problem:
        page(tmp_path)
    assert "npm ci && npm run build" in problem.value.hint


def test_every_file_of_a_page_has_an_address(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>")
    (tmp_path / "assets/a.js").write_text("1")
    found = page(tmp_path)
    assert sorted(found) == ["", "assets/a.js", "index.html"]
    assert found["assets/a.js"].type == "text/javascript; charset=utf-8"
    assert found[""] == found["index.html"]


def test_the_program_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "team.vega.yaml"
    file.write_text(PROGRAM, encoding="utf-8")
    start = json.loads(beginning(file).data)
    assert start == {"uri": file.as_uri(), "name": "team.vega.yaml", "text": PROGRAM}
    assert json.loads(beginning(None).data)["text"] is None
    with pytest.raises(Problem, match="No such file"):
        beginning(tmp_path / "other.vega.yaml")
    file.write_bytes(b"\xff")
    with pytest.raises(Problem, match="UTF-8"):
        beginning(file)
