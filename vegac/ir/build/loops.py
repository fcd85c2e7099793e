"""Loops: `for` one after another, and `repeat`."""

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from vegac.ir import nodes as ir
from vegac.ir.build.outcomes import outcome, outcome_name
from vegac.ir.build.parallel import parallel_for
from vegac.ir.build.prescan import for_header, header_scalar, parse_header
from vegac.ir.build.rounds import settle
from vegac.semantics.bindings import Binding
from vegac.semantics.flow import Flow, merge
from vegac.semantics.operators import element
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    INTEGER,
    NEVER,
    NULL,
    STRING,
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
from vegac.syntax.document import Step
from vegac.syntax.nodes import Mapping, Sequence
from vegac.syntax.step_key import ForHeader

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder

DEFAULT_LIMIT = 100
NO_ITERATION = "when the loop has nothing to go over"
Over = Literal["list", "positions", "keys", "items", "any"]


class Header(Struct, eq=False):
    """A resolved loop header: the variables with their types and what is iterated."""

    names: tuple[ir.Target, ...]
    types: tuple[Type, ...]
    over: Over
    collection: ir.Expr


def for_each(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    header = read_header(builder, step)
    if header is None:
        skip_body(builder, step, site)
        return []
    if "steps" not in step.blocks:
        builder.findings.report(
            "missing-key",
            step.key.span,
            "this loop has no steps",
            hint="add `steps:` with what is done for each element",
            subject="steps",
        )
    if "parallel" in step.fields:
        return parallel_for(builder, step, site, header)
    return _sequential(builder, step, site, header)


def skip_body(builder: "StepBuilder", step: Step, site: str) -> None:
    """Check the body of a loop whose header does not parse, its variables being unknown."""
    builder.scope.loop_level += 1
    builder.findings.quiet += 1
    builder.block(step.blocks.get("steps", []), site)
    builder.findings.quiet -= 1
    builder.scope.loop_level -= 1
    builder.targets(step, ANY)


def read_header(builder: "StepBuilder", step: Step) -> Header | None:
    """The header of a `for` step, its variables not yet assigned."""
    found = for_header(step)
    if found is None:
        scalar = header_scalar(step)
        if scalar is None:
            builder.findings.report(
                "wrong-type",
                step.value.span,
                "`for` says `item in items`",
                hint="a list stands behind `in`, in quotes: `for: \"item in ['a', 'b']\"`"
                if isinstance(step.value, Sequence)
                else "",
            )
            return None
        problem = parse_header(step, scalar)
        assert not isinstance(problem, ForHeader)
        builder.findings.report(
            problem.code,
            scalar.value_span(problem.start, problem.end),
            problem.message,
            hint=problem.hint,
        )
        return None
    scalar, parsed = found
    collection = builder.texts.part(scalar, parsed.start, parsed.end)
    if may_be_null(collection.type):
        builder.findings.report(
            "maybe-null",
            collection.span,
            "what this loop goes over may be null",
            hint="write `| default([])` behind it",
        )
    names = tuple(
        ir.Target(name, scalar.value_span(start, start + len(name)))
        for name, start in parsed.names or (("item", parsed.start),)
    )
    over, types = _variables(builder, names, collection)
    return Header(names, types, over, collection)


def _variables(
    builder: "StepBuilder", names: tuple[ir.Target, ...], collection: ir.Expr
) -> tuple[Over, tuple[Type, ...]]:
    known = without_null(collection.type)
    kinds = members(known)
    lists = any(isinstance(kind, ListOf) for kind in kinds)
    maps = any(isinstance(kind, MapOf | Record) for kind in kinds)
    if not lists and not maps and ANY not in kinds and not may_be_null(collection.type):
        builder.findings.report(
            "type-mismatch",
            collection.span,
            f"a loop goes over a list or a map; this is {article(collection.type)}",
            hint="split text with `| split:...` first" if STRING in kinds else "",
        )
        return "any", (ANY,) * len(names)
    inner = _held(element(known))
    if len(names) == 1:
        if ANY in kinds or (lists and maps):
            return "any", (inner,)
        return ("keys", (STRING,)) if maps else ("list", (inner,))
    if maps and not lists:
        values = union(
            kind.value if isinstance(kind, MapOf) else union(type_ for _, type_ in kind.fields)
            for kind in kinds
            if isinstance(kind, MapOf | Record)
        )
        return "items", (STRING, _held(values))
    if lists and not maps:
        return "positions", (INTEGER, inner)
    return "any", (ANY, ANY)


def _held(type_: Type | None) -> Type:
    """The type of what a collection holds. Of what an empty one holds nothing can be said."""
    return ANY if type_ is None or type_ == NEVER else type_


def _sequential(builder: "StepBuilder", step: Step, site: str, header: Header) -> ir.Block:
    scope = builder.scope
    scope.loop_level += 1
    level = scope.loop_level
    before = scope.flow.copy()
    body_steps = step.blocks.get("steps", [])
    own = outcome_name(builder)

    def run_body() -> ir.Block:
        for target, type_ in zip(header.names, header.types, strict=True):
            scope.assign(target.name, type_, target.span)
        return [*name_elements(builder, header, site), *builder.block(body_steps, site)]

    collects = bool({"save", "name"} & step.fields.keys())
    if collects:
        builder.outcomes.append(own)
    body = settle(builder, before, run_body, site)
    may_go_on = scope.flow.live or _may_go_on(body)
    collected = None
    targets: tuple[ir.AnyTarget, ...] = ()
    element_type: Type = ANY
    if collects:
        builder.outcomes.pop()
        targets = builder.saves(step, ANY, quiet=True)
    if targets:
        collected = outcome(builder, own, body, step.key.span, site)
        element_type = collected.type
    after = scope.flow
    if not after.live:
        after = Flow(after.bindings, live=True) if may_go_on else before.copy()
    scope.flow = merge(after, before, "", NO_ITERATION)
    if after.live and _surely_runs(header.collection):
        for name, binding in after.set_since(before):
            if name not in before.bindings and not binding.unset:
                scope.flow.bindings[name] = binding
                scope.start_null(name)
    latest = scope.latest
    if latest not in before.bindings and latest in after.bindings:
        scope.start_null(latest)
        binding = after.bindings[latest]
        scope.flow.bindings[latest] = Binding(join(binding.type, NULL), "", binding.place)
    scope.loop_level -= 1
    scope.loop_ended = True
    for target in targets:
        if isinstance(target, ir.Target):
            scope.assign(target.name, ListOf(element_type), target.span)
    return [
        ir.For(
            step.key.span,
            site,
            header.names,
            header.over,
            header.collection,
            body,
            level,
            targets,
            collected,
        )
    ]


def name_elements(builder: "StepBuilder", header: Header, site: str) -> ir.Block:
    """Put loop variables that have computed names into the table of these, too."""
    return [
        ir.Assign(
            target.span,
            site,
            builder.scope.targets(target.name, target.span)[1:],
            ir.Variable(type_, target.span, target.name),
        )
        for target, type_ in zip(header.names, header.types, strict=True)
        if builder.scope.is_computed(target.name)
    ]


def _surely_runs(collection: ir.Expr) -> bool:
    """Whether a loop over this has an iteration: it goes over a list or a map with elements."""
    match collection:
        case ir.ListValue(items=parts) | ir.MapValue(values=parts):
            return bool(parts)
        case _:
            return False


def _may_go_on(body: ir.Block) -> bool:
    """Whether a body that ends in `return` or `fail` has iterations that do not reach it."""
    return len(body) != 1


def repeat(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    scope = builder.scope
    limit = _limit(builder, step)
    if "steps" not in step.blocks:
        direct = isinstance(step.value, Sequence)
        builder.findings.report(
            "missing-key",
            step.key.span,
            "this `repeat` has no `steps`" if direct else "this `repeat` has no steps",
            hint="write `steps:` below `repeat:`, and the list below that"
            if direct
            else "add `steps:` below `repeat:`",
            subject="steps",
        )
    scope.loop_level += 1
    level = scope.loop_level
    before = scope.flow.copy()
    until_node = step.get("until")

    def run_body() -> ir.Block:
        return builder.block(step.blocks.get("steps", []), site)

    body = settle(builder, before, run_body, site)
    until = builder.texts.condition(until_node, "`until`") if until_node is not None else None
    scope.loop_level -= 1
    scope.loop_ended = True
    return [ir.Repeat(step.key.span, site, body, until, limit, level, ())]


def _limit(builder: "StepBuilder", step: Step) -> ir.Expr:
    node = step.get("max")
    if node is None and not isinstance(step.value, Mapping):
        return ir.Const(INTEGER, step.key.span, DEFAULT_LIMIT)  # what it lacks is said already
    if node is None:
        builder.findings.report(
            "loop-without-max",
            step.key.span,
            f"this `repeat` has no `max`, so it stops after {DEFAULT_LIMIT} rounds",
            hint="add `max:` with the most rounds that you want to pay for",
        )
        return ir.Const(INTEGER, step.key.span, DEFAULT_LIMIT)
    limit = builder.texts.expression(node, "`max`")
    if isinstance(limit, ir.Const) and type(limit.value) in (int, float):
        if isinstance(limit.value, float) or int(str(limit.value)) < 1:
            builder.findings.report(
                "out-of-range",
                node.span,
                f"`max` is a whole number of at least 1, not {limit.value}",
            )
    elif not overlaps(limit.type, INTEGER):
        builder.findings.report(
            "type-mismatch", node.span, f"`max` is a number; this is {article(limit.type)}"
        )
    return limit
