"""What is known of the thing under the pointer."""

import json

from lsprotocol import types

from vega_grammar.tools import BUILTIN_TOOLS
from vega_lsp import describe
from vega_lsp.index import Expression
from vega_lsp.places import Place
from vega_lsp.session import Snapshot
from vega_lsp.variables import type_of
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.expression_walk import walk


def hover(snapshot: Snapshot, params: types.HoverParams) -> types.Hover | None:
    unit, offset = snapshot.place(snapshot.offset(params.position))
    found = _found(snapshot, unit, offset)
    if found is None:
        return None
    text, span = found
    content = types.MarkupContent(types.MarkupKind.Markdown, text)
    return types.Hover(content, snapshot.span_range(span))


def _found(snapshot: Snapshot, unit: str, offset: int) -> tuple[str, Span] | None:
    index = snapshot.program.index
    occurrence = index.at(unit, offset)
    if occurrence is not None:
        typed = snapshot.program.types.exactly(unit, occurrence.span.start, occurrence.span.end)
        text = describe.described(snapshot.program, occurrence.symbol)
        if typed is not None and occurrence.role == "read" and occurrence.symbol.kind == "variable":
            declared = type_of(snapshot.program, occurrence.symbol)
            if typed.type != declared:
                text += f"\n\nHere it is `{typed.type}`."
        if text:
            return text, occurrence.span
    expression = index.expression_at(unit, offset)
    if expression is not None:
        return _in_expression(snapshot, expression, unit, offset)
    place = index.place_at(unit, offset)
    return _of_place(place) if place is not None else None


def _in_expression(
    snapshot: Snapshot, expression: Expression, unit: str, offset: int
) -> tuple[str, Span] | None:
    for part in walk(expression.parsed.expr):
        if isinstance(part, ast.Filter):
            span = expression.span(part.name_start, part.name_start + len(part.name))
            if span.start <= offset <= span.end and (text := describe.filter_text(part.name)):
                return text, span
        if isinstance(part, ast.Name) and part.name in describe.BUILT_INS:
            span = expression.span(part.start, part.start + len(part.name))
            if span.start <= offset <= span.end:
                type_, doc = describe.BUILT_INS[part.name]
                known = snapshot.program.types.exactly(unit, span.start, span.end)
                if known is not None and known.type != ANY:
                    type_ = str(known.type)
                return f"{describe.code(f'{part.name}: {type_}')}\n\n{doc}", span
    typed = snapshot.program.types.at(unit, offset)
    if typed is None:
        return None
    place = snapshot.program.locate(typed.span)
    source = " ".join(place.file.text[place.start : place.end].split()) if place else ""
    if isinstance(typed, ir.Const):
        source = json.dumps(typed.value, ensure_ascii=False, default=str)
    return describe.code(f"{source}: {typed.type}"), typed.span


def _of_place(place: Place) -> tuple[str, Span] | None:
    name, text = place.node.value, ""
    match place.kind:
        case "key" if place.spec is not None:
            text = describe.key_text(name, place.spec)
        case "tool" if name in BUILTIN_TOOLS:
            text = describe.builtin_tool(name)
        case "model":
            text = describe.model_text(name)
        case "word" if place.spec is not None:
            text = describe.word_text(name, place.spec)
        case _:
            pass
    return (text, place.node.span) if text else None
