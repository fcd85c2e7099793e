"""What a picture of a workflow shows: boxes for steps, frames for steps that hold others."""

from typing import Literal

from msgspec import Struct, field

from vegac.ir import nodes as ir
from vegac.semantics.literals import show_number
from vegac.source.file import Placements
from vegac.source.span import Span

Kind = Literal[
    "start", "end", "agent", "workflow", "value", "ask", "memory", "fail", "if", "loop", "parallel",
    "try",
]  # fmt: skip


class Node(Struct, eq=False):
    """Something in a picture: its kind, what it says, and the line where it stands (from 1).

    `file` is how messages name the file of that line.
    """

    kind: Kind
    title: str
    line: int
    file: str
    detail: str = ""
    notes: list[str] = field(default_factory=list[str])


class Box(Node, eq=False):
    """A step. `leaves`: what follows is not reached from here."""

    leaves: bool = False


class Lane(Struct, eq=False):
    """Steps in a frame, with what they are for (`else`, `catch`), which may be nothing."""

    label: str
    nodes: list[Node]


class Frame(Node, eq=False):
    """Steps around others: lanes of which one or all are taken."""

    lanes: list[Lane] = field(default_factory=list[Lane])


class WorkflowGraph(Struct, eq=False):
    """The picture of one workflow."""

    name: str
    start: Box
    nodes: list[Node]


def graphs_of(program: ir.Program, placements: Placements) -> list[WorkflowGraph]:
    """The pictures of a program's workflows, in order. The program is without errors."""
    return [_Reader(placements).workflow(workflow) for workflow in program.workflows]


class _Reader:
    def __init__(self, placements: Placements) -> None:
        self.placements = placements

    def workflow(self, workflow: ir.Workflow) -> WorkflowGraph:
        line, file = self._place(workflow.span)
        inputs = ", ".join(one.name if one.required else f"{one.name}?" for one in workflow.inputs)
        notes = _limits(workflow.timeout, workflow.budget)
        start = Box("start", workflow.name, line, file, inputs, notes)
        return WorkflowGraph(workflow.name, start, self._block(workflow.body))

    # --- places ----------------------------------------------------------------------------------

    def _place(self, span: Span) -> tuple[int, str]:
        location = self.placements.locate(span)
        return location.position.line, location.file.path

    def _text(self, span: Span) -> str:
        """The source of a span in one line, without the marks of a hole or quotes around it."""
        place = self.placements.locate(span)
        text = " ".join(place.file.text[place.start : place.end].split())
        for opening, closing in (('"', '"'), ("'", "'"), ("<<", ">>"), ("{{", "}}")):
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and closing not in inner:
                text = inner.strip()
        return text

    # --- statements ------------------------------------------------------------------------------

    def _block(self, block: ir.Block) -> list[Node]:
        return [node for statement in block for node in self._statement(statement)]

    def _statement(self, statement: ir.Statement) -> list[Node]:
        match statement:
            case ir.Send(agent=agent, targets=targets):
                return [self._step(statement, "agent", agent, self._action(statement), targets)]
            case ir.Call(workflow=name, targets=targets):
                return [self._step(statement, "workflow", name, "", targets)]
            case ir.Ask(question=question, targets=targets):
                return [self._step(statement, "ask", "ask", self._text(question.span), targets)]
            case ir.Recall(key=key, targets=targets):
                return [self._step(statement, "memory", "recall", self._text(key.span), targets)]
            case ir.Remember(key=key):
                return [self._step(statement, "memory", "remember", self._text(key.span), ())]
            case ir.Assign(targets=targets, value=value):
                names = ", ".join(_names(targets))
                shown = f"{names} = {self._text(value.span)}"
                return [self._step(statement, "value", "set", shown, ())] if names else []
            case ir.Return(value=value):
                return [self._leaving(statement, "end", "return", self._text(value.span))]
            case ir.Fail(message=message):
                return [self._leaving(statement, "fail", "fail", self._text(message.span))]
            case ir.If():
                return [self._choice(statement)]
            case ir.For() | ir.ParallelFor() | ir.Repeat():
                return [self._loop(statement)]
            case ir.Parallel(branches=branches, targets=targets):
                lanes = [Lane("", self._block(branch.body)) for branch in branches]
                detail = f"→ {', '.join(_names(targets))}" if _names(targets) else ""
                return [self._frame(statement, "parallel", "all at once", lanes, detail)]
            case ir.Try():
                return self._try(statement)
            case ir.OnTimeout(body=body, handler=handler):
                lanes = [Lane("", self._block(body)), Lane("on timeout", self._block(handler))]
                return [self._frame(statement, "try", "in time", lanes)]
            case ir.Scope(body=body, timeout=timeout, budget=budget):
                return self._noted(statement, body, _limits(timeout, budget))
            case ir.Attempts(body=body, retry=retry):
                attempts = retry.arguments.get("max_attempts")
                note = f"{attempts} attempts" if isinstance(attempts, int) else "several attempts"
                return self._noted(statement, body, [note])
            case _:
                return []

    def _step(
        self,
        statement: ir.Statement,
        kind: Kind,
        title: str,
        detail: str,
        targets: tuple[ir.AnyTarget, ...],
    ) -> Box:
        names = _names(targets)
        if names:
            detail = f"{detail} → {', '.join(names)}" if detail else f"→ {', '.join(names)}"
        return Box(kind, title, *self._place(statement.span), detail)

    def _leaving(self, statement: ir.Statement, kind: Kind, title: str, detail: str) -> Box:
        return Box(kind, title, *self._place(statement.span), detail, leaves=True)

    def _action(self, send: ir.Send) -> str:
        """What the key of a step says behind the agent's name."""
        key = self._text(send.span)
        return key.removeprefix(send.agent).strip() if key.startswith(send.agent) else ""

    def _frame(
        self, statement: ir.Statement, kind: Kind, title: str, lanes: list[Lane], detail: str = ""
    ) -> Frame:
        return Frame(kind, title, *self._place(statement.span), detail, lanes=lanes)

    def _choice(self, statement: ir.If) -> Frame:
        title = f"if {self._text(statement.condition.span)}"
        lanes = [Lane("then", self._block(statement.then))]
        rest, certain = statement.otherwise, statement.certain
        while len(rest) == 1 and isinstance(inner := rest[0], ir.If):
            label = f"else if {self._text(inner.condition.span)}"
            lanes.append(Lane(label, self._block(inner.then)))
            rest, certain = inner.otherwise, inner.certain
        if not certain:
            lanes.append(Lane("else", self._block(rest)))
        return self._frame(statement, "if", title, lanes)

    def _loop(self, statement: ir.For | ir.ParallelFor | ir.Repeat) -> Frame:
        names = _names(statement.targets)
        detail = f"→ {', '.join(names)}" if names else ""
        lanes = [Lane("", self._block(statement.body))]
        if isinstance(statement, ir.Repeat):
            title = f"at most {self._text(statement.limit.span)} times"
            if isinstance(statement.limit, ir.Const):
                title = f"at most {statement.limit.value} times"
            if statement.until is not None:
                title = f"until {self._text(statement.until.span)}, {title}"
            return self._frame(statement, "loop", title, lanes, detail)
        variables = ", ".join(target.name for target in statement.names)
        title = f"for {variables} in {self._text(statement.collection.span)}"
        frame = self._frame(statement, "loop", title, lanes, detail)
        if isinstance(statement, ir.ParallelFor):
            frame.kind = "parallel"
            limit = statement.limit
            frame.notes.append(f"{self._text(limit.span)} at once" if limit else "all at once")
        return frame

    def _try(self, statement: ir.Try) -> list[Node]:
        body = self._block(statement.body)
        if statement.reset_error:
            for node in body[:1]:
                node.notes.append("may fail")
            return body
        lanes = [Lane("", body)]
        if statement.handler is not None:
            lanes.append(Lane("catch", self._block(statement.handler)))
        if statement.finally_:
            lanes.append(Lane("finally", self._block(statement.finally_)))
        return [self._frame(statement, "try", "try", lanes)]

    def _noted(self, statement: ir.Statement, body: ir.Block, notes: list[str]) -> list[Node]:
        nodes = self._block(body)
        if len(nodes) == 1:
            nodes[0].notes += notes
            return nodes
        frame = self._frame(statement, "value", "together", [Lane("", nodes)])
        frame.notes += notes
        return [frame]


def _names(targets: tuple[ir.AnyTarget, ...]) -> list[str]:
    """The variables that a reader of the program knows."""
    return [
        target.name
        for target in targets
        if isinstance(target, ir.Target)
        and target.name.isidentifier()
        and target.name not in ("result", "error")
    ]


def _limits(timeout: float | None, budget: float | None) -> list[str]:
    notes = [] if timeout is None else [_duration(timeout)]
    return notes if budget is None else [*notes, f"${budget:g}"]


def _duration(seconds: float) -> str:
    """A duration as programs write it."""
    for unit, word in ((3600, "h"), (60, "m")):
        if seconds >= unit and seconds % unit == 0:
            return f"{show_number(seconds / unit)}{word}"
    return f"{show_number(seconds)}s"
