"""What one round of a loop changes for the next: the types and the values that variables have."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from vegac.ir import nodes as ir
from vegac.semantics.bindings import Binding
from vegac.semantics.flow import Flow
from vegac.semantics.types import ANY, assignable, join

if TYPE_CHECKING:
    from vegac.ir.build.steps import StepBuilder

MAX_CHANGES = 30
"""So many types of a workflow's variables may grow from round to round; then any may be there."""
FIRST_ROUND = "in the first round of the loop"
Body = Callable[[], ir.Block]


class LaterRounds(Struct, eq=False):
    """What holds where a round starts, unlike before the loop. Attempts only ever add to it."""

    changed: dict[str, Binding] = field(default_factory=dict[str, Binding])
    dropped: set[str] = field(default_factory=set[str])
    """Variables that a computed name may have replaced."""
    stale: set[str] = field(default_factory=set[str])
    """Fields (`v/note`) of variables that are set again."""

    def entry(self, before: Flow) -> Flow:
        """What is known where any round starts."""
        entry = before.copy()
        for name, later in self.changed.items():
            first = entry.get(name)
            entry.bindings[name] = (
                later
                if first is None
                else Binding(join(first.type, later.type), first.unset, first.place)
            )
        for name in self.dropped & entry.bindings.keys():
            del entry.bindings[name]
        for path in self.stale & entry.fields.keys():
            del entry.fields[path]
        entry.values.clear()
        return entry


def settle(builder: "StepBuilder", before: Flow, run_body: Body, site: str) -> ir.Block:
    """Build a loop's body for the types that variables have once it has gone round.

    Nearly always the first attempt holds; otherwise it is undone and made again. Only a loop that
    is in no other loop makes further attempts: those inside are built once in each, from what
    they remember, for attempts within attempts would multiply with the depth.
    """
    if builder.rounds is not None:
        later = builder.rounds.setdefault(site, LaterRounds())
        body, holds = _attempt(builder, before, run_body, later)
        builder.settled &= holds
        return body
    builder.rounds = {}
    later = LaterRounds()
    while True:
        undo = builder.mark()
        builder.settled = True
        body, holds = _attempt(builder, before, run_body, later)
        if holds and builder.settled:
            builder.rounds = None
            return body
        undo()


def _attempt(
    builder: "StepBuilder", before: Flow, run_body: Body, later: LaterRounds
) -> tuple[ir.Block, bool]:
    """The body for what is known of later rounds, and whether they are so."""
    scope = builder.scope
    entry = later.entry(before)
    scope.flow = entry.copy()
    body = run_body()
    if not scope.flow.live:
        return body, True
    changed: dict[str, Binding] = {}
    for name, end in scope.flow.set_since(entry):
        first = entry.get(name)
        if first is None:
            # What a body reads before it sets it has a value there from the second round on.
            if name in scope.read_unset and name not in later.dropped:
                changed[name] = Binding(end.type, FIRST_ROUND, end.place)
        elif not assignable(end.type, first.type):
            builder.changed_types += 1
            tired = builder.changed_types > MAX_CHANGES
            type_ = ANY if tired else join(first.type, end.type)
            changed[name] = Binding(type_, first.unset, first.place)
    dropped = entry.bindings.missing(scope.flow.bindings)
    stale = [
        path
        for path, (binding, _) in entry.fields.items()
        if scope.flow.get(path.partition("/")[0]) is not binding
    ]
    later.changed |= changed
    later.dropped.update(dropped)
    later.stale.update(stale)
    return body, not (changed or dropped or stale)
