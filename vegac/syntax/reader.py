"""Reads a file into a tree, never raising."""

import re

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements, SourceFile
from vegac.source.span import Span
from vegac.syntax.compose import Composed, Failure, compose
from vegac.syntax.nodes import Chunk, Mapping

MAX_FILE_BYTES = 4 * 1024 * 1024

# What YAML forbids in a text, and halves of surrogate pairs (bytes that are not UTF-8).
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|^\ufeff"
)


class FileTree(Struct):
    """What a file says.

    `root` is None where there is nothing to work with (an empty file, no mapping). `placements`
    knows every unit that spans of this tree and of its diagnostics name.
    """

    file: SourceFile
    root: Mapping | None
    placements: Placements
    diagnostics: list[Diagnostic]


class Reader:
    """Reads files; remembers what it composed, so that an edit costs only what it touched.

    `composed` counts how many chunks were composed so far.
    """

    def __init__(self) -> None:
        self.composed = 0

    def read(self, file: SourceFile) -> FileTree:
        """The tree of a file, with all that is wrong in it as YAML."""
        tree = FileTree(file, None, Placements(), [])
        unit = f"{file.path}#"
        tree.placements.add(unit, file, 0)
        if len(file.text) > MAX_FILE_BYTES // 4 and _bytes(file.text) > MAX_FILE_BYTES:
            tree.diagnostics.append(
                Diagnostic(
                    "limit-exceeded",
                    "error",
                    "the file is larger than 4 MiB",
                    Span(unit, 0, 0),
                    "split it and `include` the parts",
                )
            )
            return tree
        text, findings = legible(file.text, unit)
        tree.diagnostics.extend(findings)
        self._whole(tree, Chunk(unit, text))
        return tree

    def _whole(self, tree: FileTree, chunk: Chunk) -> None:
        self.composed += 1
        result = compose(chunk)
        if isinstance(result, Failure):
            tree.diagnostics.append(
                Diagnostic(
                    "yaml-syntax",
                    "error",
                    "this is not valid YAML",
                    Span(chunk.unit, result.problem, result.problem + 1),
                )
            )
        else:
            self._finish(tree, result)

    def _finish(self, tree: FileTree, composed: Composed) -> None:
        tree.diagnostics.extend(composed.diagnostics)
        root = composed.root
        if isinstance(root, Mapping):
            tree.root = root
        elif root is None:
            tree.diagnostics.append(
                Diagnostic(
                    "empty-file", "error", "the file is empty", Span(composed.chunk.unit, 0, 0)
                )
            )
        else:
            tree.diagnostics.append(
                Diagnostic(
                    "not-a-mapping",
                    "error",
                    "a Vega file is a mapping of keys such as `agents:` and `workflows:`",
                    root.span,
                )
            )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def legible(text: str, unit: str) -> tuple[str, list[Diagnostic]]:
    """`text` with what YAML forbids replaced one by one, and the findings about it."""
    first = _FORBIDDEN.search(text)
    if first is None:
        return text, []
    code = ord(first[0])
    what = "is not UTF-8" if 0xD800 <= code <= 0xDFFF else f"is the control character U+{code:04X}"
    finding = Diagnostic(
        "yaml-syntax",
        "error",
        f"what stands here {what}, which a file may not hold",
        Span(unit, first.start(), first.end()),
        hint="remove it, or write it as an escape in double quotes",
    )
    return _FORBIDDEN.sub("\ufffd", text), [finding]
