"""The function that a branch becomes: everything it reads is an argument."""

from collections.abc import Sequence

from msgspec import Struct

from vegac.emit.code import Annotated, Call, Code, TupleDisplay, name
from vegac.emit.document import Line
from vegac.emit.effect_bound import effect_bound
from vegac.emit.expressions import computed_names, value
from vegac.emit.function import Function, Known
from vegac.emit.layout import statement
from vegac.emit.loops import loop_name
from vegac.emit.names import identifier
from vegac.emit.plan import (
    BranchPlan,
    assigned,
    declarations,
    loops_read_after,
    reads,
    variables,
)
from vegac.ir import nodes as ir
from vegac.ir.traverse import statements
from vegac.semantics.types import ANY, LOOP, MAP, NULL, Type, join


class Made(Struct, frozen=True):
    """A branch's function: its name, the arguments of its call, and what it returns: the types of
    its saves, then of its result, then the computed names."""

    function: str
    arguments: tuple[Code, ...]
    saves: tuple[Known, ...]
    result: Known | None
    same_as_save: int | None
    """Which of the saves the result is, if it is one."""
    computed: bool
    returns: str
    """The annotation of what it returns."""

    @property
    def count(self) -> int:
        own = self.result is not None and self.same_as_save is None
        return len(self.saves) + own + self.computed


def branch_function(
    f: Function,
    wanted: str,
    plan: BranchPlan,
    body: ir.Block,
    bound: dict[str, Known],
    own_loop: int | None = None,
) -> Made:
    """Write the function of a branch of `f`. `bound` are the names that a parallel loop gives it,
    `own_loop` is that loop's level if its state is read."""
    at_end = {*plan.saves, *(variables(plan.result) if plan.result is not None else ())}
    read = reads(body, at_end)
    parameters = {
        variable: _parameter_type(f, variable, bound.get(variable), body)
        for variable in dict.fromkeys([*bound, *plan.needs.variables])
    }
    declared = declarations(f.workflow, body, read, f.module.annotations, parameters)
    g = Function(f.module, f.workflow, f.names, read, declared, f.write)
    g.body, g.read_at_end = body, tuple(at_end)
    g.loops_after = loops_read_after(body) & _levels(body)
    arguments: list[Code] = []
    signature: list[Code] = [Annotated("run", f.runtime("Run"))]
    for variable, type_ in parameters.items():
        local = f.local(variable)
        arguments.append(name(local))
        signature.append(Annotated(local, f.module.annotations.text(type_)))
        known = bound.get(variable) or f.environment.get(variable)
        g.mark_annotated(variable)
        g.set(variable, Known(known.type if known is not None else type_, type_))
    for level in [*([] if own_loop is None else [own_loop]), *plan.needs.loops]:
        local = loop_name(f, level)
        arguments.append(name(local))
        signature.append(Annotated(local, f.module.annotations.text(LOOP)))
        g.loops[level] = local
    if plan.needs.computed:
        g.outer_names = f.temporary("outer")
        arguments.append(computed_names(f))
        signature.append(Annotated(g.outer_names, f.module.annotations.text(MAP)))
    if plan.computed:
        g.own_names = f.temporary("names")
        g.text(f"{g.own_names}: {f.module.annotations.text(MAP)} = {{}}")
    place = len(f.module.parts)
    returned = _body(g, plan, body)
    returns = _annotation(f, returned)
    function = _take_name(f, wanted)
    bound_of_effects = effect_bound(body, f.module.program)
    lines = _lines(g, function, signature, returns, bound_of_effects)
    f.module.parts.insert(place, lines)
    same = _same_as_save(plan)
    result = None
    if plan.result is not None:
        result = returned[len(plan.saves) if same is None else same]
    saves = tuple(returned[: len(plan.saves)])
    return Made(function, tuple(arguments), saves, result, same, plan.computed, returns)


def _levels(body: ir.Block) -> set[int]:
    return {
        step.level
        for step in statements(body, into_branches=False)
        if isinstance(step, ir.For | ir.Repeat | ir.ParallelFor)
    }


def _parameter_type(f: Function, variable: str, bound: Known | None, body: ir.Block) -> Type:
    known = bound or f.environment.get(variable)
    if known is None:
        return f.module.annotations.declared(f.workflow.variables.get(variable, ANY))
    type_ = known.type if known.static == ANY else known.static
    if variable in assigned(body):
        type_ = join(type_, f.workflow.variables.get(variable, ANY))
    return f.module.annotations.declared(type_)


# --- what it returns -----------------------------------------------------------------------------


def _same_as_save(plan: BranchPlan) -> int | None:
    """Which of the saves the result is."""
    if isinstance(plan.result, ir.Variable) and plan.result.name in plan.saves:
        return plan.saves.index(plan.result.name)
    return None


def _body(g: Function, plan: BranchPlan, body: ir.Block) -> list[Known]:
    """Write the body and what it returns: the saves, the result and the computed names."""
    parts = [_variable(g, variable, body) for variable in plan.saves]
    if plan.result is not None and _same_as_save(plan) is None:
        parts.append(plan.result)
    if len(parts) == 1 and not plan.computed:
        (part,) = parts
        if isinstance(part, ir.Const) and part.value is None:
            g.block(body)
            return [Known(NULL, NULL)]
        g.block([*body, ir.Return(part.span, "", part)])
        found = g.returned
        known = Known(part.type, ANY) if found is None else Known(found.type, found.static)
        return [_declared(g, known)]
    g.block(body)
    if not g.live:
        return [_declared(g, Known(part.type, ANY)) for part in parts] + _names(plan)
    values = [value(g, part) for part in parts]
    codes = [found.code for found in values]
    if g.own_names is not None:
        codes.append(name(g.own_names))
    if len(codes) == 1:
        g.put("return ", codes[0])
    elif codes:
        g.put("return ", TupleDisplay(tuple(codes)))
    return [_declared(g, Known(found.type, found.static)) for found in values] + _names(plan)


def _variable(g: Function, variable: str, body: ir.Block) -> ir.Expr:
    span = body[0].span if body else g.workflow.span
    return ir.Variable(g.workflow.variables.get(variable, ANY), span, variable)


def _names(plan: BranchPlan) -> list[Known]:
    return [Known(MAP, MAP)] if plan.computed else []


def _declared(f: Function, known: Known) -> Known:
    """A returned value as the caller sees it."""
    seen = known.type if known.static == ANY else known.static
    return Known(known.type, f.module.annotations.declared(seen))


def _annotation(f: Function, returned: list[Known]) -> str:
    texts = [f.module.annotations.text(known.static) for known in returned]
    if not texts:
        return "None"
    return texts[0] if len(texts) == 1 else f"tuple[{', '.join(texts)}]"


def _take_name(f: Function, wanted: str) -> str:
    workflow = f.module.workflows[f.workflow.name].function
    stem = f"_{workflow}_{identifier(wanted, 'branch').strip('_').lower() or 'branch'}"
    found = f.module.names.take(stem)
    while found in f.names.taken:
        found = f.module.names.take(stem)
    f.names.taken.reserve([found])
    return found


def _lines(
    g: Function, function: str, signature: Sequence[Code], returns: str, effects: int | None
) -> list[Line]:
    decorator = f"@{g.runtime('branch')}(effects={effects})"
    header = statement("async def ", Call(name(function), tuple(signature)), f" -> {returns}:", 0)
    body = g.lines or [Line("    pass")]
    return [Line(decorator), *header, *body]
