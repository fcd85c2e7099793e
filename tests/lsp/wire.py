"""A client of the language server that speaks the protocol by itself: nothing stands between a test
and what the server sends."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

PATIENCE = 60


class Wire:
    """A connection to a server. Answers and notices are plain JSON; `notices` are all that came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.notices: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        """What the server has asked for; each is answered with null, or by `answers`."""
        self.answers: dict[str, Any] = {}
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                header = await self.reader.readuntil(b"\r\n\r\n")
                length = int(header.lower().partition(b"content-length:")[2].split()[0])
                await self._take(json.loads(await self.reader.readexactly(length)))
        except (asyncio.IncompleteReadError, ConnectionError):
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the server has ended"))

    async def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._waiting.pop(message["id"]).set_result(message)
            return
        async with self._news:
            if "id" in message:
                self.asked.append(message)
                result = self.answers.get(message["method"])
                self._send({"id": message["id"], "result": result})
            else:
                self.notices.append(message)
            self._news.notify_all()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> tuple[int, asyncio.Future[dict[str, Any]]]:
        """The number of a request and its whole answer, once it is there."""
        self._number += 1
        self._waiting[self._number] = asyncio.get_running_loop().create_future()
        self._send({"id": self._number, "method": method, "params": params})
        return self._number, self._waiting[self._number]

    async def ask(self, method: str, params: Any) -> Any:
        """The result of a request, which must be no error."""
        _, answer = self.request(method, params)
        found = await asyncio.wait_for(answer, PATIENCE)
        assert "error" not in found, (method, params, found)
        return found["result"]

    async def notice(self, method: str, **wanted: Any) -> dict[str, Any]:
        """The parameters of the first notice of a kind with these values among them."""
        return await self._find(self.notices, method, wanted)

    async def asking(self, method: str) -> dict[str, Any]:
        """The parameters of the first request of a kind that the server has made."""
        return await self._find(self.asked, method, {})

    async def _find(
        self, among: list[dict[str, Any]], method: str, wanted: dict[str, Any]
    ) -> dict[str, Any]:
        seen = 0

        def find() -> dict[str, Any] | None:
            nonlocal seen
            for message in among[seen:]:
                params = message.get("params") or {}
                if message["method"] == method and wanted.items() <= params.items():
                    return params
                seen += 1
            return None

        async with self._news:
            while (found := find()) is None:
                await asyncio.wait_for(self._news.wait(), PATIENCE)
        return found

    # --- the usual course of things ------------------------------------------------------------

    async def initialize(
        self,
        folders: list[Path] | None = None,
        capabilities: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What the server can do, for a client in these folders."""
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": capabilities or {},
            "workspaceFolders": [
                {"uri": folder.as_uri(), "name": folder.name} for folder in folders or []
            ],
            "initializationOptions": options or {},
        }
        found = await self.ask("initialize", params)
        self.notify("initialized", {})
        return found

    def open(self, uri: str, text: str, version: int = 1) -> None:
        item = {"uri": uri, "languageId": "vega", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        document = {"uri": uri, "version": version}
        params = {"textDocument": document, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    async def diagnostics(self, uri: str, version: int) -> list[dict[str, Any]]:
        """What the server says about a version of a file."""
        params = await self.notice("textDocument/publishDiagnostics", uri=uri, version=version)
        return params["diagnostics"]

    async def close(self) -> None:
        """End in good order."""
        await self.ask("shutdown", None)
        self.notify("exit", None)
        await self.writer.drain()
        self._task.cancel()


async def start(
    folder: Path, *options: str, **streams: Any
) -> tuple[asyncio.subprocess.Process, Wire]:
    """A server over its standard streams."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vegac", "lsp", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=folder,
        limit=2**24,
        **streams,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process, Wire(process.stdout, process.stdin)
