"""What is remembered of lowered workflows, so that an edit lowers again only what it touched.

A lowered workflow holds as long as its own tree is the same and every question that was asked about
the rest of the program while it was lowered still has the same answer.
"""

from collections.abc import Collection, Iterator

from msgspec import Struct, field
from msgspec.structs import astuple

from vegac.ir import nodes as ir
from vegac.ir.build.workflow import Built
from vegac.semantics.declarations import Declaration
from vegac.semantics.types import Type
from vegac.source.diagnostic import Diagnostic

Question = tuple[str, str | None]
"""What is asked about, and of which name; None asks for all names."""


class Signature(Struct, eq=False):
    """What a caller knows of a workflow. The inputs are not `complete` where a workflow without
    `inputs` calls itself: what it reads is not known yet.

    The places of the inputs are no part of it: they move with each edit of the workflow.
    """

    inputs: dict[str, ir.Input]
    result: Type
    complete: bool = True

    def content(self) -> tuple[object, ...]:
        """All of it, to be compared."""
        inputs = tuple(_without_place(declared) for declared in self.inputs.values())
        return inputs, self.result, self.complete


def _without_place(declared: ir.Input) -> tuple[object, ...]:
    names = declared.__struct_fields__
    return tuple(
        value for name, value in zip(names, astuple(declared), strict=True) if name != "span"
    )


class Lowered(Struct, eq=False):
    """A lowered workflow with the findings in it, the names in its lists of tools, the program's
    own tools among them, and what was asked for it, in order."""

    declaration: Declaration
    built: Built
    findings: list[Diagnostic]
    used_tools: set[str]
    own_tools: set[str]
    answers: dict[Question, object]
    content: tuple[object, ...] | None = None
    """That of its signature, once somebody has asked."""

    def is_of(self, declaration: Declaration) -> bool:
        """Whether this came from the same trees."""
        own = self.declaration
        return own.key is declaration.key and own.node is declaration.node


class Memory(Struct, eq=False):
    """The workflows of one program as they were lowered last, and the answers that did not come
    from other workflows; `count` says how many were lowered so far."""

    workflows: dict[str, Lowered] = field(default_factory=dict[str, Lowered])
    surroundings: tuple[object, ...] = ()
    count: int = 0


class Journal:
    """Writes down what is asked while a workflow is lowered."""

    def __init__(self) -> None:
        self.answers: dict[Question, object] | None = None

    def note(self, question: Question, answer: object) -> None:
        if self.answers is not None:
            self.answers[question] = answer


class Names(Collection[str]):
    """Names that write down who asks for which."""

    def __init__(self, kind: str, names: Collection[str], journal: Journal) -> None:
        self._kind = kind
        self._names = names
        self._journal = journal

    def __contains__(self, name: object) -> bool:
        found = name in self._names
        self._journal.note((self._kind, str(name)), found)
        return found

    def __iter__(self) -> Iterator[str]:
        self._journal.note((self._kind, None), tuple(self._names))
        return iter(self._names)

    def __len__(self) -> int:
        self._journal.note((self._kind, None), tuple(self._names))
        return len(self._names)
