"""Workflows that call themselves or each other with nothing to stop them."""

from msgspec import Struct

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import blocks, branches, statements
from vegac.source.findings import Findings


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
    for name in calls:
        path = _cycle(name, calls)
        if path and not reported & set(path):
            reported.update(path)
            call = next(c for c in calls[path[-1]] if c.workflow == name)
            findings.report(
                "workflow-cycle",
                call.span,
                "these workflows always call each other: " + " -> ".join([*path, name]),
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


def _cycle(name: str, calls: dict[str, list[ir.Call]]) -> list[str]:
    """A path of certain calls from `name` back to it, without the last step; else empty."""
    paths = [[name]]
    seen = {name}
    while paths:
        path = paths.pop(0)
        for call in calls.get(path[-1], []):
            if call.workflow == name and len(path) > 1:
                return path
            if call.workflow not in seen:
                seen.add(call.workflow)
                paths.append([*path, call.workflow])
    return []
