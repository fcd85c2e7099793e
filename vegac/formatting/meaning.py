"""Whether two texts of a file say the same."""

from vegac.formatting.holes import meaning
from vegac.formatting.texts import Kind, holders
from vegac.syntax.core_schema import scalar_value
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree


def same(before: FileTree, after: FileTree) -> bool:
    """Whether two readings of a file have the same keys and values in the same order, and the same
    mistakes. Holes may be spelt differently where they mean something."""
    findings = [
        [(found.code, found.message) for found in tree.diagnostics] for tree in (before, after)
    ]
    if findings[0] != findings[1]:
        return False
    if before.root is None or after.root is None:
        return before.root is after.root
    kinds: dict[int, Kind] = {
        id(holder.place.scalar): holder.kind for holder in holders(before.root)
    }
    return _same(before.root, after.root, kinds, set())


def _same(before: Node, after: Node, kinds: dict[int, Kind], seen: set[tuple[int, int]]) -> bool:
    if (id(before), id(after)) in seen:
        return True
    seen.add((id(before), id(after)))
    if isinstance(before, Scalar) and isinstance(after, Scalar):
        return before.tag == after.tag and _same_scalar(before, after, kinds.get(id(before)))
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        return len(before.items) == len(after.items) and all(
            _same(one, two, kinds, seen) for one, two in zip(before.items, after.items, strict=True)
        )
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return len(before.entries) == len(after.entries) and all(
            _same(one.key, two.key, kinds, seen) and _same(one.value, two.value, kinds, seen)
            for one, two in zip(before.entries, after.entries, strict=True)
        )
    return type(before) is type(after) and not isinstance(before, Scalar | Sequence | Mapping)


def _same_scalar(before: Scalar, after: Scalar, kind: Kind | None) -> bool:
    one, two = scalar_value(before), scalar_value(after)
    if type(one) is type(two) and one == two:
        return True
    if kind is None or not (isinstance(one, str) and isinstance(two, str)):
        return False
    meant = meaning(one, kind)
    return meant is not None and meant == meaning(two, kind)
