"""Everything in a program that means something: its keys and values with what the grammar says."""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal

from msgspec import Struct

from vega_grammar import keys as grammar
from vega_grammar import testing as test_keys
from vegac.source.findings import Findings
from vegac.syntax.document import Step, StepReader
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence

Kind = Literal[
    "key",  # a key that the grammar knows
    "definition",  # the name of an agent, workflow or tool
    "input",  # the name of an input where it is declared
    "parameter",  # the name of a parameter of a tool
    "argument",  # the name of an input where a workflow is called; `detail` names the workflow
    "assign",  # a key of `set`
    "step-name",
    "save",
    "agent",
    "workflow",
    "tool",
    "text",
    "expression",
    "for",
    "output",  # text, or one bare name
    "word",
    "model",
    "file",
    "type",
    "other",
]
_KINDS: dict[str, Kind] = {
    "text": "text",
    "value": "text",
    "expression": "expression",
    "condition": "expression",
    "word": "word",
    "words": "word",
    "agent": "agent",
    "agents": "agent",
    "workflow": "workflow",
    "tools": "tool",
    "save": "save",
    "type": "type",
}
_TABLES = {**grammar.TABLES, **test_keys.TABLES}
_FILE_KEYS = ("knowledge", "file", "include")
_SECTIONS = ("agents", "workflows", "tools")
_MODEL_KEYS = ("model", "fallback_model", "default_model")


class Place(Struct, eq=False):
    """A scalar of a program. `section` and `owner` say which definition holds it; `spec` is the
    grammar's word on the key (of a key) or on the value."""

    kind: Kind
    node: Scalar
    section: str = ""
    owner: str = ""
    spec: grammar.Key | None = None
    detail: str = ""
    start: int = 0
    """The part of the value that counts: the name of an agent at the start of a step's key."""
    end: int = -1


class Piece(Struct, eq=False):
    """A part of a program that means something by itself: a definition, or an entry at the top of
    a file (of a section with definitions only its key)."""

    section: str
    owner: str
    key: Scalar | None
    value: Node | None


class Walker:
    """Walks the definitions of a program's files. `agents` and `workflows` are the names of all of
    the program; it asks for no more of them than it needs."""

    def __init__(self, agents: Collection[str], workflows: Iterable[str]) -> None:
        self.workflows = workflows
        self.reader = StepReader(agents, agents, Findings())
        self.section = ""
        self.owner = ""
        self.steps: dict[str, list[Step]] = {}
        """The steps of each workflow."""

    def place(self, kind: Kind, node: Scalar, spec: grammar.Key | None = None) -> Place:
        return Place(kind, node, self.section, self.owner, spec)

    def pieces(self, root: Mapping) -> Iterator[Piece]:
        """What a file consists of, in order."""
        names = {entry.key.value for entry in root.entries}
        if "implementation" in names:
            name = root.get("name")
            owner = name.value if isinstance(name, Scalar) else ""
            yield Piece("tools", owner, name if isinstance(name, Scalar) else None, root)
        elif not names & grammar.TOP.keys():
            yield from self._definitions("tools", root)
        else:
            for entry in root.entries:
                key = entry.key.value
                if key in _SECTIONS and isinstance(entry.value, Mapping):
                    yield Piece("", "", entry.key, None)
                    yield from self._definitions(key, entry.value)
                else:
                    yield Piece("", "", entry.key, entry.value)

    def _definitions(self, section: str, node: Mapping) -> Iterator[Piece]:
        for entry in node.entries:
            yield Piece(section, entry.key.value, entry.key, entry.value)

    def walk(self, piece: Piece) -> Iterator[Place]:
        """The places of a piece."""
        self.section, self.owner = piece.section, piece.owner
        if not piece.section:
            yield from self._top(piece)
            return
        value = piece.value
        if piece.section == "tools" and piece.owner == "include" and piece.key is not None:
            yield self.place("key", piece.key, grammar.TOP["include"])
            if value is not None:
                yield from self.value("include", grammar.TOP["include"], value)
            return
        if piece.key is not None:
            yield self.place("definition", piece.key)
        if not isinstance(value, Mapping):
            return
        match piece.section:
            case "agents":
                yield from self.table(value, grammar.AGENT)
            case "tools":
                yield from self.tool(value)
            case _:
                yield from self.workflow(value)

    def _top(self, piece: Piece) -> Iterator[Place]:
        assert piece.key is not None
        key, value = piece.key.value, piece.value
        spec = grammar.TOP.get(key) or test_keys.TEST_FILE.get(key)
        yield self.place("key", piece.key, spec)
        if key == "program":
            return  # a program inside a file of tests
        if key == "tests" and isinstance(value, Mapping):
            self.section = "tests"
            yield from self.tests(value)
        elif spec is not None and value is not None:
            yield from self.value(key, spec, value)

    # --- tables --------------------------------------------------------------------------------

    def table(self, node: Mapping, table: grammar.Table) -> Iterator[Place]:
        for entry in node.entries:
            spec = table.get(entry.key.value)
            if spec is not None:
                yield self.place("key", entry.key, spec)
                yield from self.value(entry.key.value, spec, entry.value)

    def value(self, key: str, spec: grammar.Key, node: Node) -> Iterator[Place]:
        kinds = spec.kind.split("|")
        if isinstance(node, Scalar):
            yield self.place(self._kind(key, kinds), node, spec)
            return
        for kind in kinds:
            name = kind.partition(":")[2]
            if kind.startswith("table:") and isinstance(node, Mapping):
                yield from self.table(node, _TABLES[name])
                return
            if kind.startswith("tables:"):
                items = node.items if isinstance(node, Sequence) else [node]
                for item in items:
                    if isinstance(item, Mapping):
                        yield from self.table(item, _TABLES[name])
                return
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Scalar):
                    yield self.place(self._kind(key, kinds), item, spec)
                elif self.section != "tests":
                    yield from self.texts(item)
        elif {"map", "value", "text"} & set(kinds) and self.section not in ("agents", "tests"):
            yield from self.texts(node)

    def _kind(self, key: str, kinds: list[str]) -> Kind:
        if key in _MODEL_KEYS:
            return "model"
        if key in _FILE_KEYS:
            return "file"
        if self.section == "tests" and kinds[0] not in ("agent", "workflow", "word"):
            return "other"  # no holes stand in tests
        if key == "output":
            return "output"
        for kind in kinds:
            if kind in _KINDS:
                return _KINDS[kind]
        if kinds[0] in ("list", "map") and self.section in ("workflows", "tools"):
            return "text"
        return "other"

    def texts(self, node: Node | None) -> Iterator[Place]:
        """Every scalar of a tree, as text."""
        if isinstance(node, Scalar):
            yield self.place("text", node)
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from self.texts(item)
        elif isinstance(node, Mapping):
            for entry in node.entries:
                yield from self.texts(entry.value)

    # --- tools ---------------------------------------------------------------------------------

    def tool(self, node: Mapping) -> Iterator[Place]:
        for entry in node.entries:
            key, value = entry.key.value, entry.value
            spec = grammar.TOOL.get(key)
            if spec is None:
                continue
            yield self.place("key", entry.key, spec)
            if key == "implementation" and isinstance(value, Mapping):
                type_ = value.get("type")
                word = type_.value if isinstance(type_, Scalar) else ""
                yield from self.table(value, grammar.IMPLEMENTATION.get(word, {}))
            elif key == "params":
                yield from self._params(value)
            elif key != "name":
                yield from self.value(key, spec, value)

    def _params(self, node: Node) -> Iterator[Place]:
        if isinstance(node, Mapping):
            for entry in node.entries:
                yield self.place("parameter", entry.key)
                if isinstance(entry.value, Mapping):
                    yield from self.table(entry.value, grammar.PARAM)
        elif isinstance(node, Sequence):
            for item in node.items:
                name = item.get("name") if isinstance(item, Mapping) else None
                if isinstance(item, Mapping):
                    yield from self.table(item, grammar.PARAM)
                if isinstance(name, Scalar):
                    yield self.place("parameter", name)

    # --- workflows -----------------------------------------------------------------------------

    def workflow(self, node: Mapping) -> Iterator[Place]:
        for entry in node.entries:
            key, value = entry.key.value, entry.value
            spec = grammar.WORKFLOW.get(key)
            if spec is None:
                continue
            yield self.place("key", entry.key, spec)
            if key == "inputs":
                yield from self._inputs(value)
            elif key == "steps":
                steps = self.reader.block(value)
                self.steps[self.owner] = steps
                for step in steps:
                    yield from self.step(step)
            else:
                yield from self.value(key, spec, value)

    def _inputs(self, node: Node) -> Iterator[Place]:
        if isinstance(node, Sequence):
            for item in node.items:
                if isinstance(item, Scalar):
                    yield self.place("input", item)
        elif isinstance(node, Mapping):
            for entry in node.entries:
                yield self.place("input", entry.key)
                if isinstance(entry.value, Mapping):
                    yield from self.table(entry.value, grammar.INPUT)
                elif isinstance(entry.value, Scalar):
                    yield self.place("type", entry.value)

    def step(self, step: Step) -> Iterator[Place]:
        if step.kind == "send":
            yield from self._send(step)
        elif step.key.value != step.kind:
            yield self.place("for", step.key, grammar.STEPS["for"]["for"])
        table = _table_of(step)
        for name, entry in step.fields.items():
            spec = table.get(name)
            yield self.place("key", entry.key, spec)
            yield from self._field(step, name, spec, entry.value)
        if step.kind == "for" and step.key.value != "for":
            for inner in step.blocks.get("steps", []):
                if "steps" not in step.fields:
                    yield from self.step(inner)

    def _send(self, step: Step) -> Iterator[Place]:
        start, end = step.agent_range
        place = self.place("agent", step.key)
        place.start, place.end = start, end
        yield place
        if isinstance(step.value, Scalar):
            yield self.place("text", step.value, grammar.SEND["send"])

    def _field(
        self, step: Step, name: str, spec: grammar.Key | None, value: Node
    ) -> Iterator[Place]:
        if name in step.blocks:
            for inner in step.blocks[name]:
                yield from self.step(inner)
        elif name == "elif":
            yield from self._elif(step, value)
        elif name == "set" and isinstance(value, Mapping):
            for entry in value.entries:
                yield self.place("assign", entry.key)
                yield from self.texts(entry.value)
        elif name == "with" and isinstance(value, Mapping):
            callee = step.value.value if isinstance(step.value, Scalar) else ""
            for entry in value.entries:
                place = self.place("argument", entry.key)
                place.detail = callee
                yield place
                yield from self.texts(entry.value)
        elif name == "for" and isinstance(value, Scalar):
            yield self.place("for", value, spec)
        elif name == "name" and isinstance(value, Scalar):
            yield self.place("step-name", value, spec)
        elif name == "return" and isinstance(value, Scalar):
            yield self.place("output", value, spec)
        elif name in ("repeat", "recall", "remember") and isinstance(value, Mapping):
            return  # its keys are fields of the step
        elif name == "parallel" and isinstance(value, Mapping):
            return
        elif spec is not None:
            yield from self.value(name, spec, value)

    def _elif(self, step: Step, node: Node) -> Iterator[Place]:
        for part in node.items if isinstance(node, Sequence) else [node]:
            for entry in part.entries if isinstance(part, Mapping) else []:
                if entry.key.value in grammar.ELIF:
                    yield self.place("key", entry.key, grammar.ELIF[entry.key.value])
        for condition, block in step.elifs:
            if isinstance(condition, Scalar):
                yield self.place("expression", condition, grammar.ELIF["if"])
            for inner in block:
                yield from self.step(inner)

    # --- tests ---------------------------------------------------------------------------------

    def tests(self, node: Mapping) -> Iterator[Place]:
        for test in node.entries:
            if isinstance(test.value, Mapping):
                self.owner = test.key.value
                yield from self._test(test.value)

    def _test(self, test: Mapping) -> Iterator[Place]:
        workflow = test.get("workflow")
        names = list(self.workflows)
        callee = workflow.value if isinstance(workflow, Scalar) else names[0] if names else ""
        # A test with a program of its own speaks of names that are not those of this one.
        own = test.entry("program") is not None or test.entry("file") is not None
        for place in self.table(test, test_keys.TEST):
            if not (own and place.kind in ("agent", "workflow")):
                yield place
        if own:
            return
        for entry in test.entries:
            key, value = entry.key.value, entry.value
            if key == "inputs" and isinstance(value, Mapping):
                for argument in value.entries:
                    place = self.place("argument", argument.key)
                    place.detail = callee
                    yield place
            elif key == "expect" and isinstance(value, Mapping):
                yield from self._expect(value)

    def _expect(self, node: Mapping) -> Iterator[Place]:
        calls, sent = node.get("calls"), node.get("sent")
        if isinstance(calls, Mapping):
            calls = calls.get("unordered")
        for item in calls.items if isinstance(calls, Sequence) else []:
            if isinstance(item, Scalar):
                yield self.place("agent", item)
        for entry in sent.entries if isinstance(sent, Mapping) else []:
            yield self.place("agent", entry.key)


def _table_of(step: Step) -> grammar.Table:
    """What the keys of a step mean, those inside its main value included."""
    if step.kind == "send":
        return grammar.SEND
    inner: dict[str, grammar.Table] = {
        "repeat": grammar.REPEAT,
        "recall": grammar.RECALL,
        "remember": grammar.REMEMBER,
    }
    table = {**grammar.COMMON, **inner.get(step.kind, {}), **grammar.STEPS[step.kind]}
    if step.kind == "parallel" and isinstance(step.value, Mapping):
        table = {**grammar.PARALLEL_AGENT, **table}
    return table
