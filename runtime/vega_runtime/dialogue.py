"""Dialogues: what is said between a run and an agent, one message at a time."""

import asyncio
from collections.abc import Mapping

from .conversation import EMPTY, Conversation


class Dialogue:
    """A conversation that goes on. Who sends while it is busy waits in turn."""

    __slots__ = ("conversation", "lock")

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.lock = asyncio.Lock()

    def reset(self) -> None:
        """Forget all that was said."""
        self.conversation = EMPTY


class Dialogues:
    """The dialogues that the steps of a run go on with, by the name of the agent.

    Those of a branch begin where the ones around it stood when the group was entered; they are made
    when they are first needed, so that a fork costs the same however long the conversations are.
    """

    __slots__ = ("_own", "_past")

    def __init__(self, past: Mapping[str, Conversation] | None = None) -> None:
        self._past: Mapping[str, Conversation] = past or {}
        self._own: dict[str, Dialogue] = {}

    def __len__(self) -> int:
        return len(self._own)

    def get(self, name: str) -> Dialogue | None:
        """The dialogue with an agent if there is one already."""
        return self._own.get(name)

    def start(self, name: str) -> Dialogue:
        """Start the dialogue with an agent, with what was said before the fork."""
        dialogue = self._own[name] = Dialogue(self._past.get(name, EMPTY))
        return dialogue

    def past(self) -> Mapping[str, Conversation]:
        """All conversations as they are now. Nothing that is said later shows in it."""
        if not self._own:
            return self._past
        return {**self._past, **{name: own.conversation for name, own in self._own.items()}}

    def restore(self, past: Mapping[str, Conversation]) -> None:
        """Go back to what `past()` returned."""
        for name, dialogue in self._own.items():
            dialogue.conversation = past.get(name, EMPTY)

    def reset(self) -> None:
        """Forget all that was said to anyone."""
        self._past = {}
        for dialogue in self._own.values():
            dialogue.reset()
