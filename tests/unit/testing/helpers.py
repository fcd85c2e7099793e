"""Tests as text, read and run."""

from pathlib import Path
from tempfile import TemporaryDirectory

from vegac.source.render.canvas import Style
from vegac.testing.cases import TestFile
from vegac.testing.reading import read_tests
from vegac.testing.results import Result
from vegac.testing.running import Runner
from vegac.workspace import Workspace

TEAM = """\
program: |
  agents:
    Coder: {model: claude-haiku-4-5, system: c, tools: [write_file]}
    Critic: {model: scripted, system: r}
  workflows:
    review:
      inputs: {task: string}
      steps:
        - Coder writes:
            send: "Write: <<task>>"
            save: code
        - Critic: "Review: <<code>>"
          save: verdict
      output: {code: <<code>>, verdict: <<verdict>>}
    pure:
      inputs: {x: any}
      steps: [{set: {double: "<<x + x>>"}}]
      output: <<double>>
tests:
"""
"""The beginning of a test file: a program with two workflows."""


def read(text: str, name: str = "a.vega.test.yaml", folder: Path | None = None) -> TestFile:
    """The tests of a file with this text, which lies in `folder`."""
    path = (folder or Path("/nowhere")) / name
    return read_tests(path, Workspace(path.parent).read_text(name, text))


def run(text: str, folder: Path | None = None) -> dict[str, Result]:
    """What became of each test of a file with this text."""
    file = read(text, folder=folder)
    workspace = Workspace(folder or Path("/nowhere"))
    with TemporaryDirectory() as sandboxes:
        runner = Runner(workspace, Style(), Path(sandboxes))
        if file.broken:
            return {"": runner.broken(file)}
        return {case.name: runner.run(file, case) for case in file.cases}


def codes(text: str, name: str = "a.vega.test.yaml", folder: Path | None = None) -> list[str]:
    """What is wrong with how a file is written: `line:column code`, in order of reading."""
    file = read(text, name, folder)
    found: list[str] = []
    for finding in [*file.findings, *(item for case in file.cases for item in case.findings)]:
        position = file.placements.locate(finding.span).position
        found.append(f"{position.line}:{position.column} {finding.code}")
    return found
