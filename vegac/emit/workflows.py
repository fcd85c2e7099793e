"""A workflow as an async function."""

from vegac.emit import names
from vegac.emit.annotations import fits, normal
from vegac.emit.code import (
    Annotated,
    Atom,
    Call,
    Code,
    DictDisplay,
    Keyword,
    TupleDisplay,
    literal,
    name,
)
from vegac.emit.context import Callee, ModuleContext
from vegac.emit.document import Line
from vegac.emit.function import Function, Known, WorkflowNames, plain
from vegac.emit.layout import statement
from vegac.emit.literals import docstring, number
from vegac.emit.plan import assigned, declarations, loops_read_after, reads, sets_computed
from vegac.emit.statements import block
from vegac.emit.statics import long_text, static
from vegac.ir import nodes as ir
from vegac.ir.free_variables import needs
from vegac.ir.traverse import statements, targets
from vegac.semantics.types import ANY, MAP, Type


def parameter_names(module: ModuleContext, workflow: ir.Workflow) -> dict[str, str]:
    """The parameter of each input: its own name, unless that means something else in the module."""
    taken = _reserved(module, workflow)
    changed = _assigned_anywhere(workflow)
    found: dict[str, str] = {}
    for declared in workflow.inputs:
        wanted = names.identifier(declared.name, "input")
        if names.is_constant(wanted) and declared.name in changed:
            wanted = wanted.lower()
        found[declared.name] = taken.take(wanted)
    return found


def _reserved(module: ModuleContext, workflow: ir.Workflow) -> names.Names:
    """What no local of a workflow may be called: all that its code refers to."""
    taken = module.names.copy_reserved()
    taken.reserve(
        module.workflows[step.workflow].function
        for step in statements(workflow.body)
        if isinstance(step, ir.Call)
    )
    taken.reserve(module.agents.values())
    taken.reserve(module.tools.values())
    taken.reserve(module.record_names.values())
    return taken


def _assigned_anywhere(workflow: ir.Workflow) -> dict[str, None]:
    found: dict[str, None] = {}
    for step in statements(workflow.body):
        named = targets(step)
        if isinstance(step, ir.ParallelFor):
            named = (*step.names, *named)
        for target in named:
            if isinstance(target, ir.Target):
                found[target.name] = None
    return found


def write_workflow(module: ModuleContext, workflow: ir.Workflow, expose: bool) -> None:
    """Write the function of a workflow, followed by those of its branches."""
    callee = module.workflows[workflow.name]
    at_end: set[str] = set()
    if expose:
        at_end = {*assigned(workflow.body), *(declared.name for declared in workflow.inputs)}
    read = reads(workflow.body, at_end)
    widened = _widened(module, workflow, callee)
    locals_ = _locals(module, workflow, callee, widened)
    parameters = {
        variable: type_
        for variable, type_ in callee.parameter_types.items()
        if variable not in widened
    }
    null_first = [
        variable
        for variable in workflow.initial
        if variable in read and variable not in callee.parameters
    ]
    declared = declarations(
        workflow, workflow.body, read, module.annotations, parameters, null_first
    )
    declared.update(widened)
    f = Function(module, workflow, locals_, read, declared, block)
    f.body, f.publish, f.read_at_end = workflow.body, expose, tuple(at_end)
    f.result = callee.result
    f.loops_after = loops_read_after(workflow.body)
    _start(f, callee, widened, null_first)
    place = len(module.parts)
    f.block(workflow.body)
    module.parts.insert(place, _lines(f, callee))


def _widened(module: ModuleContext, workflow: ir.Workflow, callee: Callee) -> dict[str, Type]:
    """The inputs that the workflow sets to values of other types: they need a local of their own,
    of a type that holds all of them."""
    found: dict[str, Type] = {}
    for variable in assigned(workflow.body):
        type_ = callee.parameter_types.get(variable)
        if type_ is None:
            continue
        full = module.annotations.declared(workflow.variables.get(variable, ANY))
        if not fits(normal(full, module.record_names), type_) or full == ANY != type_:
            found[variable] = full
    return found


def _locals(
    module: ModuleContext, workflow: ir.Workflow, callee: Callee, widened: dict[str, Type]
) -> WorkflowNames:
    taken = _reserved(module, workflow)
    taken.reserve(callee.parameters.values())
    found: dict[str, str] = {}
    for variable, parameter in callee.parameters.items():
        found[variable] = taken.take(parameter) if variable in widened else parameter
    known = [*workflow.variables, *workflow.initial, *_assigned_anywhere(workflow)]
    for variable in dict.fromkeys(known):
        if variable not in found:
            found[variable] = taken.take(_wanted(variable))
    return WorkflowNames(found, taken)


def _wanted(variable: str) -> str:
    """The identifier of a variable: `draft`, `step_draft` (`steps.draft`), `latest` (hidden)."""
    name_ = variable.removeprefix("steps.")
    if name_.startswith(":"):
        return names.variable(name_[1:].partition(" ")[0])
    return ("step_" if name_ != variable else "") + names.variable(name_)


def _start(f: Function, callee: Callee, widened: dict[str, Type], null_first: list[str]) -> None:
    """The first lines: what is known of the inputs, and variables that may be read unset."""
    for declared in f.workflow.inputs:
        type_ = callee.parameter_types[declared.name]
        f.set(declared.name, Known(declared.type, type_))
        if declared.name in widened:
            parameter = callee.parameters[declared.name]
            given = f.coerced(plain(parameter, declared.type, type_), widened[declared.name])
            f.put(f"{f.local(declared.name)}{f.annotation(declared.name) or ''} = ", given)
            f.set(declared.name, Known(declared.type, widened[declared.name]))
        else:
            f.mark_annotated(declared.name)
    body = f.workflow.body
    if needs(body).computed or sets_computed(body):
        f.own_names = f.temporary("names")
        f.text(f"{f.own_names}: {f.module.annotations.text(MAP)} = {{}}")
    for variable in null_first:
        f.start_null(variable)
    if any(level in f.loops_after for level in _unsure_loops(f)):
        for level in sorted(f.loops_after):
            f.start_loop_state(level)


def _unsure_loops(f: Function) -> set[int]:
    """Levels of loops that some path does not come by: those inside conditions and the like."""
    direct = {id(step) for step in f.workflow.body}
    return {
        step.level
        for step in statements(f.workflow.body, into_branches=False)
        if isinstance(step, ir.For | ir.Repeat | ir.ParallelFor) and id(step) not in direct
    }


# --- the definition ------------------------------------------------------------------------------


def _lines(f: Function, callee: Callee) -> list[Line]:
    lines = _decorator(f, callee)
    parameters: list[Code] = [Annotated("run", f.runtime("Run"))]
    if f.workflow.inputs:
        parameters.append(Atom("*"))
    for declared in f.workflow.inputs:
        annotation = f.module.annotations.text(callee.parameter_types[declared.name])
        type_ = callee.parameter_types[declared.name]
        default = None
        if _has_default(declared):
            default = f.module.default(f.workflow, declared, type_)
        parameters.append(Annotated(callee.parameters[declared.name], annotation, default))
    header = Call(name(callee.function), tuple(parameters))
    lines += statement("async def ", header, f" -> {callee.returns}:", 0)
    lines += [Line(f"    {text}".rstrip()) for text in docstring(f.workflow.description)]
    return lines + (f.lines or ([] if f.workflow.description.strip() else [Line("    pass")]))


def _has_default(declared: ir.Input) -> bool:
    return declared.has_default or not declared.required


def _decorator(f: Function, callee: Callee) -> list[Line]:
    workflow = f.workflow
    arguments: list[Code] = [name("PROGRAM"), literal(workflow.name)]
    if workflow.agents:
        agents = tuple(name(f.module.agents[agent]) for agent in workflow.agents)
        arguments.append(Keyword("agents", TupleDisplay(agents)))
    if workflow.tools:
        tools = tuple(name(f.module.tools[tool]) for tool in workflow.tools)
        arguments.append(Keyword("tools", TupleDisplay(tools)))
    if workflow.inputs:
        keys = tuple(literal(declared.name) for declared in workflow.inputs)
        inputs = tuple(_input(f, callee, declared) for declared in workflow.inputs)
        arguments.append(Keyword("inputs", DictDisplay(keys, inputs)))
    renamed = {key: found for key, found in callee.parameters.items() if key != found}
    if renamed:
        table = DictDisplay(tuple(map(literal, renamed)), tuple(map(literal, renamed.values())))
        arguments.append(Keyword("rename", table))
    for key, limit in (("timeout", workflow.timeout), ("budget", workflow.budget)):
        if limit is not None:
            arguments.append(Keyword(key, name(number(limit))))
    called = Call(name(f.runtime("workflow")), tuple(arguments))
    return statement("@", called, "", 0)


def _input(f: Function, callee: Callee, declared: ir.Input) -> Code:
    arguments: list[Code] = [literal(declared.type_text)]
    type_ = callee.parameter_types[declared.name]
    if _has_default(declared):
        arguments.append(Keyword("default", f.module.default(f.workflow, declared, type_)))
    if declared.enum:
        arguments.append(Keyword("enum", static(f.module, declared.enum)))
    for key, bound in (("min", declared.min), ("max", declared.max)):
        if bound is not None:
            arguments.append(Keyword(key, static(f.module, bound)))
    if declared.description:
        arguments.append(Keyword("description", long_text(declared.description)))
    return Call(name(f.runtime("Input")), tuple(arguments))
