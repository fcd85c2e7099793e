"""An editor for tests: a client that talks to the real server over its standard streams."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 30


class Editor:
    """A client with what the server has told it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.client = LanguageClient("test-editor", "1")
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.versions: dict[str, int] = {}
        self._news = asyncio.Condition()
        self.result: Any = None

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def publish(params: types.PublishDiagnosticsParams) -> None:
            async with self._news:
                self.published[params.uri] = params
                self._news.notify_all()

        @self.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.applied.append(params.edit)
            return types.ApplyWorkspaceEditResult(applied=True)

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            return None

        self.applied: list[types.WorkspaceEdit] = []

    async def start(
        self,
        encoding: str = "utf-16",
        options: dict[str, Any] | None = None,
        folders: list[Path] | None = None,
    ) -> None:
        await self.client.start_io(sys.executable, "-m", "vegac", "lsp", "--stdio", cwd=self.root)
        found = folders if folders is not None else [self.root]
        self.result = await asyncio.wait_for(
            self.client.initialize_async(
                types.InitializeParams(
                    capabilities=types.ClientCapabilities(
                        general=types.GeneralClientCapabilities(
                            position_encodings=[types.PositionEncodingKind(encoding)]
                        ),
                        text_document=types.TextDocumentClientCapabilities(
                            completion=types.CompletionClientCapabilities(
                                completion_item=types.ClientCompletionItemOptions(
                                    snippet_support=True
                                )
                            )
                        ),
                    ),
                    workspace_folders=[
                        types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in found
                    ],
                    initialization_options={"debounce": 0, **(options or {})},
                )
            ),
            PATIENCE,
        )
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        if self.result is None:
            return
        await asyncio.wait_for(self.client.shutdown_async(None), PATIENCE)
        self.client.exit(None)
        await self.client.stop()

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def open(self, name: str, text: str | None = None) -> None:
        """Open a file; with a text, one that differs from what is on the disk."""
        found = (self.root / name).read_text(encoding="utf-8") if text is None else text
        self.versions[name] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(self.uri(name), "vega", 1, found)
            )
        )

    def replace(self, name: str, text: str) -> None:
        """Replace the whole text of an open file."""
        self.edit(name, types.TextDocumentContentChangeWholeDocument(text))

    def edit(self, name: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        self.versions[name] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name)),
                list(changes),
            )
        )

    def close(self, name: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document(name)))

    async def findings(self, name: str, version: int | None = None) -> list[types.Diagnostic]:
        """What the server says about a version of a file (the present one)."""
        wanted = version if version is not None else self.versions.get(name)
        uri = self.uri(name)

        def is_known() -> bool:
            return uri in self.published and self.published[uri].version == wanted

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(is_known), PATIENCE)
        return list(self.published[uri].diagnostics)

    async def pull(self, name: str) -> list[types.Diagnostic]:
        """What the server says about a file after all edits so far."""
        call = self.client.text_document_diagnostic_async
        report = await asyncio.wait_for(
            call(types.DocumentDiagnosticParams(self.document(name))), PATIENCE
        )
        return list(report.items)

    async def until_clear(self, name: str) -> None:
        """Wait until the server has nothing to say about a file."""
        uri = self.uri(name)
        async with self._news:
            await asyncio.wait_for(
                self._news.wait_for(
                    lambda: uri in self.published and not self.published[uri].diagnostics
                ),
                PATIENCE,
            )

    async def ask(self, request: str, name: str, place: types.Position, **more: Any) -> Any:
        """Send a request about a place in a file."""
        kinds: dict[str, Any] = {
            "hover": types.HoverParams,
            "completion": types.CompletionParams,
            "definition": types.DefinitionParams,
            "references": types.ReferenceParams,
            "document_highlight": types.DocumentHighlightParams,
            "prepare_rename": types.PrepareRenameParams,
            "rename": types.RenameParams,
            "signature_help": types.SignatureHelpParams,
            "prepare_call_hierarchy": types.CallHierarchyPrepareParams,
            "linked_editing_range": types.LinkedEditingRangeParams,
        }
        call = getattr(self.client, f"text_document_{request}_async")
        params = kinds[request](text_document=self.document(name), position=place, **more)
        return await asyncio.wait_for(call(params), PATIENCE)


def at(text: str, marked: str, units: int = 2) -> types.Position:
    """The position of `^` in `marked`, the rest of which stands in `text` just so.

    `units` is 1 to count code points, 2 for UTF-16.
    """
    before, _, after = marked.partition("^")
    found = text.index(before + after) + len(before)
    line = text.count("\n", 0, found)
    start = text.rfind("\n", 0, found) + 1
    column = len(text[start:found].encode("utf-16-le")) // 2 if units == 2 else found - start
    return types.Position(line, column)


def text_of(text: str, found: types.Range) -> str:
    """The part of a text (of one line) in a range."""
    line = text.splitlines()[found.start.line].encode("utf-16-le")
    assert found.start.line == found.end.line
    return line[found.start.character * 2 : found.end.character * 2].decode("utf-16-le")
