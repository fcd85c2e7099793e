"""A blackboard: values that a team shares while it works."""

from typing import Any

from .errors import ToolError
from .text import to_json

MOST_KEYS = 1000
LARGEST_VALUE = 256 * 1024
"""Characters of one value, as JSON."""


class Blackboard:
    """Values by key, for the agents of one team in one run."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def read(self, key: str) -> Any:
        """The value of a key. Raises ToolError where there is none."""
        if key not in self._values:
            known = ", ".join(self.keys()) or "nothing yet"
            raise ToolError(f"the blackboard has no '{key}' (it has: {known})")
        return self._values[key]

    def write(self, key: str, value: Any) -> None:
        """Set a key. Raises ToolError for an empty key, and where the board is full."""
        if not key.strip():
            raise ToolError("the key of a value on the blackboard cannot be empty")
        if key not in self._values and len(self._values) >= MOST_KEYS:
            raise ToolError(f"the blackboard is full: it holds {MOST_KEYS} keys")
        size = len(to_json(value))
        if size > LARGEST_VALUE:
            raise ToolError(
                f"the value has {size} characters; at most {LARGEST_VALUE} go on the blackboard"
            )
        self._values[key] = value

    def keys(self) -> list[str]:
        """The keys, in the order in which they came."""
        return list(self._values)
