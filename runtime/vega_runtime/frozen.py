"""A base for small immutable records whose classes cost next to nothing to define.

Generated modules are imported at every start of a program; a dataclass takes about a millisecond to
define, because its methods are compiled each time. Type checkers treat these as frozen dataclasses.
"""

from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

if TYPE_CHECKING:
    from .rules import Rule


@dataclass_transform(frozen_default=True)
class Frozen:
    """Fields are the annotations of the class, in order; a default is the value beside it.

    Raises TypeError for fields that are missing or unknown, ValueError for a value that breaks one
    of the class's `_rules`.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _rules: "ClassVar[tuple[tuple[str, Rule], ...]]" = ()
    """What the values of fields must be; see `rules`."""

    def __init_subclass__(cls) -> None:
        own = get_annotations(cls)
        cls._fields = (*cls._fields, *own)

    def __init__(self, *args: Any, **values: Any) -> None:
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes at most {len(fields)} values")
        state = self.__dict__
        for name, value in zip(fields, args, strict=False):
            if name in values:
                raise TypeError(f"{type(self).__name__} got {name!r} twice")
            state[name] = value
        state.update(values)
        if len(state) < len(fields) or values:
            self._check(values)
        if self._rules:
            self._hold(state)

    def _check(self, values: dict[str, Any]) -> None:
        cls = type(self)
        for name in values:
            if name not in cls._fields:
                raise TypeError(f"{cls.__name__} has no {name!r}; it has {', '.join(cls._fields)}")
        for name in cls._fields:
            if name not in self.__dict__ and not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} needs {name!r}")

    def _hold(self, state: dict[str, Any]) -> None:
        from .rules import problem

        for name, rule in self._rules:
            if name in state and (said := problem(rule, state[name])) is not None:
                given = repr(state[name])
                raise ValueError(f"{name} of {type(self).__name__} {said}, not {given}")

    def fields(self) -> dict[str, Any]:
        """The values of all fields by name."""
        return {name: getattr(self, name) for name in self._fields}

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**self.fields() | changes)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self._fields
        )

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({shown})"
