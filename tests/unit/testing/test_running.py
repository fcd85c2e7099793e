"""What tests mean: how runs are scripted, seen and compared."""

import asyncio
from pathlib import Path

import pytest

from tests.unit.testing.helpers import TEAM, run
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vegac.loader import load
from vegac.testing.results import Result
from vegac.workspace import Workspace

SCRIPT = "model: [{agent: Coder, reply: v1}, {agent: Critic, reply: fine}]"
REVIEW = "workflow: review, inputs: {task: sort}, " + SCRIPT


def one(test: str, program: str = TEAM) -> Result:
    """What became of the test `{...}`."""
    return run(f"{program}  t: {{{test}}}\n")["t"]


def whats(result: Result) -> list[str]:
    assert result.problems == []
    return [mismatch.what for mismatch in result.mismatches]


@pytest.mark.parametrize(
    "expect",
    [
        "output: {code: v1, verdict: fine}",
        "output: {verdict: fine, code: v1}",
        "output: {equal: {code: v1, verdict: fine}}",
        "output: {contains: code}",
        "output: {matches: 'v\\d'}",
        "output: {expression: \"output.code == 'v1' and task == 'sort'\"}",
        "output: {contains: code, expression: output | length == 2}",
        "calls: [Coder, Critic]",
        "calls: {unordered: [Critic, Coder]}",
        'sent: {Critic: ["Review: v1"]}',
        'sent: {Critic: ["Review: v1"], Coder: [{contains: sort}]}',
        "sent: {Coder: {matches: ^Write}}",
        "variables: {code: v1, task: sort, verdict: {contains: in}}",
        "cost: {max: $0.01}",
        "files: {a.txt: null}",
    ],
)
def test_expectations_that_hold(expect: str) -> None:
    result = one(f"{REVIEW}, expect: {{{expect}}}")
    assert result.passed, (result.problems, result.mismatches)


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ("output: {code: v2, verdict: fine}", "output"),
        ("output: {code: v1}", "output"),
        ("output: {equal: {code: v1}}", "output"),
        ("output: {contains: cod}", "output"),
        ("output: {matches: 'v\\d\\d'}", "output"),
        ("output: {expression: output.code == task}", "output"),
        ("output: {contains: code, expression: output | length == 3}", "output"),
        ("calls: [Critic, Coder]", "calls"),
        ("calls: [Coder]", "calls"),
        ("calls: {unordered: [Critic, Critic]}", "calls in any order"),
        ('sent: {Critic: ["Review: v2"]}', "message to Critic"),
        ("sent: {Critic: []}", "messages to Critic"),
        ("sent: {Coder: [{contains: sort}, {contains: sort}]}", "messages to Coder"),
        ("variables: {code: v2}", "variable code"),
        ("variables: {nope: null}", "variable nope"),
        ("cost: {max: $0.000001}", "cost"),
        ("files: {a.txt: hello}", "file a.txt"),
        ("error: {type: ModelError}", "the run"),
    ],
)
def test_expectations_that_do_not_hold(expect: str, what: str) -> None:
    assert whats(one(f"{REVIEW}, expect: {{{expect}}}")) == [what]


def test_booleans_are_no_numbers() -> None:
    assert one("workflow: pure, inputs: {x: 1}, expect: {output: 2.0}").passed
    program = TEAM.replace("<<double>>", "<<x == 1>>")
    assert one("workflow: pure, inputs: {x: 1}, expect: {output: true}", program).passed
    assert whats(one("workflow: pure, inputs: {x: 1}, expect: {output: 1}", program)) == ["output"]


def test_a_failed_run_shows_where() -> None:
    result = one("workflow: pure, inputs: {x: {}}, expect: {output: 1}")
    assert result.mismatches == []
    [problem] = result.problems
    assert problem.startswith("the run failed with ExpressionError: ")
    line = next(at for at, text in enumerate(TEAM.splitlines(), 1) if "x + x" in text)
    column = TEAM.splitlines()[line - 1].index("x + x") + 1
    assert f"--> a.vega.test.yaml:{line}:{column}" in problem


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        ("{type: ExpressionError}", True),
        ("{contains: add}", True),
        ("{type: ModelError}", False),
        ("{type: ExpressionError, contains: zzz}", False),
    ],
)
def test_expected_failures(error: str, passes: bool) -> None:
    result = one(f"workflow: pure, inputs: {{x: {{}}}}, expect: {{error: {error}}}")
    assert result.passed is passes


def test_wrong_inputs_are_a_failure_of_the_run() -> None:
    missing = "workflow 'pure' needs the input 'x'"
    assert missing in one("workflow: pure").problems[0]
    assert missing in one("workflow: pure, expect: {error: {type: ModelError}}").problems[0]
    assert one("workflow: pure, expect: {error: {type: InputError}}").passed


def test_an_unmatched_call_shows_what_was_sent() -> None:
    result = one("workflow: review, inputs: {task: sort}, model: [{match: tea, reply: x}]")
    assert "    Write: sort" in result.problems[0]
    assert "match 'tea'" in result.problems[0]


def test_an_unmatched_call_fails_even_where_an_error_is_expected() -> None:
    test = "workflow: review, inputs: {task: x}, model: [], expect: {error: {contains: script}}"
    assert not one(test).passed


def test_without_a_script_no_model_is_to_be_called() -> None:
    problem = one("workflow: review, inputs: {task: sort}").problems[0]
    assert "the test has no `model:`" in problem
    assert "    Write: sort" in problem


def test_calls_and_cost_of_retries_and_tools() -> None:
    program = TEAM.replace("system: c,", "system: c, retry: {max_attempts: 3},")
    test = """
    workflow: review
    inputs: {task: sort}
    model:
      - {agent: Coder, error: overloaded, times: 2}
      - agent: Coder
        reply:
          tool_calls: [{name: write_file, arguments: {path: out/a.txt, content: hi}}]
          usage: {input_tokens: 1000000}
      - {agent: Coder, match: a.txt, reply: v1, usage: {output_tokens: 1000000}}
      - {agent: Critic, reply: fine}
    expect:
      calls: [Coder, Critic]
      sent: {Coder: ["Write: sort"]}
      files: {out/a.txt: hi, out: {contains: x}, a.txt: null}
      cost: {max: $0.50}
"""
    result = run(f"{program}  t:{test}")["t"]
    assert whats(result) == ["cost", "file out"]
    assert result.mismatches[0].got == "$6.000000"


def test_a_model_without_a_price() -> None:
    program = TEAM.replace("claude-haiku-4-5", "openai/unheard-of")
    result = one(f"{REVIEW}, expect: {{cost: {{max: $1}}}}", program)
    assert result.mismatches[0].got == "unknown: openai/unheard-of has no price"


WORLD = """\
program: |
  workflows:
    ask:
      steps:
        - ask: Go on?
          choices: [yes, no]
          save: answer
      output: <<answer>>
    world:
      steps:
        - recall: {key: seen, save: seen, default: never}
        - remember: {key: seen, value: before}
      output: "<<now>> <<run.id>> <<env.NAME>> <<env.VEGA_MODEL>> <<seen>>"
tests:
"""


def test_answers() -> None:
    assert one("workflow: ask, answers: [Yes], expect: {output: yes}", WORLD).passed
    problem = one("workflow: ask", WORLD).problems[0]
    assert "has no answer left for the question 'Go on?'" in problem


def test_each_test_has_a_world_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEGA_MODEL", "claude-opus-4-8")
    output = "2000-01-01T00:00:00+00:00 00000000-0000-4000-8000-000000000000 x  never"
    test = f"workflow: world, env: {{NAME: x}}, expect: {{output: '{output}'}}"
    results = run(f"{WORLD}  one: {{{test}}}\n  two: {{{test}}}\n", tmp_path)
    assert [result.mismatches for result in results.values()] == [[], []]
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_prints_is_kept_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loud_tool.py").write_text(
        "def loud(text: str) -> str:\n    '''Say it.'''\n    print(text)\n    return text\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    program = TEAM.replace("tools: [write_file]", "tools: [loud]").replace(
        "  workflows:",
        "  tools: {loud: {description: d, "
        "implementation: {type: builtin, function: 'loud_tool:loud'}}}\n  workflows:",
        1,
    )
    test = """
    workflow: review
    inputs: {task: sort}
    model:
      - {agent: Coder, reply: {tool_calls: [{name: loud, arguments: {text: hello}}]}}
      - {reply: done, times: always}
"""
    result = run(f"{program}  t:{test}", tmp_path)["t"]
    assert (result.passed, result.printed) == (True, "hello\n"), result.problems
    assert capsys.readouterr().out == ""


def test_a_program_with_errors() -> None:
    program = TEAM.replace("- Critic:", "- Crtic:")
    [problem] = one(REVIEW, program).problems
    line = next(at for at, text in enumerate(program.splitlines(), 1) if "Crtic" in text)
    assert f"--> a.vega.test.yaml:{line}:11" in problem
    assert "did you mean 'Critic'?" in problem


def test_replay(tmp_path: Path) -> None:
    program = "agents: {A: {model: claude-haiku-4-5, system: s}}\nworkflows: {w: {inputs: "
    program += "{q: string}, steps: [{A: 'ask <<q>>'}], output: result}}\n"
    (tmp_path / "a.vega.yaml").write_text(program)
    compiled = Workspace(tmp_path).compile(tmp_path / "a.vega.yaml")
    assert compiled.module is not None
    workflow = load(compiled.module, "recorded_program").PROGRAM.workflows["w"]
    model = ScriptedModel([{"reply": "hello"}])
    options = RunOptions(provider=lambda _: model, record=tmp_path / "a.jsonl")
    asyncio.run(workflow.execute({"q": "x"}, options))
    results = run(
        "tests:\n"
        "  same: {inputs: {q: x}, replay: a.jsonl, expect: {output: hello, calls: [A]}}\n"
        "  other: {inputs: {q: y}, replay: a.jsonl}\n",
        tmp_path,
    )
    assert results["same"].passed
    assert "ask y" in results["other"].problems[0]


class TestExpressions:
    def test_each_is_told_apart(self) -> None:
        result = run(
            "tests:\n"
            "  t:\n"
            "    expressions:\n"
            '      - {expr: "1 + 1", value: 2}\n'
            '      - {expr: "1 + 2", value: 2}\n'
            '      - {expr: "1 +", value: 2}\n'
            '      - {expr: "x[2]", vars: {x: [1]}, value: 3}\n'
            '      - {expr: "x.y", vars: {x: {}}, error: ExpressionError}\n'
            '      - {expr: "1 | upper", error: filter-type}\n'
            '      - {expr: "1 | upper", error: syntax-error}\n'
        )["t"]
        assert [mismatch.what for mismatch in result.mismatches] == [
            "value of '1 + 2'",
            "error of '1 | upper'",
        ]
        assert result.mismatches[1].got == "filter-type"
        assert ["a.vega.test.yaml:6:19" in text for text in result.problems] == [True, False]
        assert "a.vega.test.yaml:7:17" in result.problems[1]

    def test_names_that_mean_something_in_python(self) -> None:
        names = [
            "class",
            "run",
            "env",
            "self",
            "lambda",
            "text",
            "values",
            "input",
            "kwargs",
            "None",
        ]
        variables = ", ".join(f"{name}: {at}" for at, name in enumerate(names))
        result = run(
            f"tests: {{t: {{expressions: [{{expr: '[{', '.join(names)}]', "
            f"vars: {{{variables}}}, value: {list(range(len(names)))}}}]}}}}\n"
        )["t"]
        assert result.passed, (result.problems, result.mismatches)


class TestDiagnostics:
    PROGRAM = """\
tests:
  t:
    program: |
      agents:
        A: {model: m, system: s}
        B: {model: m, system: s}
      workflows:
        w:
          steps:
            - A: <<input | uper>>
            - C: hi
"""

    def run(self, *diagnostics: str) -> Result:
        listed = ", ".join(f"{{{text}}}" for text in diagnostics)
        return run(f"{self.PROGRAM}    diagnostics: [{listed}]\n")["t"]

    def test_all_of_them(self) -> None:
        result = self.run(
            "code: unused-agent, severity: warning, line: 3, column: 3",
            "code: unknown-filter, line: 7, contains: did you mean 'upper'",
            "code: unknown-agent, line: 8, column: 9, severity: error, contains: 'agents: A, B'",
        )
        assert result.passed, result.problems

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ("line: 3, column: 4", ["missing", "unexpected", "ok", "ok"]),
            ("severity: error", ["missing", "unexpected", "ok", "ok"]),
            ("contains: nope", ["missing", "unexpected", "ok", "ok"]),
        ],
    )
    def test_one_that_is_different(self, change: str, told: list[str]) -> None:
        result = self.run(
            f"code: unused-agent, {change}", "code: unknown-filter", "code: unknown-agent"
        )
        rows = result.problems[0].splitlines()[1:]
        assert [row.split()[0] for row in rows] == told

    def test_one_too_many_and_one_too_few(self) -> None:
        result = self.run("code: unused-agent", "code: unknown-agent", "code: wrong-type")
        rows = [row.split() for row in result.problems[0].splitlines()[1:]]
        assert [(row[0], row[1]) for row in rows] == [
            ("ok", "3:3"),
            ("unexpected", "7:22"),
            ("ok", "8:9"),
            ("missing", "?"),
        ]

    def test_the_order_counts(self) -> None:
        result = self.run("code: unknown-agent", "code: unknown-filter", "code: unused-agent")
        assert not result.passed

    def test_infos_count_where_they_are_listed(self) -> None:
        program = "tests:\n  t:\n    program: |\n      workflows: {w: {steps: [{return: 1}]}}\n"
        silent = run(program + "    diagnostics: []\n")["t"]
        listed = run(program + "    diagnostics: [{code: no-agents, severity: info}]\n")["t"]
        wrong = run(program + "    diagnostics: [{code: no-agents, line: 9}]\n")["t"]
        assert [silent.passed, listed.passed, wrong.passed] == [True, True, False]
