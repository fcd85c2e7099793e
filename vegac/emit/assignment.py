"""Storing values in variables, and what is known of variables where paths meet."""

from vegac.emit import annotations as types
from vegac.emit.code import (
    Atom,
    Await,
    Call,
    Code,
    Level,
    Operation,
    Placed,
    call,
    flat,
    literal,
    name,
    subscript,
    unplaced,
)
from vegac.emit.expressions import value
from vegac.emit.function import Environment, Function, Known, Value, merged, plain
from vegac.emit.operators import without_parentheses
from vegac.emit.plan import assigned, reads
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    Enum,
    ListOf,
    MapOf,
    Type,
    join,
    members,
)
from vegac.source.span import Span


def placed(f: Function, expr: ir.Expr) -> Code:
    """An expression that keeps its place in the source, for a line of its own."""
    return Placed(value(f, expr).code, expr.span)


Produced = tuple[Value, Span | None]
"""The value of a statement that stores one, and the place to blame when storing it fails."""


# --- assignment ----------------------------------------------------------------------------------


def assign(f: Function, targets: tuple[ir.AnyTarget, ...], found: Value, span: Span | None) -> None:
    """Store a value in those of the targets that are ever read."""
    kept: dict[str, None] = {}
    computed: list[Code] = []
    for target in targets:
        if isinstance(target, ir.ComputedTarget):
            table = f.own_names or f.temporary("names")
            key = placed(f, target.name)
            computed.append(subscript(name(table), key))
        elif target.name in f.reads:
            kept[target.name] = None
    if not kept and not computed:
        discard(f, found, span)
        return
    _store(f, list(kept), computed, found, span)


def _store(
    f: Function, variables: list[str], computed: list[Code], found: Value, span: Span | None
) -> None:
    code = found.code
    for variable in variables:
        declared = f.declared.get(variable)
        if declared is not None:
            coerced = f.coerced(found, declared)
            if coerced is not found.code:
                code = coerced
                found = plain(coerced, found.type, ANY)
    annotation = ""
    if len(variables) == 1 and not computed:
        annotation = f.annotation(variables[0]) or ""
    else:
        f.declare(*variables)
    names = [f.local(variable) for variable in variables] + [flat(target) for target in computed]
    added = _added(names[0], found) if len(names) == 1 and not annotation else None
    if added is not None:
        operator, code = added
        f.put(f"{names[0]} {operator}= ", code, span=span)
    else:
        f.put(f"{' = '.join(names)}{annotation} = ", code, span=span)
    for variable in variables:
        f.set(variable, f.after_assignment(variable, found))


def _added(local: str, found: Value) -> tuple[str, Code] | None:
    """The operator and the right side, where `local = local + x` can be `local += x`."""
    match unplaced(found.code):
        case Operation(operands=(Atom(text=text), right), operators=(operator,)) as code if (
            text == local
            and code.own_level in (Level.SUM, Level.TERM)
            and (types.is_number(found.static) or types.is_text(found.static))
        ):
            return operator, without_parentheses(right)
        case _:
            return None


def discard(f: Function, found: Value, span: Span | None) -> None:
    """Evaluate a value for its effects and failures only."""
    bare = unplaced(found.code)
    if isinstance(bare, Await):
        f.put("", found.code, span=span)
    elif span is None:
        return
    elif isinstance(bare, Call):
        f.put("", found.code, span=span)
    else:
        f.put("_ = ", found.code, span=span)


def as_string(f: Function, expr: ir.Expr) -> Code:
    """A text argument: a message, a key, a question."""
    found = value(f, expr)
    if not types.is_text(found.static):
        found = plain(call(f.runtime("text"), found.code), STRING)
    return Placed(found.code, expr.span)


# --- paths ---------------------------------------------------------------------------------------


def meet(ends: list[Environment | None]) -> Environment | None:
    """What is known where several paths meet; paths that do not arrive do not count."""
    arriving = [end for end in ends if end is not None]
    if not arriving:
        return None
    found = arriving[0]
    for other in arriving[1:]:
        found = {
            variable: merged(known, other[variable])
            for variable, known in found.items()
            if variable in other
        }
    return found


def may_repeat(f: Function, body: ir.Block) -> Environment:
    """What is known where `body` may have run already, or may have failed half-way: variables that
    it sets hold either value."""
    setters = assigned(body)
    found: Environment = {}
    for variable, known in f.environment.items():
        statements = setters.get(variable)
        found[variable] = known if statements is None else _widened(f, variable, known, statements)
    return found


def _widened(f: Function, variable: str, known: Known, setters: list[ir.Statement]) -> Known:
    type_ = f.workflow.variables.get(variable, ANY)
    seen = f.declared.get(variable) or types.normal(type_, f.module.record_names)
    static = types.either((known.static, *(_set_type(setter) or seen for setter in setters)))
    literals = known.literals
    for statement in setters:
        constant = statement.value if isinstance(statement, ir.Assign) else None
        if (
            literals is None
            or not isinstance(constant, ir.Const)
            or isinstance(constant.value, float)
        ):
            literals = None
        else:
            literals = literals | {constant.value}
    return Known(join(known.type, type_), static, literals)


def _set_type(setter: ir.Statement) -> Type | None:
    """The type that a checker sees of what a statement stores, where that is plain."""
    match setter:
        case ir.Ask():
            return STRING
        case ir.Send(options=options) if "form" not in options:
            return STRING
        case ir.Assign(value=ir.Const(value=None)):
            return NULL
        case _:
            return None


def set_before(f: Function, body: ir.Block, statement: ir.Statement) -> None:
    """Give a first value to variables that `body` certainly sets and later steps read, where a type
    checker cannot know that it runs."""
    later = reads(f.body, f.read_at_end, but=statement)
    for variable in assigned(body):
        if variable in later and variable not in f.environment:
            _first_value(f, variable)


def _first_value(f: Function, variable: str) -> None:
    type_ = f.declared.get(variable) or types.normal(
        f.workflow.variables.get(variable, ANY), f.module.record_names
    )
    nothing = _nothing(type_)
    if variable not in f.declared and nothing is not None and nothing.static not in _UNDECLARED:
        f.declared[variable] = f.module.annotations.declared(type_)
    annotation = f.annotation(variable) or ""
    if nothing is None:
        code = call(f.typing("cast"), literal(f.module.annotations.text(type_)), name("None"))
        nothing = plain(code, type_)
    f.put(f"{f.local(variable)}{annotation} = ", nothing.code)
    f.set(variable, f.after_assignment(variable, nothing))


_UNDECLARED = (STRING, INTEGER, NUMBER, BOOLEAN)
_ZERO: dict[Type, str] = {INTEGER: "0", NUMBER: "0.0", BOOLEAN: "False"}


def _nothing(type_: Type) -> Value | None:
    """A value of the type that costs nothing, None if there is no literal of it."""
    for member in members(type_):
        match member:
            case ListOf():
                return plain("[]", member)
            case MapOf():
                return plain("{}", member)
            case Enum(values):
                return Value(literal(values[0]), member, member)
            case _ if member == STRING:
                return Value(literal(""), STRING, STRING, frozenset({""}))
            case _ if member in (ANY, NULL):
                return Value(name("None"), NULL, NULL, frozenset({None}))
            case _ if member in (INTEGER, NUMBER, BOOLEAN):
                return plain(_ZERO[member], member)
            case _:
                pass
    return None
