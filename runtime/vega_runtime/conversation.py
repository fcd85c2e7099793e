"""Conversations as immutable values: a fork costs nothing and shares all turns before it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from .agent import Context
from .models.base import Message


class Conversation(Sequence[Message]):
    """The messages between a run and an agent. `then` gives the conversation with one more.

    Every conversation points to the one without its last message, so that any number of forks
    share their common past.
    """

    __slots__ = ("_before", "_length", "last")

    def __init__(self, before: "Conversation | None" = None, last: Message | None = None) -> None:
        self._before = before
        self._length = 0 if before is None else before._length + 1
        self.last = last

    def then(self, message: Message) -> "Conversation":
        """The conversation that `message` continues."""
        return Conversation(self, message)

    def before_last(self) -> "Conversation":
        """The conversation without its last message; the empty one stays empty."""
        return self if self._before is None else self._before

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Message]:
        return iter(self._latest(self._length))

    def __reversed__(self) -> Iterator[Message]:
        node: Conversation | None = self
        while node is not None and node.last is not None:
            yield node.last
            node = node._before

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        if isinstance(index, slice):
            return self._latest(self._length)[index]
        if not -self._length <= index < self._length:
            raise IndexError("there is no such message")
        back = -1 - index if index < 0 else self._length - 1 - index
        return self._latest(back + 1)[0]

    def _latest(self, count: int) -> list[Message]:
        messages: list[Message] = []
        node: Conversation | None = self
        while len(messages) < count and node is not None and node.last is not None:
            messages.append(node.last)
            node = node._before
        messages.reverse()
        return messages

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Conversation) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Conversation({list(self)!r})"


EMPTY = Conversation()

_CHARACTERS_PER_TOKEN = 4
_WINDOW = 20
_TOKENS = 100_000


def view(talk: Conversation, context: Context, turn: int = 1) -> Sequence[Message]:
    """The part of a conversation that goes along with a message, under a context strategy.

    The last `turn` messages are what is being talked about now: they always go along.
    It begins with a message of the user that answers no tool call, so that calls and results stay
    together; so it may hold more than the limit says.
    """
    if context.strategy == "window":
        limit = context.limit or _WINDOW
        return _since(talk, turn, lambda count, _: count > limit)
    if context.strategy == "tokens":
        limit = (context.limit or _TOKENS) * _CHARACTERS_PER_TOKEN
        return _since(talk, turn, lambda _, size: size > limit)
    return talk


def _since(talk: Conversation, turn: int, full: "Callable[[int, int], bool]") -> list[Message]:
    kept: list[Message] = []
    whole = 0
    size = 0
    for message in reversed(talk):
        size += _size(message)
        if whole and len(kept) >= turn and full(len(kept) + 1, size):
            break
        kept.append(message)
        if message.role == "user" and not message.tool_results:
            whole = len(kept)
    return kept[:whole][::-1]


def _size(message: Message) -> int:
    size = len(message.text) + sum(len(result.content) for result in message.tool_results)
    if message.tool_calls:
        size += sum(len(str(call.arguments)) for call in message.tool_calls)
    return size


def tokens_of(messages: Iterable[Message]) -> int:
    """About how many tokens messages have: a quarter of their characters."""
    return sum(_size(message) for message in messages) // _CHARACTERS_PER_TOKEN
