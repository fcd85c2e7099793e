"""What may be written at a place."""

import os
from collections.abc import Iterable, Iterator

from lsprotocol import types

from vega_grammar import keys as grammar
from vega_grammar.tools import BUILTIN_TOOLS
from vega_lsp import describe
from vega_lsp.context import Context, Meaning, context_at, meaning_of
from vega_lsp.features.expression_completion import expression_items
from vega_lsp.index import Symbol
from vega_lsp.session import Snapshot
from vegac.ir.build.models import known_models
from vegac.syntax.step_key import first_word

TRIGGERS = ["<", "{", "|", ".", ":", " ", "-"]
_EXPRESSIONS = {"expression", "condition", "for"}
_Item = types.CompletionItem
_Kind = types.CompletionItemKind


def completion(snapshot: Snapshot, params: types.CompletionParams) -> types.CompletionList | None:
    offset = snapshot.offset(params.position)
    context = context_at(snapshot.file.text, offset)
    meaning = meaning_of(context.path, context.siblings)
    items, word = _items(snapshot, context, meaning)
    found = types.Range(
        snapshot.range(offset - len(word), offset - len(word)).start, params.position
    )
    for item in items:
        item.text_edit = types.TextEdit(found, item.insert_text or item.label)
        item.filter_text = item.label
    return types.CompletionList(is_incomplete=False, items=items)


def _items(snapshot: Snapshot, context: Context, meaning: Meaning) -> tuple[list[_Item], str]:
    text = context.word
    if context.shape == "text":
        return [], ""
    kinds = set(meaning.spec.kind.split("|")) if meaning.spec is not None else set[str]()
    is_for = context.shape == "keys" and text.startswith("for ")
    if is_for or (context.shape == "value" and kinds & _EXPRESSIONS):
        if " in " not in text and (is_for or "for" in kinds):
            return [], ""
        text = text.rpartition(" in ")[2] if is_for or "for" in kinds else text
        return expression_items(snapshot, text, meaning)
    if context.shape == "expression":
        return expression_items(snapshot, text, meaning)
    if context.shape == "keys":
        return list(_keys(snapshot, context, meaning)), text
    return list(_values(snapshot, context, meaning, kinds)), text.lstrip()


# --- keys -----------------------------------------------------------------------------------------


def _keys(snapshot: Snapshot, context: Context, meaning: Meaning) -> Iterator[_Item]:
    if meaning.callee:
        yield from _arguments(snapshot, meaning.callee, context)
    elif meaning.step and (context.in_list or not context.siblings) and context.path:
        yield from _steps(snapshot)
        if meaning.table is grammar.PARALLEL_AGENT and not context.in_list:
            yield from _table(meaning.table, context.siblings)
    elif meaning.step:
        yield from _table(_options(snapshot, context.siblings), context.siblings)
    elif context.in_list and meaning.spec is not None:
        kinds = set(meaning.spec.kind.split("|"))
        if any(kind.startswith("tables:") for kind in kinds):
            yield from _table(meaning.table, {})
        else:
            yield from _values(snapshot, context, meaning, kinds)
    elif not _is_free(context.path):
        yield from _table(meaning.table, context.siblings)


def _is_free(path: list[str]) -> bool:
    """Whether names of the author's choice stand here."""
    return path in (["agents"], ["workflows"], ["tools"], ["tests"]) or path[2:] in (
        ["inputs"],
        ["params"],
    )


def _options(snapshot: Snapshot, siblings: Iterable[str]) -> grammar.Table:
    """The keys of a step by those that it has."""
    agents = _declared(snapshot, "agents")
    for key in siblings:
        kind = "for" if key.startswith("for ") else key
        if kind in grammar.STEPS and (kind != "if" or "then" in siblings):
            return {**grammar.STEPS[kind], **grammar.COMMON}
        if first_word(key)[0] in agents:
            break
    return grammar.SEND


def _table(table: grammar.Table, siblings: Iterable[str]) -> Iterator[_Item]:
    for position, (name, spec) in enumerate(table.items()):
        if name not in siblings:
            yield _key(name, spec, f"{not spec.required:d}{position:03}")


def _key(name: str, spec: grammar.Key, order: str) -> _Item:
    return _Item(
        name,
        kind=_Kind.Property,
        detail=spec.doc,
        documentation=_markdown(describe.key_text(name, spec)),
        insert_text=f"{name}: ",
        sort_text=order,
    )


def _steps(snapshot: Snapshot) -> Iterator[_Item]:
    for name in _declared(snapshot, "agents"):
        yield _named(snapshot, "agent", name, "0", f"{name}: ")
    for position, (name, table) in enumerate(grammar.STEPS.items()):
        yield _key(name, table[name], f"1{position:03}")


def _arguments(snapshot: Snapshot, callee: str, context: Context) -> Iterator[_Item]:
    workflow = describe.workflow_of(snapshot.program, callee)
    for position, declared in enumerate(workflow.inputs if workflow else ()):
        if declared.name not in context.siblings:
            yield _Item(
                declared.name,
                kind=_Kind.Field,
                detail=str(declared.type),
                documentation=_markdown(declared.description),
                insert_text=f"{declared.name}: ",
                sort_text=f"{not declared.required:d}{position:03}",
            )


# --- values ---------------------------------------------------------------------------------------


def _values(
    snapshot: Snapshot, context: Context, meaning: Meaning, kinds: set[str]
) -> Iterator[_Item]:
    spec = meaning.spec
    if meaning.name == "type" and meaning.section == "tools" and "implementation" in context.path:
        for word in grammar.IMPLEMENTATION:
            yield _Item(word, kind=_Kind.EnumMember)
    if meaning.name in ("model", "fallback_model", "default_model"):
        for name, facts in known_models().items():
            retired = "retired" in facts or "retires" in facts
            yield _Item(
                name,
                kind=_Kind.Value,
                documentation=_markdown(describe.model_text(name)),
                sort_text=f"{retired:d}{name}",
                tags=[types.CompletionItemTag.Deprecated] if retired else None,
            )
    if spec is None:
        return
    for word in spec.values:
        yield _Item(word, kind=_Kind.EnumMember, detail=spec.doc)
    if "boolean" in kinds:
        for word in ("true", "false"):
            yield _Item(word, kind=_Kind.Keyword)
    if "type" in kinds:
        for word in (*grammar.INPUT_TYPES, "list[string]", "map[string]"):
            yield _Item(word, kind=_Kind.TypeParameter)
    if kinds & {"agent", "agents"}:
        for name in _declared(snapshot, "agents"):
            yield _named(snapshot, "agent", name)
    if "workflow" in kinds:
        for name in _declared(snapshot, "workflows"):
            yield _named(snapshot, "workflow", name)
    if "tools" in kinds and context.path[:1] != ["tools"]:
        for name in _declared(snapshot, "tools"):
            yield _named(snapshot, "tool", name)
        for name, tool in BUILTIN_TOOLS.items():
            text = describe.builtin_tool(name)
            yield _Item(name, kind=_Kind.Interface, detail=tool.doc, documentation=_markdown(text))
    if meaning.name in ("include", "knowledge", "file"):
        yield from _files(snapshot, context.word)


def _files(snapshot: Snapshot, word: str) -> Iterator[_Item]:
    """The files and folders beside this one that go on from what is written."""
    head, _, _ = word.strip("\"'").rpartition("/")
    folder = snapshot.path.parent / head
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)[:200]
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.path == str(snapshot.path):
            continue
        name = f"{head}/{entry.name}" if head else entry.name
        is_folder = entry.is_dir()
        yield _Item(name + "/" * is_folder, kind=_Kind.Folder if is_folder else _Kind.File)


# --- what they share ------------------------------------------------------------------------------


def _declared(snapshot: Snapshot, section: str) -> list[str]:
    declarations = snapshot.program.report.declarations
    return list(getattr(declarations, section, {}))


def _named(snapshot: Snapshot, kind: str, name: str, order: str = "0", insert: str = "") -> _Item:
    symbol = Symbol(kind, name)  # type: ignore[arg-type]
    kinds = {"agent": _Kind.Class, "workflow": _Kind.Function, "tool": _Kind.Interface}
    return _Item(
        name,
        kind=kinds[kind],
        detail=kind,
        documentation=_markdown(describe.described(snapshot.program, symbol)),
        insert_text=insert or name,
        sort_text=order + name,
    )


def _markdown(text: str) -> types.MarkupContent | None:
    return types.MarkupContent(types.MarkupKind.Markdown, text) if text else None
