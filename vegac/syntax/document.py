"""The document tree: the steps of a workflow, their keys sorted out but nothing resolved."""

import re
from collections.abc import Container, Iterable, Iterator

from msgspec import Struct, field

from vega_grammar import keys as grammar
from vega_grammar.synonyms import SYNONYMS
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import available, clear_favourite, did_you_mean, names_of, nearest
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.step_key import ForHeader, first_word, parse_for_header

BLOCKS = ("then", "else", "steps", "try", "catch", "finally", "do", "on_timeout")
_CONTROL = frozenset(grammar.STEPS)
_OPTIONS = (
    frozenset(grammar.COMMON)
    | frozenset(grammar.SEND)
    | {key for table in grammar.STEPS.values() for key in table} - _CONTROL
)
_TABLES: dict[str, grammar.Table] = {
    kind: {**grammar.COMMON, **table} for kind, table in grammar.STEPS.items()
}
"""The keys of control steps."""
_INNER: dict[str, grammar.Table] = {
    "repeat": grammar.REPEAT,
    "recall": grammar.RECALL,
    "remember": grammar.REMEMBER,
    "parallel": grammar.PARALLEL_AGENT,
}
"""The keys below the main key of a step."""
_OUTER: dict[str, grammar.Table] = {
    kind: {name: key for name, key in _TABLES[kind].items() if name != kind} for kind in _INNER
}
"""The keys beside it."""
_REPEAT: grammar.Table = {**_TABLES["repeat"], **grammar.REPEAT}


class _Moved(Struct):
    """Keys that have a meaning elsewhere in the step: at `place`."""

    table: grammar.Table
    place: str


class Step(Struct, eq=False):
    """A step: its `kind` (`send` or a control step's main key), the main key and its value.

    `fields` holds every option by name, nested and sibling ones together; `blocks` the lists of
    steps in it; `elifs` the conditions with their blocks. In a send, `agent` is the first word
    of the key and `agent_range` its place in the key's value.
    """

    kind: str
    key: Scalar
    value: Node
    node: Mapping
    fields: dict[str, Entry]
    blocks: dict[str, list["Step"]] = field(default_factory=dict[str, "list[Step]"])
    elifs: list[tuple[Node, list["Step"]]] = field(default_factory=list[tuple[Node, "list[Step]"]])
    agent: str = ""
    agent_range: tuple[int, int] = (0, 0)

    def get(self, name: str) -> Node | None:
        """The value of an option, or None."""
        found = self.fields.get(name)
        return found.value if found else None


def inner_blocks(step: Step) -> Iterator[list[Step]]:
    """Every list of steps directly inside `step`, in source order of their meaning."""
    yield from step.blocks.values()
    for _, block in step.elifs:
        yield block


def walk(steps: list[Step]) -> Iterator[Step]:
    """All steps, outer before inner."""
    for step in steps:
        yield step
        for block in inner_blocks(step):
            yield from walk(block)


class StepReader:
    """Reads lists of steps. `agents` are the names that may begin an agent step's key."""

    def __init__(self, agents: Container[str], names: Iterable[str], findings: Findings) -> None:
        self.agents = agents
        self.agent_names = names
        self.findings = findings

    def block(self, node: Node) -> list[Step]:
        """The steps of a list; a lone mapping counts as a list of one."""
        if isinstance(node, Sequence):
            found = (self.step(item) for item in node.items)
            return [step for step in found if step is not None]
        if isinstance(node, Mapping):
            dashed = _dashed(node)
            if dashed is not None:
                start = node.start + 1
                self.findings.report(
                    "yaml-syntax",
                    Span(node.chunk.unit, node.start, start),
                    "the `-` of a list item must be followed by a space",
                    hint="insert a space after `-`",
                    fixes=(
                        Fix("insert a space", (Edit(Span(node.chunk.unit, start, start), " "),)),
                    ),
                )
                step = self.step(dashed)
                return [step] if step else []
            step = self.step(node, lone=True) if node.entries else None
            if step is not None or not node.entries:
                self.findings.report(
                    "wrong-type",
                    node.span,
                    "steps are a list",
                    hint="begin each step with `- `",
                )
            return [step] if step else []
        if not isinstance(node, ErrorNode):
            self.findings.report(
                "wrong-type",
                node.span,
                "steps are a list, and this is " + ("nothing" if is_null(node) else "a text"),
                hint="begin each step with `- `, as in `- Coder: Write the code`",
            )
        return []

    def step(self, node: Node, lone: bool = False) -> Step | None:
        """A step of a list; a `lone` one stands where the list should."""
        if isinstance(node, ErrorNode):
            return None
        if not isinstance(node, Mapping):
            word = first_word(node.value)[0] if isinstance(node, Scalar) else ""
            example = f"`{word}: ...`" if word in self.agents else "`Coder: Write the code`"
            self.findings.report(
                "not-a-mapping",
                node.span,
                "a step is a key with a value",
                hint=f"write it as {example}",
            )
            return None
        main = self._main_key(node, lone)
        if main is None:
            return None
        kind = self._kind(main.key.value)
        if kind == "send" and not self._names_agent(main.key.value):
            kind = self._misspelt(main) or kind
        return self._send(node, main) if kind == "send" else self._control(node, main, kind)

    # --- which key is the main one -------------------------------------------------------------

    def _kind(self, key: str) -> str:
        if key in _CONTROL:
            return key
        return "for" if key.startswith("for ") else "send"

    def _misspelt(self, main: Entry) -> str:
        """The control step that a key surely means, after a finding; else ""."""
        key = main.key
        word, start, end = first_word(key.value)
        near = [*names_of(self.agent_names).nearest(word, grammar.STEPS)]
        if key.value[end:]:
            header = parse_for_header(key.value[end:])
            if not isinstance(header, ForHeader) or not isinstance(main.value, Sequence):
                return ""
            near = near or (["for"] if header.names else [])
            if "for" not in near:
                return ""
        meant = clear_favourite(word, near) if near else None
        if meant is None or meant not in grammar.STEPS:
            return ""
        self.findings.report(
            "unknown-agent",
            key.value_span(start, end),
            f"no agent is named '{word}', and no step begins so",
            hint=did_you_mean(word, near) or f"did you mean '{meant}'?",
            subject=word,
            suggestions=tuple(near),
        )
        return meant

    def _main_key(self, node: Mapping, lone: bool) -> Entry | None:
        control: list[Entry] = []
        agents: list[Entry] = []
        unknown: list[Entry] = []
        for entry in node.entries:
            key = entry.key.value
            if self._kind(key) != "send":
                control.append(entry)
            elif self._names_agent(key):
                agents.append(entry)
            elif key not in _OPTIONS:
                unknown.append(entry)
        steps = node.get("steps") is not None
        loops = [entry for entry in unknown if _is_loop(entry) or (steps and _is_for(entry))]
        if loops and not agents:  # a misspelt `for`, with options such as `parallel` beside it
            return loops[0]
        if len(control) + len(agents) == 1 and not unknown:
            return (control or agents)[0]
        names = {entry.key.value for entry in node.entries}
        # A misspelt option counts as that option here, so that one mistake is one finding.
        names |= {meant for entry in unknown for meant in nearest(entry.key.value, _OPTIONS)[:1]}
        if "for" in names or any(entry.key.value.startswith("for ") for entry in control):
            control = [entry for entry in control if entry.key.value != "parallel"]
        if "then" not in names and (len(control) > 1 or agents or unknown):
            control = [entry for entry in control if entry.key.value != "if"] or (
                [] if agents or unknown else control
            )
        mains = [entry for entry in node.entries if entry in control or entry in agents]
        if not mains and unknown:
            mains = [_least_like_an_option(unknown)]
        if not mains:
            self.findings.report(
                "missing-key",
                node.span,
                "this step does not say what to do",
                hint=("" if lone else _owner_above(node))
                or "it needs an agent's name or one of " + ", ".join(grammar.STEPS),
            )
            return None
        if len(mains) > 1:
            first, second = mains[0].key, mains[1].key
            self.findings.report(
                "ambiguous-step",
                second.span,
                f"this step has two main keys, '{first.value}' and '{second.value}'",
                hint="make it two steps, each with its own `- `",
                suggestions=tuple(first_word(entry.key.value)[0] for entry in agents),
            )
        return mains[0]

    # --- the two forms -------------------------------------------------------------------------

    def _send(self, node: Mapping, main: Entry) -> Step:
        word, start, end = first_word(main.key.value)
        fields: dict[str, Entry] = {}
        if isinstance(main.value, Mapping):
            self._options(main.value.entries, grammar.SEND, fields, "an agent step")
        siblings = self._beside(node, main, grammar.SEND)
        if word not in self.agents:
            # Its key is reported; what another kind of step takes shows that this was to be one.
            siblings = [
                entry
                for entry in siblings
                if entry.key.value in grammar.SEND or entry.key.value not in _OPTIONS
            ]
        self._options(siblings, grammar.SEND, fields, "an agent step")
        send = fields.get("send")
        if not isinstance(main.value, Mapping) and send is not None and send.key.value == "send":
            self._twice(main, send, "the message is given twice for this step")
        step = Step(
            "send", main.key, main.value, node, fields, agent=word, agent_range=(start, end)
        )
        self._blocks(step, grammar.SEND)
        return step

    def _control(self, node: Mapping, main: Entry, kind: str) -> Step:
        table = _TABLES[kind]
        fields: dict[str, Entry] = {}
        misspelt = "" if self._kind(main.key.value) == kind else main.key.value
        inner = _INNER.get(kind, {}) if isinstance(main.value, Mapping) else {}
        if inner and isinstance(main.value, Mapping):
            moved = _Moved(_OUTER[kind], f"beside `{kind}`")
            self._options(main.value.entries, inner, fields, f"`{kind}`", moved)
        article = "an" if kind[0] in "aeiou" else "a"
        siblings = self._beside(node, main, table)
        moved = _Moved(inner, f"below `{kind}:`")
        self._options(siblings, table, fields, f"{article} `{kind}` step", moved)
        if main.key.value in (kind, misspelt) and " " not in misspelt:
            fields[kind] = main
        step = Step(kind, main.key, main.value, node, fields)
        self._blocks(step, _REPEAT if kind == "repeat" else table)
        is_block = kind in BLOCKS or (kind == "parallel" and not isinstance(main.value, Mapping))
        if is_block and kind not in step.blocks:
            step.blocks[kind] = self.block(main.value)
        if kind == "for" and "for" not in fields:
            self._twice(main, fields.get("steps"), "the steps are given twice for this loop")
            if "steps" not in step.blocks:
                step.blocks["steps"] = self.block(main.value)
        if kind == "if":
            step.elifs = self._elifs(step)
        return step

    def _beside(self, node: Mapping, main: Entry, table: grammar.Table) -> list[Entry]:
        """The options beside a step's main key. Other main keys have been reported."""
        found: list[Entry] = []
        for entry in node.entries:
            key = entry.key.value
            if entry is main:
                continue
            if key in table or (self._kind(key) == "send" and not self._names_agent(key)):
                found.append(entry)
        return found

    def _names_agent(self, key: str) -> bool:
        return first_word(key)[0] in self.agents

    def _options(
        self,
        entries: list[Entry],
        table: grammar.Table,
        fields: dict[str, Entry],
        owner: str,
        moved: "_Moved | None" = None,
    ) -> None:
        for entry in entries:
            key = entry.key.value
            if key not in table:
                if key.startswith("x-"):
                    continue
                if moved is not None and key in moved.table:
                    self._stray(entry.key, owner, f"write it {moved.place}")
                    fields.setdefault(key, entry)
                    continue
                if self._kind(key) != "send" or self._names_agent(key):
                    self._stray(entry.key, owner, "make it a step of its own, with its own `- `")
                    continue
                meant = unknown_key(self.findings, entry.key, table, owner)
                given = meant in fields or any(other.key.value == meant for other in entries)
                if meant and not given:
                    fields[meant] = entry  # one mistake, one finding
            elif key in fields:
                self.findings.report(
                    "duplicate-key",
                    entry.key.span,
                    f"'{key}' is given twice for this step",
                    hint="keep one of them",
                )
            else:
                fields[key] = entry

    def _stray(self, key: Scalar, owner: str, hint: str) -> None:
        """Report a key that means something in another place."""
        message = f"{owner} has no key '{key.value}'"
        self.findings.report("unknown-key", key.span, message, hint=hint, subject=key.value)

    def _twice(self, main: Entry, other: Entry | None, message: str) -> None:
        """Report that the main key and the key `other` both say what to do."""
        if other is not None and not is_null(main.value):
            self.findings.report("duplicate-key", other.key.span, message, hint="keep one of them")

    def _blocks(self, step: Step, table: grammar.Table) -> None:
        if step.fields.keys().isdisjoint(BLOCKS):
            return
        for name in BLOCKS:
            entry = step.fields.get(name)
            if entry is not None and table[name].kind == "steps":
                step.blocks[name] = self.block(entry.value)

    def _elifs(self, step: Step) -> list[tuple[Node, list[Step]]]:
        node = step.get("elif")
        if node is None:
            return []
        parts = node.items if isinstance(node, Sequence) else [node]
        found: list[tuple[Node, list[Step]]] = []
        for part in parts:
            if not isinstance(part, Mapping):
                self.findings.report(
                    "wrong-type",
                    part.span,
                    "`elif` is a list of conditions with their steps",
                    hint="write `- if: CONDITION` and `then:` below it",
                )
                continue
            fields: dict[str, Entry] = {}
            self._options(part.entries, grammar.ELIF, fields, "`elif`")
            for name in ("if", "then"):
                if name not in fields:
                    self.findings.report("missing-key", part.span, f"this `elif` has no `{name}`")
            if "if" in fields:
                block = self.block(fields["then"].value) if "then" in fields else []
                found.append((fields["if"].value, block))
        return found


def unknown_key(findings: Findings, key: Scalar, table: grammar.Table, owner: str) -> str:
    """Report a key that is not in `table`, with the nearest ones or what others call so.

    Returns the key that was surely meant, or "": the caller goes on as if it stood there.
    """
    near = nearest(key.value, table)
    hint, fixes = did_you_mean(key.value, table), ()
    if not near:
        near = _called(key.value, table)
        hint = "".join(f"did you mean '{word}'?" for word in near)
        fixes = tuple(Fix(f"write '{word}'", (Edit(key.span, word),), "unsafe") for word in near)
    findings.report(
        "unknown-key",
        key.span,
        f"{owner} has no key '{key.value}'",
        hint=hint,
        notes=() if near else (available("keys", table),),
        fixes=fixes,
        subject=key.value,
        suggestions=tuple(near),
    )
    return near[0] if near else ""


def _called(key: str, table: grammar.Table) -> list[str]:
    """The key of a table that others call so."""
    return [word for word in SYNONYMS.get(key.lower(), ()) if word in table][:1]


def entry_for(node: Node, name: str, table: grammar.Table) -> Entry | None:
    """The entry of a key in a mapping; where there is none, that of a key which is misspelt for it.

    The misspelling itself is reported where the mapping is read.
    """
    misspelt: Entry | None = None
    for entry in node.entries if isinstance(node, Mapping) else ():
        key = entry.key.value
        if key == name:
            return entry
        if misspelt is None and key not in table:
            meant = nearest(key, table) or _called(key, table)
            misspelt = entry if meant[:1] == [name] else None
    return misspelt


_OWNERS = {
    **dict.fromkeys(("then", "elif", "else"), "if"),
    **dict.fromkeys(("catch", "finally"), "try"),
    **dict.fromkeys(("until", "max"), "repeat"),
}
"""The steps of which a key is a part."""


def _owner_above(node: Mapping) -> str:
    """What a step of options alone lacks: they belong to the step before."""
    if not node.entries:
        return ""
    key = node.entries[0].key.value
    owner = f"the `{_OWNERS[key]}`" if key in _OWNERS else "the step"
    return f"`{key}` belongs to {owner} before: write it there, without a `- ` of its own"


def _dashed(node: Mapping) -> Mapping | None:
    """The step that a mapping is whose first key begins with a `-`."""
    first = node.entries[0] if node.entries else None
    if first is None or first.merged or not re.match(r"-[^\W\d]", first.key.value):
        return None
    key = first.key
    if key.style != "plain" or key.start != node.start or key.tag:
        return None
    begin = Scalar(key.chunk, key.start + 1, key.end, key.value[1:], "plain")
    entries = [Entry(begin, first.value), *node.entries[1:]]
    return Mapping(node.chunk, begin.start, node.end, entries, node.flow)


def _is_for(entry: Entry) -> bool:
    """Whether a key is a misspelt `for` with its header behind the colon."""
    return isinstance(entry.value, Scalar) and nearest(entry.key.value, ("for",)) == ["for"]


def _is_loop(entry: Entry) -> bool:
    """Whether a key reads like the header of a loop but for its first word."""
    word, _, end = first_word(entry.key.value)
    if not entry.key.value[end:] or not isinstance(entry.value, Sequence):
        return False
    header = parse_for_header(entry.key.value[end:])
    return isinstance(header, ForHeader) and bool(header.names) and word.isidentifier()


def _least_like_an_option(entries: list[Entry]) -> Entry:
    """Of keys that are no agents, the one least likely to be a misspelt option."""
    for entry in entries:
        if not nearest(entry.key.value, _OPTIONS):
            return entry
    return entries[0]
