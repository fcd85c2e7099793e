"""What became of the tests; plain data that can travel between processes."""

from typing import Any, Literal

from msgspec import Struct, field

Relation = Literal[
    "equal", "contain", "match", "satisfy", "be at most", "be absent", "be present", "fail"
]


class Update(Struct, frozen=True):
    """A recorded expectation that could be rewritten: the characters `start` to `end` of the file
    (without a byte-order mark) hold a value that would be `value`."""

    start: int
    end: int
    value: Any


class Mismatch(Struct):
    """A value that is not as the test says. `place` is where the test says so."""

    what: str
    relation: Relation
    expected: Any
    got: Any
    place: str = ""
    update: Update | None = None


class Result(Struct):
    """What became of one test. `seconds` are wall time; `problems` are texts for people, such as
    rendered diagnostics; `printed` is what the run wrote to standard output."""

    file: str
    name: str
    line: int
    seconds: float = 0.0
    mismatches: list[Mismatch] = field(default_factory=list[Mismatch])
    problems: list[str] = field(default_factory=list[str])
    printed: str = ""

    @property
    def passed(self) -> bool:
        return not self.mismatches and not self.problems

    @property
    def can_update(self) -> bool:
        """Whether rewriting expected values would make the test pass."""
        updates = [mismatch.update for mismatch in self.mismatches]
        return bool(updates) and None not in updates and not self.problems
