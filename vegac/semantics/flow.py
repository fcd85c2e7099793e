"""What is known of the variables at one point of a workflow: their types, and whether they are set.

A `Flow` is a lattice element: `join` is what holds where two paths meet.
"""

from msgspec import Struct

from vegac.semantics.bindings import Binding, Bindings
from vegac.semantics.types import ANY, NULL, Type, join, members
from vegac.source.span import Span

Value = str | bool | tuple[str, bool] | None
"""A value of an enum, a boolean or null; or a text with whether all that it stands for is true."""

_SOMEWHERE = "on one of the paths"
"""Where a variable is unset that a computed name may have replaced on a path."""


class Link(Struct, frozen=True):
    """Two variables that one step sets: where `cause` is null, `name` has the type `type`.

    It holds as long as both have the bindings that the step gave them.
    """

    cause: str
    cause_binding: Binding
    name: str
    binding: Binding
    type: Type


class Flow:
    """The bindings at a point; `live` is false after `return` and `fail`, and `covered` that it
    is so because conditions have covered every value. Copies share `links`.

    A variable whose binding is the very object that it was at an earlier point was not set since.
    `fields` has what is known of fields (`v/note`), with the binding of the variable for which it
    holds, and of the environment (`env/NAME`), where `env` is no variable. `values` has those that
    the conditions before have left to a variable or a field, in the same way.
    """

    __slots__ = ("bindings", "covered", "fields", "links", "live", "values")

    def __init__(
        self,
        bindings: Bindings | None = None,
        live: bool = True,
        links: list[Link] | None = None,
    ) -> None:
        self.bindings = Bindings() if bindings is None else bindings
        self.live = live
        self.covered = False
        self.links: list[Link] = [] if links is None else links
        self.fields: dict[str, tuple[Binding | None, Type]] = {}
        self.values: dict[str, tuple[Binding | None, frozenset[Value]]] = {}

    def copy(self) -> "Flow":
        made = Flow(self.bindings.copy(), self.live, self.links)
        made.covered = self.covered
        made.fields = dict(self.fields)
        made.values = dict(self.values)
        return made

    def get(self, name: str) -> Binding | None:
        return self.bindings.find(name)

    def set_since(self, before: "Flow") -> list[tuple[str, Binding]]:
        """The variables that were set since an earlier point, with their bindings."""
        return self.bindings.differing(before.bindings)

    def set(self, name: str, type_: Type, place: Span | None) -> None:
        self.bindings[name] = Binding(type_, "", place)

    def narrow(self, name: str, type_: Type) -> None:
        """Restrict the type of a variable or a field (`v/note`) on this path, where it is known to
        have a value.

        To ANY where nothing more is to be said of it. What is no variable stays as it is.
        """
        root = name.partition("/")[0]
        before = self.bindings.find(root)
        if "/" in name and (before is not None or root == "env"):
            self.fields[name] = (before, type_)
        if "/" in name or before is None:
            return
        if type_ in (NULL, ANY):
            for link in self.links:
                known = self.bindings.find(link.name)
                if (
                    link.cause == name
                    and _same(link.cause_binding, before)
                    and known is not None
                    and _same(link.binding, known)
                ):
                    linked = link.type if type_ == NULL else ANY
                    self.bindings[link.name] = Binding(linked, "", known.place)
        self.bindings[name] = Binding(type_, "", before.place)

    def field(self, path: str) -> Type | None:
        """What is known of a field's type, None if no more than its record says."""
        binding, type_ = self.fields.get(path, (None, None))
        return type_ if binding is self.bindings.find(path.partition("/")[0]) else None

    def leave(self, path: str, values: frozenset[Value]) -> None:
        """Take over that a variable or a field has one of these values on this path."""
        self.values[path] = (self.bindings.find(path.partition("/")[0]), values)

    def left(self, path: str) -> frozenset[Value] | None:
        """The values that conditions have left to a variable or a field, None if they ask nothing
        of it."""
        binding, values = self.values.get(path, (None, None))
        return values if binding is self.bindings.find(path.partition("/")[0]) else None


def covered(flow: Flow) -> Flow:
    """The path that no value takes, for conditions have covered all of them."""
    made = Flow(flow.bindings, live=False)
    made.covered = True
    return made


def _same(left: Binding, right: Binding) -> bool:
    """Whether two bindings are from one assignment, in whatever order paths have met since."""
    return (left.place, left.unset, set(members(left.type))) == (
        right.place,
        right.unset,
        set(members(right.type)),
    )


def merge(left: Flow, right: Flow, left_path: str, right_path: str) -> Flow:
    """Where two paths meet. The path texts finish the sentence "it has no value ...": they name
    the side on which a variable of the other side is missing."""
    if not left.live:
        return right.copy()
    if not right.live:
        return left.copy()
    bindings = left.bindings.copy()
    for name in left.bindings.missing(right.bindings):
        bindings[name] = _missing(bindings[name], right_path)
    for name, b in right.set_since(left):
        a = bindings.find(name)
        if a is None:
            bindings[name] = _missing(b, left_path)
        else:  # a new binding: one of the paths has set it, if only to what it was
            bindings[name] = Binding(join(a.type, b.type), a.unset or b.unset, b.place or a.place)
    merged = Flow(bindings, links=left.links)
    merged.fields = {
        path: known
        for path, known in left.fields.items()
        if right.fields.get(path) == known and left.field(path) and right.field(path)
    }
    merged.values = {
        path: known
        for path, known in left.values.items()
        if right.left(path) is not None and left.left(path) == right.left(path)
    }
    return merged


def _missing(known: Binding, path: str) -> Binding:
    """A binding that a path lacks."""
    return Binding(known.type, known.unset or path or _SOMEWHERE, known.place)


def null_when_unset(flow: Flow, name: str) -> bool:
    """Make a variable that may be unset null there. Returns whether that changed anything."""
    binding = flow.bindings.find(name)
    if binding is None:
        flow.bindings[name] = Binding(NULL)
        return True
    if binding.unset:
        flow.bindings[name] = Binding(join(binding.type, NULL), "", binding.place)
        return True
    return False
