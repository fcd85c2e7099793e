"""Branches of parallel steps: functions of their own, with all that they read as arguments."""

from msgspec import Struct, structs

from vegac.emit.assignment import Produced, assign, placed
from vegac.emit.branch_functions import Made, branch_function
from vegac.emit.code import (
    Code,
    Keyword,
    ListComprehension,
    attribute,
    call,
    literal,
    name,
    subscript,
)
from vegac.emit.expressions import list_of, value
from vegac.emit.function import Function, Value, plain, value_fits
from vegac.emit.loops import (
    Iteration,
    iteration,
    loop_name,
    needs_state,
    parent_argument,
    start_state,
)
from vegac.emit.names import Names, identifier
from vegac.emit.plan import BranchPlan, branch_plans, reads, variables
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, INTEGER

# --- parallel steps ------------------------------------------------------------------------------


class _Started(Struct, frozen=True):
    """A branch with the local that holds its handle."""

    branch: ir.Branch
    plan: BranchPlan
    function: Made
    handle: str

    def part(self, index: int) -> Code:
        """One of the values that the branch returned."""
        whole = attribute(name(self.handle), "value")
        return whole if self.function.count == 1 else subscript(whole, name(str(index)))


def parallel(f: Function, step: ir.Parallel) -> Produced:
    """Run the branches and take what they save; the value is the list of their results."""
    plans = branch_plans(step, f.reads)
    started = [
        _Started(branch, plan, branch_function(f, branch.name, plan, branch.body, {}), handle)
        for branch, plan, handle in zip(step.branches, plans, _handles(f, step), strict=True)
    ]
    if started:
        _start_all(f, step, started)
    for one in started:
        _take_saves(f, one)
    for one in started:
        if one.function.computed:
            table = one.part(one.function.count - 1)
            f.put("", call(f"{f.own_names}.update", table))
    results = [
        plain(_result(one), one.function.result.type, one.function.result.static)
        for one in started
        if one.function.result is not None
    ]
    return list_of(tuple(results)), None


def _handles(f: Function, step: ir.Parallel) -> list[str]:
    """A local for each branch, apart from each other."""
    own = Names(())
    return [f.temporary(own.take(f"{_label(branch.name)}_branch")) for branch in step.branches]


def _label(branch: str) -> str:
    return identifier(branch, "other").strip("_").lower() or "other"


def _start_all(f: Function, step: ir.Parallel, started: list[_Started]) -> None:
    group = f.temporary("group")
    f.put("async with ", _group(f, step, step.limit), f" as {group}:", step.span)
    with f.indented():
        for one in started:
            function = one.function
            code = call(
                f"{group}.start",
                literal(one.branch.name),
                name(function.function),
                *function.arguments,
            )
            f.put(f"{one.handle} = " if function.count else "", code)


def _group(f: Function, step: ir.Parallel | ir.ParallelFor, limit: ir.Expr | None) -> Code:
    arguments: list[Code] = [literal(step.site)]
    if limit is not None:
        found = value(f, limit)
        code = placed(f, limit)
        if found.static not in (INTEGER, ANY):
            code = call(f.runtime("values.integer"), code)
        arguments.append(Keyword("limit", code))
    return call("run.group", *arguments)


def _take_saves(f: Function, one: _Started) -> None:
    """Store what a branch saved in the variables of the function around it."""
    plan, function = one.plan, one.function
    if 1 < function.count == len(plan.saves) and _unpacks(f, plan, function):
        f.declare(*plan.saves)
        locals_ = ", ".join(map(f.local, plan.saves))
        f.put(f"{locals_} = ", attribute(name(one.handle), "value"))
        for variable, known in zip(plan.saves, function.saves, strict=True):
            f.set(variable, f.after_assignment(variable, plain("", known.type, known.static)))
        return
    for index, (variable, known) in enumerate(zip(plan.saves, function.saves, strict=True)):
        target = ir.Target(variable, one.branch.saves[0].span)
        part = plain(one.part(index), known.type, known.static)
        assign(f, (target,), part, None)


def _unpacks(f: Function, plan: BranchPlan, function: Made) -> bool:
    """Whether a checker takes all that a branch returned for its variables."""
    return all(
        value_fits(plain("", known.type, known.static), f.declared.get(variable, ANY))
        for variable, known in zip(plan.saves, function.saves, strict=True)
    )


def _result(one: _Started) -> Code:
    index = one.function.same_as_save
    return one.part(len(one.function.saves) if index is None else index)


# --- parallel loops ------------------------------------------------------------------------------


def parallel_for(f: Function, step: ir.ParallelFor) -> Produced:
    """Run the iterations at once; the value is the list of their results."""
    (plan,) = branch_plans(step, f.reads)
    inside = reads(step.body, variables(plan.result) if plan.result is not None else ())
    found = iteration(f, step, inside)
    bound = {
        variable: known
        for variable, known in zip(found.names, found.known, strict=True)
        if variable in inside
    }
    state = loop_name(f, step.level) if needs_state(f, step) else None
    outer = f.loops.get(step.level)
    if state is not None:
        f.loops[step.level] = state
    label = "each" if not step.names else step.names[0].name
    own_loop = step.level if state is not None else None
    made = branch_function(f, f"each_{label}", plan, step.body, bound, own_loop)
    group = f.temporary("group")
    f.put("async with ", _group(f, step, step.limit), f" as {group}:", step.span)
    with f.indented():
        iterable = start_state(f, step.level, step.collection, found.iterable)
        found = structs.replace(found, iterable=iterable)
        keep = made.count > 0
        branches = f.names.taken.take("branches") if keep else ""
        pattern, iterable, index = _each(f, step, found, state)
        started = call(f"{group}.start", name(index), name(made.function), *made.arguments)
        after = state is not None and step.level in f.loops_after
        if keep and not after:
            code = ListComprehension(started, pattern, iterable)
            f.put(f"{branches} = ", code, span=step.span)
        else:
            if keep:
                f.text(f"{branches}: list[{_branch_type(f, made)}] = []")
            f.put(f"for {pattern} in ", iterable, ":", step.span)
            with f.indented():
                if keep:
                    f.put("", call(f"{branches}.append", started))
                else:
                    f.put("", started)
    if outer is None and step.level not in f.loops_after:
        f.loops.pop(step.level, None)
    elif outer is not None:
        f.loops[step.level] = outer
    return _collect(f, made, branches), None


def _each(
    f: Function, step: ir.ParallelFor, found: Iteration, state: str | None
) -> tuple[str, Code, str]:
    """The names of the loop, what it goes through, and the number of each round."""
    if state is not None:
        iterable = call(f.runtime("loops"), found.iterable, *parent_argument(f, step))
        return f"{state}, {found.inner_pattern}", iterable, f"{state}.index"
    index = f.temporary("index")
    if step.over == "positions" and not found.targets[0].startswith("_") and len(found.names) > 1:
        return found.pattern, found.iterable, found.targets[0]
    return f"{index}, {found.inner_pattern}", call("enumerate", found.iterable), index


def _branch_type(f: Function, made: Made) -> str:
    return f"{f.runtime('Branch')}[{made.returns}]"


def _collect(f: Function, made: Made, branches: str) -> Value:
    done = f.temporary("done")
    each = attribute(name(done), "value")
    if made.computed:
        f.text(f"for {done} in {branches}:")
        with f.indented():
            part = each if made.count == 1 else subscript(each, name(str(made.count - 1)))
            f.put("", call(f"{f.own_names}.update", part))
    if made.result is None:
        return list_of(())
    part = each if made.count == 1 else subscript(each, name("0"))
    found = list_of((plain(part, made.result.type, made.result.static),))
    return Value(ListComprehension(part, done, name(branches)), found.type, found.static)
