"""The spelling of holes: one canonical spacing, and delimiters of one kind where that is wanted."""

import re
from typing import Literal

from msgspec import Struct

from vegac.formatting.texts import Holder, Kind
from vegac.source.diagnostic import Edit
from vegac.syntax.expression_parser import parse_expression
from vegac.syntax.nodes import Scalar
from vegac.syntax.scalar_edits import ValueChange, edits_of
from vegac.syntax.step_key import ForHeader, parse_for_header
from vegac.syntax.text import Hole, parse_text
from vegac.syntax.unparse import unparse

Delimiters = Literal["angle", "brace"]

_SIGNS = {"angle": ("<<", ">>"), "brace": ("{{", "}}")}
_CLOSE = {"<<": ">>", "{{": "}}"}
_MANY = 200  # holes of one text that are tried one by one
_PADDING = {"<<": "", "{{": " "}
_LINE_END = re.compile(r"[\r\n]")


class Spelling(Struct):
    """The edits of a scalar, and why holes in it stay as they are ("" where none does)."""

    edits: tuple[Edit, ...] = ()
    left: str = ""


def respelt(holder: Holder, delimiters: Delimiters | None) -> Spelling:
    """How the holes of a scalar are to be written, its meaning unchanged."""
    scalar = holder.place.scalar
    if "<<" not in scalar.value and "{{" not in scalar.value:
        return Spelling()
    holes = parse_text(scalar.value).holes
    signs = _SIGNS[delimiters] if delimiters else None
    others = {hole.start for hole in holes if signs is not None and hole.delimiter != signs[0]}
    wanted = [
        (hole, _spelling(scalar, hole, signs or (hole.delimiter, _CLOSE[hole.delimiter])))
        for hole in holes
    ]
    if not others and not any(changes for _, changes in wanted):
        return Spelling()
    meant = meaning(scalar.value, holder.kind)
    if meant is None:
        return Spelling(left="there is a mistake in the text" if others else "")
    changes, left = _harmless(holder, wanted, others, meant)
    edits = _edits(holder, changes, converted=bool(others)) if changes else ()
    if edits is None:
        return Spelling(left="YAML cannot hold the other spelling here" if others else "")
    return Spelling(edits, left)


def _harmless(
    holder: Holder,
    wanted: list[tuple[Hole, list[ValueChange]]],
    others: set[int],
    meant: tuple[object, ...],
) -> tuple[list[ValueChange], str]:
    """The changes that leave the meaning as it is, and why some hole keeps its delimiters."""
    value, kind = holder.place.scalar.value, holder.kind
    together = [change for _, changes in wanted for change in changes]
    if all(changes for hole, changes in wanted if hole.start in others) and _means(
        value, together, kind, meant
    ):
        return together, ""
    if len(wanted) > _MANY:
        return [], "there are too many holes to look at each" if others else ""
    done: list[ValueChange] = []
    left = ""
    for hole, changes in wanted:
        if changes and not _means(value, [*done, *changes], kind, meant):
            changes = [*changes, *_escapes(value, wanted, hole, done)]
            if not _means(value, [*done, *changes], kind, meant):
                changes = []
        done += changes
        if hole.start in others and not changes:
            left = _why_not(value, hole)
    return done, left


def meaning(value: str, kind: Kind) -> tuple[object, ...] | None:
    """What a text says, whatever the spelling of its holes; None where it has mistakes."""
    if kind == "text":
        text = parse_text(value)
        if any(problem.code != "unclosed-hole" for problem in text.problems):
            return None
        return tuple(
            ("<<", unparse(part.parsed.expr)) if isinstance(part, Hole) else part
            for part in text.parts
        )
    names: tuple[str, ...] = ()
    if kind == "header":
        header = parse_for_header(value)
        if not isinstance(header, ForHeader):
            return None
        names = tuple(name for name, _ in header.names)
        value = value[header.start : header.end]
    parsed = parse_expression(value)
    return None if parsed.problems else (*names, unparse(parsed.expr))


def _means(value: str, changes: list[ValueChange], kind: Kind, meant: tuple[object, ...]) -> bool:
    for change in sorted(changes, key=lambda change: -change.start):
        value = value[: change.start] + change.text + value[change.end :]
    return meaning(value, kind) == meant


def _spelling(scalar: Scalar, hole: Hole, signs: tuple[str, str]) -> list[ValueChange]:
    """The changes of one hole: its delimiters, and the spaces next to them.

    Spaces that a line end made stay, as do those beside a line end.
    """
    value = scalar.value
    inner = value[hole.offset : hole.end - 2]
    same = signs[0] == hole.delimiter
    if not inner.strip() or (not same and signs[0] == "<<" and _LINE_END.search(inner)):
        return []
    padding = _PADDING[signs[0]]
    first = hole.offset + len(inner) - len(inner.lstrip(" "))
    last = hole.offset + len(inner.rstrip(" "))
    opening, before = (hole.offset if same else hole.start), padding
    if value[first].isspace() or not _as_written(scalar, hole.offset, first):
        first, before = hole.offset, ""
    closing, after = (hole.end - 2 if same else hole.end), padding
    if value[last - 1].isspace() or not _as_written(scalar, last, hole.end - 2):
        last, after = hole.end - 2, ""
    wanted = (
        ValueChange(opening, first, before if same else signs[0] + before),
        ValueChange(last, closing, after if same else after + signs[1]),
    )
    return [change for change in wanted if value[change.start : change.end] != change.text]


def _as_written(scalar: Scalar, start: int, end: int) -> bool:
    """Whether a part of a value stands in the source just so."""
    first, last = scalar.map.range(start, end)
    return scalar.chunk.text[first:last] == scalar.value[start:end]


def _escapes(
    value: str,
    wanted: list[tuple[Hole, list[ValueChange]]],
    hole: Hole,
    done: list[ValueChange],
) -> list[ValueChange]:
    """Backslashes for what looks like the opening of a hole before `hole` and is none."""
    found: list[ValueChange] = []
    opening = "{{" if hole.delimiter == "<<" else "<<"
    for match in re.finditer(re.escape(opening), value[: hole.start]):
        start = match.start()
        slashes = start - len(value[:start].rstrip("\\"))
        inside = any(other.start <= start < other.end for other, _ in wanted)
        known = any(change.start == start for change in done)
        if slashes % 2 == 0 and not inside and not known:
            found.append(ValueChange(start, start, "\\"))
    if opening == "<<":
        line = max(value.rfind("\n", 0, hole.start), value.rfind("\r", 0, hole.start))
        found = [change for change in found if change.start > line]
    return found


def _why_not(value: str, hole: Hole) -> str:
    if _LINE_END.search(value, hole.start, hole.end):
        return "`<<...>>` ends with its line"
    return "the other spelling would mean something else here"


def _edits(
    holder: Holder, changes: list[ValueChange], *, converted: bool
) -> tuple[Edit, ...] | None:
    scalar = holder.place.scalar
    starts_with_brace = scalar.style == "plain" and any(
        change.start == 0 and change.text.startswith("{{") for change in changes
    )
    edits = edits_of(holder.place, changes, quote=starts_with_brace)
    if edits is not None and not converted and any(edit.span == scalar.span for edit in edits):
        return None  # spaces are not worth quotes
    return edits
