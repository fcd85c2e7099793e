"""Fields, elements and slices, and chains of them before `default`."""

from typing import TYPE_CHECKING, cast

from vega_grammar.filters import FILTERS
from vegac.ir import nodes as ir
from vegac.ir.build.narrowing import path_of
from vegac.ir.build.operands import is_fraction, known_type, needs_care, subject_of
from vegac.ir.build.scope import unknown
from vegac.semantics import operators
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    ERROR,
    INTEGER,
    NEVER,
    NULL,
    STRING,
    Record,
    Type,
    join,
    may_be_null,
    members,
    overlaps,
    without_null,
)
from vegac.source.diagnostic import Edit, Fix
from vegac.source.span import Span
from vegac.source.suggest import unknown_name
from vegac.syntax import expressions as ast

if TYPE_CHECKING:
    from vegac.ir.build.expressions import ExpressionBuilder


def field(builder: "ExpressionBuilder", expr: ast.Field) -> ir.Expr:
    """`value.name`, or a value of a namespace such as `env.NAME` and `steps.NAME.output`."""
    span = builder.place(expr)
    special = _special_field(builder, expr, span, guarded=False)
    if special is not None:
        return special
    value = builder.part(expr.value)
    found = _field_of(builder, value, expr, span)
    if builder.scope.flow.fields:
        found.type = builder.scope.flow.field(path_of(found)) or found.type
    return found


def _special_field(
    builder: "ExpressionBuilder", expr: ast.Field, span: Span, guarded: bool
) -> ir.Expr | None:
    match expr.value:
        case ast.Name(name=root):
            return builder.scope.namespace(root, expr.name, span)
        case ast.Field(value=ast.Name(name="steps"), name=step) if not builder.scope.is_variable(
            "steps"
        ):
            step_output = getattr(builder.scope, "step_output", None)
            if step_output is None:
                return None
            if expr.name != "output":
                builder.findings.report(
                    "unknown-field",
                    builder.name_place(expr),
                    f"a step has no field '{expr.name}'",
                    hint=f"write `steps.{step}.output`",
                )
                return unknown(span)
            inner = expr.value
            place = builder.source.span(inner.name_start, inner.name_start + len(step))
            return cast("ir.Expr", step_output(step, place, guarded))
        case _:
            return None


def _field_of(builder: "ExpressionBuilder", value: ir.Expr, expr: ast.Field, span: Span) -> ir.Expr:
    type_ = value.type
    error = isinstance(value, ir.Variable) and value.name == "error"
    if needs_care(value) and not error:
        _null_access(builder, value)
        if type_ == NULL:
            return ir.Field(ANY, span, value, expr.name)
    known = without_null(type_) if type_ != NULL else type_
    if error and type_ == NULL:
        if operators.field(ERROR, expr.name) is None:
            _unknown_field(builder, ERROR, expr)
        return ir.Field(NULL, span, value, expr.name)
    found = operators.field(known, expr.name)
    if found is None and known != NEVER:
        _unknown_field(builder, known, expr)
    if error and may_be_null(type_) and found is not None:
        found = join(found, NULL)
    return ir.Field(found or ANY, span, value, expr.name)


def _null_access(builder: "ExpressionBuilder", value: ir.Expr) -> None:
    builder.findings.report(
        "maybe-null",
        value.span,
        f"{subject_of(value)} {'is' if value.type == NULL else 'may be'} null here",
        hint="test it with `if` first, or give the whole a `| default:...`",
    )


def _unknown_field(builder: "ExpressionBuilder", type_: Type, expr: ast.Field) -> None:
    records = [member for member in members(type_) if isinstance(member, Record)]
    span = builder.name_place(expr)
    if records:
        names = [name for record in records for name, _ in record.fields]
        builder.findings.report(
            "unknown-field",
            span,
            f"there is no field '{expr.name}'",
            **unknown_name(expr.name, "fields", names),
        )
        return
    filter_ = {"length": "length", "size": "length", "len": "length"}.get(expr.name)
    if filter_ is None and expr.name in FILTERS:
        filter_ = expr.name
    builder.findings.report(
        "unknown-field",
        span,
        f"{article(type_)} has no field '{expr.name}'",
        hint=f"did you mean `| {filter_}`?" if filter_ else "only maps have fields",
        fixes=_as_filter(builder, expr, filter_) if filter_ else (),
    )


def _as_filter(builder: "ExpressionBuilder", expr: ast.Field, filter_: str) -> tuple[Fix, ...]:
    """The fix that turns `.name` into a filter."""
    source = builder.source
    before = source.scalar.value[source.offset : source.offset + expr.name_start]
    place = source.span(before.rindex("."), expr.name_start + len(expr.name))
    edit = Edit(place, f" | {filter_}")
    return (Fix(f"write `| {filter_}`", (edit,)),)


def index(builder: "ExpressionBuilder", expr: ast.Index) -> ir.Expr:
    """`value[index]`."""
    value, index = builder.operand(expr.value), builder.operand(expr.index)
    return _index_of(builder, value, index, builder.place(expr))


def _index_of(builder: "ExpressionBuilder", value: ir.Expr, index: ir.Expr, span: Span) -> ir.Expr:
    known = known_type(value.type)
    constant = index.value if isinstance(index, ir.Const) else None
    type_ = operators.index(known, known_type(index.type), constant)
    if type_ is None:
        records = [m for m in members(known) if isinstance(m, Record)]
        if records and isinstance(constant, str):
            names = [name for record in records for name, _ in record.fields]
            builder.findings.report(
                "unknown-field",
                index.span,
                f"there is no field '{constant}'",
                **unknown_name(constant, "fields", names),
            )
        else:
            builder.mismatch(
                index.span,
                f"{article(known)} cannot be indexed with {article(index.type)}",
                "lists and strings take a whole number, maps a string",
            )
    return ir.Index(type_ or ANY, span, value, index)


def slice_(builder: "ExpressionBuilder", expr: ast.Slice, guarded: bool = False) -> ir.Expr:
    """`value[lower:upper]`; `guarded` where it stands before `default`."""
    value = receiver_of_default(builder, expr.value) if guarded else builder.operand(expr.value)
    bounds: list[ir.Expr | None] = []
    for bound in (expr.lower, expr.upper):
        built = builder.operand(bound) if bound is not None else None
        if built is not None and not (
            overlaps(known_type(built.type), INTEGER) and not is_fraction(built)
        ):
            builder.mismatch(built.span, f"a bound is an integer; this is {article(built.type)}")
        bounds.append(built)
    type_ = operators.sliced(known_type(value.type))
    if type_ is None:
        builder.mismatch(
            value.span, f"lists and strings have slices; this is {article(value.type)}"
        )
    if guarded:
        type_ = join(type_ or ANY, NULL)
    return ir.Slice(type_ or ANY, builder.place(expr), value, bounds[0], bounds[1], guarded)


def receiver_of_default(builder: "ExpressionBuilder", expr: ast.Expr) -> ir.Expr:
    """The receiver of `default`: nothing in it fails for being missing."""
    path: list[ast.Expr] = []
    base = expr
    while isinstance(base, ast.Field | ast.Index):
        span = builder.place(base)
        if isinstance(base, ast.Field):
            special = _special_field(builder, base, span, guarded=True)
            if special is not None:
                return _dig(builder, special, path, builder.place(expr))
        path.append(base)
        base = base.value
    if isinstance(base, ast.Name):
        value = builder.scope.resolve(base.name, builder.place(base), guarded=True)
    elif isinstance(base, ast.Slice):
        value = slice_(builder, base, guarded=True)
    else:
        value = builder.part(base)
    return _dig(builder, value, path, builder.place(expr))


def _dig(builder: "ExpressionBuilder", base: ir.Expr, path: list[ast.Expr], span: Span) -> ir.Expr:
    if not path:
        return base
    type_ = without_null(base.type) if base.type != NULL else ANY
    steps: list[ir.Expr] = []
    for part in reversed(path):
        if isinstance(part, ast.Field):
            place = builder.source.span(part.name_start, part.name_start + len(part.name))
            steps.append(ir.Const(STRING, place, part.name))
            found = operators.field(type_, part.name)
            if found is None and any(isinstance(m, Record) for m in members(type_)):
                _unknown_field(builder, type_, part)
        else:
            assert isinstance(part, ast.Index)
            key = builder.part(part.index)
            steps.append(key)
            constant = key.value if isinstance(key, ir.Const) else None
            found = operators.index(type_, known_type(key.type), constant)
        type_ = without_null(found) if found is not None and found != NULL else ANY
    return ir.Dig(join(type_, NULL), span, base, tuple(steps))
