"""Programs as data, compiled and loaded."""

import itertools
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from vegac.ir.verify import verify
from vegac.loader import load
from vegac.workspace import Report, Workspace

_NUMBERS = itertools.count()


class Refused(Exception):
    """The program has errors."""

    def __init__(self, report: Report) -> None:
        super().__init__([finding.code for finding in report.diagnostics])
        self.report = report


def source(program: dict[str, Any]) -> str:
    """A program as a file says it: JSON is YAML."""
    return json.dumps(program, ensure_ascii=False, indent=1)


def compiled(text: str) -> tuple[str, ModuleType]:
    """The Python of a program, and the module that it makes. Raises `Refused`."""
    folder = Path(__file__).parent
    workspace = Workspace(folder)
    found = workspace.compile_tree(workspace.read_text("program.vega.yaml", text), folder)
    if found.module is None:
        raise Refused(found.report)
    assert found.program is not None
    assert verify(found.program) == []
    return found.module.text, load(found.module, "vega_property_program")
