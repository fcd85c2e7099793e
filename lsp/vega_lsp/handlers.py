"""The features that answer about a document, by the requests that ask for them."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from vega_lsp.features import completion, hover, links, navigation, rename, symbols
from vega_lsp.session import Session

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

_FEATURES: dict[str, tuple[Feature, Any]] = {
    types.TEXT_DOCUMENT_HOVER: (hover.hover, None),
    types.TEXT_DOCUMENT_COMPLETION: (
        completion.completion,
        types.CompletionOptions(trigger_characters=completion.TRIGGERS),
    ),
    types.TEXT_DOCUMENT_DEFINITION: (navigation.definition, None),
    types.TEXT_DOCUMENT_REFERENCES: (navigation.references, None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (navigation.highlights, None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (rename.prepare, None),
    types.TEXT_DOCUMENT_RENAME: (rename.rename, types.RenameOptions(prepare_provider=True)),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (symbols.document_symbols, None),
    types.TEXT_DOCUMENT_DOCUMENT_LINK: (links.links, types.DocumentLinkOptions()),
}
"""Requests about a document: a function of a snapshot and the request's parameters."""


def register_features(server: LanguageServer, session: Session) -> None:
    """Register every feature that answers about a document or the workspace."""
    for name, (feature, options) in _FEATURES.items():
        server.feature(name, options)(_about_document(session, name, feature))

    def find_symbols(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return symbols.workspace_symbols(session, params.query)

    server.feature(types.WORKSPACE_SYMBOL)(safely(find_symbols))


def _about_document(session: Session, name: str, feature: Feature) -> Handler:
    def handler(params: Any) -> Any:
        snapshot = session.snapshot(params.text_document.uri)
        return None if snapshot is None else feature(snapshot, params)

    handler.__name__ = name.replace("/", "_")
    return safely(handler)
