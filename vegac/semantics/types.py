"""The types of the language and the relations between them.

Types are gradual: `any` goes with everything; a finding is only made where no possible value fits.
"""

from collections.abc import Iterable

from msgspec import Struct


class Type(Struct, frozen=True):
    """A type. Compare with `==`; show with `str()`."""


class Primitive(Type, frozen=True):
    name: str

    def __str__(self) -> str:
        return self.name


class ListOf(Type, frozen=True):
    element: Type

    def __str__(self) -> str:
        return f"list[{self.element}]"


class MapOf(Type, frozen=True):
    value: Type

    def __str__(self) -> str:
        return f"map[{self.value}]"


class Record(Type, frozen=True):
    """A map with known fields. `name` is the class that emitted code gives it, or empty."""

    fields: tuple[tuple[str, Type], ...]
    name: str = ""

    def __str__(self) -> str:
        return "record{" + ", ".join(f"{name}: {type_}" for name, type_ in self.fields) + "}"

    def field(self, name: str) -> Type | None:
        if len(self.fields) > MANY:
            return dict(self.fields).get(name)
        for key, type_ in self.fields:
            if key == name:
                return type_
        return None


class Enum(Type, frozen=True):
    """Strings out of a fixed set."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return " | ".join(f"'{value}'" for value in self.values)


class Union(Type, frozen=True):
    """At least two members, none of them a union or `any`, no duplicates."""

    members: tuple[Type, ...]

    def __str__(self) -> str:
        return " | ".join(str(member) for member in self.members)


ANY = Primitive("any")
STRING = Primitive("string")
NUMBER = Primitive("number")
INTEGER = Primitive("integer")
BOOLEAN = Primitive("boolean")
NULL = Primitive("null")
NEVER = Primitive("never")
"""The element type of an empty list: fits everything, holds nothing."""

MANY = 32
"""How many alternatives a type has at most."""

LIST = ListOf(ANY)
MAP = MapOf(ANY)
LOOP = Record(
    (
        ("index", INTEGER),
        ("count", INTEGER),
        ("first", BOOLEAN),
        ("last", BOOLEAN),
        ("parent", ANY),
    ),
    "Loop",
)
ERROR = Record((("message", STRING), ("type", STRING), ("step", STRING)), "ErrorInfo")


def members(type_: Type) -> tuple[Type, ...]:
    """The alternatives of a type: those of a union, or the type itself."""
    return type_.members if isinstance(type_, Union) else (type_,)


def union(types: Iterable[Type]) -> Type:
    """The least type that holds all of `types` (NEVER of none).

    Of more than `MANY` alternatives no more is known than that they are strings, lists or maps.
    """
    types = iter(types)
    found: list[Type] = []
    for type_ in types:
        for member in members(type_):
            if member == ANY:
                return ANY
            if (
                member == NEVER
                or member in found
                or any(assignable(member, other) for other in found)
            ):
                continue
            found = [other for other in found if not assignable(other, member)]
            found.append(member)
            if len(found) > MANY:
                return union((*map(_widened, found), type_, *types))
    if len(found) == 1:
        return found[0]
    lists = [member for member in found if isinstance(member, ListOf)]
    if len(lists) > 1:
        element = union(member.element for member in lists)
        first = found.index(lists[0])
        found = [member for member in found if not isinstance(member, ListOf)]
        found.insert(first, ListOf(element))
    if not found:
        return NEVER
    return found[0] if len(found) == 1 else Union(tuple(found))


def _widened(type_: Type) -> Type:
    match type_:
        case Enum():
            return STRING
        case Record() | MapOf():
            return MAP
        case ListOf():
            return LIST
        case _:
            return type_


def join(left: Type, right: Type) -> Type:
    """The type of a value that is either a `left` or a `right`."""
    return left if left == right else union((left, right))


def optional(type_: Type) -> Type:
    return union((type_, NULL))


def may_be_null(type_: Type) -> bool:
    """Whether null is a *known* possibility (`any` is not known to be null)."""
    return NULL in type_.members if isinstance(type_, Union) else type_ == NULL


def without_null(type_: Type) -> Type:
    """The type without its null (NEVER of null alone)."""
    if not isinstance(type_, Union):
        return NEVER if type_ == NULL else type_
    return union(member for member in members(type_) if member != NULL)


def assignable(source: Type, target: Type) -> bool:
    """Whether every value of `source` is a value of `target` (`any` fits both ways)."""
    if isinstance(source, Record) and isinstance(target, Record):
        return _has_fields(source, target)
    if source is target or source is ANY or target is ANY:
        return True
    if source in (target, NEVER) or ANY in (source, target):
        return True
    if isinstance(source, Union):
        return all(assignable(member, target) for member in source.members)
    if isinstance(target, Union):
        return any(assignable(source, member) for member in target.members)
    match source, target:
        case Primitive("integer"), Primitive("number"):
            return True
        case Enum(), Primitive("string"):
            return True
        case Enum(values), Enum(allowed):
            return set(values) <= set(allowed)
        case ListOf(element), ListOf(wanted):
            return assignable(element, wanted)
        case MapOf(value), MapOf(wanted):
            return assignable(value, wanted)
        case Record(fields), MapOf(wanted):
            return all(assignable(type_, wanted) for _, type_ in fields)
        case _:
            return False


def _has_fields(source: Record, target: Record) -> bool:
    """Whether a record has all fields of another one."""
    if source is target:
        return True
    given, wanted = source.fields, target.fields
    if len(given) < len(wanted):
        return False
    known = dict(given)
    for name, type_ in wanted:
        found = known.get(name)
        if found is None or not assignable(found, type_):
            return False
    return True


def overlaps(left: Type, right: Type) -> bool:
    """Whether some value could be of both types (so that a comparison is not decided)."""
    for a in members(left):
        for b in members(right):
            if assignable(a, b) or assignable(b, a):
                return True
            match a, b:
                case Enum(x), Enum(y) if set(x) & set(y):
                    return True
                case ListOf(), ListOf():
                    return True
                case ((MapOf() | Record()), (MapOf() | Record())):
                    return True
                case _:
                    pass
    return False


def only(type_: Type, *kinds: Type | type[Type]) -> Type:
    """The members of `type_` that belong to `kinds` (a type, or a class of types)."""

    def fits(member: Type) -> bool:
        return any(
            isinstance(member, kind) if isinstance(kind, type) else assignable(member, kind)
            for kind in kinds
        )

    return union(member for member in members(type_) if member == ANY or fits(member))
