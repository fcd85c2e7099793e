"""Reads a file into a tree, never raising."""

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements, SourceFile
from vegac.source.reading import MAX_FILE_BYTES
from vegac.source.span import Span
from vegac.syntax.chunks import Part, Piece, cut
from vegac.syntax.compose import (
    MAX_EXPANSIONS,
    Composed,
    Failure,
    compose,
    first_failure,
)
from vegac.syntax.nodes import Chunk, Entry, ErrorNode, Mapping, Node, Scalar, Sequence
from vegac.syntax.pitfalls import comments_in_text
from vegac.syntax.yaml_findings import duplicate_key

if TYPE_CHECKING:
    from vegac.syntax.recovery import Effort

# More than this nobody writes; so many small pieces would cost more than reading all at once.
MAX_PIECES = 20_000
# So many pieces so small are no definitions.
MAX_CRUMBS = 1_000
CRUMB_CHARACTERS = 25

# What YAML forbids in a text: control characters, halves of surrogate pairs (bytes that are not
# UTF-8), and what is no character or marks the order of bytes. All in one would be slow to compile.
_FORBIDDEN = (
    re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]"),
    re.compile("[\ud800-\udfff]"),
    re.compile("[\ufeff\ufffe\uffff]"),
)


class FileTree(Struct):
    """What a file says.

    `root` is None where there is nothing to work with (an empty file, no mapping). The entries of
    a section that was read in pieces have nodes of their own chunks, and the section's mapping
    itself only spans its key. `placements` knows every unit that spans of this tree and of its
    diagnostics name; `bases` and `chunks` are where each chunk starts, in order.
    """

    file: SourceFile
    root: Mapping | None
    placements: Placements
    diagnostics: list[Diagnostic]
    bases: list[int]
    chunks: list[Chunk]

    def chunk_at(self, offset: int) -> tuple[Chunk, int] | None:
        """The chunk that holds a place of the file, and where that chunk starts."""
        index = bisect_right(self.bases, offset) - 1
        return (self.chunks[index], self.bases[index]) if index >= 0 else None


class _Read(Struct):
    """What is remembered of a unit: its text, what composing gave, and the mended form with the
    effort that this took (None where it was cut short)."""

    chunk: Chunk
    result: Composed | Failure
    mended: Composed | None = None
    cost: int | None = None


class Reader:
    """Reads files; remembers what it composed, so that an edit costs only what it touched.

    `composed` counts how many chunks were composed so far.
    """

    def __init__(self) -> None:
        self.composed = 0
        self._memo: dict[str, dict[str, _Read]] = {}

    def read(self, file: SourceFile) -> FileTree:
        """The tree of a file, with all that is wrong in it as YAML."""
        tree = FileTree(file, None, Placements(), [], [], [])
        whole_unit = f"{file.path}#"
        tree.placements.add(whole_unit, file, 0)
        if len(file.text) > MAX_FILE_BYTES // 4 and _bytes(file.text) > MAX_FILE_BYTES:
            tree.diagnostics.append(
                Diagnostic(
                    "limit-exceeded",
                    "error",
                    "the file is larger than 4 MiB",
                    Span(whole_unit, 0, 0),
                    hint="split it and `include` the parts",
                )
            )
            return tree
        text, findings = legible(file.text, whole_unit)
        tree.diagnostics.extend(findings)
        session = _Session(self, tree, text, self._memo.get(file.path, {}))
        session.run(Chunk(whole_unit, text))
        self._memo[file.path] = session.used
        tree.diagnostics[:] = _first_limit(tree.diagnostics)
        return tree

    def forget(self, path: str) -> None:
        """Drops what is remembered of a file."""
        self._memo.pop(path, None)


def _is_sign(entry: Entry) -> bool:
    """Whether this is no key, but a sign that somebody has begun a line with."""
    return isinstance(entry.value, ErrorNode) and not any(map(str.isalnum, entry.key.value))


class _Session:
    """One reading of one file."""

    def __init__(self, reader: Reader, tree: FileTree, text: str, memo: dict[str, _Read]) -> None:
        self.reader = reader
        self.tree = tree
        self.text = text
        self.memo = memo
        self.used: dict[str, _Read] = {}
        self.effort: Effort | None = None
        self.anchors: dict[str, Node] = {}
        self.dropped: set[str] = set()

    def run(self, whole: Chunk) -> None:
        """Reads the file, piece by piece if that can be done."""
        self.choose(whole)
        # What becomes of a text that does not count no longer matters.
        self.tree.diagnostics[:] = [
            found
            for found in self.tree.diagnostics
            if found.severity == "error" or found.span.unit not in self.dropped
        ]

    def choose(self, whole: Chunk) -> None:
        path = self.tree.file.path
        parts = cut(path, self.text)
        if parts is not None and len(_pieces(parts)) > MAX_PIECES:
            self.whole(whole)
            return
        if parts is not None and self.fits(parts):
            self.assemble(parts)
            return
        sound = (
            self.is_yaml(parts) if parts else isinstance(self.remembered(whole, 0).result, Composed)
        )
        lenient = None if sound else cut(path, self.text, lenient=True)
        if lenient and not self.is_crumbs(lenient):
            self.assemble(lenient)
        else:
            self.whole(whole)

    def fits(self, parts: list[Part]) -> bool:
        """Whether each piece is one entry, and none needs another's anchors."""
        anchors: set[str] = set()
        expanded = 0
        good = True
        for piece in _pieces(parts):
            result = self.read(piece).result
            if isinstance(result, Failure):
                good = False
                continue
            root = result.root
            good = good and isinstance(root, Mapping) and len(root.entries) == 1
            good = good and not (result.keys_dropped or anchors & result.missing.keys())
            anchors |= result.anchors.keys()
            expanded += result.expanded
        return good and expanded <= MAX_EXPANSIONS

    def is_yaml(self, parts: list[Part]) -> bool:
        """Whether the file is sound as a whole, though some piece is not.

        If the first piece that fails does so before its end, the file fails there, too. Of pieces
        after one that fails at its end nothing is known: they may be in the middle of a text.
        """
        for piece in _pieces(parts):
            read = self.read(piece)
            if isinstance(read.result, Failure):
                if read.result.problem < len(read.chunk.text.rstrip()):
                    return False
                break
        return first_failure(self.text) is None

    def is_crumbs(self, parts: list[Part]) -> bool:
        """Whether the parts are too many and too small to be worth the mending of each."""
        number = len(_pieces(parts))
        return number > MAX_CRUMBS and len(self.text) < number * CRUMB_CHARACTERS

    def read(self, piece: Piece) -> _Read:
        """What a piece says, from memory where its text is the same."""
        return self.remembered(Chunk(piece.unit, self.text[piece.start : piece.end]), piece.depth)

    def remembered(self, chunk: Chunk, depth: int) -> _Read:
        read = self.used.get(chunk.unit) or self.memo.get(chunk.unit)
        if read is None or read.chunk.text != chunk.text:
            self.reader.composed += 1
            result = compose(chunk, depth)
            if isinstance(result, Composed):
                result.diagnostics.extend(comments_in_text(result))
                if read is not None and _same(read.result, result):
                    result = read.result  # only remarks or blanks behind it have changed
            read = _Read(chunk, result)
        self.used[chunk.unit] = read
        return read

    def sound(self, read: _Read, depth: int, column: int | None) -> Composed:
        """What a chunk says, mended where it is broken."""
        result = read.result
        if isinstance(result, Composed):
            root = result.root
            if column is None or (isinstance(root, Mapping) and root.start == column):
                return result
        from vegac.syntax.recovery import Effort, recover

        effort = self.effort = self.effort or Effort()
        # What is remembered costs what it did at first, so that a file is read as if anew.
        if read.mended is None or not effort.affords(read.cost):
            before = effort.left
            read.mended = recover(read.chunk, depth, column, effort)
            read.mended.diagnostics.extend(comments_in_text(read.mended))
            read.cost = before - effort.left if effort.left > 0 else None
        return read.mended

    def assemble(self, parts: list[Part]) -> None:
        """Puts the pieces together."""
        root: Mapping | None = None
        seen: dict[str, Entry] = {}
        for part in parts:
            composed = self.take(part.piece)
            if part.stray:
                self.stray(composed)
            if root is None:
                root = self.tree.root = Mapping(composed.chunk, 0, 0, [])
            entries = composed.root.entries if isinstance(composed.root, Mapping) else []
            if part.members and entries:
                key = entries[0].key
                section = Mapping(composed.chunk, key.start, key.end, [])
                members: dict[str, Entry] = {}
                for piece in part.members:
                    member = self.take(piece).root
                    if isinstance(member, Mapping):
                        named = [entry for entry in member.entries if not _is_sign(entry)]
                        self.add(section.entries, members, named)
                entries = [Entry(key, section), *entries[1:]]
            self.add(root.entries, seen, entries)

    def take(self, piece: Piece) -> Composed:
        read = self.read(piece)
        composed = self.sound(read, piece.depth, piece.column)
        if not self.anchors.keys().isdisjoint(composed.missing):
            composed = self.with_anchors(read, piece, composed is read.mended)
        self.anchors.update(composed.anchors)
        self.place(composed, piece.start)
        return composed

    def with_anchors(self, read: _Read, piece: Piece, broken: bool) -> Composed:
        """What a piece says that needs the anchors of others; this is not remembered."""
        chunk, known = read.chunk, self.anchors
        result = None if broken else compose(chunk, piece.depth, known=known)
        if not isinstance(result, Composed):
            from vegac.syntax.recovery import Effort, recover

            self.effort = self.effort or Effort()
            result = recover(chunk, piece.depth, piece.column, self.effort, known)
        result.diagnostics.extend(comments_in_text(result))
        return result

    def stray(self, composed: Composed) -> None:
        """Reports a top-level key that stands after other text or blanks."""
        chunk = composed.chunk
        name = chunk.text.partition(":")[0]
        self.complain(
            "yaml-syntax",
            f"`{name}:` must stand at the start of a line",
            Span(chunk.unit, 0, len(name)),
        )

    def add(self, entries: list[Entry], seen: dict[str, Entry], more: list[Entry]) -> None:
        for entry in more:
            first = seen.setdefault(entry.key.value, entry)
            if first is entry:
                entries.append(entry)
            else:
                self.dropped.add(entry.key.chunk.unit)
                self.tree.diagnostics.append(duplicate_key(first.key, entry.key))

    def whole(self, chunk: Chunk) -> None:
        composed = self.sound(self.remembered(chunk, 0), 0, None)
        self.place(composed, 0)
        root = composed.root
        if isinstance(root, Mapping):
            self.tree.root = root
        elif root is None or (isinstance(root, Scalar) and root.end == root.start):
            self.complain("empty-file", "the file is empty", Span(chunk.unit, 0, 0))
        elif not composed.diagnostics:
            self.complain(
                "not-a-mapping",
                "a Vega file is a mapping of keys such as `agents:` and `workflows:`",
                root.span,
            )

    def complain(self, code: str, message: str, span: Span) -> None:
        self.tree.diagnostics.append(Diagnostic(code, "error", message, span))

    def place(self, composed: Composed, base: int) -> None:
        tree = self.tree
        tree.placements.add(composed.chunk.unit, tree.file, base)
        tree.bases.append(base)
        tree.chunks.append(composed.chunk)
        tree.diagnostics.extend(composed.diagnostics)


def _same(before: Composed | Failure, after: Composed) -> bool:
    """Whether a chunk says what it said, in the same places."""
    if not isinstance(before, Composed) or before.anchors or after.anchors:
        return False
    return (
        before.diagnostics == after.diagnostics
        and before.missing == after.missing
        and before.keys_dropped == after.keys_dropped
        and _same_node(before.root, after.root)
    )


def _same_node(before: Node | None, after: Node | None) -> bool:
    if type(before) is not type(after):
        return False
    if before is None or after is None:
        return True
    if (before.start, before.end) != (after.start, after.end):
        return False
    match before, after:
        case Scalar(), Scalar():
            style = (before.style, before.tag) == (after.style, after.tag)
            return style and before.value == after.value
        case Mapping(), Mapping():
            return (
                before.flow == after.flow
                and len(before.entries) == len(after.entries)
                and all(map(_same_entry, before.entries, after.entries))
            )
        case Sequence(), Sequence():
            return (
                before.flow == after.flow
                and len(before.items) == len(after.items)
                and all(map(_same_node, before.items, after.items))
            )
        case _:
            return True


def _same_entry(before: Entry, after: Entry) -> bool:
    return _same_node(before.key, after.key) and _same_node(before.value, after.value)


def _pieces(parts: list[Part]) -> list[Piece]:
    return [piece for part in parts for piece in (part.piece, *part.members)]


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _first_limit(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Says once that a limit was passed."""
    said: set[str] = set()
    kept: list[Diagnostic] = []
    for found in diagnostics:
        if found.code != "limit-exceeded" or found.message not in said:
            kept.append(found)
        if found.code == "limit-exceeded":
            said.add(found.message)
    return kept


def legible(text: str, unit: str) -> tuple[str, list[Diagnostic]]:
    """`text` with what YAML forbids replaced one by one, and the findings about it."""
    patterns = _FORBIDDEN[:1] if text.isascii() else _FORBIDDEN
    matches = [match for pattern in patterns if (match := pattern.search(text)) is not None]
    if not matches:
        return text, []
    first = min(matches, key=lambda match: match.start())
    code = ord(first[0])
    if 0xD800 <= code <= 0xDFFF:
        what = "is not UTF-8 text"
    elif code == 0xFEFF:
        what = "is a byte-order mark, which only a file's start may hold"
    else:
        what = f"is the control character U+{code:04X}, which a file may not hold"
    finding = Diagnostic(
        "yaml-syntax",
        "error",
        f"what stands here {what}",
        Span(unit, first.start(), first.end()),
        hint="remove it, or write it as an escape in double quotes",
    )
    for pattern in patterns:
        text = pattern.sub("\ufffd", text)
    return text, [finding]
