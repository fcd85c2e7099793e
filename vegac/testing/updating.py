"""Rewriting recorded expectations where they stand, and nothing else."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from msgspec import Struct

from vega_runtime.values import equal
from vegac.source.file import SourceFile
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import Mapping, Node, Scalar
from vegac.syntax.nodes import Sequence as NodeSequence
from vegac.syntax.reader import FileTree, Reader
from vegac.testing.results import Update
from vegac.testing.yaml_text import block_text, flow_text, literal_text

_WIDTH = 100

Path = tuple[str | int, ...]


class Rewritten(Struct):
    """The new text of a file, with its byte-order mark if it had one, and the expectations that
    could not be rewritten: those that an alias shares with other places."""

    text: str
    done: int
    left: list[Update]


class _Spot(Struct, eq=False):
    """A value of the file: where it stands and what surrounds it. `key` is the place (start, end)
    of its key, None for the items of lists."""

    path: Path
    node: Node
    start: int
    end: int
    flow: bool
    key: tuple[int, int] | None
    parts: "list[_Spot]"
    shared: bool


class _Edit(Struct, frozen=True):
    start: int
    end: int
    text: str


def rewrite(file: SourceFile, updates: Sequence[Update]) -> Rewritten:
    """Put the values of `updates` into the text of a file.

    Raises `ValueError` when the result would not read as it should; nothing is lost then.
    """
    try:
        return _rewrite(file, updates, simple=False)
    except ValueError:
        return _rewrite(file, updates, simple=True)


def _rewrite(file: SourceFile, updates: Sequence[Update], simple: bool) -> Rewritten:
    """`simple` writes everything on one line, which fits everywhere."""
    tree = Reader().read(file)
    spots = {(spot.start, spot.end): spot for spot in _spots(tree)}
    edits: list[_Edit] = []
    done: list[tuple[_Spot, Update]] = []
    left: list[Update] = []
    for update in updates:
        spot = spots.get((update.start, update.end))
        if spot is None or spot.shared:
            left.append(update)
            continue
        edits += _edits(file, spot, update.value, simple)
        done.append((spot, update))
    text = file.text
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    _check(SourceFile(file.path, text), done)
    return Rewritten("\ufeff" * file.bom + text, len(done), left)


def _check(file: SourceFile, done: list[tuple[_Spot, Update]]) -> None:
    tree = Reader().read(file)
    if any(finding.severity == "error" for finding in tree.diagnostics):
        raise ValueError(f"{file.path}: the new values cannot be written there")
    by_path = {spot.path: spot for spot in _spots(tree)}
    for spot, update in done:
        found = by_path.get(spot.path)
        if found is None or not equal(to_value(found.node), update.value):
            shown = " > ".join(str(part) for part in spot.path)
            raise ValueError(f"{file.path}: the new value of {shown} cannot be written there")


# --- where the values are ------------------------------------------------------------------------


def _spots(tree: FileTree) -> Iterator[_Spot]:
    if tree.root is None:
        return
    whole = _Spot((), tree.root, 0, len(tree.file.text), False, None, [], False)
    found: list[_Spot] = []
    aliased: set[tuple[int, int]] = set()
    _gather(tree, whole, found, aliased)
    for spot in found:
        spot.shared = any(start <= spot.start and spot.end <= end for start, end in aliased)
        yield spot


def _gather(tree: FileTree, spot: _Spot, found: list[_Spot], aliased: set[tuple[int, int]]) -> None:
    """Add everything inside a value. What an alias stands for lies elsewhere."""
    node = spot.node
    flow = spot.flow or getattr(node, "flow", False)
    last = spot.start
    for name, child, key, elsewhere in _children(tree, node):
        start, end = _range(tree, child)
        # A section that was read in pieces has the place of its key.
        section = key == (start, end)
        before = last if key is None else key[1]
        if elsewhere or (start < before and not section):
            aliased.add((start, end))
            continue
        last = end
        part = _Spot((*spot.path, name), child, start, end, flow, key, [], False)
        spot.parts.append(part)
        found.append(part)
        _gather(tree, part, found, aliased)


_Child = tuple[str | int, Node, tuple[int, int] | None, bool]


def _children(tree: FileTree, node: Node) -> list[_Child]:
    """The values in a collection: name, node, place of the key, and whether a merge brought it."""
    if isinstance(node, Mapping):
        return [
            (entry.key.value, entry.value, _range(tree, entry.key), entry.merged)
            for entry in node.entries
        ]
    if isinstance(node, NodeSequence):
        return [(index, item, None, False) for index, item in enumerate(node.items)]
    return []


def _range(tree: FileTree, node: Node) -> tuple[int, int]:
    location = tree.placements.locate(node.span)
    return location.start, location.end


# --- new text ------------------------------------------------------------------------------------


def _edits(file: SourceFile, spot: _Spot, value: Any, simple: bool) -> Iterator[_Edit]:
    """As few edits as will do: a map or list that keeps its form changes only where it differs."""
    if equal(to_value(spot.node), value):
        return
    items = _items_alike(spot, value)
    if items is None:
        yield _whole(file, spot, value, simple)
        return
    for part, item in zip(spot.parts, items, strict=True):
        yield from _edits(file, part, item, simple)


def _items_alike(spot: _Spot, value: Any) -> list[Any] | None:
    """The new values of what a collection holds, where it keeps its keys or its length."""
    node, parts = spot.node, spot.parts
    if not parts or not isinstance(node, Mapping | NodeSequence) or _partial(node, parts):
        return None
    if isinstance(node, Mapping) and isinstance(value, dict):
        names = cast("dict[str, Any]", value)
        same = [part.path[-1] for part in parts] == list(names)
        return list(names.values()) if same else None
    if isinstance(node, NodeSequence) and isinstance(value, list):
        items = cast("list[Any]", value)
        return items if len(items) == len(parts) else None
    return None


def _partial(node: Mapping | NodeSequence, parts: list[_Spot]) -> bool:
    """Whether some of what a collection holds stands elsewhere, behind an alias."""
    size = len(node.entries) if isinstance(node, Mapping) else len(node.items)
    return size != len(parts) or any(_holds_alias(part) for part in parts)


def _holds_alias(spot: _Spot) -> bool:
    node = spot.node
    return isinstance(node, Mapping | NodeSequence) and _partial(node, spot.parts)


def _whole(file: SourceFile, spot: _Spot, value: Any, simple: bool) -> _Edit:
    """A value in place of another one."""
    node, text = spot.node, file.text
    style = node.style if isinstance(node, Scalar) else "plain"
    inline = flow_text(value, style)
    if spot.flow:
        return _Edit(spot.start, spot.end, _spaced(text, spot.start, inline))
    place = _place(file, spot)
    if simple:
        return place.begun([inline])
    # A comment behind the value would become a part of what stands on lines of their own.
    remark = bool(text[spot.end : _line_end(text, spot.end)].strip())
    if isinstance(value, str) and not remark and ("\n" in value or style in ("literal", "folded")):
        lines = literal_text(value)
        if lines is not None:
            # The last line of a block counts as ended only where the file has its line feed.
            return place.begun([*lines, ""] if spot.end == len(text) else lines)
    if isinstance(value, dict | list) and value not in ({}, []) and not remark:
        was_block = isinstance(node, Mapping | NodeSequence) and not node.flow
        if was_block or place.column + len(inline) > _WIDTH:
            return place.below(block_text(value), isinstance(value, list))
    return place.begun([inline])


class _Place(Struct):
    """Where a value stands in block style. `behind` is the end of the colon before it, None after a
    dash, or where a comment stands between. `column` is that of the value, `least` the least that
    its lines may have; `under` says that it stands on a line below its key."""

    file: SourceFile
    spot: _Spot
    column: int
    least: int
    behind: int | None
    under: bool

    def begun(self, lines: list[str]) -> _Edit:
        """A value whose first line stands behind the colon or dash."""
        spot, text = self.spot, self.file.text
        pad = self.least if not self.under else max(self.column, self.least)
        if self.under and self.behind is not None:
            return _Edit(self.behind, spot.end, " " + self._joined(lines, pad))
        if self.under:
            first = " " * (pad - self.column)
            return _Edit(spot.start, spot.end, first + self._joined(lines, pad + 2))
        return _Edit(spot.start, spot.end, _spaced(text, spot.start, self._joined(lines, pad)))

    def below(self, lines: list[str], dashes: bool) -> _Edit:
        """A value on lines of its own; a list may stand as far left as its key."""
        spot = self.spot
        pad = self.column if dashes and self.under else max(self.column, self.least)
        if spot.key is None:
            return _Edit(spot.start, spot.end, self._joined(lines, self.column))
        if self.under:
            first = " " * (pad - self.column)
            return _Edit(spot.start, spot.end, first + self._joined(lines, pad))
        assert self.behind is not None
        newline = self._newline + " " * self.least
        return _Edit(self.behind, spot.end, newline + self._joined(lines, self.least))

    def _joined(self, lines: Sequence[str], pad: int) -> str:
        """Lines at an indentation; the first one stands where the text begins."""
        return self._newline.join(
            line if at == 0 or not line else " " * pad + line for at, line in enumerate(lines)
        )

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.file.text else "\n"


def _place(file: SourceFile, spot: _Spot) -> _Place:
    position = file.position(spot.start)
    column = position.column - 1
    if spot.key is None:
        return _Place(file, spot, column, column, None, False)
    key = file.position(spot.key[0])
    gap = file.text[spot.key[1] : spot.start]
    behind = spot.key[1] + gap.index(":") + 1 if gap.strip() == ":" else None
    under = file.position(spot.key[1]).line != position.line
    return _Place(file, spot, column, key.column - 1 + 2, behind, under)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _spaced(text: str, start: int, new: str) -> str:
    """New text after a space, where a colon or dash stands right before it."""
    return f" {new}" if start and text[start - 1] in ":-" else new
