"""Which variables have a value at a place in a workflow, and of what type."""

from typing import Literal, cast

from msgspec import Struct, field

from vega_lsp.describe import workflow_of
from vega_lsp.program import Program
from vegac.ir import nodes as ir
from vegac.ir.build.memory import Signature
from vegac.ir.build.prescan import assigned_by
from vegac.ir.build.program import ProgramContext
from vegac.ir.build.scope import WorkflowScope
from vegac.ir.build.steps import StepBuilder
from vegac.ir.build.workflow import read_inputs
from vegac.semantics.declarations import Declarations
from vegac.semantics.flow import Flow
from vegac.semantics.types import ANY, Type
from vegac.source.findings import Findings
from vegac.syntax.document import Step, inner_blocks
from vegac.syntax.nodes import Mapping, Scalar


class Bindings(Struct, eq=False):
    """The variables at a place with their types there; `unset` says of some on which path they have
    no value. `in_loop` tells whether `loop` has one."""

    types: dict[str, Type] = field(default_factory=dict[str, Type])
    unset: dict[str, str] = field(default_factory=dict[str, str])
    in_loop: bool = False
    outputs: dict[str, Type] = field(default_factory=dict[str, Type])
    """The outputs of steps: `steps.NAME.output`."""


Moment = Literal["before", "after body", "end"]


class _Found(Exception):
    """The place is reached: what follows does not matter."""


def bindings_at(program: Program, workflow: str, unit: str, offset: int) -> Bindings | None:
    """What is bound at a place inside a workflow; None where the workflow cannot be read."""
    declarations = program.report.declarations
    declared = declarations.workflows.get(workflow) if declarations else None
    if declarations is None or declared is None or not isinstance(declared.node, Mapping):
        return None
    steps = program.index.steps.get(workflow, [])
    target = step_at(steps, unit, offset)
    moment: Moment = "before"
    if target is None:
        moment = "end"
    elif target.kind == "repeat":
        until = target.get("until")
        if until is not None and until.start <= offset <= until.end:
            moment = "after body"
    findings = Findings()
    findings.quiet += 1
    inputs = declared.node.get("inputs")
    read = read_inputs(findings, inputs) if inputs is not None else {}
    assigned = assigned_by(steps)
    scope = WorkflowScope(
        findings, read, assigned.names, assigned.patterns, implicit=inputs is None
    )
    scope.step_names = assigned.step_names
    for one in read.values():
        scope.assign(one.name, one.type, one.span)
    known = cast("ProgramContext", _Known(findings, declarations, program))
    builder = _Watcher(known, scope, workflow, target, moment)
    try:
        builder.block(steps, workflow)
        builder.keep()
    except _Found:
        pass
    found = _bindings(builder)
    if target is not None and target.kind == "set" and isinstance(target.value, Mapping):
        # Each value sees what stands before it.
        for entry in target.value.entries:
            if entry.key.start < offset and not entry.value.start <= offset <= entry.value.end:
                type_ = program.types.variables.get((workflow, entry.key.value))
                if type_ is not None:
                    found.types[entry.key.value] = type_
    return found


def step_at(steps: list[Step], unit: str, offset: int) -> Step | None:
    """The innermost step around a place. A step reaches to the next one."""
    found: Step | None = None
    for step in steps:
        if step.node.chunk.unit != unit or step.node.start > offset:
            continue
        if offset <= step.node.end or found is None or found.node.end < offset:
            found = step
    if found is None or (offset > found.node.end and not _open_end(found, offset)):
        return None
    for block in inner_blocks(found):
        inner = step_at(block, unit, offset)
        if inner is not None and offset <= inner.node.end:
            return inner
    return found


def _open_end(step: Step, offset: int) -> bool:
    """Whether only blanks lie between the end of a step and a place."""
    return not step.node.chunk.text[step.node.end : offset].strip()


class _Known:
    """What steps ask about the rest of the program (see `ProgramContext`), answered as the last
    check found it."""

    def __init__(self, findings: Findings, declarations: Declarations, program: Program) -> None:
        self.findings = findings
        self.program = program
        self.agents = dict.fromkeys(declarations.agents)
        self.workflow_names = dict.fromkeys(declarations.workflows)
        self.incomplete = declarations.incomplete
        self.delimiters = "both"
        self.explicit_names: set[str] = set()

    def signature(self, name: str) -> Signature:
        workflow = workflow_of(self.program, name)
        if workflow is None:
            return Signature({}, ANY, complete=False)
        inputs = {declared.name: declared for declared in workflow.inputs}
        return Signature(inputs, workflow.result_type)

    def tool(self, item: Scalar) -> ir.StaticValue:
        return item.value

    def unknown_agent(self, scalar: Scalar) -> None:
        """Nothing is reported here."""


class _Watcher(StepBuilder):
    """Builds steps up to a place and keeps what is known there."""

    def __init__(
        self,
        context: ProgramContext,
        scope: WorkflowScope,
        workflow: str,
        target: Step | None,
        moment: Moment,
    ) -> None:
        super().__init__(context, scope, workflow)
        self.target = target
        self.moment = moment
        self.flow: Flow | None = None
        self.in_loop = False

    def keep(self) -> None:
        self.flow = self.scope.flow.copy()
        self.in_loop = bool(self.scope.loop_level or self.scope.loop_ended)

    def step(self, step: Step, parent: str) -> ir.Block:
        if self.flow is not None and parent == self.workflow:
            raise _Found  # loops have been built as often as they must
        if step is self.target and self.moment == "before":
            self.keep()
            if parent == self.workflow:
                raise _Found
        return super().step(step, parent)

    def block(self, steps: list[Step], parent: str) -> ir.Block:
        built = super().block(steps, parent)
        if self.moment == "after body" and self.target is not None:
            body = self.target.blocks.get("steps")
            if body is steps:
                self.keep()
        return built


def _bindings(builder: _Watcher) -> Bindings:
    found = Bindings(in_loop=builder.in_loop)
    flow = builder.flow
    for name, binding in flow.bindings.items() if flow else ():
        if name.startswith("steps."):
            if not name.startswith("steps.:"):
                found.outputs[name.removeprefix("steps.")] = binding.type
            continue
        found.types[name] = binding.type
        if binding.unset:
            found.unset[name] = binding.unset
    return found
