"""Completion items, as rich as the editor can take them."""

from typing import Any, cast

from lsprotocol import types

from vega_lsp import describe
from vega_lsp.features.snippets import plain as without_stops
from vega_lsp.session import Session, Snapshot, plain

Item = types.CompletionItem
About = tuple[str, ...]


def item(
    label: str,
    kind: types.CompletionItemKind,
    *,
    detail: str = "",
    doc: str = "",
    insert: str = "",
    snippet: str = "",
    order: str = "",
    about: About = (),
    snapshot: Snapshot | None = None,
) -> Item:
    """An item that inserts `snippet` where the editor knows snippets, else `insert` (or the
    snippet's beginning, or the label). What `about` names is described when the editor asks for
    it, or at once where it never asks."""
    found = Item(label, kind=kind, detail=detail or None, sort_text=order or None)
    if snippet and snapshot is not None and knows_snippets(snapshot.session):
        found.insert_text = snippet
        found.insert_text_format = types.InsertTextFormat.Snippet
    else:
        found.insert_text = insert or (without_stops(snippet) if snippet else label)
    if about and snapshot is not None:
        if asks_later(snapshot.session):
            found.data = {"uri": snapshot.session.uri(snapshot.path), "about": list(about)}
        else:
            doc = describe.about(snapshot.program, about)
    found.documentation = markdown(doc)
    return found


def markdown(text: str) -> types.MarkupContent | None:
    return types.MarkupContent(types.MarkupKind.Markdown, text) if text else None


def resolve(session: Session, found: Item) -> Item:
    """An item with its documentation."""
    data = cast("dict[str, Any]", plain(found.data) if found.data is not None else {})
    about = cast("list[str]", data.get("about") or [])
    uri = data.get("uri")
    snapshot = session.snapshot(uri) if about and isinstance(uri, str) else None
    if snapshot is not None:
        found.documentation = markdown(describe.about(snapshot.program, tuple(about)))
    return found


def _abilities(session: Session) -> types.ClientCompletionItemOptions | None:
    document = session.client.text_document
    completion = document.completion if document else None
    return completion.completion_item if completion else None


def knows_snippets(session: Session) -> bool:
    abilities = _abilities(session)
    return bool(abilities and abilities.snippet_support)


def asks_later(session: Session) -> bool:
    """Whether the editor asks for the documentation of the item that is looked at."""
    abilities = _abilities(session)
    later = abilities.resolve_support if abilities else None
    return later is not None and "documentation" in later.properties
