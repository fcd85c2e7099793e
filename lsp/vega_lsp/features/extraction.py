"""Making a workflow out of steps."""

from lsprotocol import types
from msgspec import Struct

from vega_lsp.features.insertions import Changes, Inserter
from vega_lsp.index import Occurrence
from vega_lsp.positions import range_of
from vega_lsp.scoping import bindings_at
from vega_lsp.session import Snapshot
from vegac.semantics.types import ANY, Enum, ListOf, MapOf, Record, Type
from vegac.syntax import expressions as ast
from vegac.syntax.document import Step, inner_blocks, walk
from vegac.syntax.expression_walk import walk as parts
from vegac.syntax.nodes import Mapping, Scalar

_OWN = ("result", "error", "loop", "steps", "input")
"""Names whose meaning comes from the steps around."""


class _Chosen(Struct, eq=False):
    """Steps that follow one another, with the lines that they fill."""

    workflow: str
    steps: list[Step]
    first: int
    last: int


def extraction(snapshot: Snapshot, wanted: types.Range) -> tuple[str, Changes] | None:
    """A title and the changes, or None where the steps in a range cannot stand alone."""
    chosen = _chosen(snapshot, wanted)
    if chosen is None or not _is_independent(snapshot, chosen):
        return None
    inner, outer = _occurrences(snapshot, chosen)
    read = {one.symbol.name for one in inner if one.role == "read"}
    written = {one.symbol.name for one in inner if one.role == "write"}
    start = chosen.steps[0].node
    bindings = bindings_at(snapshot.program, chosen.workflow, start.chunk.unit, start.start)
    if bindings is None:
        return None
    inputs = {name: bindings.types[name] for name in sorted(read) if name in bindings.types}
    outputs = sorted(written & {one.symbol.name for one in outer if one.role == "read"})
    if len(outputs) > 1 or (outputs and not _gives(snapshot, chosen, outputs[0])):
        return None
    name = _free_name(snapshot, chosen)
    changes = _changes(snapshot, chosen, name, inputs, outputs[0] if outputs else "")
    if changes is None:
        return None
    what = "step" if len(chosen.steps) == 1 else "steps"
    return f"Extract the {what} into a workflow '{name}'", changes


def _chosen(snapshot: Snapshot, wanted: types.Range) -> _Chosen | None:
    first, last = wanted.start.line, wanted.end.line
    if wanted.end.character == 0 and last > first:
        last -= 1
    for workflow, steps in snapshot.program.index.steps.items():
        found = _among(snapshot, steps, first, last, at_key=first == last)
        if found is not None:
            return _Chosen(workflow, *found)
    return None


def _among(
    snapshot: Snapshot, steps: list[Step], first: int, last: int, *, at_key: bool
) -> tuple[list[Step], int, int] | None:
    """The steps of one list that fill the lines; a single line chooses the step that begins
    there."""
    inside: list[Step] = []
    lines: list[int] = []
    for step in steps:
        shown = _lines(snapshot, step)
        if shown is None:
            continue
        start, end = shown
        if (start == first and at_key) or (not at_key and first <= start and end <= last):
            inside.append(step)
            lines += shown
        elif not at_key and start <= last and first <= end and not (start < first and last <= end):
            return None
    if inside:
        return inside, min(lines), max(lines)
    for step in steps:
        for block in inner_blocks(step):
            found = _among(snapshot, block, first, last, at_key=at_key)
            if found is not None:
                return found
    return None


def _lines(snapshot: Snapshot, step: Step) -> tuple[int, int] | None:
    place = snapshot.program.locate(step.node.span)
    if place is None or place.file.path != snapshot.file.path or step.node.flow:
        return None
    return place.position.line - 1, place.end_position.line - 1


def _occurrences(snapshot: Snapshot, chosen: _Chosen) -> tuple[list[Occurrence], list[Occurrence]]:
    """The names of the workflow in the steps, and outside of them."""
    inner: list[Occurrence] = []
    outer: list[Occurrence] = []
    for symbol, found in snapshot.program.index.occurrences.items():
        if symbol.kind != "variable" or symbol.scope != chosen.workflow:
            continue
        for occurrence in found:
            place = snapshot.program.locate(occurrence.span)
            is_inside = (
                place is not None
                and place.file.path == snapshot.file.path
                and chosen.first <= place.position.line - 1 <= chosen.last
            )
            (inner if is_inside else outer).append(occurrence)
    return inner, outer


def _is_independent(snapshot: Snapshot, chosen: _Chosen) -> bool:
    """Whether the steps mean the same elsewhere."""
    for finding in snapshot.program.findings(snapshot.path):
        place = snapshot.program.locate(finding.span)
        line = place.position.line - 1 if place else -1
        if finding.severity == "error" and chosen.first <= line <= chosen.last:
            return False  # nobody knows what its names are
    for step in walk(chosen.steps):
        save = step.get("save")
        if step.kind == "return" or "<<" in getattr(save, "value", "") or "name" in step.fields:
            return False
    unit = chosen.steps[0].node.chunk.unit
    start, end = chosen.steps[0].node.start, chosen.steps[-1].node.end
    for expression in snapshot.program.index.expressions.get(unit, ()):
        if not start <= expression.scalar.start <= end:
            continue
        for part in parts(expression.parsed.expr):
            if isinstance(part, ast.Name) and part.name in _OWN:
                return False
    # What comes after must not ask for the latest result of these steps.
    return not any(
        isinstance(part, ast.Name) and part.name == "result"
        for expression in snapshot.program.index.expressions.get(unit, ())
        if expression.place.owner == chosen.workflow
        for part in parts(expression.parsed.expr)
    )


def _gives(snapshot: Snapshot, chosen: _Chosen, name: str) -> bool:
    """Whether a workflow that returns the variable leaves the result as it was."""
    declarations = snapshot.program.report.declarations
    declared = declarations.workflows[chosen.workflow] if declarations else None
    if declared is not None and isinstance(declared.node, Mapping) and declared.node.get("output"):
        return True
    save = chosen.steps[-1].get("save")
    return isinstance(save, Scalar) and save.value == name


def _free_name(snapshot: Snapshot, chosen: _Chosen) -> str:
    """A name that no workflow has."""
    taken = {symbol.name for symbol in snapshot.program.index.named("workflow")}
    base = f"{chosen.workflow}-part"
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _changes(
    snapshot: Snapshot, chosen: _Chosen, name: str, inputs: dict[str, Type], output: str
) -> Changes | None:
    file = snapshot.file
    end = "\r\n" if "\r\n" in file.text else "\n"
    lines = [file.line_text(line + 1) for line in range(chosen.first, chosen.last + 1)]
    indent = len(lines[0]) - len(lines[0].lstrip(" "))
    if lines[0][indent : indent + 2] != "- ":
        return None
    moved = [line[indent:] if line.strip() else "" for line in lines]
    body: list[str] = []
    if inputs:
        body.append("inputs:")
        body += [f"  {key}: {_type_text(type_)}" for key, type_ in inputs.items()]
    body += ["steps:", *(f"  {line}" if line else "" for line in moved)]
    if output:
        body.append(f"output: <<{output}>>")
    inserter = Inserter(snapshot.session, snapshot.program)
    changes = inserter.definition(snapshot.tree, "workflows", name, body)
    if changes is None:
        return None
    call = [f"- workflow: {name}"]
    if inputs:
        call += ["  with:", *(f"    {key}: <<{key}>>" for key in inputs)]
    if output:
        call.append(f"  save: {output}")
    place = range_of(
        file,
        file.line_starts[chosen.first],
        file.line_starts[chosen.last] + len(file.line_text(chosen.last + 1)),
        snapshot.session.encoding,
    )
    text = end.join(" " * indent + line for line in call)
    uri = snapshot.session.uri(snapshot.path)
    changes.setdefault(uri, []).insert(0, types.TextEdit(place, text))
    return changes


def _type_text(type_: Type) -> str:
    """A type as an input declares it."""
    match type_:
        case ListOf(element=element):
            return f"list[{_type_text(element)}]"
        case MapOf(value=value):
            return f"map[{_type_text(value)}]"
        case Record():
            return "object"
        case Enum():
            return "string"
        case _:
            text = str(type_)
    return text if text in ("string", "number", "integer", "boolean") else str(ANY)
