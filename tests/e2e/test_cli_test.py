"""`vegac test` as a process, and the same tests through pytest."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.e2e.command_line import COMMAND, ECHO, PROGRAM, environment, vegac, write

CONFORMANCE = Path(__file__).parent.parent / "conformance"
SPECIFICATION = [
    "01-expressions",
    "02-text",
    "03-steps",
    "04-parallel-and-failure",
    "05-diagnostics",
    "06-tools",
]

TESTS = """\
tests:
  a review:
    workflow: review
    inputs: {task: sort}
    model: [{agent: Coder, reply: v1}, {agent: Critic, match: v1, reply: none}]
    expect:
      output: {code: v1, bugs: none, rounds: 2}   # all of it
      calls: [Coder, Critic]
"""
WRONG = TESTS.replace("code: v1, bugs", "code: v2, bugs").replace("a review", "a wrong review")


@pytest.mark.parametrize("name", SPECIFICATION)
def test_the_suite_of_the_language(name: str, tmp_path: Path) -> None:
    shutil.copy(CONFORMANCE / f"{name}.vega.test.yaml", tmp_path)
    result = vegac(tmp_path, "test")
    assert result.status == 0, result.out + result.err
    assert " passed in " in result.out
    assert "failed" not in result.out


def test_a_failure_says_what_was_expected(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS + WRONG[7:])
    result = vegac(tmp_path, "test")
    assert result.status == 1
    rows = [line.split()[:-1] for line in result.out.splitlines()[:2]]
    assert rows == [
        ["team.vega.test.yaml", "a", "review", "ok"],
        ["a", "wrong", "review", "failed"],
    ]
    assert "  output differs (team.vega.test.yaml:14:15)\n" in result.out
    assert '    expected: {"code": "v2", "bugs": "none", "rounds": 2}\n' in result.out
    assert '         got: {"code": "v1", "bugs": "none", "rounds": 2}\n' in result.out
    assert result.out.splitlines()[-1].startswith("1 passed, 1 failed in ")
    assert "\x1b" not in result.out
    assert "\x1b[32mok\x1b[0m" in vegac(tmp_path, "test", FORCE_COLOR="1").out


class TestWhichTests:
    def test_those_of_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "inner").mkdir()
        write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS)
        write(tmp_path / "inner", echo__vega__yaml=ECHO + "tests: {e: {inputs: {word: hi}}}\n")
        listed = [
            "inner/echo.vega.yaml: e",
            "team.vega.test.yaml: a review",
        ]
        assert vegac(tmp_path, "test", "--list").out.splitlines() == listed
        assert vegac(tmp_path, "test", "--list", "inner").out.splitlines() == listed[:1]
        assert vegac(tmp_path, "test", "--list", "-k", "REVIEW").out.splitlines() == listed[1:]
        assert vegac(tmp_path, "test", "--list", "-k", "echo.v").out.splitlines() == listed[:1]

    def test_a_program_brings_its_tests_along(self, tmp_path: Path) -> None:
        write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS)
        result = vegac(tmp_path, "test", "team.vega.yaml", "--list")
        assert result.out == "team.vega.test.yaml: a review\n"

    def test_none(self, tmp_path: Path) -> None:
        write(tmp_path, team__vega__yaml=PROGRAM)
        result = vegac(tmp_path, "test")
        assert (result.status, result.out) == (5, "")
        assert "there are no tests in this folder" in result.err
        write(tmp_path, team__vega__test__yaml=TESTS)
        result = vegac(tmp_path, "test", "-k", "nope")
        assert (result.status, result.err) == (5, "no test has 'nope' in its name\n")

    @pytest.mark.parametrize("arguments", [("nowhere",), ("-j", "0"), ("-j", "x"), ("--nope",)])
    def test_wrong_usage(self, tmp_path: Path, arguments: tuple[str, ...]) -> None:
        result = vegac(tmp_path, "test", *arguments)
        assert result.status == 2
        assert result.err.startswith("error: ")

    def test_the_first_failure(self, tmp_path: Path) -> None:
        write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=WRONG + TESTS[7:])
        result = vegac(tmp_path, "test", "-x")
        assert result.status == 1
        assert result.out.splitlines()[-1].startswith("1 failed in ")
        assert vegac(tmp_path, "test").out.splitlines()[-1].startswith("1 passed, 1 failed")


def test_a_file_with_mistakes_fails_and_the_others_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        team__vega__yaml=PROGRAM,
        team__vega__test__yaml=TESTS,
        broken__vega__test__yaml="tests: [\n",
    )
    result = vegac(tmp_path, "test")
    assert result.status == 1
    assert "FAILED broken.vega.test.yaml\n  error[yaml-syntax]: " in result.out
    assert result.out.splitlines()[-1].startswith("1 passed, 1 failed in ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS)
    write(tmp_path, secret__vega__test__yaml=TESTS)
    (tmp_path / "secret.vega.test.yaml").chmod(0)
    result = vegac(tmp_path, "test")
    assert result.status == 2
    assert "cannot read 'secret.vega.test.yaml'" in result.err
    assert " 1 passed in " in f" {result.out.splitlines()[-1]}"


def test_json_and_junit(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS + WRONG[7:])
    result = vegac(tmp_path, "test", "--format", "json")
    assert result.status == 1
    data = json.loads(result.out)
    assert (data["summary"]["passed"], data["summary"]["failed"]) == (1, 1)
    assert data["tests"][1]["mismatches"][0]["got"]["code"] == "v1"
    result = vegac(tmp_path, "test", "--format", "junit")
    assert result.status == 1
    [suite] = ElementTree.fromstring(result.out)
    assert [case.get("name") for case in suite] == ["a review", "a wrong review"]
    assert [case.find("failure") is None for case in suite] == [True, False]


def test_update(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=TESTS + WRONG[7:])
    result = vegac(tmp_path, "test", "--update")
    assert (result.status, result.err) == (0, "rewrote 1 expectation in team.vega.test.yaml\n")
    assert result.out.splitlines()[-1].startswith("1 passed, 1 updated in ")
    text = (tmp_path / "team.vega.test.yaml").read_text()
    assert text == TESTS + WRONG[7:].replace("code: v2", "code: v1")
    assert vegac(tmp_path, "test").status == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "team.vega.test.yaml",
        "team.vega.yaml",
    ]


def test_update_leaves_what_is_no_recorded_value(tmp_path: Path) -> None:
    tests = TESTS.replace("{code: v1, bugs: none, rounds: 2}", "{contains: nope}")
    write(tmp_path, team__vega__yaml=PROGRAM, team__vega__test__yaml=tests)
    assert vegac(tmp_path, "test", "--update").status == 1
    assert (tmp_path / "team.vega.test.yaml").read_text() == tests


def many(folder: Path, number: int) -> None:
    cases = [
        f"  case {at}:{text}" for at in range(number) for text in [TESTS.partition("a review:")[2]]
    ]
    write(folder, team__vega__yaml=PROGRAM, team__vega__test__yaml="tests:\n" + "".join(cases))


def test_several_processes_give_the_same_results(tmp_path: Path) -> None:
    many(tmp_path, 100)
    one, three = (vegac(tmp_path, "test", "--format", "json", "-j", jobs) for jobs in ("1", "3"))
    results = [
        [(test["name"], test["outcome"]) for test in json.loads(run.out)["tests"]]
        for run in (one, three)
    ]
    assert results[0] == results[1]
    assert len(results[0]) == 100


def test_a_process_that_dies_fails_its_tests_and_no_others(tmp_path: Path) -> None:
    many(tmp_path, 45)
    (tmp_path / "deadly.py").write_text(
        'import os\ndef quit_now() -> str:\n    """End."""\n    os._exit(9)\n'
    )
    program = """\
agents: {A: {model: scripted, system: s, tools: [quit_now]}}
tools:
  quit_now:
    description: End
    implementation: {type: builtin, function: "deadly:quit_now"}
workflows: {w: {steps: [{A: hi}], output: result}}
tests: {dies: {model: [{reply: {tool_calls: [{name: quit_now}]}}]}}
"""
    write(tmp_path, deadly__vega__yaml=program)
    result = vegac(tmp_path, "test", "-j", "2", PYTHONPATH=str(tmp_path))
    assert result.status == 1
    assert result.out.splitlines()[-1].startswith("45 passed, 1 failed in ")
    assert "FAILED deadly.vega.yaml: dies\n  the process that ran this test" in result.out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupting_leaves_nothing_behind(tmp_path: Path, jobs: str) -> None:
    many(tmp_path, 1000)
    sandboxes = tmp_path / "tmp"
    sandboxes.mkdir()
    with subprocess.Popen(
        [*COMMAND, "test", "-j", jobs],
        cwd=tmp_path,
        env=environment(tmp_path, TMPDIR=str(sandboxes)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert list(sandboxes.iterdir()) == []


def test_pytest_runs_the_same_tests(tmp_path: Path) -> None:
    broken = "tests: [\n"
    write(
        tmp_path,
        team__vega__yaml=PROGRAM,
        team__vega__test__yaml=TESTS + WRONG[7:],
        broken__vega__test__yaml=broken,
    )
    options = ["-v", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "team.vega.test.yaml::a review PASSED" in done.stdout
    assert "team.vega.test.yaml::a wrong review FAILED" in done.stdout
    assert "output differs (team.vega.test.yaml:14:15)" in done.stdout
    assert "error[yaml-syntax]" in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 failed, 1 passed, 1 error" in done.stdout
