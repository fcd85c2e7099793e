"""Programs whose texts carry the places that tests ask about, and an editor that has them open."""

import asyncio
import re
from pathlib import Path
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient

PATIENCE = 30
_MARK = re.compile("¦([^¦]*)¦")


class Marked:
    """A text without its marks, and the offsets at which they stood."""

    def __init__(self, marked: str) -> None:
        self.places: dict[str, int] = {}
        parts: list[str] = []
        end = length = 0
        for found in _MARK.finditer(marked):
            parts.append(marked[end : found.start()])
            length += len(parts[-1])
            self.places[found[1]] = length
            end = found.end()
        self.text = "".join([*parts, marked[end:]])


def position(text: str, offset: int) -> types.Position:
    """The position of an offset, columns counted in UTF-16."""
    start = text.rfind("\n", 0, offset) + 1
    column = len(text[start:offset].encode("utf-16-le")) // 2
    return types.Position(text.count("\n", 0, offset), column)


def offset(text: str, place: types.Position) -> int:
    """The offset of a position."""
    lines = text.splitlines(keepends=True)
    before = sum(len(line) for line in lines[: place.line])
    line = lines[place.line] if place.line < len(lines) else ""
    return before + len(line.encode("utf-16-le")[: place.character * 2].decode("utf-16-le"))


def edited(text: str, edits: list[types.TextEdit]) -> str:
    """A text after edits."""
    places = [(offset(text, e.range.start), offset(text, e.range.end), e.new_text) for e in edits]
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


class Project:
    """Files that are open in an editor. A mark `name` in a file is asked about as `name`."""

    def __init__(
        self, client: LanguageClient, root: Path, capabilities: types.ServerCapabilities
    ) -> None:
        self.client = client
        self.capabilities = capabilities
        self.root = root
        self.files: dict[str, Marked] = {}
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}

    def open(self, name: str, marked: str, language: str = "vega") -> None:
        """Write a file and open it, or give an open one another text with other marks."""
        found = Marked(marked)
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[name] = found
        if name in self.texts:
            self.replace(name, found.text)
            return
        path.write_bytes(found.text.encode())
        self.texts[name] = found.text
        self.versions[name] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(self.uri(name), language, 1, found.text)
            )
        )

    def replace(self, name: str, text: str) -> None:
        """Give an open file another text; its marks stay where they were."""
        self.texts[name] = text
        self.versions[name] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def name(self, uri: str) -> str:
        return next(name for name in self.files if self.uri(name) == uri)

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def where(self, mark: str) -> tuple[str, types.Position]:
        for name, found in self.files.items():
            if mark in found.places:
                return name, position(found.text, found.places[mark])
        raise KeyError(mark)

    def text(self, name: str, found: types.Range) -> str:
        """The part of a file in a range."""
        text = self.texts[name]
        return text[offset(text, found.start) : offset(text, found.end)]

    async def ask(self, method: str, mark: str, **more: Any) -> Any:
        """Ask about the place of a mark."""
        name, place = self.where(mark)
        return await self.send(method, text_document=self.document(name), position=place, **more)

    async def about(self, method: str, name: str, **more: Any) -> Any:
        """Ask about a file."""
        return await self.send(method, text_document=self.document(name), **more)

    async def send(self, method: str, **params: Any) -> Any:
        kind = types.METHOD_TO_TYPES[method][2]
        assert kind is not None
        call = self.client.protocol.send_request_async(method, kind(**params))
        return await asyncio.wait_for(call, PATIENCE)

    async def findings(self, name: str) -> list[types.Diagnostic]:
        """What is wrong in a file as it is now."""
        report = await self.about(types.TEXT_DOCUMENT_DIAGNOSTIC, name)
        return list(report.items)

    async def offered(self, mark: str) -> dict[str, types.CompletionItem]:
        """What completion offers, by label."""
        found = await self.ask(types.TEXT_DOCUMENT_COMPLETION, mark)
        return {item.label: item for item in found.items}

    async def hover(self, mark: str) -> str:
        found = await self.ask(types.TEXT_DOCUMENT_HOVER, mark)
        return "" if found is None else found.contents.value

    async def targets(self, method: str, mark: str, **more: Any) -> list[tuple[str, int, str]]:
        """Files, lines (from 0) and texts of the places that a request gives."""
        found = await self.ask(method, mark, **more)
        return [
            (self.name(one.uri), one.range.start.line, self.text(self.name(one.uri), one.range))
            for one in found or ()
        ]

    async def actions(
        self, name: str, found: types.Range, only: list[str] | None = None
    ) -> dict[str, types.CodeAction]:
        """The code actions for a range, by title."""
        context = types.CodeActionContext([], only=only)
        actions = await self.about(
            types.TEXT_DOCUMENT_CODE_ACTION, name, range=found, context=context
        )
        return {action.title: action for action in actions or ()}

    def applied(self, edit: types.WorkspaceEdit) -> dict[str, str]:
        """The texts of the files that an edit changes, after it."""
        return {
            self.name(uri): edited(self.texts[self.name(uri)], list(edits))
            for uri, edits in (edit.changes or {}).items()
        }

    def line(self, mark: str) -> types.Range:
        """The place of a mark as an empty range."""
        _, place = self.where(mark)
        return types.Range(place, place)
