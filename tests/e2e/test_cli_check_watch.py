"""`vegac check --watch`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.e2e.command_line import COMMAND, PROGRAM, environment, vegac, write

TYPO = PROGRAM.replace("- Coder writes", "- Cder writes")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of Unix")


class Session:
    """A running `vegac check --watch`, whose output is read up to the words that end a round."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes]) -> None:
        self.process = process
        self._stream = stream

    def round(self) -> str:
        """What is written until the check waits for the next change."""
        lines: list[str] = []
        while True:
            line = self._stream.readline().decode().replace("\r\n", "\n")
            assert line, f"it ended after {lines}"
            if line.startswith("watching "):
                return "".join(lines)
            lines.append(line)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Session]:
    """Both streams go into one pipe."""
    with subprocess.Popen(
        [*COMMAND, "check", "--watch", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        try:
            yield Session(process, process.stdout)
        finally:
            process.kill()


def test_a_change_is_checked_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    with watching(tmp_path) as session:
        assert session.round() == "no problems in 1 program\n"
        write(tmp_path, team__vega__yaml=TYPO)
        after = session.round()
        assert after.startswith("checking again: team.vega.yaml\nerror[unknown-agent]: ")
        assert after.endswith("1 error in 1 file\n")
        assert "\x1b" not in after
        write(tmp_path, team__vega__yaml=PROGRAM)
        assert session.round() == "checking again: team.vega.yaml\nno problems in 1 program\n"
        assert session.interrupt() == 130
        assert session.process.stdout is not None
        assert session.process.stdout.read().strip() in (b"", b"interrupted")


def test_only_affected_programs_are_checked_again(tmp_path: Path) -> None:
    agents, workflows = PROGRAM.split("workflows:")
    write(
        tmp_path,
        agents__yaml=agents,
        one__vega__yaml=f"include: [agents.yaml]\nworkflows:{workflows}",
        two__vega__yaml=TYPO,
    )
    with watching(tmp_path) as session:
        first = session.round()
        assert first.endswith("1 error in 1 file\n")
        write(tmp_path, agents__yaml=agents.replace("Coder:", "Writer:"))
        after = session.round()
        assert after.startswith("checking again: one.vega.yaml\n")
        assert " --> one.vega.yaml:" in after
        assert " --> two.vega.yaml:11:9" in after
        assert after.endswith("2 errors in 2 files\n")


def test_programs_and_configurations_that_come_later(tmp_path: Path) -> None:
    write(tmp_path, one__vega__yaml=PROGRAM)
    with watching(tmp_path) as session:
        session.round()
        write(tmp_path, two__vega__yaml=TYPO)
        assert session.round().startswith("checking again: two.vega.yaml\nerror[unknown-agent]")
        write(
            tmp_path,
            pyproject__toml="[tool.vega]\nlints = {unknown-agent = 'off', unused-agent = 'off'}\n",
        )
        assert session.round().endswith("no problems in 2 programs\n")
        (tmp_path / "two.vega.yaml").unlink()
        assert session.round().endswith("no problems in 1 program\n")


def test_broken_configurations_do_not_end_it(tmp_path: Path) -> None:
    write(tmp_path, one__vega__yaml=PROGRAM)
    with watching(tmp_path) as session:
        session.round()
        write(tmp_path, pyproject__toml="[tool.vega]\nlint = {}\n")
        broken = session.round()
        assert broken.count("error: ") == 1
        assert "has no key 'lint'" in broken
        (tmp_path / "pyproject.toml").unlink()
        assert session.round().endswith("no problems in 1 program\n")


def test_a_terminal_is_drawn_anew(tmp_path: Path) -> None:
    import pty

    write(tmp_path, team__vega__yaml=TYPO)
    ours, theirs = pty.openpty()
    env = environment(tmp_path, TERM="xterm")
    with subprocess.Popen(
        [*COMMAND, "check", "--watch"],
        cwd=tmp_path,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        with os.fdopen(ours, "rb") as stream:
            session = Session(process, stream)
            assert session.round().startswith("\x1b[2J\x1b[H\x1b[1;31merror[unknown-agent]")
            write(tmp_path, team__vega__yaml=PROGRAM)
            assert session.round() == "\x1b[2J\x1b[Hno problems in 1 program\n"
            assert session.interrupt() == 130


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fix",), "'--watch' goes without '--fix' and '--diff'"),
        (("--format", "json"), "'--watch' shows text"),
        (("--types",), "'--watch' goes without '--types'"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "check", "--watch", *options)
    assert (result.status, result.err) == (2, f"error: {message}\n")
