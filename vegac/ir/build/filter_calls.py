"""Filters: what they take and give."""

from typing import TYPE_CHECKING

from vega_grammar.filters import FILTERS, FilterSpec
from vega_grammar.synonyms import FILTERS as OTHER_NAMES
from vegac.ir import nodes as ir
from vegac.ir.build.access import receiver_of_default
from vegac.ir.build.filter_constants import constant_problem, replacement_problem
from vegac.ir.build.operands import needs_care, subject_of
from vegac.ir.build.scope import unknown
from vegac.semantics.filters import (
    element_field,
    missing_field,
    parameter_takes,
    receives,
    result,
    takes_null,
)
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    NULL,
    Type,
    overlaps,
    without_null,
)
from vegac.source.diagnostic import Edit, Fix
from vegac.source.span import Span
from vegac.source.suggest import available, did_you_mean, nearest, unknown_name
from vegac.syntax import expressions as ast

if TYPE_CHECKING:
    from vegac.ir.build.expressions import ExpressionBuilder


def filter_call(builder: "ExpressionBuilder", expr: ast.Filter) -> ir.Expr:
    """`value | name:arguments`."""
    span = builder.place(expr)
    spec = FILTERS.get(expr.name)
    if spec is None:
        near = nearest(expr.name, FILTERS)
        other = OTHER_NAMES.get(expr.name.lower(), "") if not near else ""
        _ = (
            receiver_of_default(builder, expr.value)
            if "default" in near
            else builder.part(expr.value)
        )
        for argument in expr.arguments:
            if not argument.bare:
                builder.part(argument.value)
        builder.findings.report(
            "unknown-filter",
            builder.name_place(expr),
            f"there is no filter '{expr.name}'",
            hint=f"did you mean '{other}'?" if other else did_you_mean(expr.name, FILTERS),
            notes=() if near or other else (available("filters", FILTERS),),
            subject=expr.name,
            suggestions=tuple(near),
        )
        return unknown(span)
    value = (
        receiver_of_default(builder, expr.value)
        if spec.name == "default"
        else builder.part(expr.value)
    )
    arguments = [_argument(builder, expr, index) for index in range(len(expr.arguments))]
    if not _count_fits(builder, expr, spec):
        return unknown(span)
    if needs_care(value) and not takes_null(spec):
        _null_receiver(builder, value, expr.name)
    if value.type != NULL and not receives(spec, without_null(value.type)):
        wanted = " or ".join(_receiver_words(spec.receivers))
        builder.findings.report(
            "filter-type",
            builder.name_place(expr),
            f"`{expr.name}` takes {wanted}; this is {article(value.type)}",
            hint="make it text with `| string` first" if "string" in spec.receivers else "",
        )
        return unknown(span)
    for index in range(len(arguments)):
        _check_argument(builder, expr, spec, index, arguments)
    first = arguments[0].value if arguments and isinstance(arguments[0], ir.Const) else None
    if spec.name == "where" or (spec.name == "map" and len(arguments) == 1):
        _check_path(builder, value.type, arguments[0].span, first)
    if spec.name == "where" and len(arguments) == 2:
        kept = element_field(without_null(value.type), first)
        if not overlaps(kept, arguments[1].type):
            builder.findings.report(
                "always-false",
                arguments[1].span,
                f"this is never found: the field '{first}' is {article(kept)}, which never equals "
                f"{article(arguments[1].type)}",
            )
    type_ = result(spec, value.type, [argument.type for argument in arguments], first)
    return ir.FilterCall(type_, span, expr.name, value, tuple(arguments))


def _null_receiver(builder: "ExpressionBuilder", value: ir.Expr, name: str) -> None:
    builder.findings.report(
        "maybe-null",
        value.span,
        f"{subject_of(value)} {'is' if value.type == NULL else 'may be'} null here, "
        f"which `{name}` does not take",
        hint="put `| default:...` before it",
    )


def _argument(builder: "ExpressionBuilder", expr: ast.Filter, index: int) -> ir.Expr:
    argument = expr.arguments[index]
    spec = FILTERS[expr.name]
    if argument.bare and isinstance(argument.value, ast.Literal_):
        word = argument.value.value
        natural = index < len(spec.parameters) and spec.parameters[index].bare
        if isinstance(word, str) and not natural and builder.scope.is_variable(word):
            span = builder.place(argument.value)
            builder.findings.report(
                "bareword-is-variable",
                span,
                f"this is the text '{word}', not the variable '{word}'",
                hint=f"write `({word})` for the variable, `'{word}'` for the text",
                fixes=(
                    Fix("use the variable", (Edit(span, f"({word})"),), "unsafe"),
                    Fix("quote the text", (Edit(span, f"'{word}'"),), "display"),
                ),
            )
    return builder.part(argument.value)


def _count_fits(builder: "ExpressionBuilder", expr: ast.Filter, spec: FilterSpec) -> bool:
    given, most = len(expr.arguments), len(spec.parameters)
    if given == most:
        return True
    least = spec.required
    if least <= given < most:
        return True
    if most == 0:
        needs = "takes no argument"
    elif given < least:
        needs = f"needs {least} argument" + "s" * (least != 1)
    else:
        needs = f"takes at most {most} argument" + "s" * (most != 1)
    builder.findings.report(
        "filter-arguments",
        builder.name_place(expr),
        f"`{expr.name}` {needs}; it has {given or 'none'}",
        hint=f"write `{spec.usage}`",
    )
    return False


def _check_argument(
    builder: "ExpressionBuilder",
    expr: ast.Filter,
    spec: FilterSpec,
    index: int,
    arguments: list[ir.Expr],
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
        builder.findings.report(
            "filter-arguments",
            argument.span,
            f"argument `{parameter.name}` of `{expr.name}`: {problem}",
            hint=f"write `{spec.usage}`",
        )


def _check_path(builder: "ExpressionBuilder", receiver: Type, span: Span, path: object) -> None:
    """Elements that are known to lack a field are a mistake; others are for the run."""
    missing = missing_field(receiver, path)
    if missing is None:
        return
    name, known = missing
    builder.findings.report(
        "unknown-field",
        span,
        f"the elements have no field '{name}'",
        **unknown_name(name, "fields", known),
    )


def _receiver_words(words: tuple[str, ...]) -> list[str]:
    names = {"list[string]": "a list of strings", "list[number]": "a list of numbers"}
    return [names.get(word, f"a {word}") for word in words]
