"""What `vegac check` can print."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import COMMAND, PROGRAM, environment, vegac, write
from vegac.source.render.cells import width

TYPO = PROGRAM.replace("- Coder writes", "- Cder writes")
SCHEMA = Path(__file__).parents[1] / "unit" / "source" / "sarif-2.1.0-rtm.5.json"


def sarif_run(output: str) -> dict[str, Any]:
    """The one run of a log, which must fit the schema."""
    jsonschema = pytest.importorskip("jsonschema")
    log = json.loads(output)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(log)
    return log["runs"][0]


def test_sarif_with_the_pages_of_its_rules(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    result = vegac(tmp_path, "check", "--format", "sarif")
    assert (result.status, result.err) == (1, "")
    run = sarif_run(result.out)
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "unknown-agent"
    assert rule["help"]["markdown"] == vegac(tmp_path, "explain", "unknown-agent").out
    (found,) = run["results"]
    (change,) = found["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "team.vega.yaml"}
    assert change["replacements"][0]["insertedContent"] == {"text": "Coder"}


def test_files_that_cannot_be_read_are_in_every_form(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    (tmp_path / "gone.vega.yaml").symlink_to(tmp_path / "nowhere")
    message = "cannot read 'gone.vega.yaml': No such file or directory"
    for form in ("text", "json", "sarif", "github"):
        result = vegac(tmp_path, "check", "--format", form)
        assert (result.status, result.err) == (2, f"error: {message}\n")
        if form == "json":
            assert json.loads(result.out)["unread"] == [message]
        if form == "github":
            assert f"::error::{message}\n" in result.out
        if form == "sarif":
            assert not sarif_run(result.out)["invocations"][0]["executionSuccessful"]


def test_types_before_findings(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    result = vegac(tmp_path, "check", "--types")
    assert result.status == 1
    types, _, findings = result.out.partition("\n\n")
    assert "team.vega.yaml:8:7: input task: string" in types.splitlines()
    assert "team.vega.yaml:15:29: expression code: any" in types.splitlines()
    assert findings.startswith("error[unknown-agent]: ")
    data = json.loads(vegac(tmp_path, "check", "--types", "--format", "json").out)
    assert [item["code"] for item in data["diagnostics"]] == ["unknown-agent"]
    assert len(data["types"]) == len(types.splitlines())


def test_types_of_shared_files_once(tmp_path: Path) -> None:
    agents, workflows = PROGRAM.split("workflows:")
    write(tmp_path, agents__yaml=agents, flows__yaml=f"workflows:{workflows}")
    for name in ("one", "two"):
        caller = f"{name}: {{steps: [{{workflow: review, with: {{task: x}}}}]}}"
        text = f"include: [agents.yaml, flows.yaml]\nworkflows: {{{caller}}}\n"
        (tmp_path / f"{name}.vega.yaml").write_text(text)
    lines = vegac(tmp_path, "check", "--types").out.splitlines()
    assert len(lines) == len(set(lines))
    assert sum(line.startswith("flows.yaml:") for line in lines) == len(lines) - 2


def test_statistics_as_json(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO, other__vega__yaml=TYPO)
    result = vegac(tmp_path, "check", "--statistics", "--format", "json")
    assert result.status == 1
    assert json.loads(result.out) == [
        {
            "code": "unknown-agent",
            "severity": "error",
            "count": 2,
            "summary": "No agent has that name.",
        }
    ]


def test_patterns_of_codes(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO.replace("<<task>>", "<<task | uper>>"))

    def codes(*options: str) -> list[str]:
        result = vegac(tmp_path, "check", "--format", "json", *options)
        return [item["code"] for item in json.loads(result.out)["diagnostics"]]

    assert codes("--select", "unknown-*") == ["unknown-agent", "unknown-filter"]
    assert codes("--select", "unknown-*,unused-*", "--ignore", "*-filter") == ["unknown-agent"]
    assert codes("--ignore", "*") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--select", "unknown-agnt"), "there is no diagnostic 'unknown-agnt'"),
        (("--ignore", "no-such-*"), "no diagnostic fits 'no-such-*'"),
        (("--statistics", "--format", "sarif"), "'--statistics' goes with '--format text'"),
        (("--types", "--format", "github"), "'--types' goes with '--format text'"),
        (("--types", "--fix"), "'--types' goes without '--fix'"),
        (("--types", "--statistics"), "'--types' goes without '--statistics'"),
        (("--diff", "--statistics"), "'--diff' goes without '--statistics'"),
        (("--diff", "--format", "json"), "'--diff' goes without '--format json'"),
        (("--unsafe-fixes",), "'--unsafe-fixes' goes with '--fix' or '--diff'"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "check", *options)
    assert result.status == 2
    assert result.err.startswith(f"error: {message}")
    assert result.out == ""


def test_verbose_says_what_is_read_and_how_long_it_takes(tmp_path: Path) -> None:
    agents, workflows = PROGRAM.split("workflows:")
    write(
        tmp_path,
        agents__yaml=agents,
        team__vega__yaml=f"include: [agents.yaml]\nworkflows:{workflows}",
        broken__vega__yaml="[]",
    )
    lines = vegac(tmp_path, "check", "--verbose").err.splitlines()
    assert lines[0] == "broken.vega.yaml: nothing that can be read"
    assert lines[1] == "team.vega.yaml: 2 agents, 1 workflow, 0 tools, 1 included file"
    assert lines[2] == "  reads agents.yaml"
    assert lines[3].endswith(" ms")
    assert lines[4].startswith("checked 2 programs in ")


def test_a_program_from_standard_input(tmp_path: Path) -> None:
    agents, workflows = TYPO.split("workflows:")
    write(tmp_path, agents__yaml=agents)
    text = f"include: [agents.yaml]\nworkflows:{workflows}"
    result = vegac(tmp_path, "check", "-", stdin=text)
    assert result.status == 1
    assert result.out.startswith(
        "error[unknown-agent]: no agent is named 'Cder'\n --> <stdin>:9:9\n"
    )
    assert "did you mean 'Coder'" in result.out
    result = vegac(tmp_path, "check", "-", stdin=text.replace("Cder", "Coder"))
    assert (result.status, result.out, result.err) == (0, "", "no problems in 1 program\n")
    for more, message in (
        ("--fix", "'--fix' needs a file, not standard input"),
        ("agents.yaml", "'-', for standard input, goes alone"),
    ):
        result = vegac(tmp_path, "check", "-", more, stdin=text)
        assert (result.status, result.err) == (2, f"error: {message}\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_program_from_a_pipe_with_a_name(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    excerpt = vegac(tmp_path, "check").out.partition("\n")[2].replace("team", "pipe")
    pipe = tmp_path / "pipe.vega.yaml"
    os.mkfifo(pipe)
    for options in ((), ("--types",)):
        writer = threading.Thread(target=pipe.write_text, args=(TYPO,))
        writer.start()
        result = vegac(tmp_path, "check", *options, "pipe.vega.yaml")
        writer.join()
        assert result.status == 1
        assert excerpt in result.out
    for option in ("--fix", "--diff", "--watch"):
        result = vegac(tmp_path, "check", option, "pipe.vega.yaml")
        assert result.status == 2
        assert f"'{option}' needs a file, and 'pipe.vega.yaml' is none" in result.err


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_paths_for_github_count_from_the_checkout(tmp_path: Path, form: str) -> None:
    inner = tmp_path / "my crew" / "flows"
    inner.mkdir(parents=True)
    write(inner, team__vega__yaml=f"include: ../agents.yaml\n{TYPO[TYPO.index('workflows:') :]}")
    (inner.parent / "agents.yaml").write_text("agents: {Critic: {system: <<no>>}}\n")
    result = vegac(inner, "check", "--format", form, GITHUB_WORKSPACE=str(tmp_path))
    if form == "sarif":
        places = [found["locations"][0] for found in sarif_run(result.out)["results"]]
        files = [place["physicalLocation"]["artifactLocation"]["uri"] for place in places]
        assert set(files) == {"my%20crew/agents.yaml", "my%20crew/flows/team.vega.yaml"}
    else:
        files = re.findall("file=(.*?),", result.out)
        assert set(files) == {"my crew/agents.yaml", "my crew/flows/team.vega.yaml"}
    elsewhere = vegac(inner, "check", "--format", form, GITHUB_WORKSPACE=str(tmp_path / "x"))
    assert "flows/team" not in elsewhere.out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [20, 40, 80, 200])
@pytest.mark.parametrize("options", [(), ("--statistics",), ("--types",)])
def test_no_line_is_longer_than_the_terminal_is_wide(
    tmp_path: Path, columns: int, options: tuple[str, ...]
) -> None:
    long = TYPO.replace("name: ", "name: 日本語 ").replace(
        "Bugs in", "\tBugs 👩\u200d👩\u200d👧 in " * 9
    )
    write(tmp_path, team__vega__yaml=long)
    out = on_terminal(tmp_path, columns, "check", *options)
    assert "\x1b[" in out
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert "unknown-agent" in plain.replace("\n", "").replace(" ", "")
    assert max(map(width, plain.splitlines())) <= columns


def test_a_diff_is_in_colour_where_findings_are(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    plain = vegac(tmp_path, "check", "--diff").out
    coloured = vegac(tmp_path, "check", "--diff", FORCE_COLOR="1").out
    assert "\x1b[" not in plain
    assert "\x1b[1;31m-      - Cder writes code:\x1b[0m\n" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def on_terminal(folder: Path, columns: int, *arguments: str) -> str:
    """What a command shows on a terminal of this width."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, TERM="xterm"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # everybody has left
            break
        if not part:
            break
        parts.append(part)
    process.wait(60)
    os.close(ours)
    return b"".join(parts).decode().replace("\r\n", "\n")
