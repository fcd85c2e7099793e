"""Requests about all programs of the workspace's folders. They take their time, say how far they
are, let others pass, and can be cancelled."""

import asyncio
import logging
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from vega_lsp.features.diagnostics import diagnostic
from vega_lsp.features.symbols import symbols_by_program
from vega_lsp.program import Program
from vega_lsp.session import Session

log = logging.getLogger(__name__)
Found = dict[Path, list[types.Diagnostic]]


class Progress:
    """Tells a client that has asked for it how far the server is."""

    def __init__(
        self, server: LanguageServer, token: types.ProgressToken | None, title: str
    ) -> None:
        self.progress = server.work_done_progress
        self.tokens = cast("dict[types.ProgressToken, Future[Any]]", self.progress.tokens)  # pyright: ignore[reportUnknownMemberType]
        self.token = token
        self.title = title
        self.done = 0

    def __enter__(self) -> "Progress":
        if self.token is not None:
            value = types.WorkDoneProgressBegin(title=self.title, cancellable=True)
            self.progress.begin(self.token, value)
        return self

    def __exit__(self, *_: object) -> None:
        if self.token is not None:
            self.progress.end(self.token, types.WorkDoneProgressEnd())
            self.tokens.pop(self.token, None)

    async def step(self) -> bool:
        """One more program is done; the messages that wait have their turn. Tells whether to go
        on."""
        self.done += 1
        if self.token is not None:
            programs = "program" if self.done == 1 else "programs"
            value = types.WorkDoneProgressReport(message=f"{self.done} {programs}")
            self.progress.report(self.token, value)
        # Others run in between, what has just arrived as well.
        for _ in range(3):
            await asyncio.sleep(0)
        return self.token is None or not self.tokens[self.token].cancelled()


def register_project(server: LanguageServer, session: Session) -> None:
    """Register the requests that concern whole projects."""

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def pull_all(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        found: Found = {}
        with Progress(server, params.work_done_token, "Checking programs") as progress:
            for main in session.mains():
                _join(found, session.derived(main, "findings", lambda p: _findings(session, p)))
                if not await progress.step():
                    break
        known = {item.uri: item.value for item in params.previous_result_ids}
        return types.WorkspaceDiagnosticReport(
            [_report(session, path, items, known) for path, items in found.items()]
        )

    @server.feature(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolOptions(work_done_progress=True))
    async def find_symbols(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        found: list[types.WorkspaceSymbol] = []
        with Progress(server, params.work_done_token, "Looking for names") as progress:
            for symbols in symbols_by_program(session, params.query):
                found += symbols
                if not await progress.step():
                    break
        return found


def _findings(session: Session, program: Program) -> Found:
    """The findings in each file of a program."""
    found: Found = {path: [] for path in program.files.values()}
    for finding in program.report.diagnostics:
        place = program.locate(finding.span)
        path = program.files.get(place.file.path) if place is not None else None
        item = diagnostic(session, program, finding)
        if item is not None and path is not None:
            found[path].append(item)
    return found


def _join(found: Found, more: Found | None) -> None:
    """Add the findings of another program: equal ones in shared files count once."""
    for path, items in (more or {}).items():
        known = found.setdefault(path, [])
        told = {_key(item) for item in known}
        known += [item for item in items if _key(item) not in told]


def _key(item: types.Diagnostic) -> tuple[Any, ...]:
    return item.range.start.line, item.range.start.character, item.code, item.message


def result_id(items: list[types.Diagnostic]) -> str:
    """A name for a list of findings, another one for each other list."""
    return str(hash(repr(items)))


def _report(
    session: Session, path: Path, items: list[types.Diagnostic], known: dict[str, str]
) -> types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport:
    document = session.documents.get(path)
    version = document.version if document else None
    uri, result = session.uri(path), result_id(items)
    if known.get(uri) == result:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, result, version)
    return types.WorkspaceFullDocumentDiagnosticReport(uri, items, version, result_id=result)
