"""Steps that run at once: `parallel` in both forms, and `for` with `parallel`."""

from typing import TYPE_CHECKING

from vegac.ir import nodes as ir
from vegac.ir.build.outcomes import outcome, outcome_name
from vegac.ir.build.prescan import given_names, saved_names
from vegac.ir.build.scope import Siblings
from vegac.ir.build.texts import as_text
from vegac.semantics.bindings import Binding
from vegac.semantics.flow import Flow
from vegac.semantics.operators import element
from vegac.semantics.type_syntax import article
from vegac.semantics.types import (
    ANY,
    INTEGER,
    STRING,
    ListOf,
    Type,
    join,
    overlaps,
    union,
)
from vegac.source.diagnostic import Label
from vegac.source.span import Span
from vegac.syntax.document import Step
from vegac.syntax.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from vegac.ir.build.loops import Header
    from vegac.ir.build.steps import StepBuilder

LOCAL = "after the parallel loop, for each iteration has its own"


def parallel(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    if isinstance(step.value, Mapping):
        return _one_agent(builder, step, site)
    return _branches(builder, step, site)


def _branches(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    scope = builder.scope
    before = scope.flow.copy()
    steps = step.blocks.get("parallel", [])
    saves = [saved_names([branch]) for branch in steps]
    givers: dict[str, list[tuple[int, Span]]] = {}
    for index, branch in enumerate(steps):
        for name, span in given_names(branch).items():
            givers.setdefault(name, []).append((index, span))
    conflicts = _report_conflicts(builder, saves)
    branches: list[ir.Branch] = []
    after = before.copy()
    types: list[Type] = []
    builder.parallel_depth += 1
    loop_ended = scope.loop_ended
    for index, branch in enumerate(steps):
        scope.siblings.append(Siblings(givers, index))
        scope.flow = before.copy()
        # Loops in one branch are nothing to the others, nor to the steps after them.
        scope.loop_ended = loop_ended
        branch_site = builder.site(site, builder.step_name(branch))
        own, outer = outcome_name(builder), builder.outcomes
        builder.outcomes = [own]
        body = builder.step(branch, branch_site)
        builder.outcomes = outer
        scope.siblings.pop()
        result = outcome(builder, own, body, branch.key.span, branch_site)
        types.append(result.type)
        handed = _join_branch(builder, before, after, saves[index])
        name = branch_site.rpartition("/")[2]
        branches.append(ir.Branch(name, branch_site, body, handed, result))
    builder.parallel_depth -= 1
    scope.loop_ended = loop_ended
    for name in conflicts & after.bindings.keys():
        # One finding is enough: from here on the variable counts as set.
        after.set(name, after.bindings[name].type, after.bindings[name].place)
    scope.flow = after
    targets = builder.targets(step, ListOf(union(types)))
    return [ir.Parallel(step.key.span, site, branches, targets)]


def _report_conflicts(builder: "StepBuilder", saves: list[dict[str, Span]]) -> set[str]:
    """Report the names that several branches save, and return them."""
    seen: dict[str, Span] = {}
    conflicts: set[str] = set()
    for names in saves:
        for name, span in names.items():
            if name in seen:
                conflicts.add(name)
                builder.findings.report(
                    "parallel-conflict",
                    span,
                    f"two branches of this parallel step save '{name}'",
                    hint="give each its own name",
                    labels=(Label(seen[name], "also saved here"),),
                    subject=name,
                )
        seen.update({name: span for name, span in names.items() if name not in seen})
    return conflicts


def _join_branch(
    builder: "StepBuilder", before: Flow, after: Flow, saves: dict[str, Span]
) -> tuple[ir.Target, ...]:
    """Make what a branch saved visible after the join; returns what it hands over."""
    scope = builder.scope
    handed: list[ir.Target] = []
    for name in before.bindings.missing(scope.flow.bindings):
        after.bindings.pop(name, None)  # a computed name may have replaced it
    for name, binding in scope.flow.set_since(before):
        hidden = name.startswith("steps.")
        if not (hidden or name in saves or name in scope.step_names):
            continue
        if binding.unset:
            scope.start_null(name)
        after.bindings[name] = binding
        handed.append(ir.Target(name, binding.place or saves.get(name) or _anywhere(builder)))
    return tuple(handed)


def _anywhere(builder: "StepBuilder") -> Span:
    return next(iter(builder.scope.assigned.values()))


def parallel_for(builder: "StepBuilder", step: Step, site: str, header: "Header") -> ir.Block:
    """A loop whose iterations run at once."""
    scope = builder.scope
    limit = _limit(builder, step, "parallel")
    before = scope.flow.copy()
    body_steps = step.blocks.get("steps", [])
    for name, span in saved_names(body_steps).items():
        binding = before.get(name)
        if binding is not None:
            builder.findings.report(
                "parallel-conflict",
                span,
                f"'{name}' belongs to the steps around this parallel loop, "
                "and every iteration would set it",
                hint="collect with `save:` of the loop, which gives a list of the results",
                labels=(Label(binding.place, "set here"),) if binding.place else (),
                subject=name,
            )
    scope.loop_level += 1
    level = scope.loop_level
    builder.parallel_depth += 1
    for target, type_ in zip(header.names, header.types, strict=True):
        scope.assign(target.name, type_, target.span)
    own, outer = outcome_name(builder), builder.outcomes
    builder.outcomes = [own]
    body = builder.block(body_steps, site)
    builder.outcomes = outer
    result = outcome(builder, own, body, step.key.span, site)
    builder.parallel_depth -= 1
    scope.loop_level -= 1
    scope.loop_ended = True
    inner = scope.flow
    scope.flow = before
    for name in before.bindings.missing(inner.bindings):
        del before.bindings[name]  # a computed name may have replaced it
    for name, binding in inner.set_since(before):
        if name not in before.bindings:
            scope.flow.bindings[name] = Binding(binding.type, LOCAL, binding.place)
    targets = builder.targets(step, ListOf(result.type))
    return [
        ir.ParallelFor(
            step.key.span,
            site,
            header.names,
            header.over,
            header.collection,
            body,
            level,
            limit,
            targets,
            result,
        )
    ]


def _limit(builder: "StepBuilder", step: Step, key: str) -> ir.Expr | None:
    node = step.get(key)
    if node is None:
        return None
    limit = builder.texts.expression(node, f"`{key}`")
    if isinstance(limit, ir.Const) and type(limit.value) in (int, float):
        if isinstance(limit.value, float) or int(str(limit.value)) < 1:
            builder.findings.report(
                "out-of-range",
                node.span,
                f"`{key}` is a whole number of at least 1, not {limit.value}",
            )
    elif not overlaps(limit.type, INTEGER):
        builder.findings.report(
            "type-mismatch",
            node.span,
            f"`{key}` says how many run at once; this is {article(limit.type)}",
        )
    return limit


def _one_agent(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    """`parallel: {agent: A, inputs: ...}`: one message for each input."""
    scope = builder.scope
    agent, inputs = step.get("agent"), step.get("inputs")
    for name, node in (("agent", agent), ("inputs", inputs)):
        if node is None:
            builder.findings.report(
                "missing-key", step.key.span, f"this `parallel` has no `{name}`", subject=name
            )
    collection: ir.Expr | None = None
    if inputs is not None:
        collection = (
            builder.texts.expression(inputs, "`inputs`")
            if isinstance(inputs, Scalar)
            else builder.texts.value(inputs)
        )
        if element(collection.type) is None or isinstance(inputs, Mapping):
            builder.findings.report(
                "type-mismatch",
                collection.span,
                f"`inputs` is a list of messages; this is {article(collection.type)}",
            )
    limit = _limit(builder, step, "limit")
    known = isinstance(agent, Scalar) and agent.value in builder.context.agents
    if isinstance(agent, Scalar) and not known:
        builder.context.unknown_agent(agent)
    elif agent is not None and not known:
        builder.fields.wrong(agent, "agent", "the name of one agent")
    targets = builder.targets(step, ListOf(STRING))
    if not known or collection is None or not isinstance(agent, Scalar):
        return []
    builder.agents[agent.value] = None
    span = step.key.span
    item = element(collection.type) or ANY
    message = ir.Variable(item, collection.span, "message")
    scope.variables.setdefault("message", item)
    result = scope.variables.get(scope.latest)
    scope.variables[scope.latest] = STRING if result is None else join(result, STRING)
    over = "list" if isinstance(collection.type, ListOf) else "any"
    send_site = builder.site(site, agent.value)
    send = ir.Send(
        span,
        send_site,
        agent.value,
        as_text(message) if item != STRING else message,
        (ir.Target(scope.latest, span),),
        STRING,
        {},
    )
    return [
        ir.ParallelFor(
            span,
            site,
            (ir.Target("message", collection.span),),
            over,
            collection,
            [send],
            0,
            limit,
            targets,
            ir.Variable(STRING, span, scope.latest),
        )
    ]
