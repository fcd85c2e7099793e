"""The verifier: what every pass and the emitter may rely on.

It finds mistakes of the compiler, not of its users: a program without errors gives no problem.
"""

from collections.abc import Iterator

from vega_grammar.filters import FILTERS
from vegac.ir import nodes as ir
from vegac.ir.free_variables import ends, needs
from vegac.ir.nesting import MAX_BLOCKS, nested_blocks
from vegac.ir.text import expression_text
from vegac.ir.traverse import branches, expressions, results, statements, targets, walk
from vegac.semantics.types import (
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Enum,
    Type,
    assignable,
)

_NAMES_OF = {"list": 1, "keys": 1, "positions": 2, "items": 2}


def verify(program: ir.Program) -> list[str]:
    """All that is wrong with a program, empty if nothing is."""
    found: list[str] = []
    for kind, names in (
        ("agent", [agent.name for agent in program.agents]),
        ("tool", [tool.name for tool in program.tools]),
        ("workflow", [workflow.name for workflow in program.workflows]),
    ):
        found += (f"two {kind}s are named {name!r}" for name in _twice(names))
    for workflow in program.workflows:
        found += (f"{workflow.name}: {problem}" for problem in _workflow(program, workflow))
    return found


def _twice(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _workflow(program: ir.Program, workflow: ir.Workflow) -> Iterator[str]:
    if nested_blocks(workflow.body) > MAX_BLOCKS:
        yield f"more than {MAX_BLOCKS} blocks stand inside each other"
    yield from _sites(workflow)
    yield from _flow(workflow)
    for statement in statements(workflow.body):
        yield from _statement(program, workflow, statement)
        for expr in (*expressions(statement), *results(statement)):
            for part in walk(expr):
                yield from _expression(workflow, part)


# --- the workflow as a whole ---------------------------------------------------------------------


def _sites(workflow: ir.Workflow) -> Iterator[str]:
    seen: set[tuple[type[ir.Statement], str]] = set()
    for statement in statements(workflow.body):
        site = statement.site
        if site != workflow.name and not site.startswith(f"{workflow.name}/"):
            yield f"the site {site!r} is not one of this workflow"
        if not isinstance(statement, ir.Send | ir.Call | ir.Ask | ir.Recall | ir.Remember):
            continue
        if (type(statement), site) in seen:
            yield f"two statements have the site {site!r}"
        seen.add((type(statement), site))


def _flow(workflow: ir.Workflow) -> Iterator[str]:
    bound = (*(declared.name for declared in workflow.inputs), *workflow.initial)
    levels = {
        statement.level
        for statement in statements(workflow.body)
        if isinstance(statement, ir.For | ir.Repeat | ir.ParallelFor)
    }
    needed = needs(workflow.body, bound)
    for name in needed.variables:
        yield f"{name!r} may be read before it is set"
    for level in needed.loops:
        if level != 1 or level not in levels:
            yield f"the state of a loop at level {level} is read outside of it"
    if needed.computed and not workflow.computed:
        yield "a computed name is read, and none is declared"
    if not ends(workflow.body) and not assignable(NULL, workflow.result_type):
        yield f"it may end without a result of type {workflow.result_type}"


# --- statements ----------------------------------------------------------------------------------


def _statement(
    program: ir.Program, workflow: ir.Workflow, statement: ir.Statement
) -> Iterator[str]:
    where = statement.site
    for target in targets(statement):
        if isinstance(target, ir.Target) and target.name not in workflow.variables:
            yield f"{where}: {target.name!r} is no variable of the workflow"
        if isinstance(target, ir.ComputedTarget) and not workflow.computed:
            yield f"{where}: it sets a computed name, and none is declared"
    for inner in branches(statement):
        if any(isinstance(found, ir.Return) for found in statements(inner)):
            yield f"{where}: a branch returns"
    match statement:
        case ir.Send():
            yield from _send(program, workflow, statement)
        case ir.Assign(targets=stored, value=value):
            yield from _stored(workflow, where, stored, value.type)
        case ir.Call():
            yield from _call(program, workflow, statement)
        case ir.Return(value=value):
            if not assignable(value.type, workflow.result_type):
                yield f"{where}: it returns {value.type}, not {workflow.result_type}"
        case ir.For() | ir.ParallelFor():
            yield from _loop(statement)
        case ir.Repeat(level=level) if level < 1:
            yield f"{where}: loops have levels from 1"
        case ir.Parallel(branches=found):
            for name in _twice([branch.name for branch in found]):
                yield f"{where}: two branches are named {name!r}"
            if statement.targets and any(branch.result is None for branch in found):
                yield f"{where}: a branch has no result to collect"
        case ir.Try(handler=None, error_targets=errors) if errors:
            yield f"{where}: an error is stored, and nothing catches it"
        case ir.Scope(timeout=None, budget=None):
            yield f"{where}: a scope without a limit"
        case _:
            pass


def _stored(
    workflow: ir.Workflow, where: str, stored: tuple[ir.AnyTarget, ...], type_: Type
) -> Iterator[str]:
    for target in stored:
        if isinstance(target, ir.Target) and target.name in workflow.variables:
            declared = workflow.variables[target.name]
            if not assignable(type_, declared):
                yield f"{where}: {target.name!r} is {declared} and is set to {type_}"


def _send(program: ir.Program, workflow: ir.Workflow, step: ir.Send) -> Iterator[str]:
    if all(agent.name != step.agent for agent in program.agents):
        yield f"{step.site}: there is no agent {step.agent!r}"
    if step.agent not in workflow.agents:
        yield f"{step.site}: {step.agent!r} is not among the workflow's agents"
    yield from _stored(workflow, step.site, step.targets, step.type)


def _call(program: ir.Program, workflow: ir.Workflow, step: ir.Call) -> Iterator[str]:
    callee = next((found for found in program.workflows if found.name == step.workflow), None)
    if callee is None:
        yield f"{step.site}: there is no workflow {step.workflow!r}"
        return
    inputs = {declared.name: declared for declared in callee.inputs}
    for name in step.arguments:
        if name not in inputs:
            yield f"{step.site}: {step.workflow!r} has no input {name!r}"
    for name, declared in inputs.items():
        if declared.required and not declared.has_default and name not in step.arguments:
            yield f"{step.site}: the input {name!r} of {step.workflow!r} is missing"
    for agent in callee.agents:
        if agent not in workflow.agents:
            yield f"{step.site}: {agent!r} of {step.workflow!r} is not among the workflow's agents"
    yield from _stored(workflow, step.site, step.targets, step.type)


def _loop(step: ir.For | ir.ParallelFor) -> Iterator[str]:
    count = len(step.names)
    if count not in (1, 2) or count != _NAMES_OF.get(step.over, count):
        yield f"{step.site}: {count} names for a loop over {step.over}"
    if step.level < isinstance(step, ir.For):
        yield f"{step.site}: loops have levels from 1"
    result = step.collected if isinstance(step, ir.For) else step.result
    if step.targets and result is None:
        yield f"{step.site}: there is nothing to collect"


# --- expressions ---------------------------------------------------------------------------------


def _expression(workflow: ir.Workflow, expr: ir.Expr) -> Iterator[str]:
    match expr:
        case ir.Const(value=value) if not assignable(type_of(value), expr.type):
            yield f"the constant {expression_text(expr)} has type {expr.type}"
        case ir.Variable(name=name) if not _is_known(workflow, name):
            yield f"{name!r} is no variable of the workflow"
        case ir.Parameter(name=name):
            yield f"{name!r} is a parameter of a tool"
        case ir.Template(parts=parts) if not parts:
            yield "a template without parts"
        case ir.Template() if expr.type != STRING:
            yield f"a template of type {expr.type}"
        case ir.MapValue(keys=keys, values=values) if len(keys) != len(values):
            yield f"{len(keys)} keys and {len(values)} values"
        case ir.Logical(operands=operands) if len(operands) < 2:
            yield f"one operand of {expr.operator!r}"
        case ir.Compare() | ir.Not() if expr.type != BOOLEAN:
            yield f"{expression_text(expr)} has type {expr.type}"
        case ir.FilterCall(name=name) if name not in FILTERS:
            yield f"there is no filter {name!r}"
        case _:
            pass


def _is_known(workflow: ir.Workflow, name: str) -> bool:
    return name in workflow.variables or any(found.name == name for found in workflow.inputs)


def type_of(value: str | float | bool | None) -> Type:
    """The type of a constant."""
    match value:
        case str():
            return Enum((value,))
        case bool():
            return BOOLEAN
        case None:
            return NULL
        case int():
            return INTEGER
        case _:
            return NUMBER
