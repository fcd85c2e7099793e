"""Places in a program that is written inside a test file."""

from msgspec import structs

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.file import Placements, SourceFile
from vegac.source.render import locate
from vegac.source.span import Span
from vegac.syntax.nodes import Scalar
from vegac.syntax.scalar_edits import ValueChange
from vegac.syntax.text_edits import edits_of_text


class Inline:
    """Maps places in the text of `scalar` to those in the file around it.

    `file` is the text as a program, placed by `placements`.
    """

    def __init__(self, scalar: Scalar, file: SourceFile, placements: Placements) -> None:
        self.scalar = scalar
        self.file = file
        self.placements = placements

    def span(self, span: Span) -> Span:
        """The span in the test file; one in another file (an included one) stays as it is."""
        location = locate(span, self.placements)
        if location is None or location.file is not self.file:
            return span
        return self.scalar.value_span(location.start, location.end)

    def place(self, line: int, column: int) -> Span:
        """The span of a line and column, which count from 1."""
        lines = self.file.line_starts
        start = lines[min(line, len(lines)) - 1] + column - 1
        start = min(start, len(self.scalar.value))
        return self.scalar.value_span(start, start)

    def finding(self, finding: Diagnostic) -> Diagnostic:
        """The finding as one of the test file. A fix that cannot be written there is left out:
        it would change an included file, or the style of the text has no way to say it."""
        return structs.replace(
            finding,
            span=self.span(finding.span),
            labels=tuple(Label(self.span(label.span), label.message) for label in finding.labels),
            fixes=tuple(fitted for fix in finding.fixes if (fitted := self._fix(fix)) is not None),
        )

    def _fix(self, fix: Fix) -> Fix | None:
        changes: list[ValueChange] = []
        for edit in fix.edits:
            location = locate(edit.span, self.placements)
            if location is None or location.file is not self.file:
                return None
            changes.append(ValueChange(location.start, location.end, edit.text))
        edits: tuple[Edit, ...] | None = edits_of_text(self.scalar, changes)
        return None if edits is None else structs.replace(fix, edits=edits, yaml=True)
