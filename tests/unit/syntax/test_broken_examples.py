"""How much of a program is read although there is one mistake in it, measured over all mistakes of
a kind: for a few, then for every place of three examples."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from vegac.source.file import SourceFile
from vegac.syntax.nodes import Mapping, Node, Sequence
from vegac.syntax.reader import FileTree, Reader

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = ("review", "support", "translate")
INSERTED = {"a quote": '"', "a colon": ":", "a bracket": "[", "a brace": "{", "a tab": "\t"}
KINDS = ("a deletion", *INSERTED, "an end")
KEPT = 0.95
"""Of the definitions that a mistake leaves untouched in the text."""


def read(text: str) -> FileTree:
    return Reader().read(SourceFile("f", text))


def definitions(tree: FileTree) -> Iterator[tuple[str, int, int]]:
    """The agents and workflows by their names and the steps by their keys, each with the range of
    its text."""
    root = tree.root.entries if tree.root is not None else []
    for section in root:
        if section.key.value in ("agents", "workflows") and isinstance(section.value, Mapping):
            for entry in section.value.entries:
                start = tree.placements.locate(entry.key.span).start
                end = tree.placements.locate(entry.value.span).end
                yield f"{section.key.value} {entry.key.value}", start, end
                yield from _steps(tree, entry.value)


def _steps(tree: FileTree, node: Node) -> Iterator[tuple[str, int, int]]:
    if isinstance(node, Sequence):
        for item in node.items:
            if isinstance(item, Mapping) and item.entries:
                place = tree.placements.locate(item.span)
                yield f"step {item.entries[0].key.value}", place.start, place.end
            yield from _steps(tree, item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _steps(tree, entry.value)


def mistakes(text: str, kind: str, stride: int) -> Iterator[tuple[int, int, str]]:
    """The texts after a mistake of a kind at every `stride`th place, with the range that it
    touches."""
    if kind == "an end":
        end = 0
        for line in text.splitlines(keepends=True):
            end += len(line)
            # What ends with the last line that is left is whole.
            yield end + 1, len(text) + 1, text[:end]
    elif kind == "a deletion":
        for place in range(0, len(text), stride):
            yield place, place + 1, text[:place] + text[place + 1 :]
    else:
        for place in range(0, len(text), stride):
            yield place, place, text[:place] + INSERTED[kind] + text[place:]


def kept(text: str, kind: str, stride: int) -> tuple[int, int]:
    """How many of the untouched definitions are read, and how many there are, over all mistakes
    of a kind. A definition is untouched if the mistake lies on none of its lines."""
    known = list(definitions(read(text)))
    assert known
    found = total = 0
    for first, last, broken in mistakes(text, kind, stride):
        untouched = Counter(
            name
            for name, start, end in known
            if last < text.rfind("\n", 0, start) + 1 or first > end
        )
        total += untouched.total()
        names = Counter(name for name, _, _ in definitions(read(broken)))
        found += (untouched & names).total()
    return found, total


def check(file: str, kind: str, stride: int) -> None:
    text = (EXAMPLES / f"{file}.vega.yaml").read_text(encoding="utf-8")
    assert read(text).diagnostics == []
    found, total = kept(text, kind, stride)
    print(f"{file} after {kind}: {found} of {total}, {found / max(total, 1):.2%}")
    assert found >= KEPT * total


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", FILES)
def test_most_of_an_example_is_read_after_a_mistake(file: str, kind: str) -> None:
    check(file, kind, 29)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", FILES)
def test_most_of_an_example_is_read_after_any_mistake(file: str, kind: str) -> None:
    check(file, kind, 1)
