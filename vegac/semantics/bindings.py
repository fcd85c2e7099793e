"""Tables of what is known of variables, of which there is one for each point of a workflow."""

from collections.abc import Iterator, Mapping, MutableMapping
from itertools import compress, filterfalse
from operator import is_not

from msgspec import Struct

from vegac.semantics.types import Type
from vegac.source.span import Span


class Binding(Struct, frozen=True):
    """A variable at one point. `unset` says on which path it has no value ("" when it always has
    one); `place` is where it was set last."""

    type: Type
    unset: str = ""
    place: Span | None = None


_MANY = 64
"""With more changes than this, a table is made into one that copies share."""


class Bindings(MutableMapping[str, Binding]):
    """The bindings at a point, by name.

    Every step copies and compares them, and a workflow may have thousands: so copies share what
    they had in common, and only what has changed since is copied and compared.
    """

    __slots__ = ("_changes", "_shared")

    def __init__(self) -> None:
        self._shared: dict[str, Binding] = {}
        self._changes: dict[str, Binding | None] = {}
        """None for a name that has been taken out."""

    def copy(self) -> "Bindings":
        if len(self._changes) > _MANY:
            self._shared, self._changes = self._all(), {}
        made = Bindings()
        made._shared = self._shared
        made._changes = self._changes.copy()
        return made

    def find(self, name: str) -> Binding | None:
        """The binding of a name, or None."""
        changes = self._changes
        return changes[name] if name in changes else self._shared.get(name)

    def __getitem__(self, name: str) -> Binding:
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return self.find(str(name)) is not None

    def __setitem__(self, name: str, binding: Binding) -> None:
        self._changes[name] = binding

    def __delitem__(self, name: str) -> None:
        if self.find(name) is None:
            raise KeyError(name)
        self._changes[name] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Binding]:
        merged = {**self._shared, **self._changes}
        return {name: binding for name, binding in merged.items() if binding is not None}

    def differing(self, other: "Bindings") -> list[tuple[str, Binding]]:
        """The bindings here that are other objects in another table, or not in it."""
        here, there, common = self._compared(other)
        changed = map(is_not, here.values(), map(there.get, here))
        found = [
            (name, binding)
            for name, binding in compress(here.items(), changed)
            if binding is not None and (name in there or binding is not common.get(name))
        ]
        for name in filterfalse(here.__contains__, there):
            binding = common.get(name)
            if binding is not None and binding is not there[name]:
                found.append((name, binding))
        return found

    def missing(self, other: "Bindings") -> list[str]:
        """The names here that are not in another table."""
        here, there, common = self._compared(other)
        found = [
            name
            for name in filterfalse(there.__contains__, here)
            if here[name] is not None and name not in common
        ]
        if None in there.values():
            found += [name for name, binding in there.items() if binding is None and name in self]
        return found

    def _compared(
        self, other: "Bindings"
    ) -> tuple[Mapping[str, Binding | None], Mapping[str, Binding | None], Mapping[str, Binding]]:
        """What has changed here and there, and what is common to both: nothing, if the tables were
        made anew since they were one."""
        if self._shared is other._shared:
            return self._changes, other._changes, self._shared
        return self._all(), other._all(), {}
