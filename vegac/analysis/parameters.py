"""Parameters of tools that have no effect."""

import re

from vega_grammar.keys import IMPLEMENTATION, PARAM
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.ir.traverse import static_expressions, walk
from vegac.source.findings import Findings
from vegac.syntax.document import entry_for
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence

_HOLE = re.compile(r"(?:<<|\{\{)\s*([A-Za-z_]\w*)")
_PYTHON = "BuiltinTool"


def check_parameters(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """`unused-param`: a parameter that no text of the tool's implementation uses."""
    for tool in program.tools:
        node = context.declarations.tools[tool.name].node
        if tool.construct.name == _PYTHON or not isinstance(node, Mapping):
            continue
        implementation = node.get("implementation")
        if not isinstance(implementation, Mapping) or not _is_known(implementation.get("type")):
            continue
        used = {
            part.name
            for expression in static_expressions(tool.construct)
            for part in walk(expression)
            if isinstance(part, ir.Parameter)
        } | _in_keys(implementation)
        declared = tool.construct.arguments.get("params")
        if not isinstance(declared, dict):
            continue
        for key in _names(node.get("params")):
            name = key.value
            if name in declared and name not in used and not name.startswith("_"):
                findings.report(
                    "unused-param",
                    key.span,
                    f"nothing in the implementation uses the parameter '{key.value}'",
                    hint=f"write `<<{key.value}>>` where it belongs, or remove it",
                    subject=key.value,
                )


def _is_known(kind: Node | None) -> bool:
    return isinstance(kind, Scalar) and kind.value in IMPLEMENTATION


def _in_keys(node: Node) -> set[str]:
    """The names in holes of keys, which have a finding of their own."""
    match node:
        case Mapping(entries=entries):
            found = {name for entry in entries for name in _HOLE.findall(entry.key.value)}
            return found.union(*(_in_keys(entry.value) for entry in entries))
        case Sequence(items=items):
            return set[str]().union(*map(_in_keys, items))
        case _:
            return set()


def _names(params: Node | None) -> list[Scalar]:
    if isinstance(params, Mapping):
        return [entry.key for entry in params.entries]
    names: list[Scalar] = []
    for item in params.items if isinstance(params, Sequence) else ():
        named = entry_for(item, "name", PARAM)
        name = item if named is None else named.value
        if isinstance(name, Scalar):
            names.append(name)
    return names
