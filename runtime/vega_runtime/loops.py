"""Loops as the program sees them: `loop.index`, `loop.count`, `loop.first`, `loop.last`."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from .errors import ExpressionError

T = TypeVar("T")


class Loop:
    """Where a loop stands: `index` from 0, `count` from 1; `parent` is the loop around it."""

    __slots__ = ("count", "first", "index", "last", "parent")

    def __init__(self, index: int, last: bool, parent: "Loop | None" = None) -> None:
        self.index = index
        self.count = index + 1
        self.first = index == 0
        self.last = last
        self.parent = parent

    @classmethod
    def none(cls, parent: "Loop | None" = None) -> "Loop":
        """The loop before its first iteration, and for ever if there is none: count 0."""
        return cls(-1, False, parent)

    def as_json(self) -> dict[str, Any]:
        """The loop as a map, for `tojson` and the like."""
        return {
            "index": self.index,
            "count": self.count,
            "first": self.first,
            "last": self.last,
            "parent": None if self.parent is None else self.parent.as_json(),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loop) and self.as_json() == other.as_json()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Loop({self.index}, last={self.last})"


def loops(iterable: Iterable[T], parent: Loop | None = None) -> Iterator[tuple[Loop, T]]:
    """Each element with its `Loop`. Raises ExpressionError for what is no list or map."""
    items = elements(iterable)
    last = len(items) - 1
    for index, item in enumerate(items):
        yield Loop(index, index == last, parent), item


def elements(iterable: Iterable[T] | None) -> list[T]:
    """The elements of a list, or the keys of a map, as they are now."""
    if isinstance(iterable, list):
        return iterable
    if iterable is None:
        raise ExpressionError(
            "there is nothing to loop over: the value is null (`default([])` makes it empty)"
        )
    if isinstance(iterable, str):
        raise ExpressionError("a text has no elements to loop over; `split` makes a list of it")
    try:
        return list(iterable)
    except TypeError:
        raise ExpressionError(
            f"{iterable!r} has no elements to loop over: a list or a map is needed"
        ) from None


def at_least_one(limit: Any, option: str) -> int:
    """A limit as a whole number. Raises ExpressionError unless it is at least 1."""
    if isinstance(limit, float) and limit.is_integer():
        limit = int(limit)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        from .inputs import shown

        raise ExpressionError(
            f"`{option}` must be a whole number of at least 1, not {shown(limit)}"
        )
    return limit
