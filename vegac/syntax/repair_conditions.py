"""Repairs of conditions that end with a colon, as they do in Python."""

from collections.abc import Iterator

from vegac.syntax.lines import Line
from vegac.syntax.mending import Change
from vegac.syntax.scenes import Repair, Scene, content_after

_BLOCKS = {"if": "then", "for": "steps", "until": "", "max": ""}
"""Keys whose values are expressions, with the key of the steps that depend on each."""


def conditions(scene: Scene) -> Iterator[Repair]:
    """The colon behind `if: x == 1:`, and what stands below as if it belonged to that."""
    text, line = scene.text, scene.line
    colon = line.stop - 1
    if line.key not in _BLOCKS or line.colon is None or line.colon >= colon or text[colon] != ":":
        return
    message = f"the `:` behind the expression of `{line.key}` does not belong here"
    place = (colon, colon + 1)
    end = len(text[:colon].rstrip(" \t"))
    column = line.key_start - line.start
    following = content_after(scene, scene.here)
    first = scene.lines[following] if following is not None else line
    key = _BLOCKS[line.key]
    if first.indent <= column or first is line:
        change = Change(end, colon + 1, "")
        yield Repair(message, *place, (change,), "remove it", "remove `:`")
    elif first.key_start == first.content:
        moved = (
            Change(other.start, other.content, " " * (column + max(other.indent - first.indent, 0)))
            for other in _below(scene, column)
        )
        changes = (Change(end, colon + 1, ""), *moved)
        hint = f"remove it, and write `{first.key}` in the column of `{line.key}`"
        yield Repair(message, *place, changes, hint, hint, safe=False)
    elif key:
        change = Change(end, colon + 1, f"\n{' ' * column}{key}:")
        hint = f"remove it, and write `{key}:` on a line of its own before the steps"
        yield Repair(message, *place, (change,), hint, f"write `{key}:`")


def _below(scene: Scene, column: int) -> Iterator[Line]:
    """The lines that follow deeper than a column."""
    for line in scene.lines[scene.here + 1 :]:
        if line.blank:
            continue
        if line.indent <= column:
            return
        yield line
