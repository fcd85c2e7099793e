"""`vegac check` of tests: files of them, and those in programs."""

import json
from pathlib import Path

from tests.bench.programs import project
from tests.e2e.command_line import PROGRAM, vegac, write

TESTS = """\
tests:
  works:
    workflow: review
    inputs: {task: x}
    model: [{agent: Coder, reply: a}, {agent: Critic, reply: b}]
    expect: {output: {contains: a}, calls: [Coder, Critic]}
"""
INLINE = """\
tests:
  broken:
    program: |
      workflows: {w: {steps: [{Codr: hi}]}}
    expect: {output: x}
  expected to be broken:
    program: |
      workflows: {w: {steps: [{Codr: hi}]}}
    diagnostics: [{code: unknown-agent, line: 1}]
"""


def found(folder: Path, *arguments: str) -> list[tuple[str, str, int, int]]:
    data = json.loads(vegac(folder, "check", "--format", "json", *arguments).out)
    keys = ("code", "file", "line", "column")
    return [tuple(item[key] for key in keys) for item in data["diagnostics"]]


def test_files_of_tests_are_found_and_counted(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS)
    result = vegac(tmp_path, "check")
    assert (result.status, result.out) == (0, "")
    assert result.err == "no problems in 1 program and 1 file of tests\n"
    result = vegac(tmp_path, "check", "--verbose", "team.vega.test.yaml")
    assert result.err.startswith("team.vega.test.yaml: 1 test\nchecked 1 file of tests in ")


def test_mistakes_in_tests_and_names_that_the_program_lacks(tmp_path: Path) -> None:
    wrong = TESTS.replace("workflow: review", "workflow: reveiw").replace("[Coder,", "[Codr,")
    wrong += "  other:\n    worfklow: review\n    inputs: {task: x}\n"
    wrong += "    expect: {error: {type: ModelError}}\n"
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=wrong)
    assert found(tmp_path) == [
        ("unknown-workflow", "team.vega.test.yaml", 3, 15),
        ("unknown-agent", "team.vega.test.yaml", 6, 45),
        ("unknown-key", "team.vega.test.yaml", 8, 5),
    ]
    fixed = vegac(tmp_path, "check", "--fix")
    assert (fixed.status, fixed.out) == (0, "")
    right = TESTS + wrong[wrong.index("  other:") :].replace("worfklow", "workflow")
    assert (tmp_path / "team.vega.test.yaml").read_text() == right


def test_errors_of_programs_among_tests_unless_they_are_expected(tmp_path: Path) -> None:
    write(tmp_path, some__vega__test__yaml=INLINE)
    assert found(tmp_path) == [("unknown-agent", "some.vega.test.yaml", 4, 32)]


def test_tests_in_a_program(tmp_path: Path) -> None:
    inside = PROGRAM + TESTS.replace("inputs:", "input:").replace("expect:", "expects:")
    ignoring = inside.replace("Critic]}\n", "Critic]}  # vegac: ignore[unknown-key]\n")
    write(tmp_path, team__vega__yaml=ignoring)
    assert found(tmp_path) == [("unknown-key", "team.vega.yaml", 21, 5)]


def test_comments_and_configuration_hold_for_tests(tmp_path: Path) -> None:
    wrong = TESTS.replace("workflow: review", "workflow: reveiw # vegac: ignore[unknown-workflow]")
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=wrong + "#vegac: ignore[x]\n")
    assert [item[0] for item in found(tmp_path)] == ["unused-ignore"]
    write(tmp_path, pyproject__toml="[tool.vega]\nlints = {unused-ignore = 'off'}\n")
    assert found(tmp_path) == []


def test_kept_outcomes_of_tests_go_when_their_program_changes(tmp_path: Path) -> None:
    paths = project(tmp_path, 60)
    tests = "tests: {works: {workflow: workflow-1, expect: {error: {contains: x}}}}\n"
    paths[0].with_name("program00000.vega.test.yaml").write_text(tests)
    assert vegac(tmp_path, "check").status == 0
    assert vegac(tmp_path, "check").status == 0
    paths[0].write_text(paths[0].read_text().replace("workflow-1:", "workflow-0:"))
    ((code, *_),) = found(tmp_path)
    assert code == "unknown-workflow"


WRONG = """\
tests:
  inputs:
    workflow: review
    inputs: {taks: x, rounds: "4"}
    model: [{agent: Coder, reply: a}, {agent: Critic, reply: b}]
  no inputs:
    workflow: review
    model: [{reply: a, times: always}]
  as expected:
    workflow: review
    inputs: {rounds: 9}
    expect: {error: {type: InputError}}
  out of range:
    workflow: review
    inputs: {task: 3, rounds: 9}
    model: [{reply: a, times: always}]
"""


def test_inputs_that_a_workflow_does_not_take(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=WRONG)
    name = "team.vega.test.yaml"
    assert found(tmp_path) == [
        ("unknown-input", name, 4, 14),
        ("type-mismatch", name, 4, 31),
        ("missing-input", name, 6, 3),
        ("type-mismatch", name, 15, 20),
        ("out-of-range", name, 15, 31),
    ]
    result = vegac(tmp_path, "test")
    assert "unknown-input" in result.out
    assert "missing-input" in result.out
    assert "out-of-range" in result.out
    vegac(tmp_path, "check", "--fix")
    text = (tmp_path / name).read_text()
    assert "{task: x, rounds: 4}" in text
    assert '{task: "3", rounds: 9}' in text
    assert [item[:1] + item[2:] for item in found(tmp_path)] == [
        ("missing-input", 6, 3),
        ("out-of-range", 15, 33),
    ]


UNMET = """\
program: |
  agents:
    Coder: {model: claude-haiku-4-5, system: You write code.}
    Critic: {model: claude-haiku-4-5, system: You look for bugs.}
  workflows:
    count:
      steps:
        - Coder: How many?
          save: reply
      output: "<<reply>> in all"
    judge:
      steps: [{Critic: hi}]
tests:
  met: &met
    workflow: count
    model: [{agent: Coder, reply: "3"}]
    expect: {output: 3 in all, calls: [Coder], sent: {Critic: []}, variables: {reply: "3"}}
  unmet:
    <<: *met
    expect: {output: 3, calls: [Critic], sent: {Critic: [hi]}, variables: {repyl: x}}
  unanswered:
    workflow: count
    model: [{agent: Critic, reply: x}]
  without a script: {workflow: judge}
  expressions:
    expressions:
      - {expr: "1 - 'a'", error: type-mismatch}
      - {expr: "1 - 'a'", value: 1}
      - {expr: "1 - 'a'", error: ExpressionError}
"""


def test_what_no_run_can_fulfil(tmp_path: Path) -> None:
    write(tmp_path, some__vega__test__yaml=UNMET)
    assert [item[:1] + item[2:] for item in found(tmp_path)] == [
        ("type-mismatch", 20, 22),
        ("unknown-agent", 20, 33),
        ("unknown-agent", 20, 49),
        ("undefined-variable", 20, 76),
        ("missing-key", 23, 5),
        ("missing-key", 24, 3),
        ("type-mismatch", 28, 19),
        ("type-mismatch", 29, 19),
    ]
    result = vegac(tmp_path, "test", "-k", "met")
    assert "1 passed, 1 failed" in result.err + result.out


MENDABLE = """\
tests:
  literal:
    program: |
      agents: {Coder: {model: claude-haiku-4-5, system: c}}
      workflows: {w: {steps: [{Codr: hi}]}}
    model: [{reply: x}]
  quoted:
    program: "agents: {Coder: {model: claude-haiku-4-5, system: c}}\\nworkflows:
      {w: {steps: [{Codr: \\"hi\\"}]}}"
    model: [{reply: x}]
  on purpose:
    program: |
      agents: {Coder: {model: claude-haiku-4-5, system: c}}
      workflows: {w: {steps: [{Codr: hi}]}}
    diagnostics: [{code: unknown-agent}]
"""


def test_programs_inside_tests_are_mended(tmp_path: Path) -> None:
    write(tmp_path, some__vega__test__yaml=MENDABLE)
    result = vegac(tmp_path, "check", "--fix")
    assert (result.status, result.out) == (0, "")
    right = MENDABLE.replace("Codr", "Coder", 2)
    assert (tmp_path / "some.vega.test.yaml").read_text() == right


def test_programs_that_test_each_other(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        text = PROGRAM + f"tests: {{t: {{file: {other}.vega.yaml, workflow: reveiw}}}}\n"
        (tmp_path / f"{one}.vega.yaml").write_text(text)
    assert [item[:2] for item in found(tmp_path)] == [
        ("unknown-workflow", "a.vega.yaml"),
        ("unknown-workflow", "b.vega.yaml"),
    ]


ASKING = """\
agents:
  Clerk: {model: claude-haiku-4-5, system: s, tools: [read_file]}
workflows:
  decide:
    inputs: {early: boolean}
    steps:
      - ask: Go on?
        choices: [go, stay]
        save: first
      - if: early
        then: [{ask: Why?}]
      - do:
          - ask: How far from <<first>>?
            save: far
        timeout: 5m
      - Clerk: <<first>> <<far>>
        if: not early
      - ask: Again?
        default: "no"
      - if: early
        then: [{return: early}]
      - ask: What else?
"""
ANSWERING = """\
tests:
  enough:
    inputs: {early: true}
    model: []
    answers: [go, why, far]
    expect: {output: true}
  misspelt tool:
    inputs: {early: false}
    model:
      - {reply: {tool_calls: [{name: read_fil, arguments: {path: a}}]}}
      - {reply: {tool_calls: [{name: quite_another, arguments: {}}]}}
      - {reply: done}
    answers: [go, far, again, "no"]
  none:
    inputs: {early: false}
    model: []
  too few:
    inputs: {early: true}
    model: []
    answers: [go]
  no choice:
    inputs: {early: true}
    model: []
    answers: [run, far, away]
  meant to fail:
    inputs: {early: true}
    model: []
    expect: {error: {type: ConfigError}}
"""


def test_questions_without_answers_and_misspelt_tools(tmp_path: Path) -> None:
    write(tmp_path, desk__vega__yaml=ASKING, desk__vega__test__yaml=ANSWERING)
    assert found(tmp_path) == [
        ("unknown-tool", "desk.vega.test.yaml", 10, 38),
        ("missing-key", "desk.vega.test.yaml", 14, 3),
        ("missing-key", "desk.vega.test.yaml", 20, 5),
        ("unknown-value", "desk.vega.test.yaml", 24, 5),
    ]
    shown = vegac(tmp_path, "check").out
    ran = vegac(tmp_path, "test").out
    for message, cure in (
        ("the test has no answer left for the question 'Go on?'", "add one (one of go, stay) to"),
        ("the answer 'run' to 'Go on?' is none of the choices go, stay", ""),
    ):
        for output in (shown, ran):
            assert message in output
            assert cure in output
    assert "the question 'How far from ...?'" in shown
    assert "3 passed, 3 failed" in ran


def test_recordings_that_are_none(tmp_path: Path) -> None:
    tests = "".join(
        f"  {name}:\n    inputs: {{early: true}}\n    replay: {name}.jsonl\n"
        for name in ("empty", "text", "shape", "gone")
    )
    write(tmp_path, desk__vega__yaml=ASKING, desk__vega__test__yaml=f"tests:\n{tests}")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "text.jsonl").write_text("hello\n")
    (tmp_path / "shape.jsonl").write_text('{"request": 1}\n')
    assert found(tmp_path) == [
        ("unreadable-file", "desk.vega.test.yaml", 7, 13),
        ("unreadable-file", "desk.vega.test.yaml", 10, 13),
        ("missing-file", "desk.vega.test.yaml", 13, 13),
    ]
    for output in (vegac(tmp_path, "check").out, vegac(tmp_path, "test").out):
        assert "line 1 of shape.jsonl is not a recorded call" in output
        assert "there is no file 'gone.jsonl'" in output
