"""Typing expressions: from the expression tree to IR."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from vega_grammar.testing import ERROR_TYPES
from vegac.ir import nodes as ir
from vegac.ir.build.access import field, index, slice_
from vegac.ir.build.filter_calls import filter_call
from vegac.ir.build.folding import number_of
from vegac.ir.build.narrowing import refinements
from vegac.ir.build.operands import is_failure_kind, known_type, needs_care, subject_of
from vegac.ir.build.scope import Scope, unknown
from vegac.ir.nesting import MAX_CHAIN
from vegac.semantics import operators
from vegac.semantics.constants import map_type, type_of_constant
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    NEVER,
    NULL,
    Enum,
    ListOf,
    Type,
    join,
    members,
    overlaps,
    union,
    without_null,
)
from vegac.source.diagnostic import Edit, Fix
from vegac.source.span import Span
from vegac.source.suggest import available, clear_favourite, did_you_mean, nearest
from vegac.syntax import expressions as ast
from vegac.syntax.expression_walk import links, walk
from vegac.syntax.nodes import Scalar
from vegac.syntax.unparse import quote, unparse


class Source:
    """Where an expression's text stands: at `offset` in the value of `scalar`."""

    __slots__ = ("_shift", "_unit", "offset", "scalar")

    def __init__(self, scalar: Scalar, offset: int, text: str) -> None:
        self.scalar = scalar
        self.offset = offset
        shift = scalar.map.shift(offset, offset + len(text))
        self._unit = scalar.chunk.unit
        self._shift = None if shift is None else shift + offset

    def span(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`."""
        shift = self._shift
        if shift is not None and start < end:
            return Span(self._unit, shift + start, shift + end)
        return self.scalar.value_span(self.offset + start, self.offset + end)


class ExpressionBuilder:
    """Types one expression at a time. Findings go to the scope's list."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.findings = scope.findings
        self.source: Source = cast("Source", None)

    def build(self, source: Source, expr: ast.Expr) -> ir.Expr:
        """The typed form of `expr`, whose text stands at `source`."""
        outer, self.source = self.source, source
        try:
            if expr.end - expr.start > MAX_CHAIN and links(expr) > MAX_CHAIN:
                return self._too_deep(expr)
            return self.part(expr)
        finally:
            self.source = outer

    def _too_deep(self, expr: ast.Expr) -> ir.Expr:
        span = self.place(expr)
        self.findings.report(
            "limit-exceeded",
            span,
            f"this expression is nested more than {MAX_CHAIN} deep",
            hint="compute a part of it with `set` first",
        )
        for part in walk(expr):
            if isinstance(part, ast.Name):
                self.part(part)  # it is read nevertheless
        return unknown(span)

    def place(self, expr: ast.Expr) -> Span:
        """Where a part of the expression stands."""
        return self.source.span(expr.start, expr.end)

    def name_place(self, expr: ast.Field | ast.Filter) -> Span:
        """Where the name of a field or filter stands."""
        return self.source.span(expr.name_start, expr.name_start + len(expr.name))

    def part(self, expr: ast.Expr) -> ir.Expr:
        """The typed form of a part of the expression."""
        return self._BUILDERS[type(expr)](self, expr)

    # --- atoms ---------------------------------------------------------------------------------

    def _name(self, expr: ast.Name) -> ir.Expr:
        return self.scope.resolve(expr.name, self.place(expr), guarded=False)

    def _literal(self, expr: ast.Literal_) -> ir.Expr:
        return ir.Const(type_of_constant(expr.value), self.place(expr), expr.value)

    def _list(self, expr: ast.ListLiteral) -> ir.Expr:
        items = tuple(self.part(item) for item in expr.items)
        return ir.ListValue(ListOf(union(item.type for item in items)), self.place(expr), items)

    def _map(self, expr: ast.MapLiteral) -> ir.Expr:
        values = tuple(self.part(value) for value in expr.values)
        return ir.MapValue(
            map_type(expr.keys, [value.type for value in values]),
            self.place(expr),
            expr.keys,
            values,
        )

    def _error(self, expr: ast.ErrorExpr) -> ir.Expr:
        return unknown(self.place(expr))

    # --- operators -----------------------------------------------------------------------------

    def _negate(self, expr: ast.Negate) -> ir.Expr:
        operand = self.operand(expr.operand)
        span = self.place(expr)
        if isinstance(operand, ir.Const) and type(operand.value) in (int, float):
            return ir.Const(operand.type, span, -cast("float", operand.value))
        type_ = operators.negate(operand.type)
        if type_ is None:
            self.mismatch(span, f"'-' negates a number; this is {article(operand.type)}")
        return ir.Negate(type_ or ANY, span, operand)

    def _not(self, expr: ast.Not) -> ir.Expr:
        return ir.Not(BOOLEAN, self.place(expr), self.part(expr.operand))

    def operand(self, expr: ast.Expr, fix: Fix | None = None) -> ir.Expr:
        """An operand that must not be null; a possibly null one is reported and then not null."""
        built = self.part(expr)
        if not needs_care(built):
            return built
        self.findings.report(
            "maybe-null",
            built.span,
            f"{subject_of(built)} {'is' if built.type == NULL else 'may be'} null here",
            hint="give it a value with `| default:...`, or test it with `if` first",
            fixes=(fix,) if fix else (),
        )
        return built

    def _binary(self, expr: ast.Binary) -> ir.Expr:
        left, right = self.operand(expr.left), self.operand(expr.right)
        span = self.place(expr)
        a, b = known_type(left.type), known_type(right.type)
        if expr.operator == "+":
            type_ = operators.add(a, b)
        else:
            type_ = operators.arithmetic(expr.operator, a, b)
        if type_ is None:
            self._operand_mismatch(expr, left, right, a, b)
        if expr.operator in ("/", "//", "%") and number_of(right) == 0:
            written = isinstance(right, ir.Const)
            self.findings.report(
                "division-by-zero",
                right.span,
                "this divides by zero",
                hint=f"{'' if written else 'this comes to 0: '}a run would fail here every time",
            )
        return ir.Binary(type_ or ANY, span, expr.operator, left, right)

    def _operand_mismatch(
        self, expr: ast.Binary, left: ir.Expr, right: ir.Expr, a: Type, b: Type
    ) -> None:
        span = self.source.span(expr.operator_start, expr.operator_start + len(expr.operator))
        if expr.operator == "+":
            message = (
                "'+' adds two numbers or joins two strings or two lists; "
                f"here it has {article(a)} and {article(b)}"
            )
            text = "string" in (str(a), str(b)) or isinstance(a, Enum) or isinstance(b, Enum)
            hint = "make the other one text with `| string`, or write a template" if text else ""
            if isinstance(a, ListOf):
                hint = "to add one element, write it as a list: `+ [...]`"
        else:
            message = (
                f"'{expr.operator}' needs two numbers; here it has {article(a)} and {article(b)}"
            )
            numeric = any(operators.is_string(side) for side in (a, b))
            hint = "turn text into a number with `| int` or `| float`" if numeric else ""
        del left, right
        self.mismatch(span, message, hint)

    def mismatch(self, span: Span, message: str, hint: str = "") -> None:
        """Report a `type-mismatch`."""
        self.findings.report("type-mismatch", span, message, hint=hint)

    def _compare(self, expr: ast.Compare) -> ir.Expr:
        span = self.place(expr)
        if expr.rest:
            self._chain(expr, span)
            return unknown(span)
        if expr.operator in ("==", "!="):
            left, right = self.part(expr.left), self.part(expr.right)
            self._check_equality(expr, left, right, span)
        else:
            right = self.operand(expr.right)
            # No list holds null by mistake; only a text cannot be searched for it.
            searched = expr.operator in ("in", "not in") and not operators.may_be_text(right.type)
            left = self.part(expr.left) if searched else self.operand(expr.left)
            a, b = known_type(left.type), known_type(right.type)
            if expr.operator in ("in", "not in"):
                if not operators.contained(a, b):
                    self.mismatch(
                        span,
                        f"'{expr.operator}' looks for text in text, for an element in a list or "
                        f"for a key in a map; here it looks for {article(a)} in {article(b)}",
                    )
                else:
                    self._check_membership(expr, left, right, span)
            elif not operators.ordered(a, b):
                self.mismatch(
                    span,
                    f"'{expr.operator}' compares two numbers or two strings; "
                    f"here it has {article(a)} and {article(b)}",
                )
        return ir.Compare(BOOLEAN, span, expr.operator, left, right)

    def _chain(self, expr: ast.Compare, span: Span) -> None:
        operands = [expr.left, expr.right, *(link for _, link in expr.rest)]
        signs = [expr.operator, *(operator for operator, _ in expr.rest)]
        texts = [unparse(operand) for operand in operands]
        both = " and ".join(f"{texts[i]} {sign} {texts[i + 1]}" for i, sign in enumerate(signs))
        for operand in operands:
            self.part(operand)
        self.findings.report(
            "comparison-chain",
            span,
            "comparisons are not chained",
            hint=f"write `{both}`",
            fixes=(Fix("compare twice", (Edit(span, both),)),),
        )

    def _other_word(self, part: ast.Expr, word: str, values: tuple[str, ...]) -> tuple[Fix, ...]:
        """The fix for a misspelt literal in an expression."""
        near = nearest(word, values)
        favourite = clear_favourite(word, near) if near else None
        if favourite is None or not isinstance(part, ast.Literal_):
            return ()
        return (Fix(f"write '{favourite}'", (Edit(self.place(part), quote(favourite)),)),)

    def _check_equality(self, expr: ast.Compare, left: ir.Expr, right: ir.Expr, span: Span) -> None:
        outcome = f"this is always {'false' if expr.operator == '==' else 'true'}"
        if not (
            self._outside(expr.left, left, right, span, outcome)
            or self._outside(expr.right, right, left, span, outcome)
            or overlaps(left.type, right.type)
        ):
            self.findings.report(
                "always-false",
                span,
                f"{outcome}: {article(left.type)} never equals {article(right.type)}",
            )

    def _check_membership(
        self, expr: ast.Compare, left: ir.Expr, right: ir.Expr, span: Span
    ) -> None:
        """Report what can never be found in a list: a value of another type, or an element that is
        written out and can never be the value."""
        if isinstance(right.type, ListOf) and not _may_hold(right.type, left.type):
            outcome = "false" if expr.operator == "in" else "true"
            self.findings.report(
                "always-false",
                span,
                f"this is always {outcome}: {article(right.type)} never holds {article(left.type)}",
            )
        elif isinstance(right, ir.ListValue) and isinstance(expr.right, ast.ListLiteral):
            for part, item in zip(expr.right.items, right.items, strict=True):
                place, outcome = self.place(part), "this is never found"
                if not (
                    self._outside(part, item, left, place, outcome)
                    or overlaps(item.type, left.type)
                ):
                    self.findings.report(
                        "always-false",
                        place,
                        f"{outcome}: {article(item.type)} never equals {article(left.type)}",
                    )

    def _outside(
        self, part: ast.Expr, word: ir.Expr, other: ir.Expr, span: Span, outcome: str
    ) -> bool:
        """Report a word that is none of the possible values of `other`; tells whether it is so."""
        values = ERROR_TYPES if is_failure_kind(other) else _enum_values(other.type)
        if (
            values is None
            or not isinstance(word, ir.Const)
            or not isinstance(word.value, str)
            or word.value in values
        ):
            return False
        self.findings.report(
            "always-false",
            span,
            f"{outcome}: {subject_of(other)} is never '{word.value}'",
            hint=did_you_mean(word.value, values) or _longer(word.value, values),
            notes=(available("possible values", values),),
            fixes=self._other_word(part, word.value, values),
        )
        return True

    def _logical(self, expr: ast.Logical) -> ir.Expr:
        built: list[ir.Expr] = []
        saved = self.scope.flow
        for operand in expr.operands:
            value = self.part(operand)
            built.append(value)
            changes = refinements(value, truth=expr.operator == "and")
            if changes:
                self.scope.flow = self.scope.flow.copy()
                for name, type_ in changes:
                    self.scope.flow.narrow(name, type_)
        self.scope.flow = saved
        *front, last = (value.type for value in built)
        if expr.operator == "or":
            front = [without_null(type_) for type_ in front]
        return ir.Logical(union((*front, last)), self.place(expr), expr.operator, tuple(built))

    def _conditional(self, expr: ast.Conditional) -> ir.Expr:
        condition = self.part(expr.condition)
        then = self._under(condition, True, expr.then)
        otherwise = self._under(condition, False, expr.otherwise)
        return ir.Conditional(
            join(then.type, otherwise.type), self.place(expr), then, condition, otherwise
        )

    def _under(self, condition: ir.Expr, truth: bool, expr: ast.Expr) -> ir.Expr:
        changes = refinements(condition, truth)
        if not changes:
            return self.part(expr)
        saved = self.scope.flow
        self.scope.flow = saved.copy()
        for name, type_ in changes:
            self.scope.flow.narrow(name, type_)
        try:
            return self.part(expr)
        finally:
            self.scope.flow = saved

    _BUILDERS: ClassVar[dict[type[ast.Expr], Callable[["ExpressionBuilder", Any], ir.Expr]]] = {
        ast.Name: _name,
        ast.Literal_: _literal,
        ast.ListLiteral: _list,
        ast.MapLiteral: _map,
        ast.Negate: _negate,
        ast.Not: _not,
        ast.Binary: _binary,
        ast.Compare: _compare,
        ast.Logical: _logical,
        ast.Conditional: _conditional,
        ast.Field: field,
        ast.Index: index,
        ast.Slice: slice_,
        ast.Filter: filter_call,
        ast.ErrorExpr: _error,
    }


def _may_hold(list_: ListOf, type_: Type) -> bool:
    """Whether a list could hold such a value; of an empty one nothing is said."""
    return list_.element == NEVER or overlaps(list_.element, type_)


def _longer(word: str, values: tuple[str, ...]) -> str:
    """A hint at the only value that begins with a word: `Timeout` for `TimeoutExceeded`."""
    found = [value for value in values if len(word) > 2 and value.lower().startswith(word.lower())]
    return f"did you mean '{found[0]}'?" if len(found) == 1 else ""


def _enum_values(type_: Type) -> tuple[str, ...] | None:
    found: list[str] = []
    for member in members(type_):
        if isinstance(member, Enum):
            found += member.values
        elif member != NULL:
            return None
    return tuple(found) if found else None
