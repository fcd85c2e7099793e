"""Secrets of the environment on their way to a model."""

import re
from collections.abc import Iterator

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import static_expressions
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings

_SECRET = re.compile(r"(?:_KEY|_TOKEN|_SECRET|PASSWORD)\Z")
_IN_TEXT = re.compile(r"(?<!\$)\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}")
_HARMLESS = frozenset(
    "length lines words chars startswith endswith contains match bool if".split()  # noqa: SIM905
)
"""Filters whose result tells little of the text."""
_ADVICE = "give it to a tool instead (`${...}` in its headers or environment)"
Tainted = dict[tuple[str, str], ir.EnvValue]
"""The secret that a variable may hold, by workflow and name."""


def check_leaks(program: ir.Program, workflows: list[Contents], findings: Findings) -> None:
    """`secret-in-prompt`: in messages, also by way of variables and inputs, and in `system`."""
    tainted: Tainted = {}
    if any(_SECRET.search(part.name) for found in workflows for part in found.parts(ir.EnvValue)):
        tainted = _tainted(workflows)
        for contents in workflows:
            for send in contents.all(ir.Send):
                _check(send.message, contents.workflow.name, tainted, findings)
    for agent in program.agents:
        system = agent.options.get("system")
        for expression in static_expressions(system):
            _check(expression, "", tainted, findings)
        if isinstance(system, ir.EnvText):
            for name in _IN_TEXT.findall(system.text):
                if _SECRET.search(name):
                    findings.report(
                        "secret-in-prompt",
                        system.span,
                        f"this would send the secret '{name}' to the model with every message",
                        hint=_ADVICE,
                    )


def _check(message: ir.Expr, workflow: str, tainted: Tainted, findings: Findings) -> None:
    for part in _carried(message):
        secret = _secret(part, workflow, tainted)
        if secret is None:
            continue
        direct = isinstance(part, ir.EnvValue)
        holder = "" if direct else f", which '{getattr(part, 'name', '')}' holds,"
        findings.report(
            "secret-in-prompt",
            part.span,
            f"this would send the secret 'env.{secret.name}'{holder} to the model",
            hint=_ADVICE,
            labels=() if direct else (Label(secret.span, "read here"),),
        )


def _secret(part: ir.Expr, workflow: str, tainted: Tainted) -> ir.EnvValue | None:
    match part:
        case ir.EnvValue(name=name) if _SECRET.search(name):
            return part
        case ir.Variable(name=name):
            return tainted.get((workflow, name))
        case _:
            return None


def _tainted(workflows: list[Contents]) -> Tainted:
    """Follow secrets through assignments, loops and calls until nothing new is found."""
    found: Tainted = {}
    while True:
        before = len(found)
        for contents in workflows:
            workflow = contents.workflow.name
            for statement in contents.statements:
                for owner, name, value in _flows(workflow, statement):
                    for part in _carried(value):
                        secret = _secret(part, workflow, found)
                        if secret is not None:
                            found.setdefault((owner, name), secret)
        if len(found) == before:
            return found


def _flows(workflow: str, statement: ir.Statement) -> Iterator[tuple[str, str, ir.Expr]]:
    """What a statement stores: the workflow and name of the variable, and the value."""
    match statement:
        case ir.Assign(targets=targets, value=value):
            yield from ((workflow, t.name, value) for t in targets if isinstance(t, ir.Target))
        case ir.For(names=names, collection=value) | ir.ParallelFor(names=names, collection=value):
            yield from ((workflow, target.name, value) for target in names)
        case ir.Call(workflow=callee, arguments=arguments):
            yield from ((callee, name, value) for name, value in arguments.items())
        case _:
            pass


def _carried(expr: ir.Expr) -> Iterator[ir.Expr]:
    """The parts of an expression whose text is in its value."""
    match expr:
        case ir.EnvValue() | ir.Variable():
            yield expr
        case ir.Template(parts=parts):
            for part in parts:
                if isinstance(part, ir.Expr):
                    yield from _carried(part)
        case (
            ir.ListValue(items=several) | ir.MapValue(values=several) | ir.Logical(operands=several)
        ):
            for part in several:
                yield from _carried(part)
        case ir.Binary(operator="+", left=left, right=right):
            yield from _carried(left)
            yield from _carried(right)
        case ir.Conditional(then=then, otherwise=otherwise):
            yield from _carried(then)
            yield from _carried(otherwise)
        case ir.Field(value=value) | ir.Index(value=value) | ir.Slice(value=value):
            yield from _carried(value)
        case ir.Dig(base=value):
            yield from _carried(value)
        case ir.FilterCall(name=name, value=value, arguments=arguments):
            if name not in _HARMLESS:
                yield from _carried(value)
            if name in ("default", "if", "replace", "regex_replace", "join"):
                for argument in arguments:
                    yield from _carried(argument)
        case _:
            pass
