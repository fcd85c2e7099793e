"""The features that answer about a document, by the requests that ask for them."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from vega_lsp.features import (
    actions,
    calls,
    commands,
    completion,
    formatting,
    hints,
    hover,
    items,
    links,
    navigation,
    rename,
    signature,
    spellings,
    structure,
    symbols,
    tokens,
)
from vega_lsp.session import Session
from vegac.workspace import UsageError

log = logging.getLogger(__name__)
Handler = Callable[[Any], Any]


def safely(function: Handler, default: Callable[[], Any] = lambda: None) -> Handler:
    """The handler, which logs what goes wrong in it and then answers nothing."""

    @functools.wraps(function)
    def guarded(params: Any) -> Any:
        try:
            return function(params)
        except JsonRpcException:
            raise  # a refusal with a reason
        except Exception:
            log.exception("%s failed", function.__name__)
            return default()

    return guarded


Feature = Callable[[Any, Any], Any]

FEATURES: dict[str, tuple[Feature, Any]] = {
    types.TEXT_DOCUMENT_HOVER: (hover.hover, None),
    types.TEXT_DOCUMENT_COMPLETION: (
        completion.completion,
        types.CompletionOptions(trigger_characters=completion.TRIGGERS, resolve_provider=True),
    ),
    types.TEXT_DOCUMENT_DEFINITION: (navigation.definition, None),
    types.TEXT_DOCUMENT_TYPE_DEFINITION: (navigation.type_definition, None),
    types.TEXT_DOCUMENT_REFERENCES: (navigation.references, None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (navigation.highlights, None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (rename.prepare, None),
    types.TEXT_DOCUMENT_RENAME: (rename.rename, types.RenameOptions(prepare_provider=True)),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (symbols.document_symbols, None),
    types.TEXT_DOCUMENT_DOCUMENT_LINK: (links.links, types.DocumentLinkOptions()),
    types.TEXT_DOCUMENT_CODE_ACTION: (
        actions.actions,
        types.CodeActionOptions(code_action_kinds=actions.KINDS),
    ),
    types.TEXT_DOCUMENT_FORMATTING: (formatting.format_document, None),
    types.TEXT_DOCUMENT_RANGE_FORMATTING: (formatting.format_range, None),
    types.TEXT_DOCUMENT_ON_TYPE_FORMATTING: (
        formatting.format_on_type,
        types.DocumentOnTypeFormattingOptions("\n", more_trigger_character=[">", "}"]),
    ),
    types.TEXT_DOCUMENT_FOLDING_RANGE: (structure.folding, None),
    types.TEXT_DOCUMENT_SELECTION_RANGE: (structure.selections, None),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (tokens.full, tokens.LEGEND),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: (tokens.ranged, tokens.LEGEND),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA: (tokens.delta, tokens.LEGEND),
    types.TEXT_DOCUMENT_SIGNATURE_HELP: (
        signature.signature_help,
        types.SignatureHelpOptions(trigger_characters=[":", "(", ",", "{"]),
    ),
    types.TEXT_DOCUMENT_INLAY_HINT: (hints.inlay_hints, None),
    types.TEXT_DOCUMENT_CODE_LENS: (hints.lenses, types.CodeLensOptions()),
    types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY: (calls.prepare, None),
    types.TEXT_DOCUMENT_LINKED_EDITING_RANGE: (calls.linked, None),
}
"""Requests about a document: a function of a snapshot and the request's parameters."""


def register_features(server: LanguageServer, session: Session) -> None:
    """Register every feature that answers about a document or the workspace."""
    for name, (feature, options) in FEATURES.items():
        server.feature(name, options)(_about_document(session, name, feature))

    def resolve(found: types.CompletionItem) -> types.CompletionItem:
        return items.resolve(session, found)

    def incoming(params: types.CallHierarchyIncomingCallsParams) -> Any:
        return calls.incoming(session, params)

    def outgoing(params: types.CallHierarchyOutgoingCallsParams) -> Any:
        return calls.outgoing(session, params)

    def fix_all(uri: str) -> None:
        try:
            snapshot = session.snapshot(uri)
        except Exception:
            log.exception("cannot fix %s", uri)
            return
        changes = actions.fix_all(snapshot) if snapshot is not None else {}
        if changes:
            server.workspace_apply_edit(
                types.ApplyWorkspaceEditParams(types.WorkspaceEdit(changes=changes))
            )

    def convert(uri: str, delimiters: str) -> None:
        try:
            snapshot = session.snapshot(uri)
        except Exception:
            log.exception("cannot convert %s", uri)
            return
        edits = spellings.converted(snapshot, delimiters) if snapshot is not None else []
        if edits:
            server.workspace_apply_edit(
                types.ApplyWorkspaceEditParams(types.WorkspaceEdit(changes={uri: edits}))
            )

    def tell(command: str) -> Callable[[str, str], None]:
        def show(uri: str, name: str) -> None:
            _tell(server, f"Run it in a terminal: {commands.in_terminal(command, uri, name)}")

        return show

    def show_python(uri: str, name: str = "") -> dict[str, Any] | None:
        try:
            found = commands.emitted(session, uri, name)
        except UsageError as error:
            found = commands.Emitted(problem=str(error))
        except Exception:
            log.exception("cannot compile %s", uri)
            return None
        if found.path is None:
            _tell(server, found.problem, types.MessageType.Warning)
            return None
        shown = found.path.as_uri()
        window = session.client.window
        if window is not None and window.show_document is not None and window.show_document.support:
            place = types.Position(found.line, 0)
            server.window_show_document(
                types.ShowDocumentParams(shown, selection=types.Range(place, place)),
                lambda _: None,
            )
        else:
            _tell(server, f"The Python of {name or 'this program'} is in {found.path}")
        return {"uri": shown, "text": found.text, "line": found.line}

    server.command("vega.showPython")(show_python)
    server.command("vega.convert")(convert)
    server.command("vega.fixAll")(fix_all)
    server.command("vega.run")(tell("run"))
    server.command("vega.test")(tell("test"))
    server.feature(types.COMPLETION_ITEM_RESOLVE)(safely(resolve))
    server.feature(types.CALL_HIERARCHY_INCOMING_CALLS)(safely(incoming))
    server.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)(safely(outgoing))


def _tell(
    server: LanguageServer, message: str, kind: types.MessageType = types.MessageType.Info
) -> None:
    server.window_show_message(types.ShowMessageParams(kind, message))


def _about_document(session: Session, name: str, feature: Feature) -> Handler:
    def handler(params: Any) -> Any:
        snapshot = session.snapshot(params.text_document.uri)
        return None if snapshot is None else feature(snapshot, params)

    handler.__name__ = name.replace("/", "_")
    return safely(handler)
