"""A program as the text of one Python module."""

import keyword
from collections.abc import Callable

from vegac.emit import names
from vegac.emit.code import Call, Code, Keyword, literal, name
from vegac.emit.context import Callee, ModuleContext
from vegac.emit.expressions import value
from vegac.emit.frame import EmittedModule, Frame, Place
from vegac.emit.records import class_lines, depth, name_records
from vegac.emit.statics import construct, static
from vegac.emit.workflows import parameter_names, write_workflow
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, ERROR, LOOP, NEVER, NULL, Record, Type
from vegac.source.span import Span


def module_name(path: str) -> str:
    """The module that a program is compiled to: `team/review.vega.yaml` is `review_vega`."""
    file = path.replace("\\", "/").rpartition("/")[2]
    for suffix in (".yaml", ".yml"):
        file = file.removesuffix(suffix)
    found = names.identifier(file.replace(".", "_"), "program").strip("_") or "program"
    return f"{found}_" if keyword.iskeyword(found) else found


def emit_module(
    program: ir.Program,
    *,
    digest: str,
    locate: Callable[[Span], Place],
    expose_variables: bool = False,
) -> EmittedModule:
    """Compile a program. `digest` is the hash of its sources, `locate` tells where a span lies.

    `expose_variables` makes workflows publish the variables that are certainly set where they end,
    for tests.
    """
    module = ModuleContext(program, value)
    _take_names(module)
    replies = name_records(program, module.names)
    module.record_names.update(replies)
    outputs = _declare_workflows(module)
    frame = Frame(module)
    for record, class_ in [*replies.items(), *outputs]:
        frame.define(class_lines(record, class_, module.annotations, frame.typed_dict()))
    for tool in program.tools:
        frame.constant(
            f"{module.tools[tool.name]} = ", construct(module, tool.construct, tool.name)
        )
    frame.gap()
    for agent in program.agents:
        frame.constant(f"{module.agents[agent.name]} = ", _agent(module, agent))
    for workflow in program.workflows:
        write_workflow(module, workflow, expose_variables)
    return frame.finish(digest, locate)


# --- names ---------------------------------------------------------------------------------------


def _take_names(module: ModuleContext) -> None:
    program = module.program
    for agent in program.agents:
        module.agents[agent.name] = module.names.take(names.constant(agent.name, "agent"))
    for tool in program.tools:
        module.tools[tool.name] = module.names.take(names.constant(tool.name, "tool"))
    for workflow in program.workflows:
        function = module.names.take(names.function(workflow.name))
        module.workflows[workflow.name] = Callee(function, {}, {}, ANY, "")


def _declare_workflows(module: ModuleContext) -> list[tuple[Record, str]]:
    """Results and parameters of all workflows, before any is written: they call each other.

    Returns the classes of their results, inner ones before those around them. Workflows
    with equal results each get a class; elsewhere the first one stands for such a record.
    """
    outputs: dict[str, tuple[Record, str]] = {}
    for workflow in module.program.workflows:
        result = workflow.result_type
        if isinstance(result, Record) and _wants_class(module, result):
            class_ = module.names.take(f"{names.class_name(workflow.name)}Output", "")
            outputs[workflow.name] = (result, class_)
    for record, class_ in outputs.values():
        module.record_names.setdefault(record, class_)
    for workflow in module.program.workflows:
        result = workflow.result_type
        returns = outputs[workflow.name][1] if workflow.name in outputs else ""
        result = module.annotations.declared(NULL if result == NEVER else result)
        module.workflows[workflow.name] = _declare(module, workflow, result, returns)
    return sorted(outputs.values(), key=lambda output: depth(output[0]))


def _wants_class(module: ModuleContext, result: Record) -> bool:
    return bool(result.fields) and result not in module.record_names and result not in (LOOP, ERROR)


def _declare(module: ModuleContext, workflow: ir.Workflow, result: Type, returns: str) -> Callee:
    taken = parameter_names(module, workflow)
    types = {
        declared.name: module.annotations.declared(declared.type) for declared in workflow.inputs
    }
    function = module.workflows[workflow.name].function
    return Callee(function, taken, types, result, returns or module.annotations.text(result))


def _agent(module: ModuleContext, agent: ir.Agent) -> Code:
    options = [
        Keyword(key, static(module, option, f"{agent.name}_{key}"))
        for key, option in agent.options.items()
    ]
    return Call(name(module.imports.runtime("Agent")), (literal(agent.name), *options))


__all__ = ["EmittedModule", "emit_module", "module_name"]
