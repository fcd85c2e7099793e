"""Completion inside expressions, whole or broken: variables, fields and filters that fit."""

import re
from collections.abc import Iterator

from lsprotocol import types

from vega_grammar.filters import FILTERS
from vega_lsp import describe
from vega_lsp.context import Meaning
from vega_lsp.session import Snapshot
from vegac.ir import nodes as ir
from vegac.ir.build.expressions import ExpressionBuilder, Source
from vegac.ir.build.scope import FixedScope
from vegac.semantics.filters import receives
from vegac.semantics.types import ANY, LOOP, STRING, Record, Type, members
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.nodes import Chunk, Scalar

_Item = types.CompletionItem
_Kind = types.CompletionItemKind
_FILTER = re.compile(r"\|\s*(\w*)$")
_FIELD = re.compile(r"\.(\w*)$")
_WORD = re.compile(r"\w*$")
_NAMESPACE = re.compile(r"(?:^|[^\w.])(steps|env|run|workflow|loop|error)\.(\w*)$")
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
WORDS = ("and", "or", "not", "in", "if", "else", "true", "false", "null")


def expression_items(snapshot: Snapshot, text: str, meaning: Meaning) -> tuple[list[_Item], str]:
    """What may follow the text of an expression, and the word that it replaces."""
    rest = _STRING.sub("", text)
    if rest.count("'") % 2 or rest.count('"') % 2:
        return [], ""
    names = variables(snapshot, meaning)
    found = _FILTER.search(text)
    if found is not None:
        return list(_filters(type_of_text(text[: found.start()], names))), found[1]
    space = _NAMESPACE.search(text)
    if space is not None and space[1] not in names:
        return list(_namespace(snapshot, space[1], meaning.owner)), space[2]
    found = _FIELD.search(text)
    if found is not None:
        return list(_fields(type_of_text(text[: found.start()], names))), found[1]
    word = _WORD.search(text)
    return list(_names(snapshot, names, meaning)), word[0] if word else ""


def variables(snapshot: Snapshot, meaning: Meaning) -> dict[str, Type]:
    """The names in scope with their types, built-in ones aside."""
    if meaning.section == "tools":
        symbols = snapshot.program.index.named("parameter", meaning.owner)
        return {symbol.name: ANY for symbol in symbols}
    if meaning.section != "workflows":
        return {}
    types_ = snapshot.program.types.variables
    found = snapshot.program.index.variables(meaning.owner)
    return {name: types_.get((meaning.owner, name), ANY) for name in found}


def type_of_text(text: str, names: dict[str, Type]) -> Type:
    """The type of the operand at the end of an expression's text."""
    parsed = parse_expression(text.strip())
    expr = parsed.expr
    while True:
        match expr:
            case ast.Binary(right=last) | ast.Compare(right=last) | ast.Not(operand=last):
                expr = last
            case ast.Logical(operands=(*_, last)):
                expr = last
            case ast.Conditional(otherwise=last):
                expr = last
            case _:
                break
    span = Span("", 0, 0)
    known: dict[str, ir.Expr] = {
        "loop": ir.Variable(LOOP, span, "loop"),
        **{name: ir.Variable(type_, span, name) for name, type_ in names.items()},
    }
    scope = FixedScope(Findings(), known, ("date", "time", "now", "random"))
    scalar = Scalar(Chunk("", parsed.text), 0, len(parsed.text), parsed.text, "plain")
    return ExpressionBuilder(scope).build(Source(scalar, 0, parsed.text), expr).type


def _filters(receiver: Type) -> Iterator[_Item]:
    for name, spec in FILTERS.items():
        if receives(spec, receiver):
            yield _Item(
                name,
                kind=_Kind.Method,
                detail=spec.usage,
                documentation=_markdown(describe.filter_text(name)),
            )


def _fields(owner: Type) -> Iterator[_Item]:
    for member in members(owner):
        if isinstance(member, Record):
            for name, type_ in member.fields:
                yield _Item(name, kind=_Kind.Field, detail=str(type_))


def _namespace(snapshot: Snapshot, name: str, workflow: str) -> Iterator[_Item]:
    match name:
        case "steps":
            for variable, definition in snapshot.program.index.variables(workflow).items():
                if definition.what in ("save", "step"):
                    yield _Item(f"{variable}.output", kind=_Kind.Field)
        case "run":
            yield _Item("id", kind=_Kind.Field, detail="string")
        case "workflow":
            yield _Item("name", kind=_Kind.Field, detail="string")
        case "loop":
            yield from _fields(LOOP)
        case "error":
            for field in ("message", "type", "step"):
                yield _Item(field, kind=_Kind.Field, detail=str(STRING))
        case _:
            pass


def _names(snapshot: Snapshot, names: dict[str, Type], meaning: Meaning) -> Iterator[_Item]:
    definitions = snapshot.program.index.variables(meaning.owner)
    for name, type_ in names.items():
        definition = definitions.get(name)
        what = definition.what if definition else "parameter"
        yield _Item(
            name,
            kind=_Kind.Variable,
            detail=str(type_),
            documentation=_markdown({"input": "An input."}.get(what, "")),
            sort_text=f"0{name}",
        )
    builtins = describe.BUILT_INS
    shown = builtins if meaning.section == "workflows" else ("env", "date", "time")
    for name in shown:
        if name not in names and not (meaning.section == "tools" and name != "env"):
            type_, doc = builtins[name]
            yield _Item(
                name,
                kind=_Kind.Constant,
                detail=type_,
                documentation=_markdown(doc),
                sort_text=f"1{name}",
            )
    for word in WORDS:
        yield _Item(word, kind=_Kind.Keyword, sort_text=f"2{word}")


def _markdown(text: str) -> types.MarkupContent | None:
    return types.MarkupContent(types.MarkupKind.Markdown, text) if text else None
