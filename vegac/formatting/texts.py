"""Which scalars of a program hold expressions: the places where holes mean something."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from vega_grammar import keys as grammar
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.scalar_edits import Place

Kind = Literal["text", "expression", "header"]
"""Text with holes; an expression, in which holes are optional; `for` with its variables."""

# Every key that a step, or a part of one, may have: the kinds of values that it takes anywhere.
_FIELDS: dict[str, set[str]] = {}
for _table in (
    grammar.COMMON,
    grammar.SEND,
    grammar.ELIF,
    grammar.REPEAT,
    grammar.PARALLEL_AGENT,
    grammar.REMEMBER,
    grammar.RECALL,
    *grammar.STEPS.values(),
):
    for _name, _key in _table.items():
        _FIELDS.setdefault(_name, set()).update(_key.kind.split("|"))
_FIELDS["schema"] = set()  # names and types of fields
_PARTS = frozenset(
    {
        "steps",
        "table:REPEAT",
        "tables:ELIF",
        "table:PARALLEL_AGENT",
        "table:REMEMBER",
        "table:RECALL",
    }
)

_SCALARS: dict[str, Kind] = {
    "text": "text",
    "value": "text",
    "save": "text",
    "list": "text",
    "expression": "expression",
    "condition": "expression",
    "for": "header",
}


class Holder(Struct, frozen=True):
    """A scalar that may hold expressions."""

    place: Place
    kind: Kind


def holders(root: Node | None) -> Iterator[Holder]:
    """The scalars of a program, or of a file of tools, that hold expressions."""
    if not isinstance(root, Mapping):
        return
    names = {entry.key.value for entry in root.entries}
    if "implementation" in names:
        yield from _tool(root)
    elif not names & grammar.TOP.keys():
        for entry in root.entries:
            yield from _tool(entry.value)
    for section in root.entries:
        if not isinstance(section.value, Mapping):
            continue
        for entry in section.value.entries:
            if isinstance(entry.value, Mapping):
                yield from _definition(section.key.value, entry.value, section.value.flow)


def _definition(section: str, node: Mapping, flow: bool) -> Iterator[Holder]:
    flow = flow or node.flow
    match section:
        case "agents":
            system = node.get("system")
            if isinstance(system, Scalar):
                yield from _all(system, flow)
        case "tools":
            yield from _tool(node)
        case "workflows":
            yield from _field({"steps"}, node.get("steps"), flow)
            yield from _all(node.get("output"), flow)
        case _:
            pass


def _tool(node: Node) -> Iterator[Holder]:
    implementation = node.get("implementation") if isinstance(node, Mapping) else None
    if isinstance(implementation, Mapping):
        for entry in implementation.entries:
            if entry.key.value not in ("type", "function"):
                yield from _all(entry.value, implementation.flow)


def _all(node: Node | None, flow: bool) -> Iterator[Holder]:
    """Every scalar value of a tree, as text."""
    if isinstance(node, Scalar):
        yield from _scalar(node, flow, "text")
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _all(item, flow or node.flow)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _all(entry.value, flow or node.flow)


def _scalar(node: Scalar, flow: bool, kind: Kind, key: bool = False) -> Iterator[Holder]:
    if node.tag != "!raw":
        yield Holder(Place(node, flow, key), kind)


def _step(node: Node, flow: bool) -> Iterator[Holder]:
    """A step, or the options of one."""
    if not isinstance(node, Mapping):
        return
    flow = flow or node.flow
    for entry in node.entries:
        name = entry.key.value
        if name.startswith("x-"):
            continue
        if name.startswith("for "):
            yield from _scalar(entry.key, flow, "header", key=True)
            yield from _field({"steps"}, entry.value, flow)
        elif name in _FIELDS:
            yield from _field(_FIELDS[name], entry.value, flow)
        elif isinstance(entry.value, Scalar):
            yield from _scalar(entry.value, flow, "text")
        else:
            yield from _step(entry.value, flow)


def _field(kinds: set[str], node: Node | None, flow: bool) -> Iterator[Holder]:
    """The value of a key that takes these kinds of values."""
    if isinstance(node, Scalar):
        for kind in kinds & _SCALARS.keys():
            yield from _scalar(node, flow, _SCALARS[kind])
            return
    elif kinds & {"map", "value", "list"}:
        yield from _all(node, flow)
    elif kinds & _PARTS and isinstance(node, Sequence):
        for item in node.items:
            yield from _step(item, flow or node.flow)
    elif kinds & _PARTS and isinstance(node, Mapping):
        yield from _step(node, flow)
