"""What names mean at a place: in workflows, tools, system prompts and lone expressions."""

import re
from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from vega_grammar.synonyms import LITERALS
from vegac.ir import nodes as ir
from vegac.semantics.flow import Flow
from vegac.semantics.types import ANY, LOOP, NULL, STRING, Type, join, optional
from vegac.source.diagnostic import Edit, Fix, Label
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import Names, names_of, unknown_name

RUN_VALUES = ("date", "time", "now", "random")
NAMESPACES = ("env", "run", "workflow", "steps")
WORDS = ("yes", "no", "on", "off")
"""What older YAML took for booleans; here a text, and without quotes a name."""


class Scope(Protocol):
    """Resolves names. `flow` holds what is known of the variables at this point."""

    findings: Findings
    flow: Flow

    def resolve(self, name: str, span: Span, guarded: bool) -> ir.Expr:
        """The expression that a name stands for; unknown ones are reported and have type any."""
        ...

    def namespace(self, root: str, name: str, span: Span) -> ir.Expr | None:
        """`root.name` where `root` is no variable but a namespace (`env`, `run`, ...), or None."""
        ...

    def is_variable(self, name: str) -> bool:
        """Whether a bare word is also the name of something in scope."""
        ...

    def is_meant(self, name: str) -> bool:
        """Whether a name behind `<<` is rather that of a value than a part of some code."""
        ...


def unknown(span: Span) -> ir.Expr:
    """What stands for an expression that could not be understood: null of type any."""
    return ir.Const(ANY, span, None)


def env_type(flow: Flow, name: str) -> Type:
    """The type of `env.NAME`: a string, or null unless that was tested before."""
    return flow.field(f"env/{name}") or optional(STRING)


def report_undefined(
    findings: Findings,
    name: str,
    span: Span,
    names: Iterable[str],
    kind: str = "names in scope",
    also: tuple[str, ...] = (),
) -> None:
    """Report a name that nothing declares, with the nearest ones and the list of what exists.

    It may be a misspelling of a word in `also` too.
    """
    names = names_of(names)
    details = unknown_name(name, kind, names, also)
    if not names:
        details["notes"] = ()
    literal = LITERALS.get(name)
    if literal is not None and not details["hint"]:
        findings.report(
            "undefined-variable",
            span,
            f"nothing here is named '{name}'",
            hint=f"write `{literal}`",
            fixes=(Fix(f"write `{literal}`", (Edit(span, literal),)),),
            subject=name,
        )
        return
    if name in WORDS and not details["hint"]:
        details["hint"] = f"a text needs quotes: '{name}'"
    findings.report("undefined-variable", span, f"nothing here is named '{name}'", **details)


class FixedScope:
    """A scope of fixed names: the parameters of a tool, the values of a system prompt, the
    variables of a lone expression."""

    def __init__(
        self, findings: Findings, names: dict[str, ir.Expr], run_values: tuple[str, ...] = ()
    ) -> None:
        self.findings = findings
        self.flow = Flow()
        self.names = names
        self.run_values = run_values

    def resolve(self, name: str, span: Span, guarded: bool) -> ir.Expr:
        del guarded
        found = self.names.get(name)
        if found is not None:
            match found:
                case ir.Parameter():
                    return ir.Parameter(found.type, span, name)
                case _:
                    return ir.Variable(found.type, span, name)
        if name in self.run_values:
            return ir.RunValue(STRING, span, name)  # type: ignore[arg-type]
        names = [*self.names, *self.run_values]
        report_undefined(self.findings, name, span, names, also=("env",))
        return unknown(span)

    def namespace(self, root: str, name: str, span: Span) -> ir.Expr | None:
        if root == "env" and root not in self.names:
            return ir.EnvValue(env_type(self.flow, name), span, name)
        return None

    def is_variable(self, name: str) -> bool:
        return name in self.names

    def is_meant(self, name: str) -> bool:
        return name in self.names


class Siblings(Struct):
    """What the branches of the parallel step around us save, and the outputs of their steps: the
    numbers of the branches that give a name. `branch` is our own number."""

    givers: dict[str, list[tuple[int, Span]]]
    branch: int

    def place(self, name: str) -> Span | None:
        """Where another branch gives a name."""
        for branch, span in reversed(self.givers.get(name, ())):
            if branch != self.branch:
                return span
        return None


class WorkflowScope:
    """The scope of a workflow's steps; `flow` moves along with the steps.

    `assigned` maps every name that the workflow assigns anywhere to the place of its first
    assignment; `patterns` are the computed `save` names as regular expressions.
    """

    def __init__(
        self,
        findings: Findings,
        inputs: dict[str, ir.Input],
        assigned: dict[str, Span],
        patterns: list[re.Pattern[str]],
        implicit: bool,
    ) -> None:
        self.findings = findings
        self.flow = Flow()
        self.inputs = inputs
        self.assigned = assigned
        self.patterns = patterns
        self.implicit = implicit
        """No `inputs` key: names that nothing assigns become inputs."""
        self.latest = "steps.:latest" if self.is_variable("result") else "result"
        """The hidden variable of the latest result; the program's own `result` is another one."""
        self.failure = "steps.:failure" if self.is_variable("error") else "error"
        """The hidden variable of the latest failure."""
        self.loop_level = 0
        self.loop_ended = False
        self.siblings: list[Siblings] = []
        self.initial: dict[str, None] = {}
        self.step_names: dict[str, Span] = {}
        self.reads: dict[str, Span] = {}
        self.variables: dict[str, Type] = {}
        self._beginnings: dict[str, list[re.Pattern[str]]] = {}
        """The patterns by what they begin with."""
        for pattern in patterns:
            literal = pattern.pattern.partition(".*")[0].replace("\\", "")
            self._beginnings.setdefault(literal, []).append(pattern)
        self._literals = Names(filter(None, self._beginnings))
        self._known: dict[tuple[bool, bool], Names] = {}
        self.read_unset: set[str] = set()
        """Names that were read where nothing had set them yet."""

    # --- assignment ----------------------------------------------------------------------------

    def assign(self, name: str, type_: Type, span: Span | None) -> None:
        self.flow.set(name, type_, span)
        known = self.variables.get(name)
        self.variables[name] = type_ if known is None else join(known, type_)

    def start_null(self, name: str) -> None:
        """The variable is read where it may be unset: it starts as null."""
        if name in self.initial:
            return
        self.initial[name] = None
        known = self.variables.get(name)
        self.variables[name] = NULL if known is None else join(known, NULL)

    def is_computed(self, name: str) -> bool:
        """Whether a computed `save` may set this name: then the table of computed names has it."""
        if not self.patterns or "." in name or name in (self.latest, self.failure):
            return False
        beginnings = (self._beginnings.get(name[:end], ()) for end in range(len(name) + 1))
        return any(pattern.fullmatch(name) for patterns in beginnings for pattern in patterns)

    def targets(self, name: str, span: Span) -> tuple[ir.AnyTarget, ...]:
        """What is set where a step sets `name`."""
        target = ir.Target(name, span)
        if not self.is_computed(name):
            return (target,)
        return target, ir.ComputedTarget(ir.Const(STRING, span, name), span)

    def computed_set(self) -> None:
        """A computed name has been set: it may be that of any variable that fits."""
        for name in [name for name in self.flow.bindings if self.is_computed(name)]:
            del self.flow.bindings[name]

    # --- resolution ----------------------------------------------------------------------------

    def is_variable(self, name: str) -> bool:
        return name in self.inputs or name in self.assigned

    def is_meant(self, name: str) -> bool:
        if name == "result" or (name == "input" and self.implicit):
            return True
        return self.is_variable(name)

    def resolve(self, name: str, span: Span, guarded: bool) -> ir.Expr:
        self.reads.setdefault(name, span)
        if name in self.inputs or name in self.assigned:
            return self._variable(name, span, guarded)
        builtin = self._builtin(name, span)
        if builtin is not None:
            return builtin
        if self.is_computed(name):
            return ir.ComputedVariable(ANY, span, name, guarded)
        known = self.known_names()
        also = (*NAMESPACES, *self._computed_like(name))
        near = known.nearest(name, also)
        if self.implicit and not near and name not in (*NAMESPACES, *LITERALS, "loop"):
            return self._implicit(name, span)
        if name == "loop":
            self.findings.report(
                "undefined-variable",
                span,
                "`loop` has a value only in a loop and after one",
                hint="no loop encloses this place",
                subject="loop",
            )
        elif name in NAMESPACES:
            self.findings.report(
                "undefined-variable",
                span,
                f"`{name}` is not a value by itself",
                hint="write `steps.NAME.output`" if name == "steps" else f"write `{name}.NAME`",
            )
        else:
            report_undefined(self.findings, name, span, known, also=also)
            if near and near[0] not in (*also, *RUN_VALUES, "loop"):
                # What is said of it, such as `if`, is said of the variable that was meant.
                self.reads.setdefault(near[0], span)
                return ir.Variable(ANY, span, near[0])
        return unknown(span)

    def known_names(self, *, run_values: bool = True) -> Names:
        """Everything that a name may mean here, with the values of the run or without."""
        looping = bool(self.loop_level or self.loop_ended)
        names = self._known.get((looping, run_values))
        if names is None:
            names = Names((*self.inputs, *self.assigned, "result", "error"))
            for more, name in (
                *((run_values, name) for name in RUN_VALUES),
                (self.implicit, "input"),
                (looping, "loop"),
            ):
                if more:
                    names.add(name)
            self._known[looping, run_values] = names
        return names

    def set_inputs(self, inputs: dict[str, ir.Input]) -> None:
        """Go back to the inputs that were known at an earlier point."""
        if len(inputs) != len(self.inputs):
            self._known.clear()
        self.inputs.clear()
        self.inputs.update(inputs)

    def _computed_like(self, name: str) -> list[str]:
        """What `name` would be if its beginning were that of a computed name."""
        found: list[str] = []
        for literal in self._literals.alike(name):
            ends = range(len(literal) - 1, len(literal) + 2)
            found += [literal + name[end:] for end in ends if 0 < end < len(name)]
        return [other for other in found if other.isidentifier()]

    def _implicit(self, name: str, span: Span) -> ir.Expr:
        self.findings.report(
            "implicit-input",
            span,
            f"nothing sets '{name}', so it becomes a required input of the workflow",
            hint=f"declare it: `inputs: {{{name}: string}}`",
            subject=name,
        )
        self.inputs[name] = ir.Input(name, ANY, "any", span)
        for names in self._known.values():
            names.add(name)
        self.assign(name, ANY, span)
        return ir.Variable(ANY, span, name)

    def _variable(self, name: str, span: Span, guarded: bool) -> ir.Expr:
        binding = self.flow.get(name)
        if binding is not None and not binding.unset:
            return ir.Variable(binding.type, span, name, guarded)
        if binding is None:
            self.read_unset.add(name)
        if self.is_computed(name):
            return ir.ComputedVariable(ANY, span, name, guarded)
        if guarded:
            self.start_null(name)
            type_ = NULL if binding is None else join(binding.type, NULL)
            return ir.Variable(type_, span, name, guarded)
        if not self.flow.live:
            return unknown(span)
        if not self._of_sibling(name, span):
            self._maybe_unset(name, span, binding.unset if binding else "")
            binding = None
        # One finding a variable and path: from here on it counts as set, to what nobody knows.
        type_ = binding.type if binding else ANY
        self.flow.set(name, type_, span)
        return ir.Variable(type_, span, name)

    def _of_sibling(self, name: str, span: Span) -> bool:
        """Report that another branch of the parallel step around us gives this value."""
        places = (siblings.place(name) for siblings in self.siblings)
        place = next(filter(None, places), None)
        if place is None:
            return False
        shown = f"{name}.output" if name.startswith("steps.") else name
        self.findings.report(
            "parallel-read",
            span,
            f"'{shown}' is saved by another branch of the same parallel step",
            hint="branches see the variables as they were before the step",
            labels=_label(place, "saved here"),
            notes=(f"read '{shown}' after the parallel step, or run the two in order",),
            subject=name,
        )
        return True

    def _maybe_unset(self, name: str, span: Span, path: str) -> None:
        place = self.assigned.get(name)
        self.findings.report(
            "maybe-unset",
            span,
            f"'{name}' may have no value here: "
            + (f"it is not set {path}" if path else "it is set only later"),
            hint=f"set it on every path, or write `{name} | default:...`",
            labels=_label(place, "set here") if place is not None and place != span else (),
            subject=name,
        )

    def _builtin(self, name: str, span: Span) -> ir.Expr | None:
        if name in ("result", "error"):
            return self.hidden(name, span)
        if name == "input" and self.implicit:
            self.inputs["input"] = ir.Input("input", STRING, "string", span)
            self.assign("input", STRING, span)
            return ir.Variable(STRING, span, "input")
        if name in RUN_VALUES:
            return ir.RunValue(STRING, span, name)  # type: ignore[arg-type]
        if name == "loop" and (self.loop_level or self.loop_ended):
            return ir.LoopState(LOOP, span, max(1, self.loop_level))
        return None

    def hidden(self, name: str, span: Span) -> ir.Expr:
        """The value of `latest` or `failure`: null where nothing has set it."""
        binding = self.flow.get(name)
        if binding is None or binding.unset:
            self.read_unset.add(name)
            self.start_null(name)
            type_ = NULL if binding is None else join(binding.type, NULL)
            return ir.Variable(type_, span, name)
        return ir.Variable(binding.type, span, name)

    def namespace(self, root: str, name: str, span: Span) -> ir.Expr | None:
        if self.is_variable(root):
            return None
        match root, name:
            case "env", _:
                return ir.EnvValue(env_type(self.flow, name), span, name)
            case "run", "id":
                return ir.RunValue(STRING, span, "id")
            case "workflow", "name":
                return ir.RunValue(STRING, span, "workflow_name")
            case "run" | "workflow", _:
                field_ = "id" if root == "run" else "name"
                self.findings.report(
                    "unknown-field",
                    span,
                    f"`{root}` has no field '{name}'",
                    hint=f"did you mean `{root}.{field_}`?",
                    suggestions=(field_,),
                )
                return unknown(span)
            case "loop", "parent" if self.loop_level > 1:
                return ir.LoopState(LOOP, span, self.loop_level - 1)
            case "loop", "parent" if self.loop_level or self.loop_ended:
                return ir.Const(NULL, span, None)
            case _:
                return None

    def step_output(self, name: str, span: Span, guarded: bool) -> ir.Expr:
        """`steps.NAME.output`."""
        hidden = f"steps.{name}"
        self.reads.setdefault(name, span)
        if name not in self.step_names:
            report_undefined(self.findings, name, span, self.step_names, kind="steps with a name")
            return unknown(span)
        binding = self.flow.get(hidden)
        if binding is None:
            self.read_unset.add(hidden)
        if binding is None or binding.unset:
            if not guarded and self.flow.live:
                if not self._of_sibling(hidden, span):
                    self._maybe_unset(hidden + ".output", span, binding.unset if binding else "")
                # One finding a step and path: from here on it counts as done.
                self.flow.set(hidden, binding.type if binding else ANY, span)
                self.start_null(hidden)
                return ir.Variable(binding.type if binding else ANY, span, hidden)
            self.start_null(hidden)
            type_ = NULL if binding is None else join(binding.type, NULL)
            return ir.Variable(type_, span, hidden, guarded)
        return ir.Variable(binding.type, span, hidden, guarded)


def _label(span: Span, message: str) -> tuple[Label, ...]:
    return (Label(span, message),)
