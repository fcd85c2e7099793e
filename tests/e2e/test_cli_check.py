"""`vegac check`, and what all commands have in common."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import COMMAND, PROGRAM, environment, vegac, write

TYPO = PROGRAM.replace("- Coder writes", "- Cder writes")


def test_a_clean_program(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "check", "team.vega.yaml")
    assert (result.status, result.out) == (0, "")
    assert result.err == "no problems in 1 program\n"


def test_a_mistake_is_shown_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    result = vegac(tmp_path, "check")
    assert result.status == 1
    assert result.out.startswith(
        "error[unknown-agent]: no agent is named 'Cder'\n"
        "  --> team.vega.yaml:11:9\n"
        "   |\n"
        "11 |       - Cder writes code:\n"
        "   |         ^^^^ did you mean 'Coder'?\n"
    )
    assert result.out.endswith("1 error in 1 file\n")
    assert result.err == ""
    assert vegac(tmp_path, "validate").out == result.out


def test_machine_formats(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    found = json.loads(vegac(tmp_path, "check", "--format", "json").out)
    assert [item["code"] for item in found["diagnostics"]] == ["unknown-agent"]
    log = json.loads(vegac(tmp_path, "check", "--format=sarif").out)
    assert log["runs"][0]["results"][0]["ruleId"] == "unknown-agent"
    line = vegac(tmp_path, "check", "--format", "github").out
    assert line.startswith("::error file=team.vega.yaml,line=11,col=9,")


def test_machine_formats_say_nothing_else_for_a_clean_program(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    assert vegac(tmp_path, "check", "--format", "github").out == ""
    assert json.loads(vegac(tmp_path, "check", "--format", "json").out)["diagnostics"] == []


def test_warnings_fail_only_a_strict_check(tmp_path: Path) -> None:
    spare = PROGRAM.replace(
        "workflows:", "  Spare: {model: claude-haiku-4-5, system: s}\nworkflows:"
    )
    write(tmp_path, team__vega__yaml=spare)
    assert vegac(tmp_path, "check").status == 0
    assert vegac(tmp_path, "check", "--strict").status == 1
    assert vegac(tmp_path, "check", "--strict", "--ignore", "unused-agent").status == 0
    write(tmp_path, team__vega__yaml=spare + "settings: {strict: true}\n")
    assert vegac(tmp_path, "check").status == 1


def test_select_ignore_and_statistics(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO.replace("<<task>>", "<<task | uper>>"))
    both = vegac(tmp_path, "check", "--statistics")
    assert both.out == (
        "1  error    unknown-agent   No agent has that name.\n"
        "1  error    unknown-filter  No filter has that name.\n"
    )
    one = vegac(tmp_path, "check", "--select", "unknown-filter", "--format", "json")
    assert [item["code"] for item in json.loads(one.out)["diagnostics"]] == ["unknown-filter"]
    none = vegac(tmp_path, "check", "--ignore", "unknown-agent,unknown-filter")
    assert none.status == 0
    wrong = vegac(tmp_path, "check", "--select", "unknown-agnt")
    assert wrong.status == 2
    assert "did you mean 'unknown-agent'" in wrong.err.lower()


def test_an_included_file_is_checked_within_its_program(tmp_path: Path) -> None:
    agents, workflows = PROGRAM.split("workflows:")
    write(
        tmp_path,
        agents__vega__yaml=agents,
        team__vega__yaml=f"include: [agents.vega.yaml]\nworkflows:{workflows}",
    )
    assert vegac(tmp_path, "check").err == "no problems in 1 program\n"
    result = vegac(tmp_path, "check", "--verbose")
    assert "team.vega.yaml: 2 agents, 1 workflow, 0 tools, 1 included file\n" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "nope.vega.yaml"), "no file or folder 'nope.vega.yaml'"),
        (("check",), "there is no program in this folder"),
        (("check", "--format", "xml"), "'xml' is not one of text, json, sarif, github"),
        (("check", "--nope"), "No such option"),
        (("chekc",), "Did you mean 'check'?"),
        (("run", "nope.vega.yaml"), "there is no file 'nope.vega.yaml'"),
        (("explain", "unknown-agnt"), "Did you mean 'unknown-agent'"),
        (("show", "agent", "X", "nope.vega.yaml"), "there is no file"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    result = vegac(tmp_path, *arguments)
    assert result.status == 2
    assert result.err.startswith("error: ")
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_without_permission(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    (tmp_path / "team.vega.yaml").chmod(0)
    for command in ("check", "run", "list", "build"):
        result = vegac(tmp_path, command, "team.vega.yaml")
        assert result.status == 2
        assert "cannot read 'team.vega.yaml': Permission denied" in result.err


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "team.vega.yaml").write_bytes(b"agents:\n  A: {system: \xff\xfe}\n")
    result = vegac(tmp_path, "check")
    assert result.status == 2
    assert "error[unreadable-file]" in result.out
    assert "team.vega.yaml:2:" in result.out


@pytest.mark.parametrize("findings", [1, 2000])
def test_a_reader_that_leaves_is_no_failure(tmp_path: Path, findings: int) -> None:
    steps = "".join(f"      - Agent{n} works: {{send: x}}\n" for n in range(findings))
    write(tmp_path, team__vega__yaml=f"workflows:\n  w:\n    steps:\n{steps}")
    process = subprocess.Popen(
        [*COMMAND, "check"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(30) == 141


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams(tmp_path: Path, closed: str) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    line = f'"{sys.executable}" -m vegac check {closed}'
    done = subprocess.run(
        line,
        shell=True,
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    write(tmp_path, team__vega__yaml=TYPO)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "check"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode in (1, 2)
    assert done.stderr.decode().count("\n") == 1
    assert "No space left on device" in done.stderr.decode()


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("file names are bytes on Linux only")
    name = os.fsdecode(b"te\xffam.vega.yaml")
    (tmp_path / name).write_text(TYPO)
    result = vegac(tmp_path, "check")
    assert result.status == 1
    assert "error[unknown-agent]" in result.out


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals(
    tmp_path: Path, variables: dict[str, str], coloured: bool
) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    assert ("\x1b[" in vegac(tmp_path, "check", **variables).out) == coloured


def test_a_fault_of_the_compiler_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    broken = (
        "import vegac.workspace as w\ndel w.Workspace.check\nfrom vegac.cli import main\nmain()"
    )
    for debug in ((), ("--debug",)):
        done = subprocess.run(
            [sys.executable, "-c", broken, "check", *debug],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        if debug:
            assert "Traceback" in done.stderr
        else:
            assert done.returncode == 3
            assert done.stderr.startswith("internal error: AttributeError: ")
            assert "run again with --debug" in done.stderr
            assert done.stderr.count("\n") == 1


def test_starting_loads_little(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    script = (
        "import sys\nfrom vegac.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "check"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "vegac.workspace" in loaded
    heavy = {
        "anthropic",
        "pygls",
        "jinja2",
        "opentelemetry",
        "rich",
        "pydantic",
        "asyncio",
        "httpx",
        "rapidfuzz",
    }
    assert not loaded & heavy


def test_help_and_version(tmp_path: Path) -> None:
    bare, helped = vegac(tmp_path), vegac(tmp_path, "--help")
    assert bare.status == helped.status == 0
    assert bare.out == helped.out
    for command in ("check", "run", "build", "doctor"):
        assert command in bare.out
        assert vegac(tmp_path, command, "--help").status == 0
    assert vegac(tmp_path, "--version").out == vegac(tmp_path, "version").out
