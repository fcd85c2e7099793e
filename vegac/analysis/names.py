"""Names that hide others, and names given twice."""

from vega_grammar.keys import BUILT_IN_NAMES, RUN_OPTIONS
from vegac.ir.build.program import ProgramContext
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings


def check_names(context: ProgramContext, findings: Findings) -> None:
    """`shadowed-name`, `shadowed-option`, `duplicate-step-name`."""
    for built in context.built.values():
        declared = {
            i.name: i.span for i in built.workflow.inputs if i.name != "input"
        } | built.saved
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
