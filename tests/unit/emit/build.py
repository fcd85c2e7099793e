"""IR by hand, and running what is emitted from it."""

import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vega_runtime.virtual_time import run_virtual
from vegac.emit.module import EmittedModule, emit_module
from vegac.ir import nodes as ir
from vegac.ir.verify import type_of
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    LOOP,
    STRING,
    Enum,
    ListOf,
    Record,
    Type,
    union,
)
from vegac.source.span import Span

HERE = Span("t", 0, 1)


def at(line: int) -> Span:
    """A span whose place is `line` of the source."""
    return Span("t", line, line + 1)


def locate(span: Span) -> tuple[str, int, int]:
    return ("t.vega.yaml", span.start, 1)


# --- expressions ---------------------------------------------------------------------------------


def const(value: str | float | bool | None, type_: Type | None = None) -> ir.Const:
    found = type_of(value)
    plain = STRING if isinstance(found, Enum) else found
    return ir.Const(type_ or plain, HERE, value)


def var(name: str, type_: Type = STRING, guarded: bool = False) -> ir.Variable:
    return ir.Variable(type_, HERE, name, guarded)


def text(*parts: str | ir.Expr) -> ir.Template:
    return ir.Template(STRING, HERE, parts)


def list_of(*items: ir.Expr) -> ir.ListValue:
    return ir.ListValue(ListOf(union(item.type for item in items)), HERE, items)


def map_of(**entries: ir.Expr) -> ir.MapValue:
    fields = tuple((key, value.type) for key, value in entries.items())
    return ir.MapValue(Record(fields), HERE, tuple(entries), tuple(entries.values()))


def binary(left: ir.Expr, operator: Any, right: ir.Expr, type_: Type = ANY) -> ir.Binary:
    return ir.Binary(type_, HERE, operator, left, right)


def compare(left: ir.Expr, operator: Any, right: ir.Expr) -> ir.Compare:
    return ir.Compare(BOOLEAN, HERE, operator, left, right)


def field(value: ir.Expr, name: str, type_: Type = ANY) -> ir.Field:
    return ir.Field(type_, HERE, value, name)


def loop(level: int = 1) -> ir.LoopState:
    return ir.LoopState(LOOP, HERE, level)


def count(level: int = 1) -> ir.Field:
    return field(loop(level), "count")


def filtered(value: ir.Expr, name: str, *given: ir.Expr, type_: Type = ANY) -> ir.FilterCall:
    return ir.FilterCall(type_, HERE, name, value, given)


# --- statements ----------------------------------------------------------------------------------


def targets(*names: str) -> tuple[ir.AnyTarget, ...]:
    return tuple(ir.Target(name, HERE) for name in names)


def send(
    agent: str,
    message: ir.Expr | str,
    *save: str,
    site: str = "",
    type_: Type = STRING,
    **options: Any,
) -> ir.Send:
    sent = const(message) if isinstance(message, str) else message
    where = f"w/{site or (save[0] if save else agent)}"
    return ir.Send(HERE, where, agent, sent, targets(*save), type_, options)


def put(name: str, value: ir.Expr) -> ir.Assign:
    return ir.Assign(HERE, "w/set", targets(name), value)


def give(value: ir.Expr) -> ir.Return:
    return ir.Return(HERE, "w/return", value)


def when(condition: ir.Expr, then: ir.Block, otherwise: ir.Block | None = None) -> ir.If:
    return ir.If(HERE, "w/if", condition, then, otherwise or [])


def each(
    name: str, collection: ir.Expr, body: ir.Block, *, level: int = 1, over: Any = "list"
) -> ir.For:
    names = tuple(ir.Target(part.strip(), HERE) for part in name.split(","))
    return ir.For(HERE, "w/for", names, over, collection, body, level)


# --- programs ------------------------------------------------------------------------------------


def given(name: str, type_: Type = STRING, **more: Any) -> ir.Input:
    declared = more.pop("type_text", str(type_))
    return ir.Input(name, type_, declared, HERE, **more)


def workflow(
    body: ir.Block,
    *inputs: ir.Input,
    name: str = "w",
    variables: Mapping[str, Type] | None = None,
    initial: tuple[str, ...] = (),
    result: Type = ANY,
    agents: tuple[str, ...] = ("A",),
    **more: Any,
) -> ir.Workflow:
    known = {declared.name: declared.type for declared in inputs} | dict(variables or {})
    return ir.Workflow(
        name,
        HERE,
        more.pop("description", ""),
        list(inputs),
        body,
        result,
        known,
        initial,
        more.pop("computed", False),
        agents,
        **more,
    )


def agent(name: str = "A", **options: Any) -> ir.Agent:
    return ir.Agent(name, HERE, {"model": "scripted", "system": "s", **options})


def program(*workflows: ir.Workflow, agents: Sequence[ir.Agent] | None = None) -> ir.Program:
    found = [agent()] if agents is None else list(agents)
    return ir.Program("t.vega.yaml", "", "", found, [], list(workflows), {})


def emit(*workflows: ir.Workflow, agents: Sequence[ir.Agent] | None = None) -> EmittedModule:
    return emit_module(program(*workflows, agents=agents), digest="0" * 64, locate=locate)


def body_of(module: EmittedModule, function: str = "w") -> str:
    """The lines of one function, dedented."""
    lines = module.text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"async def {function}("))
    while not lines[start].endswith(":"):
        start += 1
    found: list[str] = []
    for line in lines[start + 1 :]:
        if line and not line.startswith("    "):
            break
        found.append(line[4:])
    return "\n".join(found).rstrip()


# --- running -------------------------------------------------------------------------------------


def load(module: EmittedModule, name: str = "emitted_t") -> types.ModuleType:
    """Execute the module's code."""
    made = types.ModuleType(name)
    sys.modules[name] = made
    exec(compile(module.text, f"<{name}>", "exec"), made.__dict__)
    return made


class Ran:
    """What came of a run: its output, and what was sent to each agent in order."""

    def __init__(self, output: Any, model: ScriptedModel) -> None:
        self.output = output
        self.sent = [(r.agent, r.messages[-1].text) for r in model.requests]


def run(
    module: EmittedModule,
    inputs: Mapping[str, Any] | None = None,
    script: Sequence[Mapping[str, Any]] = ({"reply": "echo", "times": "always"},),
    name: str = "w",
    **options: Any,
) -> Ran:
    """Run a workflow of an emitted module with a scripted model, in virtual time."""
    made = load(module)
    model = ScriptedModel(list(script))
    found = made.PROGRAM.workflows[name]
    chosen = RunOptions(provider=lambda _: model, **options)
    return Ran(run_virtual(found.execute(dict(inputs or {}), chosen)), model)
