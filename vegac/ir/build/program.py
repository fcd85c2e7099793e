"""Lowering a whole program."""

from datetime import date
from typing import cast

from msgspec import Struct

from vegac.ir import nodes as ir
from vegac.ir.build.agents import AgentBuilder, FindFile
from vegac.ir.build.models import check_model
from vegac.ir.build.settings import Settings, read_settings
from vegac.ir.build.tools import build_tool
from vegac.ir.build.workflow import Built, build_workflow, read_inputs
from vegac.ir.traverse import statements
from vegac.semantics.declarations import Declarations
from vegac.semantics.types import ANY, Type
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping


class Signature(Struct, eq=False):
    """What a caller knows of a workflow. The inputs are not `complete` where a workflow without
    `inputs` calls itself: what it reads is not known yet."""

    inputs: dict[str, ir.Input]
    result: Type
    complete: bool = True


class ProgramContext:
    """What the parts of a program know of each other while they are lowered."""

    def __init__(
        self,
        findings: Findings,
        declarations: Declarations,
        today: date,
        find_file: FindFile,
    ) -> None:
        self.findings = findings
        self.declarations = declarations
        self.settings: Settings = read_settings(findings, declarations.settings)
        self.agents = dict.fromkeys(declarations.agents)
        self.workflow_names = dict.fromkeys(declarations.workflows)
        self.agent_builder = AgentBuilder(
            findings, declarations, self.settings.values, self.settings.mcp, today, find_file
        )
        self.built: dict[str, Built] = {}
        self.open: set[str] = set()
        self.explicit_names: set[str] = set()

    def signature(self, name: str) -> Signature:
        """The signature of a workflow; in a cycle of calls its result has type any."""
        if name in self.open:
            node = self.declarations.workflows[name].node
            inputs = node.get("inputs") if isinstance(node, Mapping) else None
            self.findings.quiet += 1
            read = read_inputs(self.findings, inputs) if inputs is not None else {}
            self.findings.quiet -= 1
            return Signature(read, ANY, complete=inputs is not None)
        workflow = self.workflow(name).workflow
        return Signature({i.name: i for i in workflow.inputs}, workflow.result_type)

    def workflow(self, name: str) -> Built:
        if name not in self.built:
            self.open.add(name)
            saved = self.explicit_names
            quiet, self.findings.quiet = self.findings.quiet, 0
            self.built[name] = build_workflow(self, self.declarations.workflows[name])
            self.findings.quiet = quiet
            self.explicit_names = saved
            self.open.discard(name)
        return self.built[name]


def build_program(
    findings: Findings, declarations: Declarations, today: date, find_file: FindFile
) -> ProgramContext:
    """Lower everything; the IR is `program_of(context)`. Models are judged as of `today`."""
    context = ProgramContext(findings, declarations, today, find_file)
    default = context.settings.default_model
    if default is not None:
        check_model(findings, default, own_endpoint=False, today=today)
    for name in declarations.workflows:
        context.workflow(name)
    return context


def program_of(context: ProgramContext) -> ir.Program:
    """The IR of a lowered program."""
    declarations = context.declarations
    workflows = [context.built[name].workflow for name in declarations.workflows]
    _spread(context, workflows)
    return ir.Program(
        declarations.file,
        declarations.name,
        declarations.description,
        context.agent_builder.build(),
        [
            build_tool(context.findings, tool, context.settings.delimiters)
            for tool in declarations.tools.values()
        ],
        workflows,
        context.settings.values,
    )


def _spread(context: ProgramContext, workflows: list[ir.Workflow]) -> None:
    """Give each workflow the agents and the tools of all that it calls."""
    agents = {name: set(built.agents) for name, built in context.built.items()}
    tools = {name: _tools_of_sends(built.workflow) for name, built in context.built.items()}
    changed = True
    while changed:
        changed = False
        for name, built in context.built.items():
            for reach in (agents, tools):
                before = len(reach[name])
                for callee in built.calls:
                    reach[name] |= reach.get(callee, set())
                changed = changed or len(reach[name]) != before
    for workflow in workflows:
        workflow.agents = tuple(a for a in context.agents if a in agents[workflow.name])
        named = tools[workflow.name]
        workflow.tools = tuple(tool for tool in context.declarations.tools if tool in named)


def _tools_of_sends(workflow: ir.Workflow) -> set[str]:
    """The program's own tools that single messages name."""
    found: set[str] = set()
    for statement in statements(workflow.body):
        if isinstance(statement, ir.Send):
            tools = cast("tuple[object, ...]", statement.options.get("tools", ()))
            found |= {tool.name for tool in tools if isinstance(tool, ir.ToolReference)}
    return found
