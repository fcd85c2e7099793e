"""Retries that never try again."""

from vegac.analysis.contents import Contents
from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence


def check_step_retries(contents: Contents, findings: Findings) -> None:
    """`single-attempt`, in a workflow."""
    for step in contents.steps:
        if "retry" not in step.fields:
            continue
        node = step.get("retry")
        _attempts(node, findings)
        _kinds(node, findings)
        if isinstance(node, Mapping):
            _attempts(node.get("max_attempts"), findings)


def check_retries(context: ProgramContext, findings: Findings) -> None:
    """`single-attempt`: a retry that is configured, and allows one attempt or no kind of failure.

    `max_attempts: 1` alone is how an agent does without the retry of `settings`.
    """
    declarations = context.declarations
    owners = [declaration.node for declaration in declarations.agents.values()]
    if declarations.settings is not None:
        owners.append(declarations.settings.node)
    for owner in owners:
        node = owner.get("retry") if isinstance(owner, Mapping) else None
        _kinds(node, findings)
        if isinstance(node, Mapping) and len(node.entries) > 1:
            _attempts(node.get("max_attempts"), findings)
    for declaration in declarations.tools.values():
        tool = declaration.node
        kind = tool.get("implementation") if isinstance(tool, Mapping) else None
        node = kind.get("retry") if isinstance(kind, Mapping) else None
        if isinstance(node, Mapping) and len(node.entries) > 1:
            _attempts(node.get("attempts"), findings)


def _attempts(node: Node | None, findings: Findings) -> None:
    if isinstance(node, Scalar) and node.value == "1":
        findings.report(
            "single-attempt",
            node.span,
            "the number of attempts counts the first one, so nothing is tried again",
            hint="write 2 for one more attempt, or remove the retry",
        )


def _kinds(node: Node | None, findings: Findings) -> None:
    kinds = node.get("retry_on") if isinstance(node, Mapping) else None
    if isinstance(kinds, Sequence) and not kinds.items:
        findings.report(
            "single-attempt",
            kinds.span,
            "no kind of failure is listed, so nothing is tried again",
            hint="remove `retry_on` for all kinds that a retry may cure",
        )
