"""Mistakes in test files are findings with a place."""

from pathlib import Path

import pytest

from tests.unit.testing.helpers import TEAM, codes, read, run

HEAD = len(TEAM.splitlines())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1 empty-file"),
        ("tests\n", "1:1 not-a-mapping"),
        ("tests: 5\n", "1:8 wrong-type"),
        ("tests: [\n", "1:8 yaml-syntax"),
        ("x-note: 1\n", "1:1 missing-key"),
        ("test: {}\n", "1:1 unknown-key"),
        ("tests: {}\nagents: {}\n", "2:1 unknown-key"),
        ("file: nope.vega.yaml\ntests: {}\n", "1:7 missing-file"),
        ("file: a\nprogram: b\ntests: {}\n", "2:1 unknown-key"),
        ("tests:\n  a: {expressions: []}\n  a: {expressions: []}\n", "3:3 duplicate-key"),
    ],
)
def test_a_wrong_file(text: str, expected: str) -> None:
    assert codes(text)[0] == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("text", "6 wrong-type"),
        ("", "3 missing-key"),
        ("{exspect: {}}", "7 unknown-key"),
        ("{model: x}", "14 wrong-type"),
        ("{model: [x]}", "15 wrong-type"),
        ("{model: [{agent: A}]}", "16 missing-key"),
        ("{model: [{reply: a, error: timeout}]}", "26 unknown-key"),
        ("{model: [{error: timout}]}", "23 unknown-value"),
        ("{model: [{reply: a, times: 0}]}", "33 out-of-range"),
        ("{model: [{reply: a, times: never}]}", "33 wrong-type"),
        ("{model: [{reply: a, delay: soon}]}", "33 bad-duration"),
        ("{model: [{reply: [a]}]}", "23 wrong-type"),
        ("{model: [{reply: {txt: a}}]}", "24 unknown-key"),
        ("{model: [{reply: {tool_calls: [{arguments: {}}]}}]}", "38 missing-key"),
        ("{model: [{reply: a, usage: {input_tokens: -1}}]}", "48 out-of-range"),
        ("{model: [{reply: a, match: /(/}]}", "33 syntax-error"),
        ("{model: [], replay: x.jsonl}", "26 missing-file"),
        ("{model: [], live: true}", "18 unknown-key"),
        ("{live: yes}", "13 yaml-boolean"),
        ("{answers: {a: b}}", "16 wrong-type"),
        ("{env: {A-B: x}}", "13 bad-name"),
        ("{files: {../a: x}}", "15 unknown-value"),
        ("{files: {/a: x}}", "15 unknown-value"),
        ("{expect: {files: {a/../../b: x}}}", "24 unknown-value"),
        ("{expect: {calls: Coder}}", "23 wrong-type"),
        ("{expect: {calls: {unorderd: []}}}", "24 unknown-key"),
        ("{expect: {sent: [a]}}", "22 wrong-type"),
        ("{expect: {error: {type: Timeout}}}", "30 unknown-value"),
        ("{expect: {cost: {max: cheap}}}", "28 bad-money"),
        ("{expect: {output: {matches: '('}}}", "34 syntax-error"),
        ("{expect: {output: {expression: 'outptu > 1'}}}", "38 undefined-variable"),
        ("{diagnostics: [{line: 1}]}", "22 missing-key"),
        ("{diagnostics: [{code: unknown-agnt}]}", "28 unknown-value"),
        ("{expressions: [{value: 1}]}", "22 missing-key"),
        ("{expressions: [{expr: a}]}", "28 missing-key"),
        ("{expressions: [{expr: a, value: 1, error: syntax-error}]}", "28 unknown-key"),
        ("{expressions: [{expr: a, vars: {a b: 1}, value: 1}]}", "38 bad-name"),
        ("{expressions: [{expr: a, error: type-mismach}]}", "38 unknown-value"),
    ],
)
def test_a_wrong_test(test: str, expected: str) -> None:
    column, code = expected.split()
    assert codes(f"{TEAM}  t: {test}\n")[0] == f"{HEAD + 1}:{column} {code}"


def test_a_wrong_test_does_not_keep_the_others_from_running() -> None:
    results = run(
        TEAM
        + "  bad: {workflow: pure, exspect: {}}\n"
        + "  good: {workflow: pure, inputs: {x: 1}, expect: {output: 2}}\n"
    )
    assert {name: result.passed for name, result in results.items()} == {
        "bad": False,
        "good": True,
    }
    assert "did you mean 'expect'?" in results["bad"].problems[0]


def test_names_that_the_program_lacks() -> None:
    results = run(
        TEAM
        + "  a: {workflow: reviw}\n"
        + "  b: {inputs: {task: x}}\n"
        + "  c: {workflow: review, model: [{agent: Codr, reply: x}], expect: {calls: [Critc]}}\n"
    )
    assert "did you mean 'review'?" in results["a"].problems[0]
    assert "several workflows; the test names none" in results["b"].problems[0]
    assert "did you mean 'Coder'?" in results["c"].problems[0]
    assert "did you mean 'Critic'?" in results["c"].problems[0]


class TestWhereTheProgramIs:
    PURE = "workflows: {w: {inputs: {x: any}, steps: [{return: <<x>>}]}}\n"
    TEST = "tests: {t: {inputs: {x: 1}, expect: {output: 1}}}\n"

    def test_the_sibling(self, tmp_path: Path) -> None:
        (tmp_path / "a.vega.yaml").write_text(self.PURE)
        assert run(self.TEST, tmp_path)["t"].passed

    def test_no_sibling(self, tmp_path: Path) -> None:
        assert codes(self.TEST, folder=tmp_path) == ["1:9 missing-file"]

    def test_a_named_file(self, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "b.vega.yaml").write_text(self.PURE)
        assert run("file: sub/b.vega.yaml\n" + self.TEST, tmp_path)["t"].passed

    def test_a_test_of_its_own_program(self, tmp_path: Path) -> None:
        (tmp_path / "a.vega.yaml").write_text("workflows: {}\n")
        (tmp_path / "b.vega.yaml").write_text(self.PURE)
        text = (
            "tests:\n"
            "  named: {file: b.vega.yaml, inputs: {x: 1}, expect: {output: 1}}\n"
            "  inline:\n"
            "    program: |\n"
            "      workflows: {w: {steps: [{return: here}]}}\n"
            "    expect: {output: here}\n"
        )
        assert [result.passed for result in run(text, tmp_path).values()] == [True, True]

    def test_the_program_that_holds_the_tests(self, tmp_path: Path) -> None:
        text = self.PURE + self.TEST
        (tmp_path / "a.vega.yaml").write_text(text)
        file = read(text, "a.vega.yaml", tmp_path)
        assert not file.findings
        assert [case.name for case in file.cases] == ["t"]

    def test_a_near_name_is_proposed(self, tmp_path: Path) -> None:
        (tmp_path / "review.vega.yaml").write_text(self.PURE)
        file = read("file: reveiw.vega.yaml\n" + self.TEST, folder=tmp_path)
        assert file.findings[0].hint == "did you mean 'review.vega.yaml'?"
