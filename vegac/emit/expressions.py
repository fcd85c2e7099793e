"""Expressions of the IR as Python.

Where types are known, Python's own operators are used; where they are not, the functions of
`vega_runtime.values`, which check.
"""

from collections.abc import Callable
from typing import Any, cast

from vegac.emit import annotations as types
from vegac.emit.code import (
    Atom,
    Attribute,
    Choice,
    Code,
    DictDisplay,
    Level,
    SliceRange,
    Unary,
    at_least,
    attribute,
    call,
    literal,
    method,
    name,
    operation,
    subscript,
)
from vegac.emit.filter_calls import filter_call
from vegac.emit.function import Function, Known, Value, plain, settled
from vegac.emit.literals import number
from vegac.emit.operators import (
    arithmetic,
    as_boolean,
    comparison,
    dynamic,
    list_of,
    negated,
    negative,
    unknown_literal,
)
from vegac.emit.templates import template
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    LOOP,
    MAP,
    NULL,
    NUMBER,
    STRING,
    MapOf,
    Record,
    Type,
    may_be_null,
    members,
    optional,
    without_null,
)


def value(f: Function, expr: ir.Expr) -> Value:
    """The Python of an expression, at the point where `f` stands."""
    return _TRANSLATE[type(expr)](f, expr)


# --- atoms ---------------------------------------------------------------------------------------


def constant(found: str | float | bool | None) -> Value:
    """A literal."""
    match found:
        case str():
            return Value(literal(found), STRING, STRING, frozenset({found}))
        case bool():
            return Value(name(str(found)), BOOLEAN, BOOLEAN, frozenset({found}))
        case None:
            return Value(name("None"), NULL, NULL, frozenset({None}))
        case _:
            type_ = INTEGER if isinstance(found, int) else NUMBER
            text = number(found)
            code = Unary("-", name(text[1:])) if text.startswith("-") else name(text)
            return Value(code, type_, type_, frozenset({found}) if type_ == INTEGER else None)


def _const(f: Function, expr: ir.Const) -> Value:
    del f
    return constant(expr.value)


def _variable(f: Function, expr: ir.Variable) -> Value:
    known = f.environment.get(expr.name)
    if known is None:
        return plain(f.local(expr.name), expr.type, ANY)
    type_ = expr.type if known.static == ANY else known.static
    return Value(name(f.local(expr.name)), type_, known.static, known.literals)


def _computed_variable(f: Function, expr: ir.ComputedVariable) -> Value:
    found = computed_names(f)
    if expr.guarded:
        return plain(method(found, "get", literal(expr.name)), expr.type, ANY)
    return dynamic(f, expr, "values.lookup", found, literal(expr.name))


def computed_names(f: Function) -> Code:
    """The table of the computed names that are set at this point."""
    tables = [table for table in (f.outer_names, f.own_names) if table is not None]
    if len(tables) == 1:
        return name(tables[0])
    return Atom("{" + ", ".join(f"**{table}" for table in tables) + "}")


def _parameter(f: Function, expr: ir.Parameter) -> Value:
    del f
    if may_be_null(expr.type):
        return plain(method(name("args"), "get", literal(expr.name)), expr.type, ANY)
    # What a tool needs is there when it is called, and so is what has a default.
    return plain(subscript(name("args"), literal(expr.name)), expr.type, ANY)


def _loop_state(f: Function, expr: ir.LoopState) -> Value:
    """The state of a loop as a value: a map, so that it can go into results."""
    return plain(method(_loop(f, expr.level).code, "as_json"), MAP)


def _loop(f: Function, level: int) -> Value:
    return plain(f.loops[level], LOOP)


def _run_value(f: Function, expr: ir.RunValue) -> Value:
    del f
    is_property = expr.name in ("id", "workflow_name")
    return plain(name(f"run.{expr.name}") if is_property else call(f"run.{expr.name}"), STRING)


def _env_value(f: Function, expr: ir.EnvValue) -> Value:
    del f
    return plain(call("run.env", literal(expr.name)), optional(STRING))


def _template(f: Function, expr: ir.Template) -> Value:
    parts = [part if isinstance(part, str) else value(f, part) for part in expr.parts]
    return template(f, parts)


# --- lists and maps ------------------------------------------------------------------------------


def _list_value(f: Function, expr: ir.ListValue) -> Value:
    return list_of(tuple(value(f, item) for item in expr.items))


def _map_value(f: Function, expr: ir.MapValue) -> Value:
    values = tuple(value(f, item) for item in expr.values)
    code = DictDisplay(tuple(map(literal, expr.keys)), tuple(item.code for item in values))
    return Value(code, expr.type, MAP, entries=dict(zip(expr.keys, values, strict=True)))


# --- operators -----------------------------------------------------------------------------------


def _negate(f: Function, expr: ir.Negate) -> Value:
    operand = value(f, expr.operand)
    if types.is_number(operand.type):
        code = negative(operand.code)
        return Value(code, operand.type, operand.static, unknown_literal(operand))
    return dynamic(f, expr, "values.neg", operand.code)


def _not(f: Function, expr: ir.Not) -> Value:
    operand = value(f, expr.operand)
    return Value(negated(operand.code), BOOLEAN, BOOLEAN)


def _binary(f: Function, expr: ir.Binary) -> Value:
    return arithmetic(f, expr, value(f, expr.left), value(f, expr.right))


def _compare(f: Function, expr: ir.Compare) -> Value:
    return comparison(f, expr.operator, value(f, expr.left), value(f, expr.right))


def _logical(f: Function, expr: ir.Logical) -> Value:
    level = Level.AND if expr.operator == "and" else Level.OR
    before = f.known
    operands: list[Value] = []
    for operand in expr.operands:
        operands.append(value(f, operand))
        narrow(f, operand, expr.operator == "and")
    f.known = before
    if any(operand.static == ANY for operand in operands):
        operands = [settled(f, operand) for operand in operands]
    code = operands[0].code
    for operand in operands[1:]:
        code = operation(level, code, expr.operator, operand.code)
    *front, last = operands
    kept = [
        types.not_null(found.static)
        if expr.operator == "or" and found.static != NULL
        else found.static
        for found in front
    ]
    static = types.either((*kept, last.static))
    type_ = expr.type if static == ANY else static
    return Value(code, type_, static, _either_literal(*operands), choices=tuple(operands))


def _either_literal(*options: Value) -> frozenset[Any] | None:
    found: frozenset[Any] = frozenset()
    for option in options:
        if option.literals is None:
            return None
        found |= option.literals
    return found


def _conditional(f: Function, expr: ir.Conditional) -> Value:
    condition = value(f, expr.condition)
    then = _under(f, expr.condition, True, expr.then)
    otherwise = _under(f, expr.condition, False, expr.otherwise)
    if _is_word(then, "True") and _is_word(otherwise, "False"):
        return Value(as_boolean(condition), BOOLEAN, BOOLEAN)
    if _is_word(then, "False") and _is_word(otherwise, "True"):
        return Value(negated(condition.code), BOOLEAN, BOOLEAN)
    if ANY in (then.static, otherwise.static):
        then, otherwise = settled(f, then), settled(f, otherwise)
    return choice(then, condition.code, otherwise, expr.type)


def _is_word(found: Value, word: str) -> bool:
    return isinstance(found.code, Atom) and found.code.text == word


def _under(f: Function, condition: ir.Expr, truth: bool, expr: ir.Expr) -> Value:
    before = f.known
    narrow(f, condition, truth)
    try:
        return value(f, expr)
    finally:
        f.known = before


def choice(then: Value, condition: Code, otherwise: Value, type_: Type) -> Value:
    """`then if condition else otherwise`."""
    code = Choice(
        at_least(then.code, Level.OR),
        at_least(condition, Level.OR),
        at_least(otherwise.code, Level.CONDITIONAL),
    )
    unknown = ANY in (then.static, otherwise.static)
    static = types.either((then.static, otherwise.static))
    literals = _either_literal(then, otherwise)
    return Value(code, type_ if unknown else static, static, literals, choices=(then, otherwise))


def narrow(f: Function, condition: ir.Expr, truth: bool) -> None:
    """Take into account that `condition` is `truth`: what a checker learns from it of a variable's
    being None."""
    if f.known is None:
        return
    match condition:
        case ir.Variable(name=variable) if truth:
            _not_none(f, variable)
        case ir.Not(operand=operand):
            narrow(f, operand, not truth)
        case ir.Logical(operator=operator, operands=operands) if (operator == "and") == truth:
            for operand in operands:
                narrow(f, operand, truth)
        case ir.Compare(operator="==" | "!=" as operator, left=left, right=right):
            if (operator == "!=") != truth:
                return
            variable, other = (left, right) if isinstance(left, ir.Variable) else (right, left)
            is_null = isinstance(other, ir.Const) and other.value is None
            if isinstance(variable, ir.Variable) and is_null:
                _not_none(f, variable.name)
        case _:
            pass


def _not_none(f: Function, variable: str) -> None:
    known = f.environment.get(variable)
    if f.known is None or known is None or not _nullable(known.static):
        return
    literals = None if known.literals is None else known.literals - {None}
    narrowed = Known(without_null(known.type), types.not_null(known.static), literals)
    f.known = {**f.known, variable: narrowed}


def _nullable(type_: Type) -> bool:
    return NULL in members(type_) and type_ != NULL


# --- parts of values -----------------------------------------------------------------------------


def _field(f: Function, expr: ir.Field) -> Value:
    level = _loop_level(expr.value)
    known = LOOP.field(expr.name)
    if level is not None and known is not None and expr.name != "parent":
        return plain(attribute(_loop(f, level).code, expr.name), known)
    parent = _loop_level(expr)
    if parent is not None:
        return _loop_state(f, ir.LoopState(LOOP, expr.span, parent))
    base = value(f, expr.value)
    if isinstance(expr.value, ir.Variable):
        found = _error_field(base, expr.name, expr.value.name == "error")
        if found is not None:
            return found
    return entry(f, expr, base, expr.name)


def _loop_level(expr: ir.Expr) -> int | None:
    """The level of `loop`, `loop.parent` and so on; None for anything else, and for the parent of
    the outermost loop, which is null."""
    match expr:
        case ir.LoopState(level=level):
            return level
        case ir.Field(value=inner, name="parent"):
            level = _loop_level(inner)
            return level - 1 if level is not None and level > 1 else None
        case _:
            return None


def _error_field(base: Value, field: str, lenient: bool) -> Value | None:
    """A field of an error. That of `error` itself is null while there is none (`lenient`)."""
    if base.static == NULL:
        return constant(None) if lenient else None
    known = ERROR.field(field)
    if known is None or without_null(base.static) != ERROR:
        return None
    read = plain(attribute(base.code, field), known)
    if base.static == ERROR:
        return read
    return choice(read, base.code, constant(None), known) if lenient else None


def entry(f: Function, expr: ir.Expr, base: Value, key: str) -> Value:
    """The entry of a map under a known key."""
    known = base.static != ANY
    match seen(base):
        case MapOf(element):
            return _subscripted(base, literal(key), expr, element if known else ANY)
        case Record() as record if record not in (LOOP, ERROR) and record.field(key) is not None:
            static = cast("Type", record.field(key)) if known else ANY
            return _subscripted(base, literal(key), expr, static)
        case _:
            return dynamic(f, expr, "values.field", base.code, literal(key))


def seen(found: Value) -> Type:
    """The type to go by: what a checker sees, or where that is anything, what is known."""
    return found.type if found.static == ANY else found.static


def _subscripted(base: Value, index: Code, expr: ir.Expr, static: Type) -> Value:
    type_ = expr.type if static == ANY else static
    return plain(subscript(base.code, index), type_, static)


def _index(f: Function, expr: ir.Index) -> Value:
    base, index = settled(f, value(f, expr.value)), value(f, expr.index)
    type_ = seen(base)
    static = ANY if base.static == ANY else types.element_of(base.static)
    if isinstance(expr.index, ir.Const) and isinstance(expr.index.value, str):
        if isinstance(type_, MapOf | Record) and type_ not in (LOOP, ERROR):
            return entry(f, expr, base, expr.index.value)
    elif (types.is_dict(type_) and types.is_text(seen(index))) or (
        seen(index) == INTEGER and (types.is_list(type_) or types.is_text(type_))
    ):
        return _subscripted(base, index.code, expr, static)
    return dynamic(f, expr, "values.index", base.code, index.code)


def _slice(f: Function, expr: ir.Slice) -> Value:
    base = settled(f, value(f, expr.value))
    lower = value(f, expr.lower) if expr.lower is not None else None
    upper = value(f, expr.upper) if expr.upper is not None else None
    ends = [end for end in (lower, upper) if end is not None]
    type_ = seen(base)
    plainly = not expr.guarded and (types.is_list(type_) or types.is_text(type_))
    if plainly and all(seen(end) == INTEGER for end in ends):
        bounds = SliceRange(lower and lower.code, upper and upper.code)
        found = STRING if types.is_text(type_) else type_
        return plain(subscript(base.code, bounds), found, ANY if base.static == ANY else found)
    nothing = name("None")
    return dynamic(
        f,
        expr,
        "values.slice_if_any" if expr.guarded else "values.slice_",
        base.code,
        lower.code if lower else nothing,
        upper.code if upper else nothing,
    )


def _dig(f: Function, expr: ir.Dig) -> Value:
    base = value(f, expr.base)
    return dynamic(f, expr, "values.dig", base.code, *(value(f, step).code for step in expr.path))


def _filter_call(f: Function, expr: ir.FilterCall) -> Value:
    receiver = value(f, expr.value)
    return filter_call(f, expr, receiver, [value(f, item) for item in expr.arguments])


_TRANSLATE: dict[type[ir.Expr], Callable[[Function, Any], Value]] = {
    ir.Const: _const,
    ir.Variable: _variable,
    ir.ComputedVariable: _computed_variable,
    ir.Parameter: _parameter,
    ir.LoopState: _loop_state,
    ir.RunValue: _run_value,
    ir.EnvValue: _env_value,
    ir.Template: _template,
    ir.ListValue: _list_value,
    ir.MapValue: _map_value,
    ir.Negate: _negate,
    ir.Not: _not,
    ir.Binary: _binary,
    ir.Compare: _compare,
    ir.Logical: _logical,
    ir.Conditional: _conditional,
    ir.Field: _field,
    ir.Index: _index,
    ir.Slice: _slice,
    ir.Dig: _dig,
    ir.FilterCall: _filter_call,
}

__all__ = ["Attribute", "choice", "constant", "list_of", "narrow", "value"]
