"""Workflows, run on the document tree: what compiled programs are held against.

It shares nothing with the compiler but the reading of files, texts and expressions. Agents answer
with the message they got; a message that holds `FAULT` fails. Time, money, tools and the forms of
replies are left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.property.evaluator import Evaluator
from tests.property.reference_values import MISSING, Failure, Unspecified, list_, text_of, whole
from vegac.source.file import SourceFile
from vegac.source.findings import Findings
from vegac.syntax import expressions as ast
from vegac.syntax.core_schema import scalar_value, to_value
from vegac.syntax.document import Step, StepReader, walk
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import Reader
from vegac.syntax.step_key import ForHeader, parse_for_header
from vegac.syntax.text import Hole, parse_text

FAULT = "boom"
_BASES = {"string": str, "integer": int, "boolean": bool, "object": dict, "any": object}
Talks = dict[str, tuple[str, ...]]
"""The conversations with the agents: messages and replies in turn."""


class Failed(Exception):
    """The run failed. The message is None where the reference does not say what it is."""

    def __init__(self, type_: str, message: str | None = None) -> None:
        super().__init__(type_, message)
        self.type = type_
        self.message = message


class Returned(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


class Interpreter:
    """Runs the workflows of a program.

    `calls` are the messages that were sent: the agent, and the conversation up to the message.
    `loose` is set where others than these may have been sent: the branches that a failing one ends.
    """

    def __init__(self, text: str) -> None:
        root = Reader().read(SourceFile("program.vega.yaml", text)).root
        assert isinstance(root, Mapping)
        agents = root.get("agents")
        assert isinstance(agents, Mapping)
        self.agents = {entry.key.value: to_value(entry.value) for entry in agents.entries}
        workflows = root.get("workflows")
        assert isinstance(workflows, Mapping)
        self.workflows = {entry.key.value: entry.value for entry in workflows.entries}
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self.loose = False

    def run(self, name: str, inputs: dict[str, Any]) -> Any:
        """The output of a workflow. Raises `Failed`."""
        return self.call(name, inputs, {})

    def call(self, name: str, given: dict[str, Any], talks: Talks) -> Any:
        workflow = self.workflows[name]
        assert isinstance(workflow, Mapping)
        steps = workflow.get("steps")
        assert steps is not None
        block = StepReader(self.agents, list(self.agents), Findings()).block(steps)
        values = self.bound(workflow.get("inputs"), given)
        frame = Frame(self, values, declared_by(block) | values.keys(), talks)
        try:
            frame.block(block)
            output = workflow.get("output")
            return frame.result if output is None else frame.output(output)
        except Returned as returned:
            return returned.value
        except Failure:
            raise Failed("ExpressionError") from None

    def bound(self, node: Node | None, given: dict[str, Any]) -> dict[str, Any]:
        declared = {} if node is None else to_value(node)
        assert isinstance(declared, dict)
        values: dict[str, Any] = {}
        for name, says in declared.items():
            if isinstance(says, dict) and name not in given and "default" in says:
                values[name] = says["default"]
                continue
            type_ = says["type"] if isinstance(says, dict) else says
            if name not in given or not fits(given[name], str(type_)):
                raise Failed("InputError")
            values[name] = given[name]
        return values


def fits(value: Any, type_: str) -> bool:
    if type_.startswith("list["):
        return isinstance(value, list) and all(fits(item, type_[5:-1]) for item in value)
    if type_.startswith("map["):
        return isinstance(value, dict) and all(fits(item, type_[4:-1]) for item in value.values())
    if type_ == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, _BASES[type_])


def declared_by(steps: list[Step]) -> set[str]:
    """The names that steps set anywhere."""
    found: set[str] = set()
    for step in walk(steps):
        found |= saved_by(step)
        if step.kind == "for":
            header = header_of(step)[1]
            found |= {name for name, _ in header.names or (("item", 0),)}
    return found


def saved_by(step: Step) -> set[str]:
    """The names that a step saves or sets itself; computed ones aside."""
    found = {node.value for key in ("save", "name") if isinstance(node := step.get(key), Scalar)}
    if step.kind == "set" and isinstance(step.value, Mapping):
        found |= {entry.key.value for entry in step.value.entries}
    return {name for name in found if name.isidentifier()}


def header_of(step: Step) -> tuple[Scalar, ForHeader]:
    scalar = step.key if step.key.value != "for" else step.value
    assert isinstance(scalar, Scalar)
    header = parse_for_header(scalar.value)
    assert isinstance(header, ForHeader)
    return scalar, header


class Frame(Evaluator):
    """A call of a workflow, or a branch of one.

    `variables` are what is set, `declared` what is set anywhere. `computed` are names that a text
    made, `outputs` are for `steps.NAME.output`; `loops` are the loops around, and then the last one
    at the top. `boxes` get every result: each is the outcome of an iteration or a branch.
    """

    def __init__(
        self, program: Interpreter, values: dict[str, Any], declared: set[str], talks: Talks
    ) -> None:
        super().__init__(dict(values))
        self.variables: dict[str, Any]
        self.program = program
        self.declared = declared
        self.talks = talks
        self.computed: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.result: Any = None
        self.error: Failed | None = None
        self.loops: list[dict[str, Any]] = []
        self.last_loop: dict[str, Any] | None = None
        self.boxes: list[list[Any]] = []

    def fork(self) -> "Frame":
        """A branch: it sees what there is, and what it does is its own."""
        made = Frame(self.program, self.variables, self.declared, dict(self.talks))
        made.computed = dict(self.computed)
        made.outputs = dict(self.outputs)
        made.result, made.error = self.result, self.error
        made.loops, made.last_loop = list(self.loops), self.last_loop
        made.boxes = [[None]]
        return made

    # --- names and values ----------------------------------------------------------------------

    def name(self, name: str) -> Any:
        if name in self.declared:
            return self.variables.get(name)  # where it may be read unset, it is null
        if name == "result":
            return self.result
        if name == "error":
            return self.error
        if name == "loop":
            return self.loops[-1] if self.loops else self.last_loop
        return self.computed.get(name, MISSING)

    def special(self, expr: ast.Field) -> Any:
        match expr.value:
            case ast.Name(name="error") if "error" not in self.declared:
                if self.error is None:
                    return None
                return self.error.type if expr.name == "type" else self.text(self.error)
            case ast.Field(value=ast.Name(name="steps"), name=name):
                return self.outputs.get(name)
            case _:
                return MISSING

    def text(self, value: Any) -> str:
        if isinstance(value, Failed):
            if value.message is None:
                raise Unspecified
            return value.message
        return text_of(value)

    def expression(self, node: Node | None) -> Any:
        assert isinstance(node, Scalar)
        return self.parsed(node.value)

    def parsed(self, text: str) -> Any:
        found = parse_expression(text)
        assert not found.problems
        try:
            return self.value(found.expr)
        except Failure:
            raise Failed("ExpressionError") from None

    def made(self, node: Node) -> Any:
        """A value with holes in it."""
        match node:
            case Sequence(items=items):
                return [self.made(item) for item in items]
            case Mapping(entries=entries):
                return {entry.key.value: self.made(entry.value) for entry in entries}
            case Scalar():
                text = parse_text(node.value)
                if text.sole is not None:
                    return self.parsed(text.sole.parsed.text)
                value = scalar_value(node)
                return self.filled(node) if isinstance(value, str) else value
            case _:
                raise AssertionError(node)

    def filled(self, node: Node | None) -> str:
        """A text with its holes filled."""
        assert isinstance(node, Scalar)
        parts = parse_text(node.value).parts
        return "".join(
            self.text(self.parsed(part.parsed.text)) if isinstance(part, Hole) else part
            for part in parts
        )

    def output(self, node: Node) -> Any:
        if isinstance(node, Scalar) and node.value in {*self.declared, "result"}:
            return self.name(node.value)
        return self.made(node)

    # --- results -------------------------------------------------------------------------------

    def is_result(self, value: Any) -> None:
        self.result = value
        for box in self.boxes:
            box[0] = value

    def save(self, step: Step, value: Any) -> None:
        """Give a value to the names of a step."""
        save, name = step.get("save"), step.get("name")
        if isinstance(save, Scalar):
            if parse_text(save.value).holes:
                self.computed[self.filled(save)] = value
            else:
                self.variables[save.value] = value
                self.outputs[save.value] = value
        if isinstance(name, Scalar):
            self.variables[name.value] = value
            self.outputs[name.value] = value

    # --- steps ---------------------------------------------------------------------------------

    def block(self, steps: list[Step]) -> None:
        for step in steps:
            self.step(step)

    def step(self, step: Step) -> None:
        if step.kind != "if" and step.get("if") is not None and not self.expression(step.get("if")):
            return
        careful = step.get("continue_on_error")
        if not (isinstance(careful, Scalar) and careful.value == "true"):
            self.perform(step)
            return
        try:
            self.perform(step)
            self.error = None
        except Failed as failed:
            self.error = failed
            self.save(step, None)
            self.is_result(None)

    def perform(self, step: Step) -> None:
        do = getattr(self, f"do_{step.kind}")
        if step.kind not in ("if", "do", "try", "repeat"):
            do(step)
            return
        box: list[Any] = [None]
        self.boxes.append(box)
        try:
            do(step)
        finally:
            self.boxes.pop()
        self.save(step, box[0])

    def do_send(self, step: Step) -> None:
        node = step.get("send") or step.value
        fresh = step.get("context") is not None
        reply = self.sent(step.agent, self.filled(node), fresh)
        self.save(step, reply)
        self.is_result(reply)

    def sent(self, agent: str, message: str, fresh: bool = False) -> str:
        says = self.program.agents[agent]
        assert isinstance(says, dict)
        past = () if fresh or says.get("context") == "fresh" else self.talks.get(agent, ())
        self.program.calls.append((agent, (*past, message)))
        if FAULT in message:
            raise Failed("ModelError", "the request was refused")
        self.talks[agent] = (*past, message, message)
        return message

    def do_set(self, step: Step) -> None:
        assert isinstance(step.value, Mapping)
        for entry in step.value.entries:
            self.variables[entry.key.value] = self.made(entry.value)

    def do_if(self, step: Step) -> None:
        if self.expression(step.get("if")):
            self.block(step.blocks["then"])
            return
        for condition, block in step.elifs:
            if self.expression(condition):
                self.block(block)
                return
        self.block(step.blocks.get("else", []))

    def do_do(self, step: Step) -> None:
        self.block(step.blocks["do"])

    def do_ask(self, step: Step) -> None:
        self.filled(step.value)
        self.save(step, self.filled(step.get("default")))

    def do_return(self, step: Step) -> None:
        raise Returned(self.output(step.value))

    def do_fail(self, step: Step) -> None:
        raise Failed("WorkflowFailed", self.filled(step.value))

    def do_try(self, step: Step) -> None:
        known = True
        try:
            try:
                self.block(step.blocks["try"])
            except Failed as failed:
                if "catch" not in step.blocks:
                    raise
                self.error = failed
                self.block(step.blocks["catch"])
        except Unspecified:
            known = False  # nobody can say what `finally` comes upon
            raise
        finally:
            if known:
                self.block(step.blocks.get("finally", []))

    def do_workflow(self, step: Step) -> None:
        assert isinstance(step.value, Scalar)
        given = step.get("with")
        values = self.made(given) if given is not None else {}
        talks = {} if step.get("context") is not None else self.talks
        found = self.program.call(step.value.value, values, talks)
        self.save(step, found)
        self.is_result(found)

    # --- loops ---------------------------------------------------------------------------------

    @contextmanager
    def round(self, index: int, last: bool) -> Iterator[None]:
        """One round of a loop."""
        parent = self.loops[-1] if self.loops else None
        state = {"index": index, "count": index + 1, "first": index == 0, "last": last}
        self.loops.append({**state, "parent": parent})
        try:
            yield
        finally:
            ended = self.loops.pop()
            if not self.loops:
                self.last_loop = ended

    def no_rounds_yet(self) -> None:
        if not self.loops:
            self.last_loop = {
                "index": -1,
                "count": 0,
                "first": False,
                "last": False,
                "parent": None,
            }

    def rounds(self, step: Step) -> list[dict[str, Any]]:
        """The variables of each iteration of a `for`."""
        scalar, header = header_of(step)
        over = self.parsed(scalar.value[header.start : header.end])
        if not isinstance(over, list | dict):
            raise Failed("ExpressionError")
        names = [name for name, _ in header.names] or ["item"]
        if len(names) == 1:
            return [{names[0]: item} for item in over]
        pairs = over.items() if isinstance(over, dict) else enumerate(over)
        return [dict(zip(names, pair, strict=True)) for pair in pairs]

    def do_for(self, step: Step) -> None:
        if "parallel" in step.fields:
            self.at_once(step)
            return
        rounds = self.rounds(step)
        found: list[Any] = []
        self.no_rounds_yet()
        for index, values in enumerate(rounds):
            self.variables |= values
            box: list[Any] = [None]
            self.boxes.append(box)
            try:
                with self.round(index, index == len(rounds) - 1):
                    self.block(step.blocks["steps"])
            finally:
                self.boxes.pop()
            found.append(box[0])
        self.save(step, found)

    def do_repeat(self, step: Step) -> None:
        limit = self.limit(step.get("max"))
        for index in range(limit):
            with self.round(index, index == limit - 1):
                self.block(step.blocks["steps"])
                done = step.get("until") is not None and self.expression(step.get("until"))
            if done:
                break

    def limit(self, node: Node | None) -> int:
        try:
            found = whole(self.expression(node))
        except Failure:
            found = 0
        if found < 1:
            raise Failed("ExpressionError")
        return found

    # --- at once -------------------------------------------------------------------------------

    def do_parallel(self, step: Step) -> None:
        if isinstance(step.value, Mapping):
            self.one_agent(step)
            return
        branches = [self.fork() for _ in step.blocks["parallel"]]
        with self.together() as attempt:
            for branch, inner in zip(branches, step.blocks["parallel"], strict=True):
                with attempt():
                    branch.step(inner)
        for branch, inner in zip(branches, step.blocks["parallel"], strict=True):
            own = set().union(*(saved_by(part) for part in walk([inner])))
            self.variables |= {key: branch.variables[key] for key in own & branch.variables.keys()}
            self.outputs |= {key: branch.outputs[key] for key in own & branch.outputs.keys()}
        self.joined(step, branches)

    def at_once(self, step: Step) -> None:
        self.limit(step.get("parallel"))
        rounds = self.rounds(step)
        branches = [self.fork() for _ in rounds]
        self.no_rounds_yet()
        for index in range(len(rounds)):
            with self.round(index, index == len(rounds) - 1):
                pass  # so that `loop` is the last one's after the step
        with self.together() as attempt:
            for index, (branch, values) in enumerate(zip(branches, rounds, strict=True)):
                branch.variables |= values
                with attempt(), branch.round(index, index == len(rounds) - 1):
                    branch.block(step.blocks["steps"])
        self.joined(step, branches)

    def joined(self, step: Step, branches: list["Frame"]) -> None:
        for branch in branches:
            self.computed |= branch.computed
        found = [branch.boxes[0][0] for branch in branches]
        self.save(step, found)
        self.is_result(found)

    def one_agent(self, step: Step) -> None:
        agent, inputs = step.get("agent"), step.get("inputs")
        assert isinstance(agent, Scalar)
        assert inputs is not None
        if step.get("limit") is not None:
            self.limit(step.get("limit"))
        over = self.expression(inputs) if isinstance(inputs, Scalar) else self.made(inputs)
        try:
            messages = [self.text(message) for message in list_(over)]
        except Failure:
            raise Failed("ExpressionError") from None
        found: list[str] = []
        with self.together() as attempt:
            for message in messages:
                with attempt():
                    found.append(self.fork().sent(agent.value, message))
        self.save(step, found)
        self.is_result(found)

    @contextmanager
    def together(self) -> Iterator[Any]:
        """Several branches: if any fails, the step fails as the first one does."""
        failures: list[Failed] = []

        @contextmanager
        def attempt() -> Iterator[None]:
            try:
                yield
            except Failed as failed:
                failures.append(failed)

        yield attempt
        if not failures:
            return
        self.program.loose = True
        if len({(failed.type, failed.message) for failed in failures}) > 1:
            raise Unspecified  # whichever comes first
        raise failures[0]
