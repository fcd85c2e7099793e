"""Completion inside expressions, whole or broken: variables, fields, filters and words that fit."""

import re
from collections.abc import Iterable, Iterator

from lsprotocol import types

from vega_grammar.filters import FILTERS, FilterSpec, Parameter
from vega_lsp import describe
from vega_lsp.features.items import Item, item
from vega_lsp.features.signature import filter_at_end
from vega_lsp.features.snippets import filter_call
from vega_lsp.meaning import Meaning
from vega_lsp.scoping import Bindings, bindings_at
from vega_lsp.session import Snapshot
from vegac.ir import nodes as ir
from vegac.ir.build.expressions import ExpressionBuilder, Source
from vegac.ir.build.scope import FixedScope
from vegac.semantics.filters import receives
from vegac.semantics.types import (
    ANY,
    ERROR,
    LOOP,
    STRING,
    Enum,
    ListOf,
    Record,
    Type,
    assignable,
    members,
    optional,
)
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.expression_parser import accepted_at, parse_expression
from vegac.syntax.nodes import Chunk, Scalar

_Kind = types.CompletionItemKind
_FILTER = re.compile(r"\|\s*(\w*)$")
_FIELD = re.compile(r"\.(\w*)$")
_WORD = re.compile(r"\w*$")
_STRING = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_COMPARED = re.compile(r"""^(.*?)(?:==|!=|\bin)\s*\[?(?:(?:'[^']*'|"[^"]*")\s*,\s*)*$""", re.DOTALL)
_OPERATORS = {"AND": "and", "OR": "or", "IN": "in", "IF": "if", "ELSE": "else"}
_CONSTANTS = {"TRUE": "true", "FALSE": "false", "NULL": "null", "NOT": "not"}
_RUN_VALUES = ("date", "time", "now", "random")
_NAMESPACES: dict[str, Type] = {
    "error": optional(ERROR),
    "run": Record((("id", STRING),)),
    "workflow": Record((("name", STRING),)),
}


class Names:
    """What names mean at a place."""

    def __init__(self, snapshot: Snapshot, meaning: Meaning, offset: int) -> None:
        self.program = snapshot.program
        self.meaning = meaning
        found: Bindings | None = None
        if meaning.section == "workflows":
            found = bindings_at(snapshot.program, meaning.owner, *snapshot.place(offset))
        self.bindings = found or Bindings(in_loop=True)
        if found is None:
            self.bindings.types = _declared(snapshot, meaning)

    @property
    def types(self) -> dict[str, Type]:
        return self.bindings.types

    def known(self) -> dict[str, Type]:
        """All that has a type: variables, and what belongs to the run."""
        known = dict(self.types)
        if self.meaning.section != "workflows":
            return known
        for name, type_ in _NAMESPACES.items():
            known.setdefault(name, type_)
        if self.bindings.in_loop:
            known.setdefault("loop", LOOP)
        steps = [(name, Record((("output", t),))) for name, t in self.bindings.outputs.items()]
        known.setdefault("steps", Record(tuple(steps)))
        return known


def expression_items(
    snapshot: Snapshot, text: str, meaning: Meaning, offset: int
) -> tuple[list[Item], str]:
    """What may follow the text of an expression that ends at `offset`, and the word that it
    replaces."""
    names = Names(snapshot, meaning, offset)
    quote = _open_string(text)
    if quote >= 0:
        words = compared_words(text[:quote], names)
        return [_word(word, word) for word in words], text[quote + 1 :]
    found = _FILTER.search(text)
    if found is not None:
        return list(_filters(type_of_text(text[: found.start()], names), snapshot)), found[1]
    found = _FIELD.search(text)
    if found is not None and not text[: found.start()].endswith(tuple("0123456789")):
        return list(_fields(text[: found.start()], names)), found[1]
    word = _WORD.search(text)
    typed = word[0] if word else ""
    if typed[:1].isdigit():
        return [], ""
    before = text[: len(text) - len(typed)]
    argument = filter_at_end(before) if before.endswith(":") else None
    if argument is not None:
        return list(_arguments(before, *argument, names, snapshot)), typed
    accepted = accepted_at(before, len(before))
    if before.strip() and accepted and "NAME" not in accepted:
        return list(_operators(accepted)), typed
    words = compared_words(before, names)
    items = [_word(f"'{word}'", f"00{number}") for number, word in enumerate(words)]
    return [*items, *_names(snapshot, names, accepted or set(_CONSTANTS))], typed


def _open_string(text: str) -> int:
    """Where a string begins that is not closed, or -1."""
    rest = _STRING.sub(lambda found: "_" * len(found[0]), text)
    places = [place for sign in "'\"" if (place := rest.find(sign)) >= 0]
    return min(places, default=-1)


def _declared(snapshot: Snapshot, meaning: Meaning) -> dict[str, Type]:
    """The names that a tool or a workflow has anywhere, for places of which no more is known."""
    index = snapshot.program.index
    if meaning.section == "tools":
        return {symbol.name: ANY for symbol in index.named("parameter", meaning.owner)}
    if meaning.section != "workflows":
        return {}
    found = snapshot.program.types.variables
    return {name: found.get((meaning.owner, name), ANY) for name in index.variables(meaning.owner)}


# --- types ----------------------------------------------------------------------------------------


def type_of_text(text: str, names: Names) -> Type:
    """The type of the operand at the end of an expression's text."""
    parsed = parse_expression(_inner(text).strip())
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
        name: ir.Variable(type_, span, name) for name, type_ in names.known().items()
    }
    scope = FixedScope(Findings(), known, _RUN_VALUES)
    scalar = Scalar(Chunk("", parsed.text), 0, len(parsed.text), parsed.text, "plain")
    return ExpressionBuilder(scope).build(Source(scalar, 0, parsed.text), expr).type


def _inner(text: str) -> str:
    """What stands behind the last bracket that is open, and behind the last comma there."""
    start, depth = 0, 0
    for index in range(len(text) - 1, -1, -1):
        char = text[index]
        if char in ")]}":
            depth += 1
        elif char in "([{" or (char == "," and depth == 0):
            if depth == 0:
                start = index + 1
                break
            depth -= char != ","
    return text[start:]


def compared_words(text: str, names: Names) -> list[str]:
    """The words that an operand may be, where the text compares it with what comes next."""
    found = _COMPARED.match(text)
    if found is None:
        return []
    return [
        word
        for member in members(type_of_text(found[1], names))
        if isinstance(member, Enum)
        for word in member.values
    ]


# --- items ----------------------------------------------------------------------------------------


def _word(word: str, order: str) -> Item:
    return item(word, _Kind.EnumMember, order=order)


def _filters(receiver: Type, snapshot: Snapshot) -> Iterator[Item]:
    for name, spec in FILTERS.items():
        if receives(spec, receiver):
            needed = [parameter.name for parameter in spec.parameters if parameter.required]
            yield item(
                name,
                _Kind.Method,
                detail=spec.usage,
                insert=f"{name}:" if needed else name,
                snippet=filter_call(name, needed) if needed else "",
                about=("filter", name),
                snapshot=snapshot,
            )


def _fields(owner: str, names: Names) -> Iterator[Item]:
    if owner.strip() == "steps" and "steps" not in names.types:
        for name, type_ in names.bindings.outputs.items():
            yield item(f"{name}.output", _Kind.Field, detail=str(type_))
        return
    for name, type_ in _fields_of(members(type_of_text(owner, names))):
        yield item(name, _Kind.Field, detail=str(type_))


def _fields_of(types_: Iterable[Type]) -> Iterator[tuple[str, Type]]:
    for member in types_:
        if isinstance(member, Record):
            yield from member.fields


def _arguments(
    text: str, spec: FilterSpec, position: int, names: Names, snapshot: Snapshot
) -> Iterator[Item]:
    """What may be the argument of a filter. A variable stands in parentheses there: without them it
    would be a word."""
    parameter = spec.parameters[min(position, len(spec.parameters) - 1)]
    receiver = type_of_text(text[: text.rindex("|")], names)
    if parameter.type == "field":
        elements = [one.element for one in members(receiver) if isinstance(one, ListOf)]
        for element in elements:
            for name, type_ in _fields_of(members(element)):
                yield item(name, _Kind.Field, detail=str(type_))
        return
    if parameter.type == "condition":
        for sign in ("==", "!=", "<", "<=", ">", ">="):
            yield item(sign, _Kind.Operator)
        return
    if parameter.type == "boolean":
        for word in ("true", "false"):
            yield item(word, _Kind.Keyword)
    for name, type_ in names.types.items():
        if _fits(type_, parameter):
            yield _variable(snapshot, names, name, type_, insert=f"({name})")


def _fits(type_: Type, parameter: Parameter) -> bool:
    if parameter.type in ("string", "integer", "boolean"):
        return any(str(member) in (parameter.type, "any") for member in members(type_)) or (
            parameter.type == "string" and assignable(type_, STRING)
        )
    return True


def _operators(accepted: set[str]) -> Iterator[Item]:
    for terminal, word in _OPERATORS.items():
        if terminal in accepted:
            yield item(word, _Kind.Keyword, order=f"3{word}")
    if "IN" in accepted:
        yield item("not in", _Kind.Keyword, order="3not")
    if "PIPE" in accepted:
        yield item("|", _Kind.Operator, detail="a filter", insert="| ", order="4")


def _names(snapshot: Snapshot, names: Names, accepted: set[str]) -> Iterator[Item]:
    yield from _variables(snapshot, names)
    section = names.meaning.section
    shown: Iterable[str] = describe.BUILT_INS
    if section == "tools":
        shown = ("env",)
    elif section != "workflows":
        shown = ("env", "date", "time")
    for name in shown:
        if name in names.types or (name == "loop" and not names.bindings.in_loop):
            continue
        type_text, doc = describe.BUILT_INS[name]
        yield item(name, _Kind.Constant, detail=type_text, doc=doc, order=f"2{name}")
    for terminal, word in _CONSTANTS.items():
        if terminal in accepted:
            yield item(word, _Kind.Keyword, order=f"3{word}")


def name_items(snapshot: Snapshot, meaning: Meaning, offset: int) -> Iterator[Item]:
    """The variables at a place where a bare name is one."""
    return _variables(snapshot, Names(snapshot, meaning, offset))


def _variables(snapshot: Snapshot, names: Names) -> Iterator[Item]:
    for name, type_ in names.types.items():
        yield _variable(snapshot, names, name, type_)


def _variable(snapshot: Snapshot, names: Names, name: str, type_: Type, insert: str = "") -> Item:
    unset = names.bindings.unset.get(name)
    if name in ("result", "error") and name not in _declared(snapshot, names.meaning):
        unset = None  # they are null until something sets them
    kind = "parameter" if names.meaning.section == "tools" else "variable"
    return item(
        name,
        _Kind.Variable,
        detail=f"{type_}, may be unset" if unset else str(type_),
        insert=insert,
        order=f"{1 if unset else 0}{name}",
        about=(kind, name, names.meaning.owner, unset or ""),
        snapshot=snapshot,
    )
