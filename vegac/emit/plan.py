"""What is decided about a function before its body is written: what it reads and declares."""

from collections.abc import Iterable

from msgspec import Struct

from vegac.emit.annotations import Annotations
from vegac.ir import nodes as ir
from vegac.ir.free_variables import Needs, ends, needs
from vegac.ir.traverse import blocks, expressions, may_fail, statements, targets, walk
from vegac.semantics.types import (
    ANY,
    LIST,
    NEVER,
    NULL,
    STRING,
    ListOf,
    MapOf,
    Record,
    Type,
    join,
    members,
    optional,
)

_SIMPLE = ("string", "integer", "number", "boolean")


class BranchPlan(Struct, frozen=True):
    """What a branch takes and gives back."""

    needs: Needs
    saves: tuple[str, ...]
    result: ir.Expr | None
    computed: bool
    """Whether it sets computed names."""


def variables(expr: ir.Expr) -> set[str]:
    """The variables that an expression reads."""
    return {part.name for part in walk(expr) if isinstance(part, ir.Variable)}


def assigned(body: ir.Block) -> dict[str, list[ir.Statement]]:
    """The variables that a function sets, with the statements that set them."""
    found: dict[str, list[ir.Statement]] = {}
    for statement in statements(body, into_branches=False):
        for target in targets(statement):
            if isinstance(target, ir.Target):
                found.setdefault(target.name, []).append(statement)
    return found


def reads(body: ir.Block, at_end: Iterable[str] = (), but: ir.Statement | None = None) -> set[str]:
    """The variables that a function reads, those that it hands to branches included.

    `at_end` are read after the body; the statement `but` is left out.
    """
    found = set(at_end)
    while True:
        before = len(found)
        _collect(body, found, but)
        if len(found) == before:
            return found


def _collect(body: ir.Block, found: set[str], but: ir.Statement | None) -> None:
    for statement in body:
        if statement is but or is_dead(statement, found):
            continue
        for expr in expressions(statement):
            found |= variables(expr)
        for branch in branch_plans(statement, found):
            found.update(branch.needs.variables)
        for inner in blocks(statement):
            _collect(inner, found, but)
        if ends([statement]):
            return


def is_dead(statement: ir.Statement, read: set[str]) -> bool:
    """Whether nothing remains of an assignment, as far as is known of what is read."""
    return (
        isinstance(statement, ir.Assign)
        and not is_wanted(statement.targets, read)
        and not may_fail(statement.value)
    )


def branch_plans(statement: ir.Statement, read: set[str]) -> list[BranchPlan]:
    """How each branch of a statement is called, given what the function around it reads."""
    match statement:
        case ir.Parallel(branches=branches):
            wanted = is_wanted(statement.targets, read)
            return [_branch(branch, read, wanted) for branch in branches]
        case ir.ParallelFor(names=names, level=level, body=body):
            result = statement.result if is_wanted(statement.targets, read) else None
            bound = tuple(target.name for target in names)
            return [
                BranchPlan(
                    needs(body, bound, (level,), result=result), (), result, sets_computed(body)
                )
            ]
        case _:
            return []


def _branch(branch: ir.Branch, read: set[str], wanted: bool) -> BranchPlan:
    saves = tuple(target.name for target in branch.saves if target.name in read)
    result = branch.result if wanted else None
    found = needs(branch.body, at_end=saves, result=result)
    return BranchPlan(found, saves, result, sets_computed(branch.body))


def is_wanted(found: tuple[ir.AnyTarget, ...], read: set[str]) -> bool:
    """Whether what is stored in the targets is ever read."""
    return any(isinstance(target, ir.ComputedTarget) or target.name in read for target in found)


def sets_computed(body: ir.Block) -> bool:
    """Whether a block, its branches included, sets a variable with a computed name."""
    return any(
        isinstance(target, ir.ComputedTarget)
        for statement in statements(body)
        for target in targets(statement)
    )


# --- loops ---------------------------------------------------------------------------------------


def loops_read_after(body: ir.Block) -> set[int]:
    """The levels of the loops of a function whose state is read outside them."""
    found: set[int] = set()
    _loops_outside(body, set(), found)
    return found


def _loops_outside(body: ir.Block, inside: set[int], found: set[int]) -> None:
    for statement in body:
        within = inside
        own = expressions(statement)
        if isinstance(statement, ir.For | ir.Repeat):
            within = inside | {statement.level}
            late = statement.until if isinstance(statement, ir.Repeat) else statement.collected
            own = [expr for expr in own if expr is not late]
            if late is not None:
                found |= loop_levels(late) - within
        for expr in own:
            found |= loop_levels(expr) - inside
        for branch in branch_plans(statement, set()):
            found |= set(branch.needs.loops) - inside
        for inner in blocks(statement):
            _loops_outside(inner, within, found)


def loop_levels(expr: ir.Expr) -> set[int]:
    """The loops whose state an expression reads, those reached through `parent` included."""
    found: set[int] = set()
    for part in walk(expr):
        if isinstance(part, ir.LoopState):
            found.add(part.level)
    return found


def loops_read_in(statement: ir.For | ir.Repeat | ir.ParallelFor) -> set[int]:
    """The loops whose state the body of a loop reads, its nested loops and branches included."""
    found: set[int] = set()
    match statement:
        case ir.For(collected=late) | ir.Repeat(until=late) | ir.ParallelFor(result=late):
            pass
    if late is not None:
        found |= loop_levels(late)
    for inner in statements(statement.body):
        for expr in _all_expressions(inner):
            found |= loop_levels(expr)
    return found


def _all_expressions(statement: ir.Statement) -> list[ir.Expr]:
    found = expressions(statement)
    match statement:
        case ir.Parallel(branches=branches):
            found += [branch.result for branch in branches if branch.result is not None]
        case ir.ParallelFor(result=ir.Expr() as result):
            found.append(result)
        case _:
            pass
    return found


# --- declarations --------------------------------------------------------------------------------


def declarations(
    workflow: ir.Workflow,
    body: ir.Block,
    read: set[str],
    annotations: Annotations,
    parameters: dict[str, Type],
    null_first: Iterable[str] = (),
) -> dict[str, Type]:
    """The declared types of a function's variables: of those where a checker, left to itself, would
    find another type than the one they have over the whole workflow."""
    first_null = set(null_first)
    found: dict[str, Type] = dict(parameters)
    for variable, setters in assigned(body).items():
        if variable in parameters or (variable not in read and variable not in first_null):
            continue
        type_ = _stored_here(setters) or workflow.variables.get(variable, ANY)
        if variable in first_null:
            type_ = optional(type_)
        if variable in first_null or _needs_declaration(type_, setters):
            found[variable] = annotations.declared(_shaped(type_, setters))
    for variable in first_null:
        if variable not in found:
            found[variable] = annotations.declared(optional(workflow.variables.get(variable, ANY)))
    return found


def _stored_here(setters: list[ir.Statement]) -> Type | None:
    """The type of all that a function stores in a variable, where it is plain: over the whole
    workflow the variable may hold more."""
    found: Type = NEVER
    for setter in setters:
        match setter:
            case ir.Send(type=type_, options=options) if "form" not in options:
                found = join(found, type_)
            case ir.Ask():
                found = join(found, STRING)
            case ir.Assign(value=ir.Const(type=type_)):
                found = join(found, type_)
            case _:
                return None
    return found


def _needs_declaration(type_: Type, setters: list[ir.Statement]) -> bool:
    values = [_set_value(statement) for statement in setters]
    displays = [value for value in values if isinstance(value, ir.ListValue | ir.MapValue)]
    if displays:
        return len(setters) > 1 or any(map(_is_vague, displays))
    if len(setters) == 1:
        if all(str(member) in _SIMPLE for member in members(type_)):
            return False
        return isinstance(values[0], ir.Conditional | ir.Logical) or _joins_display(values[0])
    return len(members(type_)) > 1 or not isinstance(type_, type(STRING)) or type_ == ANY


def _joins_display(value: ir.Expr | None) -> bool:
    """Whether a list is made by adding a display, whose elements may be of another type."""
    match value:
        case ir.Binary(left=left, right=right):
            return _joins_display(left) or _joins_display(right)
        case _:
            return isinstance(value, ir.ListValue)


def _is_vague(value: ir.Expr) -> bool:
    """Whether a display says too little about its elements, or too much about its entries."""
    match value:
        case ir.ListValue(items=items):
            return not items or any(map(_is_vague, items))
        case ir.MapValue():
            return True
        case _:
            return False


def _set_value(statement: ir.Statement) -> ir.Expr | None:
    return statement.value if isinstance(statement, ir.Assign) else None


def _shaped(type_: Type, setters: list[ir.Statement]) -> Type:
    """`any` that is always a list or a map is declared as one: `[]` alone says nothing."""
    if type_ != ANY:
        return type_
    values = [_set_value(statement) for statement in setters]
    if values and all(value is not None and isinstance(value.type, ListOf) for value in values):
        return LIST
    if values and all(
        value is not None and isinstance(value.type, MapOf | Record) for value in values
    ):
        return MapOf(ANY)
    return type_


def widened(workflow: ir.Workflow, variable: str, known: Type) -> Type:
    """A type that holds whatever a variable may be set to, `known` included."""
    return join(known, workflow.variables.get(variable, ANY))


__all__ = ["NULL", "BranchPlan", "branch_plans", "declarations", "is_wanted", "reads"]
