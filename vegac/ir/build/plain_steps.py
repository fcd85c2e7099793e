"""Lowering the control steps that need little: `if`, `set`, `return`, `fail`, `do`, `remember`,
`recall`, `ask`."""

from typing import TYPE_CHECKING

from vegac.ir import nodes as ir
from vegac.ir.build.cases import covers_rest, split_by
from vegac.semantics.flow import Flow, covered, merge
from vegac.semantics.literals import unfit_variable
from vegac.semantics.type_syntax import article
from vegac.semantics.types import ANY, STRING, ListOf, overlaps
from vegac.syntax.document import Step
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder

FALSE_PATH = "when the condition is false"
"""How a variable stays unset where a step is skipped."""


def condition(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    parent = site.rpartition("/")[0]
    arms: list[tuple[Node, list[Step]]] = []
    condition = step.get("if")
    if condition is not None:
        if "then" not in step.blocks and not isinstance(condition, Mapping):
            builder.findings.report(
                "missing-key",
                step.key.span,
                "this `if` has no `then`",
                hint="add `then:` with the steps that run when the condition holds",
                subject="then",
            )
        arms.append((condition, step.blocks.get("then", [])))
    arms += step.elifs
    return _arms(builder, arms, step, parent)


_MAX_CONDITIONS = 100
"""An `elif` is a condition in the `else` of the one before."""


def _arms(
    builder: "StepBuilder", arms: list[tuple[Node, list[Step]]], step: Step, parent: str
) -> ir.Block:
    if not arms:
        return builder.block(step.blocks.get("else", []), parent)
    node, steps = arms[0]
    if builder.condition_depth >= _MAX_CONDITIONS:
        builder.findings.report(
            "limit-exceeded",
            node.span,
            f"conditions stand more than {_MAX_CONDITIONS} deep in `else` and `elif` of others",
            hint="look the value up in a map, or move the rest into a workflow of its own",
        )
        return []
    builder.condition_depth += 1
    condition = builder.texts.condition(node, "`if`")
    last = len(arms) == 1 and "else" not in step.blocks
    splits = split_by(builder.scope.flow, condition)
    certain = last and covers_rest(builder.scope.flow, condition, splits)
    before = builder.scope.flow.copy()
    builder.narrow(condition, splits, True)
    then = builder.block(steps, parent)
    after_then = builder.scope.flow
    builder.scope.flow = before
    builder.narrow(condition, splits, False)
    if certain:
        builder.scope.flow = covered(before)
    otherwise = _arms(builder, arms[1:], step, parent)
    builder.condition_depth -= 1
    path = FALSE_PATH if last else "in the other branch"
    builder.scope.flow = merge(after_then, builder.scope.flow, "when the condition holds", path)
    return [ir.If(condition.span, parent, condition, then, otherwise, certain)]


def set_(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    if not isinstance(step.value, Mapping):
        if not isinstance(step.value, ErrorNode):
            builder.findings.report(
                "wrong-type",
                step.value.span,
                "`set` is a map from names to values",
                hint="write `set: {name: value}`",
            )
        return []
    built: ir.Block = []
    for entry in step.value.entries:
        name = entry.key.value
        value = builder.texts.value(entry.value)
        unfit = unfit_variable(name)
        if unfit:
            builder.bad_name(entry.key, "a variable", unfit)
            continue
        if isinstance(value, ir.Variable) and value.name == name:
            builder.findings.report(
                "self-assignment",
                entry.value.span,
                f"'{name}' is set to itself",
                hint="remove this line",
            )
        builder.scope.assign(name, value.type, entry.key.span)
        targets = builder.scope.targets(name, entry.key.span)
        built.append(ir.Assign(entry.key.span, site, targets, value))
    return built


def return_(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    value = builder.texts.output(step.value, builder.scope)
    if builder.parallel_depth:
        builder.findings.report(
            "return-in-parallel",
            step.key.span,
            "a branch of a parallel step cannot end the workflow",
            hint="save a value in the branch, and return after the parallel step",
        )
    elif builder.finally_depth:
        builder.findings.report(
            "return-in-finally",
            step.key.span,
            "`finally` cannot end the workflow, for it would hide the failure",
            hint="return after the `try` step",
        )
    builder.returns.append(value.type)
    builder.scope.flow = Flow(builder.scope.flow.bindings, live=False)
    return [ir.Return(step.key.span, site, value)]


def fail(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    message = builder.texts.text(step.value, "`fail`")
    builder.scope.flow = Flow(builder.scope.flow.bindings, live=False)
    return [ir.Fail(step.key.span, site, message)]


def do(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    return builder.block(step.blocks.get("do", []), site.rpartition("/")[0])


def remember(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    key, value = step.get("key"), step.get("value")
    if key is None or value is None:
        name = "key" if key is None else "value"
        builder.findings.report(
            "missing-key", step.key.span, f"`remember` has no `{name}`", subject=name
        )
        return []
    built_key = builder.texts.text(key, "`key`")
    return [ir.Remember(step.key.span, site, built_key, builder.texts.value(value))]


def recall(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    key, default = step.get("key"), step.get("default")
    if key is None:
        builder.findings.report(
            "missing-key", step.key.span, "`recall` has no `key`", subject="key"
        )
        builder.saves(step, ANY)
        return []
    built_key = builder.texts.text(key, "`key`")
    built_default = builder.texts.value(default) if default is not None else None
    targets = builder.saves(step, ANY)
    return [ir.Recall(step.key.span, site, built_key, built_default, targets)]


def _check_choices(builder: "StepBuilder", node: Node, choices: ir.Expr) -> None:
    """Report what is no list of answers."""
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Sequence | Mapping):
            builder.findings.report("wrong-type", item.span, "each of the `choices` is a text")
    if not overlaps(choices.type, ListOf(ANY)):
        builder.findings.report(
            "type-mismatch",
            node.span,
            f"`choices` is a list of answers; this is {article(choices.type)}",
        )


def ask(builder: "StepBuilder", step: Step, site: str) -> ir.Block:
    question = builder.texts.text(step.value, "`ask`")
    node = step.get("choices")
    choices: ir.Expr | None = None
    if node is not None:
        expression = isinstance(node, Scalar)
        choices = (
            builder.texts.expression(node, "`choices`") if expression else builder.texts.value(node)
        )
        _check_choices(builder, node, choices)
    default_node = step.get("default")
    default = builder.texts.text(default_node, "`default`") if default_node else None
    targets = builder.saves(step, STRING)
    return [ir.Ask(step.key.span, site, question, choices, default, targets)]
