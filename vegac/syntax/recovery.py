"""Makes the best of a chunk that fails as YAML.

The likeliest cure for the first mistake is applied to a copy of the text, and the copy is read
again, until it can be read as a whole. Places of the copy lead back to the author's text.
"""

import re
from collections.abc import Mapping as AbstractMapping

from msgspec import structs

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.span import Span
from vegac.syntax.compose import Composed, Failure, compose
from vegac.syntax.lines import split_lines
from vegac.syntax.mending import Change, Mended, Trace, trace
from vegac.syntax.nodes import Chunk, Entry, ErrorNode, Mapping, Node, Scalar, Sequence
from vegac.syntax.repair_lines import misplaced
from vegac.syntax.repairs import proposals
from vegac.syntax.scenes import Repair, Scene, line_index
from vegac.syntax.yaml_findings import OTHER_SIGN, too_deep

MAX_MISTAKES = 30
_SIGNS = "|>@`%&*!{}[],?-"

# How a definition calls itself.
_KEY = re.compile(r"\s*(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s:#](?:(?![ \t]#)[^:\r\n])*)")


class Effort:
    """What may still be spent on mending the pieces of one file, so that reading ends soon.

    Counted in characters read; each reading costs some more for its start. All of it takes less
    than a second.
    """

    START = 500

    def __init__(self, left: int = 800_000) -> None:
        self.left = left

    def spend(self, text: str) -> bool:
        """Takes the cost of one more reading of `text`; False if it is more than there is."""
        self.left -= len(text) + self.START
        return self.left > 0

    def affords(self, cost: int | None) -> bool:
        """Takes what some mending has cost before, if there is more than that; None stands for one
        that was cut short."""
        if cost is None or cost >= self.left:
            return False
        self.left -= cost
        return True


def recover(
    chunk: Chunk,
    depth: int,
    column: int | None,
    effort: Effort,
    known: AbstractMapping[str, Node] | None = None,
) -> Composed:
    """What can be read of a chunk, with one finding for each mistake.

    `column` is where its key should stand (None: the chunk is a whole file). A definition whose
    text cannot be mended keeps its key, with an error node as its value. `known` are the anchors
    of chunks before this one.
    """
    mended = Mended(chunk.text)
    findings: list[Diagnostic] = []
    touched = -1
    lost = False
    effort.left -= effort.START
    for _ in range(MAX_MISTAKES):
        found = trace(mended.text)
        if found.failure is None:
            break
        if found.failure.deep:
            findings.append(too_deep(chunk.unit, mended.back(found.failure.problem)))
            return _husk(chunk, column is None, findings)
        if effort.left <= 0 and not findings:
            findings.append(_given_up(chunk, mended.back(found.failure.problem)))
            return _husk(chunk, column is None, findings)
        scene = _scene(mended.text, found)
        if scene is None:
            break
        repair, after = _best(chunk, scene, mended, effort, known)
        place = mended.back(repair.start if repair else scene.problem)
        if place > touched and not lost:
            findings.append(_finding(chunk, mended, scene, repair))
        if repair is None or after is None:
            break
        # What comes after text that was left out may only seem wrong.
        lost = lost or repair.loses
        last = max((change.end for change in repair.changes), default=scene.problem)
        touched = max(touched, mended.back(max(last, scene.line.end)))
        mended = after
    composed = compose(chunk, depth, mended.text, known)
    if isinstance(composed, Failure):
        # What stands before the mistake is sound.
        line = mended.text.rfind("\n", 0, composed.problem) + 1
        mended = mended.apply((Change(line, len(mended.text), ""),))
        composed = compose(chunk, depth, mended.text, known)
    readable = isinstance(composed, Composed) and isinstance(composed.root, Mapping)
    if isinstance(composed, Composed) and readable:
        _lead_back(composed, mended)
    else:
        composed = _husk(chunk, column is None, [])
    if not findings:
        findings.append(
            _column(chunk, column) if readable and column is not None else _shape(chunk)
        )
    composed.diagnostics[:0] = findings
    return composed


def _scene(text: str, found: Trace) -> Scene | None:
    lines = split_lines(text)
    if not lines or found.failure is None:
        return None
    problem, context = found.failure.problem, found.failure.context
    here = line_index(lines, problem)
    while here > 0 and (lines[here].blank or lines[here].start > problem):
        here -= 1
    near = here if context is None else line_index(lines, context)
    return Scene(text, lines, problem, context, here, near, found)


def _best(
    chunk: Chunk,
    scene: Scene,
    mended: Mended,
    effort: Effort,
    known: AbstractMapping[str, Node] | None,
) -> tuple[Repair | None, Mended | None]:
    """The first repair that makes the text sound, else the one that gets furthest.

    One that only makes new mistakes, such as keys that stand twice, comes after those that do not.
    """
    furthest = mended.back(scene.problem)
    line_end = mended.back(scene.line.end)
    best: Repair | None = None
    outcome: Mended | None = None
    fewest = -1
    for repair in proposals(scene):
        if repair.loses and best is not None and not best.loses:
            break
        after = mended.apply(repair.changes)
        if after.text == mended.text:
            continue
        if not effort.spend(after.text):
            break
        result = trace(after.text)
        effort.left -= result.looked // 2
        if result.failure is None:
            composed = compose(chunk, 0, after.text, known)
            flaws = _flaws(composed)
            if flaws == 0:
                return repair, after
            if fewest < 0 or flaws < fewest:
                fewest, best, outcome = flaws, repair, after
            continue
        if fewest >= 0:
            continue
        reached = after.back(result.failure.problem)
        if reached > max(furthest, line_end):
            furthest, best, outcome = reached, repair, after
    return best, outcome


def _flaws(result: Composed | Failure) -> int:
    """How much of a text that YAML accepts is still not what a program may say."""
    if isinstance(result, Failure):
        return 1
    return len(result.diagnostics) + (not isinstance(result.root, Mapping))


def _finding(chunk: Chunk, mended: Mended, scene: Scene, repair: Repair | None) -> Diagnostic:
    if repair is None:
        return _given_up(chunk, mended.back(scene.problem))
    start, end = mended.back_range(repair.start, repair.end)
    fixes: tuple[Fix, ...] = ()
    if repair.fix:
        edits: list[Edit] = []
        for change in repair.changes:
            first, last = mended.back_range(change.start, change.end)
            edits.append(Edit(Span(chunk.unit, first, last), change.text))
        fixes = (Fix(repair.fix, tuple(edits), "safe" if repair.safe else "unsafe"),)
    return Diagnostic(
        "yaml-syntax",
        "error",
        repair.message,
        _place(chunk, start, end),
        hint=repair.hint,
        fixes=fixes,
    )


def _given_up(chunk: Chunk, start: int) -> Diagnostic:
    message = "YAML cannot be read from here on"
    return Diagnostic("yaml-syntax", "error", message, _place(chunk, start, start + 1))


def _place(chunk: Chunk, start: int, end: int) -> Span:
    """A range of at least one character, but at the end of the text."""
    return Span(chunk.unit, start, min(max(end, start + 1), len(chunk.text)))


def _shape(chunk: Chunk) -> Diagnostic:
    """The finding for text that is YAML, but no `key: value`."""
    match = _KEY.match(chunk.text.rstrip())
    start, end = match.span(1) if match else (0, 0)
    if not chunk.text[start:end].strip(": \t"):
        return Diagnostic(
            "yaml-syntax",
            "error",
            "a file consists of keys with values, and this has no key",
            Span(chunk.unit, start, len(chunk.text.rstrip())),
            hint="remove it, or write `#` before it",
        )
    if chunk.text.startswith(":", end):
        return Diagnostic(
            "yaml-syntax",
            "error",
            "a key's colon must be followed by a space",
            Span(chunk.unit, end, end + 1),
            hint="insert a space after the colon",
            fixes=(Fix("insert a space", (Edit(Span(chunk.unit, end + 1, end + 1), " "),)),),
        )
    other = OTHER_SIGN.match(chunk.text, start, end)
    if other:
        edit = Edit(Span(chunk.unit, other.end(1), other.end()), ":")
        return Diagnostic(
            "yaml-syntax",
            "error",
            f"the colon after `{other[1]}` is missing",
            Span(chunk.unit, start, other.end()),
            hint=f"write `:` instead of `{other[2]}`",
            fixes=(Fix("write `:`", (edit,)),),
        )
    return Diagnostic(
        "yaml-syntax",
        "error",
        f"the colon after `{chunk.text[start:end].rstrip()}` is missing",
        Span(chunk.unit, start, len(chunk.text[:end].rstrip())),
        hint="write `:` after the key",
        # After a sign that begins something else a colon would make no key.
        fixes=()
        if chunk.text[start] in _SIGNS
        else (Fix("insert `:`", (Edit(Span(chunk.unit, end, end), ":"),)),),
    )


def _column(chunk: Chunk, column: int) -> Diagnostic:
    """The finding for a definition that stands at another column than its neighbours."""
    indent = len(chunk.text) - len(chunk.text.lstrip(" \t"))
    edit = Edit(Span(chunk.unit, 0, indent), " " * column)
    return Diagnostic(
        "yaml-syntax",
        "error",
        misplaced("\t" in chunk.text[:indent]),
        Span(chunk.unit, indent, max(len(chunk.text.splitlines()[0].rstrip()), indent + 1)),
        hint=f"indent it by {column} spaces",
        fixes=(Fix(f"indent by {column} spaces", (edit,), "unsafe"),),
    )


def _husk(chunk: Chunk, whole: bool, findings: list[Diagnostic]) -> Composed:
    """The key of a definition whose content is lost."""
    stop = len(chunk.text.rstrip())
    match = _KEY.match(chunk.text, 0, stop)
    if match is None or whole:
        return Composed(chunk, ErrorNode(chunk, 0, stop), findings, {}, {}, 0)
    other = OTHER_SIGN.match(chunk.text, match.start(1), match.end(1))
    source = other[1] if other else match[1].rstrip()
    start = match.start(1)
    end = start + len(source)
    if source[0] in "\"'":
        style, value = ("single" if source[0] == "'" else "double"), source[1:-1]
    else:
        style, value = "plain", source
    key = Scalar(chunk, start, end, value, style)
    node = Mapping(chunk, start, stop, [Entry(key, ErrorNode(chunk, end, stop))])
    return Composed(chunk, node, findings, {}, {}, 0)


def _lead_back(composed: Composed, mended: Mended) -> None:
    """Turns places of the mended text into those of the chunk."""
    seen: set[int] = set()
    source = composed.chunk.text

    def walk(node: Node) -> None:
        if id(node) in seen or node.chunk is not composed.chunk:
            return
        seen.add(id(node))
        node.start, node.end = mended.back_range(node.start, node.end)
        if isinstance(node, Scalar):
            quotes = {"single": "'", "double": '"'}.get(node.style)
            if quotes and source[node.start : node.start + 1] != quotes:
                # Quotes that only the mended text has.
                node.style = "plain"
        elif isinstance(node, Mapping):
            for entry in node.entries:
                walk(entry.key)
                walk(entry.value)
                entry.value = lost(entry.value)
        elif isinstance(node, Sequence):
            for item in node.items:
                walk(item)
            node.items = [lost(item) for item in node.items]

    def lost(node: Node) -> Node:
        """An error node for a text that is one only because its brackets cannot be read."""
        start = node.start
        if (
            isinstance(node, Scalar)
            and node.style == "plain"
            and node.chunk is composed.chunk
            and source[start : start + 1] in ("[", "{")
            and not source.startswith("{{", start)
        ):
            return ErrorNode(node.chunk, start, node.end)
        return node

    def span(place: Span) -> Span:
        start, end = mended.back_range(place.start, place.end)
        return Span(place.unit, start, end)

    if composed.root is not None:
        walk(composed.root)
    composed.missing = {name: span(place) for name, place in composed.missing.items()}
    composed.diagnostics[:] = [
        structs.replace(
            found,
            span=span(found.span),
            labels=tuple(Label(span(label.span), label.message) for label in found.labels),
            fixes=(),
        )
        for found in composed.diagnostics
    ]
