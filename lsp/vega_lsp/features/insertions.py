"""Edits that add something to a program: a definition, an input, an argument of a call."""

from collections.abc import Iterable

from lsprotocol import types

from vega_lsp.positions import range_of
from vega_lsp.program import Program
from vega_lsp.session import Session
from vegac.source.file import SourceFile
from vegac.source.span import Span
from vegac.syntax.document import Step
from vegac.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.reader import FileTree

Changes = dict[str, list[types.TextEdit]]


class Inserter:
    """Adds to a program as an editor has it. A method gives None where it cannot tell a place."""

    def __init__(self, session: Session, program: Program) -> None:
        self.session = session
        self.program = program

    # --- definitions ---------------------------------------------------------------------------

    def definition(
        self, tree: FileTree, section: str, name: str, body: Iterable[str]
    ) -> Changes | None:
        """A definition at the end of a section: of this file, or of the first one that has such a
        section, or a new section at the end of this file."""
        trees = [tree, *(other for other in self.program.trees if other is not tree)]
        lines = [f"{name}:", *_shifted(body, "  ")]
        for other in trees:
            entry = other.root.entry(section) if other.root is not None else None
            if entry is not None:
                return self._at_end(entry, lines)
        file = tree.file
        head = "" if not file.text or file.text.endswith("\n") else _line_end(file)
        return self._edit(
            file,
            len(file.text),
            head + _joined([f"{section}:", *_shifted(lines, "  ")], file, 0),
        )

    # --- inputs --------------------------------------------------------------------------------

    def input(self, workflow: str, name: str, type_: str = "string") -> Changes | None:
        """An input of a workflow."""
        declarations = self.program.report.declarations
        found = declarations.workflows.get(workflow) if declarations else None
        if found is None or not isinstance(found.node, Mapping) or not found.node.entries:
            return None
        entry = found.node.entry("inputs")
        if entry is None:
            first = found.node.entries[0]
            return self._before(first, ["inputs:", f"  {name}: {type_}"])
        if isinstance(entry.value, Sequence):
            return self._item(entry.value, name)
        return self._at_end(entry, [f"{name}: {type_}"])

    def argument(self, step: Step, name: str, value: str) -> Changes | None:
        """An input in the call of a workflow."""
        entry = step.fields.get("with")
        if entry is not None:
            return self._at_end(entry, [f"{name}: {value}"])
        place = self.program.locate(step.key.span)
        if place is None or step.node.flow or not isinstance(step.value, Scalar):
            return None
        pad = " " * (place.position.column - 1)
        lines = ["with:", f"  {name}: {value}"]
        return self._after(step.value, _shifted(lines, pad))

    # --- places --------------------------------------------------------------------------------

    def _at_end(self, entry: Entry, lines: list[str]) -> Changes | None:
        """Lines at the end of the mapping that a key holds."""
        node = entry.value
        if isinstance(node, Mapping) and node.flow:
            return self._in_braces(node, lines) if len(lines) == 1 else None
        if isinstance(node, Mapping) and node.entries:
            last = node.entries[-1]
            place = self.program.locate(node.entries[0].key.span)
            if place is None or any(one.merged for one in node.entries):
                return None
            pad = " " * (place.position.column - 1)
            end = last.key if is_null(last.value) else last.value
            return self._after(end, _shifted(lines, pad))
        place = self.program.locate(entry.key.span)
        if place is None or not is_null(node):
            return None
        pad = " " * (place.position.column + 1)
        return self._after(entry.key, _shifted(lines, pad))

    def _in_braces(self, node: Mapping, lines: list[str]) -> Changes | None:
        place = self.program.locate(Span(node.chunk.unit, node.end - 1, node.end))
        if place is None or place.file.text[place.start : place.end] != "}":
            return None
        return self._edit(place.file, place.start, (", " if node.entries else "") + lines[0])

    def _item(self, node: Sequence, name: str) -> Changes | None:
        if not node.items:
            return None
        place = self.program.locate(node.items[-1].span)
        if place is None:
            return None
        if node.flow:
            return self._edit(place.file, place.end, f", {name}")
        first = self.program.locate(node.items[0].span)
        column = first.position.column - 3 if first else 0
        return self._after(node.items[-1], [f"{' ' * column}- {name}"])

    def _before(self, entry: Entry, lines: list[str]) -> Changes | None:
        place = self.program.locate(entry.key.span)
        if place is None:
            return None
        column = place.position.column - 1
        text = _joined(lines, place.file, column).lstrip(" ") + " " * column
        return self._edit(place.file, place.start, text)

    def _after(self, node: Node, lines: list[str]) -> Changes | None:
        """Lines behind the last line of a node."""
        place = self.program.locate(_end(node))
        if place is None:
            return None
        file = place.file
        line = file.position(place.start).line
        end = file.line_starts[line - 1] + len(file.line_text(line))
        return self._edit(file, end, "".join(_line_end(file) + text for text in lines))

    def _edit(self, file: SourceFile, offset: int, text: str) -> Changes | None:
        path = self.program.files.get(file.path)
        if path is None:
            return None
        edit = types.TextEdit(range_of(file, offset, offset, self.session.encoding), text)
        return {self.session.uri(path): [edit]}


def _end(node: Node) -> Span:
    """The place behind the last thing in a node."""
    if isinstance(node, Mapping) and node.entries and not node.flow:
        last = node.entries[-1]
        return _end(last.key if is_null(last.value) else last.value)
    if isinstance(node, Sequence) and node.items and not node.flow:
        return _end(node.items[-1])
    return Span(node.chunk.unit, node.end, node.end)


def _shifted(lines: Iterable[str], pad: str) -> list[str]:
    """Lines moved right, but for empty ones."""
    return [f"{pad}{line}" if line else "" for line in lines]


def _line_end(file: SourceFile) -> str:
    return "\r\n" if "\r\n" in file.text else "\n"


def _joined(lines: Iterable[str], file: SourceFile, column: int) -> str:
    end = _line_end(file)
    return "".join(f"{' ' * column}{line}{end}" for line in lines)
