"""Lowering steps: each becomes statements, while the flow of variables moves along."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build import calls, failures, loops, parallel, plain_steps
from vegac.ir.build.cases import Split, covers_rest, restricted, split_by
from vegac.ir.build.fields import FieldReader, Invalid
from vegac.ir.build.forms import reply_form
from vegac.ir.build.narrowing import refinements
from vegac.ir.build.outcomes import with_outcome, without_output
from vegac.ir.build.plain_steps import FALSE_PATH
from vegac.ir.build.rounds import LaterRounds
from vegac.ir.build.scope import WorkflowScope, unknown
from vegac.ir.build.texts import TextBuilder, as_text
from vegac.ir.build.unknown_agents import report_unknown_agent
from vegac.semantics.flow import Flow, Link, covered, merge, null_when_unset
from vegac.semantics.literals import NAME, NAME_HINT, unfit_variable
from vegac.semantics.types import (
    ANY,
    ERROR,
    NULL,
    ListOf,
    Type,
    may_be_null,
    optional,
    overlaps,
)
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.document import Step
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence, is_null

if TYPE_CHECKING:
    from vegac.ir.build.program import ProgramContext

Handler = Callable[["StepBuilder", Step, str], ir.Block]


class StepBuilder:
    """Builds the steps of one workflow.

    `site_names` counts names for sites; `in_parallel` and `in_finally` say where `return` cannot
    stand; `returns` gathers the types of results.
    """

    def __init__(self, context: "ProgramContext", scope: WorkflowScope, workflow: str) -> None:
        self.context = context
        self.scope = scope
        self.findings: Findings = scope.findings
        self.texts = TextBuilder(scope, context.delimiters, in_steps=True)
        self.fields = FieldReader(scope.findings)
        self.workflow = workflow
        self.site_names: dict[str, int] = {}
        self.condition_depth = 0
        self.parallel_depth = 0
        self.finally_depth = 0
        self.returns: list[Type] = []
        self.agents: dict[str, None] = {}
        self.calls: dict[str, None] = {}
        self.rounds: dict[str, LaterRounds] | None = None
        """In a loop, what is known of later rounds of the loops inside, by their sites."""
        self.settled = True
        self.changed_types = 0
        self._dead = False
        self.outcomes: list[str] = []
        """Hidden variables that get every result inside the iterations and the branch around."""

    def mark(self) -> Callable[[], None]:
        """Remember the state of building; the result goes back to it (the flow aside)."""
        scope = self.scope
        items = len(self.findings.items)
        sites, returns = dict(self.site_names), len(self.returns)
        inputs, variables, initial = dict(scope.inputs), dict(scope.variables), dict(scope.initial)
        loop_level, loop_ended = scope.loop_level, scope.loop_ended

        def undo() -> None:
            del self.findings.items[items:]
            del self.returns[returns:]
            self.site_names = sites
            scope.set_inputs(inputs)
            scope.variables, scope.initial = variables, initial
            scope.loop_level, scope.loop_ended = loop_level, loop_ended

        return undo

    # --- sites ---------------------------------------------------------------------------------

    def site(self, parent: str, name: str) -> str:
        """A stable name for a step: its parent's and its own, numbered among equals."""
        full = f"{parent}/{name}"
        count = self.site_names.get(full, 0) + 1
        self.site_names[full] = count
        return full if count == 1 else f"{full}#{count}"

    def step_name(self, step: Step) -> str:
        for key in ("name", "save"):
            node = step.get(key)
            if isinstance(node, Scalar) and node.value.isidentifier():
                return node.value
        return step.agent if step.kind == "send" else step.kind

    # --- blocks --------------------------------------------------------------------------------

    def block(self, steps: list[Step], parent: str) -> ir.Block:
        """The statements of a list of steps."""
        built: ir.Block = []
        outer = self._dead
        for step in steps:
            live, decided = self.scope.flow.live, self.scope.flow.covered
            # A `fail` for the case that there is another value one day is no mistake.
            if not live and not self._dead and not (decided and step.kind == "fail"):
                self._dead = True  # said once, for the steps inside and those that follow too
                self.findings.report(
                    "unreachable-step",
                    step.key.span,
                    "this step is never reached",
                    hint="the conditions before it leave no other value, and end the workflow"
                    if decided
                    else "the step before it always ends the workflow",
                )
            statements = self.step(step, parent)
            if live:
                built += statements
        self._dead = outer
        return built

    def step(self, step: Step, parent: str) -> ir.Block:
        """One step with its common options around it."""
        skip = step.get("if") if step.kind != "if" else None
        self.check_step_name(step)
        if skip is None:
            return self._unconditional(step, parent)
        condition = self.texts.condition(skip, "`if`")
        splits = split_by(self.scope.flow, condition)
        certain = covers_rest(self.scope.flow, condition, splits)
        before = self.scope.flow.copy()
        self.narrow(condition, splits, True)
        body = self._unconditional(step, parent)
        after = self.scope.flow
        if certain:
            self.scope.flow = merge(after, covered(before), "", "")
            return [ir.If(step.key.span, parent, condition, body, [], certain=True)]
        self.scope.flow = before
        self.narrow(condition, splits, False)
        before = self.scope.flow
        otherwise = before
        for name, binding in after.set_since(before):
            # A skipped step leaves what it would save as it is, or null.
            if name in self.outcomes:
                continue
            if self.scope.is_computed(name):
                continue  # the table of computed names says whether it is set
            if binding != before.get(name) and null_when_unset(otherwise, name):
                self.scope.start_null(name)
        self.scope.flow = merge(after, otherwise, "", FALSE_PATH)
        return [ir.If(step.key.span, parent, condition, body, [])]

    def check_step_name(self, step: Step) -> None:
        node = step.get("name")
        if node is None:
            return
        name = self.fields.string(node, "name")
        if isinstance(node, Scalar) and name == node.value and not NAME.fullmatch(node.value):
            self.bad_name(node, "a step")

    def bad_name(self, node: Scalar, what: str, hint: str = NAME_HINT) -> None:
        """Report a name that cannot name a variable, an input or a step."""
        message = f"'{node.value}' cannot name {what}" if node.value else f"{what} has no name here"
        self.findings.report("bad-name", node.span, message, hint=hint)

    def _unconditional(self, step: Step, parent: str) -> ir.Block:
        self._report_empty(step)
        site = self.site(parent, self.step_name(step))
        options = self.options(step)
        late = "on_timeout" in step.blocks
        lenient = options.get("continue_on_error") is True
        before = self.scope.flow.copy() if late or lenient else self.scope.flow
        if "retry" in options and step.kind != "send":
            self.scope.flow.values.clear()  # the attempt before may have set other ones
        if step.kind == "send":
            body = self.send(step, site, options)
        else:
            body = self._scoped(self._control(step, site), step, site, options)
        if late:
            body = self._on_timeout(body, step, site, before)
        if lenient:
            body = self._continue_on_error(body, step, site, before)
        return body

    def _control(self, step: Step, site: str) -> ir.Block:
        """The statements of a control step, with its output under its names."""
        handler = _HANDLERS[step.kind]
        if step.kind in ("if", "do", "try", "repeat"):
            return with_outcome(self, step, site, lambda: handler(self, step, site))
        if step.kind in ("set", "remember", "return", "fail"):
            return without_output(self, step, site) + handler(self, step, site)
        return handler(self, step, site)

    def _report_empty(self, step: Step) -> None:
        """Report a step that consists of steps, and has none."""
        name = _MAIN_BLOCK.get(step.kind, "")
        entry = step.fields.get(name)
        node = step.value if entry is None else entry.value
        if name in step.blocks and isinstance(node, Sequence) and not node.items:
            self.findings.report(
                "no-steps",
                step.key.span,
                f"this `{step.kind}` has no steps",
                hint="write its steps, or remove it",
                subject="steps",
            )

    def options(self, step: Step) -> dict[str, ir.StaticValue]:
        """The common options of a step that are static."""
        found: dict[str, ir.StaticValue] = {}
        if step.fields.keys().isdisjoint(_STATIC_OPTIONS):
            return found
        for name in _STATIC_OPTIONS:
            node = step.get(name)
            if node is None:
                continue
            if name == "retry":
                retry = self._retry(node)
                if retry is not None:
                    found[name] = retry
                continue
            value = self.fields.read(node, grammar.COMMON[name], name)
            if not isinstance(value, Invalid):
                found[name] = value
        return found

    def _retry(self, node: Node) -> ir.Construct | None:
        if isinstance(node, Mapping):
            return ir.Construct("Retry", self.fields.values(node, grammar.RETRY, "`retry`"))
        value = self.fields.read(node, grammar.COMMON["retry"], "retry")
        if isinstance(value, Invalid):
            return None
        return ir.Construct("Retry", {"max_attempts": value})

    def _scoped(
        self, body: ir.Block, step: Step, site: str, options: dict[str, ir.StaticValue]
    ) -> ir.Block:
        """The deadline, the retries and the budget of a step that is no send."""
        span = step.key.span
        timeout, total = options.get("timeout"), options.get("total_timeout")
        budget, retry = options.get("budget"), options.get("retry")
        if timeout is not None:
            body = [ir.Scope(span, site, body, _seconds(timeout), None)]
        if isinstance(retry, ir.Construct):
            body = [ir.Attempts(span, site, body, retry)]
        if total is not None or budget is not None:
            body = [ir.Scope(span, site, body, _seconds(total), _seconds(budget))]
        return body

    def _on_timeout(self, body: ir.Block, step: Step, site: str, before: Flow) -> ir.Block:
        after = self.scope.flow
        if not {"timeout", "total_timeout"} & step.fields.keys():
            self.findings.report(
                "missing-key",
                step.fields["on_timeout"].key.span,
                "`on_timeout` needs a `timeout`",
                hint="add `timeout:` to this step",
            )
        self.scope.flow = before.copy()
        self.scope.flow.values.clear()  # the step may have set other ones
        steps = step.blocks["on_timeout"]
        where = f"{site}/on_timeout"
        handler = with_outcome(self, step, site, lambda: self.block(steps, where))
        self.scope.flow = merge(after, self.scope.flow, "after the timeout", "after the timeout")
        return [ir.OnTimeout(step.key.span, site, body, handler, site)]

    def _continue_on_error(self, body: ir.Block, step: Step, site: str, before: Flow) -> ir.Block:
        span = step.key.span
        after = self.scope.flow
        self.scope.flow = before.copy()
        names = [
            name
            for name, binding in after.set_since(before)
            if before.get(name) != binding and name != self.scope.failure
        ]
        saves = self.targets(step, NULL, quiet=True)
        null = ir.Const(NULL, span, None)
        for name in names:
            saved = any(isinstance(t, ir.Target) and t.name == name for t in saves)
            if not saved and not self.scope.is_computed(name):
                null_when_unset(self.scope.flow, name)
                self.scope.start_null(name)
        handler: ir.Block = [ir.Assign(span, site, saves, null)] if saves else []
        for target in saves:
            if isinstance(target, ir.Target):
                self.scope.assign(target.name, NULL, target.span)
        failed = self.scope.flow
        error = ir.Target(self.scope.failure, span)
        after.set(error.name, NULL, span)
        failed.set(error.name, ERROR, span)
        # A step that gives no result leaves `result` as it was where it succeeds.
        self.scope.flow = merge(after, failed, "when the step succeeds", "when the step fails")
        self.scope.assign(error.name, optional(ERROR), span)
        self._link(error.name, saves, after)
        return [ir.Try(span, site, body, handler, (error,), [], reset_error=(error,))]

    def _link(self, cause: str, saves: tuple[ir.AnyTarget, ...], succeeded: Flow) -> None:
        """Remember that a step's results are there where it has set `error` to null."""
        flow = self.scope.flow
        for target in saves:
            name = target.name if isinstance(target, ir.Target) else ""
            known, good = flow.get(str(name)), succeeded.get(str(name))
            if known is not None and good is not None and not may_be_null(good.type):
                link = Link(cause, flow.bindings[cause], str(name), known, good.type)
                flow.links.append(link)

    # --- targets -------------------------------------------------------------------------------

    def targets(self, step: Step, type_: Type, quiet: bool = False) -> tuple[ir.AnyTarget, ...]:
        """Where a step's result goes: `save`, the step's own name, `steps.NAME`, `result`.

        Assigns them in the flow unless `quiet`.
        """
        return self._targets(step, type_, quiet, (self.scope.latest, *self.outcomes))

    def saves(self, step: Step, type_: Type, quiet: bool = False) -> tuple[ir.AnyTarget, ...]:
        """Where the value goes of a step that gives no `result`."""
        return self._targets(step, type_, quiet, ())

    def _targets(
        self, step: Step, type_: Type, quiet: bool, hidden: tuple[str, ...]
    ) -> tuple[ir.AnyTarget, ...]:
        found: list[ir.AnyTarget] = []
        save = step.get("save")
        names: dict[str, Span] = {}
        if isinstance(save, Scalar):
            self.findings.quiet += quiet
            target = self.save_target(save)
            self.findings.quiet -= quiet
            if isinstance(target, ir.Target):
                names[target.name] = target.span
            elif target is not None:
                found.append(target)
        elif save is not None and not isinstance(save, ErrorNode) and not quiet:
            self.findings.report("wrong-type", save.span, "`save` is the name of a variable")
        named = step.get("name")
        if isinstance(named, Scalar) and named.value.isidentifier():
            if self.context_name_free(named.value):
                names.setdefault(named.value, named.span)
            names.setdefault(f"steps.{named.value}", named.span)
        if isinstance(save, Scalar) and save.value.isidentifier():
            names.setdefault(f"steps.{save.value}", save.span)
        for name in hidden:
            names.setdefault(name, step.key.span)
        if found:
            self.scope.computed_set()
        for name, span in names.items():
            found += (
                self.scope.targets(name, span) if name not in hidden else [ir.Target(name, span)]
            )
            if not quiet:
                self.scope.assign(name, type_, span)
        return tuple(found)

    def context_name_free(self, name: str) -> bool:
        """Whether a step's name may be a variable too: unless an input or a `save` has it."""
        return name not in self.scope.inputs and name not in self.context.explicit_names

    def save_target(self, node: Scalar) -> ir.AnyTarget | None:
        built = self.texts.scalar(node, literal=False)
        if not isinstance(built, ir.Const):
            return ir.ComputedTarget(as_text(built), node.span)
        unfit = unfit_variable(built.value) if isinstance(built.value, str) else NAME_HINT
        if unfit:
            self.bad_name(node, "a variable", unfit)
            return None
        return ir.Target(str(built.value), node.span)

    # --- flow ----------------------------------------------------------------------------------

    def narrow(self, condition: ir.Expr, splits: dict[str, Split], truth: bool) -> None:
        """Take over what `condition` says about variables when it is `truth`."""
        changes = refinements(condition, truth)
        left = restricted(splits, truth)
        if changes or left:
            self.scope.flow = self.scope.flow.copy()
            for name, type_ in changes:
                self.scope.flow.narrow(name, type_)
            for path, values in left:
                self.scope.flow.leave(path, values)

    # --- sends ---------------------------------------------------------------------------------

    def send(self, step: Step, site: str, options: dict[str, ir.StaticValue]) -> ir.Block:
        known = step.agent in self.context.agents
        if not known:
            report_unknown_agent(self.context, step)
        message = self._message(step)
        arguments: dict[str, ir.StaticValue | ir.Expr] = {
            name: value for name, value in options.items() if name != "continue_on_error"
        }
        type_ = self._reply_form(step, arguments)
        self._send_options(step, arguments)
        targets = self.targets(step, type_ if known else ANY)
        if known:
            self.agents[step.agent] = None
        if not known or message is None:
            return lost(step, site, targets)
        return [ir.Send(step.key.span, site, step.agent, message, targets, type_, arguments)]

    def _message(self, step: Step) -> ir.Expr | None:
        node = step.get("send")
        if node is None and not isinstance(step.value, Mapping):
            node = step.value
        if node is None or is_null(node):
            if step.agent in grammar.STEPS:
                return None  # how that step is written is said
            self.findings.report(
                "missing-send",
                step.key.span,
                f"there is no message for '{step.agent}'",
                hint=f"write `{step.key.value}: MESSAGE`, or add `send:`",
                subject="send",
            )
            return None
        if isinstance(node, ErrorNode):
            return None
        listed = isinstance(node, Sequence) and any(isinstance(i, Mapping) for i in node.items)
        if step.agent not in self.context.agents and listed:
            return None  # steps below a misspelt `for x in xs`: the agent is reported
        return self.texts.message(node)

    def _reply_form(self, step: Step, arguments: dict[str, ir.StaticValue | ir.Expr]) -> Type:
        form, type_ = reply_form(self.fields, step)
        if form is not None:
            arguments["form"] = form
        return type_

    def _send_options(self, step: Step, arguments: dict[str, ir.StaticValue | ir.Expr]) -> None:
        tools = step.get("tools")
        if tools is not None:
            items = tools.items if isinstance(tools, Sequence) else [tools]
            for item in items:
                if not isinstance(item, Scalar):
                    self.fields.string(item, "tools")
            found = [self.context.tool(item) for item in items if isinstance(item, Scalar)]
            arguments["tools"] = tuple(tool for tool in found if tool is not None)
        if self.fresh(step):
            arguments["fresh"] = True
        attach = step.get("attach")
        if attach is not None:
            self._check_names_of_files(attach)
            value = self.texts.value(attach)
            several = isinstance(value, ir.ListValue) or overlaps(value.type, ListOf(ANY))
            arguments["attach"] = value if several else _list_of(value)

    def _check_names_of_files(self, node: Node) -> None:
        """Report what can be no file's name; what a hole gives is known in a run only."""
        for item in node.items if isinstance(node, Sequence) else [node]:
            literal = resolve_plain(item.value) if isinstance(item, Scalar) else None
            plain = isinstance(item, Scalar) and item.style == "plain" and not item.tag
            if not isinstance(item, Scalar) or (plain and not isinstance(literal, str)):
                self.fields.wrong(item, "attach", "a file's name, or a list of them")

    def fresh(self, step: Step) -> bool:
        node = step.get("context")
        if node is None:
            return False
        word = self.fields.word(node, grammar.SEND["context"], "context")
        return word == "fresh"


_STATIC_OPTIONS = ("timeout", "total_timeout", "budget", "continue_on_error", "retry")
_MAIN_BLOCK = {"parallel": "parallel", "do": "do", "for": "steps", "repeat": "steps", "try": "try"}
"""The steps without which a step does nothing."""


def lost(step: Step, site: str, targets: tuple[ir.AnyTarget, ...]) -> ir.Block:
    """What stands for a step that could not be understood: its variables are set all the same."""
    span = step.key.span
    return [ir.Assign(span, site, targets, unknown(span))] if targets else []


def _list_of(value: ir.Expr) -> ir.Expr:
    return ir.ListValue(ListOf(value.type), value.span, (value,))


def _seconds(value: ir.StaticValue) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _never(builder: StepBuilder, step: Step, site: str) -> ir.Block:
    raise AssertionError(f"sends are built by StepBuilder.send: {builder}, {step}, {site}")


_HANDLERS: dict[str, Handler] = {
    "send": _never,
    "if": plain_steps.condition,
    "set": plain_steps.set_,
    "return": plain_steps.return_,
    "fail": plain_steps.fail,
    "do": plain_steps.do,
    "remember": plain_steps.remember,
    "recall": plain_steps.recall,
    "ask": plain_steps.ask,
    "for": loops.for_each,
    "repeat": loops.repeat,
    "parallel": parallel.parallel,
    "workflow": calls.call,
    "try": failures.try_,
}
