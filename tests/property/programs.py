"""Whole programs at random: steps of every kind over variables of known types."""

from typing import Any

from hypothesis import strategies as st
from msgspec import Struct, structs

from tests.property.interpreter import FAULT

AGENTS = {
    "A": {"model": "scripted", "system": "a"},
    "Beta": {"model": "scripted", "system": "b"},
    "Fresh": {"model": "scripted", "system": "f", "context": "fresh"},
}
_STRINGS = ("", "x", "ab", "one two", "Déjà", "7")
_LISTS = ("[]", "['x']", "['b', 'a', 'b']", "['one two', '']")
_MAPS = ("{}", "{k: 'v'}", "{k: 'x', n: '1', z: ''}")
_TYPES = {"s": "string", "n": "integer", "b": "boolean", "l": "list[string]", "m": "map[string]"}

Steps = list[dict[str, Any]]


class Known(Struct, frozen=True):
    """What is known where a step stands.

    `names` are set for certain; the first letter of each tells its type. `free` are those that may
    be assigned. `outputs` are steps with an output, `loops` counts the loops around, `after` says
    that a loop has ended above, `alone` that we are in a branch, `final` in a `finally`; `ended`
    that this place is not reached.
    """

    names: frozenset[str]
    free: tuple[str, ...]
    outputs: frozenset[str] = frozenset()
    loops: int = 0
    after: bool = False
    alone: bool = False
    final: bool = False
    ended: bool = False

    def with_(self, *names: str) -> "Known":
        return structs.replace(self, names=self.names | set(names))

    def where_both(self, other: "Known") -> "Known":
        """What is known where two paths meet."""
        if self.ended or other.ended:
            return self if other.ended else other
        names, outputs = self.names & other.names, self.outputs & other.outputs
        return structs.replace(self, names=names, outputs=outputs)


class Writer:
    """Writes one workflow. `callees` are the workflows that it may call, with their inputs;
    `computes` says that some of its names (`c_0`, `c_1`...) are made by texts."""

    def __init__(self, draw: st.DrawFn, size: int, callees: dict[str, dict[str, Any]]) -> None:
        self.draw = draw
        self.left = size
        self.callees = callees
        self.count = 0
        self.computes = bool(self.below(2))

    def below(self, count: int) -> int:
        return self.draw(st.integers(0, count - 1))

    def one_of(self, options: Any) -> Any:
        return options[self.below(len(options))]

    def rarely(self, parts: int = 6) -> bool:
        return self.below(parts) == parts - 1

    def fresh(self, type_: str) -> str:
        self.count += 1
        return f"{type_}{100 + self.count}"

    # --- expressions ---------------------------------------------------------------------------

    def variable(self, known: Known, type_: str) -> str | None:
        names = sorted(name for name in known.names if name[0] == type_)
        return self.one_of(names) if names else None

    def of(self, known: Known, type_: str, depth: int = 2) -> str:
        """An expression of a type, in parentheses where it needs them."""
        name = self.variable(known, type_)
        if depth == 0 or self.below(3) == 0:
            return name or self.literal(type_)
        write = {"s": self.string, "n": self.integer, "b": self.boolean, "l": self.list_}
        made = write[type_](known, depth - 1) if type_ in write else self.literal(type_)
        return f"({made})"

    def literal(self, type_: str) -> str:
        match type_:
            case "s":
                return f"'{self.one_of(_STRINGS)}'"
            case "n":
                return str(self.below(5))
            case "b":
                return self.one_of(("true", "false"))
            case "l":
                return self.one_of(_LISTS)
            case _:
                return self.one_of(_MAPS)

    def string(self, known: Known, depth: int) -> str:
        value = self.of(known, "s", depth)
        match self.below(12):
            case 0:
                return f"({value} + {self.of(known, 's', depth)}) | truncate:9"
            case 1:
                return f"{value} | {self.one_of(('upper', 'lower', 'trim', 'reverse'))}"
            case 2:
                return f"{self.of(known, 'n', depth)} | string"
            case 3:
                return f"({self.of(known, 'l', depth)} | join:-) | truncate:9"
            case 4:
                return f"{value} if {self.of(known, 'b', depth)} else {self.literal('s')}"
            case 5:
                return f"{value}[{self.one_of(('0', '-1', '1:', ':2'))}]"
            case 6:
                return "result | default:none"
            case 7:
                return "error.type | default:fine"
            case 8 if self.computes:
                return f"c_{self.below(4)}{self.one_of(('', ' | default:-', ' | default:no'))}"
            case 9:
                return f"{self.of(known, 'l', depth)} | {self.one_of(('first', 'last'))}"
            case 10 if known.outputs:
                return f"steps.{self.one_of(sorted(known.outputs))}.output | default:out"
            case _:
                name = self.variable(known, "m")
                if name is None:
                    return f"{value}[{self.one_of((':1', '-2:'))}]"
                key = self.one_of(("k", "n", "gone"))
                return f"{name}.{key}{self.one_of(('', ' | default:d'))}"

    def integer(self, known: Known, depth: int) -> str:
        value = self.of(known, "n", depth)
        match self.below(7):
            case 0 | 1:
                return f"({value} {self.one_of('+-*')} {self.of(known, 'n', depth)}) % 7"
            case 2:
                return f"{value} // {self.of(known, 'n', depth)}"
            case 3:
                return f"{self.of(known, self.one_of('sl'), depth)} | length"
            case 4 if known.loops > 1:
                return f"loop.parent.{self.one_of(('index', 'count'))}"
            case 5 | 6 if known.loops or known.after:
                return f"loop.{self.one_of(('index', 'count'))}"
            case _:
                return f"{value} if {self.of(known, 'b', depth)} else {self.literal('n')}"

    def boolean(self, known: Known, depth: int) -> str:
        match self.below(8):
            case 0 | 1:
                sign = self.one_of(("<", "<=", ">", ">=", "==", "!="))
                return f"{self.of(known, 'n', depth)} {sign} {self.of(known, 'n', depth)}"
            case 2:
                return f"{self.of(known, 's', depth)} == {self.of(known, 's', depth)}"
            case 3:
                word = self.one_of(("in", "not in"))
                right = self.of(known, self.one_of("sl"), depth)
                return f"{self.of(known, 's', depth)} {word} {right}"
            case 4:
                word = self.one_of(("and", "or"))
                return f"{self.of(known, 'b', depth)} {word} {self.of(known, 'b', depth)}"
            case 5:
                return f"not {self.of(known, self.one_of('sbl'), depth)}"
            case 6 if known.loops:
                return f"loop.{self.one_of(('first', 'last'))}"
            case _:
                return self.one_of(
                    ("error", "result", "result == null", "not error", "error != null")
                )

    def list_(self, known: Known, depth: int) -> str:
        value = self.of(known, "l", depth)
        match self.below(6):
            case 0 | 1:
                return f"({value} + [{self.of(known, 's', depth)}])[-3:]"
            case 2:
                return f"[{self.of(known, 's', depth)}, {self.of(known, 's', depth)}]"
            case 3:
                return f"{value} | {self.one_of(('sort', 'unique', 'reverse'))}"
            case 4:
                return f"{self.of(known, 's', depth)} | split:' '"
            case _:
                return f"{value}[{self.one_of(('1:', ':2', ':-1'))}]"

    # --- texts and values ----------------------------------------------------------------------

    def hole(self, expression: str) -> str:
        return f"<<{expression}>>" if self.below(2) else "{{ " + expression + " }}"

    def text(self, known: Known) -> str:
        """A text that does not grow in a loop."""
        parts = [f"{FAULT} " if self.rarely(25) else self.one_of(("say ", "x: ", "\\<< "))]
        for _ in range(self.below(3)):
            type_ = self.one_of("ssnbl")
            made = self.of(known, type_)
            made = f"({made}) | truncate:9" if type_ == "s" else made
            parts.append(self.hole(made) + self.one_of(("", ", ", " - ")))
        if self.rarely(8):
            parts.append(self.hole("error"))
        return "".join(parts)

    def value(self, known: Known, type_: str) -> Any:
        """What a `set` gives to a variable of a type."""
        match type_:
            case "n" if self.rarely():
                return self.below(5)
            case "b" if self.rarely():
                return bool(self.below(2))
            case "s" if self.rarely(3):
                return f"{self.hole(self.of(known, 'n'))} {self.one_of(('', 'of'))}"
            case "l" if self.rarely(4):
                return ["a", self.hole(f"{self.of(known, 's')} | truncate:9")]
            case "m" if self.rarely(2):
                return {"k": "v", "n": self.hole(self.of(known, "n") + " | string")}
            case "s":
                return self.hole(f"{self.of(known, 's')} | truncate:9")
            case _:
                return self.hole(self.of(known, type_))

    def result(self, known: Known) -> Any:
        """What a `return` or an `output` gives."""
        match self.below(4):
            case 0:
                return self.variable(known, self.one_of("snbl")) or "result"
            case 1:
                return "result"
            case 2:
                return self.text(known)
            case _:
                names = sorted(known.names)
                return {name: self.hole(name) for name in names} | {"last": "{{ result }}"}

    # --- steps ---------------------------------------------------------------------------------

    def target(self, known: Known, type_: str) -> str | None:
        names = [name for name in known.free if name[0] == type_]
        return self.one_of(names) if names else None

    def saved(self, known: Known, options: dict[str, Any], type_: str) -> Known:
        """Perhaps a `save` for a step's options."""
        name = self.target(known, type_)
        match self.below(4):
            case 0 if type_ == "s" and self.computes:
                options["save"] = f"c_{self.hole(self.of(known, 'n', 1))}"
                return known
            case 0:
                return known
            case _ if name is None:
                return known
            case _:
                options["save"] = name
                outputs = known.outputs | {name}
                return structs.replace(known.with_(name), outputs=outputs)

    def common(self, known: Known, step: dict[str, Any]) -> None:
        """Options of any step."""
        if self.rarely(8):
            step["if"] = self.of(known, "b")
        if self.rarely(8):
            step["continue_on_error"] = True

    def block(self, known: Known, least: int = 1) -> tuple[Steps, Known]:
        """Some steps, and what is known after them."""
        steps: Steps = []
        for _ in range(least + self.below(3)):
            if (self.left <= 0 and len(steps) >= least) or known.ended:
                break
            self.left -= 1
            step, known = self.step(known)
            steps.append(step)
        return steps, known

    def step(self, known: Known) -> tuple[dict[str, Any], Known]:
        simple = (self.send, self.send, self.send, self.set_, self.set_)
        if self.left <= 0:
            return self.one_of(simple)(known)
        if self.rarely(14) and not known.alone and not known.final:
            return {"return": self.result(known)}, structs.replace(known, ended=True)
        if self.rarely(16):
            return {"fail": self.text(known)}, structs.replace(known, ended=True)
        control = (
            self.if_, self.if_, self.for_, self.for_, self.repeat, self.parallel, self.at_once,
            self.one_agent, self.try_, self.do, self.call, self.ask,
        )  # fmt: skip
        return self.one_of(control if self.below(2) else simple)(known)

    def send(self, known: Known) -> tuple[dict[str, Any], Known]:
        agent, message = self.one_of(tuple(AGENTS)), self.text(known)
        options: dict[str, Any] = {}
        after = self.saved(known, options, "s")
        if self.rarely(8):
            options["context"] = "fresh"
        self.common(known, options)
        if self.below(2):
            return {agent: message, **options}, after
        return {f"{agent} says it": {"send": message, **options}}, after

    def set_(self, known: Known) -> tuple[dict[str, Any], Known]:
        values: dict[str, Any] = {}
        for _ in range(1 + self.below(2)):
            name = self.target(known, self.one_of("ssnbllm"))
            if name is not None and name not in values:
                values[name] = self.value(known, name[0])
                known = known.with_(name)
        step: dict[str, Any] = {"set": values or {"s0": "x"}}
        return step, known if values else known.with_("s0")

    def if_(self, known: Known) -> tuple[dict[str, Any], Known]:
        step: dict[str, Any] = {"if": self.of(known, "b")}
        step["then"], after = self.block(known)
        if self.rarely(3):
            then, other = self.block(known)
            step["elif"] = [{"if": self.of(known, "b"), "then": then}]
            after = after.where_both(other)
        otherwise = known
        if self.below(2):
            step["else"], otherwise = self.block(known)
        return step, self.back(known, after.where_both(otherwise))

    def back(self, before: Known, after: Known) -> Known:
        """What is known after a block, outside of it."""
        return structs.replace(before, names=after.names, outputs=after.outputs, ended=after.ended)

    def loop_header(self, known: Known, fresh: bool) -> tuple[str, list[str]]:
        """The header of a `for` and its variables."""
        strings = [name for name in known.free if name[0] == "s"]

        def take(type_: str) -> str:
            if fresh or type_ != "s" or not strings:
                return self.fresh(type_)
            return strings.pop(self.below(len(strings)))

        match self.below(4):
            case 0:
                names = [self.fresh("n"), take("s")]
                return f"{', '.join(names)} in {self.of(known, 'l')}", names
            case 1:
                names = [take("s"), take("s")][: 1 + self.below(2)]
                return f"{', '.join(names)} in {self.of(known, 'm', 0)}", names
            case _:
                name = take("s")
                return f"{name} in {self.of(known, 'l')}", [name]

    def for_(self, known: Known) -> tuple[dict[str, Any], Known]:
        if known.loops > 1:
            return self.send(known)
        header, names = self.loop_header(known, fresh=False)
        inside = structs.replace(known.with_(*names), loops=known.loops + 1)
        body, _ = self.block(inside)
        step: dict[str, Any] = {f"for {header}": body}
        if self.below(2):
            step = {"for": header, "steps": body}
        after = self.saved(known, step, "l") if self.below(2) else known
        return step, structs.replace(after, after=not known.loops)

    def repeat(self, known: Known) -> tuple[dict[str, Any], Known]:
        if known.loops > 1:
            return self.send(known)
        inside = structs.replace(known, loops=known.loops + 1)
        body, after = self.block(inside)
        limit = self.hole(self.of(known, "n")) if self.rarely(3) else 1 + self.below(3)
        inner: dict[str, Any] = {"steps": body, "max": limit}
        if self.below(2):
            inner["until"] = self.of(structs.replace(after, ended=False), "b")
        after = structs.replace(self.back(known, after), after=not known.loops)
        return {"repeat": inner}, after

    def parallel(self, known: Known) -> tuple[dict[str, Any], Known]:
        count = 2 + self.below(2)
        branches: Steps = []
        names, outputs = known.names, known.outputs
        for index in range(count):
            own = known.free[index::count]
            inside = structs.replace(known, free=own, alone=True)
            if self.below(2):
                branch, after = self.send(inside)
            else:
                steps, after = self.block(inside)
                branch = {"do": steps}
                self.common(inside, branch)
            branches.append(branch)
            if not after.ended and not {"if", "continue_on_error"} & branch.keys():
                names, outputs = names | (after.names & set(own)), outputs | after.outputs
        step: dict[str, Any] = {"parallel": branches}
        known = structs.replace(known, names=names, outputs=outputs)
        after = self.saved(known, step, "l") if self.below(2) else known
        # What a branch comes to may be null, and so its place in the list.
        return step, structs.replace(after, names=after.names - {step.get("save", "")})

    def at_once(self, known: Known) -> tuple[dict[str, Any], Known]:
        """A `for` whose iterations run at once; what they set is their own."""
        if known.loops > 1:
            return self.send(known)
        header, names = self.loop_header(known, fresh=True)
        own = tuple(self.fresh(type_) for type_ in "ssnl")
        inside = structs.replace(known.with_(*names), free=own, loops=known.loops + 1, alone=True)
        body, _ = self.block(inside)
        step: dict[str, Any] = {"for": header, "parallel": 1 + self.below(3), "steps": body}
        after = self.saved(known, step, "l") if self.below(2) else known
        return step, structs.replace(after, names=after.names - {step.get("save", "")})

    def one_agent(self, known: Known) -> tuple[dict[str, Any], Known]:
        inputs: Any = self.hole(self.of(known, "l"))
        if self.below(2):
            inputs = [self.text(known), self.hole(self.of(known, "n")), "x"][: self.below(4)]
        inner: dict[str, Any] = {"agent": self.one_of(tuple(AGENTS)), "inputs": inputs}
        if self.below(2):
            inner["limit"] = 1 + self.below(3)
        after = self.saved(known, inner, "l")
        return {"parallel": inner}, after

    def try_(self, known: Known) -> tuple[dict[str, Any], Known]:
        step: dict[str, Any] = {}
        step["try"], after = self.block(known)
        kind = self.below(3)
        if kind:
            step["catch"], other = self.block(known)
            after = after.where_both(other)
        if kind != 1:
            step["finally"], last = self.block(structs.replace(known, final=True))
            after = structs.replace(after, names=after.names | last.names)
            after = structs.replace(after, ended=after.ended or last.ended)
        return step, self.back(known, after)

    def do(self, known: Known) -> tuple[dict[str, Any], Known]:
        steps, after = self.block(known)
        if not after.ended:
            last, after = self.send(after)
            steps.append(last)
        step: dict[str, Any] = {"do": steps}
        self.common(known, step)
        if {"if", "continue_on_error"} & step.keys():
            after = known
        return step, self.back(known, after)

    def call(self, known: Known) -> tuple[dict[str, Any], Known]:
        if not self.callees:
            return self.send(known)
        name = self.one_of(tuple(self.callees))
        values = {
            key: self.value(known, key[0])
            for key, says in self.callees[name].items()
            if isinstance(says, str) or self.below(2)
        }
        step: dict[str, Any] = {"workflow": name, "with": values}
        if self.rarely(4):
            step["context"] = "fresh"
        if self.computes and self.below(2):
            step["save"] = f"c_{self.hole(self.of(known, 'n', 1))}"
        self.common(known, step)
        return step, known

    def ask(self, known: Known) -> tuple[dict[str, Any], Known]:
        """A question that nobody is there to answer."""
        step: dict[str, Any] = {"ask": self.text(known), "default": self.text(known)}
        name = self.target(known, "s")
        if name is None:
            return step, known
        return {**step, "save": name}, known.with_(name)


@st.composite
def programs(draw: st.DrawFn, size: int = 12) -> tuple[dict[str, Any], dict[str, Any]]:
    """A program, and the inputs of its workflow `main`."""
    workflows: dict[str, Any] = {}
    callees: dict[str, dict[str, Any]] = {}
    for name in ("leaf", "middle", "main"):
        writer = Writer(draw, size if name == "main" else 4, dict(callees))
        inputs: dict[str, Any] = {"s1": "string", "n1": "integer"}
        if name != "leaf":
            inputs["l1"] = {"type": "list[string]", "default": ["p", "q"]}
        free = ("s1", "s2", "s3", "s4", "n1", "n2", "b1", "b2", "l1", "l2", "l3", "m1")
        steps, known = writer.block(Known(frozenset(inputs), free), 3 if name == "main" else 1)
        if writer.computes:
            steps.insert(0, {"A": "begin", "save": "c_<<n1>>"})
        workflow: dict[str, Any] = {"inputs": inputs, "steps": steps}
        if not known.ended and draw(st.booleans()):
            workflow["output"] = writer.result(known)
        workflows[name] = workflow
        callees[name] = inputs
    given = {"s1": draw(st.sampled_from(_STRINGS)), "n1": draw(st.integers(-1, 4))}
    return {"agents": AGENTS, "workflows": workflows}, given
