"""Commands: their environment, their end, their output, and what they cannot reach."""

import asyncio
import os
import select
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import Agent, Run, workflow
from vega_runtime import program as vega_program
from vega_runtime.env import env_text
from vega_runtime.errors import ConfigError
from vega_runtime.events import Notice
from vega_runtime.models.base import ToolCall, ToolResult
from vega_runtime.tools import (
    Argv,
    Command,
    ExecTool,
    Param,
    Root,
    Sandbox,
    Tool,
    ToolContext,
    builtin_tool,
    landlock,
    resolve,
)
from vega_runtime.tools.landlock import available
from vega_runtime.virtual_time import run_virtual

SECRETS = {
    "ANTHROPIC_API_KEY": "sk-secret-1",
    "OPENAI_API_KEY": "sk-secret-2",
    "DATABASE_PASSWORD": "secret-3",
    "GITHUB_TOKEN": "secret-4",
    "AWS_SECRET_ACCESS_KEY": "secret-5",
    "SSH_AUTH_SOCK": "/secret-6",
    "LD_PRELOAD": "",
    "ENV": "secret-7",
    "BASH_ENV": "secret-8",
    "PYTHONPATH": "secret-9",
}


@pytest.fixture
def run(tmp_path: Path) -> ToolContext:
    box = tmp_path / "box"
    box.mkdir()
    return ToolContext(sandbox=Sandbox(box), env={"PATH": os.environ["PATH"], **SECRETS})


async def call(tool: Tool, run: ToolContext, /, **arguments: Any) -> ToolResult:
    return await resolve([tool], run).call(ToolCall("1", tool.name, arguments), run)


async def shell(run: ToolContext, command: str, **options: Any) -> ToolResult:
    return await call(builtin_tool("run_command"), run, command=command, **options)


def program(command: Any, **options: Any) -> ExecTool:
    return ExecTool("t", description="", params={}, command=command, **options)


async def test_the_environment_is_clean(run: ToolContext, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for result in (await shell(run, "env"), await call(program(("env",)), run)):
        names = {line.partition("=")[0] for line in result.content.splitlines()}
        assert names <= {"PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "PWD", "SHLVL", "_"}
        assert "secret" not in result.content
        assert f"HOME={run.files().path}" in result.content.splitlines()


async def test_a_tool_adds_variables(run: ToolContext) -> None:
    tool = program(Command("echo $A $B", {}), env={"A": "a b", "B": env_text("${GITHUB_TOKEN}")})
    assert (await call(tool, run)).content == "a b secret-4"


async def test_a_file_in_the_sandbox_does_not_become_a_command(tmp_path: Path) -> None:
    run = ToolContext(sandbox=Sandbox(tmp_path), env={"PATH": f".::bin:{os.environ['PATH']}"})
    script = tmp_path / "grep"
    script.write_text("#!/bin/sh\necho hijacked\n")
    script.chmod(0o755)
    result = await call(program(("grep", "--version")), run)
    assert "hijacked" not in result.content
    assert "hijacked" not in (await shell(run, "grep --version")).content


async def test_commands_work_in_the_sandbox(run: ToolContext) -> None:
    box = run.files().path
    assert (await shell(run, "pwd")).content == str(box)
    run.files().write("sub/a.txt", b"hello")
    assert (await shell(run, "cat a.txt", cwd="sub")).content == "hello"
    assert (await call(program(("cat", "a.txt"), cwd="sub"), run)).content == "hello"
    for bad in ("..", "/tmp", "nothing", "sub/a.txt"):
        result = await shell(run, "pwd", cwd=bad)
        assert result.is_error
        assert "sandbox" in result.content


async def test_a_status_is_an_error_with_the_output(run: ToolContext) -> None:
    result = await shell(run, "echo out; echo err >&2; exit 3")
    assert result.is_error
    assert result.content == "the command ended with status 3\nout\n[standard error]\nerr"
    result = await shell(run, "kill -9 $$")
    assert result.is_error
    assert "signal 9" in result.content


async def test_no_output_is_said(run: ToolContext) -> None:
    assert (await shell(run, "true")).content == "(no output)"


async def test_standard_input_is_closed(run: ToolContext) -> None:
    assert (await shell(run, "cat; echo end")).content == "end"


async def test_a_command_that_is_not_there(run: ToolContext) -> None:
    result = await call(program(("no-such-command",)), run)
    assert result.is_error
    assert result.content.startswith("cannot run 'no-such-command'")


async def test_long_output_keeps_head_and_tail(run: ToolContext) -> None:
    result = await shell(run, "echo first; yes | head -c 3000000; echo; echo last")
    assert not result.is_error
    assert result.content.startswith("first\ny\n")
    assert result.content.endswith("\nlast")
    assert "bytes left out" in result.content
    assert len(result.content) < 70_000


async def test_output_without_end_ends_at_the_time_limit(run: ToolContext) -> None:
    result = await shell(run, "yes", timeout=0.3)
    assert result.is_error
    assert "stopped after 0.3 s" in result.content
    assert len(result.content) < 70_000


def gone(pids: list[int]) -> bool:
    """Whether all processes end, or have ended."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([descriptor], [], [], 10)
        os.close(descriptor)
        if not ended:
            return False
    return True


def pids_in(folder: Path) -> list[int]:
    return [int(file.read_text()) for file in folder.glob("*.pid") if file.read_text().strip()]


FAMILY = (
    "echo $$ > a.pid; trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > b.pid; sleep 100' &"
    " sleep 100 & echo $! > c.pid; until [ -s b.pid ]; do :; done; "
)
"""A shell with two children, of which one and the shell itself ignore SIGTERM."""


async def test_a_time_out_ends_the_whole_family(run: ToolContext) -> None:
    result = await shell(run, FAMILY + "sleep 100; sleep 100", timeout=1.5)
    assert result.is_error
    pids = pids_in(run.files().path)
    assert len(pids) == 3
    assert gone(pids)


async def test_nobody_outlives_a_command(run: ToolContext) -> None:
    result = await shell(run, FAMILY + "echo done")
    assert result.content == "done"
    pids = pids_in(run.files().path)
    assert len(pids) == 3
    assert gone(pids)


async def test_cancelling_ends_the_whole_family(run: ToolContext) -> None:
    ready = run.files().path / "ready"
    os.mkfifo(ready)
    task = asyncio.create_task(shell(run, FAMILY + "echo > ready; sleep 100; sleep 100"))
    await asyncio.to_thread(ready.read_text)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pids = pids_in(run.files().path)
    assert len(pids) == 3
    assert gone(pids)


async def test_a_child_that_left_the_family_does_not_hold_up_the_answer(run: ToolContext) -> None:
    result = await asyncio.wait_for(shell(run, "setsid sleep 8 & echo done; sleep 0.1"), 6)
    assert result.content == "done"


async def test_many_at_once(run: ToolContext) -> None:
    results = await asyncio.gather(*(shell(run, f"echo {n}") for n in range(40)))
    assert [result.content for result in results] == [str(n) for n in range(40)]


async def test_no_descriptor_stays_open(run: ToolContext) -> None:
    async def use() -> None:
        await shell(run, "echo x")
        await shell(run, "sleep 9", timeout=0.05)
        await call(program(("no-such-command",)), run)

    await use()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    await use()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_the_clock_of_a_test_stands_still_while_a_command_runs(run: ToolContext) -> None:
    async def play() -> tuple[str, float]:
        result = await shell(run, "sleep 0.3; echo done", timeout=5)
        return result.content, asyncio.get_running_loop().time()

    assert run_virtual(play()) == ("done", 0.0)


@pytest.mark.parametrize("seconds", [0, -1, 1e9])
async def test_a_bad_time_limit_is_refused(run: ToolContext, seconds: float) -> None:
    assert (await shell(run, "true", timeout=seconds)).is_error


async def test_a_list_of_words_needs_no_shell(run: ToolContext) -> None:
    tool = ExecTool(
        "t",
        description="",
        params={"p": Param(required=True), "n": Param("integer")},
        command=("printf", "[%s]", lambda a: a["p"], "--n=", lambda a: a["n"]),
    )
    result = await call(tool, run, p="; touch x $(touch x) `touch x` *")
    assert result.content == "[; touch x $(touch x) `touch x` *][--n=][]"
    for bad in ("-rf", "a\0b", "\ud800"):
        result = await call(tool, run, p=bad)
        assert result.is_error
        assert "refused" in result.content
    free = ExecTool(
        "t",
        description="",
        params={"p": Param(required=True)},
        command=Argv(("printf", "[%s]", lambda a: a["p"])),
    )
    assert (await call(free, run, p="-rf")).content == "[-rf]"


async def test_too_long_a_value_is_refused(run: ToolContext) -> None:
    tool = ExecTool(
        "t",
        description="",
        params={"p": Param(required=True)},
        command=Command('printf %s "$VEGA_1"', {"VEGA_1": lambda a: a["p"]}),
    )
    assert len((await call(tool, run, p="x" * 50_000)).content) == 50_000
    result = await call(tool, run, p="x" * 300_000)
    assert result.is_error
    assert "longer" in result.content


async def test_only_allowed_commands(run: ToolContext) -> None:
    tool = builtin_tool("run_command", allowed_commands=("echo", "cat"))
    assert (await call(tool, run, command="echo 'a b' c; rm x")).content == "a b c; rm x"
    assert (await call(tool, run, command="echo $(id) > f")).content == "$(id) > f"
    for bad in ("rm x", "/bin/echo x", "sh -c 'echo x'", "", "X=1 echo a", "echo 'x"):
        assert (await call(tool, run, command=bad)).is_error
    script = Command("cat a | wc -l", {}, commands=("cat", "wc"))
    with pytest.raises(ConfigError, match="'wc'"):
        resolve([program(script, allowed_commands=("cat",))], run)
    assert resolve([program(script, allowed_commands=("cat", "wc"))], run)


confined = pytest.mark.skipif(not available(), reason="this system has no Landlock")


@confined
async def test_run_command_is_confined_to_the_sandbox(
    run: ToolContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-1")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("the secret outside")
    run.files().write("inside.txt", b"inside")
    (run.files().path / "link").symlink_to(outside)
    for command in (
        f"cat {outside}/secret.txt",
        "cat ../outside/secret.txt",
        "cat link/secret.txt",
        f"ls {outside}",
        f"touch {outside}/new",
        f"echo x > {outside}/secret.txt",
        f"rm {outside}/secret.txt",
        f"mv inside.txt {outside}/",
        f"ln {outside}/secret.txt hard",
        "ls ~root/",
        f"cat /proc/{os.getpid()}/environ",
        f"cat /proc/{os.getpid()}/root{outside}/secret.txt",
        f"ls /proc/{os.getpid()}/cwd/",
        f"kill -0 {os.getpid()}",
        f"sh -c 'cat {outside}/secret.txt'",
        "touch /etc/vega /usr/vega /tmp/vega-test-file",
        f"python3 -c 'open(\"{outside}/secret.txt\")'",
    ):
        result = await shell(run, command)
        assert result.is_error, command
        assert "the secret outside" not in result.content
        assert "sk-secret-1" not in result.content
    assert [file.name for file in outside.iterdir()] == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == "the secret outside"


@confined
async def test_a_confined_command_can_work(run: ToolContext) -> None:
    for command in (
        "mkdir -p a/b && echo x > a/b/c && mv a/b/c d && cat d && rm -r a d",
        "echo x > $TMPDIR/f && cat $TMPDIR/f",
        "mktemp",
        "echo x > /dev/null; head -c 4 /dev/urandom | wc -c",
        "cat /etc/hostname /proc/self/status | wc -l",
        "python3 -c 'import json, sqlite3, ssl; print(json.dumps(1))'",
        "ln -s d e; ls; rm e",
        "sort --parallel=2 /etc/passwd | tail -1",
    ):
        result = await shell(run, command)
        assert not result.is_error, (command, result.content)


@confined
async def test_read_only_parts_of_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("guide")
    roots = [Root(tmp_path / "box"), Root(tmp_path / "docs", "docs", read_only=True)]
    run = ToolContext(sandbox=Sandbox(roots), env={"PATH": os.environ["PATH"]})
    assert (await shell(run, f"cat {tmp_path}/docs/a.md")).content == "guide"
    assert (await shell(run, f"echo x > {tmp_path}/docs/a.md")).is_error
    assert (await shell(run, "pwd", cwd="docs:")).content == str(tmp_path / "docs")


@confined
async def test_a_command_of_the_program_keeps_to_its_folders(run: ToolContext) -> None:
    run.files().write("docs/a.txt", b"open")
    run.files().write("private/b.txt", b"closed")
    (run.files().path / "docs" / "link").symlink_to("../private")
    tool = ExecTool(
        "t",
        description="",
        params={"p": Param(required=True)},
        command=Command('cat -- "$VEGA_1"', {"VEGA_1": lambda a: a["p"]}),
        allowed_paths=("docs/**",),
    )
    assert (await call(tool, run, p="docs/a.txt")).content == "open"
    for path in ("private/b.txt", "docs/../private/b.txt", "docs/link/b.txt", "/root/.profile"):
        result = await call(tool, run, p=path)
        assert result.is_error
        assert "closed" not in result.content


def test_where_commands_are_not_confined_the_run_says_why(
    play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "this kernel has no Landlock"
    monkeypatch.setattr(landlock, "confinement", lambda: reason)

    agent = Agent("A", model="scripted", tools=("run_command", "read_file"))

    @workflow(vega_program("c.vega.yaml"), "w", agents=[agent])
    async def w(run: Run) -> str:
        await run.send("w/a", agent, "hi", tools=("run_command",))
        return await run.send("w/b", agent, "hi")

    played = play(w, [{"reply": "echo", "times": "always"}])
    notices = [event.message for event in played.events if isinstance(event, Notice)]
    assert notices == [
        f"commands of the tool run_command are not confined to the sandbox: {reason}"
    ]
    monkeypatch.setattr(landlock, "confinement", lambda: None)
    played = play(w, [{"reply": "echo", "times": "always"}])
    assert not [event for event in played.events if isinstance(event, Notice)]


def test_landlock_and_the_reason_without_it_agree() -> None:
    assert (landlock.confinement() is None) == available()
