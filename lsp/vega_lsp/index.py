"""Every definition and every reference of a program, with its place."""

import re
from collections.abc import Iterable
from typing import Literal, TypeVar

from msgspec import Struct, field

from vega_grammar.keys import BUILT_IN_NAMES
from vega_lsp.places import Piece, Place, Walker
from vegac.ir.build.memory import Journal, Names, Question
from vegac.ir.build.prescan import Assigned, assigned_by
from vegac.semantics.declarations import Declarations
from vegac.source.span import Span
from vegac.syntax import expressions as ast
from vegac.syntax.document import Step
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expression_walk import walk
from vegac.syntax.nodes import Scalar
from vegac.syntax.step_key import ForHeader, parse_for_header
from vegac.syntax.text import parse_text
from vegac.workspace import Report

SymbolKind = Literal["agent", "workflow", "tool", "variable", "parameter"]
_SECTIONS: dict[str, SymbolKind] = {"agents": "agent", "workflows": "workflow", "tools": "tool"}
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")


class Symbol(Struct, frozen=True):
    """What a name stands for. `scope` is the workflow of a variable or the tool of a parameter."""

    kind: SymbolKind
    name: str
    scope: str = ""


class Occurrence(Struct, eq=False):
    """A place where a symbol is named: where it is defined, set (`write`) or used (`read`)."""

    symbol: Symbol
    span: Span
    role: Literal["definition", "write", "read"]
    what: str = ""
    """How the symbol came to be: `input`, `save`, `set`, `for`, `step`."""


class Expression(Struct, eq=False):
    """A parsed expression of the program: its text starts at `offset` in the scalar's value."""

    parsed: ast.Parsed
    scalar: Scalar
    offset: int
    place: Place

    def span(self, start: int, end: int) -> Span:
        """The source of a part of the expression's text."""
        return self.scalar.value_span(self.offset + start, self.offset + end)


class Index(Struct, eq=False):
    """The names of a program, by symbol and by unit, and all its places."""

    declarations: Declarations | None = None
    places: list[Place] = field(default_factory=list[Place])
    occurrences: dict[Symbol, list[Occurrence]] = field(
        default_factory=dict[Symbol, list[Occurrence]]
    )
    units: dict[str, list[Occurrence]] = field(default_factory=dict[str, list[Occurrence]])
    expressions: dict[str, list[Expression]] = field(default_factory=dict[str, list[Expression]])
    unit_places: dict[str, list[Place]] = field(default_factory=dict[str, list[Place]])
    steps: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])

    def at(self, unit: str, offset: int) -> Occurrence | None:
        """What is named at an offset; a name ends behind its last character."""
        found = [o for o in self.units.get(unit, ()) if o.span.start <= offset <= o.span.end]
        return min(found, key=lambda o: _nearness(o.span, offset), default=None)

    def place_at(self, unit: str, offset: int) -> Place | None:
        """The scalar at an offset."""
        places = self.unit_places.get(unit, ())
        found = [place for place in places if place.node.start <= offset <= place.node.end]
        return min(found, key=lambda place: _nearness(place.node.span, offset), default=None)

    def expression_at(self, unit: str, offset: int) -> Expression | None:
        """The expression around an offset."""
        for found in self.expressions.get(unit, ()):
            span = found.span(0, len(found.parsed.text))
            if span.start <= offset <= span.end:
                return found
        return None

    def definition(self, symbol: Symbol) -> Occurrence | None:
        """Where a symbol is declared, or set for the first time."""
        found = self.occurrences.get(symbol, [])
        for role in ("definition", "write"):
            for occurrence in found:
                if occurrence.role == role:
                    return occurrence
        return found[0] if found else None

    def variables(self, workflow: str) -> dict[str, Occurrence]:
        """The variables and inputs of a workflow with their definitions."""
        found: dict[str, Occurrence] = {}
        for symbol in self.occurrences:
            if symbol.kind == "variable" and symbol.scope == workflow:
                definition = self.definition(symbol)
                if definition is not None and definition.role != "read":
                    found[symbol.name] = definition
        return found

    def named(self, kind: SymbolKind, scope: str = "") -> list[Symbol]:
        """The defined symbols of a kind."""
        return [
            symbol
            for symbol, found in self.occurrences.items()
            if symbol.kind == kind
            and symbol.scope == scope
            and any(occurrence.role == "definition" for occurrence in found)
        ]


class Part(Struct, eq=False):
    """The index of one piece, and what was asked of the rest of the program for it."""

    piece: Piece
    index: Index
    answers: dict[Question, object]


class Known(Struct, eq=False):
    """The parts of a program as it was last, by the identity of their first node; `count` says how
    many were built so far."""

    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    count: int = 0


def build_index(report: Report, known: Known | None = None) -> Index:
    """The index of a checked program. Of pieces that are known nothing is built again; `known` then
    holds those of this program."""
    index = Index(report.declarations)
    if report.declarations is None:
        return index
    builder = _Builder(report.declarations)
    known = Known() if known is None else known
    now: dict[int, Part] = {}
    shared = Shared()
    for tree in report.declarations.trees:
        if tree.root is None:
            continue
        pieces = builder.walker.pieces(tree.root)
        if tree.root.chunk.unit == f"{tree.file.path}#":
            # The nodes of a file that was read as a whole are new each time, and aliases may share
            # them among its pieces.
            shared.add(index, builder.index(pieces))
            continue
        for piece in pieces:
            node = piece.key or piece.value
            part = known.parts.get(id(node))
            if part is None or not builder.holds(part, piece):
                part = builder.part(piece)
                known.count += 1
            now[id(node)] = part
            shared.add(index, part.index)
    known.parts = now
    return index


K = TypeVar("K")
V = TypeVar("V")


class Shared:
    """Joins lists of several tables, copying only those that several of them have."""

    def __init__(self) -> None:
        self.own: set[int] = set()

    def add(self, index: Index, part: Index) -> None:
        index.places += part.places
        index.steps.update(part.steps)
        self.join(index.occurrences, part.occurrences)
        self.join(index.units, part.units)
        self.join(index.expressions, part.expressions)
        self.join(index.unit_places, part.unit_places)

    def join(self, table: dict[K, list[V]], more: dict[K, list[V]]) -> None:
        for key, found in more.items():
            known = table.get(key)
            if known is None:
                table[key] = found
            elif id(known) in self.own:
                known += found
            else:
                table[key] = joined = [*known, *found]
                self.own.add(id(joined))


class _Builder:
    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self.journal = Journal()
        self.tools = Names("tools", declarations.tools, self.journal)
        agents = Names("agents", declarations.agents, self.journal)
        self.walker = Walker(agents, Names("workflows", declarations.workflows, self.journal))
        self.target = Index()
        self.seen: set[tuple[Symbol, Span]] = set()
        self.assigned: dict[str, Assigned] = {}
        self.inputs: dict[str, set[str]] = {}

    def holds(self, part: Part, piece: Piece) -> bool:
        """Whether a part is that of a piece still."""
        known = part.piece
        return (
            (known.section, known.owner) == (piece.section, piece.owner)
            and known.key is piece.key
            and known.value is piece.value
            and all(self._answer(question) == answer for question, answer in part.answers.items())
        )

    def _answer(self, question: Question) -> object:
        kind, name = question
        names: dict[str, object] = getattr(self.declarations, kind)
        return tuple(names) if name is None else name in names

    def part(self, piece: Piece) -> Part:
        answers = self.journal.answers = {}
        index = self.index([piece])
        self.journal.answers = None
        return Part(piece, index, answers)

    def index(self, pieces: Iterable[Piece]) -> Index:
        """The index of some pieces."""
        self.target, self.seen, self.inputs = Index(), set(), {}
        self.walker.steps = {}
        for piece in pieces:
            self.target.places += self.walker.walk(piece)
        self.target.steps = self.walker.steps
        self.assigned = {name: assigned_by(steps) for name, steps in self.walker.steps.items()}
        for place in self.target.places:
            self.target.unit_places.setdefault(place.node.chunk.unit, []).append(place)
            if place.kind == "input":
                self.inputs.setdefault(place.owner, set()).add(place.node.value)
        for place in self.target.places:
            self._place(place)
        return self.target

    def _add(
        self,
        symbol: Symbol,
        span: Span,
        role: Literal["definition", "write", "read"],
        what: str = "",
    ) -> None:
        if (symbol, span) in self.seen:
            return
        self.seen.add((symbol, span))
        occurrence = Occurrence(symbol, span, role, what)
        self.target.occurrences.setdefault(symbol, []).append(occurrence)
        self.target.units.setdefault(span.unit, []).append(occurrence)

    def _place(self, place: Place) -> None:
        node = place.node
        span = node.value_span(0, len(node.value)) if node.value else node.span
        match place.kind:
            case "definition":
                self._add(Symbol(_SECTIONS[place.section], node.value), span, "definition")
            case "input":
                self._add(Symbol("variable", node.value, place.owner), span, "definition", "input")
            case "parameter":
                self._add(Symbol("parameter", node.value, place.owner), span, "definition")
            case "argument":
                self._add(Symbol("variable", node.value, place.detail), span, "read")
            case "assign":
                self._add(Symbol("variable", node.value, place.owner), span, "write", "set")
            case "step-name":
                self._add(Symbol("variable", node.value, place.owner), span, "write", "step")
            case "save":
                self._save(place, span)
            case "agent":
                end = place.end if place.end >= 0 else len(node.value)
                name = node.value[place.start : end]
                if name and "<<" not in name and "{{" not in name:
                    self._add(Symbol("agent", name), node.value_span(place.start, end), "read")
            case "workflow":
                self._add(Symbol("workflow", node.value), span, "read")
            case "tool":
                if node.value in self.tools:
                    self._add(Symbol("tool", node.value), span, "read")
            case "text":
                self._text(place)
            case "output":
                self._output(place, span)
            case "expression":
                self._expression(place, 0, node.value)
            case "for":
                self._for(place)
            case _:
                pass

    def _save(self, place: Place, span: Span) -> None:
        if parse_text(place.node.value).holes:
            self._text(place)
        else:
            symbol = Symbol("variable", place.node.value, place.owner)
            self._add(symbol, span, "write", "save")

    def _output(self, place: Place, span: Span) -> None:
        name = place.node.value
        if place.node.tag != "!raw" and self._known(name, place.owner):
            self._add(Symbol("variable", name, place.owner), span, "read")
        else:
            self._text(place)

    def _known(self, name: str, workflow: str) -> bool:
        assigned = self.assigned.get(workflow)
        return name in self.inputs.get(workflow, ()) or bool(assigned and name in assigned.names)

    def _text(self, place: Place) -> None:
        node = place.node
        if node.tag == "!raw":
            return
        for hole in parse_text(node.value).holes:
            self._parsed(place, hole.offset, hole.parsed)

    def _for(self, place: Place) -> None:
        header = parse_for_header(place.node.value)
        if not isinstance(header, ForHeader):
            return
        for name, start in header.names:
            span = place.node.value_span(start, start + len(name))
            self._add(Symbol("variable", name, place.owner), span, "write", "for")
        self._expression(place, header.start, place.node.value[header.start : header.end])

    def _expression(self, place: Place, offset: int, text: str) -> None:
        if text.strip():
            self._parsed(place, offset, parse_expression(text))

    def _parsed(self, place: Place, offset: int, parsed: ast.Parsed) -> None:
        found = Expression(parsed, place.node, offset, place)
        self.target.expressions.setdefault(place.node.chunk.unit, []).append(found)
        for expr in walk(parsed.expr):
            if isinstance(expr, ast.Name):
                self._name(place, found, expr)
            elif isinstance(expr, ast.Field) and self._is_steps(expr.value, place.owner):
                span = found.span(expr.name_start, expr.name_start + len(expr.name))
                self._add(Symbol("variable", expr.name, place.owner), span, "read")

    def _is_steps(self, expr: ast.Expr, workflow: str) -> bool:
        """Whether an expression is the `steps` of `steps.NAME.output`."""
        is_name = isinstance(expr, ast.Name) and expr.name == "steps"
        return is_name and not self._known("steps", workflow)

    def _name(self, place: Place, found: Expression, expr: ast.Name) -> None:
        # The offsets of a name are those of the word alone.
        span = found.span(expr.start, expr.start + len(expr.name))
        if place.section == "tools":
            self._add(Symbol("parameter", expr.name, place.owner), span, "read")
        elif place.section == "workflows" and (
            expr.name not in BUILT_IN_NAMES or self._known(expr.name, place.owner)
        ):
            self._add(Symbol("variable", expr.name, place.owner), span, "read")


def _nearness(span: Span, offset: int) -> tuple[bool, int]:
    """What holds an offset comes before what ends at it, the smaller before the larger."""
    return span.end == offset, span.end - span.start


def simple_name(text: str) -> bool:
    """Whether a text can name a variable."""
    return _PLAIN_NAME.fullmatch(text) is not None
