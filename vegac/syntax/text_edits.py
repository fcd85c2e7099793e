"""Changes of a text of several lines that stands in a YAML file, such as a program inside a test,
written as edits of the source."""

from collections.abc import Sequence

from vegac.source.diagnostic import Edit
from vegac.source.span import Span
from vegac.syntax.compose import Composed, compose
from vegac.syntax.nodes import Chunk, Mapping, Scalar
from vegac.syntax.scalar_edits import Place, ValueChange, edits_of


def edits_of_text(scalar: Scalar, changes: Sequence[ValueChange]) -> tuple[Edit, ...] | None:
    """The edits that make these changes (which do not overlap) to a text.

    None where its style has no way to write the new text: in folded and quoted texts a line end is
    not one in the source. The result was read again, so it says what it should.
    """
    edits: list[Edit] = []
    for change in sorted(changes, key=lambda change: (change.start, change.end)):
        lines = "\n" in change.text or "\n" in scalar.value[change.start : change.end]
        if lines and scalar.style == "literal":
            edit = _of_lines(scalar, change)
            found = None if edit is None else (edit,)
        elif lines or scalar.style == "plain":
            found = None
        else:
            found = edits_of(Place(scalar), (change,))
        if found is None:
            return None
        edits += found
    return tuple(edits) if _reads_as_wanted(scalar, changes, edits) else None


def _of_lines(scalar: Scalar, change: ValueChange) -> Edit | None:
    """A change of whole lines of a literal text: those that it touches are written anew."""
    value, places = scalar.value, scalar.map
    start = value.rfind("\n", 0, change.start) + 1
    end = value.find("\n", change.end)
    text = value[start : change.start] + change.text
    if end >= 0:
        text += value[change.end : end]
    elif value.endswith("\n") and change.end == len(value):
        # The line end of the last line stays where it is.
        end = len(value) - 1
        if start > end:
            start, text = end, "\n" + text
        elif not text:
            start -= 1
        text = text.removesuffix("\n")
    else:
        end = len(value)
        text += value[change.end :]
    if start < 0:
        return None
    indent = _indent(scalar)
    first, *others = text.split("\n")
    if first:
        # An empty line need not be indented.
        first = " " * (indent - _column(scalar, start)) + first
    lines = [first, *(" " * indent + line if line else "" for line in others)]
    return Edit(Span(scalar.chunk.unit, places.offset(start), places.offset(end)), "\n".join(lines))


def _indent(scalar: Scalar) -> int:
    """How far the lines of a literal text are indented."""
    value = scalar.value
    return _column(scalar, len(value) - len(value.lstrip("\n")))


def _column(scalar: Scalar, index: int) -> int:
    offset = scalar.map.offset(index)
    return offset - (scalar.chunk.text.rfind("\n", 0, offset) + 1)


def _reads_as_wanted(scalar: Scalar, changes: Sequence[ValueChange], edits: Sequence[Edit]) -> bool:
    source, wanted = scalar.chunk.text[scalar.start : scalar.end], scalar.value
    last = scalar.start + len(source)
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        start, end = edit.span.start, edit.span.end
        if not scalar.start <= start <= end <= last:
            return False
        last = start
        source = source[: start - scalar.start] + edit.text + source[end - scalar.start :]
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        wanted = wanted[: change.start] + change.text + wanted[change.end :]
    composed = compose(Chunk("", f"k: {source}\n"))
    if not isinstance(composed, Composed) or not isinstance(composed.root, Mapping):
        return False
    entries = composed.root.entries
    found = entries[0].value if len(entries) == 1 else None
    # What line ends follow the last line, the text around it decides.
    return isinstance(found, Scalar) and found.value.rstrip("\n") == wanted.rstrip("\n")
