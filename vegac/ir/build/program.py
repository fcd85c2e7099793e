"""Lowering a whole program."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import cast

from vegac.ir import nodes as ir
from vegac.ir.build.agents import AgentBuilder, FindFile
from vegac.ir.build.memory import Journal, Lowered, Memory, Names, Question, Signature
from vegac.ir.build.models import check_model
from vegac.ir.build.prescan import called_in
from vegac.ir.build.settings import Settings, read_settings
from vegac.ir.build.skills import FindSkills, SkillReader
from vegac.ir.build.workflow import Built, build_workflow, read_inputs
from vegac.ir.traverse import statements
from vegac.semantics.declarations import Declarations
from vegac.semantics.types import ANY
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Scalar

_DEEP = 20
"""From so many open calls on, what a workflow calls is built before it."""


class ProgramContext:
    """What the parts of a program know of each other while they are lowered.

    Steps ask for names through `agents`, `workflow_names`, `incomplete` and the methods below only,
    so that it is known what each workflow depends on.
    """

    def __init__(
        self,
        findings: Findings,
        declarations: Declarations,
        today: date,
        find_file: FindFile,
        find_skills: FindSkills,
        memory: Memory | None = None,
    ) -> None:
        self.findings = findings
        self.declarations = declarations
        skills = SkillReader(findings, find_skills)
        self.settings: Settings = read_settings(findings, declarations.settings, skills)
        self.journal = Journal()
        self.agents = Names("agents", declarations.agents, self.journal)
        self.workflow_names = Names("workflows", declarations.workflows, self.journal)
        self.incomplete = Names("incomplete", declarations.incomplete, self.journal)
        self.agent_builder = AgentBuilder(
            findings,
            declarations,
            self.settings.values,
            self.settings.mcp,
            today,
            find_file,
            skills,
        )
        self.memory = Memory() if memory is None else memory
        self.surroundings = self._surroundings()
        self._same_surroundings = self.memory.surroundings == self.surroundings
        self.lowered: dict[str, Lowered] = {}
        self.built: dict[str, Built] = {}
        self.open: set[str] = set()
        self.explicit_names: set[str] = set()

    # --- what steps ask for --------------------------------------------------------------------

    @property
    def delimiters(self) -> str:
        """Which delimiters the program's texts use."""
        self.journal.note(("delimiters", None), self.settings.delimiters)
        return self.settings.delimiters

    def tool(self, item: Scalar) -> ir.StaticValue:
        """The tool that a name in the list of a step means, or None after a finding."""
        self.journal.note(("tools", None), self._tools())
        return self.agent_builder.tool(item)

    def unknown_agent(self, scalar: Scalar) -> None:
        """Report a name that no agent has."""
        self.journal.note(("agents", None), tuple(self.declarations.agents))
        self.journal.note(("incomplete", "agents"), "agents" in self.declarations.incomplete)
        self.agent_builder.unknown_agent(scalar)

    def signature(self, name: str) -> Signature:
        """The signature of a workflow; in a cycle of calls its result has type any."""
        found = self._signature(name)
        self.journal.note(("signature", name), self._content(name))
        return found

    # --- answers -------------------------------------------------------------------------------

    def _signature(self, name: str) -> Signature:
        if name in self.open:
            node = self.declarations.workflows[name].node
            inputs = node.get("inputs") if isinstance(node, Mapping) else None
            self.findings.quiet += 1
            read = read_inputs(self.findings, inputs) if inputs is not None else {}
            self.findings.quiet -= 1
            return Signature(read, ANY, complete=inputs is not None)
        workflow = self.workflow(name).workflow
        return Signature({i.name: i for i in workflow.inputs}, workflow.result_type)

    def _content(self, name: str) -> tuple[object, ...]:
        """What the signature of a workflow says."""
        if name in self.open:
            return self._signature(name).content()
        self.workflow(name)
        lowered = self.lowered[name]
        if lowered.content is None:
            lowered.content = self._signature(name).content()
        return lowered.content

    def _surroundings(self) -> tuple[object, ...]:
        """All that questions are about, signatures aside."""
        declared = self.declarations
        names = tuple(declared.agents), tuple(declared.workflows), frozenset(declared.incomplete)
        return (*names, self._tools(), self.settings.delimiters)

    def _tools(self) -> tuple[object, ...]:
        declared = self.declarations
        unknown = "tools" in declared.incomplete
        return tuple(declared.tools), self.settings.mcp, unknown, declared.server

    def _answer(self, question: Question) -> object:
        """The answer to a question as the program is now."""
        declared = self.declarations
        match question:
            case ("signature", str() as name):
                return self._content(name) if name in declared.workflows else None
            case ("delimiters", _):
                return self.settings.delimiters
            case ("tools", _):
                return self._tools()
            case (kind, name):
                names = declared.incomplete if kind == "incomplete" else getattr(declared, kind)
                return tuple(names) if name is None else name in names

    # --- workflows -----------------------------------------------------------------------------

    def workflow(self, name: str) -> Built:
        """A workflow, lowered unless it is remembered."""
        if name not in self.built:
            if len(self.open) < _DEEP:
                self._build(name)
            else:
                self._build_called_first(name)
        return self.built[name]

    def _build(self, name: str) -> None:
        self.open.add(name)
        journal, self.journal.answers = self.journal.answers, None
        known = self.memory.workflows.get(name)
        if known is None or not self._holds(known, name):
            known = self._lower(name)
        self.journal.answers = journal
        self.lowered[name] = known
        self.built[name] = known.built
        self.open.discard(name)

    def _build_called_first(self, name: str) -> None:
        """Build a workflow after those that it calls, in the order in which it asks for them: that
        needs no stack however long a chain of calls is."""
        self.open.add(name)
        waiting = [(name, self._calls(name))]
        while waiting:
            caller, calls = waiting[-1]
            callee = next((n for n in calls if n not in self.built and n not in self.open), None)
            if callee is None:
                waiting.pop()
                self._build(caller)
            else:
                self.open.add(callee)
                waiting.append((callee, self._calls(callee)))

    def _calls(self, name: str) -> Iterator[str]:
        """The workflows that a workflow calls, as its text says."""
        found = called_in(self.declarations.workflows[name].node)
        return iter([callee for callee in found if callee in self.declarations.workflows])

    def _holds(self, known: Lowered, name: str) -> bool:
        """Whether lowering a workflow would give what is remembered.

        Signatures come last, in the order in which they were asked for: their workflows are lowered
        in the order that a program without a memory has.
        """
        if not known.is_of(self.declarations.workflows[name]):
            return False
        answers = known.answers.items()
        return all(
            self._answer(question) == answer
            for calls in ((True,) if self._same_surroundings else (False, True))
            for question, answer in answers
            if (question[0] == "signature") is calls
        )

    def _lower(self, name: str) -> Lowered:
        self.memory.count += 1
        declaration = self.declarations.workflows[name]
        findings, tools = self.findings, self.agent_builder
        names, quiet = self.explicit_names, findings.quiet
        items, used = findings.items, tools.used_tools
        findings.items, findings.quiet, tools.used_tools = [], 0, set()
        answers = self.journal.answers = {}
        built = build_workflow(self, declaration)
        own_tools = _tools_of_sends(built.workflow)
        lowered = Lowered(declaration, built, findings.items, tools.used_tools, own_tools, answers)
        findings.items, findings.quiet, tools.used_tools = items, quiet, used
        self.explicit_names = names
        return lowered


def build_program(
    findings: Findings,
    declarations: Declarations,
    today: date,
    find_file: FindFile,
    find_skills: FindSkills,
    memory: Memory | None = None,
) -> ProgramContext:
    """Lower everything; the IR is `program_of(context)`. Models are judged as of `today`.

    What is in the memory is not lowered again; then the IR of workflows must not be changed.
    """
    context = ProgramContext(findings, declarations, today, find_file, find_skills, memory)
    default = context.settings.default_model
    if default is not None:
        check_model(findings, default, own_endpoint=False, today=today)
    for name in declarations.workflows:
        context.workflow(name)
    for name in declarations.workflows:
        lowered = context.lowered[name]
        findings.items += lowered.findings
        context.agent_builder.used_tools |= lowered.used_tools
    context.memory.workflows = context.lowered
    context.memory.surroundings = context.surroundings
    return context


def program_of(context: ProgramContext) -> ir.Program:
    """The IR of a lowered program."""
    declarations = context.declarations
    workflows = [context.built[name].workflow for name in declarations.workflows]
    agents = context.agent_builder.build()
    _spread(context, workflows, {agent.name: team_of(agent) for agent in agents})
    return ir.Program(
        declarations.file,
        declarations.name,
        declarations.description,
        agents,
        _tools(context),
        workflows,
        context.settings.values,
    )


def _tools(context: ProgramContext) -> list[ir.Tool]:
    declared = context.declarations.tools.values()
    if not declared:
        return []  # what is known of shells takes a moment to import
    from vegac.ir.build.tools import build_tool

    return [build_tool(context.findings, tool, context.settings.delimiters) for tool in declared]


def team_of(agent: ir.Agent) -> tuple[str, ...]:
    """The names of an agent's team."""
    team = agent.options.get("team", ())
    return tuple(str(name) for name in team) if isinstance(team, tuple) else ()


def with_teams(names: Iterable[str], teams: dict[str, tuple[str, ...]]) -> list[str]:
    """Agents and all whom tasks that they hand on may reach, the nearest first."""
    found = dict.fromkeys(names)
    waiting = list(found)
    for name in waiting:
        new = [member for member in teams.get(name, ()) if member not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return waiting


def _spread(
    context: ProgramContext, workflows: list[ir.Workflow], teams: dict[str, tuple[str, ...]]
) -> None:
    """Give each workflow the agents and the tools of all that it calls."""
    agents = {name: set(with_teams(b.agents, teams)) for name, b in context.built.items()}
    tools = {name: set(lowered.own_tools) for name, lowered in context.lowered.items()}
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
        workflow.agents = tuple(
            a for a in context.declarations.agents if a in agents[workflow.name]
        )
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
