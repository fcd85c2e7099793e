"""Values that decide which file is used."""

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import walk
from vegac.semantics.types import STRING
from vegac.source.findings import Findings

_PATHS = {"FileReadTool": "path", "FileWriteTool": "path", "ExecTool": "cwd"}


def check_tool_paths(program: ir.Program, findings: Findings) -> None:
    """`path-from-input`: a tool's path that its caller chooses without a limit, within the
    sandbox."""
    for tool in program.tools:
        key = _PATHS.get(tool.construct.name, "")
        path = tool.construct.arguments.get(key)
        if isinstance(path, ir.Computed) and "allowed_paths" not in tool.construct.arguments:
            for part in walk(path.value):
                if isinstance(part, ir.Parameter):
                    findings.report(
                        "path-from-input",
                        part.span,
                        f"whoever calls this tool chooses the {_what(key)} freely in the sandbox",
                        hint=_limit(tool),
                    )
                    break


def check_attached(workflow: Contents, findings: Findings) -> None:
    """`path-from-input`: a file of the sandbox that a model chooses to be attached."""
    replies: set[str] | None = None
    for send in workflow.all(ir.Send):
        attached = send.options.get("attach")
        if not isinstance(attached, ir.Expr):
            continue
        if replies is None:
            replies = _replies(workflow)
        for part in walk(attached):
            if isinstance(part, ir.Variable) and part.name in replies:
                findings.report(
                    "path-from-input",
                    part.span,
                    "a model's reply chooses which file of the sandbox is attached",
                    hint="compare it with the names that you expect first",
                )


def _what(key: str) -> str:
    return "folder" if key == "cwd" else "file"


def _limit(tool: ir.Tool) -> str:
    if tool.construct.name == "ExecTool":
        return "write the folder in the program"
    return "`allowed_paths: [...]` limits it"


def _replies(workflow: Contents) -> set[str]:
    """The variables that a text reply is stored in."""
    return {
        target.name
        for send in workflow.all(ir.Send)
        if send.type == STRING
        for target in send.targets
        if isinstance(target, ir.Target)
    }
