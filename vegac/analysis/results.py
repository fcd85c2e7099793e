"""Results that are saved and never made, or never saved, and failures that are never caught."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.build.prescan import saved_names
from vegac.ir.build.program import ProgramContext
from vegac.ir.traverse import targets
from vegac.semantics.types import NULL
from vegac.source.findings import Findings
from vegac.syntax.document import Step, inner_blocks
from vegac.syntax.nodes import Scalar, Sequence

_WITHOUT_RESULT = "no step in it gives a result"


def check_results(context: ProgramContext, workflow: Contents, findings: Findings) -> None:
    """`nothing-to-save`, `unused-result` and `unset-error`."""
    for step in workflow.steps:
        _check_save(step, context, findings)
        _check_lost(step, findings)
    _check_error(workflow, findings)


def _check_save(step: Step, context: ProgramContext, findings: Findings) -> None:
    save = step.get("save")
    if not isinstance(save, Scalar):
        return
    if step.kind == "workflow":
        if not _gives_result(step, context):
            name = step.value.value if isinstance(step.value, Scalar) else ""
            reason = f"workflow '{name}' has neither an output nor a result"
            _report(save, reason, (), findings)
    elif step.kind in ("for", "repeat", "do") and "continue_on_error" not in step.fields:
        body = step.blocks.get("do" if step.kind == "do" else "steps", [])
        if body and not any(_gives_result(inner, context) for inner in body):
            _report(save, _WITHOUT_RESULT, tuple(saved_names(body)), findings)


def _report(save: Scalar, reason: str, meant: tuple[str, ...], findings: Findings) -> None:
    """Report a `save`; one of the names in `meant` is what it should have saved."""
    findings.report(
        "nothing-to-save",
        save.span,
        f"there is nothing to save in '{save.value}': {reason}",
        hint="save in the step that makes the value",
        suggestions=meant,
    )


def _check_lost(step: Step, findings: Findings) -> None:
    """Report a step that only gets a value, and gives it to nobody: it is no `result`."""
    if "save" in step.fields or "name" in step.fields:
        return
    if step.kind == "recall" and "key" in step.fields:
        message = "what this recalls is lost: nothing takes it"
        hint = "add `save: NAME`, or remove the step"
    elif step.kind == "ask" and _choices(step) > 1:
        message = "the answer is lost, so the run goes on whatever is chosen"
        hint = "add `save: NAME`, and say what follows from it"
    else:
        return
    findings.report("unused-result", step.key.span, message, hint=hint, subject="save")


def _choices(step: Step) -> int:
    """How many answers a question leaves the choice of. With a single one it only waits."""
    node = step.get("choices")
    return len(node.items) if isinstance(node, Sequence) else 0


def _gives_result(step: Step, context: ProgramContext) -> bool:
    match step.kind:
        case "send" | "parallel":
            return True
        case "workflow":
            name = step.value.value if isinstance(step.value, Scalar) else ""
            built = context.built.get(name)
            return built is None or built.workflow.result_type != NULL
        case "for" if "parallel" in step.fields:
            return True
        case _:
            return any(
                _gives_result(inner, context) for block in inner_blocks(step) for inner in block
            )


def _check_error(workflow: Contents, findings: Findings) -> None:
    """Report reading `error` in a workflow where nothing catches a failure."""
    read = [v for v in workflow.parts(ir.Variable) if v.name == "error" and v.type == NULL]
    if not read:
        return
    for statement in workflow.statements:
        for target in targets(statement):
            if isinstance(target, ir.Target) and target.name == "error":
                return
    findings.report(
        "unset-error",
        read[0].span,
        "`error` is always null here: no step of this workflow catches a failure",
        hint="read it in `catch`, or after a step with `continue_on_error: true`",
    )
