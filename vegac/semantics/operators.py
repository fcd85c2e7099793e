"""Typing rules of the operators: pure functions from operand types to a result type.

A rule returns None where no value of the operands fits. Null is left to the caller: a possibly
null operand has a finding of its own.
"""

from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    NEVER,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Primitive,
    Record,
    Type,
    assignable,
    members,
    only,
    union,
)


def is_number(type_: Type) -> bool:
    return type_ in (NUMBER, INTEGER)


def is_string(type_: Type) -> bool:
    return type_ == STRING or isinstance(type_, Enum)


def may_be_text(type_: Type) -> bool:
    return any(member == ANY or is_string(member) for member in members(type_))


def add(left: Type, right: Type) -> Type | None:
    """`+`: numbers add, strings and lists join."""
    results = [
        result
        for a in members(left)
        for b in members(right)
        if (result := _add_one(a, b)) is not None
    ]
    return union(results) if results else None


def _add_one(left: Type, right: Type) -> Type | None:
    if left == ANY or right == ANY:
        known = right if left == ANY else left
        if known == ANY:
            return ANY
        if is_number(known):
            return NUMBER
        if is_string(known):
            return STRING
        return ListOf(ANY) if isinstance(known, ListOf) else None
    if is_number(left) and is_number(right):
        return INTEGER if left == right == INTEGER else NUMBER
    if is_string(left) and is_string(right):
        return STRING
    if isinstance(left, ListOf) and isinstance(right, ListOf):
        return ListOf(union((left.element, right.element)))
    return None


def arithmetic(operator: str, left: Type, right: Type) -> Type | None:
    """`-`, `*`, `/`, `//`, `%`: numbers alone."""
    if not all(any(m == ANY or is_number(m) for m in members(side)) for side in (left, right)):
        return None
    if operator == "/":
        return NUMBER
    whole = all(m == INTEGER for side in (left, right) for m in members(side))
    return INTEGER if whole else NUMBER


def negate(operand: Type) -> Type | None:
    numbers = only(operand, NUMBER)
    fits = [m for m in members(numbers) if m == ANY or is_number(m)]
    return union(NUMBER if m == ANY else m for m in fits) if fits else None


def ordered(left: Type, right: Type) -> bool:
    """Whether `<` and its kin may compare the two: numbers with numbers, strings with strings."""
    return any(
        ANY in (a, b) or (is_number(a) and is_number(b)) or (is_string(a) and is_string(b))
        for a in members(left)
        for b in members(right)
    )


def contained(left: Type, right: Type) -> bool:
    """Whether `left in right` can be asked."""
    for container in members(right):
        match container:
            case Primitive("any") | ListOf():
                return True
            case Primitive("string") | Enum() | MapOf() | Record() if any(
                m == ANY or is_string(m) for m in members(left)
            ):
                return True
            case _:
                pass
    return False


def element(type_: Type) -> Type | None:
    """What iterating a value of this type gives, or None where it cannot be iterated."""
    found: list[Type] = []
    for member in members(type_):
        match member:
            case Primitive("any"):
                return ANY
            case ListOf(item):
                found.append(item)
            case MapOf() | Record():
                found.append(STRING)
            case _:
                pass
    return union(found) if found else None


def field(type_: Type, name: str) -> Type | None:
    """The type of `value.name`, or None where no member has it."""
    found: list[Type] = []
    for member in members(type_):
        match member:
            case Primitive("any"):
                found.append(ANY)
            case MapOf(value):
                found.append(value)
            case Record() if (inner := member.field(name)) is not None:
                found.append(inner)
            case _:
                pass
    return _part(found)


def index(type_: Type, key: Type, constant: object = None) -> Type | None:
    """The type of `value[key]`, or None where no member can be indexed so."""
    whole = any(m == ANY or is_number(m) for m in members(key)) and type(constant) is not float
    text = any(m == ANY or is_string(m) for m in members(key))
    found: list[Type] = []
    for member in members(type_):
        match member:
            case Primitive("any"):
                found.append(ANY)
            case ListOf(item) if whole:
                found.append(item)
            case Primitive("string") | Enum() if whole:
                found.append(STRING)
            case MapOf(value) if text:
                found.append(value)
            case Record(fields) if text:
                if isinstance(constant, str):
                    inner = member.field(constant)
                    if inner is not None:
                        found.append(inner)
                else:
                    found.append(union(type_ for _, type_ in fields))
            case _:
                pass
    return _part(found)


def _part(found: list[Type]) -> Type | None:
    """The type of a part that has one of these types. What is always empty has no parts: nothing
    can be said of them."""
    if not found:
        return None
    type_ = union(found)
    return ANY if type_ == NEVER else type_


def sliced(type_: Type) -> Type | None:
    """The type of `value[a:b]`: of lists and strings."""
    found = [
        STRING if is_string(m) else m
        for m in members(type_)
        if m == ANY or is_string(m) or isinstance(m, ListOf)
    ]
    return union(found) if found else None


def truth(type_: Type) -> Type:
    """The type of a condition."""
    return BOOLEAN if assignable(type_, BOOLEAN) else type_
