"""The language server: it receives what the protocol says and asks the features."""

import asyncio
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from lsprotocol import types
from msgspec import structs
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.lsp.server import LanguageServer

from vega_lsp.features.diagnostics import diagnostics
from vega_lsp.handlers import Handler, register_features, safely
from vega_lsp.positions import encoding_of
from vega_lsp.project import register_project, result_id
from vega_lsp.publishing import Publisher, pulls
from vega_lsp.session import Session, path_of
from vega_lsp.transport import Wire, watch
from vega_lsp.views import register_views

SECTION = "vega"
"""The section of the client's settings that is for this server."""
WATCHED = ("yaml", "yml", "md", "txt", "json", "csv", "pdf")
"""The endings of files that programs name."""


class VegaServer(LanguageServer):
    """A server with what the editor has open."""

    def __init__(self) -> None:
        try:
            number = version("vegac")
        except PackageNotFoundError:
            number = "0"
        super().__init__("vega", number, protocol_cls=Wire)  # pyright: ignore[reportUnknownMemberType]
        self.session = Session()
        self.publisher = Publisher(self, self.session)
        self.watching: asyncio.Task[None] | None = None

    def idle(self) -> None:
        """Publish what is due: no message waits."""
        self.publisher.idle()


def create() -> VegaServer:
    """A server with all features, not started."""
    server = VegaServer()
    for register in (_lifecycle, _synchronisation, _pulled_diagnostics):
        register(server)
    register_features(server, server.session)
    register_project(server, server.session)
    register_views(server, server.session)
    return server


def _feature(
    server: VegaServer,
    name: str,
    options: Any = None,
    default: Callable[[], Any] = lambda: None,
) -> Callable[[Handler], Handler]:
    """Register a handler that never raises."""

    def decorate(function: Handler) -> Handler:
        server.feature(name, options)(safely(function, default))
        return function

    return decorate


# --- life -----------------------------------------------------------------------------------------


def _lifecycle(server: VegaServer) -> None:
    session = server.session

    @_feature(server, types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        session.encoding = encoding_of(
            ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        )
        session.client = params.capabilities
        document = params.capabilities.text_document
        if document is not None and document.diagnostic is not None and not pulls(session.client):
            features = cast("dict[str, Any]", server.protocol.fm.features)  # pyright: ignore[reportUnknownMemberType]
            for name in (types.TEXT_DOCUMENT_DIAGNOSTIC, types.WORKSPACE_DIAGNOSTIC):
                features.pop(name, None)
        folders = [path_of(folder.uri) for folder in params.workspace_folders or ()]
        if not folders and params.root_uri:
            folders = [path_of(params.root_uri)]
        session.folders = folders
        session.configure(params.initialization_options)
        if params.process_id is not None:
            server.watching = asyncio.create_task(watch(params.process_id))

    @_feature(server, types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        _watch(server)
        _fetch_settings(server)

    @_feature(server, types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = {path_of(folder.uri) for folder in params.event.removed}
        session.folders = [folder for folder in session.folders if folder not in removed]
        session.folders += [path_of(folder.uri) for folder in params.event.added]
        session.restart()
        server.publisher.soon()

    @_feature(server, types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration(params: types.DidChangeConfigurationParams) -> None:
        _configure(server, params.settings)
        _fetch_settings(server)

    @_feature(server, types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        session.forget_files([path_of(change.uri) for change in params.changes])
        server.publisher.soon()


def _watch(server: VegaServer) -> None:
    """Ask the client to tell of files and settings that change."""
    workspace = server.client_capabilities.workspace or types.WorkspaceClientCapabilities()
    wanted: list[types.Registration] = []
    files = workspace.did_change_watched_files
    if files is not None and files.dynamic_registration:
        patterns = (f"**/*.{{{','.join(WATCHED)}}}", "**/pyproject.toml")
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in patterns]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        wanted.append(types.Registration("vega-files", method, options))
    settings = workspace.did_change_configuration
    if settings is not None and settings.dynamic_registration:
        section = types.DidChangeConfigurationRegistrationOptions(SECTION)
        method = types.WORKSPACE_DID_CHANGE_CONFIGURATION
        wanted.append(types.Registration("vega-settings", method, section))
    if wanted:
        server.client_register_capability(types.RegistrationParams(wanted))


def _fetch_settings(server: VegaServer) -> None:
    """Ask the client for its settings, where it can be asked."""
    workspace = server.client_capabilities.workspace
    if workspace is None or not workspace.configuration:
        return

    def take(found: Sequence[Any] | None) -> None:
        for settings in found or ():
            _configure(server, settings)

    item = types.ConfigurationItem(section=SECTION)
    server.workspace_configuration(types.ConfigurationParams([item]), take)


def _configure(server: VegaServer, settings: object) -> None:
    """Take settings over, and let the client ask again for what they decide."""
    before = structs.asdict(server.session.settings)
    server.session.configure(settings)
    if structs.asdict(server.session.settings) == before:
        return
    server.publisher.soon()
    workspace = server.client_capabilities.workspace or types.WorkspaceClientCapabilities()
    if workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
        server.workspace_inlay_hint_refresh(None)
    if workspace.code_lens is not None and workspace.code_lens.refresh_support:
        server.workspace_code_lens_refresh(None)


# --- texts ----------------------------------------------------------------------------------------


def _synchronisation(server: VegaServer) -> None:
    session, publisher = server.session, server.publisher

    @_feature(server, types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        session.open(params.text_document)
        publisher.soon()

    @_feature(server, types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        session.change(document.uri, document.version, params.content_changes)
        publisher.soon()

    @_feature(server, types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        session.forget_files([path_of(params.text_document.uri)])
        publisher.soon()

    @_feature(server, types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.close(params.text_document.uri)
        publisher.soon()


def _pulled_diagnostics(server: VegaServer) -> None:
    session = server.session

    @_feature(
        server,
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=True, identifier="vega"
        ),
        default=lambda: types.RelatedFullDocumentDiagnosticReport([]),
    )
    def pull(params: types.DocumentDiagnosticParams) -> Any:
        found = diagnostics(session, path_of(params.text_document.uri))
        digest = result_id(found)
        if params.previous_result_id == digest:
            return types.RelatedUnchangedDocumentDiagnosticReport(digest)
        return types.RelatedFullDocumentDiagnosticReport(found, result_id=digest)
