"""Holes where none are: inside the quotes of an expression, and in the keys of maps."""

import re
from collections.abc import Iterator

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Node, Sequence
from vegac.syntax.text import parse_text

_FIRST_NAME = re.compile(r"\s*([A-Za-z_]\w*)")
_SEARCHES = frozenset(
    {"replace", "regex_replace", "split", "contains", "startswith", "endswith", "match"}
)
"""Filters that may well look for a text with a hole in it."""
_TREES = frozenset({"set", "with", "return", "value", "default"})


def check_quoted_holes(context: ProgramContext, contents: Contents, findings: Findings) -> None:
    """`hole-in-string` and `hole-in-key`, in a workflow."""
    workflow = contents.workflow
    known = {*workflow.variables, *(declared.name for declared in workflow.inputs)}
    if any(hole_in(text.value, known) for text in contents.parts(ir.Const)):
        for text in _strings(contents):
            _check_string(text, known, findings)
    for tree in _trees(context, contents):
        _check_keys(tree, known, findings)


def check_tool_keys(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """`hole-in-key`, in tools."""
    for tool in program.tools:
        node = context.declarations.tools[tool.name].node
        implementation = node.get("implementation") if isinstance(node, Mapping) else None
        params = tool.construct.arguments.get("params")
        if isinstance(implementation, Mapping) and isinstance(params, dict):
            for entry in implementation.entries:
                _check_keys(entry.value, set(params), findings)


def _strings(workflow: Contents) -> Iterator[ir.Const]:
    """The literal strings that stand inside the expressions of a workflow."""
    for compare in workflow.parts(ir.Compare):
        searched = compare.operator in ("in", "not in")
        yield from _consts(None if searched else compare.left, compare.right)
    for binary in workflow.parts(ir.Binary):
        yield from _consts(binary.left, binary.right)
    for logical in workflow.parts(ir.Logical):
        yield from _consts(*logical.operands)
    for choice in workflow.parts(ir.Conditional):
        yield from _consts(choice.then, choice.otherwise)
    for call in workflow.parts(ir.FilterCall):
        yield from _consts(call.value)
        if call.name not in _SEARCHES:
            yield from _consts(*call.arguments)
    yield from _consts(*workflow.conditions())


def _consts(*parts: ir.Expr | None) -> Iterator[ir.Const]:
    for part in parts:
        if isinstance(part, ir.Const):
            yield part


def hole_in(value: object, known: set[str]) -> str:
    """The first hole in a literal text that names something in scope, or ""."""
    if not isinstance(value, str) or ("<<" not in value and "{{" not in value):
        return ""
    for hole in parse_text(value).holes:
        name = _FIRST_NAME.match(hole.parsed.text)
        if name is not None and name[1] in known and not hole.parsed.problems:
            return value[hole.start : hole.end]
    return ""


def _check_string(text: ir.Const, known: set[str], findings: Findings) -> None:
    hole = hole_in(text.value, known)
    if hole:
        findings.report(
            "hole-in-string",
            text.span,
            f"inside quotes, {hole} is no hole but these characters",
            hint=f"write {hole[2:-2].strip()} without the quotes",
            suggestions=_named(hole),
        )


def _named(hole: str) -> tuple[str, ...]:
    """The name in a hole, which counts as used."""
    return tuple(_FIRST_NAME.findall(hole[2:])[:1])


def _trees(context: ProgramContext, contents: Contents) -> Iterator[Node]:
    node = context.declarations.workflows[contents.workflow.name].node
    output = node.get("output") if isinstance(node, Mapping) else None
    if output is not None:
        yield output
    for step in contents.steps:
        for name, found in step.fields.items():
            if name in ("set", "with") and isinstance(found.value, Mapping):
                # The keys of these are names, which are checked as such.
                yield from (entry.value for entry in found.value.entries)
            elif name in _TREES:
                yield found.value


def _check_keys(node: Node, known: set[str], findings: Findings) -> None:
    match node:
        case Sequence(items=items):
            for item in items:
                _check_keys(item, known, findings)
        case Mapping(entries=entries):
            for entry in entries:
                hole = hole_in(entry.key.value, known)
                if hole:
                    findings.report(
                        "hole-in-key",
                        entry.key.span,
                        f"keys are taken as they stand: the key is {entry.key.value!r}",
                        hint="put what varies into a value, such as {name: ..., value: ...}",
                        suggestions=_named(hole),
                    )
                _check_keys(entry.value, known, findings)
        case _:
            pass
