"""Running the command line as a process, as a user does."""

import os
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

COMMAND = [sys.executable, "-m", "vegac"]

PROGRAM = """\
agents:
  Coder: {model: claude-haiku-4-5, system: You write code.}
  Critic: {model: claude-haiku-4-5, system: You look for bugs.}
workflows:
  review:
    description: Write and review code
    inputs:
      task: {type: string, description: What to write}
      rounds: {type: integer, default: 2, min: 1, max: 5}
    steps:
      - Coder writes code:
          send: "Write: <<task>>"
          save: code
      - Critic reviews it:
          send: "Bugs in: <<code>>"
          save: bugs
    output: {code: <<code>>, bugs: <<bugs>>, rounds: <<rounds>>}
"""
"""Two agents, one workflow."""

ECHO = """\
workflows:
  echo:
    inputs:
      word: string
    steps:
      - set: {shown: "<<word>>!"}
    output: <<shown>>
"""
"""A program that calls no model."""


class Result(Struct):
    """How a process ended and what it wrote."""

    status: int
    out: str
    err: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user without keys and settings, whose home is `home`."""
    foreign = ("ANTHROPIC_", "OPENAI_", "VEGA_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"HOME": str(home), "USERPROFILE": str(home)} | more


def vegac(folder: Path, *arguments: str, stdin: str = "", **env: str) -> Result:
    """Run `vegac ARGUMENTS` in a folder, which is also the user's home, to its end."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, **env),
        input=stdin.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(folder: Path, **files: str) -> None:
    """Write files; in their names `__` stands for a dot."""
    for name, text in files.items():
        folder.joinpath(name.replace("__", ".")).write_text(text)
