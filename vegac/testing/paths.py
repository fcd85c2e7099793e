"""Paths that tests name."""

from pathlib import PurePosixPath, PureWindowsPath

from vegac.source.findings import Findings
from vegac.syntax.nodes import Scalar


def inside(findings: Findings, name: Scalar) -> bool:
    """Whether a path stays inside the sandbox; one that does not is reported."""
    path = PurePosixPath(name.value)
    if (
        name.value.strip("/. ")
        and "\0" not in name.value
        and ".." not in path.parts
        and not path.is_absolute()
        and not PureWindowsPath(name.value).drive
        and not name.value.endswith("/")
    ):
        return True
    findings.report(
        "unknown-value",
        name.span,
        f"'{name.value}' is no file inside the sandbox",
        hint="write a relative path such as out/a.txt",
    )
    return False
