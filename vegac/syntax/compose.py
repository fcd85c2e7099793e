"""Composes the YAML of one chunk into nodes."""

import re
from collections.abc import Mapping as AbstractMapping
from itertools import count
from typing import Any

from msgspec import Struct
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from vegac.source.diagnostic import Diagnostic, Edit, Fix
from vegac.source.span import Span
from vegac.syntax.core_schema import resolve_plain
from vegac.syntax.hole_masks import Mask, Masked, mask_holes
from vegac.syntax.nodes import Chunk, Entry, ErrorNode, Mapping, Node, Scalar, ScalarStyle, Sequence
from vegac.syntax.swallowed import cut, parted, unopened
from vegac.syntax.yaml_findings import MAX_DEPTH, duplicate_key, quoted, too_deep
from vegac.syntax.yaml_parser import event_parser

MAX_EXPANSIONS = 10_000
# Where reading is broken off: the parser's time for a token grows with the depth.
HOPELESS_DEPTH = 4 * MAX_DEPTH

# Tag, anchor, comments and blanks before the content of a node.
_PROPERTIES = re.compile(r"(?:[&!]\S*|\s+|(?<=\s)#[^\r\n]*)*")
_STYLES: dict[str | None, ScalarStyle] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_STANDARD = "tag:yaml.org,2002:"
_TAG = re.compile(r"!\S*")
_KINDS: dict[str, tuple[type, ...]] = {
    _STANDARD + "int": (int,),
    _STANDARD + "float": (int, float),
    _STANDARD + "bool": (bool,),
    _STANDARD + "null": (type(None),),
}


class Failure(Struct, frozen=True):
    """Where YAML gave up: the offset of the problem and that of the construct it belongs to.

    `deep` says that reading was broken off because of the depth of nesting.
    """

    problem: int
    context: int | None
    deep: bool = False


class Composed(Struct):
    """What a chunk says.

    `root` is None for a chunk without content. `anchors` are defined here, `missing` ones only
    used; `expanded` counts the nodes that aliases stand for. `keys_dropped` says that the outermost
    mapping lost or gained keys (duplicates, merges).
    """

    chunk: Chunk
    root: Node | None
    diagnostics: list[Diagnostic]
    anchors: dict[str, Node]
    missing: dict[str, Span]
    expanded: int
    keys_dropped: bool = False


def compose(
    chunk: Chunk,
    depth: int = 0,
    text: str | None = None,
    known: AbstractMapping[str, Node] | None = None,
) -> Composed | Failure:
    """Composes `text` (the chunk's own, unless given) that starts inside `depth` collections.

    `known` are the anchors of chunks before this one, which aliases may stand for.
    """
    source = chunk.text if text is None else text
    masked = mask_holes(source)
    for attempt in count():
        builder = _Builder(chunk, source, masked, depth)
        if known:
            builder.anchors.update(known)
        try:
            composed = builder.document()
        except MarkedYAMLError as error:
            return failure(error, len(source))
        except TooDeep as error:
            return Failure(error.offset, None, True)
        if not builder.unmask:
            return composed
        # What looked like a value is part of a quoted text: its quotes and escapes count there.
        masked = masked.without(builder.unmask if attempt < 3 else list(masked.masks.values()))
    raise AssertionError("without masks there is nothing to uncover")


def first_failure(text: str) -> Failure | None:
    """Where `text` fails as YAML, if it does."""
    next_event = event_parser(mask_holes(text).text).get_event
    depth = 0
    try:
        while (kind := (event := next_event()).__class__) is not StreamEndEvent:
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
                if depth > HOPELESS_DEPTH:
                    return Failure(event.start_mark.index, None, True)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                depth -= 1
    except MarkedYAMLError as error:
        return failure(error, len(text))
    return None


class TooDeep(Exception):
    """Raised inside where nesting passes what is worth reading."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def failure(error: MarkedYAMLError, length: int) -> Failure:
    """The places of a YAML error in a text of `length` characters."""
    problem: Any = error.problem_mark or error.context_mark
    context: Any = error.context_mark
    return Failure(
        min(problem.index, length) if problem is not None else 0,
        min(context.index, length) if context is not None else None,
    )


class _Builder:
    """Turns the events of one text into nodes."""

    def __init__(self, chunk: Chunk, source: str, masked: Masked, depth: int) -> None:
        self.chunk = chunk
        self.source = source
        self.masked = masked
        self.masks = masked.masks
        self.depth = depth
        self.parser = event_parser(masked.text)
        self.next: Any = self.parser.get_event
        self.unmask: list[Mask] = []
        self.diagnostics: list[Diagnostic] = []
        self.anchors: dict[str, Node] = {}
        self.open_anchors: set[str] = set()
        self.missing: dict[str, Span] = {}
        self.expanded = 0
        self.sizes: dict[int, int] = {}
        self.keys_dropped = False

    def document(self) -> Composed:
        """Reads the whole stream; only its first document counts."""
        root: Node | None = None
        documents = 0
        while True:
            event = self.next()
            kind = event.__class__
            if kind is StreamEndEvent:
                break
            if kind is DocumentStartEvent:
                documents += 1
                if documents == 1:
                    root = self._node(self.next(), self.depth)
                    continue
                if documents == 2:
                    mark = event.start_mark.index
                    self._error(
                        "yaml-syntax",
                        "a second document starts here, but a file holds one",
                        mark,
                        mark + 3,
                        "put it into a file of its own and `include` that",
                    )
                self._skip(self.next())
        return Composed(
            self.chunk,
            root,
            self.diagnostics,
            self.anchors,
            self.missing,
            self.expanded,
            self.keys_dropped,
        )

    def _node(self, event: Any, depth: int) -> Node:
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)
        if depth >= MAX_DEPTH:
            return self._deep(event)
        start = event.start_mark.index
        anchor: str | None = event.anchor
        if anchor is not None:
            self.open_anchors.add(anchor)
        if event.tag is not None:
            self._collection_tag(event.tag, start)
        if anchor is not None or event.tag is not None:
            start = self._content(start)
        flow = bool(event.flow_style)
        if kind is MappingStartEvent:
            node: Node = self._mapping(start, flow, depth + 1)
        else:
            node = self._sequence(start, flow, depth + 1)
        if anchor is not None:
            self.open_anchors.discard(anchor)
            self.anchors[anchor] = node
        return node

    def _scalar(self, event: Any) -> Scalar:
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        value: str = event.value
        style = _STYLES[event.style]
        tag: str | None = event.tag
        anchor: str | None = event.anchor
        if tag is not None or anchor is not None:
            start = self._content(start) if value or style != "plain" else end
        if self.masks:
            mask = self.masks.get(start)
            if style == "plain" and mask is not None and mask.end == end:
                value = self.source[start:end]
                style = "hole"
            elif self.masked.filler in value:
                value = self._restore(value, style, start, end)
        if style in ("literal", "folded"):
            end = start + len(self._trimmed(start, end))
        scalar = Scalar(self.chunk, start, end, value, style)
        if value[-1:] == '"' and style == "plain":
            self.diagnostics.extend(unopened(scalar))
        if tag is not None:
            scalar.tag = self._scalar_tag(tag, event.start_mark.index, scalar)
        if anchor is not None:
            self.anchors[anchor] = scalar
        return scalar

    def _trimmed(self, start: int, end: int) -> str:
        """A block scalar's source without the blank lines behind it."""
        text = self.source[start:end]
        bare = text.rstrip()
        for index in range(len(bare), len(text)):
            if text[index] not in " \t":
                return text[:index]
        return text

    def _restore(self, value: str, style: ScalarStyle, start: int, end: int) -> str:
        """Puts back what was masked inside a longer text."""
        inside = self.masked.inside(start, end)
        for mask in inside:
            text = self.source[mask.start : mask.end]
            if "\n" in text or "\r" in text or (style not in ("literal", "folded") and mask.risky):
                self.unmask.extend(inside)
                return value
        originals = iter(inside)
        return re.sub(
            self.masked.filler + "+",
            lambda _: (mask := next(originals)) and self.source[mask.start : mask.end],
            value,
        )

    def _sequence(self, start: int, flow: bool, depth: int) -> Sequence:
        next_event = self.next
        items: list[Node] = []
        while (event := next_event()).__class__ is not SequenceEndEvent:
            scalar = event.__class__ is ScalarEvent
            items.append(self._scalar(event) if scalar else self._node(event, depth))
        return Sequence(self.chunk, start, self._end(event, start, flow, items), items, flow)

    def _end(self, event: Any, start: int, flow: bool, items: list[Node]) -> int:
        if flow:
            return event.end_mark.index
        # The end mark of a block collection is the next token; its source ends before that.
        return items[-1].end if items else start

    def _mapping(self, start: int, flow: bool, depth: int) -> Mapping:
        next_event = self.next
        entries: list[Entry] = []
        seen: dict[str, Entry] = {}
        merges: list[tuple[int, Scalar, Node]] = []
        last = start
        dropped = False
        while (event := next_event()).__class__ is not MappingEndEvent:
            if event.__class__ is ScalarEvent:
                key = self._scalar(event)
                if not key.value and key.style == "plain":
                    key = self._missing_key(key)
            else:
                key = self._other_key(event, depth)
            event = next_event()
            kind = event.__class__
            before = len(self.diagnostics)
            value: Node = self._scalar(event) if kind is ScalarEvent else self._node(event, depth)
            if kind is AliasEvent:
                last = event.end_mark.index
            elif value.end > last:
                last = value.end
            if key is None:
                dropped = True
                continue
            if flow and value.start == value.end and key.style == "plain":
                split = parted(self.chunk, self.source, key)
                if split is not None:
                    # That none opens the quote behind it follows from this.
                    while self.diagnostics and self.diagnostics[-1].span.start >= key.start:
                        self.diagnostics.pop()
                    key, value, finding = split
                    self.diagnostics.append(finding)
            if '"' in key.value and key.style == "plain" and isinstance(value, Scalar):
                whole = cut(self.chunk, self.source, key, value)
                if whole is not None:
                    key, value, finding = whole
                    # That none opens the quote behind it follows from this.
                    self.diagnostics[before:] = [finding]
            entry = Entry(key, value)
            first = seen.setdefault(key.value, entry)
            if first is not entry:
                self.diagnostics.append(duplicate_key(first.key, key))
                dropped = True
            elif key.value == "<<" and key.style == "plain":
                merges.append((len(entries), key, value))
            else:
                entries.append(entry)
        for index, key, source in reversed(merges):
            entries[index:index] = self._merged(key, source, seen)
        if flow:
            last = event.end_mark.index
        # The outermost mapping ends last, so what it says stays.
        self.keys_dropped = dropped or bool(merges)
        return Mapping(self.chunk, start, last, entries, flow)

    def _missing_key(self, key: Scalar) -> None:
        end = min(key.end + 1, len(self.source))
        self._error("yaml-syntax", "a key is missing here", key.start, end)

    def _other_key(self, event: Any, depth: int) -> Scalar | None:
        """A key that is an alias; None where it is no scalar (reported)."""
        before = len(self.diagnostics)
        node = self._node(event, depth)
        if isinstance(node, Scalar):
            return node
        start, end = event.start_mark.index, max(node.end, event.start_mark.index + 1)
        text = self.source[start:end]
        if isinstance(node, ErrorNode):
            return None
        # Whatever is wrong within it follows from this.
        del self.diagnostics[before:]
        if text.startswith("{{") and "\n" not in text:
            self._error(
                "yaml-syntax",
                "a key that starts with a hole needs quotes",
                start,
                end,
                fixes=(self._quote_fix(start, end),),
            )
        else:
            self._error(
                "yaml-syntax",
                "a key must be a single word or text, not a list or a mapping",
                start,
                end,
            )
        return None

    def _quote_fix(self, start: int, end: int) -> Fix:
        edit = Edit(Span(self.chunk.unit, start, end), quoted(self.source[start:end]))
        return Fix("put it in quotes", (edit,))

    def _merged(self, key: Scalar, source: Node, seen: dict[str, Entry]) -> list[Entry]:
        """The entries that `<<: source` brings in, for keys that are not there yet."""
        sources = source.items if isinstance(source, Sequence) else [source]
        entries: list[Entry] = []
        for mapping in sources:
            if isinstance(mapping, ErrorNode):
                continue
            if not isinstance(mapping, Mapping):
                place = source if source.chunk is self.chunk else key
                self._error(
                    "yaml-syntax",
                    "`<<` takes in the keys of another mapping, and this is none",
                    place.start,
                    place.end,
                    "write `<<: *name`, where `&name` marks a mapping",
                )
                break
            for entry in mapping.entries:
                if entry.key.value not in seen:
                    taken = Entry(entry.key, entry.value, True)
                    seen[entry.key.value] = taken
                    entries.append(taken)
        return entries

    def _alias(self, event: Any) -> Node:
        name: str = event.anchor
        start, end = event.start_mark.index, event.end_mark.index
        node = self.anchors.get(name)
        if name in self.open_anchors:
            self._error(
                "yaml-syntax",
                f"`*{name}` stands inside what it refers to, which has no end",
                start,
                end,
            )
        elif node is None:
            if name not in self.missing:
                self.missing[name] = Span(self.chunk.unit, start, end)
            self._error(
                "yaml-syntax",
                f"no anchor `&{name}` stands before this",
                start,
                end,
                "a text that starts with `*` needs quotes",
                (self._quote_fix(start, end),),
            )
        else:
            before = self.expanded
            self.expanded += self._size(node)
            if self.expanded <= MAX_EXPANSIONS:
                return node
            if before <= MAX_EXPANSIONS:
                self._error(
                    "limit-exceeded",
                    f"aliases stand for more than {MAX_EXPANSIONS:,} values",
                    start,
                    end,
                )
        return ErrorNode(self.chunk, start, end)

    def _size(self, node: Node) -> int:
        """How many nodes a tree has when each alias is written out."""
        known = self.sizes.get(id(node))
        if known is None:
            children: list[Node] = []
            if isinstance(node, Mapping):
                children = [entry.value for entry in node.entries]
            elif isinstance(node, Sequence):
                children = node.items
            known = 1 + sum(map(self._size, children))
            self.sizes[id(node)] = known
        return known

    def _deep(self, event: Any) -> Node:
        start = event.start_mark.index
        self.diagnostics.append(too_deep(self.chunk.unit, start))
        return ErrorNode(self.chunk, start, self._skip(event))

    def _skip(self, event: Any) -> int:
        """Passes over a node; returns its end."""
        depth = 0
        while True:
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
                if depth > HOPELESS_DEPTH:
                    raise TooDeep(event.start_mark.index)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            if depth == 0:
                return event.end_mark.index
            event = self.next()

    def _content(self, start: int) -> int:
        match = _PROPERTIES.match(self.source, start)
        return match.end() if match else start

    def _collection_tag(self, tag: str, start: int) -> None:
        if tag not in ("!", _STANDARD + "map", _STANDARD + "seq"):
            self._tag_error(tag, start)

    def _scalar_tag(self, tag: str, start: int, scalar: Scalar) -> str:
        """The tag as the rest of the compiler sees it; an unknown one is reported and dropped."""
        if tag == "!raw":
            return tag
        if tag in ("!", _STANDARD + "str"):
            return "!!str"
        # A tag that says what the plain text means anyway is let pass.
        meaning = _KINDS.get(tag)
        value = resolve_plain(scalar.value)
        if meaning is None or scalar.style != "plain" or type(value) not in meaning:
            self._tag_error(tag, start)
        return ""

    def _tag_error(self, tag: str, start: int) -> None:
        match = _TAG.search(self.source, start)
        first, last = match.span() if match else (start, start + len(tag))
        written = self.source[first:last]
        edit = Edit(Span(self.chunk.unit, first, last), "")
        self._error(
            "yaml-syntax",
            f"the tag `{written}` is not known here",
            first,
            last,
            "tags are `!raw` (text without holes) and `!!str` (text); a text that starts with `!` "
            "needs quotes",
            (Fix(f"remove `{written}`", (edit,), "unsafe"),),
        )

    def _error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str = "",
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        span = Span(self.chunk.unit, start, end)
        self.diagnostics.append(Diagnostic(code, "error", message, span, hint=hint, fixes=fixes))
