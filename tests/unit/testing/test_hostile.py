"""Whatever a test file says, it is a result: never a crash."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.testing.helpers import TEAM
from vegac.source.render.canvas import Style
from vegac.testing.reading import read_tests
from vegac.testing.results import Result
from vegac.testing.running import Runner
from vegac.testing.updating import rewrite
from vegac.workspace import Workspace

TEXT = (
    TEAM
    + """\
  run:
    workflow: review
    inputs: {task: sort}
    model:
      - {agent: Coder, reply: {tool_calls: [{name: write_file, arguments: {path: a, content: b}}]}}
      - {agent: Coder, match: /a/, reply: {text: v1, usage: {input_tokens: 3}}, times: 2}
      - {agent: Critic, reply: echo, times: always, delay: 1s}
    answers: [yes]
    env: {NAME: value}
    files: {x/y.txt: hello}
    expect:
      output: {code: v1, verdict: {contains: Review}}
      calls: {unordered: [Coder, Critic]}
      sent: {Coder: [{matches: "sort$"}]}
      variables: {code: v1}
      cost: {max: $1}
      files: {x/y.txt: {contains: hell}, z: null}
  fails:
    workflow: pure
    inputs: {x: {}}
    expect: {error: {type: ExpressionError, contains: add}}
  checked:
    program: |
      agents: {A: {model: m, system: s}}
      workflows:
        w:
          steps:
            - B: hello
    diagnostics:
      - {code: unused-agent, line: 1, severity: warning}
      - {code: unknown-agent, line: 5, column: 9, severity: error}
  evaluated:
    expressions:
      - {expr: "n * 2 + 1", vars: {n: 3}, value: 7}
      - {expr: "'a' - 1", error: type-mismatch}
"""
)
PIECES = ["", " ", ":", "[", "]", "{", "}", "- ", "'", '"', "&a ", "*a", "<<: ", "null", "5", "-1"]
PIECES += [
    "true",
    "\n",
    "\n  ",
    "{{",
    "<<",
    ">>",
    "|",
    "#",
    "!raw ",
    "always",
    "echo",
    "é",
    "\0",
    "..",
]


def outcome(text: str) -> list[Result]:
    path = Path("/nowhere/a.vega.test.yaml")
    workspace = Workspace(path.parent)
    file = read_tests(path, workspace.read_text(path.name, text))
    with TemporaryDirectory() as sandboxes:
        runner = Runner(workspace, Style(), Path(sandboxes))
        if file.broken:
            return [runner.broken(file)]
        results = [runner.run(file, case) for case in file.cases]
    updates = [m.update for result in results for m in result.mismatches if m.update is not None]
    rewrite(file.tree.file, updates)
    return results


def test_the_file_itself_passes_but_for_one_output() -> None:
    results = {result.name: result for result in outcome(TEXT)}
    assert [name for name, result in results.items() if not result.passed] == ["run"]
    [mismatch] = results["run"].mismatches
    assert mismatch.got == {"code": "v1", "verdict": "Review: v1"}


@given(
    st.lists(
        st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=3,
    )
)
def test_a_damaged_file_has_results(damages: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for start, length, piece in damages:
        text = text[:start] + piece + text[start + length :]
    for result in outcome(text):
        assert not any("could not be run to its end" in problem for problem in result.problems)


@pytest.mark.parametrize("value", ["null", "5", "text", "[]", "{}", "[[]]", "{a: {b: 1}}", "<<x>>"])
def test_any_value_in_any_place(value: str) -> None:
    for key in ("program", "workflow", "inputs", "model", "answers", "env", "files", "expect",
                "diagnostics", "expressions", "live", "replay", "file"):  # fmt: skip
        assert outcome(f"{TEAM}  t: {{workflow: pure, {key}: {value}}}\n")
    for key in ("output", "calls", "sent", "error", "variables", "cost", "files"):
        assert outcome(
            f"{TEAM}  t: {{workflow: pure, inputs: {{x: 1}}, expect: {{{key}: {value}}}}}\n"
        )
