"""Questions to a person: given answers, a callback, the terminal, the default."""

import asyncio
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vega_runtime import Agent, ConfigError, Run, program, workflow
from vega_runtime.ask import match_choice

PROGRAM = program("ask.vega.yaml")


def asking(*choices: str, default: str | None = None) -> Any:
    @workflow(PROGRAM, "w")
    async def asks(run: Run) -> list[str]:
        return [await run.ask("w/ask", "Go on?", choices, default) for _ in range(2)]

    return asks


def test_answers_are_taken_in_order_then_the_default(play: Any) -> None:
    assert play(asking("yes", "no"), answers=("no", " YES ")).output == ["no", "yes"]
    assert play(asking(default="later"), answers=("now",)).output == ["now", "later"]


def test_with_nobody_to_ask_it_is_an_error(play: Any) -> None:
    error = play(asking("yes", "no"), answers=("yes",)).error
    assert isinstance(error, ConfigError)
    assert "--answer" in str(error)
    assert error.site == "w/ask"


def test_an_answer_must_be_among_the_choices(play: Any) -> None:
    error = play(asking("yes", "no"), answers=("maybe",)).error
    assert isinstance(error, ConfigError)
    assert "yes, no" in str(error)


def test_a_callback_is_asked_one_question_at_a_time(play: Any) -> None:
    open_questions: list[str] = []

    async def person(question: str, choices: tuple[str, ...], default: str | None) -> str:
        open_questions.append(question)
        assert len(open_questions) == 1
        await asyncio.sleep(1)
        open_questions.remove(question)
        return f"{question} {choices} {default}"

    @workflow(PROGRAM, "w")
    async def asks(run: Run) -> list[str]:
        return list(await asyncio.gather(run.ask("w/a", "A?"), run.ask("w/b", "B?", default="d")))

    played = play(asks, ask=person)
    assert played.output == ["A? () None", "B? () d"]
    assert played.seconds == 2


def test_a_tool_that_needs_approval_asks(play: Any, tmp_path: Path) -> None:
    from vega_runtime.tools import FileReadTool, Param

    (tmp_path / "a.txt").write_text("secret")
    read = FileReadTool(
        "peek",
        description="Read a file",
        params={"path": Param("string", required=True)},
        path=lambda args: args["path"],
        confirm=True,
    )
    agent = Agent("A", model="scripted", tools=(read,))

    @workflow(PROGRAM, "w", agents=(agent,))
    async def reads(run: Run) -> str:
        return await run.send("w/a", agent, "read it")

    call = {"reply": {"tool_calls": [{"name": "peek", "arguments": {"path": "a.txt"}}]}}
    allowed = [call, {"match": "secret", "reply": "read"}]
    assert play(reads, allowed, answers=("yes",), sandbox=tmp_path).output == "read"
    refused = [call, {"match": "refused", "reply": "not read"}]
    assert play(reads, refused, answers=("no",), sandbox=tmp_path).output == "not read"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("no", "no"), ("NO ", "no"), ("2", "no"), ("3", None), ("0", None), ("", None), ("n", None)],
)
def test_what_an_answer_means(answer: str, expected: str | None) -> None:
    assert match_choice(answer, ("yes", "no")) == expected
    assert match_choice(answer, ()) == answer


SCRIPT = """
import asyncio, sys
from vega_runtime import Run, TimeoutExceeded, program, workflow

@workflow(program("ask.vega.yaml"), "w")
async def asks(run: Run) -> str:
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1
    ticking = asyncio.create_task(tick())
    try:
        async with run.scope("w/do", timeout=0.3):
            await run.ask("w/0", "Too late?")
    except TimeoutExceeded:
        pass
    answers = [await run.ask("w/1", "Which?", ("red", "blue"))]
    answers.append(await run.ask("w/2", "Again?", default="fine"))
    answers.append(await run.ask("w/3", "End?", default="ended"))
    ticking.cancel()
    return f"{answers} {ticks > 10}"

print("RESULT", asyncio.run(asks()))
"""


def test_a_person_answers_at_the_terminal() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-c", SCRIPT]
    process = subprocess.Popen(
        command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, start_new_session=True
    )
    os.close(slave)
    shown = ""

    def wait_for(text: str) -> None:
        nonlocal shown
        while text not in shown:
            ready, _, _ = select.select([master], [], [], 30)
            assert ready, f"waited for {text!r} in {shown!r}"
            shown += os.read(master, 4096).decode()
        shown = shown.partition(text)[2]

    try:
        wait_for("Too late?: ")
        wait_for("Which? [red/blue]: ")
        os.write(master, b"green\n")
        wait_for("please answer one of: red, blue")
        wait_for("Which? [red/blue]: ")
        os.write(master, b"2\n")
        wait_for("Again? (fine): ")
        os.write(master, b"\n")
        wait_for("End? (ended): ")
        os.write(master, b"\x04")
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        os.close(master)
    assert out.decode().strip() == "RESULT ['blue', 'fine', 'ended'] True"


def test_standard_input_that_is_no_terminal_is_not_read() -> None:
    script = SCRIPT.replace("timeout=0.3", "timeout=60").replace(
        'await run.ask("w/0", "Too late?")', 'print(await run.ask("w/0", "Q?", default="kept"))'
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], input="red\n", capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "kept"
    assert "nobody to answer" in ran.stderr
