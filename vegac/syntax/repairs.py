"""What may be wrong where YAML gives up, and the change that would cure each.

The order of the proposals is that of likelihood; the first one that lets YAML read on is taken for
the author's mistake. Messages never repeat the parser's own words.
"""

from collections.abc import Callable, Iterator

from vegac.syntax import repair_brackets, repair_conditions, repair_lines, repair_marks
from vegac.syntax.scenes import Repair, Scene

_RULES: tuple[Callable[[Scene], Iterator[Repair]], ...] = (
    repair_lines.tabs,
    repair_conditions.conditions,
    repair_marks.slips,
    repair_brackets.separators,
    repair_brackets.openers,
    repair_marks.quotes,
    repair_marks.escapes,
    repair_marks.holes,
    repair_marks.forbidden_starts,
    repair_brackets.texts_in_flow,
    repair_marks.brackets,
    repair_lines.colons,
    repair_lines.indentation,
    repair_lines.values,
    repair_lines.losing,
)


def proposals(scene: Scene) -> Iterator[Repair]:
    """Every cure worth trying, likeliest first."""
    for rule in _RULES:
        yield from rule(scene)
