"""Typing expressions: from the expression tree to IR."""

from collections.abc import Callable
from typing import Any, cast

from vega_grammar.filters import FILTERS, FilterSpec
from vegac.ir import nodes as ir
from vegac.ir.build.filter_constants import constant_problem, replacement_problem
from vegac.ir.build.narrowing import path_of, refinements
from vegac.ir.build.scope import Scope, unknown
from vegac.ir.nesting import MAX_CHAIN
from vegac.semantics import operators
from vegac.semantics.filters import (
    missing_field,
    parameter_takes,
    receives,
    result,
    takes_null,
)
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    NEVER,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Record,
    Type,
    join,
    may_be_null,
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
        self._source: Source = cast("Source", None)
        self._builders: dict[type[ast.Expr], Callable[[Any], ir.Expr]] = {
            ast.Name: self._name,
            ast.Literal_: self._literal,
            ast.ListLiteral: self._list,
            ast.MapLiteral: self._map,
            ast.Negate: self._negate,
            ast.Not: self._not,
            ast.Binary: self._binary,
            ast.Compare: self._compare,
            ast.Logical: self._logical,
            ast.Conditional: self._conditional,
            ast.Field: self._field,
            ast.Index: self._index,
            ast.Slice: self._slice,
            ast.Filter: self._filter,
            ast.ErrorExpr: self._error,
        }

    def build(self, source: Source, expr: ast.Expr) -> ir.Expr:
        """The typed form of `expr`, whose text stands at `source`."""
        outer, self._source = self._source, source
        try:
            if expr.end - expr.start > MAX_CHAIN and links(expr) > MAX_CHAIN:
                return self._too_deep(expr)
            return self._build(expr)
        finally:
            self._source = outer

    def _too_deep(self, expr: ast.Expr) -> ir.Expr:
        span = self._span(expr)
        self.findings.report(
            "limit-exceeded",
            span,
            f"this expression is nested more than {MAX_CHAIN} deep",
            hint="compute a part of it with `set` first",
        )
        for part in walk(expr):
            if isinstance(part, ast.Name):
                self._build(part)  # it is read nevertheless
        return unknown(span)

    def _span(self, expr: ast.Expr) -> Span:
        return self._source.span(expr.start, expr.end)

    def _build(self, expr: ast.Expr) -> ir.Expr:
        return self._builders[type(expr)](expr)

    # --- atoms ---------------------------------------------------------------------------------

    def _name(self, expr: ast.Name) -> ir.Expr:
        return self.scope.resolve(expr.name, self._span(expr), guarded=False)

    def _literal(self, expr: ast.Literal_) -> ir.Expr:
        return ir.Const(type_of_constant(expr.value), self._span(expr), expr.value)

    def _list(self, expr: ast.ListLiteral) -> ir.Expr:
        items = tuple(self._build(item) for item in expr.items)
        return ir.ListValue(ListOf(union(item.type for item in items)), self._span(expr), items)

    def _map(self, expr: ast.MapLiteral) -> ir.Expr:
        values = tuple(self._build(value) for value in expr.values)
        return ir.MapValue(
            map_type(expr.keys, [value.type for value in values]),
            self._span(expr),
            expr.keys,
            values,
        )

    def _error(self, expr: ast.ErrorExpr) -> ir.Expr:
        return unknown(self._span(expr))

    # --- operators -----------------------------------------------------------------------------

    def _negate(self, expr: ast.Negate) -> ir.Expr:
        operand = self._value(expr.operand)
        span = self._span(expr)
        if isinstance(operand, ir.Const) and type(operand.value) in (int, float):
            return ir.Const(operand.type, span, -cast("float", operand.value))
        type_ = operators.negate(operand.type)
        if type_ is None:
            self._mismatch(span, f"'-' negates a number; this is {article(operand.type)}")
        return ir.Negate(type_ or ANY, span, operand)

    def _not(self, expr: ast.Not) -> ir.Expr:
        return ir.Not(BOOLEAN, self._span(expr), self._build(expr.operand))

    def _value(self, expr: ast.Expr, fix: Fix | None = None) -> ir.Expr:
        """An operand that must not be null; a possibly null one is reported and then not null."""
        built = self._build(expr)
        if not _needs_care(built):
            return built
        self.findings.report(
            "maybe-null",
            built.span,
            f"{_subject(built)} {'is' if built.type == NULL else 'may be'} null here",
            hint="give it a value with `| default:...`, or test it with `if` first",
            fixes=(fix,) if fix else (),
        )
        return built

    def _binary(self, expr: ast.Binary) -> ir.Expr:
        left, right = self._value(expr.left), self._value(expr.right)
        span = self._span(expr)
        a, b = _known(left.type), _known(right.type)
        if expr.operator == "+":
            type_ = operators.add(a, b)
        else:
            type_ = operators.arithmetic(expr.operator, a, b)
        if type_ is None:
            self._operand_mismatch(expr, left, right, a, b)
        if (
            expr.operator in ("/", "//", "%")
            and isinstance(right, ir.Const)
            and type(right.value) in (int, float)
            and right.value == 0
        ):
            self.findings.report(
                "division-by-zero",
                right.span,
                "this divides by zero",
                hint="a run would fail here every time",
            )
        return ir.Binary(type_ or ANY, span, expr.operator, left, right)

    def _operand_mismatch(
        self, expr: ast.Binary, left: ir.Expr, right: ir.Expr, a: Type, b: Type
    ) -> None:
        span = self._source.span(expr.operator_start, expr.operator_start + len(expr.operator))
        if expr.operator == "+":
            message = (
                "'+' adds two numbers or joins two strings or two lists; "
                f"here it has {article(a)} and {article(b)}"
            )
            text = "string" in (str(a), str(b)) or isinstance(a, Enum) or isinstance(b, Enum)
            hint = "make the other one text with `| string`, or write a template" if text else ""
        else:
            message = (
                f"'{expr.operator}' needs two numbers; here it has {article(a)} and {article(b)}"
            )
            numeric = any(operators.is_string(side) for side in (a, b))
            hint = "turn text into a number with `| int` or `| float`" if numeric else ""
        del left, right
        self._mismatch(span, message, hint)

    def _mismatch(self, span: Span, message: str, hint: str = "") -> None:
        self.findings.report("type-mismatch", span, message, hint=hint)

    def _compare(self, expr: ast.Compare) -> ir.Expr:
        span = self._span(expr)
        if expr.rest:
            self._chain(expr, span)
            return unknown(span)
        if expr.operator in ("==", "!="):
            left, right = self._build(expr.left), self._build(expr.right)
            self._check_equality(expr, left, right, span)
        else:
            left, right = self._value(expr.left), self._value(expr.right)
            a, b = _known(left.type), _known(right.type)
            if expr.operator in ("in", "not in"):
                if not operators.contained(a, b):
                    self._mismatch(
                        span,
                        f"'{expr.operator}' looks for text in text, for an element in a list or "
                        f"for a key in a map; here it looks for {article(a)} in {article(b)}",
                    )
            elif not operators.ordered(a, b):
                self._mismatch(
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
            self._build(operand)
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
        return (Fix(f"write '{favourite}'", (Edit(self._span(part), quote(favourite)),)),)

    def _check_equality(self, expr: ast.Compare, left: ir.Expr, right: ir.Expr, span: Span) -> None:
        outcome = "false" if expr.operator == "==" else "true"
        for word, part, other in ((left, expr.left, right), (right, expr.right, left)):
            values = _enum_values(other.type)
            if (
                values is not None
                and isinstance(word, ir.Const)
                and isinstance(word.value, str)
                and word.value not in values
            ):
                self.findings.report(
                    "always-false",
                    span,
                    f"this is always {outcome}: {_subject(other)} is never '{word.value}'",
                    hint=did_you_mean(word.value, values),
                    notes=(available("possible values", values),),
                    fixes=self._other_word(part, word.value, values),
                )
                return
        if not overlaps(left.type, right.type):
            self.findings.report(
                "always-false",
                span,
                f"this is always {outcome}: "
                f"{article(left.type)} never equals {article(right.type)}",
            )

    def _logical(self, expr: ast.Logical) -> ir.Expr:
        built: list[ir.Expr] = []
        saved = self.scope.flow
        for operand in expr.operands:
            value = self._build(operand)
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
        return ir.Logical(union((*front, last)), self._span(expr), expr.operator, tuple(built))

    def _conditional(self, expr: ast.Conditional) -> ir.Expr:
        condition = self._build(expr.condition)
        then = self._under(condition, True, expr.then)
        otherwise = self._under(condition, False, expr.otherwise)
        return ir.Conditional(
            join(then.type, otherwise.type), self._span(expr), then, condition, otherwise
        )

    def _under(self, condition: ir.Expr, truth: bool, expr: ast.Expr) -> ir.Expr:
        changes = refinements(condition, truth)
        if not changes:
            return self._build(expr)
        saved = self.scope.flow
        self.scope.flow = saved.copy()
        for name, type_ in changes:
            self.scope.flow.narrow(name, type_)
        try:
            return self._build(expr)
        finally:
            self.scope.flow = saved

    # --- access --------------------------------------------------------------------------------

    def _field(self, expr: ast.Field) -> ir.Expr:
        span = self._span(expr)
        special = self._special_field(expr, span, guarded=False)
        if special is not None:
            return special
        value = self._build(expr.value)
        found = self._field_of(value, expr, span)
        if self.scope.flow.fields:
            found.type = self.scope.flow.field(path_of(found)) or found.type
        return found

    def _special_field(self, expr: ast.Field, span: Span, guarded: bool) -> ir.Expr | None:
        match expr.value:
            case ast.Name(name=root):
                return self.scope.namespace(root, expr.name, span)
            case ast.Field(value=ast.Name(name="steps"), name=step) if not self.scope.is_variable(
                "steps"
            ):
                step_output = getattr(self.scope, "step_output", None)
                if step_output is None:
                    return None
                if expr.name != "output":
                    self.findings.report(
                        "unknown-field",
                        self._name_span(expr),
                        f"a step has no field '{expr.name}'",
                        hint=f"write `steps.{step}.output`",
                    )
                    return unknown(span)
                inner = expr.value
                place = self._source.span(inner.name_start, inner.name_start + len(step))
                return cast("ir.Expr", step_output(step, place, guarded))
            case _:
                return None

    def _name_span(self, expr: ast.Field | ast.Filter) -> Span:
        return self._source.span(expr.name_start, expr.name_start + len(expr.name))

    def _field_of(self, value: ir.Expr, expr: ast.Field, span: Span) -> ir.Expr:
        type_ = value.type
        error = isinstance(value, ir.Variable) and value.name == "error"
        if _needs_care(value) and not error:
            self._null_access(value)
            if type_ == NULL:
                return ir.Field(ANY, span, value, expr.name)
        known = without_null(type_) if type_ != NULL else type_
        if error and type_ == NULL:
            if operators.field(ERROR, expr.name) is None:
                self._unknown_field(ERROR, expr)
            return ir.Field(NULL, span, value, expr.name)
        found = operators.field(known, expr.name)
        if found is None and known != NEVER:
            self._unknown_field(known, expr)
        if error and may_be_null(type_) and found is not None:
            found = join(found, NULL)
        return ir.Field(found or ANY, span, value, expr.name)

    def _null_access(self, value: ir.Expr) -> None:
        self.findings.report(
            "maybe-null",
            value.span,
            f"{_subject(value)} {'is' if value.type == NULL else 'may be'} null here",
            hint="test it with `if` first, or give the whole a `| default:...`",
        )

    def _unknown_field(self, type_: Type, expr: ast.Field) -> None:
        records = [member for member in members(type_) if isinstance(member, Record)]
        span = self._name_span(expr)
        if records:
            names = [name for record in records for name, _ in record.fields]
            self.findings.report(
                "unknown-field",
                span,
                f"there is no field '{expr.name}'",
                hint=did_you_mean(expr.name, names),
                notes=(available("fields", names),),
                subject=expr.name,
                suggestions=tuple(nearest(expr.name, names)),
            )
            return
        filter_ = {"length": "length", "size": "length", "len": "length"}.get(expr.name)
        if filter_ is None and expr.name in FILTERS:
            filter_ = expr.name
        self.findings.report(
            "unknown-field",
            span,
            f"{article(type_)} has no field '{expr.name}'",
            hint=f"did you mean `| {filter_}`?" if filter_ else "only maps have fields",
            fixes=self._as_filter(expr, filter_) if filter_ else (),
        )

    def _as_filter(self, expr: ast.Field, filter_: str) -> tuple[Fix, ...]:
        """The fix that turns `.name` into a filter."""
        source = self._source
        before = source.scalar.value[source.offset : source.offset + expr.name_start]
        place = source.span(before.rindex("."), expr.name_start + len(expr.name))
        edit = Edit(place, f" | {filter_}")
        return (Fix(f"write `| {filter_}`", (edit,)),)

    def _index(self, expr: ast.Index) -> ir.Expr:
        value, index = self._value(expr.value), self._value(expr.index)
        return self._index_of(value, index, self._span(expr))

    def _index_of(self, value: ir.Expr, index: ir.Expr, span: Span) -> ir.Expr:
        known = _known(value.type)
        constant = index.value if isinstance(index, ir.Const) else None
        type_ = operators.index(known, _known(index.type), constant)
        if type_ is None:
            records = [m for m in members(known) if isinstance(m, Record)]
            if records and isinstance(constant, str):
                names = [name for record in records for name, _ in record.fields]
                self.findings.report(
                    "unknown-field",
                    index.span,
                    f"there is no field '{constant}'",
                    hint=did_you_mean(constant, names),
                    notes=(available("fields", names),),
                    subject=constant,
                    suggestions=tuple(nearest(constant, names)),
                )
            else:
                self._mismatch(
                    index.span,
                    f"{article(known)} cannot be indexed with {article(index.type)}",
                    "lists and strings take a number, maps a string",
                )
        return ir.Index(type_ or ANY, span, value, index)

    def _slice(self, expr: ast.Slice, guarded: bool = False) -> ir.Expr:
        value = self._guarded(expr.value) if guarded else self._value(expr.value)
        bounds: list[ir.Expr | None] = []
        for bound in (expr.lower, expr.upper):
            built = self._value(bound) if bound is not None else None
            if built is not None and not (
                overlaps(_known(built.type), INTEGER) and not _is_fraction(built)
            ):
                self._mismatch(built.span, f"a bound is an integer; this is {article(built.type)}")
            bounds.append(built)
        type_ = operators.sliced(_known(value.type))
        if type_ is None:
            self._mismatch(
                value.span, f"lists and strings have slices; this is {article(value.type)}"
            )
        if guarded:
            type_ = join(type_ or ANY, NULL)
        return ir.Slice(type_ or ANY, self._span(expr), value, bounds[0], bounds[1], guarded)

    # --- filters -------------------------------------------------------------------------------

    def _filter(self, expr: ast.Filter) -> ir.Expr:
        span = self._span(expr)
        spec = FILTERS.get(expr.name)
        if spec is None:
            near = nearest(expr.name, FILTERS)
            _ = self._guarded(expr.value) if "default" in near else self._build(expr.value)
            for argument in expr.arguments:
                if not argument.bare:
                    self._build(argument.value)
            self.findings.report(
                "unknown-filter",
                self._name_span(expr),
                f"there is no filter '{expr.name}'",
                hint=did_you_mean(expr.name, FILTERS),
                notes=() if near else (available("filters", FILTERS),),
                subject=expr.name,
                suggestions=tuple(near),
            )
            return unknown(span)
        value = self._guarded(expr.value) if spec.name == "default" else self._build(expr.value)
        arguments = [self._argument(expr, index) for index in range(len(expr.arguments))]
        if not self._count_fits(expr, spec):
            return unknown(span)
        if _needs_care(value) and not takes_null(spec):
            self._null_receiver(value, expr.name)
        if value.type != NULL and not receives(spec, without_null(value.type)):
            wanted = " or ".join(_receiver_words(spec.receivers))
            self.findings.report(
                "filter-type",
                self._name_span(expr),
                f"`{expr.name}` takes {wanted}; this is {article(value.type)}",
                hint="make it text with `| string` first" if "string" in spec.receivers else "",
            )
            return unknown(span)
        for index in range(len(arguments)):
            self._check_argument(expr, spec, index, arguments)
        first = arguments[0].value if arguments and isinstance(arguments[0], ir.Const) else None
        if spec.name == "where" or (spec.name == "map" and len(arguments) == 1):
            self._check_path(value.type, arguments[0].span, first)
        type_ = result(spec, value.type, [argument.type for argument in arguments], first)
        return ir.FilterCall(type_, span, expr.name, value, tuple(arguments))

    def _null_receiver(self, value: ir.Expr, name: str) -> None:
        self.findings.report(
            "maybe-null",
            value.span,
            f"{_subject(value)} {'is' if value.type == NULL else 'may be'} null here, "
            f"which `{name}` does not take",
            hint="put `| default:...` before it",
        )

    def _argument(self, expr: ast.Filter, index: int) -> ir.Expr:
        argument = expr.arguments[index]
        spec = FILTERS[expr.name]
        if argument.bare and isinstance(argument.value, ast.Literal_):
            word = argument.value.value
            natural = index < len(spec.parameters) and spec.parameters[index].bare
            if isinstance(word, str) and not natural and self.scope.is_variable(word):
                span = self._span(argument.value)
                self.findings.report(
                    "bareword-is-variable",
                    span,
                    f"this is the text '{word}', not the variable '{word}'",
                    hint=f"write `({word})` for the variable, `'{word}'` for the text",
                    fixes=(
                        Fix("use the variable", (Edit(span, f"({word})"),), "unsafe"),
                        Fix("quote the text", (Edit(span, f"'{word}'"),), "display"),
                    ),
                )
        return self._build(argument.value)

    def _count_fits(self, expr: ast.Filter, spec: FilterSpec) -> bool:
        given, least, most = len(expr.arguments), spec.required, len(spec.parameters)
        if least <= given <= most:
            return True
        if most == 0:
            needs = "takes no argument"
        elif given < least:
            needs = f"needs {least} argument" + "s" * (least != 1)
        else:
            needs = f"takes at most {most} argument" + "s" * (most != 1)
        self.findings.report(
            "filter-arguments",
            self._name_span(expr),
            f"`{expr.name}` {needs}; it has {given or 'none'}",
            hint=f"write `{spec.usage}`",
        )
        return False

    def _check_argument(
        self, expr: ast.Filter, spec: FilterSpec, index: int, arguments: list[ir.Expr]
    ) -> None:
        parameter, argument = spec.parameters[index], arguments[index]
        problem = ""
        if not parameter_takes(parameter.type, argument.type):
            problem = f"{parameter.doc}; this is {article(argument.type)}"
        elif isinstance(argument, ir.Const):
            problem = constant_problem(parameter, argument.value)
            if parameter.type == "replacement" and isinstance(arguments[0], ir.Const):
                problem = replacement_problem(arguments[0].value, argument.value)
        if problem:
            self.findings.report(
                "filter-arguments",
                argument.span,
                f"argument `{parameter.name}` of `{expr.name}`: {problem}",
                hint=f"write `{spec.usage}`",
            )

    def _check_path(self, receiver: Type, span: Span, path: object) -> None:
        """Elements that are known to lack a field are a mistake; others are for the run."""
        missing = missing_field(receiver, path)
        if missing is None:
            return
        name, known = missing
        self.findings.report(
            "unknown-field",
            span,
            f"the elements have no field '{name}'",
            hint=did_you_mean(name, known),
            notes=(available("fields", known),),
            subject=name,
            suggestions=tuple(nearest(name, known)),
        )

    def _guarded(self, expr: ast.Expr) -> ir.Expr:
        """The receiver of `default`: nothing in it fails for being missing."""
        path: list[ast.Expr] = []
        base = expr
        while isinstance(base, ast.Field | ast.Index):
            span = self._span(base)
            if isinstance(base, ast.Field):
                special = self._special_field(base, span, guarded=True)
                if special is not None:
                    return self._dig(special, path, self._span(expr))
            path.append(base)
            base = base.value
        if isinstance(base, ast.Name):
            value = self.scope.resolve(base.name, self._span(base), guarded=True)
        elif isinstance(base, ast.Slice):
            value = self._slice(base, guarded=True)
        else:
            value = self._build(base)
        return self._dig(value, path, self._span(expr))

    def _dig(self, base: ir.Expr, path: list[ast.Expr], span: Span) -> ir.Expr:
        if not path:
            return base
        type_ = without_null(base.type) if base.type != NULL else ANY
        steps: list[ir.Expr] = []
        for part in reversed(path):
            if isinstance(part, ast.Field):
                place = self._source.span(part.name_start, part.name_start + len(part.name))
                steps.append(ir.Const(STRING, place, part.name))
                found = operators.field(type_, part.name)
                if found is None and any(isinstance(m, Record) for m in members(type_)):
                    self._unknown_field(type_, part)
            else:
                assert isinstance(part, ast.Index)
                key = self._build(part.index)
                steps.append(key)
                constant = key.value if isinstance(key, ir.Const) else None
                found = operators.index(type_, _known(key.type), constant)
            type_ = without_null(found) if found is not None and found != NULL else ANY
        return ir.Dig(join(type_, NULL), span, base, tuple(steps))


def type_of_constant(value: object) -> Type:
    """The type of a literal."""
    return _CONSTANT_TYPES.get(type(value), STRING)


_CONSTANT_TYPES: dict[type, Type] = {
    type(None): NULL,
    bool: BOOLEAN,
    int: INTEGER,
    float: NUMBER,
}


def map_type(keys: tuple[str, ...], types: list[Type]) -> Type:
    """The type of a map with these entries."""
    if not keys:
        return MapOf(NEVER)
    return Record(tuple(dict(zip(keys, types, strict=True)).items()))


def _known(type_: Type) -> Type:
    """A type without its null part, which has a finding of its own."""
    rest = without_null(type_)
    return ANY if rest == NEVER and type_ == NULL else rest


def _needs_care(expr: ir.Expr) -> bool:
    """Whether a value may be null, and that is worth a word: the author of `xs | first` knows, or
    knows better, whether `xs` is empty."""
    if isinstance(expr, ir.FilterCall) and FILTERS[expr.name].result == "element":
        return False
    return may_be_null(expr.type)


def _is_fraction(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Const) and isinstance(expr.value, float)


def _subject(expr: ir.Expr) -> str:
    match expr:
        case ir.Variable(name=name) | ir.ComputedVariable(name=name) | ir.Parameter(name=name):
            return f"'{name}'"
        case ir.EnvValue(name=name):
            return f"'env.{name}'"
        case ir.Const(value=None):
            return "this"
        case _:
            return "this value"


def _enum_values(type_: Type) -> tuple[str, ...] | None:
    found: list[str] = []
    for member in members(type_):
        if isinstance(member, Enum):
            found += member.values
        elif member != NULL:
            return None
    return tuple(found) if found else None


def _receiver_words(words: tuple[str, ...]) -> list[str]:
    names = {"list[string]": "a list of strings", "list[number]": "a list of numbers"}
    return [names.get(word, f"a {word}") for word in words]
