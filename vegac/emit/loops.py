"""Loops: Python's own `for` over plain values; through the run where the body has effects."""

from msgspec import Struct

from vegac.emit import annotations as types
from vegac.emit.assignment import assign, may_repeat, meet, placed, set_before
from vegac.emit.code import Code, Keyword, Placed, call, literal, method, name
from vegac.emit.expressions import value
from vegac.emit.function import Function, Known, Value, plain, settled
from vegac.emit.plan import assigned, is_wanted, loop_levels, loops_read_in, reads
from vegac.ir import nodes as ir
from vegac.ir.traverse import expressions, has_effects, may_fail, statements, walk
from vegac.semantics.types import ANY, INTEGER, LOOP, STRING, ListOf, Type


class Iteration(Struct, frozen=True):
    """What a loop goes through: the iterable, and the names that it sets with their locals and
    types: not a position, a key or a value that nothing reads."""

    iterable: Code
    names: tuple[str, ...]
    targets: tuple[str, ...]
    known: tuple[Known, ...]

    @property
    def pattern(self) -> str:
        return ", ".join(self.targets)

    @property
    def inner_pattern(self) -> str:
        return f"({self.pattern})" if len(self.targets) > 1 else self.pattern


def iteration(f: Function, step: ir.For | ir.ParallelFor, read: set[str]) -> Iteration:
    """How Python goes through the collection of a loop, of whose names `read` are read."""
    found = settled(f, value(f, step.collection))
    element = types.element_of(found.static)
    inner = types.element_of(found.type)
    native_list = types.is_list(found.static)
    native_dict = types.is_dict(found.static)
    pair = len(step.names) == 2
    items = Known(inner, element) if native_list or native_dict else Known(ANY, ANY)
    names = tuple(target.name for target in step.names)
    unread = [name_ not in read for name_ in names]
    match step.over:
        case "positions" if native_list and unread[0]:
            code, known, names = found.code, (items,), names[1:]
        case "positions" if native_list:
            code = call("enumerate", found.code)
            known = (Known(INTEGER, INTEGER), items)
        case "items" if native_dict and unread[1]:
            code, known, names = found.code, (Known(STRING, STRING),), names[:1]
        case "items" if native_dict and unread[0]:
            code, known, names = method(found.code, "values"), (items,), names[1:]
        case "items" if native_dict:
            code = method(found.code, "items")
            known = (Known(STRING, STRING), items)
        case _ if pair:
            code = call(f.runtime("values.pairs"), found.code)
            known = (Known(ANY, ANY), Known(ANY, ANY))
        case "list" if native_list:
            code, known = found.code, (items,)
        case "keys" if native_dict:
            code, known = found.code, (Known(STRING, STRING),)
        case _:
            code = call(f.runtime("values.iterate"), found.code)
            known = (Known(ANY, ANY),)
    if isinstance(step, ir.For) and not all(
        types.fits(one.static, f.declared.get(name_, ANY))
        for name_, one in zip(names, known, strict=True)
    ):
        code = call(f.typing("cast"), name(f.typing("Any")), code)
        known = tuple(Known(one.type, ANY) for one in known)
    targets = tuple(_target_name(f, name_, read) for name_ in names)
    return Iteration(Placed(code, step.collection.span), names, targets, known)


def _target_name(f: Function, variable: str, read: set[str]) -> str:
    """The local of a loop's name; it begins with an underscore where nothing reads it."""
    local = f.local(variable)
    return local if variable in read else f"_{local.lstrip('_')}"


# --- the loop's state ----------------------------------------------------------------------------


def loop_name(f: Function, level: int) -> str:
    """The local for the state of the loops at a level."""
    return f.temporary("loop" if level == 1 else f"loop_{level}")


def whole_states(body: ir.Block, late: ir.Expr | None) -> set[int]:
    """The levels of loops whose state is read as a whole, parents included."""
    found: set[int] = set()
    exprs = [expr for inner in statements(body) for expr in expressions(inner)]
    for expr in [*exprs, *([late] if late is not None else [])]:
        inside_field: set[int] = set()
        for part in walk(expr):
            match part:
                case ir.Field(value=ir.LoopState(level=level) as state, name=field):
                    if field != "parent" or level > 1:
                        inside_field.add(id(state))
                case _:
                    pass
            if isinstance(part, ir.LoopState) and id(part) not in inside_field:
                found.add(part.level)
    return found


def needs_state(f: Function, step: ir.For | ir.Repeat | ir.ParallelFor) -> bool:
    """Whether the state of a loop is read, in it or after it."""
    level = step.level
    if level in loops_read_in(step) or level in f.loops_after:
        return True
    used = loops_read_in(step)
    return any(whole > level for whole in whole_states(step.body, None)) or any(
        deeper > level and _reaches(step, deeper - level) for deeper in used
    )


def _reaches(step: ir.For | ir.Repeat | ir.ParallelFor, up: int) -> bool:
    """Whether some expression in the body goes `up` parents up from a loop's state."""
    for inner in statements(step.body):
        for expr in expressions(inner):
            for part in walk(expr):
                if _parents(part) >= up:
                    return True
    return False


def _parents(expr: ir.Expr) -> int:
    count = 0
    while isinstance(expr, ir.Field) and expr.name == "parent":
        count += 1
        expr = expr.value
    return count if isinstance(expr, ir.LoopState) else 0


def parent_argument(f: Function, step: ir.For | ir.Repeat | ir.ParallelFor) -> list[Code]:
    """`parent=...` where something reads the state as a whole."""
    parent = f.loops.get(step.level - 1)
    if parent is None or not whole_states(step.body, None):
        return []
    return [Keyword("parent", name(parent))]


def start_state(f: Function, level: int, expr: ir.Expr, code: Code) -> Code:
    """Before a loop whose state is read after it: the state of a loop that never ran.

    Returns the code of the expression that says what the loop goes through: evaluated before, where
    it reads the state of an earlier loop.
    """
    if level not in f.loops_after:
        return code
    if level in loop_levels(expr):
        local = f.names.taken.take("given")
        f.put(f"{local} = ", code, span=expr.span)
        code = name(local)
    f.start_loop_state(level)
    return code


class Inside:
    """The state of `f` inside a loop: the loop's own state is at hand."""

    def __init__(self, f: Function, level: int, local: str | None) -> None:
        self.f, self.level, self.local = f, level, local
        self.outer = f.loops.get(level)

    def __enter__(self) -> None:
        if self.local is not None:
            self.f.loops[self.level] = self.local

    def __exit__(self, *_: object) -> None:
        if self.level in self.f.loops_after:
            return
        if self.outer is None:
            self.f.loops.pop(self.level, None)
        else:
            self.f.loops[self.level] = self.outer


# --- sequential loops ----------------------------------------------------------------------------


def for_each(f: Function, step: ir.For) -> None:
    found = iteration(f, step, f.reads)
    collecting = _collecting(f, step)
    f.declare(*(target.name for target in step.names if target.name in f.reads))
    iterable = start_state(f, step.level, step.collection, found.iterable)
    state = loop_name(f, step.level) if needs_state(f, step) else None
    effects = has_effects(step.body)
    if state is not None:
        function = "run.loop" if effects else f.runtime("loops")
        site = [literal(step.site)] if effects else []
        iterable = call(function, *site, iterable, *parent_argument(f, step))
        pattern = f"{state}, {found.inner_pattern}"
    else:
        if effects:
            iterable = call("run.items", literal(step.site), iterable)
        pattern = found.pattern
    span = step.collection.span
    f.put(f"for {pattern} in ", iterable, ":", span)
    before = may_repeat(f, step.body)
    f.known = dict(before)
    for variable, known in zip(found.names, found.known, strict=True):
        f.set(variable, known)
    with Inside(f, step.level, state), f.indented():
        f.block(step.body)
        if collecting is not None and f.live and step.collected is not None:
            item = value(f, step.collected)
            code = f.coerced(item, collecting.element)
            f.put("", call(f"{collecting.local}.append", code), span=step.collected.span)
    f.known = meet([before, f.known])
    if collecting is not None:
        if collecting.variable is not None:
            f.set(collecting.variable, collecting.known)
        else:
            kept = plain(collecting.local, collecting.known.type, collecting.known.static)
            assign(f, step.targets, kept, None)


class _Collecting(Struct, frozen=True):
    """The list that takes each iteration's result; `variable` where it is the target itself."""

    local: str
    element: Type
    known: Known
    variable: str | None


def _collecting(f: Function, step: ir.For) -> _Collecting | None:
    if step.collected is None or not is_wanted(step.targets, f.reads):
        return None
    element = f.module.annotations.declared(step.collected.type)
    list_ = ListOf(element)
    variable = _own_list(f, step, list_)
    if variable is not None:
        f.declared[variable] = list_
        f.put(f"{f.local(variable)}{f.annotation(variable) or ''} = ", name("[]"))
        return _Collecting(f.local(variable), element, Known(list_, list_), variable)
    local = f.names.taken.take("collected")
    f.text(f"{local}: {f.module.annotations.text(list_)} = []")
    return _Collecting(local, element, Known(list_, list_), None)


def _own_list(f: Function, step: ir.For, list_: Type) -> str | None:
    """The target, if it may grow while the loop runs without anybody seeing it."""
    match [t for t in step.targets if isinstance(t, ir.ComputedTarget) or t.name in f.reads]:
        case [ir.Target(name=variable)]:
            pass
        case _:
            return None
    setters = assigned(f.body).get(variable, [])
    if f.in_try or len(setters) != 1 or variable in f.environment:
        return None
    if variable in f.declared and f.declared[variable] != list_:
        return None
    inside = reads(step.body, _read_by(step.collected))
    return None if variable in inside else variable


def _read_by(expr: ir.Expr | None) -> tuple[str, ...]:
    if expr is None:
        return ()
    return tuple(part.name for part in walk(expr) if isinstance(part, ir.Variable))


def repeat(f: Function, step: ir.Repeat) -> None:
    limit = value(f, step.limit)
    set_before(f, step.body, step)
    count = Placed(f.coerced(limit, INTEGER), step.limit.span)
    rounds = Keyword("limit", start_state(f, step.level, step.limit, count))
    state = loop_name(f, step.level) if needs_state(f, step) else None
    made = call("run.repeat", literal(step.site), rounds, *parent_argument(f, step))
    f.put(f"for {state or '_'} in ", made, ":", step.span)
    before = may_repeat(f, step.body)
    f.known = dict(before)
    with Inside(f, step.level, state), f.indented():
        f.block(step.body)
        if f.live and step.until is not None:
            span = step.until.span if may_fail(step.until) else None
            f.put("if ", placed(f, step.until), ":", span)
            with f.indented():
                f.text("break")
    if not f.live:
        # The body always ends the workflow, which a type checker cannot know.
        f.text('raise AssertionError("not reached")')
        return
    f.known = meet([before, f.known])
    if step.targets:
        assign(f, step.targets, _latest(f, step), None)


def _latest(f: Function, step: ir.Repeat) -> Value:
    return value(f, ir.Variable(f.workflow.variables.get("result", ANY), step.span, "result"))


__all__ = ["LOOP", "Iteration", "for_each", "iteration", "repeat"]
