"""Groups of processes: who belongs together is told together, and shares a blackboard."""

from typing import TYPE_CHECKING, Any

from .blackboard import Blackboard

if TYPE_CHECKING:
    from .process import Process


class ProcessGroup:
    """Processes under one name, in the order they joined. One that ends leaves by itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blackboard = Blackboard()
        """Values that the members share."""
        self._members: dict[Process, None] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, process: object) -> bool:
        return process in self._members

    @property
    def members(self) -> "tuple[Process, ...]":
        """The members, in the order they joined."""
        return tuple(self._members)

    def join(self, *processes: "Process") -> None:
        """Add processes; joining twice is joining once. Raises ProcessEnded for one that ended."""
        for process in processes:
            process.check_alive()
            self._members[process] = None

    def leave(self, process: "Process") -> None:
        """Take a process out, if it is in."""
        self._members.pop(process, None)

    async def broadcast(self, text: str, limit: int = 10, **options: Any) -> "dict[Process, Any]":
        """Send one message to all members, at most `limit` at once.

        The replies, or the errors, by member in the order they joined.
        """
        from .combinators import batch

        members = self.members

        async def one(process: "Process") -> Any:
            return await process.send(text, **options)

        replies = await batch(members, one, limit=limit, return_exceptions=True)
        return dict(zip(members, replies, strict=True))
