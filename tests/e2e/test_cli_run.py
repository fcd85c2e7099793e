"""`vegac run` with the models of a server on loopback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command_line import COMMAND, ECHO, PROGRAM, Result, environment, vegac, write
from tests.e2e.mock_anthropic import MockAnthropic, message
from tests.e2e.mock_http import Reply


@pytest.fixture
def api() -> Iterator[MockAnthropic]:
    with MockAnthropic(key="test-key") as mock:
        yield mock


def run(folder: Path, api: MockAnthropic, *arguments: str, stdin: str = "", **env: str) -> Result:
    keys = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": api.url}
    return vegac(folder, "run", *arguments, stdin=stdin, **keys, **env)


def texts(api: MockAnthropic) -> list[str]:
    """The latest message of each request."""
    found: list[str] = []
    for body in api.bodies:
        content = body["messages"][-1]["content"]
        found.append(content if isinstance(content, str) else content[-1]["text"])
    return found


def test_progress_and_result(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    api.add(Reply(message("def f(): ...")), Reply(message("no bugs")))
    result = run(tmp_path, api, "--task", "a function")
    assert result.status == 0
    assert json.loads(result.out) == {"code": "def f(): ...", "bugs": "no bugs", "rounds": 2}
    assert texts(api) == ["Write: a function", "Bugs in: def f(): ..."]
    lines = result.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "started review/code (Coder)",
        "finished review/code (Coder)",
        "started review/bugs (Critic)",
        "finished review/bugs (Critic)",
        "done",
    ]
    assert "15 tokens, $0.000035" in lines[1]
    assert lines[-1].startswith("done: 2 steps, ")
    assert lines[-1].endswith("30 tokens, $0.00007")


def test_a_text_is_printed_as_it_is_and_other_forms_on_request(
    tmp_path: Path, api: MockAnthropic
) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    for form, expected in (("text", "é\n!\n"), ("json", '"é\\n!"\n'), ("yaml", "|-\n  é\n  !\n")):
        result = run(tmp_path, api, "--word", "é\n", "--output", form)
        assert (result.status, result.out) == (0, expected), result.err
    for name, expected in (("a.txt", "x!\n"), ("new/a.json", '"x!"\n')):
        result = run(tmp_path, api, "--word", "x", "--output", name)
        assert (result.status, result.out) == (0, "")
        assert (tmp_path / name).read_text() == expected


def test_an_output_that_cannot_be_written_is_found_before_anything_is_spent(
    tmp_path: Path, api: MockAnthropic
) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    (tmp_path / "folder").mkdir()
    for name in ("folder", "team.vega.yaml/x"):
        result = run(tmp_path, api, "--task", "x", "--output", name)
        assert result.status == 2
        assert result.err.startswith(f"error: cannot write '{name}'")
    assert api.received == []


def test_without_a_key_one_line_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "run", "--task", "x")
    assert result.status == 1
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert "ANTHROPIC_API_KEY" in result.err
    assert "--model local/smollm2" in result.err


def test_a_wrong_key_is_told_in_one_line(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    api.key = "another"
    result = run(tmp_path, api, "--task", "x")
    assert result.status == 1
    assert "error: ModelError at team.vega.yaml:11:9: " in result.err
    assert "11 |       - Coder writes code:\n" in result.err
    assert "ANTHROPIC_API_KEY" in result.err
    assert "Traceback" not in result.err


def test_keys_come_from_the_file_in_the_home_folder(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    (tmp_path / ".vega").mkdir()
    lines = f"ANTHROPIC_API_KEY=test-key\nexport ANTHROPIC_BASE_URL={api.url}\n"
    (tmp_path / ".vega" / "env").write_text(lines)
    assert vegac(tmp_path, "run", "--task", "x").status == 0
    assert vegac(tmp_path, "run", "--task", "x", ANTHROPIC_API_KEY="wrong").status == 1
    assert api.received[-1].headers["authorization"] == "Bearer wrong"


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("echo.vega.yaml", "--word", "hi"), ""),
        (("--word", "hi", "echo.vega.yaml"), ""),
        (("--word=hi", "echo.vega.yaml", "echo"), ""),
        (("echo", "--word", "hi"), ""),
        (("--task", "hi"), ""),
        (("-w", "echo", "--word", "hi"), ""),
        ((".", "--word", "hi"), ""),
        (("--input", "word=hi"), ""),
        (("--input", '{"word": "hi"}'), ""),
        (("--input", "in.json"), ""),
        (("--input", "in.yaml"), ""),
        (("--input", "hi"), ""),
        (("--inputs", "in.json"), ""),
        (("--inputs", "-"), '{"word": "hi"}'),
        ((), "hi\n"),
    ],
)
def test_where_inputs_come_from(tmp_path: Path, arguments: tuple[str, ...], stdin: str) -> None:
    write(tmp_path, echo__vega__yaml=ECHO, in__json='{"word": "hi"}', in__yaml="word: hi\n")
    result = vegac(tmp_path, "run", *arguments, stdin=stdin)
    assert (result.status, result.out) == (0, "hi!\n"), result.err


USAGE = "usage: vegac run team.vega.yaml review --task TEXT [--rounds INTEGER=2]\n"


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        ((), ["'task' is missing", "What to write"]),
        (("--task", "x", "--tsk", "y"), ["unknown option '--tsk'; did you mean '--task'?"]),
        (("--task", "x", "--rounds", "many"), ["'rounds' must be a whole number, not \"many\""]),
        (("--rounds", "9"), ["'task' is missing", "'rounds' is 9, and the most is 5"]),
        (("--inputs", "-"), ["standard input is not JSON"]),
        (("--input", '{"task": "x", "more": 1}'), ["there is no input 'more'"]),
    ],
)
def test_wrong_inputs_are_told_together_with_the_usage(
    tmp_path: Path, arguments: tuple[str, ...], messages: list[str]
) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "run", *arguments)
    assert result.status == 2
    assert result.err.startswith("error: ")
    for text in messages:
        assert text in result.err
    assert result.err.endswith(USAGE)
    assert result.err.count("usage:") == 1


TWO_WORKFLOWS = ECHO + "  other:\n    steps:\n      - set: {x: 1}\n    output: <<x>>\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("two.vega.yaml",), "has several workflows; name the one to run\nworkflows: echo, other"),
        (("two.vega.yaml", "ech"), "has no workflow 'ech'\nDid you mean 'echo'?"),
        (("two.vega.yaml", "echo", "-w", "other"), "two workflows are named"),
        (("two.vega.yaml", "echo", "more"), "unexpected extra argument"),
        (("tow.vega.yaml",), "there is no file 'tow.vega.yaml'\nDid you mean 'two.vega.yaml'?"),
        (("two.vega.yaml", "other", "--timeout", "soon"), "--timeout 'soon' is not a duration"),
        (("two.vega.yaml", "other", "--budget", "lots"), "--budget 'lots' is not an amount"),
        (("two.vega.yaml", "other", "--replay", "x"), "there is no recording 'x'"),
        (("two.vega.yaml", "other", "-x"), "No such option: -x"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    write(tmp_path, two__vega__yaml=TWO_WORKFLOWS)
    result = vegac(tmp_path, "run", *arguments)
    assert result.status == 2
    assert message in result.err
    assert "Traceback" not in result.err


def test_one_of_several_workflows(tmp_path: Path) -> None:
    write(tmp_path, two__vega__yaml=TWO_WORKFLOWS)
    for arguments in (("two.vega.yaml", "other"), ("other",), ("--workflow", "other")):
        result = vegac(tmp_path, "run", *arguments)
        assert (result.status, result.out) == (0, "1\n"), result.err


def test_a_folder_with_several_programs(tmp_path: Path) -> None:
    write(tmp_path, a__vega__yaml=ECHO, b__vega__yaml=ECHO)
    result = vegac(tmp_path, "run", "--word", "x")
    assert result.status == 2
    assert "several programs in this folder" in result.err
    assert "programs: a.vega.yaml, b.vega.yaml" in result.err


def test_our_own_options_win_over_inputs_of_the_same_name(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO.replace("word", "output"))
    assert vegac(tmp_path, "run", "--output", "json", "--input", "output=x").out == '"x!"\n'


def test_errors_of_the_program_come_first(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM.replace("- Critic", "- Critc"))
    result = run(tmp_path, api, "--task", "x")
    assert result.status == 1
    assert "error[unknown-agent]" in result.err
    assert result.err.endswith("1 error in 1 file; nothing was run\n")
    assert api.received == []


def test_warnings_are_told_in_a_line_each(tmp_path: Path, api: MockAnthropic) -> None:
    spare = PROGRAM.replace(
        "workflows:", "  Spare: {model: claude-haiku-4-5, system: s}\nworkflows:"
    )
    write(tmp_path, team__vega__yaml=spare)
    result = run(tmp_path, api, "--task", "x")
    assert result.status == 0
    assert result.err.startswith("team.vega.yaml:4:3: warning[unused-agent]: ")
    assert result.err.splitlines()[1].startswith("started ")


def test_a_dry_run_calls_nothing(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = run(tmp_path, api, "--task", "x", "--dry-run", "--budget", "$0.50")
    assert result.status == 0
    assert result.out == (
        "workflow review of team.vega.yaml\n"
        "  Write and review code\n"
        "\n"
        "inputs\n"
        '  task    "x"\n'
        "  rounds  2\n"
        "\n"
        "agents\n"
        "  Coder   claude-haiku-4-5\n"
        "  Critic  claude-haiku-4-5\n"
        "\n"
        "limits\n"
        "  budget of the run  $0.50\n"
        "\n"
        "no model was called\n"
    )
    assert api.received == []
    without = vegac(tmp_path, "run", "--task", "x", "--dry-run")
    assert "the run would stop:\n" in without.out
    assert "ANTHROPIC_API_KEY" in without.out


def test_another_model_for_all_agents(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    assert run(tmp_path, api, "--task", "x", "--model", "claude-sonnet-5").status == 0
    assert {body["model"] for body in api.bodies} == {"claude-sonnet-5"}


def test_a_failure_while_running_is_one_line_with_its_place(tmp_path: Path) -> None:
    write(
        tmp_path,
        fail__vega__yaml="workflows:\n  w:\n    inputs: {items: array}\n    steps:\n"
        '      - set: {first: "<<items[3]>>"}\n    output: <<first>>\n',
    )
    result = vegac(tmp_path, "run", "--items", "[1, 2]")
    assert result.status == 1
    assert result.out == ""
    head, *excerpt = result.err.splitlines()
    assert head.startswith("error: ExpressionError at fail.vega.yaml:5:")
    assert excerpt[0] == "  |"
    assert excerpt[1] == '5 |       - set: {first: "<<items[3]>>"}'
    assert excerpt[2].strip(" |") == "^"


def test_a_workflow_that_fails_on_purpose(tmp_path: Path) -> None:
    write(
        tmp_path,
        fail__vega__yaml='workflows:\n  w:\n    steps:\n      - fail: "no luck"\n',
    )
    result = vegac(tmp_path, "run")
    assert result.status == 1
    assert result.err.startswith("error: WorkflowFailed at fail.vega.yaml:4:9: no luck\n")


ASK = """\
workflows:
  w:
    steps:
      - ask: Go on?
        save: answer
        choices: ["yes", "no"]
    output: <<answer>>
"""


def test_answers_from_the_command_line(tmp_path: Path) -> None:
    write(tmp_path, ask__vega__yaml=ASK)
    assert vegac(tmp_path, "run", "--answer", "yes").out == "yes\n"
    result = vegac(tmp_path, "run")
    assert result.status == 1
    assert "--answer" in result.err


def test_a_recording_is_replayed_without_a_key(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    api.add(Reply(message("code")), Reply(message("bugs")))
    recorded = run(tmp_path, api, "--task", "x", "--record", "run.jsonl")
    assert recorded.status == 0
    replayed = vegac(tmp_path, "run", "--task", "x", "--replay", "run.jsonl")
    assert (replayed.status, replayed.out) == (0, recorded.out), replayed.err
    different = vegac(tmp_path, "run", "--task", "y", "--replay", "run.jsonl")
    assert different.status == 1
    assert "Traceback" not in different.err


def stalled() -> Reply:
    return Reply(message("never"), cut=0, stall=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_cancel_in_order(tmp_path: Path, api: MockAnthropic, number: int) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    api.add(Reply(message("code")), stalled())
    process = start(tmp_path, api)
    for _ in range(2):
        assert api.arrived.acquire(timeout=30)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert out == ""
    assert "cancelling" in err
    assert err.splitlines()[-1].startswith("cancelled: after ")
    assert "with 1 step finished and $0.000035 spent" in err
    assert "Traceback" not in err
    assert api.dropped.wait(5)


def test_a_timeout_of_the_run(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    for arguments, variables in ((("--timeout", "300ms"), {}), ((), {"VEGA_TIMEOUT": "300ms"})):
        api.add(stalled())
        result = run(tmp_path, api, "--task", "x", *arguments, **variables)
        assert result.status == 1
        assert "error: TimeoutExceeded" in result.err
    result = run(tmp_path, api, "--task", "x", VEGA_TIMEOUT="soon")
    assert result.status == 2
    assert "VEGA_TIMEOUT 'soon' is not a duration" in result.err


def start(folder: Path, api: MockAnthropic, **streams: int) -> "subprocess.Popen[str]":
    env = environment(folder, ANTHROPIC_API_KEY="test-key", ANTHROPIC_BASE_URL=api.url)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen(
        [*COMMAND, "run", "--task", "x"], cwd=folder, env=env, text=True, **pipes
    )


needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")


@needs_terminals
def test_a_terminal_shows_steps_live(tmp_path: Path, api: MockAnthropic) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    ours, theirs = os.openpty()
    process = start(tmp_path, api, stderr=theirs)
    os.close(theirs)
    shown = read_terminal(ours)
    assert process.stdout is not None
    assert json.loads(process.stdout.read())["code"] == "Write: x"
    assert process.wait(10) == 0
    process.stdout.close()
    assert "review/code" in shown
    assert "\u2713" in shown
    assert "done: 2 steps" in shown
    assert "Traceback" not in shown


@needs_terminals
def test_a_person_at_the_terminal_is_asked(tmp_path: Path) -> None:
    write(tmp_path, ask__vega__yaml=ASK)
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "run"],
        cwd=tmp_path,
        env=environment(tmp_path, TERM="dumb"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = read_terminal(ours, until="Go on? (yes/no)")
    os.write(ours, b"maybe\n")
    shown += read_terminal(ours, until="Please answer with yes or no.")
    os.write(ours, b"YES\n")
    out, _ = process.communicate(timeout=10)
    os.close(ours)
    assert (process.returncode, out) == (0, b"yes\n"), shown


@needs_terminals
def test_a_question_can_be_interrupted(tmp_path: Path) -> None:
    write(tmp_path, ask__vega__yaml=ASK)
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "run"],
        cwd=tmp_path,
        env=environment(tmp_path, TERM="dumb"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    read_terminal(ours, until="Go on? (yes/no)")
    process.send_signal(signal.SIGINT)
    shown = read_terminal(ours, until="cancelled: after")
    out, _ = process.communicate(timeout=10)
    os.close(ours)
    assert (process.returncode, out) == (130, b"")
    assert "Traceback" not in shown


def read_terminal(handle: int, until: str = "\0") -> str:
    """What a process writes to a terminal, up to a text or to its end."""
    shown = b""
    while until.encode() not in shown:
        try:
            data = os.read(handle, 4096)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not data:
            break
        shown += data
    return shown.decode(errors="replace")


def test_a_question_that_nobody_answers_has_a_place(tmp_path: Path) -> None:
    asking = "workflows:\n  w:\n    steps:\n      - ask: Go on?\n"
    write(tmp_path, ask__vega__yaml=asking)
    result = vegac(tmp_path, "run", "ask.vega.yaml", stdin="")
    assert result.status == 1
    assert "error: ConfigError at ask.vega.yaml:4:9: there is nobody to answer" in result.err
    assert "4 |       - ask: Go on?\n  |         ^" in result.err
