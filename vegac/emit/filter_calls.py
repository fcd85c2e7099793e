"""Filters: Python's own method where the type is known and the meaning the same, else a call."""

from vega_grammar.filters import FILTERS
from vegac.emit import annotations as types
from vegac.emit.code import (
    Atom,
    Attribute,
    Call,
    Code,
    DictDisplay,
    Level,
    ListDisplay,
    Star,
    Text,
    Unary,
    at_least,
    call,
    literal,
    method,
    name,
    operation,
    unplaced,
)
from vegac.emit.function import Function, Value, is_element, plain, settled, value_fits
from vegac.emit.templates import as_text, template
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    LIST,
    NULL,
    NUMBER,
    STRING,
    ListOf,
    MapOf,
    Type,
    members,
)

_METHODS = {
    "upper": "upper",
    "lower": "lower",
    "trim": "strip",
    "startswith": "startswith",
    "endswith": "endswith",
    "replace": "replace",
}
_RESULTS: dict[str, Type] = {
    "string": STRING,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "list[string]": ListOf(STRING),
    "field": LIST,
}


def filter_call(f: Function, expr: ir.FilterCall, receiver: Value, given: list[Value]) -> Value:
    """`receiver | name(given)`."""
    native = _native(f, expr.name, receiver, given)
    if native is not None:
        return native
    spec = FILTERS[expr.name]
    receiver, *given = (settled(f, item) for item in (receiver, *given))
    function = f.runtime(f"filters.{spec.function or spec.name}")
    code = receiver.code
    if spec.result in ("element", "default") and not _is_sequence(receiver, spec.result):
        code = call(f.typing("cast"), name(f.typing("Any")), code)
    static = _static(spec.result, receiver, given, code is not receiver.code)
    made = call(function, code, *(item.code for item in given))
    return plain(made, expr.type if static == ANY else static, static)


def _is_sequence(receiver: Value, result: str) -> bool:
    if result == "default":
        return True
    if receiver.static == ANY:
        return not receiver.choices and not is_element(receiver.code)
    return types.is_list(receiver.static) or types.is_text(receiver.static)


def _static(result: str, receiver: Value, given: list[Value], cast: bool) -> Type:
    """What a checker makes of the call."""
    if result in _RESULTS:
        return _RESULTS[result]
    if cast or receiver.static == ANY:
        return ANY
    match result:
        case "same":
            return receiver.static
        case "element":
            return types.either((types.element_of(receiver.static), NULL))
        case "default" if given and given[0].static != ANY:
            return types.either((types.not_null(receiver.static), given[0].static))
        case "branches" if all(item.static != ANY for item in given[1:]):
            otherwise = () if len(given) > 2 else (NULL,)
            return types.either((*(item.static for item in given[1:]), *otherwise))
        case _:
            return ANY


def _native(f: Function, filter_: str, receiver: Value, given: list[Value]) -> Value | None:
    texts = all(types.is_text(item.static) for item in given)
    match filter_:
        case _ if filter_ in _METHODS and types.is_text(receiver.static) and texts:
            if _is_chained(receiver.code):
                return None
            called = method(receiver.code, _METHODS[filter_], *(item.code for item in given))
            answer = filter_ in ("startswith", "endswith")
            return plain(called, BOOLEAN if answer else STRING)
        case "split" if types.is_text(receiver.static) and not _is_chained(receiver.code):
            if len(given) == 1 and isinstance(given[0].code, Text) and given[0].code.value:
                return plain(method(receiver.code, "split", given[0].code), ListOf(STRING))
            return None
        case "contains" if types.is_text(receiver.static) and texts:
            code = operation(Level.COMPARE, given[0].code, "in", receiver.code)
            return plain(code, BOOLEAN)
        case "join" if len(given) < 2 and _is_plain_display(receiver, given):
            return _joined(f, receiver, given)
        case "join" if _is_list_of_text(receiver.static) and texts and given[1:] == []:
            separator = given[0].code if given else literal(", ")
            if _is_chained(separator):
                return None
            return plain(method(separator, "join", receiver.code), STRING)
        case "length" | "chars" if _has_length(filter_, receiver.static):
            return plain(call("len", receiver.code), INTEGER)
        case "string":
            return as_text(f, receiver)
        case "default":
            return _default(receiver, given)
        case _:
            return None


def _has_length(filter_: str, static: Type) -> bool:
    if types.is_text(static):
        return True
    return filter_ == "length" and (types.is_list(static) or types.is_dict(static))


def _is_list_of_text(static: Type) -> bool:
    return isinstance(static, ListOf) and types.is_text(static.element)


def _is_chained(code: Code) -> bool:
    """Whether the code is a chain of method calls already: longer ones are hard to read."""
    bare = unplaced(code)
    return isinstance(bare, Call) and isinstance(bare.function, Attribute)


def _is_plain_display(receiver: Value, given: list[Value]) -> bool:
    """Whether a list with nothing spread into it is joined by a constant."""
    separator = given[0].code if given else literal(", ")
    return (
        receiver.items is not None
        and isinstance(separator, Text)
        and separator.value is not None
        and not any(isinstance(unplaced(item.code), Star) for item in receiver.items)
    )


def _joined(f: Function, receiver: Value, given: list[Value]) -> Value:
    """The texts of a few values with a separator between them: a template."""
    separator = given[0].code if given else literal(", ")
    assert isinstance(separator, Text)
    parts: list[str | Value] = []
    for item in receiver.items or ():
        parts += (separator.value or "", item) if parts else (item,)
    return template(f, parts)


def _default(receiver: Value, given: list[Value]) -> Value | None:
    """`value or other`, where nothing that counts as false is to be kept."""
    if len(given) != 1 or given[0].static == ANY or receiver.static in (ANY, NULL):
        return None
    emptyable = all(
        member == NULL or types.is_text(member) or isinstance(member, ListOf | MapOf)
        for member in members(receiver.static)
    )
    if not emptyable or not _cannot_fail(given[0].code):
        return None
    other = given[0]
    static = types.either((types.not_null(receiver.static), other.static))
    code = operation(Level.OR, receiver.code, "or", at_least(other.code, Level.OR))
    return Value(code, static, static, choices=(receiver_without_null(receiver), other))


def _cannot_fail(code: Code) -> bool:
    """Whether nothing is lost where `or` does not evaluate it; a call evaluates its arguments."""
    match unplaced(code):
        case Atom():
            return True
        case Text(value=text):
            return text is not None
        case Unary(operand=operand):
            return isinstance(operand, Atom)
        case ListDisplay(items=items) | DictDisplay(values=items):
            return all(map(_cannot_fail, items))
        case _:
            return False


def receiver_without_null(receiver: Value) -> Value:
    """The receiver where it is not null."""
    static = types.not_null(receiver.static)
    fits_itself = value_fits(receiver, static)
    return receiver if fits_itself else Value(receiver.code, static, static)
