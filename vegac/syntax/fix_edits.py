"""Fixes as edits of the source: what changes a text is written in the style of its scalar."""

from collections.abc import Sequence

from msgspec import structs

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.file import Placements
from vegac.syntax.reader import FileTree
from vegac.syntax.scalar_edits import Place, PlaceIndex, ValueChange, edits_of, value_range

# Their fixes are YAML already: quotes that come or go, other words, comments.
_OF_YAML = frozenset({"yaml-syntax", "comment-in-text", "yaml-boolean", "wrong-type"})


class FixWriter:
    """Turns the fixes of findings in these files into edits that can be applied as they are."""

    def __init__(self, trees: Sequence[FileTree], placements: Placements) -> None:
        self._trees = {tree.file.path: tree for tree in trees}
        self._placements = placements
        self._indices: dict[str, PlaceIndex] = {}

    def written(self, finding: Diagnostic) -> Diagnostic:
        """The finding with its fixes fitted to the places where they apply.

        A fix that no edit can express in its place is dropped.
        """
        if not finding.fixes or finding.code in _OF_YAML:
            return finding
        fixes = tuple(fitted for fix in finding.fixes if (fitted := self._fitted(fix)) is not None)
        return structs.replace(finding, fixes=fixes)

    def _fitted(self, fix: Fix) -> Fix | None:
        if fix.yaml:
            return fix
        edits: list[Edit] = []
        scalars: dict[int, tuple[Place, list[ValueChange]]] = {}
        for edit in fix.edits:
            place = self._place(edit)
            if place is None:
                edits.append(edit)
                continue
            found = value_range(place.scalar, edit.span)
            if found is None:
                return None
            _, changes = scalars.setdefault(id(place.scalar), (place, []))
            changes.append(ValueChange(*found, edit.text))
        for place, changes in scalars.values():
            written = edits_of(place, changes)
            if written is None:
                return None
            edits += written
        return structs.replace(fix, edits=tuple(edits))

    def _place(self, edit: Edit) -> Place | None:
        try:
            path = self._placements.locate(edit.span).file.path
        except KeyError:
            return None
        tree = self._trees.get(path)
        if tree is None:
            return None
        index = self._indices.get(path)
        if index is None:
            index = self._indices[path] = PlaceIndex(tree.root)
        return index.at(edit.span)
