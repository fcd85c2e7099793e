"""The function that a branch becomes: everything it reads is an argument."""

from collections.abc import Sequence

from msgspec import Struct

from vegac.emit.code import Annotated, Call, Code, TupleDisplay, name
from vegac.emit.document import Line
from vegac.emit.effect_bound import effect_bound
from vegac.emit.expressions import computed_names, value
from vegac.emit.function import Function, Known, Value, plain
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
from vegac.semantics.types import ANY, LOOP, MAP, Type, join


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
    g.block(body)
    saves, result, same = _results(g, plan)
    returned = _returned(g, plan, saves, result, same)
    returns = _return_type(f, saves, result, same, plan.computed)
    if g.known is not None and len(returned) == 1:
        g.put("return ", returned[0])
    elif g.known is not None and returned:
        g.put("return ", TupleDisplay(tuple(returned)))
    function = _take_name(f, wanted)
    bound_of_effects = effect_bound(body, f.module.program)
    f.module.add(_lines(g, function, signature, returns, bound_of_effects))
    return Made(
        function,
        tuple(arguments),
        tuple(_declared(f, known) for known in saves),
        None if result is None else _declared(f, Known(result.type, result.static)),
        same,
        plan.computed,
        returns,
    )


def _levels(body: ir.Block) -> set[int]:
    from vegac.ir.traverse import statements

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


def _results(g: Function, plan: BranchPlan) -> tuple[list[Known], Value | None, int | None]:
    """What is known of the saves at the end, the result, and which save it is."""
    saves = [
        g.environment.get(variable) or Known(g.workflow.variables.get(variable, ANY), ANY)
        for variable in plan.saves
    ]
    if plan.result is None:
        return saves, None, None
    same = None
    if isinstance(plan.result, ir.Variable) and plan.result.name in plan.saves:
        same = plan.saves.index(plan.result.name)
    if g.known is None:
        return saves, plain(name("None"), plan.result.type, ANY), same
    return saves, value(g, plan.result), same


def _returned(
    g: Function, plan: BranchPlan, saves: list[Known], result: Value | None, same: int | None
) -> list[Code]:
    del saves
    found: list[Code] = [name(g.local(variable)) for variable in plan.saves]
    if result is not None and same is None:
        found.append(result.code)
    if g.own_names is not None:
        found.append(name(g.own_names))
    return found


def _declared(f: Function, known: Known) -> Known:
    """A returned value as the caller sees it."""
    seen = known.type if known.static == ANY else known.static
    return Known(known.type, f.module.annotations.declared(seen))


def _return_type(
    f: Function, saves: list[Known], result: Value | None, same: int | None, computed: bool
) -> str:
    types = [_declared(f, known).static for known in saves]
    if result is not None and same is None:
        types.append(_declared(f, Known(result.type, result.static)).static)
    if computed:
        types.append(MAP)
    texts = [f.module.annotations.text(type_) for type_ in types]
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
