"""What `vegac` says to users who mistype an option, leave out a value or give wrong inputs."""

import os
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import ECHO, vegac, write

INPUTS = """\
workflows:
  w:
    inputs:
      task: string
      n: {type: integer, default: 3, min: 1}
      flag: {type: boolean, default: false}
      items: {type: "list[number]", default: []}
    steps: [{return: "<<task>> <<n>> <<flag>> <<items>>"}]
"""


def test_all_wrong_inputs_are_listed_together(tmp_path: Path) -> None:
    write(tmp_path, p__vega__yaml=INPUTS)
    done = vegac(tmp_path, "run", "--n", "x", "--flag", "maybe", "--items", "[1")
    assert done.status == 2
    lines = done.err.splitlines()
    assert lines[0] == "error: the input 'task' is missing (a text)"
    assert [line.split("'")[1] for line in lines[:4]] == ["task", "n", "flag", "items"]
    assert lines[4].startswith("usage: vegac run p.vega.yaml w --task TEXT")
    assert done.out == ""


@pytest.mark.parametrize("option", ["--model", "--output", "--budget", "--input", "-w"])
def test_an_option_without_its_value_at_the_end(tmp_path: Path, option: str) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    done = vegac(tmp_path, "run", "echo.vega.yaml", "--word", "hi", option)
    assert done.status == 2
    assert f"'{option}' requires an argument" in done.err
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["echo.vega.yaml"]


def test_a_yaml_file_of_inputs_is_read_as_programs_are(tmp_path: Path) -> None:
    write(tmp_path, p__vega__yaml=INPUTS, in__yaml="task: 2026-01-01\nn: 7\nflag: true\n")
    done = vegac(tmp_path, "run", "--inputs", "in.yaml")
    assert (done.status, done.out) == (0, "2026-01-01 7 true []\n")
    write(tmp_path, in__yaml="task: yes\nn: 0x10\nflag: on\n")
    done = vegac(tmp_path, "run", "--inputs", "in.yaml")
    assert done.status == 2
    assert "the input 'n' must be a whole number, not \"0x10\"" in done.err
    assert "the input 'flag' must be true or false, not \"on\"" in done.err
    assert "'task'" not in done.err


@pytest.mark.parametrize(
    ("expression", "value"), [("-5 | abs", "5"), ("-x + 1", "-2"), ("--x", "3"), ("- x", "-3")]
)
def test_an_expression_may_begin_with_a_sign(tmp_path: Path, expression: str, value: str) -> None:
    done = vegac(tmp_path, "eval", expression, "--var", "x=3")
    assert (done.status, done.out) == (0, value + "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_what_is_no_ordinary_file_never_hangs(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    os.mkfifo(tmp_path / "pipe.vega.yaml")
    assert vegac(tmp_path, "check", ".").status == 0
    assert vegac(tmp_path, "run", "echo.vega.yaml", "--word", "hi").out == "hi!\n"
    endless = vegac(tmp_path, "check", "/dev/zero")
    assert endless.status == 1
    assert "error[limit-exceeded]: the file is larger than 4 MiB" in endless.err + endless.out


@pytest.mark.parametrize(
    "command",
    [
        ["check", ""],
        ["check", "echo.vega.yaml", ""],
        ["build", ""],
        ["build", "-o", ""],
        ["test", ""],
        ["fmt", ""],
        ["run", "", "--word", "hi"],
        ["run", "--replay", "", "--word", "hi"],
        ["list", ""],
        ["graph", ""],
        ["new", ""],
    ],
    ids=" ".join,
)
def test_an_empty_path_is_not_the_current_folder(tmp_path: Path, command: list[str]) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    done = vegac(tmp_path, *command)
    assert (done.status, done.out) == (2, "")
    assert "it is empty; is a variable of the shell unset?" in done.err.splitlines()[0]
    assert [path.name for path in tmp_path.iterdir()] == ["echo.vega.yaml"]
