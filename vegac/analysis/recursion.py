"""Workflows that call themselves or each other with nothing to stop them."""

from collections.abc import Iterator

from msgspec import Struct

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, statements
from vegac.source.findings import Findings
from vegac.source.suggest import round_trip


def check_recursion(workflows: list[Contents], findings: Findings) -> None:
    """`unbounded-recursion` and `workflow-cycle`: calls that every run reaches."""
    paths = _Paths(_failing(workflows))
    calls = {
        contents.workflow.name: paths.certain(contents.workflow.body)
        for contents in workflows
        if contents.all(ir.Call)
    }
    reported: set[str] = set()
    for name, certain in calls.items():
        for call in certain:
            if call.workflow == name and name not in reported:
                findings.report(
                    "unbounded-recursion",
                    call.span,
                    f"workflow '{name}' always calls itself",
                    hint="put an `if` before the call that ends it",
                )
                reported.add(name)
    graph = {
        name: [c.workflow for c in certain if c.workflow in calls]
        for name, certain in calls.items()
    }
    for path in _cycles(_without(graph, reported)):
        call = next(c for c in calls[path[-1]] if c.workflow == path[0])
        findings.report(
            "workflow-cycle",
            call.span,
            f"these workflows always call each other: {round_trip(path)}",
            hint="put an `if` before one of the calls",
        )


class _Paths(Struct, frozen=True):
    """Follows the steps of workflows; `failing` are those that a `fail` of their own may end."""

    failing: frozenset[str]

    def certain(self, block: ir.Block) -> list[ir.Call]:
        """The calls that a block makes unless a model, a tool or a limit fails before."""
        found: list[ir.Call] = []
        for statement in block:
            match statement:
                case ir.Call():
                    found.append(statement)
                case ir.If(then=then, certain=True):
                    found += self.certain(then)
                case ir.If():
                    others = {call.workflow for call in self.certain(statement.otherwise)}
                    found += [c for c in self.certain(statement.then) if c.workflow in others]
                case ir.For() | ir.ParallelFor():
                    if _never_empty(statement.collection):
                        found += self.certain(statement.body)
                case ir.Try():
                    found += self.certain(statement.body) + self.certain(statement.finally_)
                case ir.Parallel():
                    for branch in statement.branches:
                        found += self.certain(branch.body)
                case ir.Scope() | ir.Attempts() | ir.Repeat() | ir.OnTimeout():
                    found += self.certain(statement.body)
                case _:
                    pass
            if self._may_end(statement):
                break
        return found

    def ends(self, block: ir.Block) -> bool:
        """Whether a `return` or a `fail` keeps some path through a block from its end."""
        return any(map(self._may_end, block))

    def _may_end(self, statement: ir.Statement) -> bool:
        match statement:
            case ir.Return() | ir.Fail():
                return True
            case ir.Call():
                return statement.workflow in self.failing
            case ir.Try(body=body, handler=handler) if handler is not None:
                returned = any(isinstance(inner, ir.Return) for inner in statements(body))
                return returned or self.ends(handler) or self.ends(statement.finally_)
            case _:
                return any(map(self.ends, (*blocks(statement), *branches(statement))))


def _failing(workflows: list[Contents]) -> frozenset[str]:
    """The workflows in which there is a `fail`, or in one that they call."""
    found = {contents.workflow.name for contents in workflows if contents.all(ir.Fail)}
    while found:
        more = {
            contents.workflow.name
            for contents in workflows
            if not found.isdisjoint(contents.built.calls)
        }
        if more <= found:
            break
        found |= more
    return frozenset(found)


def _never_empty(collection: ir.Expr) -> bool:
    return isinstance(collection, ir.ListValue) and bool(collection.items)


def _cycles(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """Paths back to where they begin, without the last step; no two share a workflow."""
    waiting = [graph]
    while waiting:
        for component in _components(waiting.pop()):
            path = _way_back(component)
            yield path
            waiting.append(_without(component, set(path)))


def _without(graph: dict[str, list[str]], names: set[str]) -> dict[str, list[str]]:
    return {
        name: [callee for callee in callees if callee not in names]
        for name, callees in graph.items()
        if name not in names
    }


def _components(graph: dict[str, list[str]]) -> list[dict[str, list[str]]]:
    """The parts of a graph in which each of several workflows reaches each other one, by Tarjan's
    algorithm."""
    order = {name: at for at, name in enumerate(graph)}
    found: list[dict[str, list[str]]] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: dict[str, None] = {}
    for root in graph:
        if root in number:
            continue
        waiting = [(root, iter(graph[root]))]
        number[root] = lowest[root] = len(number)
        open_[root] = None
        while waiting:
            name, callees = waiting[-1]
            callee = next((c for c in callees if c not in number or c in open_), None)
            if callee is None:
                waiting.pop()
                if waiting:
                    caller = waiting[-1][0]
                    lowest[caller] = min(lowest[caller], lowest[name])
                if lowest[name] == number[name]:
                    members: set[str] = set()
                    while name not in members:
                        members.add(open_.popitem()[0])
                    if len(members) > 1:
                        ordered = sorted(members, key=order.__getitem__)
                        found.append(
                            {one: [c for c in graph[one] if c in members] for one in ordered}
                        )
            elif callee in number:
                lowest[name] = min(lowest[name], number[callee])
            else:
                number[callee] = lowest[callee] = len(number)
                open_[callee] = None
                waiting.append((callee, iter(graph[callee])))
    return found


def _way_back(component: dict[str, list[str]]) -> list[str]:
    """The shortest path from the first workflow of a component back to it."""
    start = next(iter(component))
    callers: dict[str, str] = {}
    names = [start]
    for name in names:
        for callee in component[name]:
            if callee == start:
                path = [name]
                while path[-1] != start:
                    path.append(callers[path[-1]])
                return path[::-1]
            if callee not in callers:
                callers[callee] = name
                names.append(callee)
    raise AssertionError("each workflow of a component reaches itself")
