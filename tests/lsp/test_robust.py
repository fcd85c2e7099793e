"""Whatever an editor sends, the server answers, knows the text and stays small."""

import asyncio
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsp_edits import PIECES, TEAM, WORDS
from lsp_wire import PATIENCE, Wire, start
from lsprotocol import types

from vega_lsp.features.diagnostics import diagnostics
from vega_lsp.session import Session

NAME = "team.vega.yaml"
_LINE_END = re.compile(r"\r\n|\n|\r")
OTHER = """\
agents:
  Other:
    system: You help.
"""


class Text:
    """A text as an editor has it, that changes at random."""

    def __init__(self, seed: int, text: str = TEAM) -> None:
        self.chance = random.Random(seed)
        self.text = text
        self.version = 1

    def position(self, offset: int) -> dict[str, int]:
        starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        line = max(index for index, start in enumerate(starts) if start <= offset)
        before = self.text[starts[line] : offset]
        return {"line": line, "character": len(before.encode("utf-16-le")) // 2}

    def place(self) -> int:
        """An offset that a position can name: none inside of a line end."""
        offset = self.chance.randint(0, len(self.text))
        return offset + 1 if self.text[offset - 1 : offset + 1] == "\r\n" else offset

    def edit(self) -> dict[str, Any]:
        """One change, as the protocol says it."""
        start = self.place()
        end = start
        match self.chance.randrange(4):
            case 0:
                words = list(re.finditer(r"\w+", self.text)) or [re.match("", "")]
                found = self.chance.choice(words)
                assert found is not None
                start, end = found.span()
                new = self.chance.choice(WORDS)
            case 1:
                end = min(max(self.place(), start), start + 30)
                end += self.text[end - 1 : end + 1] == "\r\n"
                new = ""
            case 2:
                new = self.chance.choice(PIECES)
            case _:
                new = self.chance.choice(("a", "<", " ", "\n", "😀", "|", ":", "- "))
        if len(self.text) > 3 * len(TEAM):
            start, end, new = 0, len(self.text), TEAM
        change = {
            "range": {"start": self.position(start), "end": self.position(end)},
            "text": new,
        }
        self.text = self.text[:start] + new + self.text[end:]
        return change

    def send(self, wire: Wire, uri: str) -> None:
        """Change the text at random, and tell the server."""
        self.version += 1
        count = self.chance.choice((1, 1, 1, 2, 3))
        wire.change(uri, self.version, *[self.edit() for _ in range(count)])


def told(found: list[Any]) -> list[Any]:
    """Findings in comparable form."""
    return sorted(
        (
            *(
                item["range"][end][unit]
                for end in ("start", "end")
                for unit in ("line", "character")
            ),
            item["code"],
            item["message"],
        )
        for item in found
    )


def expected(folder: Path, text: str) -> list[Any]:
    """What a server that has just started says about a text."""
    session = Session()
    session.folders = [folder]
    document = session.open(types.TextDocumentItem((folder / NAME).as_uri(), "vega", 1, text))
    return sorted(
        (
            item.range.start.line,
            item.range.start.character,
            item.range.end.line,
            item.range.end.character,
            item.code,
            item.message,
        )
        for item in diagnostics(session, document.path)
    )


async def edited(folder: Path, seed: int, count: int) -> None:
    (folder / "other.vega.yaml").write_text(OTHER)
    uri = (folder / NAME).as_uri()
    process, wire = await start(folder)
    await wire.initialize([folder])
    text = Text(seed)
    wire.open(uri, text.text)
    for _ in range(count):
        text.send(wire, uri)
        report = await wire.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        assert told(report["items"]) == expected(folder, text.text), text.text
    published = await wire.diagnostics(uri, text.version)
    assert told(published) == expected(folder, text.text)
    await wire.close()
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_edits_are_checked_as_if_the_text_were_new(tmp_path: Path, seed: int) -> None:
    await edited(tmp_path, seed, 60)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(3, 8))
async def test_thousands_of_edits(tmp_path: Path, seed: int) -> None:
    await edited(tmp_path, seed, 500)


# --- requests -------------------------------------------------------------------------------------


class Requests:
    """Requests of every kind, at random places of a text and beside it."""

    def __init__(self, text: Text, uri: str) -> None:
        self.text = text
        self.chance = text.chance
        self.uri = uri
        self.items: dict[str, list[Any]] = {}
        """Answers that later requests are about."""

    def position(self) -> dict[str, int]:
        match self.chance.randrange(6):
            case 0:
                return {"line": self.chance.randrange(400), "character": self.chance.randrange(300)}
            case 1:
                return {"line": 2**31 - 1, "character": 2**31 - 1}
            case _:
                return self.text.position(self.text.place())

    def range(self) -> dict[str, Any]:
        one, two = self.position(), self.position()
        if self.chance.random() < 0.9:
            one, two = sorted((one, two), key=lambda place: (place["line"], place["character"]))
        return {"start": one, "end": two}

    def document(self) -> dict[str, Any]:
        others = (self.uri.replace(NAME, "other.vega.yaml"), "file:///no/such", "untitled:One", "?")
        return {"uri": self.uri if self.chance.random() < 0.9 else self.chance.choice(others)}

    def all(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """One request of each kind."""
        document = {"textDocument": self.document()}
        for kind in (
            *("hover", "completion", "definition", "typeDefinition", "documentHighlight"),
            *("prepareRename", "signatureHelp", "prepareCallHierarchy", "linkedEditingRange"),
        ):
            yield f"textDocument/{kind}", {**document, "position": self.position()}
        references = {"context": {"includeDeclaration": self.chance.random() < 0.5}}
        yield "textDocument/references", {**document, "position": self.position(), **references}
        for kind in (
            *("documentSymbol", "documentLink", "foldingRange", "semanticTokens/full", "codeLens"),
            "diagnostic",
        ):
            yield f"textDocument/{kind}", document
        for kind in ("semanticTokens/range", "inlayHint"):
            yield f"textDocument/{kind}", {**document, "range": self.range()}
        previous = {"previousResultId": self.chance.choice(("", "1", "?"))}
        yield "textDocument/semanticTokens/full/delta", {**document, **previous}
        places = [self.position() for _ in range(3)]
        yield "textDocument/selectionRange", {**document, "positions": places}
        context: dict[str, Any] = {"diagnostics": self.items.get("diagnostic", [])}
        yield (
            "textDocument/codeAction",
            {**document, "range": self.range(), "context": context},
        )
        options = {"options": {"tabSize": 2, "insertSpaces": True}}
        yield "textDocument/formatting", {**document, **options}
        yield "textDocument/rangeFormatting", {**document, **options, "range": self.range()}
        typed = {"ch": "\n", "position": self.position()}
        yield "textDocument/onTypeFormatting", {**document, **options, **typed}
        yield "workspace/symbol", {"query": self.chance.choice(("", "o", "zz", "\0"))}
        yield "workspace/diagnostic", {"previousResultIds": []}
        for item in self.items.get("prepareCallHierarchy", [])[:1]:
            yield "callHierarchy/incomingCalls", {"item": item}
            yield "callHierarchy/outgoingCalls", {"item": item}
        for item in self.items.get("completion", [])[:3]:
            yield "completionItem/resolve", item

    def rename(self) -> dict[str, Any]:
        name = self.chance.choice(("fresh", "Coder", "", "two words", "a\nb", "😀"))
        return {
            "textDocument": self.document(),
            "position": self.position(),
            "newName": name,
        }

    def take(self, method: str, result: Any) -> None:
        """Keep what later requests are about."""
        if isinstance(result, dict):
            result = result.get("items")
        if isinstance(result, list):
            self.items[method.rpartition("/")[2]] = result


async def questioned(folder: Path, seed: int, count: int) -> None:
    (folder / "other.vega.yaml").write_text(OTHER)
    uri = (folder / NAME).as_uri()
    process, wire = await start(folder, stderr=asyncio.subprocess.PIPE)
    found = await wire.initialize([folder])
    text = Text(seed)
    requests = Requests(text, uri)
    wire.open(uri, text.text)
    offered = found["capabilities"]
    kinds: set[str] = set()
    for _ in range(count):
        text.send(wire, uri)
        for method, params in requests.all():
            _, answer = wire.request(method, params)
            reply = await asyncio.wait_for(answer, PATIENCE)
            if reply.get("error", {}).get("code") == -32601:
                continue  # a kind that the server does not offer
            assert "error" not in reply, (method, params, reply, text.text)
            kinds.add(method)
            requests.take(method, reply["result"])
        _, answer = wire.request("textDocument/rename", requests.rename())
        reply = await asyncio.wait_for(answer, PATIENCE)
        # A rename is refused with a reason.
        assert reply.get("error", {}).get("code") in (None, -32602, -32803), reply
    assert {"textDocument/hover", "textDocument/semanticTokens/full"} <= kinds
    assert ("typeDefinitionProvider" in offered) == ("textDocument/typeDefinition" in kinds)
    await wire.close()
    assert process.stderr is not None
    errors = (await process.stderr.read()).decode()
    assert "Traceback" not in errors, errors[errors.index("Traceback") - 80 :]
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def test_requests_at_any_place_are_answered(tmp_path: Path) -> None:
    await questioned(tmp_path, 1, 15)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 6))
async def test_thousands_of_requests(tmp_path: Path, seed: int) -> None:
    await questioned(tmp_path, seed, 100)


# --- memory ---------------------------------------------------------------------------------------


def resident(pid: int) -> float:
    """The memory of a process that is in use, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a process without memory")


async def typed(wire: Wire, uri: str, text: Text, count: int) -> None:
    for _ in range(count // 50):
        for _ in range(50):
            text.send(wire, uri)
            wire.request(
                "textDocument/completion",
                {"textDocument": {"uri": uri}, "position": text.position(text.place())},
            )
        await wire.diagnostics(uri, text.version)
        wire.notices.clear()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
async def test_ten_thousand_edits_leave_no_memory_behind(tmp_path: Path) -> None:
    uri = (tmp_path / NAME).as_uri()
    process, wire = await start(tmp_path)
    await wire.initialize([tmp_path])
    text = Text(1)
    wire.open(uri, text.text)
    await typed(wire, uri, text, 5_000)
    half = resident(process.pid)
    await typed(wire, uri, text, 5_000)
    # What expressions parse to is remembered, up to a number of them.
    assert resident(process.pid) < half + 20
    await wire.close()
    await asyncio.wait_for(process.wait(), PATIENCE)
