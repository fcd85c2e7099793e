"""Telling the client what is wrong, after each change and in all files that it concerns."""

import asyncio
import logging
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from vega_lsp.features.diagnostics import diagnostics
from vega_lsp.session import Session

log = logging.getLogger(__name__)


class Publisher:
    """Publishes diagnostics of the programs whose files are open.

    Changes are answered as soon as no other message waits; where `debounce` is set, when none has
    come for so many milliseconds.
    """

    def __init__(self, server: LanguageServer, session: Session) -> None:
        self.server = server
        self.session = session
        self._due = False
        self._told_when_idle = False
        self._timer: asyncio.TimerHandle | None = None
        self._published: dict[Path, list[types.Diagnostic]] = {}
        self._told: dict[Path, int | None] = {}

    def soon(self) -> None:
        """Something has changed."""
        self._due = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._told_when_idle:
            asyncio.get_running_loop().call_soon(self._idle)

    def idle(self) -> None:
        """No message waits. A transport that calls this does so each time."""
        self._told_when_idle = True
        self._idle()

    def _idle(self) -> None:
        if not self._due or self._timer is not None:
            return
        delay = self.session.settings.debounce / 1000
        if delay <= 0:
            self.now()
        else:
            self._timer = asyncio.get_running_loop().call_later(delay, self.now)

    def now(self) -> None:
        """Publish what has changed since the last time."""
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            self._publish()
        except Exception:
            log.exception("cannot publish findings")

    def _publish(self) -> None:
        session = self.session
        pulled, elsewhere = pulls(session.client), False
        wanted: dict[Path, None] = {}
        for path in list(session.documents):
            wanted[path] = None
            for program in session.programs_of(path):
                for file in program.files.values():
                    wanted[file] = None
        for path in [*wanted, *(path for path in self._published if path not in wanted)]:
            document = session.documents.get(path)
            version = document.version if document else None
            found = diagnostics(session, path) if path in wanted else []
            before = self._published.get(path)
            edited = self._told.get(path) != version
            if found == before and not edited:
                continue
            elsewhere = elsewhere or not edited
            if not pulled and (found or before or document):
                self.server.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(session.uri(path), found, version)
                )
            self._told[path] = version
            if found or document:
                self._published[path] = found
            else:
                self._published.pop(path, None)
        if pulled and elsewhere and refreshes(session.client):
            self.server.workspace_diagnostic_refresh(None)


def pulls(client: types.ClientCapabilities) -> bool:
    """Whether the editor asks for findings by itself: what it is sent too it would show twice.

    One that cannot be told to ask again would not hear of what an edit means for other files; it
    is sent everything instead.
    """
    document = client.text_document
    if document is None or document.diagnostic is None:
        return False
    return refreshes(client) or document.publish_diagnostics is None


def refreshes(client: types.ClientCapabilities) -> bool:
    """Whether the editor can be told to ask again."""
    workspace = client.workspace
    found = workspace.diagnostics if workspace is not None else None
    return found is not None and bool(found.refresh_support)
