"""Names that hide others, and names given twice."""

from vega_grammar.keys import BUILT_IN_NAMES, RUN_OPTIONS
from vegac.ir import nodes as ir
from vegac.ir.build.workflow import Built
from vegac.ir.traverse import expressions, results, statements, walk
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings

Loop = ir.For | ir.ParallelFor


def check_names(built: Built, findings: Findings) -> None:
    """`shadowed-name`, `shadowed-option`, `duplicate-step-name`, in a workflow."""
    _loops(built.workflow, findings)
    declared = {i.name: i.span for i in built.workflow.inputs if i.name != "input"} | built.saved
    for name, span in declared.items():
        if name in BUILT_IN_NAMES:
            findings.report(
                "shadowed-name",
                span,
                f"'{name}' hides the built-in `{name}` in the whole workflow",
                hint="choose another name",
                subject=name,
            )
    for declared_input in built.workflow.inputs:
        name = declared_input.name
        if name in RUN_OPTIONS:
            findings.report(
                "shadowed-option",
                declared_input.span,
                f"`vegac run` has an option --{name.replace('_', '-')} of its own",
                hint=f"give this input with `--input {name}=VALUE`",
                subject=name,
            )
    for name, first, second in built.repeated:
        findings.report(
            "duplicate-step-name",
            second,
            f"another step of this workflow is named '{name}'",
            hint="rename one: `steps.NAME.output` means one step",
            labels=(Label(first, "first named here"),),
            subject=name,
        )


def _loops(workflow: ir.Workflow, findings: Findings) -> None:
    """Report loops that take the variable of a loop around them, which is read after them."""
    for outer in statements(workflow.body):
        if not isinstance(outer, Loop):
            continue
        names = {target.name: target for target in outer.names}
        for index, statement in enumerate(outer.body):
            for inner in statements([statement]):
                for target in inner.names if isinstance(inner, Loop) else ():
                    around = names.get(target.name)
                    if around is not None and _reads(outer.body[index + 1 :], target.name):
                        findings.report(
                            "shadowed-name",
                            target.span,
                            f"'{target.name}' is the variable of a loop around this one, and is "
                            "read after it",
                            hint="choose another name",
                            labels=(Label(around.span, "the other loop's variable"),),
                            subject=target.name,
                        )


def _reads(block: ir.Block, name: str) -> bool:
    return any(
        isinstance(part, ir.Variable) and part.name == name
        for statement in statements(block)
        for expression in (*expressions(statement), *results(statement))
        for part in walk(expression)
    )
