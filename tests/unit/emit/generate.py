"""Random programs: typed expressions and statements that run, for properties of emitted code."""

from random import Random
from typing import Any

from tests.unit.emit.build import (
    HERE,
    agent,
    binary,
    compare,
    const,
    count,
    field,
    filtered,
    give,
    given,
    list_of,
    map_of,
    program,
    targets,
    text,
    var,
    workflow,
)
from vegac.analysis.trim import trim
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    NUMBER,
    STRING,
    ListOf,
    MapOf,
    Type,
    join,
    optional,
    union,
)

STRINGS, INTEGERS = ListOf(STRING), ListOf(INTEGER)
INPUTS: dict[str, tuple[Type, Any]] = {
    "s": (STRING, "some text"),
    "a_rather_long_name_of_a_string": (STRING, ""),
    "n": (NUMBER, 2.5),
    "i": (INTEGER, 3),
    "another_long_name_of_an_integer": (INTEGER, 0),
    "b": (BOOLEAN, True),
    "xs": (INTEGERS, [3, 1, 2]),
    "words": (STRINGS, ["b", "", "a"]),
    "m": (MapOf(STRING), {"k": "v", "key two": "w"}),
    "a": (ANY, {"k": [1, "x", None], "s": "t"}),
    "o": (optional(STRING), None),
    "class": (STRING, "keyword"),
}
WORDS = [
    "a",
    "it's",
    'say "hi"',
    "{x}",
    "back\\slash",
    "line\nbreak",
    "#no",
    "long text " * 6,
    "é",
    "",
]
BASIC = (STRING, INTEGER, NUMBER, BOOLEAN, STRINGS, INTEGERS, ANY)


class Generator:
    """Makes expressions of a wanted type over `variables`."""

    def __init__(self, random: Random, variables: dict[str, Type] | None = None) -> None:
        self.random = random
        self.variables = dict(variables or {name: type_ for name, (type_, _) in INPUTS.items()})
        self.loops = 0

    def expr(self, wanted: Type, depth: int = 3) -> ir.Expr:
        makers = self._leaves(wanted) if depth <= 0 else self._all(wanted, depth - 1)
        return self.random.choice(makers)()

    def _leaves(self, wanted: Type) -> list[Any]:
        names = [name for name, type_ in self.variables.items() if type_ == wanted]
        found: list[Any] = [lambda name=name: var(name, wanted) for name in names]
        pick = self.random.choice
        if wanted == STRING:
            found.append(lambda: const(pick(WORDS)))
            if self.loops:
                found.append(lambda: text(count(self.loops), "th"))
        elif wanted == INTEGER:
            found.append(lambda: const(pick([0, 1, -2, 100])))
        elif wanted == NUMBER:
            found.append(lambda: const(pick([0.5, -1.25, 1e6])))
        elif isinstance(wanted, ListOf):
            found.append(
                lambda: list_of(self.expr(wanted.element, 0), self.expr(wanted.element, 0))
            )
        elif wanted == ANY:
            found.append(lambda: field(var("a", ANY), "s", ANY))
        return found or [lambda: const(None)]

    def _all(self, wanted: Type, depth: int) -> list[Any]:
        def make(type_: Type) -> ir.Expr:
            return self.expr(type_, depth)

        pick = self.random.choice
        found = self._leaves(wanted)
        found += [lambda: self._conditional(wanted, depth)] if wanted != ANY else []
        if wanted == STRING:
            found += [
                lambda: self._template(depth),
                lambda: self._template(depth),
                lambda: binary(make(STRING), "+", make(STRING), STRING),
                lambda: filtered(make(STRING), pick(["upper", "trim", "title"]), type_=STRING),
                lambda: filtered(make(STRINGS), "join", const(pick([", ", "\n"])), type_=STRING),
                lambda: filtered(var("o", optional(STRING)), "default", make(STRING), type_=STRING),
                lambda: filtered(make(ANY), "string", type_=STRING),
                lambda: filtered(
                    make(STRING), "replace", const("a"), const(pick(['"', "b"])), type_=STRING
                ),
                lambda: ir.Slice(STRING, HERE, make(STRING), None, make(INTEGER)),
            ]
        elif wanted in (INTEGER, NUMBER):
            operators = ["+", "-", "*"]
            found += [
                lambda: binary(make(wanted), pick(operators), make(wanted), wanted),
                lambda: ir.Negate(wanted, HERE, make(wanted)),
            ]
            if wanted == INTEGER:
                found.append(lambda: filtered(make(STRINGS), "length", type_=INTEGER))
        elif wanted == BOOLEAN:
            found += [
                lambda: ir.Not(BOOLEAN, HERE, make(BOOLEAN)),
                lambda: compare(make(INTEGER), pick(["<", "<=", "==", "!="]), make(NUMBER)),
                lambda: compare(make(STRING), pick(["==", "!=", "in", "not in"]), make(STRING)),
                lambda: compare(make(STRING), pick(["in", "not in"]), make(STRINGS)),
                lambda: compare(make(ANY), pick(["==", "!="]), make(pick(BASIC))),
                lambda: compare(var("o", optional(STRING)), pick(["==", "!="]), const(None)),
                lambda: ir.Logical(
                    BOOLEAN, HERE, pick(["and", "or"]), (make(BOOLEAN), make(BOOLEAN))
                ),
            ]
        elif isinstance(wanted, ListOf):
            element = wanted.element
            found += [
                lambda: list_of(*(make(element) for _ in range(self.random.randint(1, 3)))),
                lambda: binary(make(wanted), "+", make(wanted), wanted),
                lambda: filtered(make(wanted), pick(["reverse", "unique", "sort"]), type_=wanted),
            ]
        elif wanted == ANY:
            found += [
                lambda: ir.Dig(ANY, HERE, var("a", ANY), (const("k"), make(INTEGER))),
                lambda: map_of(k=make(pick(BASIC)), other=make(pick(BASIC))),
                lambda: list_of(make(pick(BASIC)), make(pick(BASIC))),
                lambda: filtered(make(ANY), "default", make(pick(BASIC))),
            ]
        return found

    def _conditional(self, wanted: Type, depth: int) -> ir.Expr:
        return ir.Conditional(
            wanted,
            HERE,
            self.expr(wanted, depth),
            self.expr(BOOLEAN, depth),
            self.expr(wanted, depth),
        )

    def _template(self, depth: int) -> ir.Expr:
        parts: list[str | ir.Expr] = []
        for _ in range(self.random.randint(1, 5)):
            if self.random.random() < 0.5:
                parts.append(self.random.choice(WORDS))
            else:
                parts.append(self.expr(self.random.choice(BASIC), depth))
        return text(*parts)


class StatementGenerator:
    """Makes workflows that end, whatever the model says."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.make = Generator(random)
        self.variables: dict[str, Type] = {}
        self.count = 0

    def program(self) -> ir.Program:
        body = self.block(3)
        known = [name for name in self.make.variables if name not in INPUTS]
        result = list_of(*(var(name, self.make.variables[name]) for name in known[:12]))
        body.append(give(result))
        inputs = [
            given(name, type_, type_text="any", has_default=True, required=False, default=value)
            for name, (type_, value) in INPUTS.items()
        ]
        flow = workflow(body, *inputs, variables=self.variables, result=ListOf(ANY))
        found = program(flow, agents=[agent(system="You are a test.")])
        trim(found)
        return found

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def set(self, name: str, type_: Type) -> str:
        known = self.variables.get(name)
        self.variables[name] = type_ if known is None else join(known, type_)
        self.make.variables[name] = type_
        return name

    def block(self, depth: int) -> ir.Block:
        found: ir.Block = []
        for _ in range(self.random.randint(1, 4)):
            found.append(self.statement(depth))
        return found

    def inside(self, depth: int, *extra: tuple[str, Type]) -> ir.Block:
        """A block whose variables are not certain afterwards."""
        before = dict(self.make.variables)
        for name, type_ in extra:
            self.set(name, type_)
        found = self.block(depth)
        self.make.variables = before
        return found

    def statement(self, depth: int) -> ir.Statement:
        makers = [self.assign, self.assign, self.send]
        if depth > 0:
            makers += [self.condition, self.loop, self.repeat, self.attempt, self.parallel]
        return self.random.choice(makers)(depth - 1)

    def assign(self, depth: int) -> ir.Statement:
        del depth
        type_ = self.random.choice(BASIC)
        value = self.make.expr(type_, 3)
        name = self.set(self.fresh("v"), value.type)
        return ir.Assign(HERE, "w/set", targets(name), value)

    def send(self, depth: int) -> ir.Statement:
        del depth
        message = self.make.expr(STRING, 2)
        site = self.fresh("w/send")
        name = self.set(self.fresh("reply"), STRING)
        return ir.Send(HERE, site, "A", message, targets(name), STRING, {})

    def condition(self, depth: int) -> ir.Statement:
        condition = self.make.expr(BOOLEAN, 2)
        otherwise = self.inside(depth) if self.random.random() < 0.5 else []
        return ir.If(HERE, "w/if", condition, self.inside(depth), otherwise)

    def loop(self, depth: int) -> ir.Statement:
        collection = self.make.expr(STRINGS, 1)
        self.make.loops += 1
        level = self.make.loops
        name = self.fresh("item")
        body = self.inside(depth, (name, STRING))
        self.make.loops -= 1
        names = (ir.Target(name, HERE),)
        return ir.For(HERE, self.fresh("w/for"), names, "list", collection, body, level)

    def repeat(self, depth: int) -> ir.Statement:
        self.make.loops += 1
        level = self.make.loops
        body = self.block(depth)
        until = self.make.expr(BOOLEAN, 1)
        self.make.loops -= 1
        return ir.Repeat(HERE, self.fresh("w/repeat"), body, until, const(2), level)

    def attempt(self, depth: int) -> ir.Statement:
        body = self.inside(depth)
        handler = self.inside(depth, ("error", ERROR))
        finally_ = self.inside(0) if self.random.random() < 0.3 else []
        return ir.Try(HERE, "w/try", body, handler, (ir.Target("error", HERE),), finally_)

    def parallel(self, depth: int) -> ir.Statement:
        branches: list[ir.Branch] = []
        site = self.fresh("w/parallel")
        saved: list[tuple[str, Type]] = []
        for number in range(self.random.randint(1, 3)):
            before = dict(self.make.variables)
            body = self.block(depth)
            new = [
                (name, type_) for name, type_ in self.make.variables.items() if name not in before
            ]
            self.make.variables = before
            kept = new[: self.random.randint(0, 2)]
            saved += kept
            result = var(new[0][0], new[0][1]) if new else const(None)
            saves = tuple(ir.Target(name, HERE) for name, _ in kept)
            branches.append(ir.Branch(f"b{number}", f"{site}/b{number}", body, saves, result))
        for name, type_ in saved:
            self.set(name, type_)
        results = union(branch.result.type for branch in branches if branch.result is not None)
        name = self.set(self.fresh("all"), ListOf(results))
        return ir.Parallel(HERE, site, branches, targets(name))
