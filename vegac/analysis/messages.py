"""Messages that a model refuses: without text, with files that it cannot read."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.semantics.types import NULL
from vegac.source.findings import Findings

ATTACHABLE = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")


def check_messages(workflow: Contents, findings: Findings) -> None:
    """`empty-message` and `unsupported-attachment`."""
    for send in workflow.all(ir.Send):
        if "attach" in send.options:
            _attached(send.options["attach"], findings)
        else:
            _empty(send.message, findings)


def _empty(message: ir.Expr, findings: Findings) -> None:
    match message:
        case ir.Const(value=str() as text) if not text.strip():
            reason = "it has no text"
        case ir.Template(parts=(ir.Expr() as part,)) if part.type == NULL and not _is_error(part):
            reason = "its only value is always null"
        case _:
            return
    findings.report(
        "empty-message",
        message.span,
        f"this message is always empty: {reason}",
        hint="say what the agent is to do; models refuse a message without text",
    )


def _is_error(part: ir.Expr) -> bool:
    """Whether it is `error`, whose reading has a finding of its own where it is always null."""
    while isinstance(part, ir.Field):
        part = part.value
    return isinstance(part, ir.Variable) and part.name == "error"


def _attached(value: object, findings: Findings) -> None:
    for item in value.items if isinstance(value, ir.ListValue) else ():
        match item:
            case ir.Const(value=str() as name):
                pass
            case ir.Template(parts=(*_, str() as name)):
                pass
            case _:
                continue
        _, dot, ending = name.rpartition("/")[2].rpartition(".")
        suffix = f".{ending.lower()}" if dot else ""
        if suffix in ATTACHABLE or (not dot and isinstance(item, ir.Template)):
            continue
        what = f"a file that ends in '{suffix}'" if suffix else f"'{name}'"
        findings.report(
            "unsupported-attachment",
            item.span,
            f"{what} cannot be attached: images and PDFs can",
            hint="put the file's text into the message, or convert it; "
            f"what can be attached ends in {', '.join(ATTACHABLE)}",
        )
