"""Values of the document as typed expressions: texts with holes, conditions, literal trees."""

import re

from vegac.ir import nodes as ir
from vegac.ir.build.bare_words import check_bare_expression
from vegac.ir.build.expressions import ExpressionBuilder, Source
from vegac.ir.build.fields import yaml_boolean
from vegac.ir.build.no_expression import report_no_expression
from vegac.ir.build.scope import Scope, WorkflowScope, unknown
from vegac.semantics.constants import map_type, type_of_constant
from vegac.semantics.types import ANY, NULL, STRING, ListOf, union
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import did_you_mean, nearest
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.cures import cured
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.expressions import Expr, Name, Parsed
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.text import Hole, LooseOpen, Text, TextProblem, parse_text
from vegac.syntax.unparse import quote
from vegac.syntax.yaml_findings import MIXED_HOLE

_ENV_IN_TEXT = re.compile(r"(?<!\$)\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}")
_OPENED = re.compile(r"\A(?:<<|\{\{)\s*([A-Za-z_]\w*)")
"""The name behind an opened hole: it counts as used, whatever else is wrong there."""
DELIMITER_NAMES = {"<<": "angle", "{{": "brace"}


class TextBuilder:
    """Builds expressions from nodes in one scope.

    `delimiters` restricts the delimiters of holes (`settings.delimiters`). In steps `${NAME}` is
    not read from the environment, which `in_steps` has reported.
    """

    def __init__(self, scope: Scope, delimiters: str = "both", in_steps: bool = False) -> None:
        self.scope = scope
        self.findings: Findings = scope.findings
        self.expressions = ExpressionBuilder(scope)
        self.delimiters = delimiters
        self.in_steps = in_steps

    # --- texts ---------------------------------------------------------------------------------

    def text(self, node: Node, what: str = "this") -> ir.Expr:
        """A text with holes: always of type string (or any after a mistake)."""
        if not isinstance(node, Scalar):
            if not isinstance(node, ErrorNode):
                kind = "a list" if isinstance(node, Sequence) else "a map"
                self.findings.report(
                    "wrong-type", node.span, f"{what} is a text; here stands {kind}"
                )
            return unknown(node.span)
        if is_null(node):
            self.findings.report(
                "wrong-type",
                node.span,
                f"{what} is a text; here stands nothing",
                hint="write the text, or '' for an empty one",
            )
            return unknown(node.span)
        self._env_in_text(node)
        built = self.scalar(node, literal=False)
        return as_text(built)

    def message(self, node: Node) -> ir.Expr:
        """A message to a model."""
        return self.text(node, "a message")

    def scalar(self, node: Scalar, literal: bool) -> ir.Expr:
        """A scalar: text with holes; plain ones without holes are numbers, booleans or null where
        `literal` says so. One hole alone keeps its type."""
        if node.tag == "!raw":
            return ir.Const(STRING, node.span, node.value)
        text = parse_text(node.value)
        if text.problems or text.loose:
            self._problems(node, text)
        parts = text.parts
        if not parts:
            value = None if literal and node.style == "plain" and not node.tag else ""
            return ir.Const(type_of_constant(value), node.span, value)
        if len(parts) == 1:
            if text.sole is not None:
                return self.hole(node, text.sole)
            value = resolve_plain(node.value) if literal and node.style == "plain" else parts[0]
            if node.tag == "!!str":
                value = parts[0]
            assert not isinstance(value, Hole)
            return ir.Const(type_of_constant(value), node.span, value)
        built = [part if isinstance(part, str) else self.hole(node, part) for part in parts]
        return ir.Template(STRING, node.span, tuple(built))

    def hole(self, node: Scalar, hole: Hole) -> ir.Expr:
        if self.delimiters != "both" and DELIMITER_NAMES[hole.delimiter] != self.delimiters:
            self._delimiter(node, hole)
        return self._build(Source(node, hole.offset, hole.parsed.text), hole.parsed)

    def _build(self, source: Source, parsed: Parsed) -> ir.Expr:
        """The typed expression; after a syntax error, what else is wrong with it is withheld."""
        if not parsed.problems:
            return self.expressions.build(source, parsed.expr)
        self.findings.quiet += 1
        built = self.expressions.build(source, parsed.expr)
        self.findings.quiet -= 1
        return unknown(built.span)

    def _delimiter(self, node: Scalar, hole: Hole) -> None:
        opening, close = ("{{", "}}") if self.delimiters == "brace" else ("<<", ">>")
        self.findings.report(
            "wrong-delimiter",
            node.value_span(hole.start, hole.end),
            f"this program writes its expressions in `{opening}...{close}`",
            hint="`settings.delimiters` says so; `vegac fmt --delimiters` converts a file",
            fixes=(
                Fix(
                    "convert the delimiters",
                    (
                        Edit(node.value_span(hole.start, hole.start + 2), opening),
                        Edit(node.value_span(hole.end - 2, hole.end), close),
                    ),
                ),
            ),
        )

    def _problems(self, node: Scalar, text: Text) -> None:
        for problem in text.problems:
            self._problem(node, problem, text)
        for loose in text.loose:
            if self.scope.is_meant(loose.name):
                self._loose(node, loose)

    def _loose(self, node: Scalar, loose: LooseOpen) -> None:
        breaks = _breaks_in_hole(node, loose.start)
        edits = tuple(Edit(node.value_span(at, at + 1), "\\n") for at in breaks)
        mixed = _closes(node, loose.start)
        self.findings.report(
            "unclosed-hole",
            node.value_span(loose.start, loose.start + 2 + len(loose.name)),
            f"'<<{loose.name}' has no '>>' on its line, so it stays as it stands",
            hint="the `\\n` of the quotes ends the line before: write `\\\\n` for one in a string"
            if breaks
            else "close it with `>>`"
            if mixed
            else f"write `<<{loose.name}>>`, or `\\<<` where you mean the text",
            fixes=(Fix("write the line end as an escape of the expression", edits),)
            if edits
            else mixed,
            suggestions=(loose.name,),
        )

    def _problem(self, node: Scalar, problem: TextProblem, text: Text) -> None:
        fixes: tuple[Fix, ...] = ()
        if problem.escape_at is not None:
            at = node.value_span(problem.escape_at, problem.escape_at)
            fixes = (Fix("escape it, as it is no expression", (Edit(at, "\\"),)),)
            if problem.code == "unclosed-hole":
                fixes = _closes(node, problem.escape_at) or fixes
        else:
            for hole in text.holes:
                if hole.start <= problem.start < hole.end:
                    fixes = _own_words(node, hole.offset, hole.parsed)
        self.findings.report(
            problem.code,
            node.value_span(problem.start, problem.end),
            problem.message,
            hint=problem.hint,
            fixes=fixes,
            suggestions=tuple(_OPENED.findall(node.value[problem.start :])[:1]),
        )

    def _env_in_text(self, node: Scalar) -> None:
        if not self.in_steps or "${" not in node.value or node.tag == "!raw":
            return
        for match in _ENV_IN_TEXT.finditer(node.value):
            name, default = match.groups()
            meant = self.scope.is_variable(name)
            hole = name if meant else f"env.{name}"
            if default is not None:
                hole += f" | default:{quote(default)}"
            self.findings.report(
                "env-in-text",
                node.value_span(*match.span()),
                "`${...}` is read in agents, tools and settings only; here it stays as it stands",
                hint=f"write `<<{hole}>>`",
                suggestions=(name,) if meant else (),
                fixes=(
                    Fix(
                        "read the variable" if meant else "read it through `env`",
                        (Edit(node.value_span(*match.span()), f"<<{hole}>>"),),
                    ),
                ),
            )

    # --- expressions ---------------------------------------------------------------------------

    def parse(self, node: Node, what: str) -> tuple[Scalar, Parsed] | None:
        """The expression that a scalar holds, holes optional; reports what does not parse."""
        if not isinstance(node, Scalar):
            if not isinstance(node, ErrorNode):
                report_no_expression(self.findings, node, what)
            return None
        if not node.value.strip():
            self.findings.report(
                "wrong-type", node.span, f"{what} is an expression; here stands nothing"
            )
            return None
        parsed = parse_expression(node.value)
        for problem in parsed.problems:
            inside = node.value.startswith(("<<", "{{"), problem.start)
            self.findings.report(
                problem.code,
                node.value_span(problem.start, problem.end),
                f"{what} is an expression: no text stands around a hole in it"
                if inside
                else problem.message,
                hint="write operators between values, and texts in quotes"
                if inside
                else problem.hint,
                fixes=_own_words(node, 0, parsed),
            )
        return node, parsed

    def condition(self, node: Node, what: str) -> ir.Expr:
        """An expression that is used as a condition."""
        if (
            isinstance(node, Scalar)
            and len(node.value) > 1
            and not self.scope.is_variable(node.value)
            and yaml_boolean(self.findings, node, what) is not None
        ):
            return unknown(node.span)
        return self.expression(node, what)

    def expression(self, node: Node, what: str) -> ir.Expr:
        """A value that is an expression, holes optional."""
        found = self.parse(node, what)
        if found is None:
            return unknown(node.span)
        scalar, parsed = found
        if self.delimiters != "both":
            for hole in parse_text(scalar.value).holes:
                if DELIMITER_NAMES[hole.delimiter] != self.delimiters:
                    self._delimiter(scalar, hole)
        return self._build(Source(scalar, 0, parsed.text), parsed)

    def part(self, node: Scalar, start: int, end: int) -> ir.Expr:
        """The expression in a part of a scalar (what follows `in` of a loop)."""
        parsed = parse_expression(node.value[start:end])
        for problem in parsed.problems:
            self.findings.report(
                problem.code,
                node.value_span(start + problem.start, start + problem.end),
                problem.message,
                hint=problem.hint,
                fixes=_own_words(node, start, parsed),
            )
        return self._build(Source(node, start, parsed.text), parsed)

    # --- values --------------------------------------------------------------------------------

    def value(self, node: Node) -> ir.Expr:
        """Any value: lists and maps of texts; literals by YAML's core schema."""
        match node:
            case Scalar():
                self._env_in_text(node)
                if self.in_steps:
                    check_bare_expression(self.scope, node)
                return self.scalar(node, literal=True)
            case Sequence(items=items):
                built = tuple(self.value(item) for item in items)
                return ir.ListValue(ListOf(union(item.type for item in built)), node.span, built)
            case Mapping(entries=entries):
                keys = tuple(entry.key.value for entry in entries)
                values = tuple(self.entry(entry) for entry in entries)
                return ir.MapValue(
                    map_type(keys, [value.type for value in values]), node.span, keys, values
                )
            case _:
                return unknown(node.span)

    def entry(self, entry: Entry) -> ir.Expr:
        """The value of an entry of a map: a word that is its own key and a variable is reported."""
        node, name = entry.value, entry.key.value
        if (
            isinstance(node, Scalar)
            and node.value == name
            and node.style == "plain"
            and not node.tag
            and self.scope.is_variable(name)
        ):
            self.findings.report(
                "bareword-is-variable",
                node.span,
                f"this is the text '{name}', not the variable '{name}'",
                hint=f"write `<<{name}>>` for the variable, '{name}' in quotes for the text",
                fixes=(
                    Fix("use the variable", (Edit(node.span, f"<<{name}>>"),), "unsafe"),
                    Fix("quote the text", (Edit(node.span, f"'{name}'"),), "display", yaml=True),
                ),
                suggestions=(name,),
            )
        return self.value(node)

    def output(self, node: Node, scope: WorkflowScope) -> ir.Expr:
        """The value of `return` or `output`: like `value`, but a scalar that is exactly one name
        in scope is that variable, and one near a name is reported."""
        if (
            isinstance(node, Scalar)
            and not node.tag
            and node.style in ("plain", "single", "double")
            and node.value.isidentifier()
        ):
            if node.value in scope.known_names():
                expr: Expr = Name(0, len(node.value), node.value)
                return self.expressions.build(Source(node, 0, node.value), expr)
            literal = resolve_plain(node.value) if node.style == "plain" else node.value
            # `late` and `fine` are words, not misspelt dates and times.
            names = scope.known_names(run_values=False)
            near = nearest(node.value, names)
            if isinstance(literal, str) and near:
                self.findings.report(
                    "undefined-variable",
                    node.span,
                    f"nothing here is named '{node.value}'",
                    hint=did_you_mean(node.value, names),
                    subject=node.value,
                    suggestions=tuple(near),
                )
                return unknown(node.span)
        return self.value(node)


def _breaks_in_hole(node: Scalar, start: int) -> list[int]:
    """Where `\\n` in double quotes has broken the line of a hole that is closed later."""
    value = node.value
    close = value.find(">>", start)
    if node.style != "double" or close < 0:
        return []
    return [at for at in range(start, close) if value[at] == "\n"]


def _closes(node: Scalar, start: int) -> tuple[Fix, ...]:
    """The fix for a hole that closes with the sign of the other kind."""
    mixed = MIXED_HOLE.match(node.value, start)
    if mixed is None:
        return ()
    close = "}}" if mixed[2] else ">>"
    edit = Edit(node.value_span(mixed.end() - 2, mixed.end()), close)
    return (Fix(f"close it with `{close}`", (edit,)),)


def _own_words(node: Scalar, offset: int, parsed: Parsed) -> tuple[Fix, ...]:
    """The fix of an expression at `offset` that has operators of other languages."""
    text = cured(parsed.text)
    if text is None:
        return ()
    edit = Edit(node.value_span(offset, offset + len(parsed.text)), text)
    return (Fix(f"write `{text.strip()}`", (edit,)),)


def as_text(expr: ir.Expr) -> ir.Expr:
    """The text form of a value."""
    match expr:
        case ir.Const(type=type_) if type_ == STRING or (type_ == ANY and expr.value is None):
            return expr
        case ir.Template():
            return expr
        case _:
            return ir.Template(STRING, expr.span, (expr,))


def null_at(span: Span) -> ir.Expr:
    """The null that stands for a value not given."""
    return ir.Const(NULL, span, None)
